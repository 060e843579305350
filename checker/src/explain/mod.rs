//! Explains why an execution ends as it does: reads a program, and returns a [`Trace`].
//!
//! `record` plays a path of steps and records each one. `final_state` describes where every
//! goroutine stands at its end. `wait_edges` and [`releasers`] find what each waits for and who
//! could release it. [`wait_for_graph`] explains why nobody can move. [`compare`] sets two variants
//! of a kernel side by side; `survey`, `changes` and `effects` tell what the fix does.
//! [`state_graph`] describes all states of a program, and not one path. [`twin`] finds the
//! execution that was explored in place of another.

#![warn(clippy::wildcard_enum_match_arm)]

mod act;
mod changes;
pub mod compare;
mod effects;
mod final_state;
mod hypothetical;
pub mod missing;
mod object_state;
mod record;
pub mod releasers;
pub mod source_diff;
pub mod state_graph;
mod survey;
pub mod trace;
pub(crate) mod trace_builder;
pub mod twin;
mod wait_edges;
pub mod wait_for_graph;

pub use releasers::Releasers;
pub use state_graph::StateGraph;
pub use trace::Trace;
pub use twin::Twin;
