//! The wait-for graph in the language of Graphviz.

use super::text::{line_of, summary, ways_text};
use crate::explain::trace::{State, Trace};

/// Who waits for whom: red for those who are the reason, in a cycle or alone; solid lines for what
/// is certain, dashed ones for what was seen in other executions.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let trace = &trace.for_people();
    let files = trace.files();
    let mut out = format!(
        "digraph waits {{\n  label={}\n  labelloc=t\n\
         \x20 node [shape=box, fontname=\"monospace\"]\n  edge [fontname=\"monospace\"]\n\
         ",
        quote(&summary(trace))
    );
    let in_reason = |name: &String| {
        let mut reasons = trace.waits.reasons.iter();
        reasons.any(|reason| reason.members.contains(name))
    };
    for standing in &trace.last {
        let mut lines = vec![standing.goroutine.clone()];
        if let Some(op) = &standing.op {
            lines.push(format!(
                "{} {}",
                op.text(),
                line_of(&standing.place, &files)
            ));
        }
        match standing.state {
            State::Returned => lines.push("returned".to_owned()),
            _ => lines.push(standing.reason.clone()),
        }
        lines.extend(
            standing
                .holds
                .iter()
                .map(|held| format!("holds {}", held.lock)),
        );
        let colour = if in_reason(&standing.goroutine) {
            ", color=red"
        } else {
            ""
        };
        out.push_str(&format!(
            "  {} [label={}{colour}]\n",
            quote(&standing.goroutine),
            quote(&lines.join("\n"))
        ));
    }
    for edge in &trace.waits.edges {
        let style = if edge.certain { "solid" } else { "dashed" };
        let both = in_reason(&edge.from) && in_reason(&edge.to);
        let colour = if both { ", color=red" } else { "" };
        out.push_str(&format!(
            "  {} -> {} [label={}, style={style}{colour}]\n",
            quote(&edge.from),
            quote(&edge.to),
            quote(&ways_text(edge, &files))
        ));
    }
    out.push_str("}\n");
    out
}

/// A quoted string, in which a new line is a new line of the label.
fn quote(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
