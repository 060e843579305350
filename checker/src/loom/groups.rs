//! Groups of objects that share a scheduling point.
//!
//! Loom's reduction knows only one loom object that an operation touches. Some operations touch
//! several objects: a select, a wait under a mutex, a timer and its channel, contexts of one tree.
//! Such an operation would look independent of another on all but one of them, and executions would
//! be lost. So such objects are put into one group, for good, and a group has one scheduling point.

use crate::model::ObjectId;

/// Groups of objects, as a union-find.
#[derive(Default)]
pub(super) struct Groups {
    /// Another object of its group for each object, or itself.
    parents: Vec<usize>,
}

impl Groups {
    /// Returns the group of an object, as the number of one of its members.
    pub(super) fn of(&mut self, object: ObjectId) -> usize {
        while self.parents.len() <= object.index() {
            self.parents.push(self.parents.len());
        }
        let mut at = object.index();
        while self.parents[at] != at {
            at = self.parents[at];
        }
        at
    }

    /// Puts two objects into one group. Returns false if they were in one before.
    pub(super) fn join(&mut self, a: ObjectId, b: ObjectId) -> bool {
        let (a, b) = (self.of(a), self.of(b));
        self.parents[a.max(b)] = a.min(b);
        a != b
    }
}
