//! Condition variables: Go's `sync.Cond`.
//!
//! `Wait` unlocks and joins the waiters in one step; once signalled it locks again, which is a second step. `Signal` wakes any one of the
//! waiters (all are explored: package sync promises no order), `Broadcast` all; without waiters both do nothing.

use smallvec::SmallVec;

use super::encode::{Input, put_ids};
use super::id::GoroutineId;
use super::primitive::Primitive;

/// The state of a `sync.Cond`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Cond {
    /// Who waits, in the order of their ids: nothing depends on who came first.
    pub waiters: SmallVec<[GoroutineId; 4]>,
}

/// What a goroutine can do with a [`Cond`] but wait: that is an operation on its mutex, too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CondOp {
    /// `Signal`.
    Signal,
    /// `Broadcast`.
    Broadcast,
}

impl Cond {
    /// `by` begins to wait.
    ///
    /// # Panics
    /// If it is waiting already.
    pub fn join(&mut self, by: GoroutineId) {
        let at = self.waiters.binary_search(&by).expect_err("waits twice");
        self.waiters.insert(at, by);
    }

    /// Takes one waiter out.
    ///
    /// # Panics
    /// If it does not wait: the step was not enabled.
    pub fn wake(&mut self, waiter: GoroutineId) {
        let at = self.waiters.binary_search(&waiter).expect("does not wait");
        self.waiters.remove(at);
    }
}

impl Primitive for Cond {
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put_ids(out, self.waiters.iter().map(|waiter| waiter.0));
    }

    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        Self {
            waiters: input.ids(GoroutineId),
        }
    }

    fn assert_invariants(&self) {
        assert!(self.waiters.is_sorted(), "waiters out of order: {self:?}");
    }
}
