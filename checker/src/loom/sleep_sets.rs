//! Sleep sets: executions that are equivalent to one that was run are not run to their end.
//!
//! Loom explores a tree. At each node it lets one thread move, and later another, if its reduction
//! found a race there (dynamic partial-order reduction: Flanagan and Godefroid, POPL 2005). It
//! forgets what it has run from a node. This module remembers. A thread that moved first at a node
//! is **asleep** in the node's later branches, until a move that depends on its own (Godefroid,
//! LNCS 1032, 1996). If loom lets a thread move that is asleep, all that could follow is equivalent
//! to what was run. So the execution is left there (`threads/turns.rs`).
//!
//! Two moves depend on each other if they pass the same scheduling point. That is all that loom's
//! reduction knows, too. Nothing is asked of [`model`](crate::model). A thread that has just begun
//! or was just woken moves up to its next scheduling point. That **silent** move depends on no
//! other.
//!
//! # One thing more
//!
//! The two techniques together can lose executions. Say a race tells loom to let q move at a node
//! where q is asleep. Without sleep sets loom would run it, and meet other races there. Those would
//! tell it to let others move at this node. So **where a thread was to move that is asleep, all
//! others get their turn**. The same holds if loom lets it move for want of another.
//!
//! # Nothing is lost
//!
//! A move never disables another thread: whoever must wait arrives first. Take a node E, and let
//! S be the threads asleep there and D those that moved there and were not asleep. Let w be moves
//! that can follow at E, in any number. A thread is *initial* in w if its first move in w depends
//! on none before it. Claim: if no thread of S is initial in w, then an execution under E was run
//! that contains w, up to equivalence and before any other move that depends on one in w. The proof
//! is by induction: the claim holds at the nodes below.
//!
//! - A thread of D is initial in w. Take the first that moved, p; w is equivalent to p.v. No thread
//!   that is asleep after p is initial in v: it would be so in w, and is neither in S nor did it
//!   move before p. So v is under E.p.
//! - The next move of a thread p of D depends on none in w. Then w can follow p, and w is under E.p
//!   for the same reason.
//! - Otherwise all threads get their turn at E, or each p of D depends on some move in w. If all
//!   get their turn, the initial threads of w are in S or D, as in the cases before. Else let q
//!   make the first such move, after the moves u. Nothing asleep after p is initial in u.q. So an
//!   execution with p, u and q was run, and p has passed their point just before q. Loom has seen
//!   that race, and has let q move at E, or all if it could not. If q was asleep, all got their
//!   turn. So q is in D. It is not initial in w, so a move within u depends on its first one. Go on
//!   with q for p, and with what lies before that move for u. Each time u is shorter.
//!
//! At the first node nothing is asleep, so every execution has an equivalent one that was run. A
//! silent move that was made at a node leaves nothing to the node's other threads.

use smallvec::SmallVec;

use crate::model::GoroutineId;

/// A move of a thread: from one scheduling point to the next.
#[derive(Clone, Copy)]
struct Move {
    thread: GoroutineId,
    /// The point that it passes first; `None` if the move is silent.
    point: Option<usize>,
}

impl Move {
    fn depends_on(self, other: Self) -> bool {
        self.point.is_some() && self.point == other.point
    }
}

/// A node of loom's tree.
struct Node {
    /// The move made there in this execution.
    now: Move,
    asleep: SmallVec<[Move; 4]>,
    /// The moves made there in earlier executions.
    before: SmallVec<[Move; 4]>,
}

/// The fate of an execution in which a thread moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It is explored.
    Explored,
    /// All that could follow is equivalent to what was run. The others must get their turn.
    Asleep,
    /// All that could follow is equivalent to what was run, and so is all that the others could do.
    Covered,
}

/// The nodes on the way of the current execution.
#[derive(Default)]
pub(super) struct SleepSets {
    nodes: Vec<Node>,
    /// Number of moves made in this execution.
    moves: usize,
}

impl SleepSets {
    /// Begins an execution.
    pub(super) fn begin(&mut self) {
        self.moves = 0;
    }

    /// Forgets all executions.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
    }

    /// Records that loom lets this thread move. It passes this point first, or is silent.
    pub(super) fn moves(&mut self, thread: GoroutineId, point: Option<usize>) -> Fate {
        let now = Move { thread, point };
        let at = self.moves;
        self.moves += 1;
        if at == self.nodes.len() {
            let asleep = self
                .nodes
                .last()
                .map(Node::asleep_after)
                .unwrap_or_default();
            self.nodes.push(Node {
                now,
                asleep,
                before: SmallVec::new(),
            });
        } else if self.nodes[at].now.thread != thread {
            // Loom goes depth first: it came back to this node, and has left those below it.
            self.nodes.truncate(at + 1);
            let node = &mut self.nodes[at];
            node.before.push(node.now);
            node.now = now;
        }
        let node = &self.nodes[at];
        if node.before.iter().any(|earlier| earlier.point.is_none()) {
            Fate::Covered
        } else if node.asleep.iter().any(|asleep| asleep.thread == thread) {
            Fate::Asleep
        } else {
            Fate::Explored
        }
    }

    /// Returns true if the thread need not get a turn at the node of the last move.
    pub(super) fn needs_no_turn(&self, thread: GoroutineId) -> bool {
        let node = &self.nodes[self.moves - 1];
        let mut moves = node.asleep.iter().chain(&node.before);
        moves.any(|made| made.thread == thread)
    }
}

impl Node {
    /// Returns the moves that are asleep after the current one.
    fn asleep_after(&self) -> SmallVec<[Move; 4]> {
        let moves = self.asleep.iter().chain(&self.before);
        moves
            .filter(|made| !made.depends_on(self.now))
            .copied()
            .collect()
    }
}
