//! Whether goroutines do the same when they are told the same: what they did the first time is kept
//! and compared.

use rustc_hash::FxHashMap;

use crate::model::{Op, Outcome, Site};

/// Where a goroutine stands in its history.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Node(u32);

/// What a goroutine did next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Did {
    /// An operation, at this place.
    Op(Op, Site),
    /// It returned.
    Return,
    /// It panicked, with this message.
    Panic(String),
}

/// A difference.
#[derive(Debug)]
pub(super) struct Differs {
    /// Which of the goroutine's operations it is, from 1.
    pub(super) operation: usize,
    /// What it did the first time.
    pub(super) first: Did,
}

/// A tree of histories: from what a goroutine was told last to what it did then.
#[derive(Default)]
pub(super) struct Histories {
    nodes: Vec<(usize, Option<Did>)>,
    edges: FxHashMap<(Node, Outcome), Node>,
    /// Where the goroutine begins that the `go` statement at this node starts; main's is that of no
    /// node.
    starts: FxHashMap<Option<Node>, Node>,
}

impl Histories {
    fn add(&mut self, depth: usize) -> Node {
        self.nodes.push((depth, None));
        Node(u32::try_from(self.nodes.len() - 1).expect("more than 2^32 histories"))
    }

    /// Where a goroutine begins: main, or the one that the statement at this node starts.
    pub(super) fn start(&mut self, statement: Option<Node>) -> Node {
        if let Some(&node) = self.starts.get(&statement) {
            return node;
        }
        let node = self.add(1);
        self.starts.insert(statement, node);
        node
    }

    /// Where a goroutine stands after it has been told this.
    pub(super) fn told(&mut self, node: Node, outcome: Outcome) -> Node {
        if let Some(&next) = self.edges.get(&(node, outcome)) {
            return next;
        }
        let next = self.add(self.nodes[node.0 as usize].0 + 1);
        self.edges.insert((node, outcome), next);
        next
    }

    /// Notes what the goroutine that stands here does next, or compares it with the first time.
    pub(super) fn does(&mut self, node: Node, now: &Did) -> Result<(), Differs> {
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
