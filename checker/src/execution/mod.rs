//! One execution as a value, and its words: its schedule, its replay, and its end.

pub(crate) mod context_switches;
pub mod end_state;
pub mod escape;
pub mod replay;
pub mod schedule;
pub mod words;
