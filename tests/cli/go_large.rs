//! Large Go programs: many goroutines, and many rounds.

use crate::support::{gordian, run};

/// The export of tests with a bug among many goroutines, or after many rounds.
const WIDE: &str = "go/tests/wide/export.json";

#[test]
fn a_bug_of_a_large_program_is_found() {
    for (test, place) in [
        ("TestLocks", "like it at lock"),
        ("TestWorkers", "main at recv done"),
        ("TestRounds", "main at recv c"),
    ] {
        let done = run(gordian(), &["check", WIDE, "--variant", test]);
        assert_eq!(done.code, 1, "{test}: {}{}", done.out, done.err);
        done.says(&["✗ deadlock", place, "1 finding"]);
    }
}

/// A search that has found a failure goes on if that is one only because a timer is early.
#[test]
fn a_large_program_without_a_bug_is_proved_though_a_timer_may_be_early() {
    let done = run(gordian(), &["check", WIDE, "--variant", "TestServed"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.says(&[
        "✓ proved",
        "  72  ",
        "the test fails only if a timer is early",
    ]);
}
