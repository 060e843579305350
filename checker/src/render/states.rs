//! The picture of a [`StateGraph`]: red as long as a bad end can still be reached, green once none
//! can.
//!
//! The states stand in columns, by their distance from the start. Those from which a bad end can be
//! reached stand above the others. If there are many, each column becomes a bar.

use std::fmt::Write as _;

use crate::explain::state_graph::{Outlook, StateGraph};
use crate::explain::trace::Ending;

/// Most states that are drawn one by one.
const STATES_MAX: usize = 150;

/// Most rows of states that are drawn one by one.
const ROWS_MAX: usize = 20;

/// Sweeps over the columns that sort them by their neighbours.
const SWEEPS: usize = 4;

/// The rows in which states stand, from 0.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Layout {
    /// The row of each state; empty if they are drawn as bars.
    pub(super) rows: Vec<usize>,
}

impl Layout {
    /// Lays out a graph.
    pub(super) fn of(graph: &StateGraph) -> Self {
        if graph.states.len() > STATES_MAX {
            return Self::default();
        }
        let mut columns: Vec<Vec<usize>> = vec![Vec::new(); graph.depth() + 1];
        for (number, node) in graph.states.iter().enumerate() {
            columns[node.depth].push(number);
        }
        let neighbours = neighbours(graph);
        let mut rows = vec![0; graph.states.len()];
        for column in &mut columns {
            column.sort_by_key(|&number| group(graph, number));
            place(column, &mut rows, |at| at);
        }
        for sweep in 0..SWEEPS {
            let forward = sweep % 2 == 0;
            let count = columns.len();
            for index in 0..count {
                let index = if forward { index } else { count - 1 - index };
                let beside = |number: usize| {
                    let near = neighbours[number].iter().filter(|&&other| {
                        let other = graph.states[other].depth;
                        if forward {
                            other < index
                        } else {
                            other > index
                        }
                    });
                    mean(near.map(|&other| rows[other])).unwrap_or(rows[number] * SCALE)
                };
                let column = &mut columns[index];
                let keys: Vec<usize> = column.iter().map(|&number| beside(number)).collect();
                let mut sorted: Vec<(u8, usize, usize)> = column
                    .iter()
                    .zip(keys)
                    .map(|(&number, key)| (group(graph, number), key, number))
                    .collect();
                sorted.sort_unstable();
                *column = sorted.iter().map(|&(_, _, number)| number).collect();
                let wanted: Vec<usize> = sorted.iter().map(|&(_, key, _)| key / SCALE).collect();
                place(column, &mut rows, |at| wanted[at]);
            }
        }
        without_empty(&mut rows);
        match rows.iter().max() {
            Some(&last) if last < ROWS_MAX => Self { rows },
            _ => Self::default(),
        }
    }
}

/// Parts of a row, for means.
const SCALE: usize = 16;

/// Returns the mean of rows, in parts of a row.
fn mean(rows: impl Iterator<Item = usize>) -> Option<usize> {
    let (mut sum, mut count) = (0, 0);
    for row in rows {
        sum += row * SCALE;
        count += 1;
    }
    (count > 0).then(|| sum / count)
}

/// Returns the part of a column in which a state stands, from above.
fn group(graph: &StateGraph, number: usize) -> u8 {
    match graph.states[number].outlook {
        Outlook::Doomed | Outlook::Avoidable | Outlook::Possible => 0,
        Outlook::Unknown => 1,
        Outlook::Safe => 2,
    }
}

/// Returns the states to which a step leads from each state, or from which one comes.
fn neighbours(graph: &StateGraph) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); graph.states.len()];
    for (number, node) in graph.states.iter().enumerate() {
        for to in node.steps.iter().filter_map(|edge| edge.to) {
            neighbours[number].push(to);
            neighbours[to].push(number);
        }
    }
    neighbours
}

/// Gives the states of a column rows in this order, each the one that is wanted or the next.
fn place(column: &[usize], rows: &mut [usize], wanted: impl Fn(usize) -> usize) {
    let mut free = 0;
    for (at, &number) in column.iter().enumerate() {
        rows[number] = wanted(at).max(free);
        free = rows[number] + 1;
    }
}

