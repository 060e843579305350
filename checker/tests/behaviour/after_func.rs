//! `time.AfterFunc` and `context.AfterFunc`: the behaviours tested in Go's time/sleep_test.go and
//! context/afterfunc_test.go, context/x_test.go.

use gordian_checker::sync::{after_func, background, chan, daemon, go, shared, waitgroup};
use gordian_checker::{Checker, TimerRules, Verdict};

/// Asserts that the kernel is proved under both rules of timers.
#[track_caller]
fn assert_proved(kernel: impl Fn() + Copy + Send + 'static) {
    for timers in TimerRules::ALL {
        Checker::new().timers(timers).check(kernel).assert_proved();
    }
}

/// Asserts that the kernel panics with exactly these messages.
#[track_caller]
fn assert_panics(kernel: impl Fn() + Copy + Send + 'static, expected: &[&str]) {
    for timers in TimerRules::ALL {
        let report = Checker::new().timers(timers).keep_going(true).check(kernel);
        let bad = report.findings.bad.keys();
        let found: Vec<&str> = bad
            .flat_map(|end| end.stuck())
            .map(|(_, why)| why)
            .collect();
        assert_eq!(found, expected, "{report}");
    }
}

#[test]
fn a_function_is_called_in_a_goroutine_of_its_own() {
    assert_proved(|| {
        let called = chan::<()>("called", 0);
        let timer = after_func("timer", move || called.send(()));
        assert!(timer.c.is_nil());
        called.recv();
        assert!(!timer.stop());
    });
}

/// "Stop [...] returns true if the call stops the timer". Then the function is not called, and
/// nothing is left behind.
#[test]
fn stop_tells_who_was_first() {
    assert_proved(|| {
        let (called, out) = (chan::<()>("called", 0), shared("out", 0));
        let timer = after_func("timer", move || {
            out.set(1);
            called.close();
        });
        if timer.stop() {
            assert!(!timer.stop());
            assert_eq!(out.get(), 0);
        } else {
            called.recv();
            assert_eq!(out.get(), 1);
        }
    });
    assert_panics(
        || {
            let timer = after_func("timer", || ());
            panic!("stopped: {}", timer.stop());
        },
        &["stopped: false", "stopped: true"],
    );
}

/// "For a func-based timer created with AfterFunc, Reset either reschedules when f will run, in
/// which case Reset returns true, or schedules f to run again, in which case it returns false."
#[test]
fn after_reset_it_is_called_once_more() {
    assert_proved(|| {
        let calls = chan::<()>("calls", 2);
        let timer = after_func("timer", move || calls.send(()));
        if !timer.reset() {
            calls.recv();
        }
        calls.recv();
    });
    assert_proved(|| {
        let wg = waitgroup("wg");
        wg.add(1);
        let timer = after_func("timer", move || wg.done());
        assert!(
            timer.stop() || {
                wg.wait();
                wg.add(1);
                true
            }
        );
        assert!(!timer.reset());
        wg.wait();
    });
}

/// The goroutine of the function is no daemon.
#[test]
fn a_function_that_blocks_for_ever_is_a_leak() {
    let kernel = || {
        let never = chan::<()>("never", 0);
        after_func("timer", move || never.send(()));
    };
    let report = gordian_checker::check(kernel);
    assert_eq!(report.verdict, Verdict::Leak);
    let bad = report.findings.bad.keys().next().expect("a leak");
    assert_eq!(bad.stuck(), [("timer.f", "send never")]);
}

#[test]
fn a_function_is_called_when_the_context_is_done() {
    assert_proved(|| {
        let (ctx, called) = (background().with_cancel("ctx"), chan::<()>("called", 0));
        ctx.after_func("after", move || {
            assert!(ctx.err().is_some());
            called.close();
        });
        ctx.cancel();
        called.recv();
    });
    // Also by a deadline, through a parent, and if it is done already.
    assert_proved(|| {
        let called = chan::<()>("called", 3);
        let ctx = background().with_timeout("ctx");
        ctx.after_func("deadline", move || called.send(()));
        ctx.with_cancel("child")
            .after_func("child", move || called.send(()));
        called.recv();
        called.recv();
        ctx.after_func("late", move || called.send(()));
        called.recv();
    });
}

/// "If stop returns false, either the context is done and f has been started in its own goroutine;
/// or f was already stopped." A goroutine that has cancelled the context finds it started.
#[test]
fn stop_is_false_once_the_context_is_done() {
    assert_proved(|| {
        let (ctx, called) = (background().with_cancel("ctx"), chan::<()>("called", 0));
        let after = ctx.after_func("after", move || called.close());
        ctx.cancel();
        assert!(!after.stop());
        called.recv();
    });
    assert_proved(|| {
        let ctx = background().with_cancel("ctx");
        let after = ctx.after_func("after", || panic!("it was stopped"));
        assert!(after.stop());
        assert!(!after.stop());
        ctx.cancel();
    });
}

/// A stop while another goroutine cancels tells the truth.
#[test]
fn of_a_stop_and_a_cancellation_one_is_first() {
    assert_proved(|| {
        let (ctx, called) = (background().with_cancel("ctx"), chan::<()>("called", 1));
        let after = ctx.after_func("after", move || called.send(()));
        go("canceller", move || ctx.cancel());
        if after.stop() {
            ctx.done().recv();
            assert!(called.is_empty());
        } else {
            called.recv();
        }
    });
    assert_panics(
        || {
            let ctx = background().with_cancel("ctx");
            let after = ctx.after_func("after", || ());
            go("canceller", move || ctx.cancel());
            panic!("stopped: {}", after.stop());
        },
        &["stopped: false", "stopped: true"],
    );
}

/// Nobody may ever cancel it.
#[test]
fn a_function_that_is_never_called_is_no_leak() {
    assert_proved(|| {
        background().after_func("never", || panic!("the background is never done"));
        background()
            .with_cancel("ctx")
            .after_func("not", || panic!("nobody cancels"));
        daemon("idle", || _ = background().done().recv());
    });
}
