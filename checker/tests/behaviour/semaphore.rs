//! `semaphore.Weighted`: what the semaphore_test.go of Go's golang.org/x/sync looks at, and what
//! its queue does that a reader may not expect.

use gordian_checker::sync::{atomic, chan, go, semaphore, shared};

use crate::outcomes::expect;

#[test]
fn it_lets_in_as_many_as_there_are_permits() {
    let kernel = |permits: u32, inside_max: i64| {
        move || {
            let (sem, n) = (semaphore("sem", permits), atomic("n", 0));
            for name in ["a", "b", "c"] {
                go(name, move || {
                    sem.acquire(1);
                    assert!(n.add(1) <= inside_max, "too many");
                    n.add(-1);
                    sem.release(1);
                });
            }
        }
    };
    expect(kernel(1, 1), "done");
    expect(kernel(2, 2), "done");
    expect(
        kernel(2, 1),
        "done
         panic a: too many
         panic b: too many
         panic c: too many",
    );
}

#[test]
fn an_acquire_waits_for_a_release() {
    expect(
        || {
            let (sem, out) = (semaphore("sem", 2), shared("out", 0));
            sem.acquire(2);
            go("other", move || {
                sem.acquire(1);
                out.set(out.get() + 1);
                sem.release(1);
            });
            out.set(1);
            sem.release(2);
        },
        "done out=2",
    );
    expect(
        || {
            let sem = semaphore("sem", 1);
            sem.acquire(1);
            sem.acquire(1);
        },
        "deadlock main(acquire sem)",
    );
}

#[test]
fn permits_are_given_back_by_anybody() {
    expect(
        || {
            let sem = semaphore("sem", 1);
            sem.acquire(1);
            go("other", move || sem.release(1));
            sem.acquire(1);
        },
        "done",
    );
}

#[test]
fn more_than_is_held_cannot_be_released() {
    expect(
        || semaphore("sem", 1).release(1),
        "panic main: semaphore: released more than held: sem",
    );
    expect(
        || {
            let sem = semaphore("sem", 3);
            sem.acquire(1);
            sem.release(2);
        },
        "panic main: semaphore: released more than held: sem",
    );
    expect(
        || {
            let sem = semaphore("sem", 2);
            go("taker", move || sem.acquire(1));
            sem.release(1);
        },
        "done
         panic main: semaphore: released more than held: sem",
    );
}

/// Go's `Release` counts first and panics then: who releases next, while the program dies, finds
/// the count below zero, too.
#[test]
fn a_count_below_zero_stays_there() {
    expect(
        || {
            let sem = semaphore("sem", 2);
            sem.acquire(1);
            go("two", move || sem.release(2));
            go("one", move || sem.release(1));
        },
        "panic one: semaphore: released more than held: sem
         panic two: semaphore: released more than held: sem",
    );
}

#[test]
fn a_try_takes_what_is_there_or_nothing() {
    expect(
        || {
            let (sem, out) = (semaphore("sem", 3), shared("out", Vec::new()));
            let mut tries = vec![sem.try_acquire(2), sem.try_acquire(2), sem.try_acquire(1)];
            tries.push(sem.try_acquire(0));
            sem.release(3);
            tries.push(sem.try_acquire(4));
            out.set(tries);
        },
        "done out=[true, false, true, true, false]",
    );
}

/// One permit is free, and whether a try gets it depends on nothing but who stands in line.
#[test]
fn a_try_does_not_push_in() {
    expect(
        || {
            let (sem, out) = (semaphore("sem", 2), shared("out", false));
            sem.acquire(1);
            go("big", move || sem.acquire(2));
            let got = sem.try_acquire(1);
            sem.release(if got { 2 } else { 1 });
            out.set(got);
        },
        "done out=false
         done out=true",
    );
}

/// A failed try tells main that `big` is in line already, so `small` comes after it.
#[test]
fn who_comes_first_is_served_first() {
    expect(
        || {
            let (sem, big) = (semaphore("sem", 2), shared("big", false));
            let out = shared("out", None);
            sem.acquire(1);
            go("big", move || {
                sem.acquire(2);
                big.set(true);
                sem.release(2);
            });
            if sem.try_acquire(1) {
                return sem.release(2);
            }
            go("small", move || {
                sem.acquire(1);
                out.set(Some(big.get()));
            });
            sem.release(1);
        },
        "done big=true out=None
         done big=true out=Some(true)",
    );
}

