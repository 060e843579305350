//! Operations on several objects, each with all its rules in a file of its own.

mod cancel;
mod cond_wait;
mod select;

pub(super) use cancel::{CANCEL, DERIVE};
pub(super) use cond_wait::FACTS as COND_WAIT;
pub(super) use select::FACTS as SELECT;
pub use select::{Case, NilCase, NilCases};
pub(super) use select::{Receiver, Sender};
