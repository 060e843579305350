//! Tests in Go whose verdicts are known: `verdicts/verdicts_test.go` says why.

use std::fs;
use std::path::Path;

use gordian_checker::{Checker, Engine, Report, Verdict};
use gordian_go::{GoSubject, Package, load};

fn package() -> Package {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts/export.json");
    load(&fs::read_to_string(path).expect("the fixture is there")).expect("it is an export")
}

fn check(subject: &GoSubject, engine: Engine) -> Report {
    let checker = Checker::new().engine(engine).keep_going(true);
    checker.timers(subject.timers()).check_subject(subject)
}

/// The tests with their verdicts.
const VERDICTS: [(&str, Verdict); 17] = [
    ("TestLeak", Verdict::Leak),
    ("TestDaemon", Verdict::Proved),
    ("TestLeakBelowADaemon", Verdict::Leak),
    ("TestDaemonAtALock", Verdict::Leak),
    ("TestReuse", Verdict::Proved),
    ("TestReuseInOrder", Verdict::Proved),
    ("TestWaitAfterZero", Verdict::Proved),
    ("TestLeakWithWhatIsGone", Verdict::Leak),
    ("TestAfterFunc", Verdict::Proved),
    ("TestAfterFuncStopped", Verdict::Proved),
    ("TestAfterFuncStoppedUnseen", Verdict::Deadlock),
    ("TestCondOfAnEmbeddedLock", Verdict::Proved),
    ("TestAtomics", Verdict::Proved),
    ("TestNilChannel", Verdict::Deadlock),
    ("TestNilCase", Verdict::Deadlock),
    ("TestTimersOfNobody", Verdict::Deadlock),
    ("TestAddByALateOne", Verdict::Proved),
];

#[test]
fn all_searches_come_to_the_verdicts() {
    let package = package();
    assert_eq!(package.tests().count(), VERDICTS.len());
    for (test, verdict) in VERDICTS {
        for engine in [Engine::Stateful, Engine::Optimal, Engine::Auto] {
            let subject = package.test(test).expect("it is there");
            let report = check(&subject, engine);
            assert_eq!(report.verdict, verdict, "{test} by {engine:?}: {report}");
            assert!(report.findings.complete, "{test} by {engine:?}: {report}");
        }
    }
}

#[test]
fn only_the_goroutine_that_is_marked_is_a_daemon() {
    let report = check(
        &package().test("TestLeakBelowADaemon").expect("it is there"),
        Engine::Stateful,
    );
    assert!(report.to_string().contains("1 of 3 goroutines"), "{report}");
}

#[test]
fn a_main_that_has_gone_is_no_end_of_the_program() {
    let main = package().main().expect("it is there");
    let report = check(&main, Engine::Stateful);
    assert_eq!(report.verdict, Verdict::Deadlock, "{report}");
    assert!(report.to_string().contains("Goexit"), "{report}");
}

#[test]
fn a_nil_channel_is_called_as_in_the_source() {
    let waits = |test| {
        let subject = package().test(test).expect("it is there");
        let report = check(&subject, Engine::Stateful);
        let op = report.traces[0].last[0].op.clone().expect("main is stuck");
        (op.object, op.cases, report.to_string())
    };
    let (object, _, report) = waits("TestNilChannel");
    assert_eq!(object.as_deref(), Some("w.result (nil)"));
    assert!(report.contains("recv w.result (nil)"), "{report}");
    let (_, cases, _) = waits("TestNilCase");
    let expected = ["send w.result (nil)", "recv w.stop", "recv none() (nil)"];
    assert_eq!(cases, expected);
}

/// Returns the groups that a search of executions tells. Who comes to a `Wait` first is an
/// operation in its second round.
fn reuses_by_executions(subject: &GoSubject) -> Vec<String> {
    let subject = subject.afresh();
    check(&subject, Engine::Optimal);
    let refined = subject.refined();
    if let Some(refined) = &refined {
        check(refined, Engine::Optimal);
        assert!(refined.refined().is_none());
    }
    subject.reuses()
}

#[test]
fn a_group_that_is_reused_too_early_is_told_with_both_places() {
    let of = |test| {
        let subject = package().test(test).expect("it is there");
        check(&subject, Engine::Stateful);
        let reduced = subject.afresh();
        check(&reduced, Engine::Stubborn);
        assert_eq!(reduced.reuses(), subject.reuses(), "{test}");
        assert_eq!(reuses_by_executions(&subject), subject.reuses(), "{test}");
        subject.reuses()
    };
    let expected = "WaitGroup wg is reused before previous Wait has returned: TestReuse.func1 \
                    waits at verdicts_test.go:52, main adds at verdicts_test.go:56";
    assert_eq!(of("TestReuse"), [expected]);
    let expected = "WaitGroup wg is reused before previous Wait has returned: main waits at \
                    verdicts_test.go:210, TestAddByALateOne.func1 adds at verdicts_test.go:204";
    assert_eq!(of("TestAddByALateOne"), [expected]);
    for test in ["TestReuseInOrder", "TestWaitAfterZero", "TestLeak"] {
        assert_eq!(of(test), [""; 0], "{test}");
    }
}
