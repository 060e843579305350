//! A trace on the source: the relevant lines, with labels, in the style of compiler errors.

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::commands::commands;
use super::list;
use super::sources::Sources;
use crate::execution::escape::visible;
use crate::explain::trace::Act;
use crate::explain::trace::HeldAs;
use crate::explain::trace::Place;
use crate::explain::trace::State;
use crate::explain::trace::Trace;
use crate::explain::trace::Verb;
use crate::explain::wait_for_graph::ReasonKind;
use crate::render::text::Look;
use crate::render::text::chain;
use crate::render::text::facts;
use crate::render::text::fit_coloured;
use crate::render::text::summary;
use crate::render::text::visible_coloured;
use crate::render::text::way_noun;
use crate::render::text::width;
use crate::render::text::without_colour;
use crate::render::text::wrap;

/// A placeholder for the command.
const COMMAND: &str = "@command@";

/// Most labels for ways out that are not taken.
const WAYS_MAX: usize = 3;

/// A label at a place.
struct Label {
    place: Place,
    text: String,
    primary: bool,
}

/// Draws the trace on these sources; as a list if they contain none of the relevant lines.
#[must_use]
pub fn render(trace: &Trace, sources: &Sources, look: &Look) -> String {
    let trace = &trace.for_people();
    let labels = known(labels(trace), sources);
    let mut by_file: BTreeMap<(bool, &str), Vec<&Label>> = BTreeMap::new();
    let main_file = labels
        .iter()
        .find(|label| label.primary)
        .map(|label| label.place.file.clone());
    for label in &labels {
        let other = main_file.as_deref() != Some(&label.place.file);
        by_file
            .entry((other, &label.place.file))
            .or_default()
            .push(label);
    }
    if main_file.is_none() {
        return list::render(trace, look);
    }
    let level = if trace.end.is_bad() {
        Level::ERROR
    } else {
        Level::NOTE
    };
    // The kind of end stands before it: `error[deadlock]: `.
    let title = wrap(&summary(trace), look.columns() - 18).join("\n");
    let title = level.primary_title(title).id(trace.end.name());
    let mut group = Group::with_title(title);
    let mut long = Vec::new();
    for ((_, file), labels) in by_file {
        let text = sources.get(file).unwrap_or_default();
        let annotations = labels.iter().filter_map(|label| {
            let span = sources.span(&label.place)?;
            let kind = if label.primary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let mut shown = label.text.clone();
            if width(&shown) > room_beside(text, span.end, look) {
                long.push(std::mem::take(&mut shown));
                shown = format!("[{}]", long.len());
            }
            Some(kind.span(span).label(shown))
        });
        let annotations: Vec<Annotation<'_>> = annotations.collect();
        group = group.element(Snippet::source(text).path(file).annotations(annotations));
    }
    for note in long_labels(&long, look)
        .into_iter()
        .chain(notes(trace, look))
    {
        group = group.element(Level::NOTE.no_name().message(note));
    }
    let title = match trace.kernel {
        Some(_) => "replay it",
        None => "replay it; KERNEL stands for what was checked",
    };
    let help = Group::with_title(Level::HELP.secondary_title(title));
    let help = help.element(Level::NOTE.no_name().message(COMMAND));
    let mut commands = commands(trace, &look.program, look.columns() - 8).into_iter();
    let replay = commands.find(|(label, _)| *label == "replay");
    let replay = replay.map(|(_, lines)| lines).unwrap_or_default();
    draw(&[group, help], &replay, look)
}

