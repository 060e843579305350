//! The part about limits of the model.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gordian_checker::explore::Limits;
use gordian_checker::model::Fault;
use gordian_checker::select;
use gordian_checker::sync::{
    Chan, ControlFlow, Reason, after, atomic, background, chan, cond, defer, forever, go, gosched,
    mutex, recover, repeat, rwlock, semaphore, shared, sleep, waitgroup,
};
use gordian_checker::{Checker, Engine, Verdict, check};

use super::{assert_verdict, limited};

#[test]
fn data_races() {
    assert_verdict(
        || {
            let x = shared("x", 0);
            go("writer", move || x.set(1));
            x.set(2);
        },
        Verdict::Proved,
    );
}

#[test]
fn memory_order_weaker_than_sequential_consistency() {
    assert_verdict(
        || {
            let (x, y) = (shared("x", 0), shared("y", 0));
            let (a, met) = (shared("a", 0), chan("met", 0));
            go("other", move || {
                y.set(1);
                a.set(x.get());
                met.send(());
            });
            x.set(1);
            let b = y.get();
            met.recv();
            assert!(a.get() + b > 0, "neither saw the other's write");
        },
        Verdict::Proved,
    );
    // Rust allows it for atomics, too, if they are not `SeqCst`.
    assert_verdict(
        || {
            let (x, y) = (atomic("x", 0), atomic("y", 0));
            let seen = chan("seen", 1);
            go("other", move || {
                y.store(1);
                seen.send(x.load());
            });
            x.store(1);
            let here = y.load();
            let there = seen.recv().unwrap_or_default();
            assert!(here + there > 0, "neither saw the other's write");
        },
        Verdict::Proved,
    );
}

#[test]
fn spurious_wake_ups_of_a_condvar() {
    // Rust's Condvar may wake main before the flag is set.
    assert_verdict(
        || {
            let (ready, changed) = (mutex("ready", false), cond("changed"));
            go("other", move || {
                *ready.lock() = true;
                changed.signal();
            });
            let mut guard = ready.lock();
            if !*guard {
                guard = changed.wait(guard);
            }
            assert!(*guard, "woken for no reason");
        },
        Verdict::Proved,
    );
}

#[test]
fn fairness() {
    // There is an execution in which the other goroutine never gets its turn.
    assert_verdict(
        || {
            let flag = atomic("flag", 0);
            go("other", move || flag.store(1));
            forever(|| match flag.load() {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            });
        },
        Verdict::Proved,
    );
    // So a livelock, in which all move and nobody makes progress, is proved.
    assert_verdict(
        || {
            let polite = move |mine: gordian_checker::sync::Atomic| {
                forever(|| {
                    mine.store(1);
                    mine.store(0);
                    ControlFlow::<()>::Continue(())
                });
            };
            let (a, b) = (atomic("a", 0), atomic("b", 0));
            go("other", move || polite(b));
            polite(a);
        },
        Verdict::Proved,
    );
}

#[test]
fn real_time_and_durations() {
    assert_verdict(
        || {
            let (soon, late) = (after("1ms"), after("1h"));
            let first = select! {
                recv(soon) => { 1 }
                recv(late) => { 2 }
            };
            assert!(first == 1, "an hour passed in a millisecond");
        },
        Verdict::Panic,
    );
    assert_verdict(
        || {
            let ready = shared("ready", false);
            go("other", move || ready.set(true));
            sleep();
            assert!(ready.get(), "slept too short");
        },
        Verdict::Panic,
    );
}

#[test]
fn misuse_of_a_waitgroup_that_go_notices() {
    // Go may panic with "WaitGroup is reused before previous Wait has returned" or "WaitGroup
    // misuse: Add called concurrently with Wait".
    assert_verdict(
        || {
            let wg = waitgroup("wg");
            wg.add(1);
            go("waiter", move || wg.wait());
            go("again", move || {
                wg.done();
                wg.add(1);
                wg.done();
            });
            wg.wait();
        },
        Verdict::Proved,
    );
}

#[test]
fn operations_in_destructors_that_a_panic_runs() {
    struct Closes(Chan<u8>);
    impl Drop for Closes {
        fn drop(&mut self) {
            self.0.close();
        }
    }
    let kernel = |by_defer: bool| {
        move || {
            let ch = chan::<u8>("ch", 0);
            let result = recover(|| {
                let own = (!by_defer).then(|| Closes(ch));
                let deferred = by_defer.then(|| defer(move || ch.close()));
                assert!(own.is_none() && deferred.is_none(), "leaves the scope");
            });
            assert!(result.is_err());
            ch.recv();
        }
    };
    assert_verdict(kernel(true), Verdict::Proved);
    assert_verdict(kernel(false), Verdict::Deadlock);
}

