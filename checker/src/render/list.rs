//! A trace as a list: a line for each act, for narrow terminals and for the output of tests.

use super::commands::commands;
use super::text::{
    DROP_LEGEND, IMAGINED_LEGEND, Line, Look, Role, closing, edge_text, facts, fit, has_drops,
    headline, how_often, kinds_of_ways, line_of, seen_legend, standing_text, steps, under,
    waited_for, width, wrap,
};
use crate::explain::trace::{Act, Facts, State, Step, Trace};
use crate::explain::wait_for_graph::{Edge, ReasonKind};

/// How many rows a run of quiet steps must have to be folded into one.
const FOLD_MIN: usize = 4;

/// Traces up to this length are shown whole.
const WHOLE_MAX: usize = 16;

/// The widths of the columns.
struct Columns {
    name: usize,
    text: usize,
    line: usize,
}

/// The trace as a list.
#[must_use]
pub fn render(trace: &Trace, look: &Look) -> String {
    let trace = &trace.for_people();
    let max = look.columns();
    let files = trace.files();
    let mut lines = Vec::new();
    for (index, text) in wrap(&headline(trace), max, look).into_iter().enumerate() {
        let role = if index == 0 && trace.end.is_bad() {
            Role::Stuck
        } else {
            Role::Strong
        };
        lines.push(Line::of(role, text));
    }
    lines.push(Line::new());
    lines.extend(about(trace, look));
    lines.push(Line::new());
    let columns = columns(trace, look, &files);
    for row in rows(trace, look) {
        match row {
            Row::Step(step) => lines.extend(step_lines(step, &columns, &files, look)),
            Row::Folded(run) => lines.push(Line::of(Role::Dim, fold_text(run, look))),
        }
        if let Row::Step(step) = row
            && trace.cycle > 0
            && step.n == trace.steps.len() - trace.cycle
        {
            let text = format!("   {} steps {} for ever:", look.glyph("↺", "@"), "repeat");
            lines.push(Line::of(Role::Dim, text));
        }
    }
    let rule = look.glyph("─", "-");
    let rule_width = (columns.name + columns.text + columns.line + 26).min(max - 3);
    lines.push(Line::of(
        Role::Dim,
        format!("   {}", rule.repeat(rule_width)),
    ));
    lines.extend(last_lines(trace, &columns, &files, look));
    lines.push(Line::new());
    lines.extend(why(trace, look));
    lines.extend(command_lines(trace, look));
    finish(lines, look)
}

/// Puts lines together, none wider than the look allows but those that are to be pasted.
pub(super) fn finish(lines: Vec<Line>, look: &Look) -> String {
    let mut out = String::new();
    let mut blank = true;
    for mut line in lines {
        line.cut(look.columns(), look);
        let text = line.render(look);
        // Parts that have nothing to say leave no gap.
        if text.is_empty() && blank {
            continue;
        }
        blank = text.is_empty();
        out.push_str(&text);
        out.push('\n');
    }
    out
}

/// The files, and what the search has to say.
pub(super) fn about(trace: &Trace, look: &Look) -> Vec<Line> {
    let max = look.columns() - 2;
    let files = trace.files();
    let facts = facts(trace);
    let mut lines = Vec::new();
    let first = files.first().copied().unwrap_or_default();
    if width(first) + 3 + width(&facts) <= max {
        let mut line = Line::of(Role::Plain, format!("  {first}"));
        line.pad(2 + max - width(&facts));
        line.push(Role::Dim, facts);
        lines.push(line);
    } else {
        if !first.is_empty() {
            lines.push(Line::of(
                Role::Plain,
                format!("  {}", fit(first, max, look)),
            ));
        }
        for text in wrap(&facts, max, look) {
            lines.push(Line::of(Role::Dim, format!("  {text}")));
        }
    }
    for file in files.iter().skip(1) {
        lines.push(Line::of(Role::Plain, format!("  {}", fit(file, max, look))));
    }
    lines
}

/// A row of the steps.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    Step(&'a Step),
    Folded(&'a [Step]),
}

/// The steps in rows: runs with which nobody could interfere are one row, unless all are to be
/// shown or the trace is short.
pub(super) fn rows<'a>(trace: &'a Trace, look: &Look) -> Vec<Row<'a>> {
    if look.all || trace.steps.len() <= WHOLE_MAX {
        return trace.steps.iter().map(Row::Step).collect();
    }
    // The last steps lead to the end, and those that repeat are the point: neither is folded.
    let shown = trace.steps.len() - trace.cycle.max(2).min(trace.steps.len());
    let quiet = |step: &Step| step.quiet && step.n <= shown;
    let mut rows = Vec::new();
    for run in trace.steps.chunk_by(|a, b| quiet(a) && quiet(b)) {
        if run.len() >= FOLD_MIN {
            rows.push(Row::Folded(run));
        } else {
            rows.extend(run.iter().map(Row::Step));
        }
    }
    rows
}

