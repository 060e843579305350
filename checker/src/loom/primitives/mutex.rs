//! `sync.Mutex`: who holds it, and a queue of those who wait. An unlock hands the lock to the first
//! of them.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::execution::{Act, Execution, Told};
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

    pub(super) fn lock(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        let mutex = self.mutex(id);
        if mutex.holder.is_some() {
            mutex.queue.push_back(me);
            return Act::Waits;
        }
        mutex.holder = Some(me);
        let content = mutex.content;
        self.took(me, Choice::Only);
        Act::Done(Outcome::Value(content))
    }

    pub(super) fn try_lock(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        if self.mutex(id).holder.is_some() {
            self.took(me, Choice::Only);
            return Act::Done(Outcome::Nothing);
        }
        self.lock(me, id)
    }

    pub(super) fn unlock(
        &mut self,
        me: GoroutineId,
        id: ObjectId,
        content: Option<ValueId>,
    ) -> Act {
        self.took(me, Choice::Only);
        if self.mutex(id).holder.is_none() {
            return Act::Panics(Panic::UnlockOfUnlocked(id));
        }
        self.release(id, content);
        Act::Done(Outcome::Done)
    }

    /// Hands the lock to the first who waits, or frees it.
    pub(super) fn release(&mut self, id: ObjectId, content: Option<ValueId>) {
        let mutex = self.mutex(id);
        mutex.content = content.unwrap_or(mutex.content);
        let content = mutex.content;
        mutex.holder = mutex.queue.pop_front();
        if let Some(next) = mutex.holder {
            self.complete(next, Choice::Only, Told::Outcome(Outcome::Value(content)));
        }
    }
}
