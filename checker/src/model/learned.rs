//! The part of a program that is known: [`Learned`], which several threads can read at once.

use super::fault::Fault;
use super::id::{FileId, GoroutineId, LocalState, ObjectId, ValueId};
use super::op::Outcome;
use super::program::{Arrival, GoroutineInfo, Names, ObjectInfo, Program, Site};
use super::world::World;

/// The places in the code of a program's goroutines that it has come to, and the ways between them.
pub trait Learned: Sync {
    /// Does the same as [`Program::arrival`].
    fn arrival(&self, local: LocalState) -> &Arrival;

    /// Returns what [`Program::resume`] returns; `None` if that is not known yet.
    fn next(&self, local: LocalState, outcome: Outcome) -> Option<LocalState>;

    /// Returns what [`Program::child`] returns; `None` if that is not known yet.
    fn child(&self, local: LocalState) -> Option<LocalState>;
}

/// A program that knows what another one has learned, and learns nothing. It has no names.
pub(crate) struct Reader<'a>(pub(crate) &'a dyn Learned);

/// The answer to what is not known. It is not shown to anybody.
const UNKNOWN: Fault = Fault::NoMemory { bytes: 0 };

impl Program for Reader<'_> {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        Err(UNKNOWN)
    }

    fn arrival(&self, local: LocalState) -> &Arrival {
        self.0.arrival(local)
    }

    fn resume(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        self.0.next(local, outcome).ok_or(UNKNOWN)
    }

    fn child(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        self.0.child(local).ok_or(UNKNOWN)
    }
}

impl Names for Reader<'_> {
    fn goroutine(&self, _: GoroutineId) -> GoroutineInfo {
        GoroutineInfo {
            name: String::new(),
            parent: None,
            site: Site::NONE,
            timer: false,
            daemon: false,
        }
    }

    fn object(&self, _: ObjectId) -> ObjectInfo {
        ObjectInfo {
            name: String::new(),
            site: Site::NONE,
        }
    }

    fn value(&self, _: ValueId) -> String {
        String::new()
    }

    fn file(&self, _: FileId) -> &str {
        ""
    }
}
