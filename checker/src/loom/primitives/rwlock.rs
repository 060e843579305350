//! `sync.RWMutex`: its readers, one writer that has announced itself or holds the lock, and a queue
//! of the others.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::execution::{Attempt, Execution, WaitEnd};
use crate::model::{Choice, GoroutineId, ObjectId, Outcome, Panic, ValueId};

pub(in crate::loom) struct RwLock {
    pub(super) readers: Vec<GoroutineId>,
    pub(super) writer: Option<Writer>,
    pub(super) content: ValueId,
    queue: VecDeque<Waiter>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// It keeps new readers out and waits for the present ones.
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

    pub(super) fn rlock(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        let lock = self.rwlock(id);
        if lock.writer.is_some() {
            lock.queue.push_back(Waiter::Reader(me));
            return Attempt::Waits;
        }
        lock.readers.push(me);
        let content = lock.content();
        self.took(me, Choice::Only);
        Attempt::Done(content)
    }

    pub(super) fn try_rlock(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        if self.rwlock(id).writer.is_some() {
            self.took(me, Choice::Only);
            return Attempt::Done(Outcome::Nothing);
        }
        self.rlock(me, id)
    }

    pub(super) fn runlock(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        let lock = self.rwlock(id);
        if lock.readers.is_empty() {
            return Attempt::Panics(Panic::RUnlockOfUnlocked(id));
        }
        let mine = lock.readers.iter().position(|reader| *reader == me);
        lock.readers.swap_remove(mine.unwrap_or(0));
        if lock.readers.is_empty()
            && let Some(Writer::Announced(writer)) = lock.writer
        {
            self.tell(writer, WaitEnd::Again);
        }
        Attempt::Done(Outcome::Done)
    }

    pub(super) fn wlock(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        let lock = self.rwlock(id);
        if lock.writer.is_some() {
            lock.queue.push_back(Waiter::Writer(me));
            return Attempt::Waits;
        }
        let act = if lock.readers.is_empty() {
            lock.writer = Some(Writer::Holds(me));
            Attempt::Done(lock.content())
        } else {
            lock.writer = Some(Writer::Announced(me));
            Attempt::Waits
        };
        self.took(me, Choice::Only);
        act
    }

    /// Attempts the second half of a write lock, once the readers have gone.
    pub(super) fn wlock_again(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        let lock = self.rwlock(id);
        assert!(lock.readers.is_empty() && lock.writer == Some(Writer::Announced(me)));
        lock.writer = Some(Writer::Holds(me));
        let content = lock.content();
        self.took(me, Choice::Only);
        Attempt::Done(content)
    }

    pub(super) fn try_wlock(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        let lock = self.rwlock(id);
        if lock.writer.is_some() || !lock.readers.is_empty() {
            self.took(me, Choice::Only);
            return Attempt::Done(Outcome::Nothing);
        }
        self.wlock(me, id)
    }

    pub(super) fn wunlock(
        &mut self,
        me: GoroutineId,
        id: ObjectId,
        content: Option<ValueId>,
    ) -> Attempt {
        self.took(me, Choice::Only);
        let lock = self.rwlock(id);
        if !matches!(lock.writer, Some(Writer::Holds(_))) {
            return Attempt::Panics(Panic::WUnlockOfUnlocked(id));
        }
        lock.writer = None;
        lock.content = content.unwrap_or(lock.content);
        self.admit(id);
        Attempt::Done(Outcome::Done)
    }

    /// Lets the waiting goroutines in, in order, up to the first writer.
    fn admit(&mut self, id: ObjectId) {
        loop {
            let lock = self.rwlock(id);
            if lock.writer.is_some() {
                return;
            }
            let content = WaitEnd::Outcome(lock.content());
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
