//! `sync.WaitGroup`. The rules are in [`model::waitgroup`].

use super::handle::{Handle, handle, perform_done};
use crate::model::{self, Object, Op, WaitGroupOp};

handle! {
    /// A counter of tasks, and a way to wait until it is zero.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{atomic, go, waitgroup};
    ///
    /// let report = gordian::check(|| {
    ///     let (tasks, sum) = (waitgroup("tasks"), atomic("sum", 0));
    ///     for name in ["a", "b"] {
    ///         tasks.add(1);
    ///         go(name, move || {
    ///             sum.add(1);
    ///             tasks.done();
    ///         });
    ///     }
    ///     tasks.wait();
    ///     assert_eq!(sum.load(), 2);
    /// });
    /// report.assert_proved();
    /// ```
    WaitGroup
}

/// Creates a wait group with a counter of zero.
#[track_caller]
pub fn waitgroup(name: &str) -> WaitGroup {
    WaitGroup(Handle::create(
        Object::WaitGroup(model::WaitGroup { count: 0 }),
        name,
    ))
}

impl WaitGroup {
    /// `Add`. The kernel panics if the counter would go below zero.
    #[track_caller]
    pub fn add(self, delta: i64) {
        perform_done(Op::WaitGroup(self.0.id(), WaitGroupOp::Add(delta)));
    }

    /// `Done`: `Add(-1)`.
    #[track_caller]
    pub fn done(self) {
        self.add(-1);
    }

    /// `Wait`: blocks until the counter is zero.
    #[track_caller]
    pub fn wait(self) {
        perform_done(Op::WaitGroup(self.0.id(), WaitGroupOp::Wait));
    }
}
