//! `sync/atomic` and plain cells.

use super::{Primitive, kind};
use crate::loom::execution::{Act, Execution};
use crate::model::{AtomicOp, Choice, GoroutineId, ObjectId, Outcome, ValueId};

pub(in crate::loom) struct Atomic {
    pub(super) value: i64,
}

pub(in crate::loom) struct Cell {
    pub(super) value: ValueId,
}

impl Execution {
    kind!(atomic, Atomic);
    kind!(cell, Cell);

    pub(super) fn atomic_op(&mut self, me: GoroutineId, id: ObjectId, op: AtomicOp) -> Act {
        self.took(me, Choice::Only);
        let value = &mut self.atomic(id).value;
        let old = *value;
        Act::Done(match op {
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
        })
    }

    pub(super) fn get(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Choice::Only);
        Act::Done(Outcome::Value(self.cell(id).value))
    }

    pub(super) fn set(&mut self, me: GoroutineId, id: ObjectId, value: ValueId) -> Act {
        self.took(me, Choice::Only);
        self.cell(id).value = value;
        Act::Done(Outcome::Done)
    }
}
