//! The library of Gordian: primitives, rules, searches and reports.

mod assertions;
pub mod blocks;
pub mod catalogue;
mod checker;
mod engine;
pub mod execution;
pub mod explain;
pub mod explore;
pub mod loom;
pub mod memory;
pub mod model;
pub mod render;
pub mod replay;
pub mod report;
mod runtime;
pub mod script;
mod subject;
pub mod supervise;
pub mod sync;
mod verdict;

pub use checker::{Checker, STACK_BYTES, check};
pub use engine::Engine;
pub use model::TimerRules;
pub use replay::{replay, replay_with};
pub use report::Report;
pub use subject::Subject;
pub use verdict::Verdict;
