//! Judges if a variant does what its kernel says.

use gordian_checker::catalogue::Expected;
use gordian_checker::explore::Limit;
use gordian_checker::{Report, Verdict};
use serde::{Deserialize, Serialize};

use super::stuck::Comparison;

/// The judgement on a variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Judgement {
    /// It does what its kernel says, as far as was asked.
    AsExpected,
    /// It does something else.
    Unexpected,
    /// It does something else, and all of that is in the baseline.
    Known,
    /// It is not known: a limit stopped the search, or the engine cannot run it.
    NoAnswer,
}

/// Judges a report.
///
/// A search may have a bound that the user set: a number of preemptions, ticks or random
/// executions. It answers the question if it completes without a find. A search that a limit
/// stopped answers nothing. The stuck goroutines must be those of the facts. If they are not, and
/// other bad ends are still possible, there is no answer.
pub(crate) fn judge(expected: Expected, report: &Report, stuck: &Comparison) -> Judgement {
    match judge_verdict(expected, report) {
        Judgement::AsExpected if stuck.agrees() => Judgement::AsExpected,
        Judgement::AsExpected if report.findings.knows_all_bad_ends() => Judgement::Unexpected,
        Judgement::AsExpected | Judgement::NoAnswer => Judgement::NoAnswer,
        Judgement::Unexpected | Judgement::Known => Judgement::Unexpected,
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

/// Returns true if a report answers what was asked.
pub(crate) fn is_answer(report: &Report) -> bool {
    let limits = &report.findings.limits;
    match report.verdict {
        Verdict::Unsupported => false,
        Verdict::Bounded => !limits.is_empty() && limits.iter().all(is_asked_for),
        _ => true,
    }
}

/// Returns the verdict on a variant with this expectation.
pub(crate) fn wanted(expected: Expected) -> Verdict {
    match expected {
        Expected::Proved => Verdict::Proved,
        Expected::Deadlock => Verdict::Deadlock,
        Expected::Leak => Verdict::Leak,
        Expected::Panic => Verdict::Panic,
    }
}

/// Returns true if this is a bound on the question, not a stop before the answer.
fn is_asked_for(limit: &Limit) -> bool {
    matches!(
        limit,
        Limit::Ticks | Limit::Random(_) | Limit::Preemptions(_)
    )
}
