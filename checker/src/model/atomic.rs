//! Integers that are read and changed in one step: Go's `sync/atomic`, sequentially consistent (The
//! Go Memory Model, "Atomic Values"). `Max` is Rust's `fetch_max`, which Go has not.

use super::decode::{Input, signed};
use super::dependence::Classes;
use super::encode::{put_form, unsigned};
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::WaitsFor;

/// The state of an atomic integer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Atomic {
    /// The bits of its value.
    pub value: i64,
    /// The type of its value.
    pub shown_as: AtomicType,
}

/// The type of an atomic's value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AtomicType {
    /// An integer with a sign.
    I64,
    /// An integer without a sign.
    U64,
    /// A boolean: 0 or 1.
    Bool,
}

/// Number of encoded forms of each type.
const FORMS: u8 = 16;

impl AtomicType {
    const ALL: [Self; 3] = [Self::I64, Self::U64, Self::Bool];

    /// Returns the value with these bits in words.
    #[must_use]
    pub fn text(self, bits: i64) -> String {
        match self {
            Self::I64 => bits.to_string(),
            Self::U64 => bits.cast_unsigned().to_string(),
            Self::Bool => (bits != 0).to_string(),
        }
    }
}

/// An operation of `sync/atomic` on 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AtomicOp {
    /// Yields the value.
    Load,
    /// Sets the value.
    Store(i64),
    /// Adds, wrapping, and yields the new value, as Go's `Add` does.
    Add(i64),
    /// Sets the value and yields the old one.
    Swap(i64),
    /// Sets the second value if the first is the current one. Yields 1 if it did, else 0.
    CompareAndSwap(i64, i64),
    /// Sets the bits that both have, and yields the old value.
    And(i64),
    /// Sets the bits that either has, and yields the old value.
    Or(i64),
    /// Sets the larger value of the two, and yields the old one.
    Max(i64),
}

impl Atomic {
    fn text(&self, bits: i64) -> String {
        self.shown_as.text(bits)
    }

    /// Does the operation. Returns the result that [`AtomicOp`] describes.
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
            AtomicOp::And(mask) => self.value = old & mask,
            AtomicOp::Or(mask) => self.value = old | mask,
            AtomicOp::Max(value) => self.value = self.larger(value),
        }
        if matches!(op, AtomicOp::Add(_)) {
            self.value
        } else {
            old
        }
    }

    /// Returns the larger of its value and this one.
    fn larger(&self, value: i64) -> i64 {
        match self.shown_as {
            AtomicType::I64 | AtomicType::Bool => self.value.max(value),
            AtomicType::U64 => {
                let larger = self.value.cast_unsigned().max(value.cast_unsigned());
                larger.cast_signed()
            }
        }
    }

    /// Returns true if the operation only reads in this state. A load does, and a compare-and-swap
    /// that fails. So does a bitwise operation or a maximum that leaves the value as it is.
    #[must_use]
    pub fn only_reads(&self, op: AtomicOp) -> bool {
        match op {
            AtomicOp::Load => true,
            AtomicOp::CompareAndSwap(expected, _) => self.value != expected,
            AtomicOp::And(mask) => self.value & mask == self.value,
            AtomicOp::Or(mask) => self.value | mask == self.value,
            AtomicOp::Max(value) => self.larger(value) == self.value,
            AtomicOp::Store(_) | AtomicOp::Add(_) | AtomicOp::Swap(_) => false,
        }
    }
}

impl Primitive for Atomic {
    type Op = AtomicOp;

    #[inline]
    fn facts(op: &AtomicOp) -> Facts {
        match op {
            AtomicOp::Load => Facts::simple(Verb::Load, Tells::Number, None),
            AtomicOp::Store(_) => Facts::simple(Verb::Store, Tells::Nothing, None),
            AtomicOp::Add(_) => Facts::simple(Verb::AtomicAdd, Tells::Number, None),
            AtomicOp::Swap(_) => Facts::simple(Verb::Swap, Tells::Number, None),
            AtomicOp::CompareAndSwap(..) => {
                Facts::simple(Verb::CompareAndSwap, Tells::Number, None)
            }
            AtomicOp::And(_) => Facts::simple(Verb::And, Tells::Number, None),
            AtomicOp::Or(_) => Facts::simple(Verb::Or, Tells::Number, None),
            AtomicOp::Max(_) => Facts::simple(Verb::Max, Tells::Number, None),
        }
    }

    fn admits(&self, op: &AtomicOp, _: GoroutineId) -> bool {
        match op {
            AtomicOp::Load
            | AtomicOp::Store(_)
            | AtomicOp::Add(_)
            | AtomicOp::Swap(_)
            | AtomicOp::CompareAndSwap(..)
            | AtomicOp::And(_)
            | AtomicOp::Or(_)
            | AtomicOp::Max(_) => true,
        }
    }

    fn apply(&mut self, op: &AtomicOp, _: ObjectStep) -> Effect {
        let number = self.update(*op);
        match op {
            AtomicOp::Store(_) => Effect::DONE,
            AtomicOp::Load
            | AtomicOp::Add(_)
            | AtomicOp::Swap(_)
            | AtomicOp::CompareAndSwap(..)
            | AtomicOp::And(_)
            | AtomicOp::Or(_)
            | AtomicOp::Max(_) => Effect::number(number),
        }
    }

    fn access(&self, op: &AtomicOp, _: GoroutineId) -> Access {
        Access::shared_if(self.only_reads(*op))
    }

    fn class(op: &AtomicOp) -> Classes {
        match op {
            AtomicOp::Load => Classes::LOOKS,
            AtomicOp::Store(_)
            | AtomicOp::Add(_)
            | AtomicOp::Swap(_)
            | AtomicOp::CompareAndSwap(..)
            | AtomicOp::And(_)
            | AtomicOp::Or(_)
            | AtomicOp::Max(_) => Classes::ALL,
        }
    }

    fn depends_on(&self, op: &AtomicOp, by: GoroutineId) -> Classes {
        Classes::in_conflict_with(self.access(op, by))
    }

    fn waits_for(&self, _: &AtomicOp, _: ObjectId, _: GoroutineId) -> WaitsFor {
        WaitsFor::Unknown
    }

    fn rename(&mut self, _: Rename<'_>) {}

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        let first = first + FORMS * self.shown_as as u8;
        put_form(out, first, FORMS, unsigned(self.value));
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        Self {
            value: signed(input.number_with(form % FORMS, FORMS)),
            shown_as: AtomicType::ALL[usize::from(form / FORMS)],
        }
    }

    fn state(&self, _: &dyn Names) -> String {
        format!("= {}", self.text(self.value))
    }

    fn left(&self, _: &dyn Names) -> Option<String> {
        Some(self.text(self.value))
    }

    fn values(&self, _: &dyn Names) -> Vec<String> {
        vec![self.text(self.value)]
    }

    fn note(&self, op: &AtomicOp, _: &Self, _: ObjectStep, _: &dyn Names) -> Option<String> {
        let number = self.clone().update(*op);
        Some(match op {
            AtomicOp::Store(value) => format!("= {}", self.text(*value)),
            AtomicOp::CompareAndSwap(..) if number == 1 => "swapped".to_owned(),
            AtomicOp::CompareAndSwap(..) => "not swapped".to_owned(),
            AtomicOp::Load
            | AtomicOp::Add(_)
            | AtomicOp::Swap(_)
            | AtomicOp::And(_)
            | AtomicOp::Or(_)
            | AtomicOp::Max(_) => format!("= {}", self.text(number)),
        })
    }
}
