//! Describes the changes of a fix, and their effect on the reason of the bug.

use super::compare::Why;
use super::trace::{Ending, Operation, Standing, State, Trace};
use crate::execution::words;

/// Describes the changes: objects, goroutines, and the operations at which goroutines stand.
pub(super) fn changed(why: &Why) -> Vec<String> {
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
        // If the two parted before the end, the goroutines stand at different points, which are not
        // compared.
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

/// Lists the users of an object in a trace, with places: `: watcher close :25, loop recv :19`.
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

/// Describes what becomes of the reasons of the bug in the fixed variant.
pub(super) fn breaks(why: &Why) -> Vec<String> {
    let end = why.buggy.end;
    // Where the two part, the end of the bug is not reached, so there are no waits to compare.
    if let Some(parted) = &why.parted {
        let step = &why.buggy.steps[parted.step - 1];
        let acts: Vec<String> = step
            .by
            .iter()
            .map(|act| format!("{}: {}", act.goroutine, act.text()))
            .collect();
        return vec![format!(
            "step {} of the buggy schedule ({}) cannot be taken any more, so the {end} does not \
             come about this way",
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

/// Describes a goroutine that can move in the fixed variant and could not in the buggy one.
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

/// Describes the change for a goroutine that was stuck; `None` if it waits as before.
fn broken(why: &Why, name: &str) -> Option<String> {
    let before = why.buggy.standing(name)?.op.as_ref()?;
    let standing = why.now.standing(name)?;
    let line = standing.place.line;
    let Some(now) = &standing.op else {
        return Some("has ended instead of waiting".to_owned());
    };
    let ready = standing.state == State::Ready;
    let was = |case: &String| *case == before.text() || before.cases.contains(case);
    let open = |case: &&String| !words::is_nil_case(case);
    if now.cases.iter().filter(open).any(was) {
        let others: Vec<&str> = now
            .cases
            .iter()
            .filter(|case| open(case) && !was(case))
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
    } else if words::without_nil_lines(&text) == words::without_nil_lines(&before.text()) {
        None
    } else {
        Some(format!("waits elsewhere: {text} (:{line})"))
    }
}
