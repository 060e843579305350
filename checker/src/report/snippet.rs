//! A trace on the source: the lines that matter, with labels, as the compiler writes its errors.

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::commands::commands;
use super::list;
use super::sources::Sources;
use super::text::{Look, chain, facts, fit, summary, way_noun, width};
use super::trace::{Place, State, Trace};
use super::waits::ReasonKind;

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
    let title = summary(trace);
    let level = if trace.end.is_bad() {
        Level::ERROR
    } else {
        Level::NOTE
    };
    let mut group = Group::with_title(level.primary_title(title).id(trace.end.name()));
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
    let mut groups = vec![group];
    let mut help = Group::with_title(Level::HELP.secondary_title("replay it"));
    for (label, lines) in commands(trace, look.columns() - 8) {
        if label == "replay" {
            help = help.element(Level::NOTE.no_name().message(lines.join("\n")));
        }
    }
    groups.push(help);
    let renderer = if look.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let text = renderer
        .decor_style(DecorStyle::Ascii)
        .term_width(look.columns())
        .render(&groups);
    let mut out = String::new();
    for line in text.lines() {
        // Escapes take no width, and the renderer that writes them keeps to the width on its own as well as it can.
        if look.colour || width(line) <= look.columns() {
            out.push_str(line.trim_end());
        } else {
            out.push_str(fit(line, look.columns(), look).trim_end());
        }
        out.push('\n');
    }
    out
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

fn labels(trace: &Trace) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut add = |place: &Place, primary: bool, text: String| {
        labels.push(Label {
            place: place.clone(),
            text,
            primary,
        });
    };
    for name in in_order(trace) {
        let Some(standing) = trace.standing(name) else {
            continue;
        };
        let verb = match standing.state {
            State::Stuck => "is stuck",
            State::Panicked => "panics",
            _ => continue,
        };
        add(
            &standing.place,
            true,
            format!("`{name}` {verb}: {}", standing.reason),
        );
        for held in &standing.holds {
            let how = if held.mode == "rlock" {
                "takes the read lock"
            } else {
                "takes"
            };
            let text = format!(
                "{}: `{name}` {how} `{}` here and keeps it",
                held.step, held.lock
            );
            add(&held.place, false, text);
        }
    }
    let members = trace
        .waits
        .reasons
        .iter()
        .flat_map(|reason| &reason.members);
    let mut ways = 0;
    for edge in members.flat_map(|name| trace.waits.of(name)) {
        for way in edge.ways.iter().filter(|_| !edge.certain) {
            if let Some(place) = &way.place
                && ways < WAYS_MAX
            {
                ways += 1;
                let noun = way_noun(way);
                let to = &edge.to;
                add(
                    place,
                    false,
                    format!("{noun} by `{to}` that would release `{}`", edge.from),
                );
            }
        }
    }
    for step in &trace.steps {
        for act in &step.by {
            let idle = act.note.as_deref() == Some("nobody waits");
            let lost = |kind| trace.waits.reasons.iter().any(|r| r.kind == kind);
            if idle && lost(ReasonKind::LostWakeUp) {
                let text = format!(
                    "{}: nobody waits yet when `{}` does this",
                    step.n, act.goroutine
                );
                add(&act.place, false, text);
            }
        }
    }
    if let Some((object, last)) = panic_object(trace) {
        for step in trace.steps.iter().filter(|step| step.n < last) {
            for act in step
                .by
                .iter()
                .filter(|act| act.object.as_ref() == Some(object))
            {
                if act.op == "close" || act.releases.contains(object) {
                    let text = format!("{}: `{}` does this first", step.n, act.goroutine);
                    add(&act.place, false, text);
                }
            }
        }
    }
    labels
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
