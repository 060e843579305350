//! Waiting for a number of things to be done: Go's `sync.WaitGroup`.
//!
//! `Wait` is enabled while the counter is zero. An `Add` that leaves the counter below zero is a
//! panic, and the counter stays there, as in Go. Another `Add` before the program ends panics too,
//! unless it brings the counter back to zero. Go also panics, where it notices, if a group is used
//! again before an earlier `Wait` has returned. That is not modelled.

use super::decode::{Input, signed};
use super::dependence::Classes;
use super::encode::{put_form, unsigned};
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::{WaitsFor, Way, Ways};
use super::world::Panic;

/// The state of a `sync.WaitGroup`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WaitGroup {
    /// Number of things that are not done yet; below zero only after a panic.
    pub count: i64,
}

/// Number of encoded forms.
const FORMS: u8 = 16;

const ADD: Classes = Classes::one(0);
/// An `Add` of less than zero that leaves the counter at zero or more, as it was seen.
const LOWER: Classes = Classes::one(1);
/// An `Add` of less than zero that panics, as it was seen.
const LOWER_TOO_FAR: Classes = Classes::one(2);
const WAIT: Classes = Classes::one(3);

/// An operation on a [`WaitGroup`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WaitGroupOp {
    /// `Add`; `Done` is `Add(-1)`.
    Add(i64),
    /// `Wait`.
    Wait,
}

impl WaitGroup {
    /// Adds `delta`, which may be negative. Returns false if the counter is below zero now, or has
    /// no room for it.
    pub fn add(&mut self, delta: i64) -> bool {
        let Some(count) = self.count.checked_add(delta) else {
            return false;
        };
        self.count = count;
        count >= 0
    }

    /// Returns true if `Wait` is enabled.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.count == 0
    }
}

impl Primitive for WaitGroup {
    type Op = WaitGroupOp;

    fn may_panic(op: &WaitGroupOp, object: ObjectId) -> Option<Panic> {
        match op {
            WaitGroupOp::Add(_) => Some(Panic::NegativeCounter(object)),
            WaitGroupOp::Wait => None,
        }
    }

    #[inline]
    fn facts(op: &WaitGroupOp) -> Facts {
        match op {
            WaitGroupOp::Add(-1) => Facts::simple(Verb::Done, Tells::Nothing, Some(Way::Done)),
            WaitGroupOp::Add(..0) => Facts::simple(Verb::Add, Tells::Nothing, Some(Way::Done)),
            WaitGroupOp::Add(0..) => Facts::simple(Verb::Add, Tells::Nothing, None),
            WaitGroupOp::Wait => Facts::simple(Verb::Wait, Tells::Nothing, None),
        }
    }

    fn admits(&self, op: &WaitGroupOp, _: GoroutineId) -> bool {
        match op {
            WaitGroupOp::Add(_) => true,
            WaitGroupOp::Wait => self.is_done(),
        }
    }

    fn apply(&mut self, op: &WaitGroupOp, turn: ObjectStep) -> Effect {
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
                lowered.map_or(Access::Exclusive, |after| Access::Decrement {
                    after,
                    by: -delta,
                })
            }
            WaitGroupOp::Wait => Access::Shared,
        }
    }

    fn class(op: &WaitGroupOp) -> Classes {
        match op {
            WaitGroupOp::Add(..0) => Classes::NONE,
            WaitGroupOp::Add(0..) => ADD,
            WaitGroupOp::Wait => WAIT,
        }
    }

    fn class_seen(op: &WaitGroupOp, access: Access) -> Classes {
        match (op, access) {
            (WaitGroupOp::Add(..0), Access::Decrement { .. }) => LOWER,
            (WaitGroupOp::Add(..0), _) => LOWER_TOO_FAR,
            (WaitGroupOp::Add(0..) | WaitGroupOp::Wait, _) => Self::class(op),
        }
    }

    fn depends_on(&self, op: &WaitGroupOp, by: GoroutineId) -> Classes {
        match (op, self.access(op, by)) {
            // As long as the counter is above zero nobody who waits can go on.
            (WaitGroupOp::Add(_), Access::Decrement { .. }) => ADD | LOWER_TOO_FAR,
            (WaitGroupOp::Add(_), _) => Classes::ALL,
            (WaitGroupOp::Wait, _) => ADD | LOWER | LOWER_TOO_FAR,
        }
    }

    fn waits_for(&self, op: &WaitGroupOp, object: ObjectId, _: GoroutineId) -> WaitsFor {
        let lowered = Ways::new("lowers the counter of {}", &[Way::Done]);
        match op {
            WaitGroupOp::Add(_) => WaitsFor::Unknown,
            WaitGroupOp::Wait => WaitsFor::any(object, lowered),
        }
    }

    fn rename(&mut self, _: Rename<'_>) {}

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        put_form(out, first, FORMS, unsigned(self.count));
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        Self {
            count: signed(input.number_with(form, FORMS)),
        }
    }

    fn state(&self, _: &dyn Names) -> String {
        format!("counter {}", self.count)
    }

    fn left(&self, _: &dyn Names) -> Option<String> {
        Some(self.count.to_string())
    }

    fn note(&self, op: &WaitGroupOp, after: &Self, _: ObjectStep, _: &dyn Names) -> Option<String> {
        match op {
            WaitGroupOp::Add(_) => Some(format!("counter {}", after.count)),
            WaitGroupOp::Wait => None,
        }
    }

    fn blocked(&self, op: &WaitGroupOp, _: GoroutineId, _: &dyn Names) -> Option<String> {
        match op {
            WaitGroupOp::Add(_) => None,
            WaitGroupOp::Wait => Some(format!("counter is {}", self.count)),
        }
    }
}
