//! The wait-for graph: who waits for whom, and why nobody can move.
//!
//! Its nodes are the stuck goroutines. One that waits for a lock waits for **all** of its holders
//! ("and" edges; these are certain). One that waits at a channel, a `select`, a condition or a wait
//! group is released by **any** one of several ("or" edges). These edges follow from [what each
//! goroutine may still do](super::releasers).
//!
//! With "and" edges alone, the reason of a deadlock is a cycle. With "or" edges a cycle is not
//! enough: one of its members may have another way out. The reason then is a **knot**: a set of
//! goroutines in which every way out of every member leads back into the set. To find knots, take
//! the strongly connected components, remove the members with a way out of their component, and
//! repeat until nothing changes. A goroutine without any way out is an **orphan**: nobody is left
//! who could release it.
//!
//! Every claim has a ground that can be checked. A holder is read from this state. A cycle is a
//! closed walk along the edges. What a goroutine could do lies in the future of its position.

use std::collections::BTreeSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use serde::{Deserialize, Serialize};

use super::missing::Missing;
use super::trace::Place;
pub use crate::model::Way;

/// The wait-for graph, and the reasons.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Waits {
    /// The edges, sorted by the goroutine that waits.
    pub edges: Vec<Edge>,
    /// The reasons why the stuck goroutines cannot move. Empty unless it is a deadlock or a leak.
    pub reasons: Vec<Reason>,
    /// The cases of selects in the reasons for which nobody is known who would be the partner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Unanswered>,
    /// The stuck goroutines that belong to no reason: they merely wait.
    pub outside: Vec<String>,
    /// The extent of the search for edges that are not certain.
    pub looked_at: LookedAt,
}

/// The ground of a claim that nobody else does something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LookedAt {
    /// The number of states that were visited.
    pub states: usize,
    /// True if these are all states.
    pub all: bool,
    /// True if the hypothetical futures of the stuck goroutines are complete.
    #[serde(default)]
    pub imagined_all: bool,
}

/// One goroutine waits for another to do something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Edge {
    /// The goroutine that waits.
    pub from: String,
    /// The goroutine that it waits for.
    pub to: String,
    /// The object.
    pub object: String,
    /// The actions of the other goroutine that would release it.
    pub ways: Vec<WayOut>,
    /// True if this is known from the state itself, like a lock's holder. False if it was observed
    /// in other executions, or imagined.
    pub certain: bool,
    /// True if it waits for all goroutines to which it has edges ("and"). False if any one is
    /// enough ("or").
    pub all: bool,
    /// True for a reader behind a writer that has announced itself and does not hold the lock yet.
    pub behind_writer: bool,
    /// The missing action that would let it go on properly, if every way out ends in a panic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// A case of a select for which nobody is known who would be the partner. The others have edges.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unanswered {
    /// The goroutine that waits.
    pub goroutine: String,
    /// The object of the case.
    pub object: String,
    /// The action of a partner.
    pub missing: Missing,
}

impl Unanswered {
    /// Returns it as a sentence without a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self {
            goroutine, object, ..
        } = self;
        format!(
            "{goroutine} has a case on {object}, too, but {}",
            self.missing.sentence()
        )
    }
}

/// An action that would release a goroutine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct WayOut {
    /// The operation that is needed.
    pub verb: Way,
    /// The one who does it, if it is not the one that is waited for but a goroutine that this one
    /// starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The place of the action, if it was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// True if no execution was seen to do it there. Then it is what the code would do if the
    /// goroutine could go on.
    #[serde(default)]
    pub imagined: bool,
    /// True if the waiting goroutine would go on with a panic, because it is about to send to the
    /// channel that would be closed.
    #[serde(default)]
    pub panics: bool,
}

/// The reason why goroutines are stuck.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// The kind of reason.
    pub kind: ReasonKind,
    /// The goroutines in it. The first [`cycle`](Self::cycle) of them form a cycle in this order.
    pub members: Vec<String>,
    /// The length of the cycle. That many members, from the first on, each wait for the next; the
    /// last of these waits for the first. 0 if there is no cycle.
    #[serde(default)]
    pub cycle: usize,
    /// True if each member waits for the next one only. Otherwise they wait for one another in more
    /// than one way.
    pub simple: bool,
    /// A sentence without a full stop that says what is true, where no cycle can be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// The same as data, if the sentence says that nobody does something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// Kinds of reasons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// A cycle of locks: certain.
    Cycle,
    /// A knot with "or" edges: every observed way out leads back in.
    Knot,
    /// One goroutine waits for a lock that it holds itself.
    SelfLock,
    /// One goroutine waits for something that only it would do, and only later.
    SelfWait,
    /// A cycle through a reader that is blocked by an announced writer, which waits for a reader.
    StarvedByWriter,
    /// Nobody is left who could release it.
    Orphan,
    /// It waits for a signal that nobody is left to give.
    LostWakeUp,
    /// The cause of its waiting is unknown.
    Unknown,
}

