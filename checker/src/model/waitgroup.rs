//! Waiting for a number of things to be done: Go's `sync.WaitGroup`.
//!
//! `Wait` is enabled while the counter is zero. An `Add` that leaves the counter below zero is a
//! panic, and the counter stays there, as in Go: whoever adds before the program is dead panics,
//! too, unless it brings the counter back to zero. Go also panics, where it notices, when a group
//! is used again before an earlier `Wait` has returned; that is not modelled.

use super::encode::{Input, put_signed};
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, Primitive, Tells, Turn};
use super::program::Program;
use super::step::Access;
use super::waits::{WaitsFor, Way, Ways};
use super::world::Panic;

/// The state of a `sync.WaitGroup`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WaitGroup {
    /// How many things are not done yet; below zero only after a panic.
    pub count: i64,
}

/// What a goroutine can do with a [`WaitGroup`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WaitGroupOp {
    /// `Add`; `Done` is `Add(-1)`.
    Add(i64),
    /// `Wait`.
    Wait,
}

impl WaitGroup {
    /// Adds `delta`, which may be negative; false if the counter is below zero now, or has no room
    /// for it.
    pub fn add(&mut self, delta: i64) -> bool {
        let Some(count) = self.count.checked_add(delta) else {
            return false;
        };
        self.count = count;
        count >= 0
    }

    /// Whether `Wait` goes on.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.count == 0
    }
}

impl Primitive for WaitGroup {
    type Op = WaitGroupOp;

    #[inline]
    fn facts(op: &WaitGroupOp) -> Facts {
        match op {
            WaitGroupOp::Add(-1) => Facts::simple("done", Tells::Nothing, Some(Way::Done)),
            WaitGroupOp::Add(..0) => Facts::simple("add", Tells::Nothing, Some(Way::Done)),
            WaitGroupOp::Add(0..) => Facts::simple("add", Tells::Nothing, None),
            WaitGroupOp::Wait => Facts::simple("wait", Tells::Nothing, None),
        }
    }

    fn admits(&self, op: &WaitGroupOp, _: GoroutineId) -> bool {
        match op {
            WaitGroupOp::Add(_) => true,
            WaitGroupOp::Wait => self.is_done(),
        }
    }

    fn apply(&mut self, op: &WaitGroupOp, turn: Turn) -> Effect {
        match op {
            WaitGroupOp::Add(delta) => {
                Effect::done_unless(Panic::NegativeCounter(turn.object), self.add(*delta))
            }
            WaitGroupOp::Wait => Effect::DONE,
        }
    }

    fn access(&self, op: &WaitGroupOp, _: GoroutineId) -> Access {
        match op {
            WaitGroupOp::Add(delta) => {
                let after = self.count.checked_add(*delta);
                let lowered = after.filter(|after| *delta < 0 && *after >= 0);
                lowered.map_or(Access::Exclusive, |after| Access::Lowers {
                    after,
                    by: -delta,
                })
            }
            WaitGroupOp::Wait => Access::Shared,
        }
    }

    fn waits_for(&self, op: &WaitGroupOp, object: ObjectId, _: GoroutineId) -> WaitsFor {
        let lowered = Ways::new("lowers the counter of {}", &[Way::Done]);
        match op {
            WaitGroupOp::Add(_) => WaitsFor::Unknown,
            WaitGroupOp::Wait => WaitsFor::any(object, lowered),
        }
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put_signed(out, self.count);
    }

    #[inline]
    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        Self {
            count: input.signed(),
        }
    }

    fn state(&self, _: &dyn Program) -> String {
        format!("counter {}", self.count)
    }

    fn left(&self, _: &dyn Program) -> Option<String> {
        Some(self.count.to_string())
    }

    fn note(&self, op: &WaitGroupOp, after: &Self, _: Turn, _: &dyn Program) -> Option<String> {
        match op {
            WaitGroupOp::Add(_) => Some(format!("counter {}", after.count)),
            WaitGroupOp::Wait => None,
        }
    }

    fn blocked(&self, op: &WaitGroupOp, _: GoroutineId, _: &dyn Program) -> Option<String> {
        match op {
            WaitGroupOp::Add(_) => None,
            WaitGroupOp::Wait => Some(format!("counter is {}", self.count)),
        }
    }
}
