//! Tests in bubbles of `testing/synctest`, and tests that `goleak` looks after. The sources are in
//! `bubbles/` and `leaks/`; each end is the one of real Go 1.26 and real goleak 1.2, but where a
//! line says otherwise.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

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

/// The tests of bubbles with their verdicts.
const BUBBLES: [(&str, Verdict); 20] = [
    ("TestSleepTakesItsTime", Verdict::Proved),
    ("TestItBeginsInTheYear2000", Verdict::Proved),
    ("TestWaitOrders", Verdict::Proved),
    ("TestTheEndOrders", Verdict::Proved),
    ("TestWithoutWaitThereIsARace", Verdict::Proved),
    ("TestWaitIsBeforeTheTimers", Verdict::Proved),
    ("TestTicks", Verdict::Proved),
    ("TestAfterFuncComesInTime", Verdict::Proved),
    ("TestATimerThatIsLeft", Verdict::Proved),
    ("TestInSubtests", Verdict::Proved),
    // Go panics, with the word "deadlock".
    ("TestAllAreBlocked", Verdict::Deadlock),
    ("TestOneIsLeftBehind", Verdict::Deadlock),
    // Go hangs.
    ("TestAChannelFromOutsideIsNotDurable", Verdict::Deadlock),
    ("TestALockIsNotDurable", Verdict::Deadlock),
    ("TestTwoWait", Verdict::Panic),
    ("TestWaitOutside", Verdict::Panic),
    ("TestWithin", Verdict::Panic),
    ("TestASubtestWithin", Verdict::Panic),
    ("TestAChannelOfABubble", Verdict::Panic),
    ("TestTimeOutside", Verdict::Proved),
];

#[test]
fn bubbles_end_as_those_of_go() {
    for subject in have_verdicts(&package("bubbles"), &BUBBLES) {
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

/// Runs the tests of bubbles by the Go that `GORDIAN_CURRENT_GO` names, with the real
/// `testing/synctest`: those that are proved pass, and the others panic or hang.
#[test]
fn real_bubbles_end_so() {
    let Some(go) = std::env::var_os("GORDIAN_CURRENT_GO") else {
        eprintln!("skipped: GORDIAN_CURRENT_GO names no Go 1.25 or newer");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bubbles");
    let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bubbles.test");
    let mut build = Command::new(go);
    build.args(["test", "-c", "-o"]).arg(&binary);
    build.current_dir(&folder);
    assert!(build.status().expect("Go runs").success());
    for (test, verdict) in BUBBLES {
        let mut run = Command::new(&binary);
        run.args([&format!("-test.run=^{test}$"), "-test.timeout=5s"]);
        // The module asks for Go 1.19, whose timers are no good in a bubble.
        run.current_dir(&folder).env("GODEBUG", "asynctimerchan=0");
        let (passes, text) = ended(&mut run);
        assert_eq!(passes, verdict == Verdict::Proved, "{test}: {text}");
        assert!(!text.contains("no tests to run"), "{test}: {text}");
    }
}

/// Runs a program, for half a minute at most: Go's own runtime may hang where it should crash.
/// Returns true if it succeeds, and what it prints.
fn ended(command: &mut Command) -> (bool, String) {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bubbles.txt");
    let file = File::create(&output).expect("a file can be made");
    command.stderr(file.try_clone().expect("a file has two names"));
    let mut child = command.stdout(file).spawn().expect("the tests run");
    let until = Instant::now() + Duration::from_secs(30);
    let status = loop {
        match child.try_wait().expect("it can be waited for") {
            None if Instant::now() < until => thread::sleep(Duration::from_millis(20)),
            None => child.kill().expect("it can be ended"),
            Some(status) => break status,
        }
    };
    let text = fs::read_to_string(&output).expect("what it has printed");
    (status.success(), text)
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
