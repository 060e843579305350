//! The answer of a search. The only place that says "proved".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::explore::{Findings, Limit};
use crate::model::End;

/// The answer of a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The search was complete and nothing bad was found.
    Proved,
    /// In some execution main is blocked for ever.
    Deadlock,
    /// In some execution main returns, or runs on for ever, and another goroutine is blocked for
    /// ever.
    Leak,
    /// In some execution a goroutine panics.
    Panic,
    /// Two goroutines access the same memory at once, and one of them changes it. Only programs
    /// with memory beside the objects have races. The one who runs the search looks for them.
    Race,
    /// In some execution a test fails. For a search this and the next three are panics. Only
    /// programs that tell them apart have them, and the one who runs the search judges so.
    Fail,
    /// In some execution the program exits with a code that is not 0.
    Exit,
    /// In some execution an object is used in a way that its library refuses.
    Misuse,
    /// In some execution a goroutine logs for a test that is over.
    LateLog,
    /// Nothing bad was found in any execution with at most a given number of preemptions, and all
    /// of those were explored. This is not a proof.
    Within,
    /// A limit was hit, and nothing bad was found up to there. This is not a proof.
    Bounded,
    /// The engine cannot run this kernel.
    Unsupported,
    /// The kernel has a fault that is not a behaviour of it.
    Fault,
}

impl Verdict {
    /// Returns the verdict on the findings: the worst of them.
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

impl Verdict {
    /// Returns its name, as it is printed and as users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Deadlock => "deadlock",
            Self::Leak => "leak",
            Self::Panic => "panic",
            Self::Race => "race",
            Self::Fail => "fail",
            Self::Exit => "exit",
            Self::Misuse => "misuse",
            Self::LateLog => "late-log",
            Self::Within => "within",
            Self::Bounded => "bounded",
            Self::Unsupported => "unsupported",
            Self::Fault => "fault",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
