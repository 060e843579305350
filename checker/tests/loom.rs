//! The loom engine against the rules: the same kernels, the same set of ends.
//!
//! Method: a kernel is explored under loom, where primitives are built a second time, and by a search over
//! the rules that visits every state. The two sets of distinct ends (where every goroutine stands and what is
//! left in every object) must be equal. Each is written by its own code.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;
use std::time::Duration;

use gordian_checker::explore::loom::Loom;
use gordian_checker::explore::{Limit, Limits, Meter, Search};
use gordian_checker::model::{Fault, World};
use gordian_checker::report::end_state::{EndState, Standing};
use gordian_checker::sync::*;
use gordian_checker::{Checker, Engine, Report, Subject, Verdict, select};

/// Every end by the rules.
fn ends_by_the_rules(subject: &dyn Subject) -> BTreeSet<EndState> {
    let mut program = subject.program(1 << 17);
    let program = program.as_mut();
    let mut ends = BTreeSet::new();
    let mut todo = vec![World::start(program).expect("it starts")];
    let mut seen: HashSet<World> = todo.iter().cloned().collect();
    let mut enabled = Vec::new();
    while let Some(world) = todo.pop() {
        world.enabled(program, &mut enabled);
        if enabled.is_empty() {
            ends.insert(EndState::of(program, &world));
        }
        for step in enabled.clone() {
            let mut next = world.clone();
            next.take(program, step).expect("no fault");
            if seen.insert(next.clone()) {
                todo.push(next);
            }
        }
    }
    ends
}

/// Every end under loom, and how many executions that took.
fn ends_under_loom(subject: &dyn Subject) -> (BTreeSet<EndState>, u64) {
    let mut program = subject.program(1 << 17);
    let mut search = Loom::new(subject.body(), 1 << 17);
    let mut meter = Meter::new(Limits::default(), Default::default());
    search
        .advance(program.as_mut(), &mut meter)
        .expect("no fault");
    assert_eq!(search.unsupported(), None);
    (search.end_states().clone(), search.findings().executions)
}

/// Asserts that the two accounts agree on a kernel, and how many distinct ends it has.
#[track_caller]
fn agree(ends: usize, kernel: impl Fn() + 'static) {
    let subject = Rc::new(kernel);
    let rules = ends_by_the_rules(&subject);
    let (loom, executions) = ends_under_loom(&subject);
    println!("{executions} executions, {} ends", loom.len());
    let missed: Vec<_> = rules.difference(&loom).collect();
    let invented: Vec<_> = loom.difference(&rules).collect();
    assert!(
        missed.is_empty() && invented.is_empty(),
        "loom misses {missed:#?} and invents {invented:#?}"
    );
    assert_eq!(loom.len(), ends, "{loom:#?}");
}

fn under_loom(kernel: impl Fn() + 'static) -> Report {
    let subject = Rc::new(kernel);
    Checker::new().engine(Engine::Loom).check_subject(&subject)
}

