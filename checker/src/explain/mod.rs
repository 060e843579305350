//! Explains why an execution ends as it does: reads a program, and yields a [`Trace`].
//!
//! `record` plays a path of steps and notes each one. `final_state` says where everybody stands
//! at its end, `wait_edges` and [`releasers`] what each waits for and who could release it, and
//! [`wait_for_graph`] why nobody can move. [`compare`] sets two variants of a kernel side by side.

#![warn(clippy::wildcard_enum_match_arm)]

mod changes;
pub mod compare;
mod final_state;
mod hypothetical;
pub mod missing;
mod record;
pub mod releasers;
pub mod source_diff;
pub mod trace;
pub(crate) mod trace_builder;
mod wait_edges;
pub mod wait_for_graph;

pub use releasers::Releasers;
pub use trace::Trace;
