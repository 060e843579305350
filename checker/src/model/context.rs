//! Cancellation of a tree of contexts: Go's `context.Context`.
//!
//! A context has a done channel, which is closed at most once. This happens when its cancel
//! function is called, when its deadline passes, or when its parent is cancelled. The whole subtree
//! is cancelled in one step. This is stricter than Go. There, a goroutine that has seen that a
//! context is done may for a moment find one below it not cancelled yet. Package context promises
//! only that a child's done channel is closed when its parent's is.

use smallvec::SmallVec;

use super::decode::Input;
use super::dependence::Classes;
use super::encode::{put, put_ids, put_option};
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::WaitsFor;

/// The state of a context that can be cancelled.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Context {
    /// Its done channel.
    pub done: ObjectId,
    /// Its deadline, if it has one.
    pub timer: Option<ObjectId>,
    /// The contexts derived from it that were not already cancelled when they were derived, in the
    /// order of their ids.
    pub children: SmallVec<[ObjectId; 2]>,
    /// The reason why it is cancelled, if it is.
    pub ended: Option<Reason>,
}

/// The reason why a context is cancelled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// Its cancel function, or that of a context above it, was called: `context.Canceled`.
    Canceled,
    /// Its deadline, or that of a context above it, has passed: `context.DeadlineExceeded`.
    DeadlineExceeded,
}

/// An operation on a [`Context`] alone. Deriving and cancelling one are also operations on others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContextOp {
    /// `ctx.Err()`.
    Err,
}

impl Context {
    /// Returns a context that is not cancelled and has no children.
    #[must_use]
    pub fn new(done: ObjectId, timer: Option<ObjectId>) -> Self {
        Self {
            done,
            timer,
            children: SmallVec::new(),
            ended: None,
        }
    }

    /// Adds `child` to the children.
    ///
    /// # Panics
    /// If it is one already.
    pub fn adopt(&mut self, child: ObjectId) {
        let at = self
            .children
            .binary_search(&child)
            .expect_err("derived twice");
        self.children.insert(at, child);
    }
}

impl Primitive for Context {
    type Op = ContextOp;

    #[inline]
    fn facts(op: &ContextOp) -> Facts {
        match op {
            ContextOp::Err => Facts::simple(Verb::Err, Tells::Number, None),
        }
    }

    fn admits(&self, op: &ContextOp, _: GoroutineId) -> bool {
        match op {
            ContextOp::Err => true,
        }
    }

    fn apply(&mut self, op: &ContextOp, _: ObjectStep) -> Effect {
        match op {
            ContextOp::Err => Effect::number(self.ended.map_or(0, |reason| 1 + reason as i64)),
        }
    }

    fn access(&self, op: &ContextOp, _: GoroutineId) -> Access {
        match op {
            ContextOp::Err => Access::Shared,
        }
    }

    fn class(op: &ContextOp) -> Classes {
        match op {
            ContextOp::Err => Classes::LOOKS,
        }
    }

    fn depends_on(&self, op: &ContextOp, by: GoroutineId) -> Classes {
        Classes::in_conflict_with(self.access(op, by))
    }

    fn waits_for(&self, _: &ContextOp, _: ObjectId, _: GoroutineId) -> WaitsFor {
        WaitsFor::Unknown
    }

    fn rename(&mut self, _: Rename<'_>) {}

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first + self.ended.map_or(0, |reason| 1 + reason as u8));
        put(out, self.done.0.into());
        put_option(out, self.timer.map(|timer| timer.0));
        put_ids(out, self.children.iter().map(|child| child.0));
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        let reasons = [Reason::Canceled, Reason::DeadlineExceeded];
        Self {
            done: ObjectId(input.id()),
            timer: input.option().map(ObjectId),
            children: input.ids(ObjectId),
            ended: form.checked_sub(1).map(|form| reasons[usize::from(form)]),
        }
    }

    fn assert_invariants(&self) {
        assert!(self.children.is_sorted(), "children out of order: {self:?}");
    }

    fn state(&self, _: &dyn Names) -> String {
        match self.ended {
            None => "live".to_owned(),
            Some(reason) => format!("ended: {reason:?}"),
        }
    }

    fn left(&self, _: &dyn Names) -> Option<String> {
        Some(format!("{:?}", self.ended))
    }

    fn note(&self, op: &ContextOp, _: &Self, _: ObjectStep, _: &dyn Names) -> Option<String> {
        match op {
            ContextOp::Err => Some(match self.ended {
                None => "= nil".to_owned(),
                Some(reason) => format!("= {reason:?}"),
            }),
        }
    }
}
