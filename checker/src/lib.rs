//! The library of Gordian: primitives, rules, searches and reports.

pub mod sync;

pub mod model;

pub mod execution;

mod runtime;

pub mod explore;
pub mod loom;

pub mod explain;

pub mod render;

pub mod catalogue;
pub mod check;
pub mod memory;
pub mod replay;
pub mod report;
pub mod script;
mod sources;
pub mod supervise;

pub use check::{Checker, Engine, Subject, check};
pub use model::TimerRules;
pub use replay::{replay, replay_with};
pub use report::{Report, Verdict};
