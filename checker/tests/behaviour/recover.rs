//! `recover` and `runtime.Goexit`, by the Go specification, "Handling panics", and the
//! documentation of `runtime.Goexit`.

use gordian_checker::defer;
use gordian_checker::sync::{
    chan, choose, go, goexit, gosched, mutex, once, recover, rwlock, shared, waitgroup,
};

use crate::outcomes::expect;

#[test]
fn a_panic_that_is_recovered_is_none() {
    expect(
        || {
            let out = shared("out", String::new());
            let result: Result<(), String> = recover(|| panic!("no {}", 7));
            out.set(result.expect_err("a panic"));
        },
        r#"done out="no 7""#,
    );
}

#[test]
fn what_does_not_panic_yields_its_result() {
    expect(
        || {
            let out = shared("out", 0);
            out.set(recover(|| choose(2)).unwrap_or(9));
        },
        "done out=0
         done out=1",
    );
}

/// Each has Go's own message.
#[test]
fn panics_of_operations_are_recovered() {
    expect(
        || {
            let out = shared("out", String::new());
            let (ch, wg) = (chan::<u8>("ch", 1), waitgroup("wg"));
            ch.close();
            let results = [
                recover(|| ch.send(1)),
                recover(|| ch.close()),
                recover(|| gordian_checker::sync::Chan::<u8>::nil().close()),
                recover(|| wg.done()),
            ];
            let all = results.map(|it| it.expect_err("a panic")).join("; ");
            out.set(all);
        },
        "done out=\"send on closed channel; close of closed channel; close of nil channel; \
         sync: negative WaitGroup counter\"",
    );
}

/// "fatal error: sync: unlock of unlocked mutex" ends a program whatever is deferred.
#[test]
fn a_fatal_error_is_not_recovered() {
    expect(
        || {
            let mu = mutex("mu", ());
            let result = recover(|| mu.unlock());
            assert!(result.is_err(), "not come to");
        },
        "panic main: sync: unlock of unlocked mutex: mu",
    );
}

#[test]
fn a_sender_that_blocks_recovers_when_the_channel_is_closed() {
    expect(
        || {
            let (ch, out) = (chan::<u8>("ch", 0), shared("out", false));
            let done = chan::<()>("done", 0);
            go("sender", move || {
                out.set(recover(|| ch.send(1)).is_err());
                done.send(());
            });
            ch.close();
            done.recv();
        },
        "done out=true",
    );
}

/// The spec: "any functions deferred by F are then executed as usual". A deferred call may block.
#[test]
fn deferred_calls_take_effect_before_the_recovery() {
    expect(
        || {
            let (out, ch) = (shared("out", Vec::new()), chan::<u8>("ch", 0));
            go("receiver", move || {
                ch.recv();
            });
            let push = move |mark: u8| {
                let mut marks = out.get();
                marks.push(mark);
                out.set(marks);
            };
            let result = recover(|| {
                defer! { push(1) }
                defer! {
                    ch.send(0);
                    push(2);
                }
                panic!("now");
            });
            assert!(result.is_err());
            push(3);
        },
        "done out=[2, 1, 3]",
    );
}

#[test]
fn guards_unlock_when_their_panic_is_recovered() {
    expect(
        || {
            let (mu, rw) = (mutex("mu", 0), rwlock("rw", 0));
            let result = recover(|| {
                let mut count = mu.lock();
                *count += 1;
                let _read = rw.rlock();
                panic!("under both");
            });
            assert!(result.is_err());
            let result = recover(|| {
                let _write = rw.lock();
                panic!("as a writer");
            });
            assert!(result.is_err());
            assert_eq!(*mu.lock() + *rw.lock(), 1);
        },
        "done",
    );
}

/// The classical bug: `mu.Lock(); f(); mu.Unlock()` without `defer`.
#[test]
fn a_lock_that_is_not_deferred_stays_locked() {
    expect(
        || {
            let mu = mutex("mu", ());
            let result = recover(|| {
                mu.lock().leave_locked();
                panic!("before the unlock");
            });
            assert!(result.is_err());
            mu.lock().unlock();
        },
        "deadlock main(lock mu)",
    );
}

/// The spec: the last panic is the one that is recovered.
#[test]
fn a_panic_in_a_deferred_call_replaces_the_first() {
    expect(
        || {
            let out = shared("out", Vec::new());
            let push = move |text: &str| {
                let mut texts = out.get();
                texts.push(text.to_owned());
                out.set(texts);
            };
            let result: Result<(), String> = recover(move || {
                defer! { push("last") }
                defer! { panic!("second") }
                panic!("first");
            });
            push(&result.expect_err("a panic"));
        },
        r#"done out=["last", "second"]"#,
    );
}

#[test]
fn an_inner_recovery_is_none_of_the_outer() {
    expect(
        || {
            let out = shared("out", (false, false));
            let outer = recover(|| {
                let inner: Result<(), String> = recover(|| panic!("inner"));
                out.set((inner.is_err(), false));
                panic!("outer");
            });
            out.set((out.get().0, outer.is_err()));
        },
        "done out=(true, true)",
    );
}

