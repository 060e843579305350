//! The bounds.

use std::process::Command;

use gordian_checker::explore::{Limit, Limits};
use gordian_checker::model::Op;
use gordian_checker::sync::{ControlFlow, FOR_EVER, atomic, choose, forever, go, gosched, tick};
use gordian_checker::{Checker, Engine, Verdict, check};

use super::{assert_verdict, limited};

#[test]
fn steps_of_one_execution() {
    assert_eq!(Limits::default().steps_max, 10_000);
    let report = limited(
        Limits {
            steps_max: 5,
            ..Limits::default()
        },
        || (0..6).for_each(|_| gosched()),
    );
    assert_eq!(report.findings.limits, [Limit::Steps(5)]);
}

#[test]
fn goroutines_of_one_execution() {
    assert_eq!(Limits::default().goroutines_max, 256);
    let report = limited(
        Limits {
            goroutines_max: 2,
            ..Limits::default()
        },
        || ["a", "b", "c"].iter().for_each(|name| go(name, gosched)),
    );
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Goroutines(2)]);
}

#[test]
fn states_and_executions() {
    assert_eq!(Limits::default().states_max, Some(20_000_000));
    assert_eq!(Limits::default().executions_max, None);
    let kernel = || {
        let n = atomic("n", 0);
        for name in ["a", "b", "c"] {
            go(name, move || {
                n.add(1);
            });
        }
    };
    let limits = Limits {
        executions_max: Some(2),
        states_max: Some(3),
        ..Limits::default()
    };
    let by = |engine| {
        let checker = Checker::new().engine(engine).limits(limits.clone());
        checker.check(kernel).findings.limits
    };
    assert_eq!(by(Engine::Optimal), [Limit::Executions(2)]);
    assert_eq!(by(Engine::Stateful), [Limit::States(3)]);
}

fn counts_for_ever() {
    let n = atomic("n", 0);
    loop {
        n.add(1);
    }
}

#[cfg_attr(
    not(target_os = "linux"),
    ignore = "only Linux tells how much memory is in use"
)]
#[test]
fn memory() {
    assert_eq!(Limits::default().memory_max, None);
    let report = Checker::new().memory_max(1).check(counts_for_ever);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert!(matches!(
        report.findings.limits[..],
        [Limit::Memory { max: 1, .. }]
    ));
    let told = report.findings.limits[0].to_string();
    assert!(told.contains("over the limit of 1 bytes"), "{told}");
}

/// A process with a limited address space runs a search that would take all memory.
#[cfg(unix)]
#[test]
fn memory_that_the_system_does_not_give() {
    const CHILD: &str = "GORDIAN_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        for engine in [Engine::Stateful, Engine::Optimal] {
            let limits = Limits {
                steps_max: usize::MAX,
                states_max: None,
                work_max: None,
                ..Limits::default()
            };
            let checker = Checker::new().engine(engine).limits(limits);
            let report = checker.check(counts_for_ever);
            assert_eq!(report.verdict, Verdict::Bounded, "{:?}", report.fault);
            let limits = &report.findings.limits;
            assert!(matches!(limits[..], [Limit::NoMemory(_)]), "{limits:?}");
        }
        return;
    }
    let this = std::env::current_exe().expect("the test has a file");
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 500000 || exit 77; exec \"$0\" \"$@\""])
        .arg(this)
        .args(["--exact", "bounds::memory_that_the_system_does_not_give"])
        .env(CHILD, "1")
        .output()
        .expect("there is a shell");
    let out = String::from_utf8_lossy(&output.stdout);
    // Not every system has that limit.
    if output.status.code() != Some(77) {
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {out}{err}", output.status);
        assert!(out.contains("1 passed"), "{out}");
    }
}

#[test]
fn work_of_a_search_that_can_prove_nothing() {
    assert_eq!(Limits::default().work_max, Some(20_000_000));
    let limits = Limits {
        steps_max: 20,
        ..Limits::default()
    };
    let kernel = || {
        for _ in 0..21 {
            choose(2);
        }
    };
    let checker = Checker::new().engine(Engine::Exhaustive).limits(limits);
    let report = checker.clone().work_max(Some(50_000)).check(kernel);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(
        report.findings.limits,
        [Limit::Steps(20), Limit::Work(50_000)]
    );
    let report = checker.work_max(None).check(kernel);
    assert_eq!(report.findings.limits, [Limit::Steps(20)]);
}

#[test]
fn numbers_of_a_choice() {
    assert_eq!(Op::CHOICES_MAX, 65_536);
    for below in [0, 65_537] {
        let report = check(move || {
            choose(below);
        });
        assert_eq!(report.verdict, Verdict::Fault);
        let told = report.to_string();
        let text = format!("main chooses among {below} numbers at {}", file!());
        assert!(told.contains(&text), "{told}");
    }
    let most = || {
        choose(65_536);
    };
    assert_verdict(most, Verdict::Proved);
}

#[test]
fn ticks_of_a_ticker() {
    let report = check(|| {
        let c = tick("t", 2);
        (0..3).for_each(|_| assert_eq!(c.recv(), Some(())));
    });
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Ticks]);
    assert_verdict(
        || {
            let c = tick("t", FOR_EVER);
            (0..3).for_each(|_| assert_eq!(c.recv(), Some(())));
            forever(|| match c.recv() {
                Some(()) => ControlFlow::Continue(()),
                None => ControlFlow::Break(()),
            });
        },
        Verdict::Proved,
    );
}
