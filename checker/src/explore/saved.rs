//! A search that stopped in the middle, as a value that can be written down: to go on with after a crash.
//!
//! No state is in it. States are found again by taking the same steps; which steps there are is all that a search has to remember, and for the steps to mean the same
//! the program is told first what it had [met](Known). So a saved search is small, and it fits only the program that it was saved from: where one of its
//! steps is not enabled, it is another program, and [`Fault::Misfit`] says so.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::optimal::Ways;
use super::{Findings, Limits, Meter};
use crate::model::{Event, Fault, Known, Program, Step, TimerRules, World};

/// A search that stopped in the middle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved {
    /// How it was to search.
    pub settings: Settings,
    /// What the program had met.
    pub known: Known,
    /// Units of work so far.
    pub spent: u64,
    /// Time so far.
    pub elapsed: Duration,
    /// How far it was.
    pub search: Stopped,
}

/// What must be the same for a search to go on as if it had never stopped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
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

impl Settings {
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

impl fmt::Display for Settings {
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
            write!(f, ", timers by the rules of Go {}", self.timers.name())?;
        }
        Ok(())
    }
}

/// How far a search was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Stopped {
    /// [`Exhaustive`](super::exhaustive::Exhaustive).
    Exhaustive {
        /// The steps of the path.
        path: Vec<Step>,
        /// Of each state on the path, the steps that are still to be taken.
        todo: Vec<Vec<Step>>,
        /// What it had found.
        findings: Findings,
    },
    /// [`Optimal`](super::optimal::Optimal).
    Optimal {
        /// The steps of the path.
        path: Vec<Step>,
        /// Of each state on the path, what is to be done there.
        nodes: Vec<StoppedNode>,
        /// If the execution is at its end, the event whose rivals are looked for next.
        reversing: Option<usize>,
        /// What it had found.
        findings: Findings,
    },
    /// [`Remembering`](super::remembering::Remembering).
    Remembering {
        /// Of each state, the one from which it was met first, and the step.
        from: Vec<(u32, Step)>,
        /// The first state whose steps have not all been taken.
        next: usize,
        /// How many of them have.
        at: usize,
        /// How far that one is from the start.
        depth: usize,
        /// The first state that is farther.
        farther: usize,
        /// Whether a step may have led to a state that is no farther from the start.
        may_cycle: bool,
        /// What it had found.
        findings: Findings,
    },
    /// [`Random`](super::random::Random).
    Random {
        /// The state of the generator.
        generator: u64,
        /// What it had found.
        findings: Findings,
    },
    /// [`Auto`](super::auto::Auto).
    Auto {
        /// The one search.
        optimal: Box<Stopped>,
        /// The other, unless it was full.
        remembering: Option<Box<Stopped>>,
        /// The length of a turn.
        slice: u64,
        /// What is left of this one.
        left: u64,
        /// Whether it is the turn of the second.
        turn_of_remembering: bool,
    },
}

/// A node of the path of an [`Optimal`](super::optimal::Optimal) search.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StoppedNode {
    /// Events that are explored already, or elsewhere.
    pub asleep: Vec<Ways>,
    /// What must still be explored: a tree, each event with its depth, from the root on and the first branch first.
    pub tree: Vec<(u32, Ways)>,
}

impl Saved {
    /// Tells the program and the meter where they were. The search itself is then to be [restored](super::Search::restore).
    ///
    /// # Errors
    /// If the search was another one.
    pub fn begin(
        &self,
        settings: &Settings,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<(), Fault> {
        if self.settings != *settings {
            return Err(misfit(format!(
                "it was made with {}, and this is one with {settings}",
                self.settings
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
