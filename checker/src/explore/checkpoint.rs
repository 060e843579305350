//! A search that stopped in the middle, as a value that can be written down: to go on with after a
//! crash.
//!
//! No state is in it. States are found again by taking the same steps; which steps there are is all
//! that a search has to remember, and for the steps to mean the same the program is told first what
//! it had [met](Known). So a saved search is small, and it fits only the program that it was saved
//! from: where one of its steps is not enabled, it is another program, and [`Fault::Misfit`] says
//! so.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Limits, Meter, auto, exhaustive, optimal, random, remembering};
use crate::model::{Event, Fault, Known, Program, Step, TimerRules, World};

/// A search that stopped in the middle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// How it was to search.
    pub key: CheckpointKey,
    /// What the program had met.
    pub known: Known,
    /// Units of work so far.
    pub spent: u64,
    /// Time so far.
    pub elapsed: Duration,
    /// How far it was.
    pub search: SearchSnapshot,
}

/// What must be the same for a search to go on as if it had never stopped.
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
    /// How executions are drawn, if they are.
    pub draw: String,
    /// By which rules timers go.
    pub timers: TimerRules,
}

impl CheckpointKey {
    /// The settings of a search of this engine.
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

/// How far a search was, as each search writes it down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SearchSnapshot {
    /// An [`Exhaustive`](super::exhaustive::Exhaustive) search.
    Exhaustive(exhaustive::Snapshot),
    /// An [`Optimal`](super::optimal::Optimal) search.
    Optimal(optimal::Snapshot),
    /// A [`Remembering`](super::remembering::Remembering) search.
    Remembering(remembering::Snapshot),
    /// A [`Random`](super::random::Random) search.
    Random(random::Snapshot),
    /// An [`Auto`](super::auto::Auto) search.
    Auto(auto::Snapshot),
}

impl Checkpoint {
    /// Tells the program and the meter where they were. The search itself is then to be
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
            return Err(misfit(format!(
                "it was made with {}, and this is one with {key}",
                self.key
            )));
        }
        program.expect(&self.known);
        meter.go_on_from(self.spent, self.elapsed);
        Ok(())
    }
}

/// The saved search is not one of this program, or this search.
pub(super) fn misfit(why: impl Into<String>) -> Fault {
    Fault::Misfit { why: why.into() }
}

/// The saved search is one of another engine.
pub(super) fn of_another_kind() -> Fault {
    misfit("it is one of another kind")
}

/// Takes a step that was taken before.
pub(super) fn take_again(
    program: &mut dyn Program,
    world: &mut World,
    step: Step,
) -> Result<Event, Fault> {
    if !world.is_enabled(program, step) {
        return Err(misfit(format!("{step:?} cannot be taken where it was")));
    }
    world.take(program, step)
}
