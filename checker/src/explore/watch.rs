//! What a search tells while it runs, for whoever watches from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use crate::runtime::heartbeat;
pub use crate::runtime::heartbeat::{Heartbeat, Stretch};

/// What a search tells while it runs, for whoever watches from another thread.
#[derive(Debug, Default)]
pub struct Watch {
    /// Set it to end the search.
    pub interrupt: AtomicBool,
    /// Executions so far.
    pub executions: AtomicU64,
    /// States so far.
    pub states: AtomicU64,
    /// Steps of the execution that is looked at, or of the shortest way to the states that are
    /// looked at.
    pub depth: AtomicU64,
    /// A guess at the share of the tree of executions that is done, in millionths: each branch is
    /// taken to have as many executions as its siblings. 0 where there is none.
    pub done_millionths: AtomicU64,
    /// States that have been met and whose steps are still to be taken; there may be others behind
    /// them.
    pub states_left: AtomicU64,
    /// Whether the code of the kernel comes back.
    pub heartbeat: Arc<Heartbeat>,
}

impl Watch {
    /// Runs `f`; goroutines whose code runs on this thread meanwhile beat in this watch's heart.
    pub fn over<R>(&self, f: impl FnOnce() -> R) -> R {
        heartbeat::with(self.heartbeat.clone(), f)
    }
}
