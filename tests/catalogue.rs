//! Every kernel of the catalogue behaves as its facts say, and its two variants differ in the fix
//! alone.
//!
//! Each kernel has a module of its own here, so that `cargo test kubernetes_1321` runs its tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gordian_checker::catalogue::{Expected, Kernel, Variant};
use gordian_checker::execution::end_state::EndState;
use gordian_checker::execution::replay;
use gordian_checker::execution::schedule;
use gordian_checker::explore::{Bad, Limits};
use gordian_checker::model::{End, Program};
use gordian_checker::{Checker, Engine, Report, Subject, Verdict};
use gordian_kernels::CATALOGUE;

/// The variety of the bad ends of a buggy variant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BadEnds {
    /// In all of them the same goroutines are stuck in the same operations: those of the facts.
    Alike,
    /// In some of them, others are stuck, or they are stuck elsewhere, and the facts mention it.
    Several,
}

macro_rules! kernels {
    ($($module:ident: $bad_ends:ident,)*) => {
        /// The kernels that have a module.
        const MODULES: &[&str] = &[$(stringify!($module)),*];

        $(mod $module {
            use super::BadEnds;

            #[test]
            fn buggy() {
                super::buggy(stringify!($module), BadEnds::$bad_ends);
            }

            #[test]
            fn fixed() {
                super::fixed(stringify!($module));
            }

            #[test]
            fn under_loom() {
                super::under_loom(stringify!($module));
            }

            #[test]
            fn without_the_fix() {
                super::without_the_fix(stringify!($module));
            }
        })*
    };
}

kernels! {
    etcd_4476: Alike,
    etcd_5349: Several,
    etcd_6857: Alike,
    etcd_6873: Alike,
    etcd_7015: Alike,
    etcd_7443: Alike,
    etcd_7492: Several,
    kubernetes_1321: Alike,
    kubernetes_30872: Alike,
    kubernetes_35672: Alike,
    kubernetes_58107: Alike,
    kubernetes_62464: Alike,
    kubernetes_6632: Alike,
    playground_cancel: Alike,
}

/// Loom's findings agree with the rules: it never faults, finds nothing bad that the rules do not,
/// proves no buggy variant, and says why if it cannot run a kernel.
#[track_caller]
fn under_loom(module: &str) {
    let kernel = kernel(module);
    for variant in [kernel.buggy, kernel.fixed] {
        let limits = Limits {
            executions_max: Some(2_000),
            ..Limits::default()
        };
        let report = Checker::new()
            .engine(Engine::Loom)
            .limits(limits)
            .check(variant.main);
        let elsewhere = Checker::new().check(variant.main);
        let named = |report: &Report| -> BTreeSet<EndState> {
            report
                .findings
                .bad
                .keys()
                .map(EndState::in_given_names)
                .collect()
        };
        assert!(
            named(&report).is_subset(&named(&elsewhere)),
            "{}: {report}",
            variant.file
        );
        match report.verdict {
            Verdict::Fault | Verdict::Within => panic!("{}: {report}", variant.file),
            Verdict::Unsupported => {
                let reason = report.reason.unwrap_or_default();
                assert!(reason.contains("at most 5"), "{}: {reason}", variant.file);
            }
            Verdict::Bounded => assert!(!report.findings.limits.is_empty()),
            Verdict::Proved => assert_eq!(variant.expected, Expected::Proved, "{}", variant.file),
            _ => assert_eq!(report.verdict, elsewhere.verdict, "{}", variant.file),
        }
    }
}

/// Asserts that the verdict is the one in the facts, and that the goroutines named there are stuck
/// in the operations named there. No other kind of bad end may occur, and the schedule of each bad
/// end must lead to it again.
#[track_caller]
fn buggy(module: &str, bad_ends: BadEnds) {
    let kernel = kernel(module);
    let report = Checker::new().check(kernel.buggy.main);
    assert_failed_as_expected(kernel, &report);

    let upstream: Vec<_> = report.findings.bad.keys().map(EndState::stuck).collect();
    let stated = kernel.buggy.stuck;
    assert!(
        upstream.iter().any(|stuck| stuck == stated),
        "{}: nowhere are exactly {stated:?} stuck, but {upstream:?}",
        kernel.name
    );
    if bad_ends == BadEnds::Alike {
        for stuck in &upstream {
            assert!(stuck == stated, "{}: {stuck:?}", kernel.name);
        }
    }
    for (end, bad) in &report.findings.bad {
        assert_replays(&kernel.buggy, end, bad);
    }
}

/// Asserts that nothing bad happens, and that nothing is left to explore.
#[track_caller]
fn fixed(module: &str) {
    let kernel = kernel(module);
    assert_eq!(kernel.fixed.expected, Expected::Proved, "{}", kernel.name);
    assert_eq!(kernel.fixed.stuck, [], "{}", kernel.name);
    let report = Checker::new().check(kernel.fixed.main);
    assert_eq!(report.verdict, Verdict::Proved, "{report:?}");
    assert!(report.findings.complete, "{report:?}");
}