impl ReasonKind {
    /// Returns its name, as it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cycle | Self::Knot | Self::StarvedByWriter => "cycle",
            Self::SelfLock => "self-lock",
            Self::SelfWait => "self-wait",
            Self::Orphan => "orphan",
            Self::LostWakeUp => "lost",
            Self::Unknown => "unknown",
        }
    }

    /// Returns true if its members wait for one another.
    #[must_use]
    pub fn is_cycle(self) -> bool {
        match self {
            Self::Cycle | Self::Knot | Self::SelfLock | Self::SelfWait | Self::StarvedByWriter => {
                true
            }
            Self::Orphan | Self::LostWakeUp | Self::Unknown => false,
        }
    }
}

/// The explanation of a stuck goroutine that has no edge.
pub(super) struct Alone {
    pub(super) goroutine: String,
    pub(super) kind: ReasonKind,
    pub(super) sentence: String,
    pub(super) missing: Option<Missing>,
}

impl Waits {
    /// Finds the reasons in a graph. `stuck` are all stuck goroutines; `targets` are these and the
    /// daemons that only wait; `alone` are the stuck ones that have no edge.
    pub(super) fn explain(&mut self, stuck: &[String], targets: &[String], alone: Vec<Alone>) {
        for knot in knots(targets, &self.edges) {
            if knot.iter().any(|member| stuck.contains(member)) {
                self.reasons.push(self.reason_of(&knot));
            }
        }
        for one in alone {
            self.reasons.push(Reason {
                kind: one.kind,
                members: vec![one.goroutine],
                cycle: 0,
                simple: true,
                sentence: Some(one.sentence),
                missing: one.missing,
            });
        }
        let explained: BTreeSet<&String> = self.reasons.iter().flat_map(|r| &r.members).collect();
        self.outside = stuck
            .iter()
            .filter(|name| !explained.contains(name))
            .cloned()
            .collect();
    }

    /// Returns the edges of this goroutine.
    pub fn of<'a>(&'a self, goroutine: &'a str) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.from == goroutine)
    }

    /// Returns the edges among the members of a reason.
    pub fn within<'a>(&'a self, reason: &'a Reason) -> impl Iterator<Item = &'a Edge> {
        self.edges
            .iter()
            .filter(|edge| reason.members.contains(&edge.from) && reason.members.contains(&edge.to))
    }

    /// Returns the cases of the members of a reason that nobody answers.
    pub fn unanswered<'a>(&'a self, reason: &'a Reason) -> impl Iterator<Item = &'a Unanswered> {
        let cases = self.unanswered.iter();
        cases.filter(|case| reason.members.contains(&case.goroutine))
    }

    /// Returns the edge from a member of a reason's cycle to the next member.
    #[must_use]
    pub fn onward(&self, reason: &Reason, index: usize) -> Option<&Edge> {
        let cycle = &reason.members[..reason.cycle];
        let from = cycle.get(index)?;
        let to = &cycle[(index + 1) % cycle.len()];
        self.edges
            .iter()
            .find(|edge| edge.from == *from && edge.to == *to)
    }

    fn reason_of(&self, knot: &[String]) -> Reason {
        let inner: Vec<&Edge> = self
            .edges
            .iter()
            .filter(|edge| knot.contains(&edge.from) && knot.contains(&edge.to))
            .collect();
        let cycle = shortest_cycle(knot, &inner);
        let targets = |name: &String| {
            let all: BTreeSet<&String> = inner
                .iter()
                .filter(|edge| edge.from == *name)
                .map(|edge| &edge.to)
                .collect();
            all.len()
        };
        let simple = cycle.len() == knot.len() && knot.iter().all(|name| targets(name) == 1);
        let certain = inner.iter().all(|edge| edge.certain);
        let kind = if knot.len() == 1 && certain {
            ReasonKind::SelfLock
        } else if knot.len() == 1 {
            ReasonKind::SelfWait
        } else if inner.iter().any(|edge| edge.behind_writer) {
            ReasonKind::StarvedByWriter
        } else if certain {
            ReasonKind::Cycle
        } else {
            ReasonKind::Knot
        };
        let others = knot.iter().filter(|name| !cycle.contains(name));
        Reason {
            kind,
            members: cycle.iter().chain(others).cloned().collect(),
            cycle: cycle.len(),
            simple,
            sentence: None,
            missing: None,
        }
    }
}

