//! Whether a variant does what its kernel says it does.

use gordian_checker::catalogue::Expected;
use gordian_checker::explore::Limit;
use gordian_checker::{Report, Verdict};

use super::stuck::Comparison;

/// What a verdict means for a variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Judgement {
    /// It does what its kernel says, as far as was asked.
    AsExpected,
    /// It does something else.
    Unexpected,
    /// Nobody knows: a limit stopped the search, or the engine cannot run it.
    NoAnswer,
}

/// Judges a report.
///
/// A search within a bound that somebody asked for (a number of preemptions, a number of ticks, a
/// number of random executions) answers what was asked when it comes to its end without a find; a
/// search that a limit stopped answers nothing. Those who are stuck must be those of the facts;
/// where they are not, and other bad ends may still come, nobody knows.
pub(crate) fn judge(expected: Expected, report: &Report, stuck: &Comparison) -> Judgement {
    match judge_verdict(expected, report) {
        Judgement::AsExpected if stuck.agrees() => Judgement::AsExpected,
        Judgement::AsExpected if report.findings.knows_all_bad_ends() => Judgement::Unexpected,
        Judgement::AsExpected | Judgement::NoAnswer => Judgement::NoAnswer,
        Judgement::Unexpected => Judgement::Unexpected,
    }
}

fn judge_verdict(expected: Expected, report: &Report) -> Judgement {
    match report.verdict {
        _ if !is_answer(report) => Judgement::NoAnswer,
        Verdict::Within | Verdict::Bounded if expected == Expected::Proved => Judgement::AsExpected,
        Verdict::Within | Verdict::Bounded => Judgement::NoAnswer,
        verdict if verdict == wanted(expected) => Judgement::AsExpected,
        _ => Judgement::Unexpected,
    }
}

/// Whether a report answers what was asked.
pub(crate) fn is_answer(report: &Report) -> bool {
    let limits = &report.findings.limits;
    match report.verdict {
        Verdict::Unsupported => false,
        Verdict::Bounded => !limits.is_empty() && limits.iter().all(is_asked_for),
        _ => true,
    }
}

/// The verdict on a variant that does this.
pub(crate) fn wanted(expected: Expected) -> Verdict {
    match expected {
        Expected::Proved => Verdict::Proved,
        Expected::Deadlock => Verdict::Deadlock,
        Expected::Leak => Verdict::Leak,
        Expected::Panic => Verdict::Panic,
    }
}

/// Whether this is a bound on what was asked, not a stop before the answer.
fn is_asked_for(limit: &Limit) -> bool {
    matches!(
        limit,
        Limit::Ticks | Limit::Random(_) | Limit::Preemptions(_)
    )
}
