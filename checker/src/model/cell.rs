//! A plain variable that goroutines share. Reads and writes are single steps. Data races between
//! them are not detected.

use super::decode::{Input, to_id};
use super::dependence::Classes;
use super::encode::put_form;
use super::id::{GoroutineId, ObjectId, ValueId};
use super::op::Outcome;
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::WaitsFor;

/// The state of a plain cell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cell {
    /// Its value.
    pub value: ValueId,
}

/// Number of encoded forms.
const FORMS: u8 = 16;

/// An operation on a [`Cell`].
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
            CellOp::Get => Facts::simple(Verb::Get, Tells::Content, None),
            CellOp::Set(value) => {
                Facts::simple(Verb::Set, Tells::Nothing, None).leaves(Some(*value))
            }
        }
    }

    fn admits(&self, op: &CellOp, _: GoroutineId) -> bool {
        match op {
            CellOp::Get | CellOp::Set(_) => true,
        }
    }

    fn apply(&mut self, op: &CellOp, _: ObjectStep) -> Effect {
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

    fn class(op: &CellOp) -> Classes {
        match op {
            CellOp::Get => Classes::LOOKS,
            CellOp::Set(_) => Classes::ALL,
        }
    }

    fn depends_on(&self, op: &CellOp, by: GoroutineId) -> Classes {
        Classes::in_conflict_with(self.access(op, by))
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

    fn rename(&mut self, _: Rename<'_>) {}

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        put_form(out, first, FORMS, self.value.0.into());
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        Self {
            value: ValueId(to_id(input.number_with(form, FORMS))),
        }
    }

    fn state(&self, names: &dyn Names) -> String {
        format!("= {}", names.value(self.value))
    }

    fn left(&self, names: &dyn Names) -> Option<String> {
        Some(names.value(self.value))
    }

    fn values(&self, names: &dyn Names) -> Vec<String> {
        vec![names.value(self.value)]
    }

    fn note(&self, _: &CellOp, after: &Self, _: ObjectStep, names: &dyn Names) -> Option<String> {
        Some(after.state(names))
    }
}
