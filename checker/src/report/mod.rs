//! What is told of a search.

pub mod end_state;
mod fault;
pub mod schedule;
pub mod words;

use std::fmt;
use std::time::Duration;

use crate::check::Engine;
use crate::explore::{Findings, Limit};
use crate::model::{End, Fault};

/// The answer of a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The search was complete and nothing bad was found.
    Proved,
    /// In some execution main is blocked for ever.
    Deadlock,
    /// In some execution main returns and another goroutine is blocked for ever.
    Leak,
    /// In some execution a goroutine panics.
    Panic,
    /// Nothing bad was found in any execution with at most so many preemptions, and all of those were explored. This is no proof.
    Within,
    /// A limit was hit, and nothing bad was found up to there. This is no proof.
    Bounded,
    /// The engine cannot run this kernel.
    Unsupported,
    /// The kernel has a fault that is no behaviour of it.
    Fault,
}

impl Verdict {
    /// The verdict on what was found: the worst of it.
    #[must_use]
    pub fn of(findings: &Findings, faulty: bool) -> Self {
        let worst = |end| findings.bad.values().any(|bad| bad.end == end);
        if faulty {
            Self::Fault
        } else if worst(End::Panic) {
            Self::Panic
        } else if worst(End::Deadlock) {
            Self::Deadlock
        } else if worst(End::Leak) {
            Self::Leak
        } else if findings.complete && findings.limits.is_empty() {
            Self::Proved
        } else if let [Limit::Preemptions(_)] = findings.limits[..] {
            Self::Within
        } else {
            Self::Bounded
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Proved => "proved",
            Self::Deadlock => "deadlock",
            Self::Leak => "leak",
            Self::Panic => "panic",
            Self::Within => "within",
            Self::Bounded => "bounded",
            Self::Unsupported => "unsupported",
            Self::Fault => "fault",
        })
    }
}

/// What a search has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// The engine that was asked for.
    pub engine: Engine,
    /// Which of its searches came to an end, if it has several.
    pub finished_by: Option<&'static str>,
    /// The answer.
    pub verdict: Verdict,
    /// All that was found.
    pub findings: Findings,
    /// Why the search could not go on, if it could not.
    pub fault: Option<Fault>,
    /// How long it took.
    pub time: Duration,
}

impl Report {
    /// Asserts that the search was complete and found nothing bad.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report.
    #[track_caller]
    pub fn assert_proved(&self) {
        assert!(self.verdict == Verdict::Proved, "not proved: {self:?}");
    }
}
