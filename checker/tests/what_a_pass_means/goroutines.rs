//! The part about the beginning and the end of goroutines.

use gordian_checker::Verdict;
use gordian_checker::sync::{
    after_func, background, chan, daemon, defer, forever, go, goexit, gosched, mutex, recover,
};

use super::assert_verdict;

#[test]
fn goroutines_that_may_outlive_main() {
    let waits = |start: fn(&str, Box<dyn FnOnce()>)| {
        move || {
            let work = chan::<u8>("work", 0);
            start("server", Box::new(move || _ = work.recv()));
        }
    };
    assert_verdict(waits(|name, body| daemon(name, body)), Verdict::Proved);
    assert_verdict(waits(|name, body| go(name, body)), Verdict::Leak);
    let locks = || {
        let lock = mutex("lock", ());
        daemon("server", move || {
            lock.lock().leave_locked();
            lock.lock().unlock();
        });
    };
    assert_verdict(locks, Verdict::Leak);
    // It holds what main needs.
    let holds = || {
        let (lock, held) = (mutex("lock", ()), chan::<()>("held", 0));
        daemon("server", move || {
            let _guard = lock.lock();
            held.send(());
            held.send(());
        });
        held.recv();
        lock.lock().unlock();
    };
    assert_verdict(holds, Verdict::Deadlock);
    let starts = || {
        let never = chan::<()>("never", 0);
        daemon("server", move || go("handler", move || never.send(())));
    };
    assert_verdict(starts, Verdict::Leak);
}

#[test]
fn recover_and_goexit() {
    let closes_twice = |recovers: bool| {
        move || {
            let (ch, lock) = (chan::<u8>("ch", 0), mutex("lock", ()));
            let twice = move || {
                let _guard = lock.lock();
                ch.close();
                ch.close();
            };
            match recovers {
                true => assert_eq!(recover(twice), Err("close of closed channel".to_owned())),
                false => twice(),
            }
            lock.lock().unlock();
        }
    };
    assert_verdict(closes_twice(true), Verdict::Proved);
    assert_verdict(closes_twice(false), Verdict::Panic);
    let fatal = || {
        let lock = mutex("lock", ());
        assert!(recover(|| lock.unlock()).is_err(), "not come to");
    };
    assert_verdict(fatal, Verdict::Panic);
    let exits = || {
        let done = chan::<u8>("done", 0);
        go("worker", move || {
            let _closes = defer(move || done.close());
            goexit();
        });
        done.recv();
    };
    assert_verdict(exits, Verdict::Proved);
    assert_verdict(|| goexit(), Verdict::Deadlock);
    let beside = || {
        go("server", || {
            forever(|| {
                gosched();
                std::ops::ControlFlow::<()>::Continue(())
            });
        });
        goexit();
    };
    assert_verdict(beside, Verdict::Proved);
}

#[test]
fn functions_that_a_timer_or_a_context_starts() {
    let stopped = || {
        after_func("timer", || ()).stop();
        background().with_cancel("ctx").after_func("after", || ());
    };
    assert_verdict(stopped, Verdict::Proved);
    let stuck = || {
        let never = chan::<()>("never", 0);
        after_func("timer", move || never.send(()));
    };
    assert_verdict(stuck, Verdict::Leak);
}
