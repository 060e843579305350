//! Time in Go packages: timers that may be early, quiet time, and the clock.

use crate::support::{gordian, run};

/// The export of tests that wait with a timer.
const QUIET: &str = "go/tests/programs/quiet/export.json";

#[test]
fn a_test_that_fails_only_if_a_timer_is_early_is_right() {
    let done = run(gordian(), &["check", QUIET, "--test", "Right|Sleeps"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.says(&[
        "2 proved, 0 findings",
        "the test fails only if a timer is early",
    ]);
    let done = run(gordian(), &["run", QUIET, "--test", "Right"]);
    assert_eq!(done.code, 0, "{}", done.out);
    done.says(&["proved", "the test fails only if a timer is early"]);
    let done = run(gordian(), &["check", QUIET, "--test", "Hangs"]);
    assert_eq!(done.code, 1, "{}", done.out);
    done.says(&["fail", "main: the test fails: timed out"]);
}

/// The export of tests for which durations count.
const CLOCK: &str = "go/tests/programs/clock/export.json";

#[test]
fn a_loop_until_some_time_has_passed_is_judged_by_the_clock() {
    let asked = [
        "check",
        CLOCK,
        "--test",
        "ALoop",
        "--steps-max",
        "300",
        "--width",
        "200",
    ];
    let done = run(gordian(), &asked);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.says(&["1 proved under assumptions", "and as durations say"]);
}

#[test]
fn in_quiet_time_a_timer_fires_only_when_nobody_else_can_move() {
    let asked = ["check", QUIET, "--test", "Right|Sleeps", "--time", "quiet"];
    let done = run(gordian(), &asked);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&[
        "2 proved under assumptions, 0 findings",
        "assuming: time passes only when nobody else can move",
    ]);
    assert!(!done.out.contains("timer is early"), "{}", done.out);
    let states = |args: &[&str]| {
        let done = run(gordian(), &[args, &["--json"]].concat());
        done.json()[0]["states"].as_u64().expect("a count")
    };
    assert!(states(&asked) < states(&asked[..4]));
    let done = run(gordian(), &[&asked[..], &["--require-proof"]].concat());
    assert_eq!(done.code, 3, "{}", done.out);
    let done = run(
        gordian(),
        &["check", QUIET, "--test", "Hangs", "--time", "quiet"],
    );
    assert_eq!(done.code, 1, "{}", done.out);
    done.says(&["✗ fail "]);
    let done = run(gordian(), &[&asked[..], &["--engine", "optimal"]].concat());
    assert_eq!(done.code, 2, "{}", done.out);
    done.says(&["--time quiet takes the engines stateful"]);
}
