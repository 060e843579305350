//! `semaphore.Weighted` of golang.org/x/sync. The rules are in
//! [`model::semaphore`](crate::model::semaphore).

use super::handle::{Handle, handle, perform_done, perform_number};
use crate::model::{self, Object, Op, SemaphoreOp};

handle! {
    /// A number of permits, of which goroutines take some and give them back.
    ///
    /// ```
    /// use gordian_checker::sync::{go, semaphore};
    ///
    /// let report = gordian_checker::check(|| {
    ///     let workers = semaphore("workers", 2);
    ///     for name in ["a", "b", "c"] {
    ///         workers.acquire(1);
    ///         go(name, move || workers.release(1));
    ///     }
    ///     workers.acquire(2);
    /// });
    /// report.assert_proved();
    /// ```
    Semaphore
}

/// `semaphore.NewWeighted`: makes a semaphore with so many permits, all of them free.
#[track_caller]
pub fn semaphore(name: &str, permits: u32) -> Semaphore {
    Semaphore(Handle::create(
        Object::Semaphore(model::Semaphore::new(permits)),
        name,
    ))
}

impl Semaphore {
    /// `Acquire`, with a context that is never done: takes so many permits, or waits for them in
    /// line behind all who came before. Who asks for more than there are waits for ever, and holds
    /// up nobody.
    #[track_caller]
    pub fn acquire(self, permits: u32) {
        perform_done(self.op(SemaphoreOp::Acquire(permits)));
    }

    /// `TryAcquire`: false if there are not so many permits, or somebody waits in line.
    #[must_use]
    #[track_caller]
    pub fn try_acquire(self, permits: u32) -> bool {
        perform_number(self.op(SemaphoreOp::TryAcquire(permits))) == 1
    }

    /// `Release`: gives so many permits back, whoever acquired them, and serves those who wait, in
    /// their order, up to the first who asks for more than is free. The kernel panics if more is
    /// given back than is held.
    #[track_caller]
    pub fn release(self, permits: u32) {
        perform_done(self.op(SemaphoreOp::Release(permits)));
    }

    #[track_caller]
    fn op(self, op: SemaphoreOp) -> Op {
        Op::Semaphore(self.0.id(), op)
    }
}
