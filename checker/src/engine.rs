//! The engines by name.

/// Which search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// [`Optimal`](Self::Optimal) and [`Remembering`](Self::Remembering) in turns: the default.
    Auto,
    /// One execution of each class of equivalent ones.
    Optimal,
    /// Each state once, breadth first.
    Remembering,
    /// Every interleaving: the oracle.
    Exhaustive,
    /// Kernels really run, under loom's scheduler: at most five goroutines and timers.
    Loom,
    /// Executions drawn at random: never a proof.
    Random,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Auto,
        Self::Optimal,
        Self::Remembering,
        Self::Exhaustive,
        Self::Loom,
        Self::Random,
    ];

    /// The name under which it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Optimal => "optimal",
            Self::Remembering => "remembering",
            Self::Exhaustive => "exhaustive",
            Self::Loom => "loom",
            Self::Random => "random",
        }
    }

    /// The engine of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }
}
