//! One search in parts, which can be explored side by side.
//!
//! # A part
//!
//! A **part** is a sequence of events. Its search explores all executions that begin with it, up to
//! equivalence, and each once. It needs to know nothing of other parts. A reversal that belongs
//! *above*, at a node before the end of the sequence, is not explored but returned.
//!
//! # The tree of all parts
//!
//! The [`Frontier`] is one wakeup tree from the start of the program. Its leaves are parts, those
//! that were explored and those that are still to be. A reversal goes down from the start: always
//! to the first child that is a weak initial of what is left of it. At a leaf it is covered. Where
//! no child fits, the rest of it is a new leaf, the last one at that node. So there are **rounds**:
//! all parts are explored, then what they have returned is inserted, and the new leaves are the
//! parts of the next round. The search is over after a round without a new leaf.
//!
//! A part may end after some executions. What it has left is the path of its search with a wakeup
//! tree at each node, and that takes the place of the leaf.
//!
//! # Why each class is explored once
//!
//! *No two parts have a class in common.* A leaf is inserted where no earlier child, there or on
//! the way, is a weak initial of it. So each of these conflicts with one of its events, and no
//! execution of the leaf begins with the child.
//!
//! *A part has nothing asleep.* Those children would be asleep at its end, and each of them
//! conflicts with one of its events.
//!
//! *None is missed*, as in one search. There a rival is inserted at the node of its event, and
//! explored below a branch that covers it. The argument for that (JACM 2017, section 6) asks that
//! each branch is explored as a whole and that all rivals are inserted. It asks for no order in
//! time. So a branch must be explored with its *whole* sequence. The first event of a branch alone
//! is no part: below it, others are asleep that wait for a later event of it.
//!
//! `tests/parts.rs` compares the executions and the ends with those of one search.

mod frontier;
mod ids;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::frontier::Frontier;
use super::backtrack_sink::{BacktrackSink, Rival, Sequence};
use super::checkpoint::{SavedNode, Snapshot};
use super::node::PathNode;
use super::{Optimal, Ways};
use crate::explore::{Findings, Meter, Progress, Search};
use crate::model::{Fault, Known, Program, World};

/// A part of a search: the executions that begin with a sequence of events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Its number among all parts of the search. No two have the same, but some numbers are left
    /// out.
    pub number: usize,
    /// The events. The last one may stand for several numbers of a choice. Without one the part is
    /// the whole search.
    path: Vec<Ways>,
    /// The ids that its events are written in.
    known: Known,
}

/// The result of a part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExploredPart {
    /// The part.
    pub part: Part,
    /// The findings of its executions.
    pub findings: Findings,
    /// The sequences that belong to other parts.
    above: BTreeSet<Reversal>,
    /// The rest of the part, from its end on: none if it was explored as a whole.
    left: Vec<Left>,
    /// The ids in which it is written.
    known: Known,
}

/// A node of the path of a search between two executions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Left {
    /// The events whose executions are explored.
    explored: Vec<Ways>,
    /// The event that the path takes.
    own: Option<Ways>,
    /// The tree of what is still to be explored.
    tree: Vec<(u32, Ways)>,
}

/// A sequence that is to be explored in place of an event of a part.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Reversal {
    /// Number of events of the part before it.
    depth: usize,
    sequence: Vec<Ways>,
}

/// The part that a search explores.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Its events; none if it is the whole search.
    path: Vec<Ways>,
    /// Most executions; what is left then is returned.
    executions_max: Option<u64>,
    /// The sequences that belong to other parts.
    above: BTreeSet<Reversal>,
}

impl Own {
    /// Returns the number of nodes at which nothing is inserted.
    pub(super) fn fixed(&self) -> usize {
        self.path.len()
    }

    /// Returns the number of events below which nothing is left to explore. The last event of the
    /// part may be one of several numbers.
    pub(super) fn floor(&self) -> usize {
        self.path.len().saturating_sub(1)
    }

    /// Returns true if it is to end after this many executions.
    pub(super) fn is_enough(&self, executions: u64) -> bool {
        self.executions_max.is_some_and(|max| executions >= max)
    }

    /// Returns the sink of what belongs at this node, which is above.
    pub(super) fn sink<'a>(&'a mut self, depth: usize, node: &'a mut PathNode) -> Above<'a> {
        Above {
            node,
            depth,
            found: &mut self.above,
        }
    }
}

