//! `sync.RWMutex`, with the data that it protects. The rules are in [`model::rwlock`].

use std::ops::{Deref, DerefMut};

use super::handle::{Handle, handle, here, intern, perform, perform_done, perform_on_drop, value};
use crate::model::{self, Object, Op, Outcome, RwLockOp};
use crate::runtime::interner::Value;
use crate::runtime::site::StaticSite;

handle! {
    /// A lock for many readers or one writer. A waiting writer blocks new readers.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{go, rwlock};
    ///
    /// let report = gordian::check(|| {
    ///     let config = rwlock("config", 1);
    ///     go("writer", move || *config.lock() = 2);
    ///     let outer = config.rlock();
    ///     // If the writer came in between, it waits for `outer`, and this waits for the writer.
    ///     let inner = config.rlock();
    ///     inner.runlock();
    ///     outer.runlock();
    /// });
    /// report.assert_deadlock();
    /// ```
    RwLock<T>
}

/// Creates an unlocked read-write lock.
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

    /// `RUnlock`, for a read lock that was left locked. Any goroutine may call it. The kernel
    /// panics if no reader holds the lock.
    #[track_caller]
    pub fn runlock(self) {
        perform_done(Op::RwLock(self.0.id(), RwLockOp::RUnlock));
    }

    /// `Lock`: announces the caller, which blocks new readers, and then waits until the present
    /// readers have unlocked.
    #[track_caller]
    pub fn lock(self) -> WriteGuard<T> {
        match perform(Op::RwLock(self.0.id(), RwLockOp::Lock)) {
            Outcome::Value(content) => WriteGuard::new(self, value(content)),
            outcome => unreachable!("a write lock yields {outcome:?}"),
        }
    }

    /// `TryLock`: `None` if any goroutine holds the lock or a writer waits for it.
    #[track_caller]
    pub fn try_lock(self) -> Option<WriteGuard<T>> {
        match perform(Op::RwLock(self.0.id(), RwLockOp::TryLock)) {
            Outcome::Value(content) => Some(WriteGuard::new(self, value(content))),
            _ => None,
        }
    }

    /// `Unlock`, for a write lock that was left locked. Any goroutine may call it. The kernel
    /// panics if no writer holds the lock.
    #[track_caller]
    pub fn unlock(self) {
        perform_done(Op::RwLock(self.0.id(), RwLockOp::Unlock(None)));
    }
}

/// A read lock that is held. See [`MutexGuard`](super::MutexGuard) about dropping it.
#[derive(Debug)]
pub struct ReadGuard<T: Value> {
    lock: RwLock<T>,
    content: Option<T>,
    site: StaticSite,
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

    /// `RUnlock`, recorded at the place of this call.
    #[track_caller]
    pub fn runlock(mut self) {
        self.content = None;
        perform_done(Op::RwLock(self.lock.0.id(), RwLockOp::RUnlock));
    }

    /// Leaves the lock read-locked; another goroutine or function has to call [`RwLock::runlock`].
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
            let lock = self.lock;
            perform_on_drop(
                move || Op::RwLock(lock.0.id(), RwLockOp::RUnlock),
                self.site,
            );
        }
    }
}

/// A write lock that is held. See [`MutexGuard`](super::MutexGuard) about dropping it.
#[derive(Debug)]
pub struct WriteGuard<T: Value> {
    lock: RwLock<T>,
    content: Option<T>,
    site: StaticSite,
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

    /// `Unlock`, recorded at the place of this call.
    #[track_caller]
    pub fn unlock(self) {
        let lock = self.lock;
        let content = intern(self.into_content());
        perform_done(Op::RwLock(lock.0.id(), RwLockOp::Unlock(Some(content))));
    }

    /// Leaves the lock locked; another goroutine or function has to call [`RwLock::unlock`].
    /// Changes made through this guard are lost.
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
        let lock = self.lock;
        let unlock = move || Op::RwLock(lock.0.id(), RwLockOp::Unlock(Some(intern(content))));
        perform_on_drop(unlock, self.site);
    }
}
