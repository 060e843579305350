//! The work that a program does: a fix that leaves it out is none.

use std::collections::BTreeMap;

use gordian_checker::explain::StateGraph;

use super::exercises::{Must, Work};

/// Returns the work that a program does not do, in words.
pub(super) fn undone(graph: &StateGraph, work: &Work) -> Vec<String> {
    let mut missing = Vec::new();
    for must in work.must {
        let times = must.times;
        let what = format!("{} {}", must.verb, must.object);
        let what = what.trim_end();
        let done = most(graph, must, 0, &mut BTreeMap::new());
        match (times, done) {
            (0, _) if !is_offered(graph, must) => {
                missing.push(format!("nobody comes to `{what}`"));
            }
            (1.., 0) => missing.push(format!("no execution has `{what}`")),
            _ if is_skipped(graph, must) => {
                missing.push(format!("`{what}` is skipped by a default"));
            }
            (_, done) if done < times => {
                let text = format!("`{what}` happens {done} times at most, not {times}");
                missing.push(text);
            }
            _ => {}
        }
    }
    for channel in &graph.objects {
        let (name, max) = work.room;
        let room = channel.cap.unwrap_or(0);
        if room > max && last(&channel.name) == name {
            missing.push(format!(
                "`{name}` has room for {room} now, and is as full a little later"
            ));
        }
    }
    missing
}

/// Returns true if a goroutine takes the default of a select that has this operation as a case.
fn is_skipped(graph: &StateGraph, must: &Must) -> bool {
    let is_case = |case: &String| {
        let (verb, object) = case.split_once(' ').unwrap_or((case, ""));
        verb == must.verb && is_meant(object, must)
    };
    graph.states.iter().any(|node| {
        let acts = node.steps.iter().flat_map(|edge| &edge.by);
        let mut defaults = acts.filter(|act| act.note.as_deref() == Some("default"));
        defaults.any(|act| {
            let mut standings = node.standings.iter();
            let standing = standings.find(|it| it.goroutine == act.goroutine);
            let op = standing.and_then(|standing| standing.op.as_ref());
            op.is_some_and(|op| op.cases.iter().any(is_case))
        })
    })
}

/// Returns how often an execution from this state does an operation, at most. Round a cycle it
/// counts once.
fn most(
    graph: &StateGraph,
    must: &Must,
    state: usize,
    known: &mut BTreeMap<usize, usize>,
) -> usize {
    if let Some(known) = known.get(&state) {
        return *known;
    }
    known.insert(state, 0);
    let mut best = 0;
    for edge in &graph.states[state].steps {
        let acts = edge.by.iter();
        let here = acts.filter(|act| {
            act.op.to_string() == must.verb
                && is_meant(act.object.as_deref().unwrap_or_default(), must)
        });
        let rest = edge.to.map_or(0, |to| most(graph, must, to, known));
        best = best.max(here.count() + rest);
    }
    known.insert(state, best);
    best
}

/// Returns true if some goroutine comes to a point where it would do an operation.
fn is_offered(graph: &StateGraph, must: &Must) -> bool {
    let standings = graph.states.iter().flat_map(|node| &node.standings);
    let mut offers = standings.filter_map(|it| it.op.as_ref()).flat_map(|op| {
        let own = op
            .object
            .iter()
            .map(|object| format!("{} {object}", op.verb));
        own.chain(op.cases.iter().cloned())
    });
    offers.any(|offer| {
        let (verb, object) = offer.split_once(' ').unwrap_or((&offer, ""));
        verb == must.verb && is_meant(object, must)
    })
}

/// Returns true of the object that is meant: the last part of its name counts.
fn is_meant(name: &str, must: &Must) -> bool {
    must.object.is_empty() || last(name) == must.object
}

/// Returns the last part of a name, as Rust and Go have it: `Done` of `ctx.Done` and `ctx.Done()`.
fn last(name: &str) -> &str {
    let last = name.rsplit(['.', '/']).next().unwrap_or(name);
    let last = last.split(['#', ' ']).next().unwrap_or(last);
    last.trim_end_matches("()")
}
