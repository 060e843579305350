//! `sync.Once`: the behaviours tested in Go's sync/once_test.go.

use gordian_checker::sync::{atomic, chan, go, once, shared};

use crate::outcomes::expect;

#[test]
fn one_of_many_runs_it() {
    expect(
        || {
            let o = once("o");
            let out = shared("out", Vec::new());
            for name in ["a", "b", "c"] {
                go(name, move || {
                    o.do_once(|| {
                        let mut ran = out.get();
                        ran.push(name);
                        out.set(ran);
                    });
                });
            }
        },
        r#"done out=["a"]
           done out=["b"]
           done out=["c"]"#,
    );
}

#[test]
fn a_second_call_by_the_same_goroutine_does_nothing() {
    expect(
        || {
            let (o, n) = (once("o"), shared("n", 0));
            for _ in 0..3 {
                o.do_once(|| n.set(n.get() + 1));
            }
        },
        "done n=1",
    );
}

#[test]
fn a_second_call_with_another_function_does_nothing() {
    expect(
        || {
            let (o, n) = (once("o"), shared("n", 0));
            o.do_once(|| n.set(1));
            o.do_once(|| n.set(2));
        },
        "done n=1",
    );
}

#[test]
fn nobody_goes_on_before_it_is_done() {
    expect(
        || {
            let (o, ready) = (once("o"), shared("ready", 0));
            for name in ["a", "b"] {
                let saw = shared(name, 9);
                go(name, move || {
                    o.do_once(|| ready.set(ready.get() + 1));
                    saw.set(ready.get());
                });
            }
        },
        "done a=1 b=1 ready=1",
    );
}

/// "If f calls o.Do, it will deadlock" (package sync).
#[test]
fn a_call_from_within_blocks_for_ever() {
    expect(
        || {
            let o = once("o");
            o.do_once(|| o.do_once(|| {}));
        },
        "deadlock main(once o)",
    );
}

#[test]
fn two_that_call_each_other_block_for_ever() {
    expect(
        || {
            let (a, b) = (once("a"), once("b"));
            go("other", move || b.do_once(|| a.do_once(|| {})));
            a.do_once(|| b.do_once(|| {}));
        },
        "deadlock main(once b) other(once a)
         done",
    );
}

#[test]
fn one_that_never_ends_blocks_the_others() {
    expect(
        || {
            let (o, never) = (once("o"), chan::<u8>("never", 0));
            let run = move || {
                o.do_once(|| {
                    never.recv();
                });
            };
            go("a", run);
            go("b", run);
        },
        "leak a(once o) b(recv never)
         leak a(recv never) b(once o)",
    );
}

#[test]
fn a_panic_within_is_a_panic_of_whoever_ran_it() {
    expect(
        || {
            let (o, n) = (once("o"), atomic("n", 0));
            let run = move || {
                o.do_once(|| {
                    n.add(1);
                    panic!("no config");
                });
            };
            go("a", run);
            go("b", run);
        },
        "panic a: no config
         panic b: no config",
    );
}