/// Takes out the rows in which no state stands.
fn without_empty(rows: &mut [usize]) {
    let mut used = rows.to_vec();
    used.sort_unstable();
    used.dedup();
    for row in rows {
        *row = used.binary_search(row).unwrap_or(*row);
    }
}

/// Colours in a light theme and in a dark one, by the name of what they stand for: those behind a
/// text, and those of texts, which have a contrast of at least 4.5 to each of the former.
pub(super) const COLOURS: [(&str, &str, &str); 10] = [
    ("bg", "#ffffff", "#0d1117"),
    ("panel", "#f6f8fa", "#161b22"),
    ("sel", "#e3f0ff", "#12304f"),
    ("line", "#c9d1d9", "#3a424c"),
    ("fg", "#1b1f24", "#e6edf3"),
    ("mut", "#57606a", "#9aa4af"),
    ("bad", "#b42318", "#ff8a80"),
    ("ok", "#116329", "#4ac26b"),
    ("hold", "#7d4e00", "#e3b341"),
    ("acc", "#0550ae", "#79b8ff"),
];

/// Returns the style of a picture on its own: the colours of both themes.
pub(super) fn style() -> String {
    let mut style = String::from("<style>svg{");
    for (name, light, _) in COLOURS {
        let _ = write!(style, "--{name}:{light};");
    }
    style.push_str("}@media(prefers-color-scheme:dark){svg{");
    for (name, _, dark) in COLOURS {
        let _ = write!(style, "--{name}:{dark};");
    }
    style.push_str(
        "}}text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--fg)}\
         .mut{fill:var(--mut)}.bad{fill:var(--bad)}.ok{fill:var(--ok)}.hold{fill:var(--hold)}\
         .acc{fill:var(--acc)}</style>",
    );
    style
}

/// Returns a text for an attribute or the content of an element.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Returns what a graph has, in a sentence.
#[must_use]
pub fn summary(graph: &StateGraph) -> String {
    let count = |outlook| {
        let mut all = graph.states.iter().map(|node| node.outlook);
        let all: &mut dyn Iterator<Item = Outlook> = &mut all;
        all.filter(|it| *it == outlook).count()
    };
    let states = match graph.is_whole() {
        true => format!("all {} states", graph.states.len()),
        false => format!(
            "{} of at least {} states",
            graph.states.len(),
            graph.visited
        ),
    };
    if !graph.complete {
        return format!("{states}: not all were visited, so what can still come is not known");
    }
    format!(
        "{states}: in {} a bad end is certain, in {} it can still be reached, in {} no more",
        count(Outlook::Doomed),
        count(Outlook::Avoidable),
        count(Outlook::Safe),
    )
}

/// Returns the picture as an SVG of its own.
#[must_use]
pub fn render(graph: &StateGraph) -> String {
    let (width, height, body) = picture(graph);
    let label = summary(graph);
    // The sentence below needs room as well.
    let width = width.max(24 + label.chars().count() * 15 / 2);
    let label = escape(&label);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{}\" \
         viewBox=\"0 0 {width} {}\" role=\"img\" aria-label=\"{label}\">{}\
         <rect width=\"100%\" height=\"100%\" style=\"fill:var(--bg)\"/>{body}\
         <text x=\"12\" y=\"{}\" class=\"mut\">{label}</text></svg>\n",
        height + 28,
        height + 28,
        style(),
        height + 14,
    )
}

/// Returns a small picture to stand in a row of a table, without a style of its own.
pub(super) fn small(graph: &StateGraph) -> String {
    let (width, height) = (180, 30);
    let body = bars(graph, width, height);
    let label = escape(&summary(graph));
    format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{label}\">{body}</svg>"
    )
}

