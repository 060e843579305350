//! Data races: found where there are some, and nowhere else.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Limits, Meter, Progress, Search};
use gordian_checker::model::Learner;
use gordian_checker::replay::replay_subject;
use gordian_checker::{Checker, Engine, Verdict};
use gordian_go::{GoSubject, Package, load, witness};

fn package() -> Package {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/races/export.json");
    load(&fs::read_to_string(path).expect("the fixture is there")).expect("it is an export")
}

fn check(subject: &GoSubject) -> Verdict {
    check_by(subject, Engine::Stateful)
}

fn check_by(subject: &GoSubject, engine: Engine) -> Verdict {
    let checker = Checker::new().engine(engine);
    checker
        .timers(subject.timers())
        .check_subject(subject)
        .verdict
}

#[test]
fn races_are_found_where_there_are_some_and_nowhere_else() {
    let package = package();
    let mut wrong = Vec::new();
    for test in package.tests() {
        let subject = package.test(test).expect("it is there");
        check(&subject);
        let races = subject.races();
        if races.is_empty() == test.starts_with("TestRace") {
            wrong.push(format!("{test}: {races:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(package.tests().count() > 20);
}

/// Returns true if a search by itself, without what a report looks at after it, finds a race.
fn finds_race(subject: &GoSubject, mut search: impl Search) -> bool {
    let subject = subject.afresh();
    let mut program = subject.go_program(subject.timers());
    let mut meter = Meter::new(Limits::default(), Arc::default());
    while search.advance(&mut program, &mut meter).expect("no fault") == Progress::Paused {}
    program.finish();
    !subject.races().is_empty()
}

/// `optimal` finds them by the clocks of executions, and `stubborn` in a part of the states.
#[test]
fn all_searches_find_the_same_races() {
    let package = package();
    for test in package.tests() {
        let subject = package.test(test).expect("it is there");
        let found = [
            finds_race(&subject, Stateful::new()),
            finds_race(&subject, Optimal::new()),
            finds_race(&subject, Stubborn::new()),
            finds_race(&subject, Auto::new()),
        ];
        assert_eq!(found, [test.starts_with("TestRace"); 4], "{test}");
    }
}

#[test]
fn a_race_is_told_with_its_memory_and_both_places() {
    let subject = package().test("TestRaceOnCaptured").expect("it is there");
    check(&subject);
    let expected = "n: main reads it at races/races_test.go:17, \
                    TestRaceOnCaptured.func1 writes it at races/races_test.go:16";
    assert_eq!(subject.races(), [expected]);
}

#[test]
fn what_depends_on_a_race_is_found_once_the_race_is_explored() {
    let subject = package().test("TestRaceThenDeadlock").expect("it is there");
    let first = check(&subject);
    let refined = subject.refined().expect("there is a race");
    // At first nobody comes between the statements of a stretch: the goroutine has begun before
    // main looks.
    assert_eq!(first, Verdict::Proved);
    assert_eq!(check(&refined), Verdict::Deadlock);
    assert!(refined.refined().is_none(), "all that raced is explored");
}

/// An access that is an operation by now can still race with one that is none.
#[test]
fn a_race_of_what_is_explored_with_what_is_not_is_found() {
    for engine in [Engine::Optimal, Engine::Stateful, Engine::Stubborn] {
        let mut subject = package().test("TestRaceBehindOthers").expect("it is there");
        let mut verdicts = vec![check_by(&subject, engine)];
        while let Some(refined) = subject.refined() {
            subject = refined;
            verdicts.push(check_by(&subject, engine));
        }
        let expected = [Verdict::Proved, Verdict::Proved, Verdict::Deadlock];
        assert_eq!(verdicts, expected, "{engine:?}");
    }
}

/// Were a copy of a whole not in conflict with a write to its second part, a search that leaves out
/// orders would take one of them only.
#[test]
fn what_depends_on_a_race_with_a_part_is_found_by_all_searches() {
    for test in ["TestRaceOfAWhole", "TestRaceOfASlice"] {
        for engine in [Engine::Optimal, Engine::Stateful, Engine::Stubborn] {
            let mut subject = package().test(test).expect("it is there");
            let mut verdict = check_by(&subject, engine);
            while let Some(refined) = subject.refined() {
                subject = refined;
                verdict = check_by(&subject, engine);
            }
            assert_eq!(verdict, Verdict::Deadlock, "{test}, {engine:?}");
        }
    }
}

#[test]
fn an_execution_shows_a_race_with_both_sides() {
    let subject = package().test("TestRaceOnCaptured").expect("it is there");
    let trace = witness(&subject, subject.timers(), &|| false).expect("there is a race");
    assert_eq!(trace.end, Ending::Race);
    let races = trace.last.iter().filter_map(|it| it.races());
    let expected = [
        "reads n at races/races_test.go:17",
        "writes n at races/races_test.go:16",
    ];
    assert_eq!(races.collect::<Vec<_>>(), expected);
    let names: Vec<&str> = trace.last.iter().map(|it| it.goroutine.as_str()).collect();
    assert_eq!(names, ["main", "TestRaceOnCaptured.func1"]);
    // The steps lead there in a program of its own.
    let again = replay_subject(&subject, &trace.schedule, subject.timers());
    assert_eq!(again.expect("it fits").end, Ending::Open);
}

#[test]
fn without_a_race_there_is_none_to_show() {
    let package = package();
    let tests = package.tests().filter(|test| !test.starts_with("TestRace"));
    for test in tests.take(3) {
        let subject = package.test(test).expect("it is there");
        assert!(
            witness(&subject, subject.timers(), &|| false).is_none(),
            "{test}"
        );
    }
    let racy = package.test("TestRaceOnCaptured").expect("it is there");
    assert!(witness(&racy, racy.timers(), &|| true).is_none(), "stopped");
}
