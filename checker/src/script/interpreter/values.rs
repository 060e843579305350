//! The values of an interpreter, each distinct one kept once.

use rustc_hash::FxHashMap;

use crate::model::{ObjectId, ValueId};

/// The values that are passed about; the value 0 of the model is `()`.
#[derive(Default)]
pub(super) struct Values {
    values: Vec<Value>,
    ids: FxHashMap<Value, ValueId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Value {
    Integer(i64),
    /// The handle of this object.
    Handle(ObjectId),
}

impl Values {
    pub(super) fn id(&mut self, value: Value) -> ValueId {
        *self.ids.entry(value).or_insert_with(|| {
            self.values.push(value);
            ValueId::from_index(self.values.len())
        })
    }

    pub(super) fn of_integer(&mut self, integer: i64) -> ValueId {
        self.id(Value::Integer(integer))
    }

    /// The value of this id; `()` is the integer 0.
    pub(super) fn get(&self, id: ValueId) -> Value {
        match id.index().checked_sub(1) {
            Some(index) => self.values[index],
            None => Value::Integer(0),
        }
    }

    /// The integer of a value; 0 for `()` and for a handle.
    pub(super) fn integer(&self, id: ValueId) -> i64 {
        match self.get(id) {
            Value::Integer(integer) => integer,
            Value::Handle(_) => 0,
        }
    }
}
