//! The part of one goroutine in a step of a [`Trace`](super::trace::Trace).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Place, Verb};

/// The part of one goroutine in a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Act {
    /// The goroutine.
    pub goroutine: String,
    /// The operation.
    pub op: Verb,
    /// The object, or the goroutine that is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The name of what is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The case of a `select` that is taken, if the schedule has its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<TakenCase>,
    /// The result where it is not obvious: `closed`, `announced`, `nobody waits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The value that was sent, received, read or written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// True if it is a case of a `select`.
    #[serde(default)]
    pub select: bool,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// The locks that it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// The locks that it releases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<String>,
}

/// A case of a `select` among all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TakenCase {
    /// Its number in the schedule, from 0.
    pub number: u32,
    /// The number of cases.
    pub of: u32,
}

impl fmt::Display for TakenCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "case {} of {}", self.number, self.of)
    }
}

impl Act {
    /// The note of one at which its goroutine panics.
    pub const PANICS: &str = "panics";

    /// The act in a few words: `recv w.stopped (closed)`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.op.to_string();
        for name in [&self.object, &self.label].into_iter().flatten() {
            text.push(' ');
            text.push_str(name);
        }
        let case = self.case.map(|case| case.to_string());
        let notes: Vec<&str> = [&self.note, &case]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if !notes.is_empty() {
            text.push_str(&format!(" ({})", notes.join(", ")));
        }
        text
    }
}
