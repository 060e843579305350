//! The searches, behind one small trait.
//!
//! A [`Search`] explores a [`Program`] in slices of work. [`exhaustive`] is the oracle with which
//! every other search is compared.

pub mod auto;
pub(crate) mod breadth_first;
pub mod chance;
pub mod checkpoint;
pub mod descents;
pub mod estimate;
pub mod exhaustive;
mod findings;
mod graph;
mod levels;
pub mod limits;
pub mod meter;
pub mod optimal;
pub mod outlook;
pub mod random;
pub mod reach;
pub(crate) mod renumber;
pub(crate) mod shortest;
mod starvation;
pub mod stateful;
mod store;
pub mod stubborn;
pub mod watch;
mod ways;

pub use checkpoint::{Checkpoint, CheckpointKey, SearchSnapshot};
pub use findings::{Bad, Findings};
pub use levels::Helpers;
pub use starvation::Cycle;

pub use limits::{Limit, Limits};
pub(crate) use meter::Interrupted;
pub use meter::Meter;
pub use watch::{Activity, Heartbeat, LocalRun, Watch};

use crate::model::{Fault, LocalState, Program};

/// The state of a search after a slice of work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The search has come to its end or to a limit. The findings say which.
    Done,
    /// The slice of work is at its end.
    Paused,
}

/// Lets a program that learns forget what only a past execution needed, if that is of use now.
/// `live` are the local states that are still in use.
fn forget_past(program: &mut dyn Program, mut live: impl Iterator<Item = LocalState>) {
    if let Some(learner) = program.learner()
        && learner.wants_to_forget()
    {
        learner.forget(&mut live);
    }
}

/// A search that continues where its last slice ended.
pub trait Search {
    /// Explores until the search is done or the meter's slice is at its end.
    ///
    /// # Errors
    /// If the program has a fault that is not a behaviour of it. The search is over then.
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault>;

    /// Returns what the search has found so far.
    fn findings(&self) -> &Findings;

    /// Returns the state of the search between two slices; `None` if it cannot be saved.
    fn save(&self) -> Option<SearchSnapshot> {
        None
    }

    /// Restores the state of another search. This one has not begun, and the program has the ids
    /// that the other one's program had.
    ///
    /// # Errors
    /// If it was a search of another kind or program, or the program has a fault. On error the
    /// search must be discarded.
    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        let _ = (program, stopped);
        Err(checkpoint::mismatch("this search cannot go on with one"))
    }

    /// Returns the name of the search that finished, if this one is made of several.
    fn finished_by(&self) -> Option<&'static str> {
        None
    }

    /// Releases the goroutines that are still blocked, once the search is over. Returns the bytes
    /// of their stacks that cannot be freed.
    fn finish(&mut self) -> usize {
        0
    }

    /// Returns the reason why it cannot explore this subject, if it cannot.
    fn unsupported(&self) -> Option<&str> {
        None
    }

    /// Returns true if a limit cut an execution short, so that no proof is possible.
    fn is_limited(&self) -> bool {
        !self.findings().limits.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::sync::{go, mutex};

    /// Takes two locks in opposite orders.
    pub(super) fn crossed() {
        let (a, b) = (mutex("a", ()), mutex("b", ()));
        go("other", move || {
            let of_b = b.lock();
            let of_a = a.lock();
            of_a.unlock();
            of_b.unlock();
        });
        let of_a = a.lock();
        let of_b = b.lock();
        of_b.unlock();
        of_a.unlock();
    }
}
