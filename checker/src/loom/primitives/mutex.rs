//! `sync.Mutex`: its holder, and a queue of the goroutines that wait. An unlock hands the lock to
//! the first of them.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::execution::{Attempt, Execution, WaitEnd};
use crate::model::{Choice, GoroutineId, ObjectId, Outcome, Panic, ValueId};

pub(in crate::loom) struct Mutex {
    pub(super) holder: Option<GoroutineId>,
    pub(super) content: ValueId,
    queue: VecDeque<GoroutineId>,
}

impl Mutex {
    pub(super) fn new(content: ValueId) -> Self {
        Self {
            holder: None,
            content,
            queue: VecDeque::new(),
        }
    }
}

impl Execution {
    kind!(mutex, Mutex);

    pub(super) fn lock(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        let mutex = self.mutex(id);
        if mutex.holder.is_some() {
            mutex.queue.push_back(me);
            return Attempt::Waits;
        }
        mutex.holder = Some(me);
        let content = mutex.content;
        self.took(me, Choice::Only);
        Attempt::Done(Outcome::Value(content))
    }

    pub(super) fn try_lock(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        if self.mutex(id).holder.is_some() {
            self.took(me, Choice::Only);
            return Attempt::Done(Outcome::Nothing);
        }
        self.lock(me, id)
    }

    pub(super) fn unlock(
        &mut self,
        me: GoroutineId,
        id: ObjectId,
        content: Option<ValueId>,
    ) -> Attempt {
        self.took(me, Choice::Only);
        if self.mutex(id).holder.is_none() {
            return Attempt::Panics(Panic::UnlockOfUnlocked(id));
        }
        self.release(id, content);
        Attempt::Done(Outcome::Done)
    }

    /// Hands the lock to the first goroutine that waits, or frees it.
    pub(super) fn release(&mut self, id: ObjectId, content: Option<ValueId>) {
        let mutex = self.mutex(id);
        mutex.content = content.unwrap_or(mutex.content);
        let content = mutex.content;
        mutex.holder = mutex.queue.pop_front();
        if let Some(next) = mutex.holder {
            self.complete(
                next,
                Choice::Only,
                WaitEnd::Outcome(Outcome::Value(content)),
            );
        }
    }
}