/// Draws the groups, and inserts the lines of the command, which are not cut.
fn draw(groups: &[Group<'_>], command: &[String], look: &Look) -> String {
    let renderer = if look.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let text = renderer
        .decor_style(DecorStyle::Ascii)
        .term_width(look.columns())
        .render(groups);
    let mut out = String::new();
    let place = text.rfind(COMMAND).unwrap_or(text.len());
    let begins = text[..place].rfind('\n').map_or(0, |at| at + 1);
    for line in text[..begins].lines() {
        // The renderer does not always keep to the width.
        out.push_str(fit_coloured(&shown(line, look), look.columns(), look).trim_end());
        out.push('\n');
    }
    let lead = &text[begins..place];
    let indent = width(&without_colour(lead));
    for (index, line) in command.iter().enumerate() {
        match index {
            0 => out.push_str(&format!("{lead}{line}\n")),
            _ => out.push_str(&format!("{:indent$}{line}\n", "")),
        }
    }
    out
}

/// Returns a line with invisible characters made visible, except escapes that set colours.
fn shown(line: &str, look: &Look) -> String {
    match look.colour {
        true => visible_coloured(line),
        false => visible(line),
    }
}

/// Returns the room beside the code that ends here. A label that is wider has a number there, and
/// stands whole in the notes.
fn room_beside(text: &str, end: usize, look: &Look) -> usize {
    let before = text[..end].rfind('\n').map_or(0, |at| at + 1);
    let used = width(&text[before..end]) + 8;
    look.columns().saturating_sub(used)
}

/// Returns the labels that have a number in the source, each after its number.
fn long_labels(long: &[String], look: &Look) -> Vec<String> {
    let max = look.columns() - 8;
    let numbered = long.iter().enumerate();
    numbered
        .map(|(index, text)| wrap(&format!("[{}] {text}", index + 1), max).join("\n"))
        .collect()
}

/// Returns the notes below the source.
fn notes(trace: &Trace, look: &Look) -> Vec<String> {
    let mut notes = Vec::new();
    let max = look.columns() - 8;
    for reason in &trace.waits.reasons {
        let text = match &reason.sentence {
            Some(sentence) => format!("{}: {sentence}", reason.members.join(", ")),
            None => format!("{}: {}", reason.kind.name(), chain(trace, reason)),
        };
        notes.push(wrap(&text, max).join("\n"));
    }
    notes.push(wrap(&format!("found in {}", facts(trace)), max).join("\n"));
    notes
}

fn label(place: &Place, primary: bool, text: String) -> Label {
    Label {
        place: place.clone(),
        text,
        primary,
    }
}

fn labels(trace: &Trace) -> Vec<Label> {
    let mut labels = standing_labels(trace);
    labels.extend(way_labels(trace));
    labels.extend(signal_labels(trace));
    labels.extend(panic_labels(trace));
    labels
}

/// Labels the places where goroutines are stuck or have panicked, and where they took their locks.
fn standing_labels(trace: &Trace) -> Vec<Label> {
    let mut labels = Vec::new();
    for name in in_order(trace) {
        let Some(standing) = trace.standing(name) else {
            continue;
        };
        let verb = match standing.state {
            State::Stuck => "is stuck",
            State::Panicked => "panics",
            State::Returned | State::Ready | State::Waiting => continue,
        };
        let text = format!("`{name}` {verb}: {}", standing.reason);
        labels.push(label(&standing.place, true, text));
        for held in &standing.holds {
            let how = match held.mode {
                HeldAs::RLock => "takes the read lock",
                HeldAs::Lock | HeldAs::Acquire => "takes",
            };
            let (step, lock) = (held.step, &held.lock);
            let text = format!("{step}: `{name}` {how} `{lock}` here and keeps it");
            labels.push(label(&held.place, false, text));
        }
    }
    labels
}

/// Labels the places where a goroutine would release another one, in other executions.
fn way_labels(trace: &Trace) -> Vec<Label> {
    let reasons = trace.waits.reasons.iter();
    let members = reasons.flat_map(|reason| &reason.members);
    let edges = members.flat_map(|name| trace.waits.of(name));
    let ways = edges.filter(|edge| !edge.certain).flat_map(|edge| {
        edge.ways.iter().filter_map(move |way| {
            let (noun, to, from) = (way_noun(way), &edge.to, &edge.from);
            let panic = if way.panics { ", with a panic" } else { "" };
            let text = format!("{noun} by `{to}` that would release `{from}`{panic}");
            way.place.as_ref().map(|place| label(place, false, text))
        })
    });
    ways.take(WAYS_MAX).collect()
}

/// Labels the signals that found no waiter, if a goroutine waits for one.
fn signal_labels(trace: &Trace) -> Vec<Label> {
    let mut reasons = trace.waits.reasons.iter();
    if !reasons.any(|reason| reason.kind == ReasonKind::LostWakeUp) {
        return Vec::new();
    }
    let idle = trace.steps.iter().filter(|step| step.wakes.is_empty());
    let acts = idle.flat_map(|step| step.by.iter().map(move |act| (step.n, act)));
    acts.filter(|(_, act)| matches!(act.op, Verb::Signal | Verb::Broadcast))
        .map(|(n, act)| {
            let text = format!("{n}: nobody waits yet when `{}` does this", act.goroutine);
            label(&act.place, false, text)
        })
        .collect()
}

/// Labels earlier acts on the object at which a goroutine panics: the first close, or an unlock.
fn panic_labels(trace: &Trace) -> Vec<Label> {
    let Some((object, last)) = panic_object(trace) else {
        return Vec::new();
    };
    let acts = trace
        .steps
        .iter()
        .flat_map(|s| s.by.iter().map(move |act| (s.n, act)));
    acts.filter(|(n, act)| *n < last && act.object.as_ref() == Some(object))
        .filter(|(_, act)| act.op == Verb::Close || act.releases.contains(object))
        .map(|(n, act)| {
            let text = format!("{n}: `{}` does this first", act.goroutine);
            label(&act.place, false, text)
        })
        .collect()
}

/// Returns the object and the number of the step that panics.
fn panic_object(trace: &Trace) -> Option<(&String, usize)> {
    let mut acts = trace
        .steps
        .iter()
        .flat_map(|s| s.by.iter().map(move |act| (act, s.n)));
    let (act, n) = acts.find(|(act, _)| act.note.as_deref() == Some(Act::PANICS))?;
    Some((act.object.as_ref()?, n))
}

/// Returns the goroutines, those of a reason first.
fn in_order(trace: &Trace) -> Vec<&str> {
    let reasons = trace
        .waits
        .reasons
        .iter()
        .flat_map(|reason| &reason.members);
    let mut names: Vec<&str> = reasons.map(String::as_str).collect();
    for standing in &trace.last {
        if !names.contains(&standing.goroutine.as_str()) {
            names.push(&standing.goroutine);
        }
    }
    names
}

/// Returns the labels whose places are in the sources, without duplicates.
fn known(labels: Vec<Label>, sources: &Sources) -> Vec<Label> {
    let mut all: Vec<Label> = Vec::new();
    for label in labels {
        let again = all
            .iter()
            .any(|known| known.place == label.place && known.text == label.text);
        if sources.span(&label.place).is_some() && !again {
            all.push(label);
        }
    }
    all
}