#[test]
fn deferred_calls_of_a_goroutine_that_panics() {
    let report = check(|| {
        let ch = chan::<u8>("ch", 0);
        go("other", move || {
            let _closes = defer(move || ch.close());
            panic!("the only bad end");
        });
        ch.recv();
        panic!("never reached, since the deferred close does not run");
    });
    assert_eq!(report.findings.bad.len(), 1);
}

#[test]
fn deferred_calls_of_a_goroutine_that_is_abandoned() {
    let report = check(|| {
        let (never, closed) = (chan::<u8>("never", 0), chan::<u8>("closed", 0));
        go("stuck", move || {
            let _closes = defer(move || closed.close());
            never.recv();
        });
        closed.recv();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
}

#[test]
fn a_try_lock_that_fails_for_no_reason() {
    // The Go memory model lets TryLock fail even if the lock is free.
    assert_verdict(
        || {
            let (mu, rw) = (mutex("mu", ()), rwlock("rw", ()));
            assert!(mu.try_lock().is_some(), "failed for no reason");
            assert!(rw.try_lock().is_some(), "failed for no reason");
        },
        Verdict::Proved,
    );
}

#[test]
fn the_context_of_a_semaphore() {
    // In Go the second Acquire could get the context's end, and give up.
    assert_verdict(
        || {
            let (sem, context) = (semaphore("sem", 1), background().with_cancel("context"));
            sem.acquire(1);
            go("waits", move || sem.acquire(1));
            context.cancel();
        },
        Verdict::Leak,
    );
}

#[test]
fn a_context_tree_in_the_middle_of_a_cancellation() {
    // Go closes the parent's Done before it cancels the child.
    assert_verdict(
        || {
            let parent = background().with_cancel("parent");
            let child = parent.with_cancel("child");
            go("canceller", move || parent.cancel());
            parent.done().recv();
            assert!(child.err() == Some(Reason::Canceled), "not cancelled yet");
        },
        Verdict::Proved,
    );
}

#[test]
fn end_of_the_program_when_main_returns() {
    // In Go a goroutine that is blocked, or would panic later, dies with the program when main
    // returns.
    assert_verdict(
        || {
            go("late", || {
                gosched();
                panic!("after main has returned");
            });
        },
        Verdict::Panic,
    );
}

#[test]
fn goroutines_that_go_on_after_a_panic() {
    // In Go the first panic ends the program, so the second never comes in the same run.
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        go("a", || panic!("one"));
        go("b", || panic!("two"));
    });
    assert_eq!(report.findings.executions, 1);
    assert_eq!(report.findings.bad.len(), 2);
    let report = Checker::new().keep_going(true).check(|| {
        let group = waitgroup("group");
        group.add(1);
        go("two", move || group.add(-2));
        group.done();
    });
    assert_eq!(report.verdict, Verdict::Panic);
    assert_eq!(report.findings.bad.len(), 2, "each of the two may find it");
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        let lock = mutex("lock", ());
        go("other", move || lock.unlock());
        lock.unlock();
    });
    assert_eq!(report.findings.bad.len(), 2, "Go may not notice the second");
}

#[test]
fn an_empty_loop() {
    let report = check(|| forever(|| ControlFlow::<()>::Continue(())));
    assert!(matches!(report.fault, Some(Fault::EmptyLoop { .. })));
    static ENOUGH: AtomicBool = AtomicBool::new(false);
    let soon = Checker::new().stall_max(Some(Duration::from_millis(100)));
    let report = soon.check(|| {
        while !ENOUGH.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
    });
    ENOUGH.store(true, Ordering::Relaxed);
    assert!(matches!(report.fault, Some(Fault::Stalled(_))));
}

#[test]
fn a_loop_that_does_not_say_that_it_is_one() {
    let limits = Limits {
        steps_max: 100,
        ..Limits::default()
    };
    let plain = limited(limits.clone(), || {
        loop {
            gosched();
        }
    });
    assert_eq!(plain.verdict, Verdict::Bounded);
    let told = limited(limits, || {
        repeat((), |()| {
            gosched();
            ControlFlow::<()>::Continue(())
        });
    });
    assert_eq!(told.verdict, Verdict::Proved);
}
