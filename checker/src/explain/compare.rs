//! Explains why a fix works: plays the schedule of the bug on the fixed variant, up to the point
//! where the two part.
//!
//! A step of the buggy variant is matched in the fixed one by its goroutines, their operations and
//! their objects; line numbers do not count. Steps that the fix has added in between are taken on
//! the way, if the rest of the buggy schedule does not have them. They must belong to a goroutine
//! that the step needs, or to one that only the fixed variant has. If the schedule cannot be played
//! to its end, that is the explanation.

use serde::{Deserialize, Serialize};

use super::changes::changes;
use super::effects::effects;
use super::final_state;
use super::record::Recorder;
use super::releasers::Releasers;
use super::source_diff::{DiffRow, diff};
use super::survey::Survey;
use super::trace::{Act, Step as TraceStep, Trace};
use crate::execution::words;
use crate::explore::Cycle;
use crate::model::{Fault, GoroutineId, Pending, Program, Site, Step, Verb};

pub use super::changes::{Change, Position, Use};
pub use super::effects::{Effect, NeverWaits, Now};
pub use super::survey::Visited;

/// Most steps of its own that the fixed variant may take before one step of the buggy schedule.
const EXTRA_MAX: usize = 8;

/// Most steps for which the fixed variant is run on after the two have parted.
const RUN_ON_MAX: usize = 300;

/// The comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Why {
    /// The bug.
    pub buggy: Trace,
    /// The fixed variant in the state in which the buggy one ends, or where it can no longer
    /// follow.
    pub now: Trace,
    /// The fixed variant, run on from there to its end.
    pub fixed: Trace,
    /// The steps in common, and those of the fixed variant's own.
    pub pairs: Vec<Pair>,
    /// The buggy step that the fixed variant cannot take, if there is one.
    pub parted: Option<Parted>,
    /// The changes that the fix makes.
    pub changed: Vec<Change>,
    /// The effect of the changes on the reasons of the bug.
    pub breaks: Vec<Effect>,
    /// The states of the buggy variant of which it is known that they lack what the fix adds.
    pub visited_buggy: Visited,
    /// The states of the fixed variant of which it is known that they lack what the fix removes.
    pub visited_fixed: Visited,
    /// The ground for the claim that the fixed variant is free of the bug.
    pub ground: String,
    /// The difference of the two sources.
    pub diff: Vec<DiffRow>,
}

/// A row of the common part: the numbers of matching steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pair {
    /// The step of the buggy variant; `None` if only the fixed variant takes this step.
    pub buggy: Option<usize>,
    /// The step of the fixed variant.
    pub fixed: usize,
}

/// The point where the fixed variant could not follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parted {
    /// The step of the buggy variant, from 1.
    pub step: usize,
    /// The goroutines that do not stand there, or the claim that all do.
    pub changes: Vec<Change>,
}

/// The movers, what they do, and with what.
type Signature = Vec<words::Act>;

impl Why {
    /// Plays the schedule of the bug on the fixed variant. `ground` is the ground for the claim
    /// that this variant is free of the bug. `sources` are those of the buggy and the fixed one.
    ///
    /// # Errors
    /// If a variant has a fault.
    pub fn build(
        bug: &Trace,
        buggy: &mut dyn Program,
        fixed: &mut dyn Program,
        ground: &str,
        sources: Option<(&str, &str)>,
    ) -> Result<Self, Fault> {
        let of_buggy = Survey::collect(buggy)?;
        let of_fixed = Survey::collect(fixed)?;
        let releasers = Releasers::collect(fixed, Releasers::STATES_MAX)?;
        let Followed {
            path,
            pairs,
            parted,
        } = follow(bug, fixed)?;
        let name = |trace: Trace| match &bug.kernel {
            Some(kernel) => trace.named(kernel, "fixed"),
            None => trace,
        };
        let now = name(Trace::play(fixed, &path, &Cycle::default(), &releasers)?);
        let to_end = run_on(fixed, &path)?;
        let run = name(Trace::play(fixed, &to_end, &Cycle::default(), &releasers)?);
        // Names may grow longer with all that is met, so nothing is written down before.
        let parted = match parted {
            Some(step) => Some(parted_at(&bug.steps[step - 1], fixed, &path)?),
            None => None,
        };
        let mut why = Self {
            buggy: bug.clone(),
            now,
            fixed: run,
            pairs,
            parted,
            changed: Vec::new(),
            breaks: Vec::new(),
            visited_buggy: of_buggy.visited,
            visited_fixed: of_fixed.visited,
            ground: ground.to_owned(),
            diff: sources.map_or_else(Vec::new, |(buggy, fixed)| diff(buggy, fixed)),
        };
        why.changed = changes(&why, &of_buggy, &of_fixed);
        why.breaks = effects(&why, &of_fixed);
        Ok(why)
    }

    /// Returns how far the knowledge of objects and goroutines reaches that only one variant has;
    /// `None` if it is of all states, or if there are none.
    #[must_use]
    pub fn reach(&self) -> Option<String> {
        let (mut buggy, mut fixed) = (false, false);
        for change in &self.changed {
            match change {
                Change::ObjectAdded { .. } | Change::GoroutineAdded { .. } => buggy = true,
                Change::ObjectRemoved { .. } | Change::GoroutineRemoved { .. } => fixed = true,
                Change::Room { .. }
                | Change::Kind { .. }
                | Change::Parted { .. }
                | Change::NotEnabled { .. }
                | Change::Moved { .. }
                | Change::Nothing => {}
            }
        }
        let part = |claimed: bool, visited: Visited, variant: &str| {
            let states = visited.states;
            let is_part = claimed && !visited.all;
            is_part.then(|| format!("{states} states of the {variant} variant"))
        };
        let buggy = part(buggy, self.visited_buggy, "buggy");
        let fixed = part(fixed, self.visited_fixed, "fixed");
        let parts: Vec<String> = buggy.into_iter().chain(fixed).collect();
        (!parts.is_empty()).then(|| {
            format!(
                "(what only one has: as far as {} tell)",
                parts.join(" and ")
            )
        })
    }
}

