//! Traces in SARIF 2.1.0, the Static Analysis Results Interchange Format of OASIS.
//!
//! A trace is a result with one code flow, which has a thread flow for each goroutine. The
//! execution order of a location is the number of its step. The position of a goroutine at the end
//! is the last location of its thread flow.

use serde_json::{Value, json};

use super::fingerprint;
use super::github::place as main_place;
use super::text::{standing_text, summary};
use crate::execution::escape;
use crate::explain::trace::{Ending, Place, State, Trace};

/// The address of the format's schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The name of the fingerprint, with the version of how it is made.
const FINGERPRINT: &str = "gordianBadEnd/v1";

/// The rules: an id and a description.
const RULES: [(&str, &str); 8] = [
    ("deadlock", "Main is blocked for ever"),
    ("leak", "A goroutine other than main is blocked for ever"),
    ("panic", "A goroutine panics"),
    ("fail", "The test fails"),
    ("exit", "The program exits with a code that is not 0"),
    (
        "misuse",
        "An object is used in a way that its library refuses",
    ),
    ("late-log", "A goroutine logs for a test that is over"),
    ("race", "Two goroutines access the same memory at once"),
];

/// Returns the traces that show a bug, as results of one run.
#[must_use]
pub fn render(traces: &[Trace]) -> String {
    document(traces, result)
}

/// Returns the traces that show a bug, as results of one run that is compared with an earlier one.
/// `is_known` tells if a [fingerprint] was among its results.
#[must_use]
pub fn render_compared(traces: &[Trace], is_known: impl Fn(&str) -> bool) -> String {
    document(traces, |trace| {
        let mut result = result(trace);
        let state = if is_known(&fingerprint::of(trace)) {
            "unchanged"
        } else {
            "new"
        };
        result["baselineState"] = json!(state);
        result
    })
}

fn document(traces: &[Trace], result: impl Fn(&Trace) -> Value) -> String {
    let bad = traces.iter().filter(|trace| trace.end.is_bad());
    // A kernel needs only the first three.
    let last = traces.iter().map(|trace| rule_of(trace.end)).max();
    let rules: Vec<Value> = RULES[..=last.unwrap_or(2).max(2)]
        .iter()
        .map(|(id, text)| json!({"id": id, "shortDescription": {"text": text}}))
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "gordian",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": bad.map(result).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
        }],
    });
    escape::json(&format!("{document:#}\n"))
}

/// Returns the number of the rule of an end.
fn rule_of(end: Ending) -> usize {
    match end {
        Ending::Deadlock => 0,
        Ending::Leak => 1,
        Ending::Panic | Ending::Complete | Ending::Bounded | Ending::Open => 2,
        Ending::Fail => 3,
        Ending::Exit => 4,
        Ending::Misuse => 5,
        Ending::LateLog => 6,
        Ending::Race => 7,
    }
}

fn result(trace: &Trace) -> Value {
    let rule = rule_of(trace.end);
    let mut result = json!({
        "ruleId": RULES[rule].0,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": summary(trace)},
        "partialFingerprints": {FINGERPRINT: fingerprint::of(trace)},
        "properties": {"schedule": trace.schedule},
    });
    if let Some(place) = main_place(trace) {
        result["locations"] = json!([{"physicalLocation": physical(place)}]);
    }
    let flows: Vec<Value> = trace
        .goroutines
        .iter()
        .filter_map(|goroutine| thread_flow(trace, &goroutine.name))
        .collect();
    if !flows.is_empty() {
        result["codeFlows"] = json!([{
            "message": {"text": format!("one execution, {} steps", trace.steps.len())},
            "threadFlows": flows,
        }]);
    }
    result
}

/// Returns the acts of one goroutine; `None` if there is no place to show.
fn thread_flow(trace: &Trace, name: &str) -> Option<Value> {
    let mut locations = Vec::new();
    for step in &trace.steps {
        for act in step
            .by
            .iter()
            .filter(|act| act.goroutine == name && act.place.line > 0)
        {
            locations.push(location(&act.place, &act.text(), step.n, "important"));
        }
    }
    if let Some(standing) = trace.standing(name)
        && standing.place.line > 0
        && matches!(
            standing.state,
            State::Stuck | State::Panicked | State::Waiting
        )
    {
        let what = standing
            .op
            .as_ref()
            .map(crate::explain::trace::Operation::text)
            .unwrap_or_default();
        let text = format!("{what}: {}", standing_text(standing));
        let text = text.trim_start_matches(": ");
        let after = trace.steps.len() + 1;
        locations.push(location(&standing.place, text, after, "essential"));
    }
    if locations.is_empty() {
        // Each thread flow needs a location: use the place where the goroutine was started.
        let info = trace
            .goroutines
            .iter()
            .find(|goroutine| goroutine.name == name)?;
        if info.place.line == 0 {
            return None;
        }
        locations.push(location(&info.place, "started here", 0, "unimportant"));
    }
    Some(json!({"id": name, "locations": locations}))
}

fn location(place: &Place, text: &str, order: usize, importance: &str) -> Value {
    json!({
        "location": {
            "physicalLocation": physical(place),
            "message": {"text": text},
        },
        "executionOrder": order,
        "importance": importance,
    })
}

fn physical(place: &Place) -> Value {
    let mut region = json!({"startLine": place.line});
    if place.column > 0 {
        region["startColumn"] = json!(place.column);
    }
    json!({"artifactLocation": {"uri": uri(&place.file)}, "region": region})
}

/// Returns a path as a URI reference: relative to the root of the source if the path is relative.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    if out.starts_with('/') {
        format!("file://{out}")
    } else {
        out
    }
}
