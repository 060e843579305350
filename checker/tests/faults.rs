//! Kernels that cannot be checked: each gets an answer that says why.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use gordian_checker::model::{Fault, Stall};
use gordian_checker::sync::{ControlFlow, atomic, chan, forever, go, mutex};
use gordian_checker::{Checker, Engine, Report, Verdict, check};

#[test]
fn a_kernel_that_changes_between_runs_is_found_out_even_if_it_is_over_in_one_execution() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    for engine in [
        Engine::Auto,
        Engine::Optimal,
        Engine::Remembering,
        Engine::Exhaustive,
    ] {
        let report = Checker::new().engine(engine).check(|| {
            let c = chan("c", 1);
            c.send(RUNS.fetch_add(1, Ordering::Relaxed));
        });
        assert_eq!(report.verdict, Verdict::Fault, "{engine:?}");
        let Some(Fault::Nondeterminism {
            goroutine,
            operation,
            first,
            now,
        }) = report.fault
        else {
            panic!("{:?}", report.fault);
        };
        assert_eq!((goroutine.as_str(), operation), ("main", 1));
        assert!(
            first.starts_with("send c") && now.starts_with("send c"),
            "{first} {now}"
        );
    }
}

#[test]
fn a_loop_without_an_operation_is_found_out() {
    let report = check(|| forever(|| ControlFlow::<()>::Continue(())));
    assert!(
        matches!(report.fault, Some(Fault::EmptyLoop { .. })),
        "{:?}",
        report.fault
    );
}

/// A loop that the checker cannot see, since the goroutine is in it and does not come out.
#[test]
fn a_goroutine_that_never_comes_back_is_given_up() {
    static ENOUGH: AtomicBool = AtomicBool::new(false);
    let kernel = || {
        let c = chan("c", 1);
        go("spinner", move || {
            c.send(());
            while !ENOUGH.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        });
        c.recv();
    };
    // The shortest time in which, on this machine today, nothing but the spinner seems to be
    // stalled.
    for allowed in [200, 2_000, 20_000, 200_000].map(Duration::from_millis) {
        let report = Checker::new().stall_max(Some(allowed)).check(kernel);
        assert_eq!(report.verdict, Verdict::Fault);
        let Some(Fault::Stalled(stall)) = &report.fault else {
            panic!("{:?}", report.fault);
        };
        if stall.goroutine == "spinner" {
            ENOUGH.store(true, Ordering::Relaxed);
            return assert_is_of_the_spinner(&report, stall, allowed);
        }
    }
    panic!("the spinner is not found");
}

fn assert_is_of_the_spinner(report: &Report, stall: &Stall, allowed: Duration) {
    let Stall { from, time, .. } = stall;
    assert!(
        from.file.ends_with("faults.rs") && from.line > 0,
        "{from:?}"
    );
    assert!(*time >= allowed, "{time:?}");
    assert!(
        report.to_string().contains("without a visible operation"),
        "{report}"
    );
}

#[test]
fn a_goroutine_that_computes_for_a_while_is_not_given_up() {
    let kernel = || std::thread::sleep(Duration::from_millis(300));
    for stall_max in [None, Some(Duration::from_secs(60))] {
        let report = Checker::new().stall_max(stall_max).check(kernel);
        assert_eq!(report.verdict, Verdict::Proved);
    }
}

#[test]
fn an_object_from_an_earlier_run_is_a_panic_that_says_so() {
    use std::cell::Cell;
    thread_local! {
        static KEPT: Cell<Option<gordian_checker::sync::Mutex<()>>> = const { Cell::new(None) };
    }
    let kernel = Rc::new(|| match KEPT.get() {
        None => KEPT.set(Some(mutex("m", ()))),
        Some(kept) => kept.lock().unlock(),
    });
    let _ = Checker::new().check_subject(&kernel);
    let report = Checker::new().check_subject(&kernel);
    assert_eq!(report.verdict, Verdict::Panic);
    let text = format!("{:?}", report.findings.bad);
    assert!(text.contains("kept from an earlier run"), "{text}");
}

#[test]
fn endless_executions_are_bounded() {
    let report = check(|| {
        let flag = atomic("flag", 0);
        go("spinner", move || while flag.load() == 0 {});
    });
    assert_eq!(report.verdict, Verdict::Bounded, "{report:?}");
    assert!(report.findings.steps_max >= 10_000, "{report:?}");
}
