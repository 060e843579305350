//! Each statement of "What a pass means" in `docs/go.md`, as it holds today: a test for each
//! heading, of the same name. The tests in Go are in `go_pass/`, with their export, so no Go is
//! needed. `UPDATE_EXPORTS=1 cargo test -p gordian-go --test findings` writes that anew.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

const PAGE: &str = include_str!("../docs/go.md");

const OWN: &str = include_str!("go_pass.rs");

/// The answer of a check of one test.
struct Answer {
    verdict: String,
    reason: String,
    assumed: String,
    code: Option<i32>,
}

fn check_with(test: &str, flags: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gordian"));
    let export = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/go_pass/export.json");
    let test = format!("^{test}$");
    command
        .args(["check", export, "--json", "--test", &test])
        .args(flags);
    let output = command.output().expect("the program runs");
    let row: Value = serde_json::from_slice(&output.stdout).expect("one row");
    let assumed = row["assumptions"].as_array().into_iter().flatten();
    let assumed: Vec<&str> = assumed.filter_map(Value::as_str).collect();
    Answer {
        verdict: row["verdict"].as_str().expect("a verdict").to_owned(),
        reason: row["reason"].as_str().unwrap_or("").to_owned(),
        assumed: assumed.join("; "),
        code: output.status.code(),
    }
}

fn check(test: &str) -> Answer {
    check_with(test, &[])
}

/// Checks that a test is proved, and nothing is assumed.
#[track_caller]
fn is_proved(test: &str) {
    let answer = check(test);
    assert_eq!(answer.verdict, "proved", "{test}");
    assert_eq!(
        (answer.assumed.as_str(), answer.code),
        ("", Some(0)),
        "{test}"
    );
}

/// Checks that a test is refuted so.
#[track_caller]
fn is_refuted(test: &str, verdict: &str) {
    let answer = check(test);
    assert_eq!(
        (answer.verdict.as_str(), answer.code),
        (verdict, Some(1)),
        "{test}"
    );
}

/// Checks that a test is proved under one assumption.
#[track_caller]
fn is_assumed(test: &str, assumption: &str) {
    let answer = check(test);
    assert_eq!(answer.verdict, "proved, assuming", "{test}");
    assert!(
        answer.assumed.contains(assumption),
        "{test}: {}",
        answer.assumed
    );
    assert!(!answer.assumed.contains("; "), "{test}: {}", answer.assumed);
}

#[test]
fn all_orders_are_explored() {
    is_refuted("TestOneOrderOfMany", "deadlock");
}

#[test]
fn it_is_about_this_test() {
    is_proved("TestTwoUsers");
    is_refuted("TestThreeUsers", "deadlock");
}

#[test]
fn what_is_assumed_is_told() {
    let answer = check("TestNumberFromAnywhere");
    assert_eq!(
        (answer.verdict.as_str(), answer.code),
        ("proved, assuming", Some(0))
    );
    assert_ne!(answer.assumed, "");
    let answer = check_with("TestNumberFromAnywhere", &["--require-proof"]);
    assert_eq!(answer.code, Some(3));
}

#[test]
fn what_is_not_modelled_has_no_verdict() {
    let answer = check("TestProcess");
    assert_eq!(
        (answer.verdict.as_str(), answer.code),
        ("unsupported", Some(3))
    );
    let told = "calls os/exec.Command at pass_test.go:58";
    assert!(answer.reason.contains(told), "{}", answer.reason);
}

#[test]
fn a_limit_is_no_proof() {
    let answer = check_with("TestTwoUsers", &["--states-max", "3"]);
    assert_eq!((answer.verdict.as_str(), answer.code), ("bounded", Some(3)));
}

#[test]
fn races_are_findings() {
    is_refuted("TestRace", "race");
}

#[test]
fn without_a_race_memory_is_in_order() {
    is_proved("TestStoreBuffers");
}

#[test]
fn a_timer_may_be_early() {
    is_refuted("TestTimerIsEarly", "panic");
}

#[test]
fn a_failure_by_an_early_timer_is_none() {
    is_proved("TestGuard");
    let reason = check("TestGuard").reason;
    assert!(reason.contains("only if a timer is early"), "{reason}");
}

#[test]
fn a_clock_is_an_assumption() {
    is_assumed("TestClock", "as durations say");
}

#[test]
fn a_failure_ends_the_test() {
    is_refuted("TestFailsAndPanics", "fail");
}

#[test]
fn small_maps_have_all_orders() {
    is_refuted("TestMapOfFour", "panic");
    is_assumed("TestMapOfFive", "maps of more than 4 entries");
}

#[test]
fn random_numbers_are_few() {
    is_assumed("TestNumberFromAnywhere", "only 0, 1 and the last");
}

#[test]
fn a_pool_returns_what_was_put_in_last() {
    is_assumed("TestPool", "sync.Pool.Get returns what was put in last");
}

#[test]
fn there_are_two_processors() {
    is_proved("TestTwoProcessors");
}

#[test]
fn a_leak_fails_a_test() {
    is_refuted("TestLeak", "leak");
    let answer = check_with("TestLeak", &["--leaks", "warn"]);
    assert_eq!((answer.verdict.as_str(), answer.code), ("proved", Some(0)));
}

#[test]
fn a_daemon_may_wait_for_ever() {
    is_proved("TestDaemon");
}

#[test]
fn speed_and_fairness_are_not_judged() {
    is_proved("TestSpins");
}

/// The headings that state something are those of the third level; a heading's test is its words
/// joined by underscores.
#[test]
fn every_heading_has_a_test_and_every_test_a_heading() {
    let headings = PAGE.lines().filter_map(|line| line.strip_prefix("### "));
    let mut names: BTreeSet<String> = headings
        .map(|heading| heading.to_lowercase().replace([' ', '-'], "_"))
        .collect();
    assert!(names.len() > 15, "the page has its headings");
    names.insert("every_heading_has_a_test_and_every_test_a_heading".to_owned());
    let lines: Vec<&str> = OWN.lines().collect();
    let tests = lines.windows(2).filter(|pair| pair[0] == "#[test]");
    let tests = tests.filter_map(|pair| pair[1].strip_prefix("fn ")?.strip_suffix("() {"));
    assert_eq!(names, tests.map(str::to_owned).collect());
}
