//! What one run of one side came to.

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

/// What a rival's run gives, before the names are put to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Executions run, where the tool counts executions.
    pub executions: Option<u64>,
    /// Different states met, where the tool counts states.
    pub states: Option<u64>,
    /// The time of the search alone.
    pub time: Duration,
    /// One of this module's constants.
    pub verdict: &'static str,
    /// What a reader must know to judge the figures.
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
    /// Executions run, where the tool counts executions.
    pub executions: Option<u64>,
    /// Different states met, where the tool counts states.
    pub states: Option<u64>,
    /// The seconds that the search alone took.
    pub time_s: f64,
    /// What the search found: "proved", "deadlock", "panic" or "bounded".
    pub verdict: String,
    /// What a reader must know to judge the figures.
    pub note: String,
}
