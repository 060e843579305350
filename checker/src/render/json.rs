//! A trace as JSON. There are two forms: one document, which suffices to produce every other
//! rendering, and lines of events.
//!
//! **The document** has `"version"` and `"type": "trace"`, and then the fields of [`Trace`] under
//! their own names. A place is flattened into its owner as `file`, `line` and `column`; column 0
//! means the line of the lock whose guard is dropped. `end` is one of `deadlock`, `leak`, `panic`,
//! `complete`, `bounded`, `open`.
//!
//! **The events** are one JSON value per line, each with `version` and `type`:
//!
//! - `start`: `kernel`, `variant`, `goroutines`, `objects` with their kinds and places, and as
//!   `start` the states of those that are there before the first step;
//! - `step`: `n`, `op` (`rendezvous`, or the verb), `object` with `name`, `kind` and `cap`. `by`
//!   says who did what at which `file` and `line`. `enabled` is all that could have been done, in
//!   the words of a schedule. `held` is the locks that are held after it, by goroutine. `changes`
//!   is the objects that it changes, with their states after it;
//! - `end`: the `end`, and, of a search's find, the same as `verdict`. `stuck` has each goroutine's
//!   `op`, `object`, `file`, `line`, `reason`, `holds` and `waits_for`. There `certain` is false if
//!   the goroutines that it waits for follow only from other executions. Last are `cycle`,
//!   `reasons`, `outside`, and the `schedule`.
//!
//! Within a version, fields are only added.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::execution::escape;
use crate::explain::trace::State;
use crate::explain::trace::Trace;
use crate::explain::trace::VERSION;

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    trace: &'a Trace,
}

/// Returns the trace as one document.
///
/// # Panics
/// Never: a trace holds only strings, numbers, lists, and maps from strings.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let document = Document {
        r#type: "trace",
        trace,
    };
    let mut text = serde_json::to_string_pretty(&document).expect("a trace is JSON");
    text.push('\n');
    escape::json(&text)
}

/// The reason why a text is not a trace.
#[derive(Debug)]
pub enum ReadError {
    /// It is not JSON, or a field is missing or of another type.
    Json(serde_json::Error),
    /// It has an unknown version.
    Version(u32),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "not a trace: {error}"),
            Self::Version(version) => {
                write!(
                    f,
                    "a trace of version {version}; this program knows {VERSION}"
                )
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Returns the trace in a document.
///
/// # Errors
/// If the document holds no trace, or one of another version.
pub fn read(text: &str) -> Result<Trace, ReadError> {
    let trace: Trace = serde_json::from_str(text).map_err(ReadError::Json)?;
    if trace.version == VERSION {
        Ok(trace)
    } else {
        Err(ReadError::Version(trace.version))
    }
}

/// Returns the trace as lines of events.
#[must_use]
pub fn events(trace: &Trace) -> String {
    let mut lines = vec![json!({
        "version": VERSION,
        "type": "start",
        "kernel": trace.kernel,
        "variant": trace.variant,
        "goroutines": trace.goroutines,
        "objects": trace.objects.iter().map(|object| json!({
            "name": object.name,
            "kind": object.kind,
            "cap": object.cap,
            "file": object.place.file,
            "line": object.place.line,
        })).collect::<Vec<_>>(),
        "start": trace.start,
    })];
    lines.extend(trace.steps.iter().map(|step| {
        let object = step.by.first().and_then(|act| act.object.as_ref());
        json!({
            "version": VERSION,
            "type": "step",
            "n": step.n,
            "op": step.op,
            "object": object.map(|name| object_value(trace, name)),
            "choice": step.choice,
            "by": step.by,
            "enabled": step.enabled,
            "held": step.held,
            "changes": step.changes,
        })
    }));
    lines.push(end(trace));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    escape::json(&text)
}

fn object_value(trace: &Trace, name: &str) -> Value {
    match trace.objects.iter().find(|object| object.name == name) {
        Some(object) => json!({"name": name, "kind": object.kind, "cap": object.cap}),
        None => json!({"name": name, "kind": "goroutine", "cap": null}),
    }
}

fn end(trace: &Trace) -> Value {
    let not_moving = trace
        .last
        .iter()
        .filter(|standing| !matches!(standing.state, State::Returned | State::Ready));
    let stuck = not_moving.map(|standing| {
        let edges: Vec<_> = trace.waits.of(&standing.goroutine).collect();
        json!({
            "goroutine": standing.goroutine,
            "state": standing.state,
            "op": standing.op.as_ref().map(|op| &op.verb),
            "object": standing.op.as_ref().and_then(|op| op.object.as_ref()),
            "cases": standing.op.as_ref().map(|op| &op.cases),
            "file": standing.place.file,
            "line": standing.place.line,
            "reason": standing.reason,
            "holds": standing.holds.iter().map(|held| &held.lock).collect::<Vec<_>>(),
            "waits_for": edges.iter().map(|edge| &edge.to).collect::<Vec<_>>(),
            "certain": !edges.is_empty() && edges.iter().all(|edge| edge.certain),
        })
    });
    let cycle = trace.waits.reasons.iter().find(|r| r.kind.is_cycle());
    let mut end = json!({
        "version": VERSION,
        "type": "end",
        "end": trace.end,
        "stuck": stuck.collect::<Vec<_>>(),
        "cycle": cycle.map(|reason| &reason.members[..reason.cycle]),
        "reasons": trace.waits.reasons,
        "outside": trace.waits.outside,
        "schedule": trace.schedule,
    });
    // Only a search has a verdict; a replayed execution has none.
    if trace.search.is_some() {
        end["verdict"] = json!(trace.end);
    }
    end
}
