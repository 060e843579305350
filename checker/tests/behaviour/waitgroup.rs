//! `sync.WaitGroup`: what Go's sync/waitgroup_test.go looks at.

use gordian_checker::sync::{atomic, go, shared, waitgroup};

use crate::outcomes::expect;

#[test]
fn wait_passes_at_zero() {
    expect(|| waitgroup("wg").wait(), "done");
}

#[test]
fn wait_waits_for_all() {
    expect(
        || {
            let (wg, n, out) = (waitgroup("wg"), atomic("n", 0), shared("out", 0));
            wg.add(2);
            for name in ["a", "b"] {
                go(name, move || {
                    n.add(1);
                    wg.done();
                });
            }
            wg.wait();
            out.set(n.load());
        },
        "done out=2",
    );
}

#[test]
fn one_done_too_few_blocks_for_ever() {
    expect(
        || {
            let wg = waitgroup("wg");
            wg.add(2);
            go("a", move || wg.done());
            wg.wait();
        },
        "deadlock main(wait wg)",
    );
}

#[test]
fn a_counter_below_zero_panics() {
    expect(
        || waitgroup("wg").done(),
        "panic main: sync: negative WaitGroup counter: wg",
    );
    expect(
        || {
            let wg = waitgroup("wg");
            wg.add(1);
            wg.add(-2);
        },
        "panic main: sync: negative WaitGroup counter: wg",
    );
    expect(
        || {
            let wg = waitgroup("wg");
            wg.add(1);
            go("a", move || wg.done());
            go("b", move || wg.done());
        },
        "panic a: sync: negative WaitGroup counter: wg
         panic b: sync: negative WaitGroup counter: wg",
    );
}

#[test]
fn which_done_is_one_too_many_depends_on_the_order() {
    expect(
        || {
            let wg = waitgroup("wg");
            wg.add(1);
            go("two", move || wg.add(-2));
            go("more", move || wg.add(1));
        },
        "done
         panic two: sync: negative WaitGroup counter: wg",
    );
}

/// Go's `Add` adds first and panics then: who adds next, while the program dies, finds the counter
/// below zero, too, and Go may report that one.
#[test]
fn a_counter_below_zero_stays_there() {
    expect(
        || {
            let wg = waitgroup("wg");
            wg.add(1);
            go("two", move || wg.add(-2));
            go("one", move || wg.done());
        },
        "panic one: sync: negative WaitGroup counter: wg
         panic two: sync: negative WaitGroup counter: wg",
    );
    expect(
        || {
            let wg = waitgroup("wg");
            go("less", move || wg.add(-1));
            go("more", move || {
                wg.add(1);
                wg.wait();
            });
        },
        "done
         panic less: sync: negative WaitGroup counter: wg",
    );
    expect(
        || {
            let (wg, out) = (waitgroup("wg"), shared("out", 0));
            go("less", move || wg.add(-2));
            wg.add(1);
            out.set(1);
        },
        "panic less: sync: negative WaitGroup counter: wg
         panic main: sync: negative WaitGroup counter: wg",
    );
}

#[test]
fn one_add_counts_for_many() {
    expect(
        || {
            let (wg, out) = (waitgroup("wg"), shared("out", 0));
            wg.add(3);
            go("a", move || wg.add(-2));
            go("b", move || wg.add(-1));
            wg.wait();
            out.set(1);
        },
        "done out=1",
    );
}

#[test]
fn many_may_wait() {
    expect(
        || {
            let (wg, ready) = (waitgroup("wg"), shared("ready", 0));
            wg.add(1);
            for name in ["a", "b", "c"] {
                let out = shared(name, 9);
                go(name, move || {
                    wg.wait();
                    out.set(ready.get());
                });
            }
            ready.set(1);
            wg.done();
        },
        "done a=1 b=1 c=1 ready=1",
    );
}

#[test]
fn an_add_before_the_last_done_makes_wait_wait_longer() {
    expect(
        || {
            let (wg, n, out) = (waitgroup("wg"), atomic("n", 0), shared("out", 0));
            wg.add(1);
            go("a", move || {
                wg.add(1);
                go("b", move || {
                    n.add(1);
                    wg.done();
                });
                n.add(1);
                wg.done();
            });
            wg.wait();
            out.set(n.load());
        },
        "done out=2",
    );
}

/// The classic mistake: `Add` within the goroutine.
#[test]
fn an_add_that_comes_after_wait_is_not_waited_for() {
    expect(
        || {
            let (wg, n, out) = (waitgroup("wg"), atomic("n", 0), shared("out", 9));
            go("late", move || {
                wg.add(1);
                n.add(1);
                wg.done();
            });
            wg.wait();
            out.set(n.load());
        },
        "done out=0
         done out=1",
    );
}

#[test]
fn it_can_be_used_again() {
    expect(
        || {
            let (wg, n, out) = (waitgroup("wg"), atomic("n", 0), shared("out", (0, 0)));
            let round = move |name| {
                wg.add(1);
                go(name, move || {
                    n.add(1);
                    wg.done();
                });
                wg.wait();
                n.load()
            };
            out.set((round("a"), round("b")));
        },
        "done out=(1, 2)",
    );
}

#[test]
fn a_goroutine_that_waits_for_itself_blocks_for_ever() {
    expect(
        || {
            let wg = waitgroup("wg");
            wg.add(1);
            go("worker", move || {
                wg.wait();
                wg.done();
            });
        },
        "leak worker(wait wg)",
    );
}
