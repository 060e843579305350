//! `sync.WaitGroup`. The rules are in [`model::waitgroup`](crate::model::waitgroup).

use super::handle::{Handle, handle, perform_done};
use crate::model::{self, Object, Op, WaitGroupOp};

handle! {
    /// Waits for a number of things to be done.
    WaitGroup
}

/// Makes a wait group with nothing to wait for.
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
