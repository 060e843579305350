//! A plain variable that goroutines share. Reads and writes are single steps; that two of them may
//! be a data race is not looked at.

use super::encode::{Input, put};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::op::Outcome;
use super::primitive::{Effect, Facts, Primitive, Tells, Turn};
use super::program::Program;
use super::step::Access;
use super::waits::WaitsFor;

/// The state of a plain cell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cell {
    /// What is in it.
    pub value: ValueId,
}

/// What a goroutine can do with a [`Cell`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CellOp {
    /// Reads it.
    Get,
    /// Writes it.
    Set(ValueId),
}

impl Primitive for Cell {
    type Op = CellOp;

    #[inline]
    fn facts(op: &CellOp) -> Facts {
        match op {
            CellOp::Get => Facts::simple("get", Tells::Content, None),
            CellOp::Set(value) => Facts::simple("set", Tells::Nothing, None).leaves(Some(*value)),
        }
    }

    fn admits(&self, op: &CellOp, _: GoroutineId) -> bool {
        match op {
            CellOp::Get | CellOp::Set(_) => true,
        }
    }

    fn apply(&mut self, op: &CellOp, _: Turn) -> Effect {
        match op {
            CellOp::Get => Effect::Done(Outcome::Value(self.value)),
            CellOp::Set(value) => {
                self.value = *value;
                Effect::DONE
            }
        }
    }

    fn access(&self, op: &CellOp, _: GoroutineId) -> Access {
        match op {
            CellOp::Get => Access::Shared,
            CellOp::Set(_) => Access::Exclusive,
        }
    }

    fn waits_for(&self, _: &CellOp, _: ObjectId, _: GoroutineId) -> WaitsFor {
        WaitsFor::Unknown
    }

    fn content(&self) -> Option<ValueId> {
        Some(self.value)
    }

    fn content_mut(&mut self) -> Option<&mut ValueId> {
        Some(&mut self.value)
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put(out, self.value.0.into());
    }

    #[inline]
    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        Self {
            value: ValueId(input.id()),
        }
    }

    fn state(&self, names: &dyn Program) -> String {
        format!("= {}", names.value(self.value))
    }

    fn left(&self, names: &dyn Program) -> Option<String> {
        Some(names.value(self.value))
    }

    fn values(&self, names: &dyn Program) -> Vec<String> {
        vec![names.value(self.value)]
    }

    fn note(&self, _: &CellOp, after: &Self, _: Turn, names: &dyn Program) -> Option<String> {
        Some(after.state(names))
    }
}
