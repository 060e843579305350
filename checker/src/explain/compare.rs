//! Why the fix works: the schedule of the bug, played on the fixed variant too, up to where the two part.
//!
//! A step of the buggy variant is found again in the fixed one by who moves, what they do and with what object; line numbers do not count. Where the fix has put
//! steps of its own in between, these are taken on the way: steps of a goroutine that the step needs, or of one that only the fixed variant has, which
//! the rest of the buggy schedule does not have. If the schedule cannot be played to its end, that is the explanation.

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use super::record::Recorder;
use super::releasers::Releasers;
use super::trace::{Ending, Operation, Standing, State, Step as TraceStep, Trace};
use crate::execution::words;
use crate::explore::Cycle;
use crate::model::{Case, Fault, GoroutineId, Op, Pending, Program, Step, World};
use crate::report::Report;
use crate::report::Verdict;

/// How many steps of its own the fixed variant may take before one step of the buggy schedule.
const EXTRA_MAX: usize = 8;

/// How many steps the fixed variant is run on for, after the two have parted.
const RUN_ON_MAX: usize = 300;

/// Lines that do not differ around those that do.
const CONTEXT_LINES: usize = 2;

/// The comparison.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Why {
    /// The bug.
    pub buggy: Trace,
    /// The fixed variant in the state in which the buggy one has come to its end, or where it could not follow any more.
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

/// A row of the difference of the sources.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DiffRow {
    /// Whether both sides are the same.
    pub same: bool,
    /// The number of the line in the buggy source, and the line.
    pub buggy: Option<(usize, String)>,
    /// The number of the line in the fixed source, and the line.
    pub fixed: Option<(usize, String)>,
}

/// Who moves, what they do, and with what.
type Signature = Vec<(String, String, Option<String>)>;

