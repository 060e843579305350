//! `sync.RWMutex`, with the data that it protects. The rules are in
//! [`model::rwlock`](crate::model::rwlock).

use std::ops::{Deref, DerefMut};

use super::handle::{Handle, handle, here, intern, perform, perform_done, perform_on_drop, value};
use crate::model::{self, Object, Op, Outcome, RwLockOp, Site};
use crate::runtime::values::Value;

handle! {
    /// A lock for many readers or one writer, where a waiting writer keeps new readers out.
    RwLock<T>
}

/// Makes an unlocked read-write lock.
#[track_caller]
pub fn rwlock<T: Value>(name: &str, content: T) -> RwLock<T> {
    let content = intern(content);
    RwLock(Handle::create(
        Object::RwLock(model::RwLock::new(content)),
        name,
    ))
}

impl<T: Value> RwLock<T> {
    /// `RLock`: blocks while a writer holds the lock or waits for it.
    #[track_caller]
    pub fn rlock(self) -> ReadGuard<T> {
        match perform(Op::RwLock(self.0.id(), RwLockOp::RLock)) {
            Outcome::Value(content) => ReadGuard::new(self, value(content)),
            outcome => unreachable!("a read lock yields {outcome:?}"),
        }
    }

    /// `TryRLock`: `None` if a writer holds the lock or waits for it.
    #[track_caller]
    pub fn try_rlock(self) -> Option<ReadGuard<T>> {
        match perform(Op::RwLock(self.0.id(), RwLockOp::TryRLock)) {
            Outcome::Value(content) => Some(ReadGuard::new(self, value(content))),
            _ => None,
        }
    }

    /// `RUnlock`, of a read lock that was left locked. Any goroutine may do it. The kernel panics
    /// if no reader holds the lock.
    #[track_caller]
    pub fn runlock(self) {
        perform_done(Op::RwLock(self.0.id(), RwLockOp::RUnlock));
    }

    /// `Lock`: announces the caller, which keeps new readers out, and blocks until those within
    /// have gone.
    #[track_caller]
    pub fn lock(self) -> WriteGuard<T> {
        match perform(Op::RwLock(self.0.id(), RwLockOp::Lock)) {
            Outcome::Value(content) => WriteGuard::new(self, value(content)),
            outcome => unreachable!("a write lock yields {outcome:?}"),
        }
    }

    /// `TryLock`: `None` if anybody holds the lock or a writer waits for it.
    #[track_caller]
    pub fn try_lock(self) -> Option<WriteGuard<T>> {
        match perform(Op::RwLock(self.0.id(), RwLockOp::TryLock)) {
            Outcome::Value(content) => Some(WriteGuard::new(self, value(content))),
            _ => None,
        }
    }

    /// `Unlock`, of a write lock that was left locked. Any goroutine may do it. The kernel panics
    /// if no writer holds the lock.
    #[track_caller]
    pub fn unlock(self) {
        perform_done(Op::RwLock(self.0.id(), RwLockOp::Unlock(None)));
    }
}

/// A read lock that is held. As to its drop, see [`MutexGuard`](super::MutexGuard).
#[derive(Debug)]
pub struct ReadGuard<T: Value> {
    lock: RwLock<T>,
    content: Option<T>,
    site: Site,
}

impl<T: Value> ReadGuard<T> {
    #[track_caller]
    fn new(lock: RwLock<T>, content: T) -> Self {
        Self {
            lock,
            content: Some(content),
            site: here(),
        }
    }

    /// `RUnlock`, here.
    #[track_caller]
    pub fn runlock(mut self) {
        self.content = None;
        perform_done(Op::RwLock(self.lock.0.id(), RwLockOp::RUnlock));
    }

    /// Leaves the lock read-locked; somebody else is to unlock it with [`RwLock::runlock`].
    pub fn leave_locked(mut self) {
        self.content = None;
    }
}

impl<T: Value> Deref for ReadGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.content
            .as_ref()
            .expect("a guard has its content until it is given back")
    }
}

impl<T: Value> Drop for ReadGuard<T> {
    fn drop(&mut self) {
        if self.content.take().is_some() {
            perform_on_drop(
                || Op::RwLock(self.lock.0.id(), RwLockOp::RUnlock),
                self.site,
            );
        }
    }
}

/// A write lock that is held. As to its drop, see [`MutexGuard`](super::MutexGuard).
#[derive(Debug)]
pub struct WriteGuard<T: Value> {
    lock: RwLock<T>,
    content: Option<T>,
    site: Site,
}

impl<T: Value> WriteGuard<T> {
    #[track_caller]
    fn new(lock: RwLock<T>, content: T) -> Self {
        Self {
            lock,
            content: Some(content),
            site: here(),
        }
    }

    fn into_content(mut self) -> T {
        self.content
            .take()
            .expect("a guard has its content until it is given back")
    }

    /// `Unlock`, here.
    #[track_caller]
    pub fn unlock(self) {
        let lock = self.lock;
        let content = intern(self.into_content());
        perform_done(Op::RwLock(lock.0.id(), RwLockOp::Unlock(Some(content))));
    }

    /// Leaves the lock locked; somebody else is to unlock it with [`RwLock::unlock`]. What was
    /// changed of the data is not kept.
    pub fn leave_locked(self) {
        let _ = self.into_content();
    }
}

impl<T: Value> Deref for WriteGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.content
            .as_ref()
            .expect("a guard has its content until it is given back")
    }
}

impl<T: Value> DerefMut for WriteGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.content
            .as_mut()
            .expect("a guard has its content until it is given back")
    }
}

impl<T: Value> Drop for WriteGuard<T> {
    fn drop(&mut self) {
        let Some(content) = self.content.take() else {
            return;
        };
        let unlock = || Op::RwLock(self.lock.0.id(), RwLockOp::Unlock(Some(intern(content))));
        perform_on_drop(unlock, self.site);
    }
}