/// Returns the width, the height and the content of the picture.
fn picture(graph: &StateGraph) -> (usize, usize, String) {
    let layout = Layout::of(graph);
    if layout.rows.is_empty() {
        let (width, height) = ((graph.depth() * 14 + 40).clamp(560, 900), 130);
        return (width, height, bars(graph, width, height));
    }
    let rows = layout.rows.iter().max().map_or(1, |last| last + 1);
    let x = |number: usize| 22 + graph.states[number].depth * 40;
    let y = |number: usize| 20 + layout.rows[number] * 30;
    let (width, height) = ((44 + graph.depth() * 40).max(560), rows * 30 + 12);
    let mut body = String::new();
    for (number, node) in graph.states.iter().enumerate() {
        for to in node.steps.iter().filter_map(|edge| edge.to) {
            let (x1, y1, x2, y2) = (x(number), y(number), x(to), y(to));
            let colour = match graph.states[to].outlook.is_bad() {
                true => "bad",
                false => "mut",
            };
            let bend = (x1 + x2) / 2;
            let _ = write!(
                body,
                "<path d=\"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}\" \
                 style=\"fill:none;stroke:var(--{colour})\"/>"
            );
        }
    }
    for number in 0..graph.states.len() {
        body.push_str(&mark(graph, number, x(number), y(number)));
    }
    (width, height, body)
}

/// Returns the mark of a state: a shape and a colour.
fn mark(graph: &StateGraph, number: usize, x: usize, y: usize) -> String {
    let node = &graph.states[number];
    let sign = |text: &str, class: &str| {
        format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"9\" style=\"fill:var(--bg);stroke:var(--{class})\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" class=\"{class}\">{text}</text>",
            y + 4
        )
    };
    if node.end.is_bad() {
        return sign("✗", "bad");
    }
    if matches!(node.end, Ending::Complete) {
        return sign("✓", "ok");
    }
    let circle = |class: &str, fill: &str| {
        format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" \
             style=\"fill:var(--{fill});stroke:var(--{class});stroke-width:2\"/>"
        )
    };
    match node.outlook {
        Outlook::Doomed => circle("bad", "bad"),
        Outlook::Avoidable | Outlook::Possible => format!(
            "{}<path d=\"M{x} {}a6 6 0 0 0 0 12z\" style=\"fill:var(--bad)\"/>",
            circle("bad", "bg"),
            y - 6
        ),
        Outlook::Safe => circle("ok", "bg"),
        Outlook::Unknown => circle("mut", "bg"),
    }
}

/// Returns a bar for each column, whose height is the number of its states.
fn bars(graph: &StateGraph, width: usize, height: usize) -> String {
    let columns = graph.depth() + 1;
    let mut counts = vec![[0_usize; 4]; columns];
    for node in &graph.states {
        let part = match node.outlook {
            Outlook::Doomed => 0,
            Outlook::Avoidable | Outlook::Possible => 1,
            Outlook::Unknown => 2,
            Outlook::Safe => 3,
        };
        counts[node.depth][part] += 1;
    }
    let highest = counts.iter().map(|parts| parts.iter().sum::<usize>()).max();
    let highest = highest.unwrap_or(1).max(1) as f64;
    let step = width as f64 / columns as f64;
    let mut body = String::new();
    for (column, parts) in counts.iter().enumerate() {
        let mut top = height as f64 - 1.0;
        for (part, &count) in parts.iter().enumerate().rev() {
            if count == 0 {
                continue;
            }
            let tall = (count as f64 / highest * (height as f64 - 2.0)).max(1.5);
            top -= tall;
            let (colour, opacity) = [("bad", 1.0), ("bad", 0.45), ("mut", 0.6), ("ok", 0.55)][part];
            let _ = write!(
                body,
                "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{tall:.1}\" \
                 style=\"fill:var(--{colour});opacity:{opacity}\"/>",
                column as f64 * step,
                (step - 1.0).max(1.0)
            );
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the relative luminance of a colour, as WCAG 2.1 defines it.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).expect("two digits");
            let value = f64::from(value) / 255.0;
            match value <= 0.04045 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_in_both_themes() {
        let (behind, texts) = COLOURS.split_at(4);
        for (text, light, dark) in texts {
            for (ground, below, dark_below) in &behind[..3] {
                let (day, night) = (contrast(light, below), contrast(dark, dark_below));
                assert!(day >= 4.5, "{text} on {ground}: {day:.1}");
                assert!(night >= 4.5, "{text} on {ground}, dark: {night:.1}");
            }
        }
    }
}
