//! Why a trace ends so, as text: the reasons, the frequency, and the facts of the kernel.

use super::text::{
    DROP_LEGEND, IMAGINED_LEGEND, Line, Look, NIL_LEGEND, Role, closing, edge_text, has_drops,
    has_nil_cases, how_often, kinds_of_ways, seen_legend, under, waited_for, width, wrap,
};
use crate::explain::trace::{Facts, Trace};
use crate::explain::wait_for_graph::{Edge, ReasonKind, Unanswered};

/// The meaning of a colon in a schedule.
const CHOICE_LEGEND: &str =
    "in a schedule `name:1` is the case 1 of a select, counted from 0, or the number 1 of a choice";

/// Returns the reasons, the goroutines that merely wait, and the legends.
pub(super) fn why(trace: &Trace, look: &Look) -> Vec<Line> {
    let files = trace.files();
    let indent = 12;
    let max = look.columns() - indent;
    let mut lines = Vec::new();
    for reason in &trace.waits.reasons {
        let mut texts = match &reason.sentence {
            Some(sentence) => {
                let who = reason.members.join(", ");
                vec![format!("{who} {}: {sentence}", stuck_how(reason.kind))]
            }
            None => edge_texts(trace.waits.within(reason), &files, max),
        };
        if reason.sentence.is_none() {
            let cases = trace.waits.unanswered(reason);
            texts.extend(cases.map(Unanswered::sentence));
            let corner = look.glyph("└─", "`-");
            texts.push(format!(
                "{corner} {}",
                closing(trace.waits.looked_at, reason)
            ));
        }
        lines.extend(under(reason.kind.name(), indent, wrapped(texts, max)));
    }
    let outside = trace
        .waits
        .outside
        .iter()
        .flat_map(|name| trace.waits.of(name));
    let texts = edge_texts(outside, &files, max);
    let label = match trace
        .waits
        .reasons
        .iter()
        .any(|reason| reason.kind.is_cycle())
    {
        true => "outside",
        false => "also stuck",
    };
    lines.extend(under(label, indent, wrapped(texts, max)));
    if trace.waits.reasons.is_empty() && !trace.waits.edges.is_empty() && trace.stuck().count() > 0
    {
        let text = "no set of goroutines was found to which every way out leads back".to_owned();
        lines.extend(under("note", indent, wrapped(vec![text], max)));
    }
    for legend in legends(trace) {
        for text in wrap(&legend, max) {
            let mut line = Line::new();
            line.pad(indent);
            line.push(Role::Dim, text);
            lines.push(line);
        }
    }
    lines.extend(known(trace, look));
    lines.push(Line::new());
    lines
}

/// Returns what the marks in the text mean.
fn legends(trace: &Trace) -> Vec<String> {
    let mut legends = Vec::new();
    let is_stuck = trace.stuck().count() > 0;
    let (seen, imagined) = kinds_of_ways(trace);
    if seen && is_stuck {
        legends.push(seen_legend(trace.waits.looked_at));
    }
    if imagined && is_stuck {
        legends.push(IMAGINED_LEGEND.to_owned());
    }
    if has_nil_cases(trace) && is_stuck {
        legends.push(NIL_LEGEND.to_owned());
    }
    if has_drops(trace) {
        legends.push(DROP_LEGEND.to_owned());
    }
    if has_numbers(&trace.schedule) {
        legends.push(CHOICE_LEGEND.to_owned());
    }
    legends
}

/// Returns true if a choice of the schedule has a number after a colon.
fn has_numbers(schedule: &str) -> bool {
    let mut after = schedule.split(':').skip(1);
    after.any(|text| text.starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns the lines on how often it ends so, and on what is known of the kernel.
fn known(trace: &Trace, look: &Look) -> Vec<Line> {
    let indent = 12;
    let max = look.columns() - indent;
    let mut lines = Vec::new();
    if let Some(chance) = trace
        .search
        .as_ref()
        .and_then(|search| search.chance.as_ref())
    {
        let texts = vec![how_often(trace, chance)];
        lines.extend(under("how often", indent, wrapped(texts, max)));
    }
    let facts = trace.facts.iter().filter(|_| trace.end.is_bad());
    for (name, text) in facts.flat_map(Facts::rows) {
        lines.extend(under(name, indent, wrapped(vec![text.to_owned()], max)));
    }
    lines
}

/// Returns the sentence about a goroutine that is stuck with no cycle to be shown.
fn stuck_how(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::LostWakeUp => "waits for a signal that nobody is left to give",
        ReasonKind::Unknown => "is stuck",
        ReasonKind::Cycle
        | ReasonKind::Knot
        | ReasonKind::SelfLock
        | ReasonKind::SelfWait
        | ReasonKind::StarvedByWriter
        | ReasonKind::Orphan => "is stuck without a cycle",
    }
}

/// Lists what each waits for, a line for each, with the names under one another where that leaves
/// room.
fn edge_texts<'a>(
    edges: impl Iterator<Item = &'a Edge>,
    files: &[&str],
    max: usize,
) -> Vec<String> {
    let edges: Vec<&Edge> = edges.collect();
    let widest = |name: &dyn Fn(&Edge) -> usize| edges.iter().map(|e| name(e)).max().unwrap_or(0);
    let from = widest(&|edge| width(&edge.from));
    let to = widest(&|edge| width(waited_for(edge)));
    let texts = |from, to| -> Vec<String> {
        let text = |edge: &&Edge| edge_text(edge, files, from, to);
        edges.iter().map(text).collect()
    };
    let aligned = texts(from, to);
    if aligned.iter().all(|text| width(text) <= max) {
        aligned
    } else {
        texts(0, 0)
    }
}

/// Returns texts in lines of at most this width. The continuation of a long text is indented.
pub(super) fn wrapped(texts: Vec<String>, max: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for text in texts {
        if width(&text) <= max {
            lines.push(Line::of(Role::Plain, text));
            continue;
        }
        for (index, text) in wrap(&text, max - 2).into_iter().enumerate() {
            let lead = if index == 0 { "" } else { "  " };
            lines.push(Line::of(Role::Plain, format!("{lead}{text}")));
        }
    }
    lines
}