/// Asserts that the fixed variant fails again when the fix is taken out of its source: the rest
/// must be the source of the buggy one.
///
/// The fixes are in `fixes/`, one file for each kernel, to be read beside the upstream change.
/// `UPDATE_FIXES=1` rewrites the files.
#[track_caller]
fn without_the_fix(module: &str) {
    let kernel = kernel(module);
    let diff = similar::TextDiff::from_lines(kernel.buggy.source, kernel.fixed.source)
        .unified_diff()
        .header("buggy.rs", "fixed.rs")
        .to_string();
    let file = root().join("tests/fixes").join(format!("{module}.diff"));
    if std::env::var_os("UPDATE_FIXES").is_some() {
        std::fs::write(&file, &diff).expect("the directory of the fixes can be written to");
    }
    let fix = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        fix,
        diff,
        "{}: the variants differ in something else than in {}",
        kernel.name,
        file.display()
    );
    assert_failed_as_expected(kernel, &Checker::new().check(kernel.buggy.main));
}

#[track_caller]
fn assert_failed_as_expected(kernel: &Kernel, report: &Report) {
    let (verdict, end) = match kernel.buggy.expected {
        Expected::Deadlock => (Verdict::Deadlock, End::Deadlock),
        Expected::Leak => (Verdict::Leak, End::Leak),
        Expected::Panic => (Verdict::Panic, End::Panic),
        Expected::Proved => panic!("{}: the buggy variant has a bug", kernel.name),
    };
    assert_eq!(report.verdict, verdict, "{}: {report:?}", kernel.name);
    for bad in report.findings.bad.keys() {
        assert_eq!(bad.end, end, "{}: of another kind: {bad:?}", kernel.name);
    }
}

#[track_caller]
fn assert_replays(variant: &Variant, end: &EndState, bad: &Bad) {
    let written = replay::write(program(variant).as_mut(), &bad.path).expect("no fault");
    let tokens = schedule::split(&written).expect("what is written can be read");
    let mut program = program(variant);
    let played = replay::play(program.as_mut(), &tokens).expect("no fault");
    assert_eq!(played.divergence, None, "{written}");
    assert_eq!(played.path, bad.path, "{written}");
    let reached = played.world.end(program.as_ref());
    assert_eq!(
        &EndState::of_bad(program.as_ref(), &played.world, reached),
        end,
        "{written}"
    );
    let enabled = played.world.steps(program.as_ref());
    assert!(enabled.is_empty(), "{written} can go on with {enabled:?}");
}

fn program(variant: &Variant) -> Box<dyn Program> {
    const STACK_BYTES: usize = 1 << 20;
    variant.subject().program(STACK_BYTES)
}

#[track_caller]
fn kernel(module: &str) -> &'static Kernel {
    CATALOGUE
        .iter()
        .find(|kernel| module_of(kernel) == module)
        .unwrap_or_else(|| panic!("the catalogue has no kernel for the module {module}"))
}

fn module_of(kernel: &Kernel) -> String {
    kernel.name.replace('/', "_")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_kernel_has_a_module() {
    let kernels: Vec<String> = CATALOGUE.iter().map(module_of).collect();
    assert_eq!(kernels, MODULES);
}

#[test]
fn kernels_stand_in_the_order_of_their_names() {
    let names: Vec<&str> = CATALOGUE.iter().map(|kernel| kernel.name).collect();
    assert!(
        names.is_sorted_by(|a, b| a < b),
        "out of order, or twice: {names:?}"
    );
}

/// Every fact is present and is one piece of text, and the two that are sentences end as such.
#[test]
fn facts_are_stated() {
    for kernel in CATALOGUE {
        let Kernel {
            name,
            upstream,
            class,
            mechanism,
            fix,
            bound,
            left_out,
            ..
        } = *kernel;
        for fact in [class, mechanism, fix, bound, left_out] {
            assert!(!fact.is_empty(), "{name}: a fact is missing");
            assert_eq!(fact, fact.trim(), "{name}");
            assert!(
                !fact.contains("  ") && !fact.contains('\n'),
                "{name}: `{fact}`"
            );
        }
        for sentence in [mechanism, fix] {
            assert!(sentence.ends_with('.'), "{name}: `{sentence}`");
        }
        assert!(class.contains(" / "), "{name}: type and subtype: `{class}`");
        let (project, number) = name.split_once('/').expect("a project and a number");
        assert!(upstream.starts_with("https://"), "{name}: `{upstream}`");
        assert!(
            project == "playground" || upstream.ends_with(&format!("/pull/{number}")),
            "{name}: `{upstream}`"
        );
    }
}

/// The file and the source that a variant states are those that are compiled.
#[test]
fn sources_are_where_they_are_said_to_be() {
    for kernel in CATALOGUE {
        let (project, _) = kernel.name.split_once('/').expect("a project and a number");
        for (variant, name) in [(kernel.buggy, "buggy.rs"), (kernel.fixed, "fixed.rs")] {
            let file = Path::new(variant.file);
            let folder = Path::new("kernels/src").join(project);
            assert!(file.starts_with(folder), "{}: {file:?}", kernel.name);
            assert!(file.ends_with(name), "{}: {file:?}", kernel.name);
            let source = std::fs::read_to_string(root().join(file));
            assert_eq!(source.as_deref().ok(), Some(variant.source), "{file:?}");
        }
    }
}
