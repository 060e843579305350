//! Accesses to memory that goroutines share beside the objects.
//!
//! Two of them race if nothing orders them, one writes, and not both are atomic (The Go Memory
//! Model, "Data races"). No operation comes between, so a race shows in a state: both goroutines
//! stand behind their accesses and have done no operation since.

use super::dependence::Classes;

/// The effect of an access on memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MemoryAccess {
    /// It reads.
    Read,
    /// It writes, and may read.
    Write,
    /// It reads atomically.
    AtomicRead,
    /// It writes atomically, and may read.
    AtomicWrite,
}

impl MemoryAccess {
    /// All of them.
    pub const EACH: [Self; 4] = [Self::Read, Self::Write, Self::AtomicRead, Self::AtomicWrite];

    /// Returns true if the two race when nothing orders them.
    #[must_use]
    pub fn conflicts(self, other: Self) -> bool {
        let writes = |it| matches!(it, Self::Write | Self::AtomicWrite);
        let atomic = |it| matches!(it, Self::AtomicRead | Self::AtomicWrite);
        (writes(self) || writes(other)) && !(atomic(self) && atomic(other))
    }

    /// Returns its class.
    #[must_use]
    pub fn class(self) -> Classes {
        Classes::one(self as u32)
    }

    /// Returns the classes of the accesses that conflict with it.
    #[must_use]
    pub fn conflicting(self) -> Classes {
        let conflicting = Self::EACH.iter().filter(|it| self.conflicts(**it));
        conflicting.fold(Classes::NONE, |all, it| all | it.class())
    }
}
