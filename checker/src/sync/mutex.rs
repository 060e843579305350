//! `sync.Mutex`, with the data that it protects. The rules are in
//! [`model::mutex`](crate::model::mutex).

use std::ops::{Deref, DerefMut};

use super::handle::{Handle, handle, intern, perform, perform_done, perform_on_drop, value};
use crate::model::{self, MutexOp, Object, Op, Outcome, Site};
use crate::runtime::values::Value;

handle! {
    /// A lock over a value of type `T`; `()` where Go's code says nothing of what it protects.
    ///
    /// ```
    /// use gordian_checker::sync::{go, mutex};
    ///
    /// let report = gordian_checker::check(|| {
    ///     let count = mutex("count", 0);
    ///     go("other", move || *count.lock() += 1);
    ///     *count.lock() += 1;
    /// });
    /// report.assert_proved();
    /// ```
    Mutex<T>
}

/// Makes an unlocked mutex.
#[track_caller]
pub fn mutex<T: Value>(name: &str, content: T) -> Mutex<T> {
    let content = intern(content);
    Mutex(Handle::create(
        Object::Mutex(model::Mutex::new(content)),
        name,
    ))
}

impl<T: Value> Mutex<T> {
    /// `Lock`: blocks while anybody holds the lock, the caller too.
    #[track_caller]
    pub fn lock(self) -> MutexGuard<T> {
        match perform(Op::Mutex(self.0.id(), MutexOp::Lock)) {
            Outcome::Value(content) => MutexGuard::new(self, value(content)),
            outcome => unreachable!("a lock yields {outcome:?}"),
        }
    }

    /// `TryLock`: `None` if anybody holds the lock.
    #[track_caller]
    pub fn try_lock(self) -> Option<MutexGuard<T>> {
        match perform(Op::Mutex(self.0.id(), MutexOp::TryLock)) {
            Outcome::Value(content) => Some(MutexGuard::new(self, value(content))),
            _ => None,
        }
    }

    /// `Unlock`, of a lock that was taken elsewhere and left locked with
    /// [`MutexGuard::leave_locked`]. Any goroutine may do it. The kernel panics if nobody holds the
    /// lock.
    #[track_caller]
    pub fn unlock(self) {
        perform_done(Op::Mutex(self.0.id(), MutexOp::Unlock(None)));
    }
}

/// A lock that is held. It is unlocked when the guard is dropped, or by [`MutexGuard::unlock`].
///
/// A drop does not know where in the source it happens, so its step shows the place of the lock,
/// with column 0; write [`MutexGuard::unlock`] to have its own place shown. While the kernel panics
/// the drop does nothing.
#[derive(Debug)]
pub struct MutexGuard<T: Value> {
    pub(super) lock: Mutex<T>,
    /// `None` once it has been given back.
    content: Option<T>,
    site: Site,
}

impl<T: Value> MutexGuard<T> {
    #[track_caller]
    pub(super) fn new(lock: Mutex<T>, content: T) -> Self {
        Self {
            lock,
            content: Some(content),
            site: super::handle::here(),
        }
    }

    /// The data, and no guard any more.
    pub(super) fn into_content(mut self) -> T {
        self.content
            .take()
            .expect("a guard has its content until it is given back")
    }

    /// `Unlock`, here.
    #[track_caller]
    pub fn unlock(self) {
        let lock = self.lock;
        let content = intern(self.into_content());
        perform_done(Op::Mutex(lock.0.id(), MutexOp::Unlock(Some(content))));
    }

    /// Leaves the lock locked; somebody else is to unlock it with [`Mutex::unlock`]. What was
    /// changed of the data is not kept: change it where it is unlocked.
    pub fn leave_locked(self) {
        let _ = self.into_content();
    }
}

impl<T: Value> Deref for MutexGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.content
            .as_ref()
            .expect("a guard has its content until it is given back")
    }
}

impl<T: Value> DerefMut for MutexGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.content
            .as_mut()
            .expect("a guard has its content until it is given back")
    }
}

impl<T: Value> Drop for MutexGuard<T> {
    fn drop(&mut self) {
        let Some(content) = self.content.take() else {
            return;
        };
        let unlock = || Op::Mutex(self.lock.0.id(), MutexOp::Unlock(Some(intern(content))));
        perform_on_drop(unlock, self.site);
    }
}
