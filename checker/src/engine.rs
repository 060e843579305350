//! The engines by name.

use serde::{Deserialize, Serialize};

/// A search, by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// [`Optimal`](Self::Optimal) and [`Stubborn`](Self::Stubborn) in turns, with a few executions
    /// at random: the default.
    Auto,
    /// One execution of each class of equivalent executions.
    Optimal,
    /// Each state once, breadth first.
    Stateful,
    /// Some of the states, each once: those that stubborn sets do not leave out.
    Stubborn,
    /// Every interleaving: the oracle.
    Exhaustive,
    /// Kernels really run, under loom's scheduler: at most five goroutines. Without the feature
    /// `loom` every check by it is unsupported.
    Loom,
    /// Executions drawn at random: never a proof.
    Random,
}

impl Engine {
    /// All engines.
    pub const ALL: [Self; 7] = [
        Self::Auto,
        Self::Optimal,
        Self::Stateful,
        Self::Stubborn,
        Self::Exhaustive,
        Self::Loom,
        Self::Random,
    ];

    /// Returns the name of the engine, as users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Optimal => "optimal",
            Self::Stateful => "stateful",
            Self::Stubborn => "stubborn",
            Self::Exhaustive => "exhaustive",
            Self::Loom => "loom",
            Self::Random => "random",
        }
    }

    /// Returns the engine of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }
}
