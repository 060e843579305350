//! The determinism check: the same outcomes must lead to the same next operation. What a goroutine
//! did the first time is kept and compared.

use rustc_hash::FxHashMap;

use crate::model::{Op, Outcome};
use crate::runtime::site::StaticSite;

/// The place of a goroutine in its history.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct HistoryId(u32);

/// The next action of a goroutine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Did {
    /// An operation, at this place.
    Op(Op, StaticSite),
    /// It returned.
    Return,
    /// It panicked, with this message.
    Panic(String),
}

/// A difference.
#[derive(Debug)]
pub(super) struct Differs {
    /// The number of the goroutine's operation, from 1.
    pub(super) operation: usize,
    /// Its action the first time.
    pub(super) first: Did,
}

/// A tree of histories: from the last outcome of a goroutine to its next action.
#[derive(Default)]
pub(super) struct Histories {
    nodes: Vec<(usize, Option<Did>)>,
    edges: FxHashMap<(HistoryId, Outcome), HistoryId>,
    /// The first node of the goroutine that the `go` statement at this node starts. Main's is that
    /// of `None`.
    starts: FxHashMap<Option<HistoryId>, HistoryId>,
}

impl Histories {
    fn add(&mut self, depth: usize) -> HistoryId {
        self.nodes.push((depth, None));
        HistoryId(u32::try_from(self.nodes.len() - 1).expect("more than 2^32 histories"))
    }

    /// Returns the first node of main, or of the goroutine that the statement at this node starts.
    pub(super) fn start(&mut self, statement: Option<HistoryId>) -> HistoryId {
        if let Some(&node) = self.starts.get(&statement) {
            return node;
        }
        let node = self.add(1);
        self.starts.insert(statement, node);
        node
    }

    /// Returns the node of a goroutine after this outcome.
    pub(super) fn told(&mut self, node: HistoryId, outcome: Outcome) -> HistoryId {
        if let Some(&next) = self.edges.get(&(node, outcome)) {
            return next;
        }
        let next = self.add(self.nodes[node.0 as usize].0 + 1);
        self.edges.insert((node, outcome), next);
        next
    }

    /// Records the next action of the goroutine at this node, or compares it with the first time.
    pub(super) fn does(&mut self, node: HistoryId, now: &Did) -> Result<(), Differs> {
        let (operation, first) = &mut self.nodes[node.0 as usize];
        match first {
            None => *first = Some(now.clone()),
            Some(first) if first != now => {
                return Err(Differs {
                    operation: *operation,
                    first: first.clone(),
                });
            }
            Some(_) => {}
        }
        Ok(())
    }
}
