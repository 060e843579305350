//! The result of one run of one side.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A complete search found nothing.
pub const PROVED: &str = "proved";
/// Somebody is blocked for ever.
pub const DEADLOCK: &str = "deadlock";
/// The program under test panicked, or the rival itself did.
pub const PANIC: &str = "panic";
/// A limit was hit: no proof.
pub const BOUNDED: &str = "bounded";

/// The result of a rival's run, before the names are added.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Executions, if the tool counts them.
    pub executions: Option<u64>,
    /// Distinct states, if the tool counts them.
    pub states: Option<u64>,
    /// The time of the search alone.
    pub time: Duration,
    /// One of this module's constants.
    pub verdict: &'static str,
    /// A remark that a reader needs to judge the figures.
    pub note: String,
}

/// One run of one rival, as the program `rival` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The rival.
    pub tool: String,
    /// The family's name.
    pub family: String,
    /// The family's sizes.
    pub size: Vec<usize>,
    /// Executions, if the tool counts them.
    pub executions: Option<u64>,
    /// Distinct states, if the tool counts them.
    pub states: Option<u64>,
    /// The seconds that the search alone took.
    pub time_s: f64,
    /// The verdict of the search: "proved", "deadlock", "panic" or "bounded".
    pub verdict: String,
    /// A remark that a reader needs to judge the figures.
    pub note: String,
}
