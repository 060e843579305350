//! `sync.Mutex`: the behaviours tested in Go's sync/mutex_test.go, and the deadlocks it warns of.

use gordian_checker::sync::{chan, go, mutex, shared};

use crate::outcomes::expect;

#[test]
fn it_lets_in_one_at_a_time() {
    let kernel = |locks: bool| {
        move || {
            let (mu, n) = (mutex("mu", ()), shared("n", 0));
            let add = move || {
                let guard = locks.then(|| mu.lock());
                n.set(n.get() + 1);
                drop(guard);
            };
            go("other", add);
            add();
        }
    };
    expect(kernel(true), "done n=2");
    expect(
        kernel(false),
        "done n=1
         done n=2",
    );
}

#[test]
fn what_is_written_under_it_is_read_under_it() {
    expect(
        || {
            let (mu, out) = (mutex("mu", Vec::new()), shared("out", Vec::new()));
            go("a", move || mu.lock().push("a"));
            go("b", move || mu.lock().push("b"));
            out.set(mu.lock().clone());
        },
        r#"done out=["a", "b"]
           done out=["a"]
           done out=["b", "a"]
           done out=["b"]
           done out=[]"#,
    );
}

#[test]
fn those_who_wait_come_in_any_order() {
    expect(
        || {
            let (mu, out) = (mutex("mu", Vec::new()), shared("out", Vec::new()));
            let guard = mu.lock();
            for name in ["a", "b", "c"] {
                go(name, move || {
                    let mut order = mu.lock();
                    order.push(name);
                    if order.len() == 3 {
                        out.set(order.clone());
                    }
                });
            }
            guard.unlock();
        },
        r#"done out=["a", "b", "c"]
           done out=["a", "c", "b"]
           done out=["b", "a", "c"]
           done out=["b", "c", "a"]
           done out=["c", "a", "b"]
           done out=["c", "b", "a"]"#,
    );
}

#[test]
fn another_goroutine_may_unlock_it() {
    expect(
        || {
            let (mu, out) = (mutex("mu", 0), shared("out", 9));
            mu.lock().leave_locked();
            go("other", move || mu.unlock());
            out.set(*mu.lock());
        },
        "done out=0",
    );
}

#[test]
fn a_second_lock_by_the_holder_deadlocks() {
    expect(
        || {
            let mu = mutex("mu", ());
            let _guard = mu.lock();
            let _again = mu.lock();
        },
        "deadlock main(lock mu)",
    );
}

#[test]
fn a_lock_that_is_never_unlocked_blocks_the_others() {
    expect(
        || {
            let mu = mutex("mu", ());
            mu.lock().leave_locked();
            go("a", move || mu.lock().unlock());
            go("b", move || mu.lock().unlock());
        },
        "leak a(lock mu) b(lock mu)",
    );
}

#[test]
fn an_unlock_of_an_unlocked_mutex_panics() {
    expect(
        || mutex("mu", ()).unlock(),
        "panic main: sync: unlock of unlocked mutex: mu",
    );
    expect(
        || {
            let mu = mutex("mu", ());
            mu.lock().leave_locked();
            go("a", move || mu.unlock());
            go("b", move || mu.unlock());
        },
        "panic a: sync: unlock of unlocked mutex: mu
         panic b: sync: unlock of unlocked mutex: mu",
    );
}

#[test]
fn try_lock_fails_while_it_is_held() {
    expect(
        || {
            let (mu, out) = (mutex("mu", ()), shared("out", (true, true)));
            let guard = mu.lock();
            let held = mu.try_lock().is_some();
            guard.unlock();
            let free = mu.try_lock().is_some();
            out.set((held, free));
        },
        "done out=(false, true)",
    );
    expect(
        || {
            let (mu, out) = (mutex("mu", ()), shared("out", None));
            go("other", move || mu.lock().unlock());
            out.set(mu.try_lock().map(|guard| guard.unlock()));
        },
        "done out=None
         done out=Some(())",
    );
}

#[test]
fn of_two_try_locks_at_least_one_succeeds_and_holds() {
    expect(
        || {
            let mu = mutex("mu", ());
            for name in ["a", "b"] {
                let out = shared(name, true);
                go(name, move || match mu.try_lock() {
                    Some(guard) => guard.leave_locked(),
                    None => out.set(false),
                });
            }
        },
        "done a=false b=true
         done a=true b=false",
    );
}

#[test]
fn two_mutexes_in_both_orders_can_deadlock() {
    expect(
        || {
            let (a, b) = (mutex("a", ()), mutex("b", ()));
            go("other", move || {
                let _b = b.lock();
                let _a = a.lock();
            });
            let _a = a.lock();
            let _b = b.lock();
        },
        "deadlock main(lock b) other(lock a)
         done",
    );
}

#[test]
fn a_lock_held_over_a_rendezvous_can_deadlock() {
    expect(
        || {
            let (mu, ch) = (mutex("mu", ()), chan("ch", 0));
            go("receiver", move || {
                mu.lock().unlock();
                ch.recv();
            });
            let guard = mu.lock();
            ch.send(());
            guard.unlock();
        },
        "deadlock main(send ch) receiver(lock mu)
         done",
    );
}

#[test]
fn a_guard_unlocks_at_the_end_of_its_scope() {
    expect(
        || {
            let (mu, out) = (mutex("mu", 1), shared("out", 0));
            {
                let mut guard = mu.lock();
                *guard += 1;
            }
            out.set(*mu.lock());
        },
        "done out=2",
    );
}
