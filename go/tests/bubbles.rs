//! Tests in bubbles of `testing/synctest`, and tests that `goleak` looks after. The sources are in
//! `bubbles/` and `leaks/`; each end is the one of real Go 1.26 and real goleak 1.2, but where a
//! line says otherwise.

use std::fs;
use std::path::Path;

use gordian_checker::{Checker, Engine, Report, Verdict};
use gordian_go::{GoSubject, Package, load};

fn package(folder: &str) -> Package {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let json = fs::read_to_string(path.join("export.json")).expect("the fixture is there");
    // Go 1.19, of which the export is, has no testing/synctest.
    let name = |name: &str| format!("\"n\":\"{name}\"");
    let names = [("bubbles.bubble", "Test"), ("bubbles.wait", "Wait")];
    let json = names.iter().fold(json, |json, (own, other)| {
        json.replace(&name(own), &name(&format!("testing/synctest.{other}")))
    });
    load(&json).expect("it is an export")
}

fn check(subject: &GoSubject, engine: Engine) -> Report {
    let checker = Checker::new().engine(engine).keep_going(true);
    checker.timers(subject.timers()).check_subject(subject)
}

/// Checks all tests of a package and returns their subjects.
fn have_verdicts(package: &Package, expected: &[(&str, Verdict)]) -> Vec<GoSubject> {
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(package.tests().collect::<Vec<_>>(), names);
    let subject = |&(test, verdict): &(&str, Verdict)| {
        let subject = package.test(test).expect("it is there");
        let report = check(&subject, Engine::Stateful);
        assert_eq!(report.verdict, verdict, "{test}: {report}");
        assert!(report.findings.complete, "{test}: {report}");
        subject
    };
    expected.iter().map(subject).collect()
}

#[test]
fn bubbles_end_as_those_of_go() {
    use Verdict::{Deadlock, Panic, Proved};
    let expected = [
        ("TestSleepTakesItsTime", Proved),
        ("TestItBeginsInTheYear2000", Proved),
        ("TestWaitOrders", Proved),
        ("TestTheEndOrders", Proved),
        ("TestWithoutWaitThereIsARace", Proved),
        ("TestWaitIsBeforeTheTimers", Proved),
        ("TestTicks", Proved),
        ("TestAfterFuncComesInTime", Proved),
        ("TestATimerThatIsLeft", Proved),
        ("TestInSubtests", Proved),
        // Go panics, with the word "deadlock".
        ("TestAllAreBlocked", Deadlock),
        ("TestOneIsLeftBehind", Deadlock),
        // Go hangs.
        ("TestAChannelFromOutsideIsNotDurable", Deadlock),
        ("TestALockIsNotDurable", Deadlock),
        ("TestTwoWait", Panic),
        ("TestWaitOutside", Panic),
        ("TestWithin", Panic),
        ("TestASubtestWithin", Panic),
        ("TestAChannelOfABubble", Panic),
        ("TestTimeOutside", Proved),
    ];
    for subject in have_verdicts(&package("bubbles"), &expected) {
        let assumed = subject.assumptions().join("; ");
        let (races, shown) = (subject.races(), format!("{subject:?}"));
        let is = |test: &str| shown.contains(&format!("name: \"{test}\""));
        assert_eq!(
            !races.is_empty(),
            is("TestWithoutWaitThereIsARace"),
            "{races:?}"
        );
        // Nothing is assumed of a bubble that is alone.
        let told = match () {
            () if is("TestAChannelOfABubble") => "nobody outside of it can move either",
            () if is("TestTimeOutside") => "outside of a bubble time passes only when",
            () => "",
        };
        assert!(assumed.contains(told), "{assumed}");
        assert_eq!(assumed.is_empty(), told.is_empty(), "{assumed}");
    }
}

#[test]
fn a_bubble_that_is_stuck_is_explained_by_who_is() {
    let subject = package("bubbles")
        .test("TestOneIsLeftBehind")
        .expect("it is there");
    let report = check(&subject, Engine::Stateful).to_string();
    assert!(report.contains("recv c"), "{report}");
    assert!(
        report.contains("until its bubble is at rest, or has ended"),
        "{report}"
    );
}

#[test]
fn goleak_finds_what_has_not_ended() {
    use Verdict::{Leak, Proved};
    let expected = [
        ("TestNothingIsLeft", Proved),
        ("TestOneEndsLater", Proved),
        ("TestOneIsBlocked", Leak),
        ("TestOneIsReleasedTooLate", Leak),
        ("TestOneGoesOnForEver", Leak),
        ("TestThoseBeforeAreSpared", Proved),
        ("TestThoseAfterAreNot", Leak),
        ("TestAFunctionIsSpared", Proved),
        ("TestAnotherFunctionIsNot", Leak),
        ("TestACallerIsNotOnTop", Leak),
        ("TestACallerIsSpared", Proved),
        ("TestASleepIsSpared", Proved),
        // Real goleak does not know the mark.
        ("TestADaemonIsSpared", Proved),
        ("TestTestsAreSpared", Proved),
    ];
    have_verdicts(&package("leaks/one"), &expected);
    let expected = [
        ("TestNothingIsLeft", Proved),
        ("TestOneIsReleasedTooLate", Leak),
    ];
    have_verdicts(&package("leaks/all"), &expected);
}

#[test]
fn a_search_through_executions_does_not_know_goleak() {
    let subject = package("leaks/one")
        .test("TestNothingIsLeft")
        .expect("it is there");
    let report = check(&subject, Engine::Optimal);
    assert_eq!(report.verdict, Verdict::Unsupported, "{report}");
}
