//! Kernels that cannot be checked: each gets an answer that says why.

use std::sync::atomic::{AtomicU32, Ordering};

use gordian_checker::model::Fault;
use gordian_checker::sync::{ControlFlow, atomic, chan, forever, go, mutex};
use gordian_checker::{Checker, Engine, Verdict, check};

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

#[test]
fn an_object_from_an_earlier_run_is_a_panic_that_says_so() {
    use std::cell::Cell;
    thread_local! {
        static KEPT: Cell<Option<gordian_checker::sync::Mutex<()>>> = const { Cell::new(None) };
    }
    let kernel = || match KEPT.get() {
        None => KEPT.set(Some(mutex("m", ()))),
        Some(kept) => kept.lock().unlock(),
    };
    let _ = check(kernel);
    let report = check(kernel);
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