/// Keeps what is to be explored at a node above a part.
pub(super) struct Above<'a> {
    node: &'a mut PathNode,
    depth: usize,
    found: &'a mut BTreeSet<Reversal>,
}

impl BacktrackSink for Above<'_> {
    fn asleep(&self) -> &[Ways] {
        &[]
    }

    fn found(
        &mut self,
        _: &mut dyn Program,
        _: &World,
        sequence: Sequence<'_>,
    ) -> Result<Option<u32>, Fault> {
        let seen = sequence.members.iter().map(|(index, _)| *index).max();
        let ways = sequence
            .members
            .iter()
            .map(|(_, event)| Ways::of((*event).clone()));
        let mut ways: Vec<Ways> = ways.collect();
        if let (Some(numbers), Some(last)) = (sequence.numbers, ways.last_mut()) {
            last.numbers = numbers;
            last.settle_on_one();
        }
        self.found.insert(Reversal {
            depth: self.depth,
            sequence: ways,
        });
        Ok(seen)
    }

    fn settled(&self, rival: &Rival) -> Option<(u32, u64)> {
        self.node.settled(rival)
    }

    fn settle(&mut self, rival: Rival, upto: u32, cost: u64) {
        self.node.settle(rival, upto, cost);
    }
}

impl Optimal {
    /// Returns the search of a part. The program has not started, or it has its ids. The search
    /// ends after this many executions, if the part has more. (One of more than
    /// [`Frontier::NUMBERS_MAX`] numbers is explored as a whole.)
    ///
    /// # Errors
    /// If it is a part of another program.
    pub fn of_part(
        program: &mut dyn Program,
        part: &Part,
        executions_max: Option<u64>,
    ) -> Result<Self, Fault> {
        adopt(program, &part.known);
        let mut search = Self::new();
        search.own.executions_max = executions_max;
        let Some((last, before)) = part.path.split_last() else {
            return Ok(search);
        };
        let mut nodes = vec![SavedNode::default(); part.path.len()];
        nodes[before.len()].tree = vec![(0, last.clone())];
        let snapshot = Snapshot {
            path: before.iter().map(|ways| ways.event.step).collect(),
            nodes,
            reversing: None,
            findings: Findings::default(),
        };
        search.restore_snapshot(program, snapshot)?;
        search.own.path = part.path.clone();
        if last.numbers.len() > 1 {
            search.own.executions_max = None;
        }
        Ok(search)
    }

    /// Returns what this search has found of a part. It is done, or somebody has stopped it before,
    /// and says so by a limit in the findings.
    #[must_use]
    pub fn into_explored(
        self,
        program: &mut dyn Program,
        part: Part,
        findings: Findings,
    ) -> ExploredPart {
        let is_left = !findings.complete && findings.limits.is_empty();
        let nodes = self.nodes.iter().enumerate().skip(self.own.fixed());
        let left = nodes.map(|(depth, node)| Left {
            explored: node.asleep.clone(),
            own: self.events.get(depth).cloned().map(Ways::of),
            tree: node.tree.flat(),
        });
        ExploredPart {
            left: left.filter(|_| is_left).collect(),
            part,
            above: self.own.above,
            findings,
            known: ids_of(program),
        }
    }

    /// Explores until at least so many parts are open, or nothing is left, or a limit is hit. The
    /// parts are explored in turns, each up to one execution. So what is open is soon spread over
    /// the whole tree.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn split(
        program: &mut dyn Program,
        meter: &mut Meter,
        parts: usize,
    ) -> Result<Frontier, Fault> {
        let mut frontier = Frontier::new();
        while frontier.open() < parts && !frontier.is_limited() {
            frontier.give(1);
            let Some(part) = frontier.given().next() else {
                break;
            };
            let mut search = Self::of_part(program, &part, Some(1))?;
            while search.advance(program, meter)? != Progress::Done {}
            let findings = search.findings.clone();
            let explored = search.into_explored(program, part, findings);
            frontier.take(program, &[explored])?;
        }
        Ok(frontier)
    }
}

/// Returns the ids that a program has given.
fn ids_of(program: &mut dyn Program) -> Known {
    program
        .learner()
        .map(|learner| learner.ids())
        .unwrap_or_default()
}

/// Gives the program these ids, unless it has them. If it has not, it has not started.
fn adopt(program: &mut dyn Program, known: &Known) {
    if let Some(learner) = program.learner()
        && learner.ids() != *known
    {
        learner.adopt_ids(known);
    }
}
