//! The ids that a program has given, as a value that another process can adopt.

use serde::{Deserialize, Serialize};

use super::object::ThingKind;
use super::program::Place;

/// The ids that a program has assigned so far, in the order of the numbers. Steps that were taken
/// once mean the same to a program that adopts these ids first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// The goroutines.
    pub goroutines: Vec<KnownThing>,
    /// The objects.
    pub objects: Vec<KnownThing>,
    /// The regions of memory. The column of the place is the number of their elements and fields.
    pub regions: Vec<KnownThing>,
    /// See [`Learner::may_cycle`](super::Learner::may_cycle).
    pub may_cycle: bool,
}

/// One thing that has an id in [`Known`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct KnownThing {
    /// The goroutine that made it.
    pub maker: Option<u32>,
    /// The name.
    pub name: String,
    /// The kind of the thing.
    pub kind: ThingKind,
    /// Its number among those of this name and kind by this maker, from 0.
    pub nth: u32,
    /// The place where it is made.
    pub site: Place,
}
