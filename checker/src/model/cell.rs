//! A plain variable that goroutines share. Reads and writes are single steps; that two of them may be a data race is not
//! looked at.

use super::encode::{Input, put};
use super::id::ValueId;
use super::primitive::Primitive;

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
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put(out, self.value.0.into());
    }

    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        Self {
            value: ValueId(input.id()),
        }
    }
}
