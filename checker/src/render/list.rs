//! A trace as a list: a line for each act, for narrow terminals and the output of tests.

use std::collections::BTreeSet;

use super::commands::commands;
use super::objects::objects;
use super::reasons::why;
use super::stored::Stored;
use super::text::{
    Line, Look, Role, facts, headline, line_of, standing_text, steps, under, width, wrap,
};
use crate::explain::trace::{Act, HeldAs, Standing, State, Step, Trace};

/// Fewest quiet steps in a row that are folded into one row.
const FOLD_MIN: usize = 4;

/// Most steps of a trace that is always shown whole.
const WHOLE_MAX: usize = 16;

/// The widths of the columns.
struct Columns {
    name: usize,
    text: usize,
    line: usize,
}

/// Returns the trace as a list.
#[must_use]
pub fn render(trace: &Trace, look: &Look) -> String {
    let trace = &trace.for_people();
    let max = look.columns();
    let files = trace.files();
    let mut lines = Vec::new();
    for (index, text) in wrap(&headline(trace), max).into_iter().enumerate() {
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
    let stored = Stored::new(trace);
    for row in rows(trace, look) {
        match row {
            Row::Step(step) => {
                lines.extend(step_lines(step, &columns, &files, look));
                for text in stored.after(step) {
                    let indent = columns.text_from();
                    let texts = wrap(text, (max - indent).max(12)).into_iter();
                    lines.extend(texts.map(|text| indented(indent, Role::Dim, text)));
                }
            }
            Row::Folded(run) => lines.push(Line::of(Role::Dim, fold_text(run))),
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
    lines.extend(objects(trace, look));
    lines.push(Line::new());
    lines.extend(why(trace, look));
    lines.extend(command_lines(trace, look));
    finish(lines, look)
}

/// Joins lines. One that is too wide is broken, unless it is meant to be pasted: nothing is cut.
pub(super) fn finish(lines: Vec<Line>, look: &Look) -> String {
    let mut out = String::new();
    let mut blank = true;
    let broken = |line: Line| line.broken(look.columns(), 6);
    for line in lines.into_iter().flat_map(broken) {
        let text = line.render(look);
        // Empty parts leave no gap.
        if text.is_empty() && blank {
            continue;
        }
        blank = text.is_empty();
        out.push_str(&text);
        out.push('\n');
    }
    out
}

/// Returns the files and the facts of the search.
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
            lines.push(Line::of(Role::Plain, format!("  {first}")));
        }
        for text in wrap(&facts, max) {
            lines.push(Line::of(Role::Dim, format!("  {text}")));
        }
    }
    for file in files.iter().skip(1) {
        lines.push(Line::of(Role::Plain, format!("  {file}")));
    }
    lines
}

/// A row of the steps.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    Step(&'a Step),
    Folded(&'a [Step]),
}

/// Returns the steps in rows. Runs with which nobody could interfere become one row each, unless
/// all steps are to be shown or the trace is short.
pub(super) fn rows<'a>(trace: &'a Trace, look: &Look) -> Vec<Row<'a>> {
    if look.all || trace.steps.len() <= WHOLE_MAX {
        return trace.steps.iter().map(Row::Step).collect();
    }
    // The last steps lead to the end, and the repeated ones are the point: neither are folded.
    let shown = trace.steps.len() - trace.cycle.max(2).min(trace.steps.len());
    let quiet = trace
        .steps
        .iter()
        .filter(|step| step.quiet && step.n <= shown);
    let mut quiet: BTreeSet<usize> = quiet.map(|step| step.n).collect();
    let runs = |quiet: &BTreeSet<usize>| {
        let both = |a: &Step, b: &Step| quiet.contains(&a.n) && quiet.contains(&b.n);
        let runs = trace.steps.chunk_by(both).collect::<Vec<_>>();
        let folds = |run: &&[Step]| run.len() >= FOLD_MIN;
        runs.into_iter().partition::<Vec<_>, _>(folds)
    };
    // A lock that is taken in a fold and kept, or freed in one and taken before, would look as if
    // it had never been taken.
    loop {
        let (folded, _) = runs(&quiet);
        let loud: Vec<usize> = folded.into_iter().flat_map(outlives).collect();
        if loud.is_empty() {
            break;
        }
        quiet.retain(|n| !loud.contains(n));
    }
    let (folded, others) = runs(&quiet);
    let steps = others.into_iter().flatten().map(Row::Step);
    let mut rows: Vec<Row<'_>> = folded.into_iter().map(Row::Folded).chain(steps).collect();
    rows.sort_by_key(Row::first);
    rows
}

