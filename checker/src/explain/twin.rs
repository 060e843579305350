//! The execution that the search `optimal` explored in place of another: the [`Twin`].
//!
//! [`optimal`](crate::explore::optimal) explores one execution of each class. Two executions are in
//! one class if swaps of neighbouring steps that are independent lead from one to the other. So a
//! schedule that was not explored has a twin that was, and the swaps are the reason why it was left
//! out.
//!
//! The search runs as always, and stops at the twin. Each of its executions is compared: the first
//! step of the explored one must be movable to the front of the other one, past steps of which it
//! is independent, and so on for the second. Each swap is judged in the state in which it takes
//! place, since two decrements are independent only where the counter is large enough for both.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::record::Recorder;
use super::trace::{Act, Ending, Step as TraceStep};
use crate::execution::escape::{visible, visible_lines};
use crate::execution::replay::{Divergence, play};
use crate::execution::{schedule, words};
use crate::explore::optimal::Executions;
use crate::explore::renumber::{by_count, renumbered};
use crate::explore::{Limit, Meter};
use crate::model::{Event, Fault, ObjectId, Program, Step, World};

/// An execution, and the one that was explored in its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Twin {
    /// The schedule that was asked about.
    pub asked: String,
    /// Its steps.
    pub steps: Vec<TwinStep>,
    /// The kind of end, which both have.
    pub end: Ending,
    /// The schedule that was explored.
    pub explored: String,
    /// The number of that execution among those of the search, from 1.
    pub number: u64,
    /// The swaps that lead from the first to the second, in this order. They are as few as
    /// possible, and none if the schedule itself was explored.
    pub swaps: Vec<Swap>,
}

/// A step of the schedule that was asked about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TwinStep {
    /// Its number, from 1.
    pub n: usize,
    /// The choice, as it is written in a schedule.
    pub choice: String,
    /// The parts of its goroutines; in a rendezvous the sender comes first.
    pub by: Vec<Act>,
}

/// A swap of two neighbouring steps that are independent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Swap {
    /// The place of the first of the two, from 1. The second is at the next place.
    pub at: usize,
    /// The number of the step that goes back by one place.
    pub later: usize,
    /// The number of the step that goes forward by one place.
    pub earlier: usize,
    /// The objects that both touch, in ways that commute; none if they have no object in common.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub both_touch: Vec<String>,
}

/// The reason why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoTwin {
    /// The schedule cannot be read, for this reason.
    Unreadable(String),
    /// The schedule does not fit the program.
    Misfit(Divergence),
    /// The schedule ends before the execution does.
    Prefix {
        /// The number of its steps.
        steps: usize,
        /// The steps that can be taken after it.
        enabled: Vec<String>,
    },
    /// A limit stopped the search before it came to such an execution.
    Stopped {
        /// The number of executions that were explored.
        executions: u64,
        /// The limits.
        limits: Vec<Limit>,
    },
    /// The search explored so many executions, which are all, and none is a twin. So two steps were
    /// said to be independent and are not: they race for memory that no step names.
    None {
        /// The number of executions.
        executions: u64,
    },
    /// Time passes only when nobody else can move, which this search does not know.
    QuietTime,
    /// The program has a fault that is no behaviour of it.
    Fault(Fault),
}

impl From<Fault> for NoTwin {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl fmt::Display for NoTwin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |names: &[String]| visible(&names.join(", "));
        match self {
            Self::Unreadable(why) => write!(f, "the schedule cannot be read: {}", visible(why)),
            Self::Misfit(Divergence {
                step,
                token,
                enabled,
                ambiguous,
            }) => {
                let token = visible(token);
                let what = match ambiguous {
                    true => "means more than one step",
                    false => "cannot be taken",
                };
                write!(
                    f,
                    "the schedule does not fit: `{token}` {what} at step {step}; "
                )?;
                match &enabled[..] {
                    [] => f.write_str("nothing can, since the execution has ended"),
                    enabled => write!(f, "these can: {}", listed(enabled)),
                }
            }
            Self::Prefix { steps, enabled } => write!(
                f,
                "the schedule is only the beginning of an execution: after {steps} steps these can \
                 be taken: {}. Only whole executions are explored or not",
                listed(enabled)
            ),
            Self::Stopped { executions, limits } => {
                let limits: Vec<String> = limits.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "not met among the first {executions} executions of the search: {}",
                    limits.join(", ")
                )
            }
            Self::None { executions } => write!(
                f,
                "none of the {executions} executions of the search is this one in another order: \
                 goroutines race for memory that no step names"
            ),
            Self::QuietTime => f.write_str("the search `optimal` does not know quiet time"),
            Self::Fault(fault) => f.write_str(&visible_lines(&words::fault(fault))),
        }
    }
}

impl std::error::Error for NoTwin {}

