//! Kernels as data: what a catalogue is made of.

use std::fmt;

pub use crate::model::TimerRules;

/// A bug, shrunk to the goroutines, locks and channels that make it, in two variants.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// Its name: `<project>/<number of the upstream pull request>`.
    pub name: &'static str,
    /// Where the bug is described upstream.
    pub upstream: &'static str,
    /// GoBench's type and subtype, `Mixed / channel & lock`.
    pub class: &'static str,
    /// Why the buggy variant fails, in one sentence.
    pub mechanism: &'static str,
    /// What the upstream fix does, in one sentence.
    pub fix: &'static str,
    /// To how few turns loops and the like were cut: within this a proof holds.
    pub bound: &'static str,
    /// What of the upstream code was left out, where that takes saying.
    pub left_out: &'static str,
    /// By which rules its timers go, unless somebody asks for others. A kernel without timers says
    /// the default.
    pub timers: TimerRules,
    /// The code with the bug.
    pub buggy: Variant,
    /// The code with the upstream fix.
    pub fixed: Variant,
}

/// One of the two forms of a kernel.
#[derive(Clone, Copy)]
pub struct Variant {
    /// The body of main.
    pub main: fn(),
    /// Where its source is, from the root of the crate that has it.
    pub file: &'static str,
    /// Its source.
    pub source: &'static str,
    /// What it is expected to do.
    pub expected: Expected,
    /// The goroutines that are stuck in one of the bad ends, all of them, each with the operation
    /// that it is stuck in (`send w.result`); of a panic, the goroutine that panics, with the
    /// message.
    ///
    /// `check` compares: in one of the distinct bad ends of the expected kind exactly these are
    /// stuck. It may be any of them, since it depends on the search which one is shown first. The
    /// order does not count, nor does a maker's name before a name (`main/worker` and `worker`). If
    /// there is none and the search was complete, the variant does not do what is expected; if the
    /// search was not complete, nobody knows. Nothing is compared where nothing is stated. A
    /// variant without a bug states nothing.
    pub stuck: &'static [(&'static str, &'static str)],
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variant")
            .field("file", &self.file)
            .field("expected", &self.expected)
            .field("stuck", &self.stuck)
            .finish_non_exhaustive()
    }
}

/// What a variant is expected to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// No execution is bad, and all were explored.
    Proved,
    /// In some execution main is blocked for ever.
    Deadlock,
    /// In some execution main returns, or runs on for ever, and another goroutine is blocked for
    /// ever.
    Leak,
    /// In some execution a goroutine panics.
    Panic,
}

/// Which form of a kernel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// With the bug.
    Buggy,
    /// With the fix.
    Fixed,
}

impl Form {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Buggy, Self::Fixed];
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Buggy => "buggy",
            Self::Fixed => "fixed",
        })
    }
}

impl Kernel {
    /// The variant of this form.
    #[must_use]
    pub fn variant(&self, form: Form) -> &Variant {
        match form {
            Form::Buggy => &self.buggy,
            Form::Fixed => &self.fixed,
        }
    }
}
