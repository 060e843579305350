//! The rivals by name, and the reasons why one may give no figures.

use crate::family::Family;
use crate::record::{Outcome, Record};
use std::fmt;

/// A rival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// TraceForge: one execution for each inequivalent one, no states stored.
    TraceForge,
    /// loom: executions, with a weaker reduction.
    Loom,
    /// shuttle, with its exhaustive depth-first scheduler: executions, no reduction.
    Shuttle,
    /// stateright, breadth-first: a stateful search, no reduction.
    Stateright,
    /// SPIN, if `spin` and a C compiler are on the path: a stateful search, static reduction.
    Spin,
}

impl Tool {
    /// All rivals.
    pub const ALL: [Tool; 5] = [
        Tool::TraceForge,
        Tool::Loom,
        Tool::Shuttle,
        Tool::Stateright,
        Tool::Spin,
    ];

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Tool::TraceForge => "traceforge",
            Tool::Loom => "loom",
            Tool::Shuttle => "shuttle",
            Tool::Stateright => "stateright",
            Tool::Spin => "spin",
        }
    }

    /// Returns the rival called `name`.
    pub fn parse(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Adds the names to the result of a run of `family`.
    pub fn record(self, family: &Family, outcome: Outcome) -> Record {
        Record {
            tool: self.name().to_string(),
            family: family.name().to_string(),
            size: family.sizes(),
            executions: outcome.executions,
            states: outcome.states,
            time_s: outcome.time.as_secs_f64(),
            verdict: outcome.verdict.to_string(),
            note: outcome.note,
        }
    }
}

/// The reason why a rival gave no figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The rival cannot express this program, or its limits forbid it.
    Unsupported(String),
    /// The rival is not installed here.
    Missing(String),
    /// The rival is installed, and failed.
    Failed(String),
}

impl Refusal {
    /// Refuses `family`, which this rival cannot run.
    pub fn unsupported(family: &Family, why: &str) -> Refusal {
        Refusal::Unsupported(format!("{family}: {why}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unsupported(why) => write!(f, "unsupported: {why}"),
            Refusal::Missing(what) => write!(f, "not installed: {what}"),
            Refusal::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}
