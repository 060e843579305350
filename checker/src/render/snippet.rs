//! A trace on the source: the lines that matter, with labels, as the compiler writes its errors.

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::commands::commands;
use super::list;
use super::sources::Sources;
use crate::execution::escape::visible;
use crate::explain::trace::Place;
use crate::explain::trace::State;
use crate::explain::trace::Trace;
use crate::explain::wait_for_graph::ReasonKind;
use crate::render::text::Look;
use crate::render::text::chain;
use crate::render::text::facts;
use crate::render::text::fit;
use crate::render::text::fit_coloured;
use crate::render::text::summary;
use crate::render::text::visible_coloured;
use crate::render::text::way_noun;
use crate::render::text::width;
use crate::render::text::without_colour;

/// What stands in the place of the command while the rest is drawn.
const COMMAND: &str = "@command@";

/// How many labels tell of a way out that is not taken.
const WAYS_MAX: usize = 3;

/// A label at a place.
struct Label {
    place: Place,
    text: String,
    primary: bool,
}

/// The trace on these sources; as a list, if none of the lines that matter is in them.
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
    let title = level.primary_title(summary(trace)).id(trace.end.name());
    let mut group = Group::with_title(title);
    for ((_, file), labels) in by_file {
        let text = sources.get(file).unwrap_or_default();
        let annotations = labels.iter().filter_map(|label| {
            let span = sources.span(&label.place)?;
            let kind = if label.primary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let text = fit_label(&label.text, text, span.end, look);
            Some(kind.span(span).label(text))
        });
        let annotations: Vec<Annotation<'_>> = annotations.collect();
        group = group.element(Snippet::source(text).path(file).annotations(annotations));
    }
    for note in notes(trace, look) {
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

/// Draws the groups, with the lines of the command, which are not cut, in their place.
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
        // The renderer keeps to the width as well as it can, which is not always enough.
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

/// A line without characters that are not seen, but for the escapes that set colours.
fn shown(line: &str, look: &Look) -> String {
    match look.colour {
        true => visible_coloured(line),
        false => visible(line),
    }
}

/// A label that fits beside the code that it is about.
fn fit_label(label: &str, text: &str, end: usize, look: &Look) -> String {
    let before = text[..end].rfind('\n').map_or(0, |at| at + 1);
    let used = width(&text[before..end]) + 8;
    fit(label, look.columns().saturating_sub(used).max(24), look)
}

/// What there is to say below the source.
fn notes(trace: &Trace, look: &Look) -> Vec<String> {
    let mut notes = Vec::new();
    let max = look.columns() - 8;
    for reason in &trace.waits.reasons {
        let text = match &reason.sentence {
            Some(sentence) => format!("{}: {sentence}", reason.members.join(", ")),
            None => format!("{}: {}", reason.kind.name(), chain(trace, reason)),
        };
        notes.push(super::text::wrap(&text, max, look).join("\n"));
    }
    notes.push(format!("found in {}", facts(trace)));
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

/// Where those stand who are stuck or have panicked, and where they took the locks that they hold.
fn standing_labels(trace: &Trace) -> Vec<Label> {
    let mut labels = Vec::new();
    for name in in_order(trace) {
        let Some(standing) = trace.standing(name) else {
            continue;
        };
        let verb = match standing.state {
            State::Stuck => "is stuck",
            State::Panicked => "panics",
            _ => continue,
        };
        let text = format!("`{name}` {verb}: {}", standing.reason);
        labels.push(label(&standing.place, true, text));
        for held in &standing.holds {
            let how = if held.mode == "rlock" {
                "takes the read lock"
            } else {
                "takes"
            };
            let (step, lock) = (held.step, &held.lock);
            let text = format!("{step}: `{name}` {how} `{lock}` here and keeps it");
            labels.push(label(&held.place, false, text));
        }
    }
    labels
}

/// Where somebody would release another, in other executions.
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

/// The signals that found nobody, if somebody waits for one.
fn signal_labels(trace: &Trace) -> Vec<Label> {
    let mut reasons = trace.waits.reasons.iter();
    if !reasons.any(|reason| reason.kind == ReasonKind::LostWakeUp) {
        return Vec::new();
    }
    let acts = trace
        .steps
        .iter()
        .flat_map(|s| s.by.iter().map(move |act| (s.n, act)));
    acts.filter(|(_, act)| act.note.as_deref() == Some("nobody waits"))
        .map(|(n, act)| {
            let text = format!("{n}: nobody waits yet when `{}` does this", act.goroutine);
            label(&act.place, false, text)
        })
        .collect()
}

/// What was done before to the object at which somebody panics: the first close, the unlock that
/// was one too few.
fn panic_labels(trace: &Trace) -> Vec<Label> {
    let Some((object, last)) = panic_object(trace) else {
        return Vec::new();
    };
    let acts = trace
        .steps
        .iter()
        .flat_map(|s| s.by.iter().map(move |act| (s.n, act)));
    acts.filter(|(n, act)| *n < last && act.object.as_ref() == Some(object))
        .filter(|(_, act)| act.op == "close" || act.releases.contains(object))
        .map(|(n, act)| {
            let text = format!("{n}: `{}` does this first", act.goroutine);
            label(&act.place, false, text)
        })
        .collect()
}

/// The object of the step that panics, and its number.
fn panic_object(trace: &Trace) -> Option<(&String, usize)> {
    let mut acts = trace
        .steps
        .iter()
        .flat_map(|s| s.by.iter().map(move |act| (act, s.n)));
    let (act, n) = acts.find(|(act, _)| act.note.as_deref() == Some("panics"))?;
    Some((act.object.as_ref()?, n))
}

/// The goroutines, those in a reason first.
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

/// The labels whose places are in the sources, each once.
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