impl Why {
    /// Plays the schedule of `buggy` on the fixed variant. `report` is what the search has to say of the fixed variant, `sources` are those of the
    /// buggy and of the fixed one.
    ///
    /// # Errors
    /// If the fixed variant has a fault.
    pub fn build(
        buggy: &Trace,
        fixed: &mut dyn Program,
        report: Option<&Report>,
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
            ground: ground(report),
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
            match own {
                Some(&own) if extra < EXTRA_MAX => {
                    extra += 1;
                    recorder.take(own)?;
                    pairs.push(Pair {
                        buggy: None,
                        fixed: recorder.steps.len(),
                    });
                }
                _ => {
                    let why = no_longer(&recorder, step);
                    let parted = Parted { step: step.n, why };
                    return Ok(Followed {
                        path: recorder.path,
                        pairs,
                        parted: Some(parted),
                    });
                }
            }
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
    let mut parts = vec![(step.actor, step.case)];
    parts.extend(step.partner);
    let one = |(id, case): (GoroutineId, u32)| {
        let name = program.goroutine(id).name;
        let (verb, object) = match world.pending(program, id) {
            Pending::Nothing => (String::new(), None),
            Pending::Fire(timer) => {
                let (verb, object) = words::of_timer(world, timer, case);
                (verb.to_owned(), Some(program.object(object).name))
            }
            Pending::Op(op) => match op {
                Op::Go(child) => ("go".to_owned(), Some(program.goroutine(*child).name)),
                Op::Choose(_) => ("choose".to_owned(), Some(format!("= {case}"))),
                Op::Select { cases, .. } => match cases.get(case as usize) {
                    Some(Case::Send(channel, _)) => {
                        ("send".to_owned(), Some(words::object(program, *channel)))
                    }
                    Some(Case::Recv(channel)) => {
                        ("recv".to_owned(), Some(words::object(program, *channel)))
                    }
                    None => ("select".to_owned(), None),
                },
                Op::Pause(_) => (words::verb(op).to_owned(), None),
                _ => {
                    let object = op.objects().first().copied();
                    let text = words::object(program, object);
                    (words::verb(op).to_owned(), Some(text))
                }
            },
        };
        (name, verb, object)
    };
    parts.into_iter().map(one).collect()
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

fn ground(report: Option<&Report>) -> String {
    let Some(report) = report else {
        return "the fixed variant was not searched".to_owned();
    };
    let findings = &report.findings;
    let counts = match findings.states {
        Some(states) => format!("{states} states"),
        None => format!("{} executions", findings.executions),
    };
    match report.verdict {
        Verdict::Proved => {
            format!("all {counts} of the fixed variant were explored: nothing bad, no bound")
        }
        Verdict::Bounded => {
            format!("NOT proved: nothing bad in {counts} of the fixed variant, which are not all")
        }
        verdict => format!("NOT so: the fixed variant itself ends in {verdict}"),
    }
}

/// What the fix has changed: objects, goroutines, and the operations at which goroutines stand.
fn changed(why: &Why) -> Vec<String> {
    let mut lines = changed_objects(&why.buggy, &why.fixed);
    for goroutine in why.fixed.goroutines.iter().filter(|g| !g.timer) {
        let name = &goroutine.name;
        if !why.buggy.goroutines.iter().any(|known| known.name == *name) {
            let line = goroutine.place.line;
            lines.push(format!("+ goroutine {name}, started at :{line}"));
        }
    }
    match &why.parted {
        Some(parted) => lines.push(format!("~ {}", parted.why)),
        // Where the two have parted before the end they stand at different points, which are not compared.
        None => lines.extend(changed_standings(why)),
    }
    if lines.is_empty() {
        lines.push("the order of operations only".to_owned());
    }
    lines
}

fn changed_objects(old: &Trace, new: &Trace) -> Vec<String> {
    let mut lines = Vec::new();
    for object in &new.objects {
        let kind = &object.kind;
        match old.objects.iter().find(|known| known.name == object.name) {
            None => lines.push(format!(
                "+ {kind} {}{}",
                object.name,
                uses(new, &object.name)
            )),
            Some(known) if known.cap != object.cap => lines.push(format!(
                "~ {kind} {} has room for {} instead of {}",
                object.name,
                object.cap.unwrap_or(0),
                known.cap.unwrap_or(0)
            )),
            Some(known) if known.kind != object.kind => {
                lines.push(format!(
                    "~ {} is a {kind} instead of a {}",
                    object.name, known.kind
                ));
            }
            Some(_) => {}
        }
    }
    for object in &old.objects {
        if object.users > 0 && !new.objects.iter().any(|known| known.name == object.name) {
            lines.push(format!("- {} {}", object.kind, object.name));
        }
    }
    lines
}

fn changed_standings(why: &Why) -> Vec<String> {
    let mut lines = Vec::new();
    for standing in &why.buggy.last {
        let name = &standing.goroutine;
        let Some(after) = why.now.standing(name) else {
            continue;
        };
        let before = standing.op.as_ref().map(Operation::text);
        let now = after.op.as_ref().map(Operation::text);
        if before == now {
            continue;
        }
        let before = before.map_or_else(
            || "had ended".to_owned(),
            |text| format!("stood at {text} (:{})", standing.place.line),
        );
        let now = now.map_or_else(
            || "has ended".to_owned(),
            |text| format!("stands at {text} (:{})", after.place.line),
        );
        lines.push(format!("~ where {name} {before} it now {now}"));
    }
    lines
}

/// Who uses an object in a trace, and where: `: watcher close :25, loop recv :19`.
fn uses(trace: &Trace, object: &str) -> String {
    let mut uses: Vec<String> = Vec::new();
    for act in trace.steps.iter().flat_map(|step| &step.by) {
        if act.object.as_deref() == Some(object) {
            let text = format!("{} {} :{}", act.goroutine, act.op, act.place.line);
            if !uses.contains(&text) {
                uses.push(text);
            }
        }
    }
    if uses.is_empty() {
        return String::new();
    }
    if uses.len() > 3 {
        uses.truncate(3);
        uses.push("..".to_owned());
    }
    format!(": {}", uses.join(", "))
}

/// What becomes of the reasons of the bug in the fixed variant.
fn breaks(why: &Why) -> Vec<String> {
    let end = why.buggy.end;
    if let Some(parted) = &why.parted {
        let step = &why.buggy.steps[parted.step - 1];
        let acts: Vec<String> = step
            .by
            .iter()
            .map(|act| format!("{}: {}", act.goroutine, act.text()))
            .collect();
        return vec![format!(
            "step {} of the buggy schedule ({}) cannot be taken any more, so the {end} does not come about this way",
            parted.step,
            acts.join(", ")
        )];
    }
    let mut lines = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for reason in &why.buggy.waits.reasons {
        let first = lines.len();
        for name in &reason.members {
            if told.contains(&name.as_str()) {
                continue;
            }
            let Some(text) = broken(why, name) else {
                continue;
            };
            told.push(name);
            let inner = why.buggy.waits.within(reason);
            let edges: Vec<String> = inner
                .filter(|edge| edge.from == *name)
                .map(|edge| format!("{name} -({})-> {}", edge.object, edge.to))
                .collect();
            lines.push(if edges.is_empty() {
                format!("{name} {text}")
            } else {
                format!("{}: {name} {text}", edges.join(", "))
            });
        }
        if reason.simple && reason.members.len() > 1 && lines.len() > first {
            let cycle = reason.members.join(" -> ");
            let back = &reason.members[0];
            lines.push(format!("so {cycle} -> {back} is no cycle here"));
        }
    }
    let others = why.now.last.iter().filter(|standing| {
        standing.state == State::Ready && !told.contains(&standing.goroutine.as_str())
    });
    for standing in others.take(3) {
        if let Some(text) = moves_again(why, standing) {
            lines.push(text);
        }
    }
    if end == Ending::Panic && why.now.end != Ending::Panic {
        lines.push("the step that panics in the buggy variant does not panic here".to_owned());
    }
    if lines.is_empty() {
        lines.push(if why.now.enabled.is_empty() {
            "nothing on this schedule: the fixed variant cannot move here either".to_owned()
        } else {
            format!("it can go on here: {}", why.now.enabled.join(", "))
        });
    }
    lines
}

/// What is to be said of a goroutine that can move in the fixed variant, and could not in the buggy one.
fn moves_again(why: &Why, now: &Standing) -> Option<String> {
    let (name, op) = (&now.goroutine, now.op.as_ref()?);
    let how = match why.buggy.standing(name)?.state {
        State::Stuck => "is not stuck",
        State::Returned => "has not returned yet",
        State::Ready | State::Waiting | State::Panicked => return None,
    };
    let (text, line) = (op.text(), now.place.line);
    Some(format!("{name} {how}: it can go on with {text} (:{line})"))
}

/// What has become of a goroutine that was stuck; `None` if it waits as it did.
fn broken(why: &Why, name: &str) -> Option<String> {
    let before = why.buggy.standing(name)?.op.as_ref()?;
    let standing = why.now.standing(name)?;
    let line = standing.place.line;
    let Some(now) = &standing.op else {
        return Some("has ended instead of waiting".to_owned());
    };
    let ready = standing.state == State::Ready;
    let was = |case: &String| *case == before.text() || before.cases.contains(case);
    if now.cases.iter().any(was) {
        let others: Vec<&str> = now
            .cases
            .iter()
            .filter(|case| !was(case))
            .map(String::as_str)
            .collect();
        if !others.is_empty() {
            let open = if ready { ", and can go on" } else { "" };
            let others = others.join(", ");
            return Some(format!("has another way out: {others} (:{line}){open}"));
        }
    }
    let text = now.text();
    if ready {
        Some(format!("does not wait: it can go on with {text} (:{line})"))
    } else if text == before.text() {
        None
    } else {
        Some(format!("waits elsewhere: {text} (:{line})"))
    }
}

/// The difference of two texts, side by side, with a few equal lines around what differs. An empty row, without either side, stands
/// for lines left out.
fn diff(old: &str, new: &str) -> Vec<DiffRow> {
    let diff = TextDiff::from_lines(old, new);
    let mut rows: Vec<DiffRow> = Vec::new();
    for (at, group) in diff.grouped_ops(CONTEXT_LINES).iter().enumerate() {
        if at > 0 {
            rows.push(DiffRow {
                same: true,
                buggy: None,
                fixed: None,
            });
        }
        for op in group {
            let first = rows.len();
            for change in diff.iter_changes(op) {
                let text = change.value().trim_end().to_owned();
                let old = change.old_index().map(|index| (index + 1, text.clone()));
                let new = change.new_index().map(|index| (index + 1, text));
                match change.tag() {
                    ChangeTag::Insert => {
                        // Beside the first line of this change that has nothing on its right.
                        let free = rows[first..].iter_mut().find(|row| row.fixed.is_none());
                        match free {
                            Some(row) => row.fixed = new,
                            None => rows.push(DiffRow {
                                same: false,
                                buggy: None,
                                fixed: new,
                            }),
                        }
                    }
                    tag => rows.push(DiffRow {
                        same: tag == ChangeTag::Equal,
                        buggy: old,
                        fixed: new,
                    }),
                }
            }
        }
    }
    rows
}
