//! `sync.RWMutex`: what Go's sync/rwmutex_test.go looks at, and its preference for writers.

use gordian_checker::sync::{chan, go, mutex, rwlock, shared};

use crate::outcomes::expect;

#[test]
fn readers_are_inside_together() {
    expect(
        || {
            let (rw, met) = (rwlock("rw", ()), chan("met", 0));
            go("other", move || {
                let guard = rw.rlock();
                met.send(());
                guard.runlock();
            });
            let guard = rw.rlock();
            met.recv();
            guard.runlock();
        },
        "done",
    );
}

#[test]
fn a_writer_is_inside_alone() {
    expect(
        || {
            let rw = rwlock("rw", ());
            let (x, y, out) = (shared("x", 0), shared("y", 0), shared("out", (9, 9)));
            go("writer", move || {
                let guard = rw.lock();
                x.set(1);
                y.set(1);
                guard.unlock();
            });
            let guard = rw.rlock();
            out.set((x.get(), y.get()));
            guard.runlock();
        },
        "done out=(0, 0) x=1 y=1
         done out=(1, 1) x=1 y=1",
    );
    expect(
        || {
            let (rw, n) = (rwlock("rw", ()), shared("n", 0));
            let add = move || {
                let _guard = rw.lock();
                n.set(n.get() + 1);
            };
            go("other", add);
            add();
        },
        "done n=2",
    );
}

#[test]
fn what_is_written_under_it_is_read_under_it() {
    expect(
        || {
            let (rw, out) = (rwlock("rw", 1), shared("out", 0));
            go("writer", move || *rw.lock() += 1);
            out.set(*rw.rlock());
        },
        "done out=1
         done out=2",
    );
}

/// "If any goroutine calls Lock while the lock is already held by one or more readers, concurrent
/// calls to RLock will block until the writer has acquired (and released) the lock" (package sync).
#[test]
fn a_second_read_lock_deadlocks_with_a_writer_in_between() {
    expect(
        || {
            let rw = rwlock("rw", ());
            go("writer", move || rw.lock().unlock());
            let _first = rw.rlock();
            let _second = rw.rlock();
        },
        "deadlock main(rlock rw) writer(lock rw)
         done",
    );
    expect(
        || {
            let rw = rwlock("rw", ());
            let _first = rw.rlock();
            let _second = rw.rlock();
        },
        "done",
    );
}

#[test]
fn a_reader_that_waits_for_a_reader_deadlocks_with_a_writer_in_between() {
    expect(
        || {
            let (rw, done) = (rwlock("rw", ()), chan("done", 0));
            go("reader", move || {
                rw.rlock().runlock();
                done.send(());
            });
            go("writer", move || rw.lock().unlock());
            let guard = rw.rlock();
            done.recv();
            guard.runlock();
        },
        "deadlock main(recv done) reader(rlock rw) writer(lock rw)
         done",
    );
}

#[test]
fn a_writer_waits_for_every_reader_that_it_found() {
    expect(
        || {
            let (rw, count, out) = (rwlock("rw", ()), mutex("count", 0), shared("out", 0));
            let both = [rw.rlock(), rw.rlock()];
            go("writer", move || {
                let guard = rw.lock();
                out.set(*count.lock());
                guard.unlock();
            });
            for guard in both {
                *count.lock() += 1;
                guard.runlock();
            }
        },
        "done out=2",
    );
}

#[test]
fn readers_that_waited_come_in_after_the_writer() {
    expect(
        || {
            let rw = rwlock("rw", 0);
            let mut guard = rw.lock();
            for name in ["a", "b"] {
                let out = shared(name, 9);
                go(name, move || out.set(*rw.rlock()));
            }
            *guard = 1;
            guard.unlock();
        },
        "done a=1 b=1",
    );
}

#[test]
fn it_can_be_neither_upgraded_nor_entered_twice() {
    expect(
        || {
            let rw = rwlock("rw", ());
            let _read = rw.rlock();
            let _write = rw.lock();
        },
        "deadlock main(lock rw)",
    );
    expect(
        || {
            let rw = rwlock("rw", ());
            let _write = rw.lock();
            let _read = rw.rlock();
        },
        "deadlock main(rlock rw)",
    );
    expect(
        || {
            let rw = rwlock("rw", ());
            let _write = rw.lock();
            let _again = rw.lock();
        },
        "deadlock main(lock rw)",
    );
}

