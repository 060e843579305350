//! Mutual exclusion: Go's `sync.Mutex`.
//!
//! `Lock` is enabled while nobody holds the lock. The lock is not re-entrant, and it has no owner.
//! "It is allowed for one goroutine to lock a Mutex and then arrange for another goroutine to
//! unlock it" (package sync). The holder is recorded only to be shown.

use super::decode::{Input, to_option};
use super::dependence::Classes;
use super::encode::{number_of, put, put_form};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::op::Outcome;
use super::primitive::{Effect, Facts, Holders, Mode, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::{WaitsFor, Way, Ways};
use super::world::Panic;

/// The state of a `sync.Mutex`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Mutex {
    /// The goroutine that locked it.
    pub holder: Option<GoroutineId>,
    /// The data that it protects.
    pub content: ValueId,
}

/// Number of encoded forms for each of the first contents, and for all others.
const FORMS: u8 = 16;

/// Number of contents that have forms of their own.
const CONTENTS: u8 = 3;

const LOCK: Classes = Classes::one(0);
const TRY_LOCK: Classes = Classes::one(1);
const UNLOCK: Classes = Classes::one(2);

/// An operation on a [`Mutex`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MutexOp {
    /// `Lock`.
    Lock,
    /// `TryLock`.
    TryLock,
    /// `Unlock`, with the data that the lock protects from now on; `None` leaves it as it was.
    Unlock(Option<ValueId>),
}

impl Mutex {
    /// Returns an unlocked mutex over this data.
    #[must_use]
    pub fn new(content: ValueId) -> Self {
        Self {
            holder: None,
            content,
        }
    }

    /// Returns true if nobody holds it.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.holder.is_none()
    }

    /// Locks it for `by`.
    ///
    /// # Panics
    /// If it is held: the step was not enabled.
    pub fn lock(&mut self, by: GoroutineId) -> ValueId {
        assert!(self.is_free(), "{by:?} locks what {:?} holds", self.holder);
        self.holder = Some(by);
        self.content
    }

    /// Unlocks it, whoever holds it. Returns false if nobody does ("fatal error: sync: unlock of
    /// unlocked mutex").
    pub fn unlock(&mut self, content: Option<ValueId>) -> bool {
        if self.holder.take().is_none() {
            return false;
        }
        self.content = content.unwrap_or(self.content);
        true
    }
}

impl Primitive for Mutex {
    type Op = MutexOp;

    #[inline]
    fn facts(op: &MutexOp) -> Facts {
        match op {
            MutexOp::Lock => Facts::simple(Verb::Lock, Tells::Content, None).locks(),
            MutexOp::TryLock => Facts::simple(Verb::TryLock, Tells::ContentIfFree, None).locks(),
            MutexOp::Unlock(content) => {
                Facts::simple(Verb::Unlock, Tells::Nothing, Some(Way::Unlock)).leaves(*content)
            }
        }
    }

    fn admits(&self, op: &MutexOp, _: GoroutineId) -> bool {
        match op {
            MutexOp::Lock => self.is_free(),
            MutexOp::TryLock | MutexOp::Unlock(_) => true,
        }
    }

    fn apply(&mut self, op: &MutexOp, turn: ObjectStep) -> Effect {
        match op {
            MutexOp::Lock => Effect::Done(Outcome::Value(self.lock(turn.by))),
            MutexOp::TryLock => Effect::tried(self.is_free().then(|| self.lock(turn.by))),
            MutexOp::Unlock(content) => {
                Effect::done_unless(Panic::UnlockOfUnlocked(turn.object), self.unlock(*content))
            }
        }
    }

    fn access(&self, op: &MutexOp, _: GoroutineId) -> Access {
        match op {
            MutexOp::TryLock => Access::shared_if(!self.is_free()),
            MutexOp::Lock | MutexOp::Unlock(_) => Access::Exclusive,
        }
    }

    fn class(op: &MutexOp) -> Classes {
        match op {
            MutexOp::Lock => LOCK,
            MutexOp::TryLock => TRY_LOCK,
            MutexOp::Unlock(_) => UNLOCK,
        }
    }

    /// Nobody takes a lock that is held, so only who unlocks it matters, and who tries. Unlocking
    /// what nobody holds is fatal, which rests on everything.
    fn depends_on(&self, op: &MutexOp, _: GoroutineId) -> Classes {
        match op {
            MutexOp::Lock | MutexOp::TryLock | MutexOp::Unlock(_) if self.is_free() => Classes::ALL,
            MutexOp::Lock | MutexOp::TryLock => UNLOCK,
            MutexOp::Unlock(_) => UNLOCK | TRY_LOCK,
        }
    }

    fn waits_for(&self, op: &MutexOp, object: ObjectId, _: GoroutineId) -> WaitsFor {
        match op {
            MutexOp::Lock => WaitsFor::Holders(object, Ways::UNLOCK),
            MutexOp::TryLock | MutexOp::Unlock(_) => WaitsFor::Unknown,
        }
    }

    fn content(&self) -> Option<ValueId> {
        Some(self.content)
    }

    fn content_mut(&mut self) -> Option<&mut ValueId> {
        Some(&mut self.content)
    }

    fn rename(&mut self, new: Rename<'_>) {
        self.holder = self.holder.map(new);
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        let holder = number_of(self.holder.map(|holder| holder.0));
        let content = self.content.0.min(u32::from(CONTENTS));
        put_form(out, first + FORMS * content as u8, FORMS, holder);
        if content == u32::from(CONTENTS) {
            put(out, (self.content.0 - content).into());
        }
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        let holder = input.number_with(form % FORMS, FORMS);
        let content = form / FORMS;
        let rest = if content == CONTENTS { input.id() } else { 0 };
        Self {
            holder: to_option(holder).map(GoroutineId),
            content: ValueId(u32::from(content) + rest),
        }
    }

    fn holders(&self) -> Holders {
        self.holder
            .map(|holder| (holder, Mode::Write))
            .into_iter()
            .collect()
    }

    fn state(&self, _: &dyn Names) -> String {
        if self.is_free() {
            "free".to_owned()
        } else {
            String::new()
        }
    }

    fn left(&self, names: &dyn Names) -> Option<String> {
        let locked = if self.is_free() { "" } else { "locked " };
        Some(format!("{locked}{}", names.value(self.content)))
    }

    fn values(&self, names: &dyn Names) -> Vec<String> {
        content(self.content, names)
    }

    fn note(&self, op: &MutexOp, after: &Self, _: ObjectStep, _: &dyn Names) -> Option<String> {
        match op {
            MutexOp::TryLock => (self == after).then(|| "failed".to_owned()),
            MutexOp::Lock | MutexOp::Unlock(_) => None,
        }
    }
}

/// Returns the data under a lock, unless there is none.
pub(super) fn content(content: ValueId, names: &dyn Names) -> Vec<String> {
    let text = names.value(content);
    if text == "()" { Vec::new() } else { vec![text] }
}