/// Returns the knots among the stuck goroutines, each in the order of `stuck`.
fn knots(stuck: &[String], edges: &[Edge]) -> Vec<Vec<String>> {
    let mut candidates: BTreeSet<usize> = (0..stuck.len()).collect();
    let index = |name: &String| stuck.iter().position(|other| other == name);
    loop {
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        let nodes: Vec<Option<NodeIndex>> = (0..stuck.len())
            .map(|i| candidates.contains(&i).then(|| graph.add_node(i)))
            .collect();
        let node = |name: &String| index(name).and_then(|i| nodes[i]);
        for edge in edges {
            if let (Some(from), Some(to)) = (node(&edge.from), node(&edge.to)) {
                graph.update_edge(from, to, ());
            }
        }
        let mut parts: Vec<Vec<usize>> = tarjan_scc(&graph)
            .into_iter()
            .filter(|part| part.len() > 1 || graph.contains_edge(part[0], part[0]))
            .map(|part| {
                let mut members: Vec<usize> = part.into_iter().map(|node| graph[node]).collect();
                members.sort_unstable();
                members
            })
            .collect();
        parts.sort();
        let inside = |part: &[usize], name: &String| index(name).is_some_and(|i| part.contains(&i));
        // Any one of several would release it, so all of them must be members. Where all are
        // needed, one member is enough.
        let held = |part: &[usize], member: usize| {
            let mut own = edges.iter().filter(|edge| edge.from == stuck[member]);
            own.clone().any(|edge| edge.all && inside(part, &edge.to))
                || own.all(|edge| !edge.all && inside(part, &edge.to))
        };
        let left: BTreeSet<usize> = parts
            .iter()
            .flat_map(|part| part.iter().copied().filter(|&member| held(part, member)))
            .collect();
        // Without those that fell out, others may be released: look again.
        if left == candidates {
            let name = |&i: &usize| stuck[i].clone();
            return parts.iter().map(|p| p.iter().map(name).collect()).collect();
        }
        candidates = left;
    }
}

/// Returns a shortest cycle along these edges; if there are several, that of the first member.
fn shortest_cycle(members: &[String], edges: &[&Edge]) -> Vec<String> {
    let through = members
        .iter()
        .filter_map(|start| cycle_through(start, edges));
    through.min_by_key(Vec::len).expect("a knot has a cycle")
}

/// Returns a shortest cycle through this goroutine.
fn cycle_through(start: &str, edges: &[&Edge]) -> Option<Vec<String>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![start]];
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut at = 0;
    while let Some(way) = ways.get(at).cloned() {
        at += 1;
        let end = way[way.len() - 1];
        for edge in edges.iter().filter(|edge| edge.from == end) {
            if edge.to == start {
                return Some(way.into_iter().map(str::to_owned).collect());
            }
            if known.insert(&edge.to) {
                let mut longer = way.clone();
                longer.push(&edge.to);
                ways.push(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, all: bool) -> Edge {
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            object: "o".to_owned(),
            ways: Vec::new(),
            certain: all,
            all,
            behind_writer: false,
            missing: None,
        }
    }

    /// Checks the reasons of a graph in short form: `a b` is a cycle of a and b. The goroutines
    /// after the bar are outside.
    #[track_caller]
    fn check(stuck: &str, edges: Vec<Edge>, expected: &str) {
        let stuck: Vec<String> = stuck.split(' ').map(str::to_owned).collect();
        let mut waits = Waits {
            edges,
            ..Waits::default()
        };
        waits.explain(&stuck, &stuck, Vec::new());
        let reasons: Vec<String> = waits.reasons.iter().map(|r| r.members.join(" ")).collect();
        let found = format!("{} | {}", reasons.join("; "), waits.outside.join(" "));
        assert_eq!(found.trim(), expected);
    }

    #[test]
    fn a_cycle_of_locks_leaves_out_who_merely_waits() {
        let edges = vec![
            edge("a", "b", true),
            edge("b", "a", true),
            edge("c", "a", true),
        ];
        check("a b c", edges, "a b | c");
    }

    /// A cycle that one member could leave by another way is no reason.
    #[test]
    fn a_cycle_with_another_way_out_is_no_knot() {
        let edges = vec![
            edge("a", "b", true),
            edge("b", "a", false),
            edge("b", "c", false),
        ];
        check("a b c", edges, "| a b c");
    }

    #[test]
    fn a_knot_is_a_cycle_to_which_all_ways_lead_back() {
        let edges = vec![
            edge("a", "b", true),
            edge("b", "a", false),
            edge("b", "c", false),
            edge("c", "a", true),
        ];
        check("a b c", edges, "a b c |");
    }

    /// A writer waits for all readers: one of them in the cycle is enough.
    #[test]
    fn an_edge_that_is_one_of_all_closes_a_cycle_alone() {
        let edges = vec![
            edge("w", "r", true),
            edge("w", "x", true),
            edge("r", "w", true),
        ];
        check("r w x", edges, "r w | x");
    }

    #[test]
    fn one_goroutine_can_wait_for_itself() {
        check("a", vec![edge("a", "a", true)], "a |");
    }

    #[test]
    fn two_knots_are_two_reasons() {
        let edges = vec![
            edge("a", "b", true),
            edge("b", "a", true),
            edge("c", "d", true),
            edge("d", "c", true),
        ];
        check("a b c d", edges, "a b; c d |");
    }
}
