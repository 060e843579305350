//! Integers that are read and changed in one step: Go's `sync/atomic`, sequentially consistent (The
//! Go Memory Model, "Atomic Values").

use super::encode::{Input, put_signed};
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, Primitive, Tells, Turn};
use super::program::Program;
use super::step::Access;
use super::waits::WaitsFor;

/// The state of an atomic integer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Atomic {
    /// Its value.
    pub value: i64,
}

/// An operation of `sync/atomic` on a 64-bit integer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AtomicOp {
    /// Yields the value.
    Load,
    /// Sets the value.
    Store(i64),
    /// Adds, wrapping, and yields the NEW value, as Go's `Add` does.
    Add(i64),
    /// Sets the value and yields the old one.
    Swap(i64),
    /// Sets the second if the first is there; yields 1 if it did, else 0.
    CompareAndSwap(i64, i64),
}

impl Atomic {
    /// Does the operation and yields what [`AtomicOp`] says it yields.
    pub fn update(&mut self, op: AtomicOp) -> i64 {
        let old = self.value;
        match op {
            AtomicOp::Load => {}
            AtomicOp::Store(value) | AtomicOp::Swap(value) => self.value = value,
            AtomicOp::Add(delta) => self.value = old.wrapping_add(delta),
            AtomicOp::CompareAndSwap(expected, new) => {
                if old == expected {
                    self.value = new;
                }
                return i64::from(old == expected);
            }
        }
        if matches!(op, AtomicOp::Add(_)) {
            self.value
        } else {
            old
        }
    }

    /// Whether the operation would leave the value alone whatever comes before it in this state.
    #[must_use]
    pub fn only_reads(&self, op: AtomicOp) -> bool {
        match op {
            AtomicOp::Load => true,
            AtomicOp::CompareAndSwap(expected, _) => self.value != expected,
            AtomicOp::Store(_) | AtomicOp::Add(_) | AtomicOp::Swap(_) => false,
        }
    }
}

impl Primitive for Atomic {
    type Op = AtomicOp;

    #[inline]
    fn facts(op: &AtomicOp) -> Facts {
        match op {
            AtomicOp::Load => Facts::simple("load", Tells::Number, None),
            AtomicOp::Store(_) => Facts::simple("store", Tells::Nothing, None),
            AtomicOp::Add(_) => Facts::simple("atomic-add", Tells::Number, None),
            AtomicOp::Swap(_) => Facts::simple("swap", Tells::Number, None),
            AtomicOp::CompareAndSwap(..) => Facts::simple("compare-and-swap", Tells::Number, None),
        }
    }

    fn admits(&self, op: &AtomicOp, _: GoroutineId) -> bool {
        match op {
            AtomicOp::Load
            | AtomicOp::Store(_)
            | AtomicOp::Add(_)
            | AtomicOp::Swap(_)
            | AtomicOp::CompareAndSwap(..) => true,
        }
    }

    fn apply(&mut self, op: &AtomicOp, _: Turn) -> Effect {
        let number = self.update(*op);
        match op {
            AtomicOp::Store(_) => Effect::DONE,
            AtomicOp::Load
            | AtomicOp::Add(_)
            | AtomicOp::Swap(_)
            | AtomicOp::CompareAndSwap(..) => Effect::number(number),
        }
    }

    fn access(&self, op: &AtomicOp, _: GoroutineId) -> Access {
        Access::shared_if(self.only_reads(*op))
    }

    fn waits_for(&self, _: &AtomicOp, _: ObjectId, _: GoroutineId) -> WaitsFor {
        WaitsFor::Unknown
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put_signed(out, self.value);
    }

    #[inline]
    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        Self {
            value: input.signed(),
        }
    }

    fn state(&self, _: &dyn Program) -> String {
        format!("= {}", self.value)
    }

    fn left(&self, _: &dyn Program) -> Option<String> {
        Some(self.value.to_string())
    }

    fn values(&self, _: &dyn Program) -> Vec<String> {
        vec![self.value.to_string()]
    }

    fn note(&self, op: &AtomicOp, _: &Self, _: Turn, _: &dyn Program) -> Option<String> {
        let number = self.clone().update(*op);
        Some(match op {
            AtomicOp::Store(value) => format!("= {value}"),
            AtomicOp::CompareAndSwap(..) if number == 1 => "swapped".to_owned(),
            AtomicOp::CompareAndSwap(..) => "not swapped".to_owned(),
            AtomicOp::Load | AtomicOp::Add(_) | AtomicOp::Swap(_) => format!("= {number}"),
        })
    }
}