/// The goroutines that are stuck or have panicked in the only bad end.
#[track_caller]
fn only_bad(report: &Report) -> Vec<(String, String)> {
    assert_eq!(report.findings.bad.len(), 1, "{report:#?}");
    let (end, _) = report.findings.bad.first_key_value().expect("one");
    let text = |standing: &Standing| match standing {
        Standing::Returned => "returned".to_owned(),
        Standing::Blocked(op, _) => op.clone(),
        Standing::Panicked(message) => format!("panic: {message}"),
    };
    end.goroutines
        .iter()
        .map(|(name, standing)| (name.clone(), text(standing)))
        .collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[test]
fn mutex_keeps_others_out() {
    agree(2, || {
        let order = mutex("order", Vec::new());
        for name in ["a", "b"] {
            go(name, move || order.lock().push(name));
        }
    });
}

#[test]
fn mutex_deadlocks_in_two_orders() {
    agree(2, || {
        let (a, b) = (mutex("a", ()), mutex("b", ()));
        go("other", move || {
            let _b = b.lock();
            let _a = a.lock();
        });
        let _a = a.lock();
        let _b = b.lock();
    });
}

#[test]
fn mutex_is_not_reentrant() {
    agree(1, || {
        let lock = mutex("lock", ());
        let _once = lock.lock();
        let _twice = lock.lock();
    });
}

#[test]
fn mutex_try_lock_can_fail() {
    agree(2, || {
        let (lock, got) = (mutex("lock", ()), shared("got", None));
        go("other", move || drop(lock.lock()));
        let tried = lock.try_lock().map(MutexGuard::unlock);
        got.set(Some(tried.is_some()));
    });
}

#[test]
fn mutex_is_unlocked_by_another_or_panics() {
    agree(3, || {
        let lock = mutex("lock", 0);
        go("locker", move || lock.lock().leave_locked());
        go("unlocker", move || lock.unlock());
        lock.lock().leave_locked();
    });
}

#[test]
fn philosophers() {
    for (n, ends) in [(2, 2), (3, 2)] {
        agree(ends, move || {
            let forks: Vec<_> = (0..n).map(|i| mutex(&format!("fork{i}"), ())).collect();
            for i in 0..n {
                let (left, right) = (forks[i], forks[(i + 1) % n]);
                go(&format!("p{i}"), move || {
                    let _left = left.lock();
                    let _right = right.lock();
                });
            }
        });
    }
}

#[test]
fn rwlock_readers_share_and_a_writer_keeps_them_out() {
    agree(2, || {
        let (lock, seen) = (rwlock("lock", 0), shared("seen", -1));
        go("writer", move || *lock.lock() = 1);
        go("reader", move || {
            let value = *lock.rlock();
            seen.set(value);
        });
        drop(lock.rlock());
    });
}

#[test]
fn rwlock_double_read_with_a_writer_between_deadlocks() {
    agree(2, || {
        let lock = rwlock("lock", ());
        go("writer", move || drop(lock.lock()));
        let _outer = lock.rlock();
        let _inner = lock.rlock();
    });
}

#[test]
fn rwlock_tries() {
    agree(4, || {
        let lock = rwlock("lock", ());
        let (r, w) = (shared("r", 0), shared("w", 0));
        go("writer", move || lock.lock().unlock());
        go("try_reader", move || {
            r.set(i32::from(lock.try_rlock().is_some()));
        });
        w.set(i32::from(lock.try_lock().is_some()));
        drop(lock.rlock());
    });
}

#[test]
fn rwlock_misuse_panics() {
    agree(1, || rwlock("lock", ()).runlock());
    agree(1, || rwlock("lock", ()).unlock());
    agree(3, || {
        let lock = rwlock("lock", ());
        go("reader", move || lock.rlock().leave_locked());
        go("writer", move || lock.lock().leave_locked());
        lock.unlock();
    });
}

#[test]
fn rendezvous_pairs_in_every_way() {
    agree(6, || {
        let (c, got) = (chan("c", 0), shared("got", Vec::new()));
        for value in 0..3 {
            go(&format!("s{value}"), move || c.send(value));
        }
        let values: Vec<i32> = (0..3).filter_map(|_| c.recv()).collect();
        got.set(values);
    });
}

#[test]
fn rendezvous_two_by_two() {
    agree(2, || {
        let c = chan("c", 0);
        let got = [shared("got0", -1), shared("got1", -1)];
        for value in 0..2 {
            go(&format!("s{value}"), move || c.send(value));
        }
        go("r0", move || got[0].set(c.recv().unwrap_or(-2)));
        got[1].set(c.recv().unwrap_or(-2));
    });
}

#[test]
fn buffered_channel_of_one() {
    agree(6, || {
        let (c, got) = (chan("c", 1), shared("got", Vec::new()));
        for name in ["a", "b"] {
            go(name, move || {
                c.send(format!("{name}1"));
                c.send(format!("{name}2"));
            });
        }
        let values: Vec<String> = (0..4).filter_map(|_| c.recv()).collect();
        got.set(values);
    });
}

#[test]
fn buffered_channel_and_len() {
    agree(3, || {
        let (c, length) = (chan("c", 2), shared("length", 9));
        go("other", move || {
            c.send(1);
            c.send(2);
        });
        length.set(c.len());
    });
}

#[test]
fn close_wakes_receivers_and_panics_senders() {
    agree(2, || {
        let c = chan("c", 0);
        go("closer", move || c.close());
        go("sender", move || c.send(1));
        c.recv();
    });
    agree(1, || {
        let c = chan("c", 1);
        c.send(1);
        c.close();
        assert_eq!((c.recv(), c.recv()), (Some(1), None));
        c.close();
    });
    agree(1, || Chan::<()>::nil().close());
    agree(2, || {
        let c = chan("c", 0);
        go("a", move || c.close());
        go("b", move || c.close());
        c.send(());
    });
}

#[test]
fn nil_channel_blocks() {
    agree(1, || {
        go("sender", || Chan::nil().send(1));
        Chan::<()>::nil().recv();
    });
}

#[test]
fn select_takes_every_ready_case() {
    agree(3, || {
        let cs = [chan("a", 1), chan("b", 1), chan("c", 1)];
        for c in cs {
            c.send(());
        }
        select! {
            recv(cs[0]) => {}
            recv(cs[1]) => {}
            recv(cs[2]) => {}
        }
    });
}

#[test]
fn select_in_a_loop_sees_all_orders() {
    agree(6, || {
        let (a, b) = (chan("a", 2), chan("b", 2));
        let got = shared("got", String::new());
        for c in [a, b, a, b] {
            c.send(());
        }
        let mut order = String::new();
        for _ in 0..4 {
            select! {
                recv(a) => { order.push('a'); }
                recv(b) => { order.push('b'); }
            }
        }
        got.set(order);
    });
}

#[test]
fn select_waits_and_one_of_two_comes() {
    agree(3, || {
        let (a, b) = (chan("a", 0), chan::<()>("b", 0));
        let got = shared("got", 'x');
        go("sender", move || a.send(1));
        go("closer", move || b.close());
        select! {
            recv(a) -> value => { assert_eq!(value, Some(1)); got.set('a'); }
            recv(b) -> value => { assert_eq!(value, None); got.set('b'); }
        }
        // A select of the other kind, on the same channels.
        select! {
            recv(a) => { got.set('c'); }
            recv(b) => {}
        }
    });
}

#[test]
fn two_selects_meet() {
    agree(5, || {
        let (a, b) = (chan("a", 0), chan("b", 0));
        let got = shared("got", (0, 0));
        go("other", move || {
            select! {
                send(a, 1) => {}
                send(a, 2) => {}
                recv(b) -> value => { assert_eq!(value, Some(3)); }
            }
        });
        let value = select! {
            recv(a) -> value => { (0, value.unwrap_or(9)) }
            send(b, 3) => { (1, 0) }
            recv(a) -> value => { (2, value.unwrap_or(9)) }
        };
        if value.1 != 2 || value.0 == 0 {
            got.set(value);
        }
    });
}

#[test]
fn two_selects_meet_in_any_pair_of_cases() {
    agree(4, || {
        let a = chan("a", 0);
        let got = shared("got", (0, 0));
        go("other", move || {
            select! {
                send(a, 1) => {}
                send(a, 2) => {}
            }
        });
        select! {
            recv(a) -> value => { got.set((1, value.unwrap_or(9))); }
            recv(a) -> value => { got.set((2, value.unwrap_or(9))); }
        }
    });
}

#[test]
fn select_of_two_ways_and_three_partners() {
    agree(6, || {
        let (a, b) = (chan("a", 0), chan("b", 0));
        let got = shared("got", Vec::new());
        go("s1", move || a.send(1));
        go("s2", move || a.send(2));
        go("r", move || {
            b.recv();
        });
        let mut log = Vec::new();
        for _ in 0..2 {
            select! {
                recv(a) -> value => { log.push(value.unwrap_or(0)); }
                send(b, ()) => { log.push(9); }
            }
        }
        got.set(log);
    });
}

#[test]
fn select_sends_on_a_closed_channel_or_receives() {
    agree(2, || {
        let (a, b) = (chan("a", 1), chan::<()>("b", 0));
        a.close();
        b.close();
        select! {
            send(a, 1) => {}
            recv(b) => {}
        }
    });
}

#[test]
fn default_and_a_partner_are_both_possible() {
    agree(2, || {
        let (c, got) = (chan("c", 0), shared("got", 0));
        go("sender", move || c.send(1));
        select! {
            recv(c) -> value => { got.set(value.unwrap_or(9)); }
            default => { got.set(2); }
        }
    });
}

#[test]
fn default_is_not_taken_when_a_case_is_ready() {
    agree(1, || {
        let (c, got) = (chan("c", 1), shared("got", 0));
        c.send(1);
        select! {
            recv(c) -> value => { got.set(value.unwrap_or(9)); }
            default => { got.set(2); }
        }
    });
}

#[test]
fn empty_select_blocks() {
    agree(1, || {
        Select::new().wait();
    });
}

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
    agree(3, || {
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
    agree(2, || {
        let alarm = timer("alarm");
        let stopped = shared("stopped", false);
        stopped.set(alarm.stop());
    });
    agree(3, || {
        let alarm = timer("alarm");
        let log = shared("log", (false, false));
        let first = alarm.stop();
        let second = alarm.reset();
        log.set((first, second));
        alarm.c.recv();
    });
    agree(2, || {
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
    agree(2, || {
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
    agree(1, || {
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

#[test]
fn kubernetes_1321_as_upstream() {
    let buggy = || {
        let m = mutex("m.lock", vec![0]);
        let (incoming, result) = (chan("m.incoming", 0), chan("w.result", 0));
        let done = chan::<()>("done", 0);
        go("loop", move || {
            for event in incoming {
                let watchers = m.lock();
                for _ in watchers.iter() {
                    result.send(event);
                }
                watchers.unlock();
            }
        });
        go("watcher", move || {
            let mut watchers = m.lock();
            watchers.clear();
            result.close();
            watchers.unlock();
            done.close();
        });
        incoming.send(1);
        done.recv();
        incoming.close();
    };
    agree(2, buggy);
    let report = under_loom(buggy);
    assert_eq!(report.verdict, Verdict::Deadlock);
    let expected = [
        ("loop", "send w.result"),
        ("main", "recv done"),
        ("watcher", "lock m.lock"),
    ];
    assert_eq!(only_bad(&report), pairs(&expected));
}

#[test]
fn kubernetes_1321_with_the_upstream_fix() {
    let fixed = || {
        let m = mutex("m.lock", vec![0]);
        let (incoming, result) = (chan("m.incoming", 0), chan("w.result", 0));
        let (done, stopped) = (chan::<()>("done", 0), chan::<()>("w.stopped", 0));
        let stop = once("w.stop");
        go("loop", move || {
            for event in incoming {
                let watchers = m.lock();
                for _ in watchers.iter() {
                    select! {
                        send(result, event) => {}
                        recv(stopped) => {}
                    }
                }
                watchers.unlock();
            }
        });
        go("watcher", move || {
            stop.do_once(|| {
                stopped.close();
                let mut watchers = m.lock();
                watchers.clear();
                result.close();
                watchers.unlock();
            });
            done.close();
        });
        incoming.send(1);
        done.recv();
        incoming.close();
    };
    agree(1, fixed);
    under_loom(fixed).assert_proved();
}

#[test]
fn a_select_that_need_not_wait_does_not_meet_another() {
    // Neither of two with a default ever waits.
    agree(1, || {
        let c = chan("c", 0);
        go("other", move || {
            select! {
                send(c, 1) => {}
                default => {}
            }
        });
        select! {
            recv(c) => { panic!("they have met"); }
            default => {}
        }
    });
    // Nor does one that has another case ready, as long as it is.
    for (filled, ends) in [(false, 1), (true, 3)] {
        agree(ends, move || {
            let (c, free) = (chan("c", 0), chan("free", 1));
            go("other", move || {
                select! {
                    send(c, 1) => {}
                    default => {}
                }
            });
            if filled {
                go("filler", move || free.send(1));
            }
            select! {
                recv(c) => {}
                send(free, 2) => {}
            }
        });
    }
}

#[test]
fn verdicts_and_paths() {
    let leak = under_loom(|| {
        let c = chan("c", 0);
        go("worker", move || c.send(1));
    });
    assert_eq!(leak.verdict, Verdict::Leak);
    assert_eq!(only_bad(&leak), pairs(&[("worker", "send c")]));
    let bad = leak.findings.bad.values().next().expect("one");
    assert_eq!(bad.path.len(), 1, "main's go statement: {bad:?}");

    let panic = under_loom(|| {
        let c = chan("c", 0);
        c.close();
        c.send(1);
    });
    assert_eq!(panic.verdict, Verdict::Panic);
    let message = "panic: send on closed channel: c";
    assert_eq!(only_bad(&panic), pairs(&[("main", message)]));

    under_loom(|| {
        let c = chan("c", 0);
        go("worker", move || c.send(1));
        assert_eq!(c.recv(), Some(1));
    })
    .assert_proved();
}

#[test]
fn six_goroutines_are_unsupported() {
    let report = under_loom(|| {
        for i in 0..5 {
            go(&format!("g{i}"), || {});
        }
    });
    assert_eq!(report.verdict, Verdict::Unsupported);
    assert!(!report.findings.complete);
    assert_eq!(
        report.reason.as_deref(),
        Some("loom runs at most 5 threads; this kernel has 6, timers included")
    );
    // Only the second choice needs them: seen in the middle of the search.
    let report = under_loom(|| {
        if choose(2) == 1 {
            for i in 0..5 {
                go(&format!("g{i}"), || {});
            }
        }
    });
    assert_eq!(report.verdict, Verdict::Unsupported);
    assert_eq!(
        report.reason.as_deref(),
        Some("loom runs at most 5 threads; this kernel has at least 6, timers included")
    );
    let report = under_loom(|| {
        for i in 0..4 {
            go(&format!("g{i}"), || {});
        }
    });
    assert_eq!(report.verdict, Verdict::Proved);
    assert_eq!(report.findings.goroutines, 5);
}

#[test]
fn a_thousand_deadlocking_executions_in_one_process() {
    let mut executions = 0;
    let mut searches = 0;
    while executions < 1_000 || searches < 100 {
        let report = under_loom(|| {
            let (a, b) = (mutex("a", vec![String::new()]), chan::<()>("b", 0));
            let group = waitgroup("group");
            group.add(1);
            for name in ["x", "y"] {
                go(name, move || {
                    let kept = a.lock();
                    b.recv();
                    drop(kept);
                });
            }
            go("z", move || group.wait());
            let _guard = rwlock("c", ()).rlock();
            b.recv();
        });
        assert_eq!(report.verdict, Verdict::Deadlock, "{report:#?}");
        assert_eq!(report.findings.bad_executions, report.findings.executions);
        executions += report.findings.bad_executions;
        searches += 1;
    }
}

#[test]
fn limits_show() {
    fn spins() {
        let stop = atomic("stop", 0);
        while stop.load() == 0 {}
    }
    let limits = |limits: Limits| Checker::new().engine(Engine::Loom).limits(limits);
    let report = limits(Limits {
        steps_max: 50,
        ..Limits::default()
    })
    .check(spins);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Steps(50)]);
    assert_eq!(report.findings.steps_max, 50);

    let many = || {
        let c = chan("c", 0);
        for name in ["a", "b", "c"] {
            go(name, move || c.send(1));
        }
        for _ in 0..3 {
            c.recv();
        }
    };
    let report = limits(Limits {
        executions_max: Some(5),
        ..Limits::default()
    })
    .check(many);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Executions(5)]);
    assert_eq!(report.findings.executions, 5);

    let report = limits(Limits {
        goroutines_max: 3,
        ..Limits::default()
    })
    .check(many);
    assert_eq!(report.findings.limits, [Limit::Goroutines(3)]);
    assert_eq!(report.verdict, Verdict::Bounded);

    let report = limits(Limits {
        time_max: Some(Duration::ZERO),
        ..Limits::default()
    })
    .check(|| {
        let a = atomic("a", 0);
        for name in ["a", "b", "c", "d"] {
            go(name, move || {
                for _ in 0..20 {
                    a.add(1);
                }
            });
        }
    });
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Time(Duration::ZERO)]);

    // A limit that is just enough is none.
    let exact = limits(Limits {
        executions_max: Some(1),
        steps_max: 2,
        ..Limits::default()
    })
    .check(|| {
        sleep();
        sleep();
    });
    assert_eq!(exact.verdict, Verdict::Proved, "{exact:#?}");
}

#[test]
fn a_panic_before_the_limit_is_kept() {
    let report = Checker::new()
        .engine(Engine::Loom)
        .limits(Limits {
            steps_max: 30,
            ..Limits::default()
        })
        .check(|| {
            let turns = atomic("turns", 0);
            go("bad", move || {
                turns.add(1);
                panic!("early");
            });
            loop {
                turns.load();
            }
        });
    assert_eq!(report.verdict, Verdict::Panic, "{report:#?}");
    assert_eq!(only_bad(&report), pairs(&[("bad", "panic: early")]));
}

#[test]
fn behaviour_that_changes_is_a_fault() {
    let runs = std::cell::Cell::new(0);
    let report = under_loom(move || {
        runs.set(runs.get() + 1);
        let c = chan("c", 1);
        go("other", move || c.send(1));
        // The second run of this body is loom's first, and so on.
        if runs.get() > 2 {
            c.close()
        } else {
            c.send(2)
        }
        c.recv();
    });
    assert_eq!(report.verdict, Verdict::Fault);
    let Some(Fault::Nondeterminism {
        goroutine,
        operation,
        first,
        now,
    }) = report.fault
    else {
        panic!("{report:#?}")
    };
    assert_eq!((goroutine.as_str(), operation), ("main", 2));
    assert!(first.starts_with("send c at "), "{first}");
    assert!(now.starts_with("close c at "), "{now}");
}

#[test]
fn objects_kept_from_another_execution_are_told() {
    thread_local! {
        static KEPT: std::cell::Cell<Option<Chan<i32>>> = const { std::cell::Cell::new(None) };
    }
    let report = under_loom(|| {
        if choose(2) == 0 {
            KEPT.set(Some(chan("c", 1)));
        } else if let Some(kept) = KEPT.get() {
            kept.len();
        }
    });
    assert_eq!(report.verdict, Verdict::Fault);
    let Some(Fault::StaleObject {
        goroutine, object, ..
    }) = &report.fault
    else {
        panic!("{report:#?}")
    };
    assert_eq!((goroutine.as_str(), object.as_str()), ("main", "c"));
}

#[test]
fn destructors_of_the_kernels_own_may_use_objects_while_they_unwind() {
    struct Unlocks(Mutex<i32>, Chan<i32>, WaitGroup);
    impl Drop for Unlocks {
        fn drop(&mut self) {
            self.2.done();
            self.1.recv();
            drop(self.0.lock());
            go("late", || {});
        }
    }
    let report = under_loom(|| {
        let all = || Unlocks(mutex("m", 1), chan("c", 0), waitgroup("g"));
        go("stuck", move || {
            let _unlocks = all();
            Chan::<()>::nil().recv();
        });
        let _unlocks = all();
        Chan::<()>::nil().recv();
    });
    assert_eq!(report.verdict, Verdict::Deadlock, "{report:#?}");
}

#[test]
fn a_kernel_that_recovers_does_not_survive_its_end() {
    agree(1, || {
        let c = chan::<()>("c", 0);
        let caught = std::panic::catch_unwind(move || c.recv());
        assert!(caught.is_ok());
        c.recv();
    });
}