/// What stands for a run of steps.
pub(super) fn fold_text(run: &[Step], look: &Look) -> String {
    let mut names: Vec<&str> = Vec::new();
    for act in run.iter().flat_map(|step| &step.by) {
        if !names.contains(&act.goroutine.as_str()) {
            names.push(&act.goroutine);
        }
    }
    format!(
        "  {}-{}  {}: {} with which nobody could interfere (--all)",
        run[0].n,
        run[run.len() - 1].n,
        fit(&names.join(", "), 30, look),
        steps(run.len())
    )
}

fn columns(trace: &Trace, look: &Look, files: &[&str]) -> Columns {
    let max = look.columns();
    let acts = || trace.steps.iter().flat_map(|step| &step.by);
    let names = trace.last.iter().map(|standing| width(&standing.goroutine));
    let name = names
        .chain(acts().map(|act| width(&act.goroutine)))
        .max()
        .unwrap_or(0)
        .min(max / 4);
    let places = acts().map(|act| &act.place);
    let line = places
        .chain(trace.last.iter().map(|standing| &standing.place))
        .map(|place| width(&line_of(place, files)))
        .max()
        .unwrap_or(0)
        .min(max / 4);
    let texts = acts().map(|act| width(&act.text()));
    let stuck = trace.last.iter().filter_map(|standing| {
        let op = standing.op.as_ref()?;
        op.cases.is_empty().then(|| width(&op.text()))
    });
    let room = max.saturating_sub(5 + name + 2 + 1 + line + 2 + max / 5);
    let text = texts.chain(stuck).max().unwrap_or(0).min(room);
    Columns { name, text, line }
}

/// A row up to the line number: mark or number, name, what it does, and where.
fn row(mark: Line, name: &str, text: Line, line: &str, columns: &Columns, look: &Look) -> Line {
    let mut row = mark;
    row.pad(5);
    row.plain(fit(name, columns.name, look));
    row.pad(5 + columns.name + 2);
    let mut text = text;
    text.cut(columns.text, look);
    row.append(text);
    let line = fit(line, columns.line, look);
    row.pad(5 + columns.name + 2 + columns.text + 1 + columns.line - width(&line));
    row.plain(line);
    row
}

fn step_lines(step: &Step, columns: &Columns, files: &[&str], look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, act) in step.by.iter().enumerate() {
        let number = if index == 0 {
            format!("{:>4} ", step.n)
        } else {
            String::new()
        };
        let line = line_of(&act.place, files);
        let mut whole = row(
            Line::of(Role::Dim, number),
            &act.goroutine,
            act_line(act),
            &line,
            columns,
            look,
        );
        whole.append(after(step, index, look));
        lines.push(whole);
    }
    lines
}

/// An act, with the object's name in bold.
pub(super) fn act_line(act: &Act) -> Line {
    let mut line = Line::of(Role::Plain, act.op.clone());
    if let Some(object) = &act.object {
        line.plain(" ");
        line.push(Role::Strong, object.clone());
    }
    let text = act.text();
    let written = line.width();
    let rest: String = text
        .chars()
        .skip(written.min(text.chars().count()))
        .collect();
    line.plain(rest);
    line
}

/// What follows the line number: the partner, and the locks that are taken or given back.
fn after(step: &Step, index: usize, look: &Look) -> Line {
    let act = &step.by[index];
    let mut line = Line::new();
    if let Some(partner) = step.by.get(1 - index.min(1)).filter(|_| step.by.len() == 2) {
        let arrow = if index == 0 { ">" } else { "<" };
        line.plain(format!("  {arrow} {}", fit(&partner.goroutine, 24, look)));
    }
    for lock in &act.takes {
        line.push(Role::Held, format!("  + holds {lock}"));
    }
    for lock in &act.releases {
        line.push(Role::Held, format!("  - frees {lock}"));
    }
    line
}