impl Twin {
    /// Finds the execution that the search `optimal` explores in place of this schedule's.
    ///
    /// # Errors
    /// If the schedule is not that of a whole execution, a limit of the meter is hit first, or the
    /// program has a fault.
    pub fn find(program: &mut dyn Program, text: &str, meter: Meter) -> Result<Self, NoTwin> {
        if program.is_quiet() {
            return Err(NoTwin::QuietTime);
        }
        let tokens = schedule::split(text).map_err(NoTwin::Unreadable)?;
        let played = play(program, &tokens)?;
        if let Some(divergence) = played.divergence {
            return Err(NoTwin::Misfit(divergence));
        }
        let enabled = played.world.steps(program);
        if !enabled.is_empty() {
            return Err(NoTwin::Prefix {
                steps: played.path.len(),
                enabled: schedule::tokens(program, &schedule::shown(&enabled)),
            });
        }
        let asked = by_count(program, &played.path)?;
        let mut executions = Executions::new(meter);
        while let Some(path) = executions.next(program)? {
            if path.len() != asked.len() {
                continue;
            }
            let path = path.to_vec();
            if let Some(swaps) = swaps(program, &asked, &path)? {
                let path = renumbered(program, &path)?;
                let steps = record(program, &played.path)?;
                return Ok(Self {
                    asked: written(&steps),
                    explored: written(&record(program, &path)?),
                    number: executions.count(),
                    end: played.world.end(program).into(),
                    swaps,
                    steps: steps.into_iter().map(TwinStep::of).collect(),
                });
            }
        }
        let limits = executions.limits().to_vec();
        let executions = executions.count();
        Err(match limits.is_empty() {
            true => NoTwin::None { executions },
            false => NoTwin::Stopped { executions, limits },
        })
    }

    /// Returns true if the schedule itself was explored.
    #[must_use]
    pub fn is_itself(&self) -> bool {
        self.swaps.is_empty()
    }

    /// Returns the numbers of the steps in the order in which they were explored.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = self.steps.iter().map(|step| step.n).collect();
        for swap in &self.swaps {
            order.swap(swap.at - 1, swap.at);
        }
        order
    }
}

/// Returns the swaps that lead from one path to the other, both in numbers by count; `None` if they
/// are not equivalent.
fn swaps(
    program: &mut dyn Program,
    from: &[Step],
    to: &[Step],
) -> Result<Option<Vec<Swap>>, Fault> {
    let sorted = |path: &[Step]| {
        let mut steps = path.to_vec();
        steps.sort_unstable();
        steps
    };
    if sorted(from) != sorted(to) {
        return Ok(None);
    }
    program.number_by_count(true);
    let found = move_steps(program, from, to);
    program.number_by_count(false);
    found
}

/// Moves each step of `to` forward to its place, past steps of which it is independent.
fn move_steps(
    program: &mut dyn Program,
    from: &[Step],
    to: &[Step],
) -> Result<Option<Vec<Swap>>, Fault> {
    let mut now: Vec<(usize, Step)> = from.iter().copied().enumerate().collect();
    let mut world = World::start(program)?;
    let mut swaps = Vec::new();
    for (place, &step) in to.iter().enumerate() {
        let Some(distance) = now[place..].iter().position(|(_, it)| *it == step) else {
            return Ok(None);
        };
        let passed: Vec<(usize, Step)> = now[place..place + distance].to_vec();
        let mut worlds = vec![world.clone()];
        let mut events: Vec<Event> = Vec::new();
        for (_, step) in &passed {
            let mut next = worlds[events.len()].clone();
            events.push(next.take(program, *step)?);
            worlds.push(next);
        }
        for at in (0..distance).rev() {
            if !worlds[at].is_enabled(program, step) {
                return Ok(None);
            }
            let moved = worlds[at + 1].clone().take(program, step)?;
            if moved.depends_on(&events[at]) {
                return Ok(None);
            }
            swaps.push(Swap {
                at: place + at + 1,
                later: passed[at].0 + 1,
                earlier: now[place + distance].0 + 1,
                both_touch: both_touch(program, &events[at], &moved),
            });
        }
        now[place..=place + distance].rotate_right(1);
        world.take(program, step)?;
    }
    Ok(Some(swaps))
}

fn both_touch(program: &dyn Program, one: &Event, other: &Event) -> Vec<String> {
    let touched = |id: &ObjectId| other.footprint.iter().any(|(object, _)| object == id);
    let ids = one.footprint.iter().map(|(object, _)| *object);
    let names = ids.filter(touched).map(|id| program.object(id).name);
    names.collect()
}

fn record(program: &mut dyn Program, path: &[Step]) -> Result<Vec<TraceStep>, Fault> {
    let mut recorder = Recorder::new(program)?;
    for &step in path {
        recorder.take(step)?;
    }
    Ok(recorder.steps)
}

/// Returns the schedule of recorded steps.
fn written(steps: &[TraceStep]) -> String {
    let choices: Vec<String> = steps.iter().map(|step| step.choice.clone()).collect();
    schedule::join(&choices)
}

impl TwinStep {
    fn of(step: TraceStep) -> Self {
        Self {
            n: step.n,
            choice: step.choice,
            by: step.by,
        }
    }
}
