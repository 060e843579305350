//! A plain variable that goroutines share. Reads and writes are single steps; that two of them may be a data race is not
//! looked at.

use super::id::ValueId;

/// The state of a plain cell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cell {
    /// What is in it.
    pub value: ValueId,
}
