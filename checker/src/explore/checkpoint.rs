//! A search that stopped in the middle, as a value that can be saved and resumed after a crash.
//!
//! It contains no state. States are found again by taking the same steps, so the steps are all that
//! a search has to save. For the steps to mean the same, the program first gets the ids that it had
//! [met](Known). So a saved search is small, and it fits only the program from which it was saved.
//! If one of its steps is not enabled, it belongs to another program, and
//! [`Fault::CheckpointMismatch`] says so.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Limits, Meter, auto, exhaustive, optimal, random, stateful, stubborn};
use crate::model::{Event, Fault, Known, Program, Step, TimerRules, World};

/// A search that stopped in the middle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The settings of the search.
    pub key: CheckpointKey,
    /// The ids that the program had met.
    pub known: Known,
    /// Units of work so far.
    pub spent: u64,
    /// Time so far.
    pub elapsed: Duration,
    /// The state of the search.
    pub search: SearchSnapshot,
}

/// Settings that must match for a checkpoint to be resumed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckpointKey {
    /// The name of the engine.
    pub engine: String,
    /// [`Limits::steps_max`].
    pub steps_max: usize,
    /// [`Limits::goroutines_max`].
    pub goroutines_max: usize,
    /// The bound on preemptions.
    pub preemptions_max: Option<u32>,
    /// The way in which executions are drawn, if they are.
    pub draw: String,
    /// The rules of timers.
    pub timers: TimerRules,
}

impl CheckpointKey {
    /// Returns the settings of a search of this engine.
    #[must_use]
    pub fn new(engine: &str, limits: &Limits, preemptions_max: Option<u32>, draw: String) -> Self {
        Self {
            engine: engine.to_owned(),
            steps_max: limits.steps_max,
            goroutines_max: limits.goroutines_max,
            preemptions_max,
            draw,
            timers: TimerRules::default(),
        }
    }
}

impl fmt::Display for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (engine, steps, goroutines) = (&self.engine, self.steps_max, self.goroutines_max);
        write!(
            f,
            "the engine {engine}, at most {steps} steps and {goroutines} goroutines"
        )?;
        if let Some(max) = self.preemptions_max {
            write!(f, ", at most {max} preemptions")?;
        }
        if !self.draw.is_empty() {
            write!(f, ", {}", self.draw)?;
        }
        if self.timers != TimerRules::default() {
            write!(f, ", timers as in Go {}", self.timers.name())?;
        }
        Ok(())
    }
}

/// The state of a search, in the form of each kind of search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SearchSnapshot {
    /// An [`Exhaustive`](super::exhaustive::Exhaustive) search.
    Exhaustive(exhaustive::Snapshot),
    /// An [`Optimal`](super::optimal::Optimal) search.
    Optimal(optimal::Snapshot),
    /// A [`Stateful`](super::stateful::Stateful) search.
    Stateful(stateful::Snapshot),
    /// A [`Random`](super::random::Random) search.
    Random(random::Snapshot),
    /// An [`Auto`](super::auto::Auto) search.
    Auto(auto::Snapshot),
    /// A [`Stubborn`](super::stubborn::Stubborn) search.
    Stubborn(stubborn::Snapshot),
}

impl Checkpoint {
    /// Restores the program and the meter. The search itself must then be
    /// [restored](super::Search::restore).
    ///
    /// # Errors
    /// If the search was another one.
    pub fn begin(
        &self,
        key: &CheckpointKey,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<(), Fault> {
        if self.key != *key {
            return Err(mismatch(format!(
                "it was made with {}, and this is one with {key}",
                self.key
            )));
        }
        if let Some(learner) = program.learner() {
            learner.adopt_ids(&self.known);
        }
        meter.go_on_from(self.spent, self.elapsed);
        Ok(())
    }
}

/// Returns the fault that the saved search is not one of this program, or of this search.
pub(super) fn mismatch(why: impl Into<String>) -> Fault {
    Fault::CheckpointMismatch { why: why.into() }
}

/// Returns the fault that the saved search is one of another engine.
pub(super) fn of_another_kind() -> Fault {
    mismatch("it is one of another kind")
}

/// Takes a step that was taken before.
pub(super) fn take_again(
    program: &mut dyn Program,
    world: &mut World,
    step: Step,
) -> Result<Event, Fault> {
    if !world.is_enabled(program, step) {
        return Err(cannot_be_taken(step));
    }
    world.take(program, step)
}

/// Returns the fault that a step that was taken cannot be taken again.
pub(super) fn cannot_be_taken(step: Step) -> Fault {
    mismatch(format!("{step:?} cannot be taken where it was"))
}
