//! Each statement of `docs/what-a-pass-means.md`, as it holds today: a test for each heading, of
//! the same name.
//!
//! If the page says that something is not modelled, the test asserts the answer that is wrong for
//! Go. So it fails on the day on which the checker learns better, and the page is corrected with
//! it.

mod bounds;
mod goroutines;
mod kernels;
mod not_modelled;
mod timers;
mod verdicts;

use std::collections::BTreeSet;

use gordian_checker::explore::Limits;
use gordian_checker::{Checker, Report, Verdict, check};

const PAGE: &str = include_str!("../../../docs/what-a-pass-means.md");

/// The sources of the tests, a file for each part of the page.
const TESTS: &[&str] = &[
    include_str!("bounds.rs"),
    include_str!("goroutines.rs"),
    include_str!("kernels.rs"),
    include_str!("not_modelled.rs"),
    include_str!("timers.rs"),
    include_str!("verdicts.rs"),
];

fn limited(limits: Limits, kernel: impl Fn() + Send + 'static) -> Report {
    Checker::new().limits(limits).check(kernel)
}

#[track_caller]
fn assert_verdict(kernel: impl Fn() + Send + 'static, expected: Verdict) {
    assert_eq!(check(kernel).verdict, expected);
}

/// The headings that state something are those of the third level; a heading's test is its words
/// joined by underscores.
#[test]
fn every_heading_has_a_test_and_every_test_a_heading() {
    let headings: BTreeSet<String> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|heading| {
            let words: Vec<String> = heading
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            words.join("_")
        })
        .collect();
    let lines: Vec<&str> = TESTS.iter().flat_map(|text| text.lines()).collect();
    let tests: BTreeSet<String> = lines
        .windows(2)
        .filter(|pair| pair[0] == "#[test]")
        .filter_map(|pair| pair[1].strip_prefix("fn ")?.strip_suffix("() {"))
        .map(str::to_owned)
        .collect();
    assert!(headings.len() > 20, "the page has its headings");
    assert_eq!(headings, tests);
}
