//! Ids of the parts of a [`World`](super::World): small numbers, assigned by the
//! [`Program`](super::Program).
//!
//! A number stands for the same thing in every execution of one search, whatever the order in which
//! things were made. A thing is identified by the goroutine that made it and a sequence number of
//! that goroutine.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// Returns the number as an index.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// Returns the id with this index.
            ///
            /// # Panics
            /// If `index` does not fit in 32 bits.
            #[must_use]
            #[inline]
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("more than 2^32 of them"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

id! {
    /// A goroutine, or the hidden one that fires a timer. The first of a program is `main`.
    GoroutineId
}
impl GoroutineId {
    /// The goroutine that a program starts with.
    pub const MAIN: Self = Self(0);
}

id! {
    /// A lock, a channel, or another object that goroutines share.
    ObjectId
}

id! {
    /// A piece of memory that goroutines share and that is not an object: a variable of Go with all
    /// its fields.
    CellId
}

id! {
    /// The part of a [cell](CellId) that an access reads or writes. Regions may overlap.
    RegionId
}

id! {
    /// A value that goroutines pass around. Equal values have equal ids.
    ValueId
}
impl ValueId {
    /// The value `()`.
    pub const UNIT: Self = Self(0);
}

id! {
    /// A file of source code, by a number that its program gave it.
    FileId
}
impl FileId {
    /// No file. Its name is empty.
    pub const NONE: Self = Self(0);
}

id! {
    /// The place of a goroutine in its own code: a state of the automaton that a
    /// [`Program`](super::Program) is. Equal local states have equal futures.
    LocalState
}