/// The part of the buggy schedule that the fixed variant can follow.
struct Followed {
    path: Vec<Step>,
    pairs: Vec<Pair>,
    /// The buggy step that cannot be taken, from 1.
    parted: Option<usize>,
}

/// Plays the buggy schedule on the fixed variant as far as possible.
fn follow(buggy: &Trace, fixed: &mut dyn Program) -> Result<Followed, Fault> {
    let mut recorder = Recorder::new(fixed)?;
    let mut pairs = Vec::new();
    let known: Vec<&String> = buggy.goroutines.iter().map(|g| &g.name).collect();
    for (index, step) in buggy.steps.iter().enumerate() {
        let wanted = signature(step);
        let rest: Vec<Signature> = buggy.steps[index..].iter().map(signature).collect();
        let mut extra = 0;
        loop {
            let of = |step: &Step| words::acts(recorder.program, &recorder.world, *step);
            let found = recorder
                .enabled
                .iter()
                .find(|step| same(&of(step), &wanted));
            if let Some(&found) = found {
                recorder.take(found)?;
                pairs.push(Pair {
                    buggy: Some(step.n),
                    fixed: recorder.steps.len(),
                });
                break;
            }
            // The fix may do something of its own here: by a goroutine that it adds, or by one of
            // this step's. It is not a step that the schedule takes later.
            let own = recorder.enabled.iter().find(|step| {
                let signature = of(step);
                let concerned = signature.iter().all(|(name, ..)| {
                    !known.contains(&name) || wanted.iter().any(|(mover, ..)| mover == name)
                });
                concerned && !rest.contains(&signature)
            });
            let Some(&own) = own.filter(|_| extra < EXTRA_MAX) else {
                return Ok(Followed {
                    path: recorder.path,
                    pairs,
                    parted: Some(step.n),
                });
            };
            extra += 1;
            recorder.take(own)?;
            pairs.push(Pair {
                buggy: None,
                fixed: recorder.steps.len(),
            });
        }
    }
    Ok(Followed {
        path: recorder.path,
        pairs,
        parted: None,
    })
}

/// Explains why the fixed variant cannot take this step after this path: where its goroutines stand
/// instead.
fn parted_at(step: &TraceStep, fixed: &mut dyn Program, path: &[Step]) -> Result<Parted, Fault> {
    let mut recorder = Recorder::new(fixed)?;
    for taken in path {
        recorder.take(*taken)?;
    }
    let elsewhere = step.by.iter().filter_map(|act| {
        Some(Change::Parted {
            goroutine: act.goroutine.clone(),
            act: act.text(),
            line: act.place.line,
            step: step.n,
            now: elsewhere(&recorder, act)?,
        })
    });
    let mut changes: Vec<Change> = elsewhere.collect();
    if changes.is_empty() {
        changes.push(Change::NotEnabled { step: step.n });
    }
    Ok(Parted {
        step: step.n,
        changes,
    })
}

/// Returns the position of the goroutine of an act; `None` if it is about to do this very act.
fn elsewhere(recorder: &Recorder<'_>, act: &Act) -> Option<Position> {
    let (program, world) = (&*recorder.program, &recorder.world);
    let is_it = |id: &GoroutineId| {
        world.goroutine(*id).is_some() && program.goroutine(*id).name == act.goroutine
    };
    let Some(id) = world.ids().find(is_it) else {
        return Some(Position::NotStarted);
    };
    let op = match world.pending(program, id) {
        Pending::Nothing => return Some(Position::Ended),
        Pending::Fire(_) => {
            let can_move = recorder.enabled.iter().any(|step| step.moves(id));
            return (!can_move).then_some(Position::Spent);
        }
        Pending::Op(op) => op,
    };
    let here = final_state::operation(recorder, op, Site::NONE);
    let there = (here.verb, &here.object, &here.label);
    let same = if act.op == Verb::Select {
        here.cases.iter().any(|case| case == "default")
    } else {
        there == (act.op, &act.object, &act.label) || is_case(act, &here.cases)
    };
    (!same).then(|| Position::At {
        op: here.text(),
        line: recorder.site(world, id).line,
    })
}

/// Returns true if an act is one of these cases of a select.
fn is_case(act: &Act, cases: &[String]) -> bool {
    let object = act.object.as_ref();
    object.is_some_and(|object| cases.contains(&format!("{} {object}", act.op)))
}

fn signature(step: &TraceStep) -> Signature {
    let one = |act: &Act| {
        let choice = (act.op == Verb::Choose).then(|| act.note.clone()).flatten();
        (act.goroutine.clone(), act.op, act.object.clone().or(choice))
    };
    step.by.iter().map(one).collect()
}

/// Returns true if two signatures are the same step, whoever of a rendezvous is named first.
fn same(a: &Signature, b: &Signature) -> bool {
    a == b || (a.len() == 2 && b.len() == 2 && a[0] == b[1] && a[1] == b[0])
}

/// Runs on in the default order, which takes the first enabled step.
fn run_on(program: &mut dyn Program, path: &[Step]) -> Result<Vec<Step>, Fault> {
    let mut recorder = Recorder::new(program)?;
    for step in path {
        recorder.take(*step)?;
    }
    for _ in 0..RUN_ON_MAX {
        let Some(&step) = recorder.enabled.first() else {
            break;
        };
        recorder.take(step)?;
    }
    Ok(recorder.path)
}