fn last_lines(trace: &Trace, columns: &Columns, files: &[&str], look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    let max = look.columns();
    for standing in &trace.last {
        let (mark, role) = match standing.state {
            State::Stuck | State::Panicked => (look.cross(), Role::Stuck),
            State::Ready => (">", Role::Plain),
            State::Returned | State::Waiting => (" ", Role::Dim),
        };
        let mark = Line::of(role, format!("   {mark} "));
        let text = match &standing.op {
            Some(op) if op.cases.is_empty() => op.text(),
            Some(op) => op.verb.clone(),
            None => String::new(),
        };
        let line = line_of(&standing.place, files);
        let mut whole = row(
            mark,
            &standing.goroutine,
            Line::of(role, text),
            &line,
            columns,
            look,
        );
        let reason = standing_text(standing);
        let indent = whole.width() + 2;
        let mut reasons = wrap(&reason, max.saturating_sub(indent).max(12), look).into_iter();
        whole.plain(format!("  {}", reasons.next().unwrap_or_default()));
        lines.push(whole);
        let more = |text: String, role: Role| {
            let mut line = Line::new();
            line.pad(indent);
            line.push(role, text);
            line
        };
        lines.extend(reasons.map(|text| more(text, Role::Plain)));
        for case in standing.op.iter().flat_map(|op| &op.cases) {
            let mut line = Line::new();
            line.pad(5 + columns.name + 4);
            line.plain(format!("case {case}"));
            lines.push(line);
        }
        for held in &standing.holds {
            let mut line = Line::new();
            line.pad(5 + columns.name + 2);
            let verb = if held.mode == "rlock" {
                "HOLDS (read)"
            } else {
                "HOLDS"
            };
            line.push(
                Role::Held,
                format!("{verb} {}, since step {}", held.lock, held.step),
            );
            lines.push(line);
        }
    }
    lines
}

/// How often it ends so, and what is known of the kernel.
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
        lines.extend(under("how often", indent, wrapped(texts, max, look)));
    }
    let facts = trace.facts.iter().filter(|_| trace.end.is_bad());
    for (name, text) in facts.flat_map(Facts::rows) {
        lines.extend(under(
            name,
            indent,
            wrapped(vec![text.to_owned()], max, look),
        ));
    }
    lines
}

/// The reasons, those who merely wait, and the legends.
pub(super) fn why(trace: &Trace, look: &Look) -> Vec<Line> {
    let files = trace.files();
    let indent = 12;
    let max = look.columns() - indent;
    let mut lines = Vec::new();
    for reason in &trace.waits.reasons {
        let mut texts = match &reason.sentence {
            Some(sentence) => {
                let who = reason.members.join(", ");
                let what = match reason.kind {
                    ReasonKind::LostWakeUp => "waits for a signal that nobody is left to give",
                    ReasonKind::Unknown => "is stuck",
                    _ => "is stuck without a cycle",
                };
                vec![format!("{who} {what}: {sentence}")]
            }
            None => edge_texts(trace.waits.within(reason), &files, max),
        };
        if reason.sentence.is_none() {
            let corner = look.glyph("└─", "`-");
            texts.push(format!("{corner} {}", closing(trace, reason)));
        }
        lines.extend(under(reason.kind.name(), indent, wrapped(texts, max, look)));
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
    lines.extend(under(label, indent, wrapped(texts, max, look)));
    if trace.waits.reasons.is_empty() && !trace.waits.edges.is_empty() && trace.stuck().count() > 0
    {
        let text = "no set of goroutines was found to which every way out leads back".to_owned();
        lines.extend(under("note", indent, wrapped(vec![text], max, look)));
    }
    let mut legends = Vec::new();
    let (seen, imagined) = kinds_of_ways(trace);
    if seen && trace.stuck().count() > 0 {
        legends.push(seen_legend(trace));
    }
    if imagined && trace.stuck().count() > 0 {
        legends.push(IMAGINED_LEGEND.to_owned());
    }
    if has_drops(trace) {
        legends.push(DROP_LEGEND.to_owned());
    }
    for legend in legends {
        for text in wrap(&legend, max, look) {
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

/// What each waits for, a line for each, with the names under one another where that leaves room.
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

/// Texts in lines of at most this width: one that is too long goes on further to the right.
fn wrapped(texts: Vec<String>, max: usize, look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    for text in texts {
        if width(&text) <= max {
            lines.push(Line::of(Role::Plain, text));
            continue;
        }
        for (index, text) in wrap(&text, max - 2, look).into_iter().enumerate() {
            let lead = if index == 0 { "" } else { "  " };
            lines.push(Line::of(Role::Plain, format!("{lead}{text}")));
        }
    }
    lines
}

/// What to type next.
pub(super) fn command_lines(trace: &Trace, look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    for (label, texts) in commands(trace, &look.program, look.columns() - 12) {
        let texts = texts.into_iter().map(Line::uncut);
        lines.extend(under(label, 12, texts.collect()));
    }
    lines
}
