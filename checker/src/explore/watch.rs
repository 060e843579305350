//! The progress of a search, for an observer on another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use crate::runtime::heartbeat;
pub use crate::runtime::heartbeat::{Heartbeat, LocalRun};

/// The progress of a search, for an observer on another thread.
#[derive(Debug, Default)]
pub struct Watch {
    /// Ends the search when set.
    pub interrupt: AtomicBool,
    /// Executions so far.
    pub executions: AtomicU64,
    /// States so far.
    pub states: AtomicU64,
    /// Steps of the current execution, or of the shortest way to the current states.
    pub depth: AtomicU64,
    /// Estimated share of the tree of executions that is done, in millionths. It assumes that each
    /// branch has as many executions as its siblings. 0 if there is no estimate.
    pub done_millionths: AtomicU64,
    /// States that have been met and whose steps must still be taken. More may lie behind them.
    pub states_left: AtomicU64,
    /// The heartbeat, which shows that the kernel's code returns.
    pub heartbeat: Arc<Heartbeat>,
}

impl Watch {
    /// Runs `f` with this watch as the heartbeat of every goroutine on this thread.
    pub fn over<R>(&self, f: impl FnOnce() -> R) -> R {
        heartbeat::with(self.heartbeat.clone(), f)
    }
}
