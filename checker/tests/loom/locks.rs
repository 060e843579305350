//! Mutexes and RWMutexes.

use gordian_checker::sync::*;

use crate::agree;

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