#[test]
fn two_that_upgrade_wait_for_each_other() {
    expect(
        || {
            let rw = rwlock("rw", ());
            let upgrade = move || {
                let read = rw.rlock();
                let write = rw.lock();
                write.unlock();
                read.runlock();
            };
            go("other", upgrade);
            upgrade();
        },
        // Whoever announces itself first waits for its own read lock; the other waits to read, or
        // to write.
        "deadlock main(lock rw) other(lock rw)
         deadlock main(lock rw) other(rlock rw)
         deadlock main(rlock rw) other(lock rw)",
    );
}

#[test]
fn try_rlock_fails_while_a_writer_is_inside() {
    expect(
        || {
            let (rw, out) = (rwlock("rw", ()), shared("out", [true; 3]));
            let write = rw.lock();
            let written = rw.try_rlock().is_some();
            write.unlock();
            let read = rw.rlock();
            let beside = rw.try_rlock().is_some();
            read.runlock();
            out.set([written, beside, rw.try_rlock().is_some()]);
        },
        "done out=[false, true, true]",
    );
}

#[test]
fn try_rlock_fails_while_a_writer_waits() {
    expect(
        || {
            let (rw, out) = (rwlock("rw", ()), shared("out", true));
            let read = rw.rlock();
            go("writer", move || rw.lock().unlock());
            out.set(rw.try_rlock().is_some());
            read.runlock();
        },
        "done out=false
         done out=true",
    );
}

#[test]
fn try_lock_fails_while_anybody_is_inside() {
    expect(
        || {
            let (rw, out) = (rwlock("rw", ()), shared("out", [true; 3]));
            let write = rw.lock();
            let written = rw.try_lock().is_some();
            write.unlock();
            let read = rw.rlock();
            let read_too = rw.try_lock().is_some();
            read.runlock();
            out.set([written, read_too, rw.try_lock().is_some()]);
        },
        "done out=[false, false, true]",
    );
}

#[test]
fn a_try_lock_that_fails_announces_nothing() {
    expect(
        || {
            let (rw, out) = (rwlock("rw", ()), shared("out", (true, false)));
            let read = rw.rlock();
            let write = rw.try_lock().is_some();
            let beside = rw.try_rlock().is_some();
            read.runlock();
            out.set((write, beside));
        },
        "done out=(false, true)",
    );
}

#[test]
fn an_unlock_that_has_no_lock_panics() {
    expect(
        || rwlock("rw", ()).runlock(),
        "panic main: sync: RUnlock of unlocked RWMutex: rw",
    );
    expect(
        || rwlock("rw", ()).unlock(),
        "panic main: sync: Unlock of unlocked RWMutex: rw",
    );
    expect(
        || {
            let rw = rwlock("rw", ());
            rw.rlock().leave_locked();
            rw.unlock();
        },
        "panic main: sync: Unlock of unlocked RWMutex: rw",
    );
    expect(
        || {
            let rw = rwlock("rw", ());
            rw.lock().leave_locked();
            rw.runlock();
        },
        "panic main: sync: RUnlock of unlocked RWMutex: rw",
    );
}

#[test]
fn another_goroutine_may_unlock_it() {
    expect(
        || {
            let (rw, out) = (rwlock("rw", 3), shared("out", 0));
            rw.rlock().leave_locked();
            go("other", move || rw.runlock());
            out.set(*rw.lock());
        },
        "done out=3",
    );
    expect(
        || {
            let (rw, out) = (rwlock("rw", 3), shared("out", 0));
            rw.lock().leave_locked();
            go("other", move || rw.unlock());
            out.set(*rw.rlock());
        },
        "done out=3",
    );
}

#[test]
fn one_of_two_readers_lets_itself_out_and_the_other_stays() {
    expect(
        || {
            let (rw, out) = (rwlock("rw", ()), shared("out", true));
            let first = rw.rlock();
            let second = rw.rlock();
            first.runlock();
            out.set(rw.try_lock().is_some());
            second.runlock();
        },
        "done out=false",
    );
}
