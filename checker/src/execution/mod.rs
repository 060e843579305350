//! One execution as a value, and its words: a schedule, what it is played by, and how it ends.

pub(crate) mod context_switches;
pub mod end_state;
pub mod escape;
pub mod replay;
pub mod schedule;
pub mod words;
