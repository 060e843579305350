//! Wait groups, once, conditions, contexts, timers, atomics, choices, panics and loops.

use gordian_checker::explore::Limit;
use gordian_checker::model::Fault;
use gordian_checker::sync::*;
use gordian_checker::{Verdict, select};

use crate::{agree, agree_by_both, under_loom};

#[test]
fn waitgroup_waits_for_all_and_may_go_negative() {
    agree(1, || {
        let (group, sum) = (waitgroup("group"), atomic("sum", 0));
        group.add(2);
        for i in 1..=2 {
            go(&format!("w{i}"), move || {
                sum.add(i);
                group.done();
            });
        }
        group.wait();
        assert_eq!(sum.load(), 3);
    });
    // What is below zero stays there, so that up to three panic.
    agree(7, || {
        let group = waitgroup("group");
        go("a", move || group.done());
        go("b", move || group.done());
        group.add(1);
        group.wait();
    });
}

#[test]
fn waitgroup_add_races_with_wait() {
    agree(2, || {
        let group = waitgroup("group");
        let seen = shared("seen", false);
        let done = shared("done", false);
        go("worker", move || {
            group.add(1);
            done.set(true);
            group.done();
        });
        group.wait();
        seen.set(done.get());
    });
}

#[test]
fn once_runs_once_and_others_wait() {
    agree(2, || {
        let (first, ran) = (once("first"), shared("ran", Vec::new()));
        for name in ["a", "b"] {
            go(name, move || {
                first.do_once(|| {
                    let mut all = ran.get();
                    sleep();
                    all.push(name);
                    ran.set(all);
                });
                assert_eq!(ran.get().len(), 1);
            });
        }
    });
    agree(1, || {
        let first = once("first");
        first.do_once(|| first.do_once(|| {}));
    });
}

#[test]
fn cond_signal_wakes_any_waiter() {
    agree(4, || {
        let (lock, ready) = (mutex("lock", 0), cond("ready"));
        for name in ["a", "b", "c"] {
            go(name, move || {
                let mut waiting = lock.lock();
                *waiting += 1;
                ready.wait(waiting).unlock();
            });
        }
        // Where not all of them wait yet nobody is woken, and all stay.
        let waiting = lock.lock();
        if *waiting == 3 {
            ready.signal();
        }
        waiting.unlock();
    });
}

#[test]
fn cond_signal_can_be_lost_and_broadcast_wakes_all() {
    agree(2, || {
        let (lock, ready) = (mutex("lock", ()), cond("ready"));
        go("signaller", move || ready.signal());
        let guard = ready.wait(lock.lock());
        guard.unlock();
    });
    agree(4, || {
        let (lock, ready) = (mutex("lock", 0), cond("ready"));
        for name in ["a", "b"] {
            go(name, move || {
                let mut guard = ready.wait(lock.lock());
                *guard += 1;
            });
        }
        ready.broadcast();
    });
}

#[test]
fn cond_wait_without_the_lock_panics() {
    agree(2, || {
        let (lock, ready) = (mutex("lock", ()), cond("ready"));
        let guard = lock.lock();
        go("thief", move || lock.unlock());
        ready.wait(guard).unlock();
    });
}

#[test]
fn context_cancels_its_tree() {
    agree(2, || {
        let root = background().with_cancel("root");
        let child = root.with_cancel("child");
        let seen = shared("seen", None);
        go("canceller", move || root.cancel());
        go("other", move || child.cancel());
        child.done().recv();
        seen.set(root.err());
    });
}

#[test]
fn context_deadline_or_cancel() {
    agree(2, || {
        let ctx = background().with_timeout("ctx");
        go("canceller", move || ctx.cancel());
        ctx.done().recv();
    });
}

#[test]
fn context_derived_late() {
    agree(2, || {
        let root = background().with_timeout("root");
        let seen = shared("seen", (None, None));
        let child = root.with_timeout("child");
        let first = child.err();
        child.done().recv();
        seen.set((first, child.err()));
    });
}

#[test]
fn timer_fires_at_any_time_and_is_stopped_or_not() {
    agree_by_both([1, 2], || {
        let alarm = timer("alarm");
        let stopped = shared("stopped", false);
        stopped.set(alarm.stop());
    });
    agree_by_both([1, 3], || {
        let alarm = timer("alarm");
        let log = shared("log", (false, false));
        let first = alarm.stop();
        let second = alarm.reset();
        log.set((first, second));
        alarm.c.recv();
    });
    agree_by_both([2, 2], || {
        let c = chan("c", 0);
        go("worker", move || c.send(1));
        select! {
            recv(c) => {}
            recv(after("timeout")) => {}
        }
    });
}

#[test]
fn ticker_goes_up_to_its_limit() {
    agree_by_both([1, 3], || {
        let (t, second) = (ticker("t", 2), shared("second", false));
        t.c.recv();
        t.stop();
        select! {
            recv(t.c) => { second.set(true); }
            default => {}
        }
    });
    let report = under_loom(|| {
        let t = ticker("t", 1);
        t.c.recv();
        t.c.recv();
    });
    assert_eq!(report.verdict, Verdict::Bounded, "{report:#?}");
    assert_eq!(report.findings.limits, [Limit::Ticks]);
}

#[test]
fn ticker_without_a_limit_waits_for_room() {
    agree_by_both([1, 1], || {
        let c = tick("t", FOR_EVER);
        c.recv();
        c.recv();
        let _ = c.len();
    });
}

#[test]
fn choices_are_all_explored() {
    agree(5, || {
        let got = shared("got", (9, 9));
        let first = choose(3);
        let second = if first == 2 {
            7
        } else {
            choose(2) + u32::from(first == 1)
        };
        got.set((first, second));
        if first == 0 && second == 1 {
            go("extra", || sleep());
            Chan::<()>::nil().recv();
        }
        if first == 2 && choose(2) == 1 {
            got.set((0, 0));
        }
    });
}

#[test]
fn atomics_and_cells() {
    agree(3, || {
        let (a, cell) = (atomic("a", 0), shared("cell", 0));
        go("other", move || {
            if a.compare_and_swap(0, 1) {
                cell.set(cell.get() + 1);
            }
        });
        if !a.compare_and_swap(0, 2) {
            a.add(10);
        }
        cell.set(cell.get() + 1);
        a.swap(a.load() + 1);
    });
    agree(2, || {
        let cell = shared("cell", 0);
        for name in ["a", "b"] {
            go(name, move || cell.set(cell.get() + 1));
        }
    });
}

#[test]
fn a_panic_stops_its_goroutine_only() {
    agree(1, || {
        let (lock, c) = (mutex("lock", 1), chan("c", 1));
        go("bad", move || {
            let _guard = lock.lock();
            let _later = defer(move || c.send(9));
            panic!("for a reason");
        });
        go("good", move || c.send(1));
        c.recv();
    });
}

#[test]
fn loops_that_say_so() {
    agree(2, || {
        let (stop, turns) = (chan::<()>("stop", 0), atomic("turns", 0));
        go("stopper", move || stop.close());
        repeat(0, move |turn| {
            if turn == 1 {
                return ControlFlow::Break(());
            }
            select! {
                recv(stop) => { ControlFlow::Break(()) }
                default => { turns.add(1); ControlFlow::Continue(turn + 1) }
            }
        });
    });
    let report = under_loom(|| forever(|| ControlFlow::<()>::Continue(())));
    assert!(
        matches!(report.fault, Some(Fault::EmptyLoop { .. })),
        "{report:#?}"
    );
}