/// There is room for `small`, but `big` came before it, and main waits for `small`.
#[test]
fn a_large_request_holds_up_a_small_one() {
    expect(
        || {
            let (sem, done) = (semaphore("sem", 3), chan("done", 0));
            sem.acquire(1);
            go("big", move || {
                sem.acquire(3);
                sem.release(3);
            });
            go("small", move || {
                sem.acquire(1);
                done.send(());
                sem.release(1);
            });
            done.recv();
            sem.release(1);
        },
        "done
         deadlock big(acquire sem) main(recv done) small(acquire sem)",
    );
}

/// A failed try tells main that `big` is in line, so `small` comes after it, and the release makes
/// room for `small` only.
#[test]
fn a_release_does_not_pass_over_a_large_request() {
    expect(
        || {
            let (sem, done) = (semaphore("sem", 3), chan("done", 0));
            let out = shared("out", "nothing");
            sem.acquire(2);
            go("big", move || {
                sem.acquire(3);
                sem.release(3);
            });
            if sem.try_acquire(1) {
                return sem.release(3);
            }
            go("small", move || {
                sem.acquire(1);
                done.send(());
            });
            sem.release(1);
            done.recv();
            out.set("small was served");
        },
        r#"deadlock big(acquire sem) main(recv done) small(acquire sem) out="nothing"
           done out="nothing""#,
    );
}

#[test]
fn one_release_serves_as_many_as_find_room() {
    expect(
        || {
            let sem = semaphore("sem", 3);
            sem.acquire(3);
            for (name, permits) in [("a", 1), ("b", 2)] {
                go(name, move || sem.acquire(permits));
            }
            sem.release(3);
        },
        "done",
    );
}

/// Permits are taken by the release that serves, so that nobody can push in before the one who is
/// served goes on, and a try fails for no other reason.
#[test]
fn who_is_served_has_the_permits_at_once() {
    expect(
        || {
            let (sem, out) = (semaphore("sem", 2), shared("out", false));
            sem.acquire(2);
            go("a", move || sem.acquire(1));
            sem.release(2);
            out.set(sem.try_acquire(1));
        },
        "done out=true",
    );
    expect(
        || {
            let (sem, out) = (semaphore("sem", 2), shared("out", false));
            sem.acquire(2);
            go("a", move || sem.acquire(1));
            sem.release(2);
            out.set(sem.try_acquire(2));
        },
        "done out=false
         leak a(acquire sem) out=true",
    );
    // Whether the other has been served can be seen by a release of what it holds.
    expect(
        || {
            let sem = semaphore("sem", 1);
            sem.acquire(1);
            go("a", move || sem.acquire(1));
            sem.release(1);
            sem.release(1);
        },
        "done
         panic main: semaphore: released more than held: sem",
    );
}

#[test]
fn more_than_there_are_is_waited_for_for_ever_and_holds_up_nobody() {
    expect(
        || {
            let (sem, out) = (semaphore("sem", 1), shared("out", false));
            go("much", move || sem.acquire(2));
            sem.acquire(1);
            go("other", move || sem.acquire(1));
            sem.release(1);
            sem.acquire(0);
            out.set(true);
        },
        "leak much(acquire sem) out=true",
    );
}

#[test]
fn nothing_at_all_is_waited_for_in_line_too() {
    expect(
        || {
            let sem = semaphore("sem", 1);
            sem.acquire(1);
            go("other", move || sem.acquire(1));
            sem.acquire(0);
            sem.release(1);
        },
        "done
         deadlock main(acquire sem) other(acquire sem)",
    );
}

#[test]
fn two_that_are_taken_in_two_orders_deadlock() {
    expect(
        || {
            let (left, right) = (semaphore("left", 1), semaphore("right", 1));
            go("other", move || {
                right.acquire(1);
                left.acquire(1);
                left.release(1);
                right.release(1);
            });
            left.acquire(1);
            right.acquire(1);
            right.release(1);
            left.release(1);
        },
        "done
         deadlock main(acquire right) other(acquire left)",
    );
}

/// The second half of a weight is asked for while the first is held: two of these are enough.
#[test]
fn a_weight_taken_in_two_parts_deadlocks() {
    let kernel = |parts: &'static [u32]| {
        move || {
            let sem = semaphore("sem", 2);
            let work = move || {
                for part in parts {
                    sem.acquire(*part);
                }
                sem.release(2);
            };
            go("other", work);
            work();
        }
    };
    expect(kernel(&[2]), "done");
    expect(
        kernel(&[1, 1]),
        "done
         deadlock main(acquire sem) other(acquire sem)",
    );
}