impl Row<'_> {
    /// Returns the number of its first step.
    fn first(&self) -> usize {
        match self {
            Self::Step(step) => step.n,
            Self::Folded(run) => run.first().map_or(0, |step| step.n),
        }
    }
}

/// Returns the steps of a run that take a lock which the run does not free, or free one which it
/// does not take.
fn outlives(run: &[Step]) -> Vec<usize> {
    let mut open: Vec<(&str, &str, usize)> = Vec::new();
    let mut loud = Vec::new();
    for step in run {
        for act in &step.by {
            let who = act.goroutine.as_str();
            open.extend(act.takes.iter().map(|lock| (who, lock.as_str(), step.n)));
            for lock in &act.releases {
                match open.iter().position(|it| (it.0, it.1) == (who, lock)) {
                    Some(at) => drop(open.remove(at)),
                    None => loud.push(step.n),
                }
            }
        }
    }
    loud.extend(open.into_iter().map(|(_, _, n)| n));
    loud
}

/// Returns the text that replaces a run of steps.
pub(super) fn fold_text(run: &[Step]) -> String {
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
        names.join(", "),
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
        .min(max / 3);
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
    // The text leaves room for the locks beside it, unless it would have to be broken for that.
    let steps = trace.steps.iter();
    let beside = steps.flat_map(|step| (0..step.by.len()).map(|at| after(step, at)));
    let beside = beside.flatten().map(|line| line.width()).max().unwrap_or(0);
    let left = |beside: usize| {
        max.saturating_sub(5 + name + 2 + 1 + line + 2 + beside)
            .max(12)
    };
    let objects = acts().filter_map(|act| act.object.as_deref());
    let plain = objects.map(width).max().unwrap_or(0) + 8;
    let room = match max {
        Look::TABLE_MIN.. if plain <= left(beside) => left(beside.max(max / 5)),
        _ => left(max / 5),
    };
    let text = texts.chain(stuck).max().unwrap_or(0).min(room);
    Columns { name, text, line }
}

impl Columns {
    /// Returns the column at which the text begins.
    fn text_from(&self) -> usize {
        5 + self.name + 2
    }
}

/// Returns a line with this text after some columns.
fn indented(columns: usize, role: Role, text: impl Into<String>) -> Line {
    let mut line = Line::new();
    line.pad(columns);
    line.push(role, text);
    line
}

/// Returns the lines of a row: mark or number, name, act, place, and what stands beside it. A name
/// that is too wide has a line of its own; a text that is too wide goes on below.
fn row(
    mark: Line,
    name: &str,
    text: Line,
    line: &str,
    columns: &Columns,
    beside: Vec<Line>,
    max: usize,
) -> Vec<Line> {
    let from = columns.text_from();
    let mut rows = vec![mark];
    rows[0].pad(5);
    rows[0].plain(name);
    if width(name) > columns.name {
        rows.push(Line::new());
    }
    for (index, piece) in text.broken(columns.text.max(1), 2).into_iter().enumerate() {
        if index > 0 {
            rows.push(Line::new());
        }
        let row = rows.last_mut().expect("there is one");
        row.pad(from);
        row.append(piece);
        if index == 0 && !line.is_empty() {
            row.pad(from + columns.text + 1 + columns.line.saturating_sub(width(line)));
            row.plain(line);
        }
    }
    for piece in beside {
        let row = rows.last_mut().expect("there is one");
        if row.width().max(from) + piece.width() <= max {
            row.pad(from);
            row.append(piece);
        } else {
            let mut more = indented(from, Role::Plain, "");
            more.append(piece);
            rows.push(more);
        }
    }
    rows
}

