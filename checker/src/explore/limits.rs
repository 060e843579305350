//! Limits of a search.
//!
//! A limit that was hit is part of the result, never a silent pass.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::execution::words;
use crate::memory::Bytes;
use crate::model::{Fault, World};

/// Limits of a search. `None` is no limit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Most steps of one execution.
    pub steps_max: usize,
    /// Most executions.
    pub executions_max: Option<u64>,
    /// Most states that are stored.
    pub states_max: Option<u64>,
    /// Most goroutines of one execution, without the hidden ones of timers.
    pub goroutines_max: usize,
    /// Most time.
    pub time_max: Option<Duration>,
    /// Most bytes of anonymous memory of the process: see [`anonymous`](crate::memory::anonymous).
    pub memory_max: Option<u64>,
    /// Most units of work of a search in which another limit cut an execution short. Such a search
    /// can prove nothing any more, and may never come to an end. A unit is about one step taken
    /// anew.
    pub work_max: Option<u64>,
}

impl Limits {
    /// Returns the limit that cuts an execution short in this state, after this many steps.
    pub(crate) fn cut(&self, world: &World, steps: usize) -> Option<Limit> {
        // There are at least as many rows as goroutines, and counting the rows is cheap.
        let rows = world.goroutines().len();
        let goroutines = match rows > self.goroutines_max {
            true => world.count_goroutines(),
            false => rows,
        };
        self.cut_at(goroutines, steps)
    }

    /// Does the same for a state with this many goroutines.
    pub(super) fn cut_at(&self, goroutines: usize, steps: usize) -> Option<Limit> {
        if steps >= self.steps_max {
            Some(Limit::Steps(self.steps_max))
        } else if goroutines > self.goroutines_max {
            Some(Limit::Goroutines(self.goroutines_max))
        } else {
            None
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps_max: 10_000,
            executions_max: None,
            states_max: Some(20_000_000),
            goroutines_max: 256,
            time_max: None,
            memory_max: None,
            work_max: Some(20_000_000),
        }
    }
}

/// A limit that was hit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Limit {
    /// [`Limits::steps_max`].
    Steps(usize),
    /// [`Limits::executions_max`].
    Executions(u64),
    /// [`Limits::states_max`].
    States(u64),
    /// [`Limits::goroutines_max`].
    Goroutines(usize),
    /// [`Limits::time_max`].
    Time(Duration),
    /// The number of ticks that the kernel gives its tickers.
    Ticks,
    /// The search was interrupted.
    Interrupt,
    /// The search draws executions at random. It cannot know that it has seen all.
    Random(u64),
    /// Only executions with at most this many preemptions were explored.
    Preemptions(u32),
    /// [`Limits::work_max`].
    Work(u64),
    /// Something bad was found, and the search was to stop at that.
    FoundBad,
    /// [`Limits::memory_max`].
    Memory {
        /// The limit.
        max: u64,
        /// Bytes in use when it was measured.
        used: u64,
    },
    /// The system refused this many more bytes of memory.
    NoMemory(u64),
    /// The system refused the stack of another goroutine, of this many bytes.
    NoStack(u64),
}

impl Limit {
    /// Returns the limits of two parts of a search, each once, those that cut an execution first.
    pub(super) fn merge(limits: Vec<Self>, others: Vec<Self>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for limit in limits.into_iter().chain(others) {
            let as_one = |known: &mut Self| known.together(limit).map(|one| *known = one);
            if all.iter_mut().find_map(as_one).is_none() {
                all.push(limit);
            }
        }
        all.sort_by_key(|limit| (!limit.cuts(), *limit));
        all
    }

    /// Returns the two as one, if they are the same limit. Executions that were drawn at random are
    /// counted together. Of memory the larger amount counts.
    fn together(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Random(a), Self::Random(b)) => Some(Self::Random(a + b)),
            (Self::Memory { max, used }, Self::Memory { max: same, used: b }) if max == same => {
                Some(Self::Memory {
                    max,
                    used: used.max(b),
                })
            }
            _ => (self == other).then_some(self),
        }
    }

    /// Returns true if it cuts an execution short.
    fn cuts(self) -> bool {
        matches!(self, Self::Steps(_) | Self::Goroutines(_) | Self::Ticks)
    }

    /// Returns true if a loop without an end comes to it sooner or later.
    pub(crate) fn stops_loops(&self) -> bool {
        matches!(
            self,
            Self::Steps(_)
                | Self::Executions(_)
                | Self::States(_)
                | Self::Time(_)
                | Self::Work(_)
                | Self::Memory { .. }
        )
    }

    /// Returns the limit that was hit, if it is one for which a program could not go on.
    #[must_use]
    pub fn of_fault(fault: &Fault) -> Option<Self> {
        match fault {
            Fault::NoMemory { bytes } => Some(Self::NoMemory(*bytes)),
            Fault::NoStack { bytes } => Some(Self::NoStack(*bytes)),
            _ => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(max) => write!(f, "an execution came to {max} steps"),
            Self::Executions(max) => write!(f, "stopped at {max} executions"),
            Self::States(max) => write!(f, "stopped at {max} states"),
            Self::Goroutines(max) => write!(f, "an execution came to {max} goroutines"),
            Self::Time(max) => write!(f, "stopped after {} s", max.as_secs_f64()),
            Self::Ticks => write!(f, "a goroutine waits for a tick beyond the kernel's limit"),
            Self::Interrupt => write!(f, "interrupted"),
            Self::Random(count) => write!(f, "{count} executions drawn at random"),
            Self::Work(max) => write!(
                f,
                "stopped after {max} units of work, since an execution had been cut short"
            ),
            Self::FoundBad => write!(f, "stopped since something bad was found"),
            Self::Preemptions(max) => write!(f, "only executions with at most {max} preemptions"),
            Self::Memory { max, used } => write!(
                f,
                "stopped at {} of memory, over the limit of {}",
                Bytes(*used),
                Bytes(*max)
            ),
            Self::NoMemory(bytes) => f.write_str(&words::fault(&Fault::NoMemory { bytes: *bytes })),
            Self::NoStack(bytes) => f.write_str(&words::fault(&Fault::NoStack { bytes: *bytes })),
        }
    }
}
