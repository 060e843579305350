//! `sync.Cond`: what Go's sync/cond_test.go looks at.

use gordian_checker::sync::{Cond, Mutex, atomic, cond, go, mutex, shared};

use crate::outcomes::expect;

/// Starts goroutines that each wait once, and yields when all of them wait: whoever gets the mutex
/// and finds the count full knows it.
fn waiters(names: &[&'static str], mu: Mutex<usize>, c: Cond) {
    let order = atomic("order", 0);
    for &name in names {
        let out = shared(name, 0);
        go(name, move || {
            let mut guard = mu.lock();
            *guard += 1;
            let _guard = c.wait(guard);
            out.set(order.add(1));
        });
    }
}

/// Blocks until all of them wait, without a condition of its own.
fn all_wait(count: usize, mu: Mutex<usize>) {
    // A kernel that gets here too early ends here: it returns, and is one more outcome.
    let waiting = *mu.lock();
    assert!(waiting == count, "too early");
}

#[test]
fn signal_wakes_exactly_one_whichever() {
    expect(
        || {
            let (mu, c) = (mutex("mu", 0), cond("c"));
            waiters(&["a", "b", "d"], mu, c);
            all_wait(3, mu);
            c.signal();
        },
        "leak a(wait c) b(wait c) a=0 b=0 d=1
         leak a(wait c) d(wait c) a=0 b=1 d=0
         leak b(wait c) d(wait c) a=1 b=0 d=0
         panic main: too early",
    );
}

#[test]
fn two_signals_wake_two() {
    expect(
        || {
            let (mu, c) = (mutex("mu", 0), cond("c"));
            waiters(&["a", "b"], mu, c);
            all_wait(2, mu);
            c.signal();
            c.signal();
        },
        "done a=1 b=2
         done a=2 b=1
         panic main: too early",
    );
}

#[test]
fn broadcast_wakes_all_who_wait() {
    expect(
        || {
            let (mu, c) = (mutex("mu", 0), cond("c"));
            waiters(&["a", "b"], mu, c);
            all_wait(2, mu);
            c.broadcast();
        },
        "done a=1 b=2
         done a=2 b=1
         panic main: too early",
    );
}

#[test]
fn a_signal_that_nobody_waits_for_is_lost() {
    expect(
        || {
            let (mu, c) = (mutex("mu", ()), cond("c"));
            c.signal();
            c.broadcast();
            let _guard = c.wait(mu.lock());
        },
        "deadlock main(wait c)",
    );
    expect(
        || {
            let (mu, c) = (mutex("mu", ()), cond("c"));
            go("signaller", move || c.signal());
            let _guard = c.wait(mu.lock());
        },
        "deadlock main(wait c)
         done",
    );
}

/// The signaller changes what is waited for under the mutex, so no signal is lost; without the
/// mutex one can be.
#[test]
fn a_wait_in_a_loop_loses_no_signal_if_the_signaller_locks() {
    expect(
        || {
            let (mu, c) = (mutex("mu", false), cond("c"));
            go("signaller", move || {
                *mu.lock() = true;
                c.signal();
            });
            let mut guard = mu.lock();
            while !*guard {
                guard = c.wait(guard);
            }
        },
        "done",
    );
    expect(
        || {
            let (mu, c, ready) = (mutex("mu", ()), cond("c"), shared("ready", false));
            go("signaller", move || {
                ready.set(true);
                c.signal();
            });
            let mut guard = mu.lock();
            while !ready.get() {
                guard = c.wait(guard);
            }
        },
        "deadlock main(wait c) ready=true
         done ready=true",
    );
}

#[test]
fn wait_unlocks_and_locks_again() {
    expect(
        || {
            let (mu, c) = (mutex("mu", 0), cond("c"));
            let out = shared("out", (0, true));
            go("other", move || {
                let mut guard = mu.lock();
                *guard = 1;
                c.signal();
                *guard = 2;
            });
            let mut guard = mu.lock();
            while *guard == 0 {
                guard = c.wait(guard);
            }
            out.set((*guard, mu.try_lock().is_some()));
        },
        "done out=(2, false)",
    );
}

#[test]
fn whoever_was_woken_waits_for_the_mutex() {
    expect(
        || {
            let (mu, c) = (mutex("mu", 0), cond("c"));
            waiters(&["a"], mu, c);
            let guard = mu.lock();
            assert!(*guard == 1, "too early");
            c.signal();
            guard.leave_locked();
        },
        "leak a(wait c) a=0
         panic main: too early",
    );
}

#[test]
fn wait_needs_the_lock() {
    expect(
        || {
            let (mu, c) = (mutex("mu", ()), cond("c"));
            let guard = mu.lock();
            mu.unlock();
            let _guard = c.wait(guard);
        },
        "panic main: sync: unlock of unlocked mutex: mu",
    );
}

#[test]
fn one_signal_for_two_kinds_of_waiters_can_wake_the_wrong_one() {
    expect(
        || {
            let (mu, c) = (mutex("mu", (false, false)), cond("c"));
            go("first", move || {
                let mut guard = mu.lock();
                while !guard.0 {
                    guard = c.wait(guard);
                }
            });
            go("second", move || {
                let mut guard = mu.lock();
                while !guard.1 {
                    guard = c.wait(guard);
                }
            });
            mu.lock().0 = true;
            c.signal();
        },
        "leak first(wait c) second(wait c)
         leak second(wait c)",
    );
}

/// Whoever waits is woken any number of times before the data is as it should be. With a plain loop
/// each time would be a state of its own.
#[test]
fn wait_while_forgets_its_turns() {
    use gordian_checker::sync::{ControlFlow, forever};
    let report = gordian_checker::check(|| {
        let (mu, c) = (mutex("mu", false), cond("c"));
        go("waker", move || {
            forever(|| {
                c.broadcast();
                ControlFlow::<()>::Continue(())
            })
        });
        go("setter", move || {
            *mu.lock() = true;
            c.broadcast();
        });
        let guard = c.wait_while(mu.lock(), |ready| !ready);
        assert!(*guard);
    });
    report.assert_proved();
}
