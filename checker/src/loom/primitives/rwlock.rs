//! `sync.RWMutex`: the readers within, one writer that has announced itself or holds, and a queue
//! of the others.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::execution::{Act, Execution, Told};
use crate::model::{Choice, GoroutineId, ObjectId, Outcome, Panic, ValueId};

pub(in crate::loom) struct RwLock {
    pub(super) readers: Vec<GoroutineId>,
    pub(super) writer: Option<Writer>,
    pub(super) content: ValueId,
    queue: VecDeque<Waiter>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// It keeps new readers out and waits for those within.
    Announced(GoroutineId),
    Holds(GoroutineId),
}

enum Waiter {
    Reader(GoroutineId),
    Writer(GoroutineId),
}

impl RwLock {
    pub(super) fn new(content: ValueId) -> Self {
        Self {
            readers: Vec::new(),
            writer: None,
            content,
            queue: VecDeque::new(),
        }
    }

    fn content(&self) -> Outcome {
        Outcome::Value(self.content)
    }
}

impl Execution {
    kind!(rwlock, RwLock);

    pub(super) fn rlock(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        let lock = self.rwlock(id);
        if lock.writer.is_some() {
            lock.queue.push_back(Waiter::Reader(me));
            return Act::Waits;
        }
        lock.readers.push(me);
        let content = lock.content();
        self.took(me, Choice::Only);
        Act::Done(content)
    }

    pub(super) fn try_rlock(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        if self.rwlock(id).writer.is_some() {
            self.took(me, Choice::Only);
            return Act::Done(Outcome::Nothing);
        }
        self.rlock(me, id)
    }

    pub(super) fn runlock(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Choice::Only);
        let lock = self.rwlock(id);
        if lock.readers.is_empty() {
            return Act::Panics(Panic::RUnlockOfUnlocked(id));
        }
        let mine = lock.readers.iter().position(|reader| *reader == me);
        lock.readers.swap_remove(mine.unwrap_or(0));
        if lock.readers.is_empty()
            && let Some(Writer::Announced(writer)) = lock.writer
        {
            self.tell(writer, Told::Again);
        }
        Act::Done(Outcome::Done)
    }

    pub(super) fn wlock(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        let lock = self.rwlock(id);
        if lock.writer.is_some() {
            lock.queue.push_back(Waiter::Writer(me));
            return Act::Waits;
        }
        let act = if lock.readers.is_empty() {
            lock.writer = Some(Writer::Holds(me));
            Act::Done(lock.content())
        } else {
            lock.writer = Some(Writer::Announced(me));
            Act::Waits
        };
        self.took(me, Choice::Only);
        act
    }

    /// The second half of a write lock: the readers have gone.
    pub(super) fn wlock_again(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        let lock = self.rwlock(id);
        assert!(lock.readers.is_empty() && lock.writer == Some(Writer::Announced(me)));
        lock.writer = Some(Writer::Holds(me));
        let content = lock.content();
        self.took(me, Choice::Only);
        Act::Done(content)
    }

    pub(super) fn try_wlock(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        let lock = self.rwlock(id);
        if lock.writer.is_some() || !lock.readers.is_empty() {
            self.took(me, Choice::Only);
            return Act::Done(Outcome::Nothing);
        }
        self.wlock(me, id)
    }

    pub(super) fn wunlock(
        &mut self,
        me: GoroutineId,
        id: ObjectId,
        content: Option<ValueId>,
    ) -> Act {
        self.took(me, Choice::Only);
        let lock = self.rwlock(id);
        if !matches!(lock.writer, Some(Writer::Holds(_))) {
            return Act::Panics(Panic::WUnlockOfUnlocked(id));
        }
        lock.writer = None;
        lock.content = content.unwrap_or(lock.content);
        self.admit(id);
        Act::Done(Outcome::Done)
    }

    /// Lets those in who wait, in their order, up to the first writer.
    fn admit(&mut self, id: ObjectId) {
        loop {
            let lock = self.rwlock(id);
            if lock.writer.is_some() {
                return;
            }
            let content = Told::Outcome(lock.content());
            match lock.queue.pop_front() {
                None => return,
                Some(Waiter::Reader(reader)) => {
                    lock.readers.push(reader);
                    self.complete(reader, Choice::Only, content);
                }
                Some(Waiter::Writer(writer)) if lock.readers.is_empty() => {
                    lock.writer = Some(Writer::Holds(writer));
                    self.complete(writer, Choice::Only, content);
                }
                Some(Waiter::Writer(writer)) => {
                    lock.writer = Some(Writer::Announced(writer));
                    self.took(writer, Choice::Only);
                }
            }
        }
    }
}
