//! Why the fix works: the schedule of the bug, played on the fixed variant too, up to where the two
//! part.
//!
//! A step of the buggy variant is found again in the fixed one by who moves, what they do and with
//! what object; line numbers do not count. Where the fix has put steps of its own in between, these
//! are taken on the way: steps of a goroutine that the step needs, or of one that only the fixed
//! variant has, which the rest of the buggy schedule does not have. If the schedule cannot be
//! played to its end, that is the explanation.

use serde::{Deserialize, Serialize};

use super::changes::{breaks, changed};
use super::record::Recorder;
use super::releasers::Releasers;
use super::source_diff::{DiffRow, diff};
use super::trace::{Step as TraceStep, Trace};
use crate::execution::words;
use crate::explore::Cycle;
use crate::model::{Fault, GoroutineId, Pending, Program, Step, World};

/// How many steps of its own the fixed variant may take before one step of the buggy schedule.
const EXTRA_MAX: usize = 8;

/// How many steps the fixed variant is run on for, after the two have parted.
const RUN_ON_MAX: usize = 300;

/// The comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Why {
    /// The bug.
    pub buggy: Trace,
    /// The fixed variant in the state in which the buggy one has come to its end, or where it could
    /// not follow any more.
    pub now: Trace,
    /// The fixed variant, run on from there to its end.
    pub fixed: Trace,
    /// The steps in common, and those of the fixed variant's own.
    pub pairs: Vec<Pair>,
    /// The number of the buggy step that the fixed variant cannot take, and why.
    pub parted: Option<Parted>,
    /// What the fix has changed.
    pub changed: Vec<String>,
    /// What that does to the reason of the bug.
    pub breaks: Vec<String>,
    /// On what ground it is said that the fixed variant is free of the bug.
    pub ground: String,
    /// The difference of the two sources.
    pub diff: Vec<DiffRow>,
}

/// A row of the steps up to where the two part, by the numbers of the steps in each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pair {
    /// The step of the buggy variant.
    pub buggy: Option<usize>,
    /// The step of the fixed variant.
    pub fixed: usize,
}

/// Where the fixed variant could not follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parted {
    /// The step of the buggy variant, from 1.
    pub step: usize,
    /// Why not.
    pub why: String,
}

/// Who moves, what they do, and with what.
type Signature = Vec<(String, String, Option<String>)>;

impl Why {
    /// Plays the schedule of `buggy` on the fixed variant. `ground` is the ground on which that
    /// variant is said to be free of the bug, `sources` are those of the buggy and of the fixed
    /// one.
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
        Ok(why)
    }
}

/// The buggy schedule as far as the fixed variant can follow it.
struct Followed {
    path: Vec<Step>,
    pairs: Vec<Pair>,
    parted: Option<Parted>,
}

/// Plays the buggy schedule on the fixed variant, as far as it goes.
fn follow(buggy: &Trace, fixed: &mut dyn Program) -> Result<Followed, Fault> {
    let mut recorder = Recorder::new(fixed)?;
    let mut pairs = Vec::new();
    let known: Vec<&String> = buggy.goroutines.iter().map(|g| &g.name).collect();
    for (index, step) in buggy.steps.iter().enumerate() {
        let wanted = signature(step);
        let rest: Vec<Signature> = buggy.steps[index..].iter().map(signature).collect();
        let mut extra = 0;
        loop {
            let mut enabled = Vec::new();
            recorder.world.enabled(recorder.program, &mut enabled);
            let of = |step: &Step| signature_of(recorder.program, &recorder.world, *step);
            let found = enabled.iter().find(|step| same(&of(step), &wanted));
            if let Some(&found) = found {
                recorder.take(found)?;
                pairs.push(Pair {
                    buggy: Some(step.n),
                    fixed: recorder.steps.len(),
                });
                break;
            }
            let own = enabled.iter().find(|step| {
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

/// Why the fixed variant cannot take this step: where those who would move stand there.
fn no_longer(recorder: &Recorder<'_>, step: &TraceStep) -> String {
    let mut parts = Vec::new();
    for act in &step.by {
        let mut ids = (0..recorder.world.goroutines().len()).map(GoroutineId::from_index);
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
                let plain = Act {
                    verb: &act.op,
                    object: act.object.as_deref(),
                }
                .text();
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

struct Act<'a> {
    verb: &'a str,
    object: Option<&'a str>,
}

impl Act<'_> {
    fn text(&self) -> String {
        match self.object {
            Some(object) => format!("{} {object}", self.verb),
            None => self.verb.to_owned(),
        }
    }
}

fn signature(step: &TraceStep) -> Signature {
    let one = |act: &super::trace::Act| {
        let choice = (act.op == "choose").then(|| act.note.clone()).flatten();
        (
            act.goroutine.clone(),
            act.op.clone(),
            act.object.clone().or(choice),
        )
    };
    step.by.iter().map(one).collect()
}

/// What a step that can be taken would be in a trace.
fn signature_of(program: &dyn Program, world: &World, step: Step) -> Signature {
    let one = |id: GoroutineId| {
        let choice = step.choice_of(id);
        let name = program.goroutine(id).name;
        let (verb, object) = match world.pending(program, id) {
            Pending::Nothing => (String::new(), None),
            Pending::Fire(timer) => {
                let (verb, object) = words::of_timer(world, timer, choice);
                (verb.to_owned(), Some(program.object(object).name))
            }
            Pending::Op(op) => match op.case(choice) {
                Some(case) => {
                    let channel = words::object(program, case.channel());
                    (case.verb().to_owned(), Some(channel))
                }
                None => {
                    let number = words::chosen(choice);
                    let subject = words::subject(program, op);
                    (op.facts().verb.to_owned(), subject.or(number))
                }
            },
        };
        (name, verb, object)
    };
    step.movers().map(one).collect()
}

/// Whether two signatures are the same step, whoever of a rendezvous is named first.
fn same(a: &Signature, b: &Signature) -> bool {
    a == b || (a.len() == 2 && b.len() == 2 && a[0] == b[1] && a[1] == b[0])
}

/// Runs on in the default order, which takes the first step that can be taken.
fn run_on(program: &mut dyn Program, mut path: Vec<Step>) -> Result<Vec<Step>, Fault> {
    let mut recorder = Recorder::new(program)?;
    for step in &path {
        recorder.take(*step)?;
    }
    let mut enabled = Vec::new();
    for _ in 0..RUN_ON_MAX {
        recorder.world.enabled(recorder.program, &mut enabled);
        let Some(&step) = enabled.first() else { break };
        recorder.take(step)?;
        path.push(step);
    }
    Ok(path)
}
