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
            (_, done) if done < times => {
                let text = format!("`{what}` happens {done} times at most, not {times}");
                missing.push(text);
            }
            _ => {}
        }
    }
    missing
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
    let last = name.rsplit(['.', '/']).next().unwrap_or(name);
    let last = last.split(['#', ' ']).next().unwrap_or(last);
    must.object.is_empty() || last == must.object
}
