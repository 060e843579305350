//! The progress of a search, for an observer on another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::runtime::heartbeat;
pub use crate::runtime::heartbeat::{Heartbeat, LocalRun};

/// The work that a check is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Activity {
    /// It explores executions or states.
    #[default]
    Explores,
    /// All states are met. It looks for executions that never end.
    LooksForCycles,
    /// It looks for a shortest way to what was found.
    Shortens,
    /// It runs parts of the program again, to see that they do the same.
    Rechecks,
    /// It explains what was found.
    Explains,
}

impl Activity {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::Explores,
        Self::LooksForCycles,
        Self::Shortens,
        Self::Rechecks,
        Self::Explains,
    ];
}

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
    /// The position of an [`Activity`] among all.
    activity: AtomicU8,
}

impl Watch {
    /// Returns the work that the check is at.
    #[must_use]
    pub fn activity(&self) -> Activity {
        Activity::ALL[usize::from(self.activity.load(Ordering::Relaxed))]
    }

    /// Records the work that begins.
    pub(crate) fn begin(&self, activity: Activity) {
        self.activity.store(activity as u8, Ordering::Relaxed);
    }

    /// Runs `f` with this watch as the heartbeat of every goroutine on this thread.
    pub fn over<R>(&self, f: impl FnOnce() -> R) -> R {
        heartbeat::with(self.heartbeat.clone(), f)
    }
}
