//! One execution as a value, and its words: a schedule, what it is played by, and how it ends. It
//! also has the table of the places that goroutines came to.

pub(crate) mod automaton;
pub(crate) mod context_switches;
mod edges;
pub mod end_state;
pub mod escape;
pub mod replay;
pub mod schedule;
pub mod words;
