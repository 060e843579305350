//! Limits of a search.
//!
//! A limit that was hit is a part of the result, never a silent pass.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::execution::words;
use crate::memory::Bytes;
use crate::model::{Fault, World};

/// How far a search may go. `None` is no limit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Steps of one execution.
    pub steps_max: usize,
    /// Executions.
    pub executions_max: Option<u64>,
    /// States that are remembered.
    pub states_max: Option<u64>,
    /// Goroutines of one execution. The hidden ones of timers do not count.
    pub goroutines_max: usize,
    /// Time.
    pub time_max: Option<Duration>,
    /// Bytes of anonymous memory of the process: see [`anonymous`](crate::memory::anonymous).
    pub memory_max: Option<u64>,
    /// Units of work of a search in which an execution was cut short by another limit: it can prove
    /// nothing any more, and may never come to an end. A unit is about a step that is taken anew.
    pub work_max: Option<u64>,
}

impl Limits {
    /// The limit that cuts an execution short in this state, after so many steps.
    pub(crate) fn cut(&self, world: &World, steps: usize) -> Option<Limit> {
        // There are at least as many rows as goroutines, and they are counted at once.
        let too_many = || {
            world.goroutines().len() > self.goroutines_max
                && world.count_goroutines() > self.goroutines_max
        };
        if steps >= self.steps_max {
            Some(Limit::Steps(self.steps_max))
        } else if too_many() {
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    /// The search draws executions at random: it cannot know when it has seen all.
    Random(u64),
    /// Only executions with at most so many preemptions were looked at.
    Preemptions(u32),
    /// [`Limits::work_max`].
    Work(u64),
    /// Something bad was found, and nobody asked to go on.
    FoundBad,
    /// [`Limits::memory_max`].
    Memory {
        /// The limit.
        max: u64,
        /// The bytes that were in use when it was looked at.
        used: u64,
    },
    /// The system would not give so many bytes of memory more.
    NoMemory(u64),
    /// The system would not give another goroutine's stack, of so many bytes.
    NoStack(u64),
}

impl Limit {
    /// The limit that was hit, if it is one for which a program could not go on.
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
