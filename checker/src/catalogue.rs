//! Kernels as data, for a catalogue.

use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use crate::model::TimerRules;

/// A bug, shrunk to the goroutines, locks and channels that make it, in two variants.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// Its name: `<project>/<number of the upstream pull request>`.
    pub name: &'static str,
    /// The upstream description of the bug.
    pub upstream: &'static str,
    /// GoBench's type and subtype, `Mixed / channel & lock`.
    pub class: &'static str,
    /// The reason why the buggy variant fails, in one sentence.
    pub mechanism: &'static str,
    /// The change of the upstream fix, in one sentence.
    pub fix: &'static str,
    /// The number of turns to which loops and the like were cut. A proof holds within this bound.
    pub bound: &'static str,
    /// The parts of the upstream code that were left out, where that needs saying.
    pub left_out: &'static str,
    /// The default rules of its timers. A kernel without timers has the default of [`TimerRules`].
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
    /// The file of its source, from the root of the crate that has it.
    pub file: &'static str,
    /// Its source.
    pub source: &'static str,
    /// The verdict that it is expected to have.
    pub expected: Expected,
    /// The same in Go, which `--source go` takes; `None` if there is none.
    pub in_go: Option<InGo>,
    /// The goroutines that are stuck in one of the bad ends, all of them, each with the operation
    /// that it is stuck in (`send w.result`). Of a panic, the goroutine that panics, with the
    /// message.
    ///
    /// `check` compares: in one of the distinct bad ends of the expected kind exactly these are
    /// stuck. It may be any of them, since the search decides which one is shown first. Neither the
    /// order counts nor a maker's name before a name (`main/worker` and `worker`). If there is no
    /// such end and the search was complete, the variant does not do what is expected. If the
    /// search was not complete, it is unknown. Without a statement nothing is compared. A variant
    /// without a bug states nothing.
    pub stuck: &'static [(&'static str, &'static str)],
}

/// A variant as it is in Go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InGo {
    /// The file of its source, from the root of the crate that has it.
    pub file: &'static str,
    /// Its source.
    pub source: &'static str,
    /// Its export, as the exporter writes it.
    pub export: &'static str,
}

impl Variant {
    /// Returns the subject of a check. It stays on one thread; the variant can be sent to another.
    #[must_use]
    pub fn subject(&self) -> Rc<fn()> {
        Rc::new(self.main)
    }
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

/// The expected verdict of a variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

/// A form of a kernel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum VariantKind {
    /// With the bug.
    Buggy,
    /// With the fix.
    Fixed,
}

impl VariantKind {
    /// Both forms, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Buggy, Self::Fixed];
}

impl fmt::Display for VariantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Buggy => "buggy",
            Self::Fixed => "fixed",
        })
    }
}

impl Kernel {
    /// Returns the variant of this form.
    #[must_use]
    pub fn variant(&self, form: VariantKind) -> &Variant {
        match form {
            VariantKind::Buggy => &self.buggy,
            VariantKind::Fixed => &self.fixed,
        }
    }
}
