//! A trace as a sequence diagram in Mermaid's language, which GitHub draws.

use std::collections::BTreeMap;

use super::text::{headline, line_of};
use crate::explain::trace::{Act, State, Step, Trace};

/// The trace as a sequence diagram: an arrow for a rendezvous and for each wait, a bar beside who
/// holds a lock.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let trace = &trace.for_people();
    let files = trace.files();
    let id = |name: &str| match trace.goroutines.iter().position(|g| g.name == name) {
        Some(at) => format!("g{at}"),
        None => "g0".to_owned(),
    };
    let mut out = format!("sequenceDiagram\n  %% {}\n", one_line(&headline(trace)));
    for (at, goroutine) in trace.goroutines.iter().enumerate() {
        out.push_str(&format!(
            "  participant g{at} as {}\n",
            escape(&goroutine.name)
        ));
    }
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for step in &trace.steps {
        out.push_str(&step_text(step, &id, &files));
        out.push_str(&bars(step, &mut held, &id));
    }
    for standing in &trace.last {
        let from = id(&standing.goroutine);
        let what = standing
            .op
            .as_ref()
            .map(crate::explain::trace::Operation::text)
            .unwrap_or_default();
        let line = line_of(&standing.place, &files);
        let text = match standing.state {
            State::Stuck => format!("{what} {line} stuck, {}", standing.reason),
            State::Panicked => format!("panics {line}: {}", standing.reason),
            State::Returned | State::Ready | State::Waiting => continue,
        };
        let text = escape(&text);
        let mut to: Vec<String> = trace
            .waits
            .of(&standing.goroutine)
            .map(|e| id(&e.to))
            .collect();
        to.dedup();
        if to.is_empty() {
            out.push_str(&format!("  Note over {from}: {text}\n"));
        }
        for to in to {
            out.push_str(&format!("  {from}--x{to}: {text}\n"));
        }
    }
    out
}

fn step_text(step: &Step, id: &dyn Fn(&str) -> String, files: &[&str]) -> String {
    let value = |act: &Act| match &act.value {
        Some(value) if value != "()" => format!(" ({value})"),
        _ => String::new(),
    };
    match step.by.as_slice() {
        [sender, receiver] => format!(
            "  {}->>{}: {}\n",
            id(&sender.goroutine),
            id(&receiver.goroutine),
            escape(&format!(
                "{}{} {} to {}",
                sender.object.as_deref().unwrap_or_default(),
                value(sender),
                line_of(&sender.place, files),
                line_of(&receiver.place, files)
            ))
        ),
        acts => acts
            .iter()
            .map(|act| {
                let text = format!("{} {}", act.text(), line_of(&act.place, files));
                format!(
                    "  Note over {}: {}\n",
                    id(&act.goroutine),
                    escape(text.trim_end())
                )
            })
            .collect(),
    }
}

/// Begins and ends the bars of those who hold more, or less, than before the step.
fn bars(step: &Step, held: &mut BTreeMap<String, usize>, id: &dyn Fn(&str) -> String) -> String {
    let now: BTreeMap<String, usize> = step
        .held
        .iter()
        .map(|(name, locks)| (name.clone(), locks.len()))
        .collect();
    let names: std::collections::BTreeSet<&String> = held.keys().chain(now.keys()).collect();
    let mut out = String::new();
    for name in names {
        let before = held.get(name).copied().unwrap_or(0);
        let after = now.get(name).copied().unwrap_or(0);
        out.push_str(&format!("  activate {}\n", id(name)).repeat(after.saturating_sub(before)));
        out.push_str(&format!("  deactivate {}\n", id(name)).repeat(before.saturating_sub(after)));
    }
    *held = now;
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text in which nothing is taken for Mermaid's own signs.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '#' | ';' | '<' | '>' | '%' | '"' => out.push_str(&format!("#{};", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}
