//! Explains why a fix works: plays the schedule of the bug on the fixed variant, up to the point
//! where the two part.
//!
//! A step of the buggy variant is matched in the fixed one by its goroutines, their operations and
//! their objects; line numbers do not count. Steps that the fix has added in between are taken on
//! the way, if the rest of the buggy schedule does not have them. They must belong to a goroutine
//! that the step needs, or to one that only the fixed variant has. If the schedule cannot be played
//! to its end, that is the explanation.

use serde::{Deserialize, Serialize};

use super::changes::{breaks, changed};
use super::lock_waits::LockWaits;
use super::record::Recorder;
use super::releasers::Releasers;
use super::source_diff::{DiffRow, diff};
use super::trace::{Step as TraceStep, Trace};
use crate::execution::words;
use crate::explore::Cycle;
use crate::model::{Fault, Pending, Program, Step, Verb};

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
    pub changed: Vec<String>,
    /// The effect of the changes on the reason of the bug.
    pub breaks: Vec<String>,
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
    /// The reason.
    pub why: String,
}

/// The movers, what they do, and with what.
type Signature = Vec<words::Act>;

impl Why {
    /// Plays the schedule of `buggy` on the fixed variant. `ground` is the ground for the claim
    /// that this variant is free of the bug. `sources` are the sources of the buggy and the fixed
    /// variant.
    ///
    /// # Errors
    /// If the fixed variant has a fault.
    pub fn build(
        buggy: &Trace,
        fixed: &mut dyn Program,
        ground: &str,
        sources: Option<(&str, &str)>,
    ) -> Result<Self, Fault> {
        let Followed {
            path,
            pairs,
            parted,
        } = follow(buggy, fixed)?;
        let releasers = Releasers::collect(fixed, Releasers::STATES_MAX)?;
        let name = |trace: Trace| match &buggy.kernel {
            Some(kernel) => trace.named(kernel, "fixed"),
            None => trace,
        };
        let now = name(Trace::play(fixed, &path, &Cycle::default(), &releasers)?);
        let path = run_on(fixed, path)?;
        let run = name(Trace::play(fixed, &path, &Cycle::default(), &releasers)?);
        let mut why = Self {
            buggy: buggy.clone(),
            now,
            fixed: run,
            pairs,
            parted,
            changed: Vec::new(),
            breaks: Vec::new(),
            ground: ground.to_owned(),
            diff: sources.map_or_else(Vec::new, |(buggy, fixed)| diff(buggy, fixed)),
        };
        why.changed = changed(&why);
        why.breaks = breaks(&why);
        if why.parted.is_some() {
            why.breaks.extend(LockWaits::collect(fixed)?.gone(buggy));
        }
        Ok(why)
    }
}

/// The part of the buggy schedule that the fixed variant can follow.
struct Followed {
    path: Vec<Step>,
    pairs: Vec<Pair>,
    parted: Option<Parted>,
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
                let why = no_longer(&recorder, step);
                let parted = Parted { step: step.n, why };
                return Ok(Followed {
                    path: recorder.path,
                    pairs,
                    parted: Some(parted),
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

/// Explains why the fixed variant cannot take this step: where its goroutines stand instead.
fn no_longer(recorder: &Recorder<'_>, step: &TraceStep) -> String {
    let mut parts = Vec::new();
    for act in &step.by {
        let mut ids = recorder.world.ids();
        let id = ids.find(|&id| {
            recorder.world.goroutine(id).is_some() && recorder.name(id) == act.goroutine
        });
        let stands = match id.map(|id| (id, recorder.world.pending(recorder.program, id))) {
            None => "is not there yet".to_owned(),
            Some((_, Pending::Nothing)) => "has ended".to_owned(),
            Some((_, Pending::Fire(_))) => "does not fire".to_owned(),
            Some((id, Pending::Op(op))) => {
                let line = recorder.site(&recorder.world, id).line;
                let text = words::operation(recorder.program, op);
                let plain = match &act.object {
                    Some(object) => format!("{} {object}", act.op),
                    None => act.op.to_string(),
                };
                // It stands at the very operation, which is only not enabled.
                if text == plain {
                    continue;
                }
                format!("stands at {text} (:{line})")
            }
        };
        parts.push(format!(
            "where {} came to {} (:{}) in step {} it now {stands}",
            act.goroutine,
            act.text(),
            act.place.line,
            step.n
        ));
    }
    if parts.is_empty() {
        return format!(
            "the operations of step {} are there, and cannot be done",
            step.n
        );
    }
    parts.join("; ")
}

fn signature(step: &TraceStep) -> Signature {
    let one = |act: &super::trace::Act| {
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
fn run_on(program: &mut dyn Program, mut path: Vec<Step>) -> Result<Vec<Step>, Fault> {
    let mut recorder = Recorder::new(program)?;
    for step in &path {
        recorder.take(*step)?;
    }
    for _ in 0..RUN_ON_MAX {
        let Some(&step) = recorder.enabled.first() else {
            break;
        };
        recorder.take(step)?;
        path.push(step);
    }
    Ok(path)
}
