//! `sync/atomic` and plain cells.

use super::{Primitive, kind};
use crate::loom::execution::{Attempt, Execution};
use crate::model::{AtomicOp, AtomicType, Choice, GoroutineId, ObjectId, Outcome, ValueId};

pub(in crate::loom) struct Atomic {
    pub(super) value: i64,
    pub(super) shown_as: AtomicType,
}

pub(in crate::loom) struct Cell {
    pub(super) value: ValueId,
}

impl Execution {
    kind!(atomic, Atomic);
    kind!(cell, Cell);

    pub(super) fn atomic_op(&mut self, me: GoroutineId, id: ObjectId, op: AtomicOp) -> Attempt {
        self.took(me, Choice::Only);
        let Atomic { value, shown_as } = self.atomic(id);
        let old = *value;
        Attempt::Done(match op {
            AtomicOp::Load => Outcome::Number(old),
            AtomicOp::Store(new) => {
                *value = new;
                Outcome::Done
            }
            AtomicOp::Add(delta) => {
                *value = old.wrapping_add(delta);
                Outcome::Number(*value)
            }
            AtomicOp::Swap(new) => {
                *value = new;
                Outcome::Number(old)
            }
            AtomicOp::CompareAndSwap(expected, new) if old == expected => {
                *value = new;
                Outcome::Number(1)
            }
            AtomicOp::CompareAndSwap(..) => Outcome::Number(0),
            AtomicOp::And(mask) => {
                *value &= mask;
                Outcome::Number(old)
            }
            AtomicOp::Or(mask) => {
                *value |= mask;
                Outcome::Number(old)
            }
            AtomicOp::Max(other) => {
                let is_less = match shown_as {
                    AtomicType::U64 => old.cast_unsigned() < other.cast_unsigned(),
                    AtomicType::I64 | AtomicType::Bool => old < other,
                };
                if is_less {
                    *value = other;
                }
                Outcome::Number(old)
            }
        })
    }

    pub(super) fn get(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        Attempt::Done(Outcome::Value(self.cell(id).value))
    }

    pub(super) fn set(&mut self, me: GoroutineId, id: ObjectId, value: ValueId) -> Attempt {
        self.took(me, Choice::Only);
        self.cell(id).value = value;
        Attempt::Done(Outcome::Done)
    }
}