fn step_lines(step: &Step, columns: &Columns, files: &[&str], look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, act) in step.by.iter().enumerate() {
        let number = if index == 0 {
            format!("{:>4} ", step.n)
        } else {
            String::new()
        };
        lines.extend(row(
            Line::of(Role::Dim, number),
            &act.goroutine,
            act_line(act),
            &line_of(&act.place, files),
            columns,
            after(step, index),
            look.columns(),
        ));
    }
    lines
}

/// Returns an act, with the object's name in bold.
pub(super) fn act_line(act: &Act) -> Line {
    let mut line = Line::of(Role::Plain, act.op.word());
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

/// Returns the parts after the line number: the partner, and the locks that are taken or released.
fn after(step: &Step, index: usize) -> Vec<Line> {
    let act = &step.by[index];
    let mut parts = Vec::new();
    if let Some(partner) = step.by.get(1 - index.min(1)).filter(|_| step.by.len() == 2) {
        let arrow = if index == 0 { ">" } else { "<" };
        parts.push(Line::of(
            Role::Plain,
            format!("  {arrow} {}", partner.goroutine),
        ));
    }
    for lock in &act.takes {
        parts.push(Line::of(Role::Held, format!("  + holds {lock}")));
    }
    for lock in &act.releases {
        parts.push(Line::of(Role::Held, format!("  - frees {lock}")));
    }
    parts
}

fn last_lines(trace: &Trace, columns: &Columns, files: &[&str], look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    for standing in &trace.last {
        lines.extend(last_row(standing, columns, files, look));
        let from = columns.text_from();
        for case in standing.op.iter().flat_map(|op| &op.cases) {
            lines.push(indented(from + 2, Role::Plain, format!("case {case}")));
        }
        for held in &standing.holds {
            let (verb, lock, step) = (holds(held.mode), &held.lock, held.step);
            let text = format!("{verb} {lock}, since step {step}");
            lines.push(indented(from, Role::Held, text));
        }
    }
    lines
}

/// Returns where a goroutine stands, with the reason beside it.
fn last_row(standing: &Standing, columns: &Columns, files: &[&str], look: &Look) -> Vec<Line> {
    let max = look.columns();
    let (mark, role) = match standing.state {
        State::Stuck | State::Panicked => (look.cross(), Role::Stuck),
        State::Ready => (">", Role::Plain),
        State::Returned | State::Waiting => (" ", Role::Dim),
    };
    let text = match &standing.op {
        Some(op) if op.cases.is_empty() => op.text(),
        Some(op) => op.verb.to_string(),
        None => String::new(),
    };
    let line = line_of(&standing.place, files);
    let indent = columns.text_from() + columns.text + 1 + columns.line + 2;
    // Where little room is left beside the operation, the reason stands below it.
    let (indent, below) = match max.saturating_sub(indent) {
        0..12 => (columns.text_from() + 2, true),
        _ => (indent, false),
    };
    let reasons = wrap(&standing_text(standing), max.saturating_sub(indent).max(12));
    let mut reasons = reasons.into_iter().peekable();
    let mark = Line::of(role, format!("   {mark} "));
    let text = Line::of(role, text);
    let mut rows = row(
        mark,
        &standing.goroutine,
        text,
        &line,
        columns,
        Vec::new(),
        max,
    );
    if let [one] = &mut rows[..]
        && !below
        && reasons.peek().is_some()
    {
        one.pad(indent);
        one.plain(reasons.next().unwrap_or_default());
    }
    let reasons = reasons.map(|text| indented(indent, Role::Plain, text));
    rows.extend(reasons);
    rows
}

/// Says that a lock is held, in capitals.
pub(super) fn holds(mode: HeldAs) -> &'static str {
    match mode {
        HeldAs::RLock => "HOLDS (read)",
        HeldAs::Lock | HeldAs::Acquire => "HOLDS",
    }
}

/// Returns the commands that may come next.
pub(super) fn command_lines(trace: &Trace, look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    for (label, texts) in commands(trace, &look.program, look.columns() - 12) {
        let texts = texts.into_iter().map(Line::uncut);
        lines.extend(under(label, 12, texts.collect()));
    }
    lines
}
