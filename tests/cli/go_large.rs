//! Large Go programs: many goroutines, and many rounds.

use crate::support::{gordian, run};

/// The export of tests with a bug among many goroutines, or after many rounds.
const WIDE: &str = "go/tests/wide/export.json";

#[test]
fn a_bug_of_a_large_program_is_found() {
    for (test, place) in [
        ("TestLocks", "lock"),
        ("TestWorkers", "main at recv done"),
        ("TestRounds", "main at recv c"),
    ] {
        let done = run(gordian(), &["check", WIDE, "--variant", test]);
        assert_eq!(done.code, 1, "{test}: {}{}", done.out, done.err);
        done.says(&["✗ deadlock", place, "1 finding"]);
    }
}
