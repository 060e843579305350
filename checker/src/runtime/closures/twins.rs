//! Nodes that goroutines with one body share.
//!
//! Goroutines that [`go_many`](crate::sync::go_many) starts have the same code and the same
//! captured values. So with the same history they do the same, up to the ids of what they make.
//! They stand at the same nodes, and the first of them tells what each would do.
//!
//! A goroutine **parts** from its twins when it makes an object or starts a goroutine: these have
//! its own id in theirs. From there on its nodes are its own, and nobody may take its place.

use rustc_hash::FxHashMap;

use super::{Closures, Origin};
use crate::execution::automaton::Marked;
use crate::model::{Arrival, GoroutineId, LocalState, Next, Op, Outcome};

/// The nodes that goroutines with one body share.
#[derive(Default)]
pub(super) struct Twins {
    /// True if there may be such nodes.
    pub(super) share: bool,
    /// True if one was met.
    pub(super) are_there: bool,
    /// The node at which a goroutine parts, after this outcome at a node that it shares.
    parted: FxHashMap<(LocalState, Outcome, GoroutineId), LocalState>,
}

impl Closures {
    /// Returns the first of the `go` statements that start the twins of the goroutine that the one
    /// at this node starts; `None` if it has none, or nodes are not shared.
    pub(super) fn first_twin(&self, statement: LocalState) -> Option<LocalState> {
        let mut first = statement;
        let number = self.node(statement).twin.filter(|_| self.twins.share)?;
        for number in (0..number).rev() {
            let Origin::After(before, _) = self.node(first).origin else {
                return None;
            };
            if self.node(before).twin != Some(number) {
                return None;
            }
            first = before;
        }
        Some(first)
    }

    /// Returns the group of goroutines that share the node to which a run from `origin` leads.
    pub(super) fn group_after(&self, origin: Origin, arrival: &Arrival) -> Option<LocalState> {
        let parts = !arrival.created.is_empty() || matches!(arrival.next, Next::Op(Op::Go(_)));
        match origin {
            _ if parts => None,
            Origin::Start(statement) => self.first_twin(statement?),
            Origin::After(local, _) => self.node(local).group,
        }
    }

    /// Returns the node after this outcome, if it is known.
    pub(super) fn next(
        &self,
        goroutine: GoroutineId,
        local: LocalState,
        outcome: Outcome,
    ) -> Option<LocalState> {
        let node = self.automaton.node(local);
        let shared = node.edges.get(outcome);
        shared.or_else(|| {
            node.data.group?;
            let parted = self.twins.parted.get(&(local, outcome, goroutine));
            parted.copied()
        })
    }

    /// Notes the node after this outcome, which was not known.
    pub(super) fn lead(
        &mut self,
        goroutine: GoroutineId,
        (local, outcome): (LocalState, Outcome),
        next: LocalState,
    ) {
        if self.node(local).group.is_some() && self.node(next).group.is_none() {
            let key = (local, outcome, goroutine);
            self.twins.parted.insert(key, next);
        } else {
            self.automaton.link(local, outcome, next);
        }
    }

    /// Forgets the other nodes, and the ways to them.
    pub(super) fn keep(&mut self, kept: &Marked) {
        self.automaton.keep(kept);
        self.twins
            .parted
            .retain(|(local, ..), next| kept.has(*local) && kept.has(*next));
    }

    /// Returns the first node of the goroutine that the statement at this node starts, if a twin
    /// has been there.
    pub(super) fn start_of_twin(&mut self, statement: LocalState) -> Option<LocalState> {
        let first = self.first_twin(statement)?;
        let start = self.automaton.node(first).child?;
        self.node(start).group.is_some().then_some(start)
    }
}
