//! Condition variables: Go's `sync.Cond`.
//!
//! `Wait` unlocks and joins the waiters in one step. Once signalled it locks again, in a second
//! step. `Signal` wakes any one of the waiters. All choices are explored, since package sync
//! promises no order. `Broadcast` wakes all. Without waiters both do nothing.

use smallvec::{SmallVec, smallvec};

use super::decode::Input;
use super::dependence::Classes;
use super::encode::put_ids;
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::{Access, Choice, Step};
use super::verb::Verb;
use super::waits::{WaitsFor, Way};
use super::world::{Phase, World};

/// The state of a `sync.Cond`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Cond {
    /// The waiters, in the order of their ids. Nothing depends on who came first.
    pub waiters: SmallVec<[GoroutineId; 4]>,
}

/// `Wait`.
pub(super) const WAIT: Classes = Classes::one(0);
/// `Signal` or `Broadcast`.
pub(super) const SIGNAL: Classes = Classes::one(1);

/// An operation on a [`Cond`] other than `Wait`, which is also an operation on its mutex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CondOp {
    /// `Signal`.
    Signal,
    /// `Broadcast`.
    Broadcast,
}

impl Cond {
    /// Adds `by` to the waiters.
    ///
    /// # Panics
    /// If it is waiting already.
    pub fn join(&mut self, by: GoroutineId) {
        let at = self.waiters.binary_search(&by).expect_err("waits twice");
        self.waiters.insert(at, by);
    }

    /// Removes a waiter.
    ///
    /// # Panics
    /// If it does not wait: the step was not enabled.
    pub fn wake(&mut self, waiter: GoroutineId) {
        let at = self.waiters.binary_search(&waiter).expect("does not wait");
        self.waiters.remove(at);
    }
}

impl World {
    /// Adds the steps of a signal by `id`: one for each waiter, or one that wakes nobody.
    pub(super) fn enabled_signal(&self, id: GoroutineId, cond: ObjectId, steps: &mut Vec<Step>) {
        let waiters = self.state::<Cond>(cond).map(|cond| &cond.waiters[..]);
        match waiters.unwrap_or_default() {
            [] => steps.push(Step::of(id)),
            waiters => {
                let wakes = waiters.iter().map(|&waiter| Choice::Wakes(waiter));
                steps.extend(wakes.map(|choice| Step::to(id, choice)));
            }
        }
    }
}

impl Primitive for Cond {
    type Op = CondOp;

    #[inline]
    fn facts(op: &CondOp) -> Facts {
        match op {
            CondOp::Signal => Facts::several(Verb::Signal, Tells::Nothing, Some(Way::Signal)),
            CondOp::Broadcast => Facts::wide(Verb::Broadcast, Tells::Nothing, Some(Way::Broadcast)),
        }
    }

    fn admits(&self, op: &CondOp, _: GoroutineId) -> bool {
        match op {
            CondOp::Signal | CondOp::Broadcast => true,
        }
    }

    fn apply(&mut self, op: &CondOp, turn: ObjectStep) -> Effect {
        let woken = match op {
            CondOp::Signal => {
                let Choice::Wakes(waiter) = turn.choice else {
                    return Effect::DONE;
                };
                self.wake(waiter);
                smallvec![waiter]
            }
            CondOp::Broadcast => std::mem::take(&mut self.waiters),
        };
        Effect::Wakes(woken, Phase::Woken)
    }

    fn access(&self, op: &CondOp, _: GoroutineId) -> Access {
        match op {
            CondOp::Signal | CondOp::Broadcast => Access::shared_if(self.waiters.is_empty()),
        }
    }

    fn class(op: &CondOp) -> Classes {
        match op {
            CondOp::Signal | CondOp::Broadcast => SIGNAL,
        }
    }

    fn depends_on(&self, op: &CondOp, _: GoroutineId) -> Classes {
        match op {
            CondOp::Signal | CondOp::Broadcast if self.waiters.is_empty() => WAIT,
            CondOp::Signal | CondOp::Broadcast => Classes::ALL,
        }
    }

    fn waits_for(&self, _: &CondOp, _: ObjectId, _: GoroutineId) -> WaitsFor {
        WaitsFor::Unknown
    }

    fn rename(&mut self, new: Rename<'_>) {
        self.waiters
            .iter_mut()
            .for_each(|waiter| *waiter = new(*waiter));
        self.waiters.sort_unstable();
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put_ids(out, self.waiters.iter().map(|waiter| waiter.0));
    }

    #[inline]
    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        Self {
            waiters: input.ids(GoroutineId),
        }
    }

    fn assert_invariants(&self) {
        assert!(self.waiters.is_sorted(), "waiters out of order: {self:?}");
    }

    fn state(&self, _: &dyn Names) -> String {
        String::new()
    }

    fn left(&self, _: &dyn Names) -> Option<String> {
        None
    }

    fn note(&self, op: &CondOp, _: &Self, turn: ObjectStep, names: &dyn Names) -> Option<String> {
        let chosen = match turn.choice {
            Choice::Wakes(waiter) => Some(waiter),
            Choice::Only
            | Choice::Case(_)
            | Choice::Default
            | Choice::Number(_)
            | Choice::Timer(_) => None,
        };
        let woken = match op {
            CondOp::Signal => chosen.as_slice(),
            CondOp::Broadcast => &self.waiters[..],
        };
        let woken: Vec<String> = woken.iter().map(|&id| names.goroutine(id).name).collect();
        Some(if woken.is_empty() {
            "nobody waits".to_owned()
        } else {
            format!("wakes {}", woken.join(", "))
        })
    }
}
