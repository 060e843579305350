//! Mutual exclusion: Go's `sync.Mutex`.
//!
//! `Lock` is enabled while nobody holds the lock. The lock is not re-entrant, and it has no owner: "It is allowed for one
//! goroutine to lock a Mutex and then arrange for another goroutine to unlock it" (package sync). The holder is kept to be
//! shown, not to be enforced.

use super::encode::{Input, put, put_option};
use super::id::{GoroutineId, ValueId};
use super::primitive::Primitive;

/// The state of a `sync.Mutex`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Mutex {
    /// Who locked it.
    pub holder: Option<GoroutineId>,
    /// The data that it protects.
    pub content: ValueId,
}

/// What a goroutine can do with a [`Mutex`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MutexOp {
    /// `Lock`.
    Lock,
    /// `TryLock`.
    TryLock,
    /// `Unlock`; the data that the lock protects is from now on this, or what it was.
    Unlock(Option<ValueId>),
}

impl Mutex {
    /// An unlocked mutex over this data.
    #[must_use]
    pub fn new(content: ValueId) -> Self {
        Self {
            holder: None,
            content,
        }
    }

    /// Locks it for `by`.
    ///
    /// # Panics
    /// If it is held: the step was not enabled.
    pub fn lock(&mut self, by: GoroutineId) -> ValueId {
        assert!(
            self.holder.is_none(),
            "{by:?} locks what {:?} holds",
            self.holder
        );
        self.holder = Some(by);
        self.content
    }

    /// Unlocks it, whoever holds it; false if nobody does ("fatal error: sync: unlock of unlocked mutex").
    pub fn unlock(&mut self, content: Option<ValueId>) -> bool {
        if self.holder.take().is_none() {
            return false;
        }
        self.content = content.unwrap_or(self.content);
        true
    }
}

impl Primitive for Mutex {
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first);
        put_option(out, self.holder.map(|holder| holder.0));
        put(out, self.content.0.into());
    }

    fn decode(_: u8, input: &mut Input<'_>) -> Self {
        Self {
            holder: input.option().map(GoroutineId),
            content: ValueId(input.id()),
        }
    }
}
