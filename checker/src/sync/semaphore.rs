//! `semaphore.Weighted` of golang.org/x/sync. The rules are in [`model::semaphore`].

use super::handle::{Handle, handle, perform_done, perform_number};
use crate::model::{self, Object, Op, SemaphoreOp};

handle! {
    /// A number of permits that goroutines acquire and release.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{go, semaphore};
    ///
    /// let report = gordian::check(|| {
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

/// `semaphore.NewWeighted`: creates a semaphore with `permits` permits, all of them free.
#[track_caller]
pub fn semaphore(name: &str, permits: u32) -> Semaphore {
    Semaphore(Handle::create(
        Object::Semaphore(model::Semaphore::new(permits)),
        name,
    ))
}

impl Semaphore {
    /// `Acquire`, with a context that is never done. Takes `permits` permits, or waits for them in
    /// a first-in, first-out queue. A goroutine that asks for more permits than exist waits for
    /// ever, and delays nobody.
    #[track_caller]
    pub fn acquire(self, permits: u32) {
        perform_done(self.op(SemaphoreOp::Acquire(permits)));
    }

    /// `TryAcquire`: false if too few permits are free, or another goroutine is queued.
    #[must_use]
    #[track_caller]
    pub fn try_acquire(self, permits: u32) -> bool {
        perform_number(self.op(SemaphoreOp::TryAcquire(permits))) == 1
    }

    /// `Release`: gives back `permits` permits, no matter who acquired them. Serves the queue in
    /// order, up to the first goroutine that asks for more than is free. The kernel panics if more
    /// permits are given back than are held.
    #[track_caller]
    pub fn release(self, permits: u32) {
        perform_done(self.op(SemaphoreOp::Release(permits)));
    }

    #[track_caller]
    fn op(self, op: SemaphoreOp) -> Op {
        Op::Semaphore(self.0.id(), op)
    }
}
