//! Doing a thing once: Go's `sync.Once`.
//!
//! The first `Do` runs the function; the others block until it has returned. A `Do` from inside the function blocks for
//! ever ("if f calls o.Do, it will deadlock", package sync).

use super::id::GoroutineId;

/// The state of a `sync.Once`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Once {
    /// Nobody has called it yet.
    Fresh,
    /// This goroutine is running the function.
    Running(GoroutineId),
    /// The function has returned.
    Done,
}

impl Once {
    /// Enters `Do`: true if `by` is to run the function.
    ///
    /// # Panics
    /// If another is running it: the step was not enabled.
    pub fn begin(&mut self, by: GoroutineId) -> bool {
        assert!(
            !matches!(self, Self::Running(_)),
            "{by:?} enters a running once: {self:?}"
        );
        let first = *self == Self::Fresh;
        if first {
            *self = Self::Running(by);
        }
        first
    }

    /// The function has returned.
    ///
    /// # Panics
    /// If nobody was running it.
    pub fn end(&mut self) {
        assert!(
            matches!(self, Self::Running(_)),
            "the end of a once that did not begin: {self:?}"
        );
        *self = Self::Done;
    }
}
