//! The `go` statement, `defer`, panics and the kernel's own choices.

use gordian_checker::sync::{
    Chan, ControlFlow, atomic, chan, choose, defer, go, go_many, gosched, mutex, repeat, shared,
    waitgroup,
};
use gordian_checker::{Checker, Engine, Verdict};

use crate::outcomes::expect;

#[test]
fn an_empty_kernel_is_done() {
    expect(|| {}, "done");
}

#[test]
fn a_goroutine_starts_at_any_time_after_its_statement() {
    expect(
        || {
            let (x, out) = (shared("x", 0), shared("out", 9));
            go("other", move || out.set(x.get()));
            x.set(1);
        },
        "done out=0 x=1
         done out=1 x=1",
    );
}

#[test]
fn what_comes_before_the_statement_is_seen() {
    expect(
        || {
            let (x, out) = (shared("x", 0), shared("out", 9));
            x.set(1);
            go("other", move || out.set(x.get()));
        },
        "done out=1 x=1",
    );
}

#[test]
fn goroutines_run_in_any_order() {
    expect(
        || {
            let last = shared("last", ' ');
            for (name, mark) in [("a", 'a'), ("b", 'b'), ("c", 'c')] {
                go(name, move || last.set(mark));
            }
        },
        "done last='a'
         done last='b'
         done last='c'",
    );
}

#[test]
fn goroutines_start_goroutines() {
    expect(
        || {
            let ch = chan("ch", 0);
            let out = shared("out", None);
            go("parent", move || {
                go("child", move || ch.send(7));
            });
            out.set(ch.recv());
        },
        "done out=Some(7)",
    );
}

#[test]
fn main_does_not_wait_for_the_others() {
    expect(
        || {
            let (ch, out) = (chan::<u8>("ch", 0), shared("out", 0));
            go("other", move || {
                ch.recv();
            });
            out.set(1);
        },
        "leak other(recv ch) out=1",
    );
}

#[test]
fn a_gosched_changes_nothing() {
    expect(
        || {
            let (x, out) = (shared("x", 0), shared("out", 9));
            go("other", move || x.set(1));
            gosched();
            out.set(x.get());
        },
        "done out=0 x=1
         done out=1 x=1",
    );
}

#[test]
fn the_kernels_own_assertion_is_a_panic() {
    expect(
        || {
            let x = shared("x", 0);
            go("other", move || x.set(1));
            assert!(x.get() == 0, "somebody was faster");
        },
        "done x=1
         panic main: somebody was faster",
    );
    expect(
        || {
            let ch: Chan<u8> = chan("ch", 0);
            ch.close();
            ch.recv().expect("a value");
        },
        "panic main: a value",
    );
}

#[test]
fn each_panic_is_told_apart() {
    expect(
        || {
            for (name, message) in [("a", "one"), ("b", "two")] {
                go(name, move || panic!("{message}"));
            }
        },
        "panic a: one
         panic b: two",
    );
}

#[test]
fn a_panic_is_worse_than_what_it_leaves_blocked() {
    expect(
        || {
            let ch = chan::<u8>("ch", 0);
            go("other", || panic!("gone"));
            ch.recv();
        },
        "panic other: gone",
    );
}

/// A panic that nobody recovers ends a Go program; the lock that stays locked does not matter.
#[test]
fn a_guard_kept_across_a_panic_does_no_harm() {
    expect(
        || {
            let mu = mutex("mu", 0);
            go("other", move || {
                let _guard = mu.lock();
                panic!("inside");
            });
            mu.lock().unlock();
        },
        "panic other: inside",
    );
}

#[test]
fn what_is_deferred_runs_last_first() {
    expect(
        || {
            let out = shared("out", Vec::new());
            let push = move |mark: u8| {
                let mut marks = out.get();
                marks.push(mark);
                out.set(marks);
            };
            {
                let _first = defer(move || push(1));
                let _second = defer(move || push(2));
                push(3);
            }
            push(4);
        },
        "done out=[3, 2, 1, 4]",
    );
}

#[test]
fn what_is_deferred_runs_on_every_way_out() {
    expect(
        || {
            let ch = chan::<u8>("ch", 0);
            go("worker", move || {
                let _closes = defer(move || ch.close());
                if choose(2) == 0 {
                    return;
                }
                gosched();
            });
            ch.recv();
        },
        "done",
    );
}

#[test]
fn every_value_is_chosen() {
    expect(
        || {
            let out = shared("out", (0, 0));
            let first = choose(3);
            out.set((first, choose(first + 1)));
        },
        "done out=(0, 0)
         done out=(1, 0)
         done out=(1, 1)
         done out=(2, 0)
         done out=(2, 1)
         done out=(2, 2)",
    );
}

#[test]
fn many_goroutines_of_one_name_all_run() {
    expect(
        || {
            let (count, wg) = (atomic("count", 0), waitgroup("wg"));
            let out = shared("out", 0);
            wg.add(3);
            go_many("worker", 3, move || {
                gordian_checker::defer! { wg.done() }
                count.add(1);
            });
            wg.wait();
            out.set(count.load());
        },
        "done out=3",
    );
}

/// Returns the states that a search visits of four workers, which make a channel first or do not.
fn visited(engine: Engine, many: bool, make: bool) -> u64 {
    let kernel = move || {
        let (count, wg) = (atomic("count", 0), waitgroup("wg"));
        wg.add(4);
        let body = move || {
            if make {
                chan("own", 1).send(1);
            }
            count.add(1);
            wg.done();
        };
        if many {
            go_many("worker", 4, body);
        } else {
            (0..4).for_each(|_| go("worker", body));
        }
        wg.wait();
        assert_eq!(count.load(), 4);
    };
    let report = Checker::new().engine(engine).check(kernel);
    assert_eq!(report.verdict, Verdict::Proved, "{report}");
    report.findings.states.expect("it counts states")
}

#[test]
fn workers_of_go_many_are_exchanged_until_they_make_something() {
    for make in [false, true] {
        let all = |many| visited(Engine::Stateful, many, make);
        assert_eq!(all(true), all(false));
    }
    let without = |make| visited(Engine::Stubborn, false, make);
    let exchanged = |make| visited(Engine::Stubborn, true, make);
    assert!(
        exchanged(false) * 2 < without(false),
        "{}",
        exchanged(false)
    );
    assert_eq!(exchanged(true), without(true));
}

/// Both come to the loop at one node. Behind it they start goroutines of their own.
#[test]
fn twins_part_at_the_head_of_a_loop() {
    let kernel = || {
        let count = atomic("count", 0);
        go_many("worker", 2, move || {
            count.add(1);
            repeat(0, move |turn| {
                go("child", move || {
                    count.add(1);
                });
                match turn {
                    0 => ControlFlow::Continue(1),
                    _ => ControlFlow::Break(()),
                }
            });
        });
    };
    for engine in [Engine::Stubborn, Engine::Auto] {
        let report = Checker::new().engine(engine).check(kernel);
        assert_eq!(report.verdict, Verdict::Proved, "{report}");
    }
}