#[test]
fn a_panic_that_nobody_recovers_runs_no_deferred_call() {
    expect(
        || {
            let ch = chan::<u8>("ch", 0);
            defer! { ch.close() }
            ch.close();
            ch.close();
        },
        "panic main: close of closed channel: ch",
    );
}

/// `Once` considers a call that panics as returned, if it is written with `defer` as in Go.
#[test]
fn a_once_is_done_by_a_panic() {
    expect(
        || {
            let (one, out) = (once("once"), shared("out", Vec::new()));
            for _ in 0..2 {
                let result = recover(|| one.do_once(|| panic!("the first only")));
                out.set([out.get(), vec![result.is_err()]].concat());
            }
        },
        "done out=[true, false]",
    );
}

/// "Goexit terminates the goroutine that calls it. No other goroutine is affected. Goexit runs all
/// deferred calls before terminating the goroutine."
#[test]
fn goexit_runs_what_is_deferred_and_ends_one_goroutine() {
    expect(
        || {
            let (wg, mu) = (waitgroup("wg"), mutex("mu", 0));
            let out = shared("out", false);
            wg.add(1);
            go("worker", move || {
                defer! { wg.done() }
                let _guard = mu.lock();
                if choose(2) == 1 {
                    goexit();
                }
                out.set(true);
            });
            wg.wait();
            mu.lock().unlock();
        },
        "done out=false
         done out=true",
    );
}

/// "Because Goexit is not a panic, any recover calls in those deferred functions will return nil."
#[test]
fn goexit_is_not_recovered() {
    expect(
        || {
            let (done, out) = (chan::<()>("done", 0), shared("out", 0));
            go("worker", move || {
                defer! { done.close() }
                let result = recover(|| goexit());
                let () = result.unwrap_or_else(|_| out.set(1));
                out.set(2);
            });
            done.recv();
        },
        "done out=0",
    );
}

/// "Calling Goexit from the main goroutine terminates that goroutine without func main returning
/// [...] If all other goroutines exit, the program crashes."
#[test]
fn goexit_of_main_is_a_deadlock_once_all_others_have_ended() {
    expect(
        || {
            let out = shared("out", 0);
            go("other", move || out.set(1));
            goexit();
        },
        "deadlock main(goexit) out=1",
    );
}

#[test]
fn goexit_of_main_lets_others_run_for_ever() {
    let report = gordian_checker::check(|| {
        go("server", || {
            gordian_checker::sync::forever(|| {
                gosched();
                std::ops::ControlFlow::<()>::Continue(())
            });
        });
        goexit();
    });
    report.assert_proved();
}

/// A recovered panic of a deferred call does not stop the Goexit (issue 29226 of Go).
#[test]
fn goexit_goes_on_after_a_panic_that_is_recovered() {
    expect(
        || {
            let (done, out) = (chan::<()>("done", 0), shared("out", 0));
            go("worker", move || {
                defer! { done.close() }
                let result = recover(|| {
                    defer! { panic!("while it exits") }
                    goexit();
                });
                let () = result.unwrap_or_else(|_| out.set(1));
                out.set(2);
            });
            done.recv();
        },
        "done out=0",
    );
}

#[test]
fn a_panic_while_it_exits_ends_the_program() {
    expect(
        || {
            defer! { panic!("while it exits") }
            goexit();
        },
        "panic main: while it exits",
    );
}

/// Nobody recovers the panic, so no other deferred call is made, as after any other panic.
#[test]
fn a_panic_while_it_exits_is_the_last_that_happens() {
    expect(
        || {
            let never = chan::<()>("never", 0);
            defer! { never.recv(); }
            defer! { panic!("while it exits") }
            goexit();
        },
        "panic main: while it exits",
    );
}

/// The deferred call panics in an operation: the panic has the operation's words.
#[test]
fn an_operation_that_panics_while_it_exits_ends_the_program() {
    expect(
        || {
            let ch = chan::<u8>("ch", 0);
            ch.close();
            defer! { ch.close() }
            goexit();
        },
        "panic main: close of closed channel: ch",
    );
}

/// A goroutine that is blocked for ever in a deferred call is a leak like any other.
#[test]
fn a_deferred_call_may_block_for_ever() {
    expect(
        || {
            let (never, started) = (chan::<()>("never", 0), chan::<()>("started", 0));
            go("worker", move || {
                started.send(());
                let result = recover(|| {
                    defer! { never.recv(); }
                    panic!("now");
                });
                assert!(result.is_err(), "not come to");
            });
            started.recv();
        },
        "leak worker(recv never)",
    );
}

#[test]
fn an_overflow_is_not_recovered() {
    fn deep(level: u64) -> u64 {
        if level == u64::MAX {
            return 0;
        }
        let room = std::hint::black_box([level; 128]);
        gosched();
        deep(level + 1) + room[7]
    }
    let report = gordian_checker::Checker::new()
        .stack_bytes(1 << 18)
        .check(|| assert!(recover(|| deep(0)).is_err(), "not come to"));
    assert_eq!(report.verdict, gordian_checker::Verdict::Panic);
    let trace = report.trace().expect("a panic");
    assert!(
        trace.last[0].reason.contains("stack overflow"),
        "{:?}",
        trace.last
    );
}
