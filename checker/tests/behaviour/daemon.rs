//! Goroutines that may outlive main. In Go every goroutine may: the program ends when main returns
//! (the Go specification, "Program execution").

use std::ops::ControlFlow;

use gordian_checker::sync::{
    background, chan, cond, daemon, forever, go, goexit, gosched, mutex, once, rwlock, semaphore,
    shared, ticker, waitgroup,
};

use crate::outcomes::expect;

#[test]
fn one_that_only_waits_is_no_leak() {
    expect(
        || {
            let (work, out) = (chan::<u8>("work", 0), shared("out", 0));
            daemon("server", move || {
                for item in work {
                    out.set(item);
                }
            });
            work.send(7);
        },
        "done server(recv work) out=7",
    );
}

/// A send, a receive, a select, a wait for a group, and one for a signal.
#[test]
fn there_are_five_ways_to_only_wait() {
    expect(
        || {
            let (never, wg) = (chan::<u8>("never", 0), waitgroup("wg"));
            wg.add(1);
            daemon("sends", move || never.send(1));
            let other = chan::<u8>("other", 0);
            daemon("receives", move || {
                other.recv();
            });
            let done = background().with_cancel("ctx").done();
            daemon("selects", move || {
                gordian_checker::select! {
                    recv(other) => {}
                    recv(done) => {}
                }
            });
            daemon("waits", move || wg.wait());
        },
        "done receives(recv other) selects(select recv other, recv ctx.Done) sends(send never) \
         waits(wait wg)",
    );
    expect(
        || {
            let (mu, changed) = (mutex("mu", ()), cond("changed"));
            daemon("waits", move || {
                let _guard = changed.wait(mu.lock());
            });
        },
        "done waits(wait changed)",
    );
}

/// The same program, and a leak without the word.
#[test]
fn another_goroutine_that_waits_is_a_leak() {
    expect(
        || {
            let work = chan::<u8>("work", 0);
            go("server", move || work.iter().for_each(drop));
            work.send(7);
        },
        "leak server(recv work)",
    );
}

#[test]
fn one_that_waits_for_a_lock_is_a_leak() {
    expect(
        || {
            let mu = mutex("mu", ());
            daemon("server", move || {
                mu.lock().leave_locked();
                mu.lock().leave_locked();
            });
        },
        "leak server(lock mu)",
    );
    expect(
        || {
            let rw = rwlock("rw", ());
            daemon("server", move || {
                rw.rlock().leave_locked();
                rw.lock().leave_locked();
            });
        },
        "leak server(lock rw)",
    );
    expect(
        || {
            let sem = semaphore("sem", 1);
            daemon("server", move || sem.acquire(2));
        },
        "leak server(acquire sem)",
    );
    expect(
        || {
            let one = once("one");
            daemon("server", move || one.do_once(|| one.do_once(|| ())));
        },
        "leak server(once one)",
    );
}

/// It has been signalled, and waits for the mutex then.
#[test]
fn one_that_is_woken_waits_for_a_lock() {
    expect(
        || {
            let (mu, changed) = (mutex("mu", false), cond("changed"));
            let waits = chan::<()>("waits", 1);
            daemon("server", move || {
                let guard = mu.lock();
                waits.send(());
                changed.wait(guard).unlock();
            });
            waits.recv();
            mu.lock().leave_locked();
            changed.signal();
        },
        "leak server(wait changed)",
    );
}

/// The daemon waits for work and is none of it; whoever waits for its lock is.
#[test]
fn who_waits_for_a_daemon_is_stuck() {
    expect(
        || {
            let (mu, work) = (mutex("mu", ()), chan::<u8>("work", 0));
            let holds = chan::<()>("holds", 0);
            daemon("server", move || {
                let _guard = mu.lock();
                holds.send(());
                work.recv();
            });
            holds.recv();
            mu.lock().unlock();
        },
        "deadlock main(lock mu) server(recv work)",
    );
}

#[test]
fn one_that_panics_ends_the_program() {
    expect(
        || daemon("server", || panic!("of its own")),
        "panic server: of its own",
    );
}

#[test]
fn what_a_daemon_starts_is_no_daemon() {
    expect(
        || {
            let never = chan::<()>("never", 0);
            daemon("server", move || {
                go("handler", move || {
                    never.recv();
                });
            });
        },
        "leak handler(recv never)",
    );
}

#[test]
fn one_that_goes_round_for_ever_beside_another_that_waits_is_proved() {
    let report = gordian_checker::check(|| {
        let never = chan::<()>("never", 0);
        daemon("idle", move || {
            never.recv();
        });
        daemon("busy", || {
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        });
    });
    report.assert_proved();
    let report = gordian_checker::check(|| {
        let mu = mutex("mu", ());
        mu.lock().leave_locked();
        daemon("stuck", move || mu.lock().unlock());
        daemon("busy", || {
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        });
    });
    assert_eq!(report.verdict, gordian_checker::Verdict::Leak);
}

/// The next tick may do anything.
#[test]
fn one_that_waits_for_more_ticks_is_bounded() {
    expect(
        || {
            let ticks = ticker("ticks", 1);
            daemon("server", move || ticks.c.iter().for_each(drop));
        },
        "cut server(recv ticks.C)",
    );
}

#[test]
fn one_may_end_by_goexit() {
    expect(|| daemon("server", || goexit()), "done");
}
