//! Whether a variant does what its kernel says it does.

use gordian_checker::catalogue::Expected;
use gordian_checker::explore::Limit;
use gordian_checker::{Report, Verdict};

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
/// A search within a bound that somebody asked for (a number of preemptions, a number of ticks, a number of random executions) answers what was asked when it
/// comes to its end without a find; a search that a limit stopped answers nothing.
pub(crate) fn judge(expected: Expected, report: &Report) -> Judgement {
    match report.verdict {
        Verdict::Unsupported => Judgement::NoAnswer,
        Verdict::Within if expected == Expected::Proved => Judgement::AsExpected,
        Verdict::Within => Judgement::NoAnswer,
        Verdict::Bounded => {
            let limits = &report.findings.limits;
            let asked = !limits.is_empty() && limits.iter().all(is_asked_for);
            if asked && expected == Expected::Proved {
                Judgement::AsExpected
            } else {
                Judgement::NoAnswer
            }
        }
        verdict if verdict == wanted(expected) => Judgement::AsExpected,
        _ => Judgement::Unexpected,
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
