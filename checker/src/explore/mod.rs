//! The searches, behind one small trait.
//!
//! A [`Search`] explores a [`Program`] in slices of work. [`exhaustive`] is the oracle that every
//! other one is compared with.

pub mod auto;
pub(crate) mod breadth_first;
pub mod chance;
pub mod checkpoint;
pub mod estimate;
pub mod exhaustive;
mod findings;
pub mod limits;
pub mod meter;
mod never_again;
pub mod optimal;
pub mod random;
pub mod reach;
pub mod remembering;
mod renumber;
pub(crate) mod shortest;
mod store;
pub mod watch;

pub use checkpoint::{Checkpoint, CheckpointKey, SearchSnapshot};
pub use findings::{Bad, Findings};
pub use never_again::Cycle;

pub use limits::{Limit, Limits};
pub(crate) use meter::Cut;
pub use meter::Meter;
pub use watch::{Heartbeat, Stretch, Watch};

use crate::model::{Fault, Program};

/// Whether a search has more to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It has come to its end, or to a limit: the findings say which.
    Done,
    /// The slice of work is at its end.
    Paused,
}

/// A search that goes on from where it was.
pub trait Search {
    /// Explores until it is done or the meter's slice is at its end.
    ///
    /// # Errors
    /// If the program has a fault that is no behaviour of it. The search is over then.
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault>;

    /// What it has found so far.
    fn findings(&self) -> &Findings;

    /// How far it is, between two slices; `None` if it cannot be written down.
    fn save(&self) -> Option<SearchSnapshot> {
        None
    }

    /// Goes to where another one had stopped. This one has not begun, and the program knows what
    /// the other one knew.
    ///
    /// # Errors
    /// If it was a search of another kind or program, or the program has a fault. This one is of no
    /// use then.
    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        let _ = (program, stopped);
        Err(checkpoint::misfit("this search cannot go on with one"))
    }

    /// The name of the search that came to an end, of one that is made of several.
    fn finished_by(&self) -> Option<&'static str> {
        None
    }

    /// Lets go of the goroutines that it has left where they blocked, once all is said. Returns the
    /// bytes of their stacks that are lost for good.
    fn finish(&mut self) -> usize {
        0
    }

    /// Why it cannot explore this subject, if it cannot.
    fn unsupported(&self) -> Option<&str> {
        None
    }

    /// Whether some execution was cut short by a limit, so that a proof is not to be hoped for.
    fn is_limited(&self) -> bool {
        !self.findings().limits.is_empty()
    }
}
