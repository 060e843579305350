//! A trace as a command of a GitHub workflow: it becomes a remark at the line in the files of the
//! pull request.

use super::text::{chain, line_of, standing_text, summary};
use crate::execution::escape::{visible, visible_lines};
use crate::explain::trace::{Place, State, Trace};

/// One `::error` line, at the first goroutine of the first reason, or where the panic is.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let trace = &trace.for_people();
    let files = trace.files();
    let name = trace.kernel.as_deref().unwrap_or("kernel");
    let level = if trace.end.is_bad() {
        "error"
    } else {
        "notice"
    };
    let mut message = vec![summary(trace)];
    for standing in &trace.last {
        if matches!(standing.state, State::Stuck | State::Panicked) {
            let what = standing
                .op
                .as_ref()
                .map(crate::explain::trace::Operation::text);
            let line = line_of(&standing.place, &files);
            let what = what.map_or_else(String::new, |what| format!("{what} "));
            let why = standing_text(standing);
            message.push(format!("{}: {what}{line}, {why}", standing.goroutine));
        }
    }
    for reason in trace.waits.reasons.iter().filter(|r| r.kind.is_cycle()) {
        message.push(format!("{}: {}", reason.kind.name(), chain(trace, reason)));
    }
    message.push(format!("schedule: {}", trace.schedule));
    let title = format!("{} {name}", trace.end);
    let mut properties = Vec::new();
    if let Some(place) = place(trace) {
        properties.push(format!("file={}", property(&place.file)));
        properties.push(format!("line={}", place.line));
        if place.column > 0 {
            properties.push(format!("col={}", place.column));
        }
    }
    properties.push(format!("title={}", property(&title)));
    format!(
        "::{level} {}::{}\n",
        properties.join(","),
        data(&message.join("\n"))
    )
}

/// An error that is about a file as a whole: one `::error` line.
#[must_use]
pub fn error(file: &str, title: &str, message: &str) -> String {
    format!(
        "::error file={},title={}::{}\n",
        property(&visible(file)),
        property(&visible(title)),
        data(&visible_lines(message))
    )
}

/// The place that the trace is about: of the first goroutine of the first reason, or of the one
/// that panics, or of the first that is stuck.
pub(super) fn place(trace: &Trace) -> Option<&Place> {
    let first = trace
        .waits
        .reasons
        .first()
        .and_then(|reason| reason.members.first());
    let bad = |state: State| matches!(state, State::Stuck | State::Panicked);
    let standing = first
        .and_then(|name| trace.standing(name))
        .or_else(|| {
            trace
                .last
                .iter()
                .find(|standing| standing.state == State::Panicked)
        })
        .or_else(|| trace.last.iter().find(|standing| bad(standing.state)))?;
    (standing.place.line > 0).then_some(&standing.place)
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
