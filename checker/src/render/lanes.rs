//! A trace as a picture: a lane for each goroutine, a row for each step.
//!
//! A lane is solid where its goroutine can move, dotted where it cannot, and dashed where it never
//! will again. A hatched bar beside it is a lock. An arrow is a rendezvous.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::states::{escape, style};
use super::text::{headline, line_of, standing_text, width, wrap};
use crate::execution::schedule::decode;
use crate::explain::trace::{Act, Operation, State, Step, Trace, Verb};

/// Width of a character of the fixed font, in tenths of a pixel.
const CHAR: usize = 74;

/// Height of a line of text.
const LINE: usize = 16;

/// Most characters of a line in a lane.
const CHARS_MAX: usize = 28;

/// Distance of the first lock's bar from the left of a column, and of each next one.
const BAR: (usize, usize) = (24, 9);

/// A lane.
struct Lane<'a> {
    name: &'a str,
    x: usize,
    wide: usize,
    /// The locks that it ever holds.
    locks: Vec<&'a str>,
    /// The first row in which it is there, and the first in which it is not any more.
    rows: (usize, usize),
}

/// A trace that is being drawn.
struct Picture<'a> {
    trace: &'a Trace,
    files: Vec<&'a str>,
    lanes: Vec<Lane<'a>>,
    /// The top of each row; the last two are the end row and the bottom.
    tops: Vec<usize>,
    body: String,
}

/// Returns the trace as an SVG of its own.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let trace = &trace.for_people();
    let mut picture = Picture {
        trace,
        files: trace.files(),
        lanes: Vec::new(),
        tops: Vec::new(),
        body: String::new(),
    };
    picture.lay_out();
    for row in 0..trace.steps.len() {
        picture.row(row);
    }
    picture.end();
    let right = picture.lanes.last().map_or(0, |lane| lane.x + lane.wide);
    let title = headline(trace);
    let (wide, high) = (
        (right + 12).max(24 + width(&title) * CHAR / 10),
        picture.tops.last().map_or(0, |top| top + 12),
    );
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" \
         viewBox=\"0 0 {wide} {high}\" role=\"img\" aria-label=\"{title}\">{}<defs>\
         <pattern id=\"h\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">\
         <path d=\"M0 5 5 0\" style=\"stroke:var(--hold)\"/></pattern></defs>\
         <rect width=\"100%\" height=\"100%\" style=\"fill:var(--bg)\"/>\
         <text x=\"12\" y=\"20\" class=\"{}\">{title}</text>{}</svg>\n",
        style(),
        if trace.end.is_bad() { "bad" } else { "fg" },
        picture.body,
        title = escape(&title),
    )
}

impl<'a> Picture<'a> {
    fn lay_out(&mut self) {
        let trace = self.trace;
        let mut x = 48;
        for goroutine in &trace.goroutines {
            let name = goroutine.name.as_str();
            let mut locks: Vec<&str> = Vec::new();
            for lock in trace
                .steps
                .iter()
                .filter_map(|step| step.held.get(name))
                .flatten()
            {
                if !locks.contains(&lock.as_str()) {
                    locks.push(lock);
                }
            }
            let texts = trace.steps.iter().filter_map(|step| self.text(step, name));
            let lines = texts
                .chain(self.last(name))
                .flatten()
                .chain([name.to_owned()]);
            let chars = lines.map(|text| width(&text)).max().unwrap_or(0);
            let wide = BAR.0 + BAR.1 * locks.len() + 10 + chars * CHAR / 10;
            self.lanes.push(Lane {
                name,
                x,
                wide,
                locks,
                rows: self.rows(name),
            });
            x += wide + 8;
        }
        let mut top = 58;
        for step in &trace.steps {
            self.tops.push(top);
            let texts = self
                .lanes
                .iter()
                .filter_map(|lane| self.text(step, lane.name));
            top += 12 + LINE * texts.map(|lines| lines.len()).max().unwrap_or(1);
        }
        self.tops.push(top);
        let texts = self.lanes.iter().filter_map(|lane| self.last(lane.name));
        top += 12 + LINE * texts.map(|lines| lines.len()).max().unwrap_or(1);
        self.tops.push(top);
        for lane in &self.lanes {
            let _ = write!(
                self.body,
                "<text x=\"{}\" y=\"46\" font-weight=\"bold\">{}</text>",
                lane.x + 6,
                escape(lane.name)
            );
        }
    }

    /// Returns the rows in which a goroutine is there.
    fn rows(&self, name: &str) -> (usize, usize) {
        let steps = &self.trace.steps;
        let starts = |step: &Step| {
            let mut acts = step.by.iter();
            acts.any(|act| act.op == Verb::Go && act.object.as_deref() == Some(name))
        };
        let first = steps.iter().position(starts).unwrap_or(0);
        let has_ended = self
            .trace
            .standing(name)
            .is_none_or(|it| matches!(it.state, State::Returned | State::Panicked));
        let moves = |step: &Step| step.by.iter().any(|act| act.goroutine == name);
        let last = steps.iter().rposition(moves).unwrap_or(first);
        match has_ended {
            true => (first, last),
            false => (first, steps.len()),
        }
    }

    /// Returns the lines of a goroutine's part in a step.
    fn text(&self, step: &Step, name: &str) -> Option<Vec<String>> {
        let act: &Act = step.by.iter().find(|act| act.goroutine == name)?;
        let text = format!("{} {}", act.text(), line_of(&act.place, &self.files));
        Some(wrap(text.trim_end(), CHARS_MAX))
    }

    /// Returns the lines of a goroutine's position at the end.
    fn last(&self, name: &str) -> Option<Vec<String>> {
        let standing = self.trace.standing(name)?;
        let sign = match standing.state {
            State::Stuck | State::Panicked => "✗",
            State::Returned => "✓",
            State::Ready | State::Waiting => "…",
        };
        let op = standing
            .op
            .as_ref()
            .map(Operation::text)
            .unwrap_or_default();
        let line = line_of(&standing.place, &self.files);
        let why = standing_text(standing);
        if op.is_empty() {
            return Some(wrap(&format!("{sign} {why}"), CHARS_MAX));
        }
        let mut lines = wrap(format!("{sign} {op} {line}").trim_end(), CHARS_MAX);
        lines.extend(wrap(&why, CHARS_MAX));
        Some(lines)
    }

    fn row(&mut self, row: usize) {
        let step = &self.trace.steps[row];
        let (top, bottom) = (self.tops[row], self.tops[row + 1]);
        let middle = top + 14;
        let can_move: BTreeSet<String> = movers(&step.enabled);
        let _ = write!(
            self.body,
            "<text x=\"36\" y=\"{}\" text-anchor=\"end\" class=\"mut\">{}</text>",
            middle + 4,
            step.n
        );
        let mut out = String::new();
        for lane in &self.lanes {
            let (first, last) = lane.rows;
            if row < first || row > last {
                continue;
            }
            let acts = step.by.iter().any(|act| act.goroutine == lane.name);
            let is_go = |act: &Act| act.op == Verb::Go && act.object.as_deref() == Some(lane.name);
            let starts = row == first && !acts && step.by.iter().any(is_go);
            let from = if starts || (row == 0 && first == 0) {
                middle
            } else {
                top
            };
            let to = if row == last && row < self.trace.steps.len() {
                middle
            } else {
                bottom
            };
            let kind = if can_move.contains(lane.name) || starts {
                "solid"
            } else {
                "dotted"
            };
            out.push_str(&line(lane.x + 13, from, to, kind));
        }
        out.push_str(&self.bars(row));
        self.body.push_str(&out);
        self.arrow(step, middle);
        for lane in &self.lanes {
            let Some(lines) = self.text(step, lane.name) else {
                continue;
            };
            let inset = lane.x + BAR.0 + BAR.1 * lane.locks.len() + 4;
            let _ = write!(
                self.body,
                "<circle cx=\"{}\" cy=\"{middle}\" r=\"5\" style=\"fill:var(--fg)\"/>{}",
                lane.x + 13,
                text(inset, middle + 4, &lines, "fg", true)
            );
        }
    }

    /// Draws the locks that are held before or after a row.
    fn bars(&self, row: usize) -> String {
        let steps = &self.trace.steps;
        let none = BTreeMap::new();
        let before = row.checked_sub(1).map_or(&none, |row| &steps[row].held);
        let after = steps.get(row).map_or(before, |step| &step.held);
        let (top, bottom) = (self.tops[row], self.tops[row + 1]);
        let mut out = String::new();
        for lane in &self.lanes {
            for (slot, lock) in lane.locks.iter().enumerate() {
                let holds = |held: &BTreeMap<String, Vec<String>>| {
                    held.get(lane.name)
                        .is_some_and(|it| it.iter().any(|name| name == lock))
                };
                let (from, to) = match (holds(before), holds(after)) {
                    (true, true) => (top, bottom),
                    (true, false) => (top, top + 14),
                    (false, true) => (top + 14, bottom),
                    (false, false) => continue,
                };
                let _ = write!(
                    out,
                    "<rect x=\"{}\" y=\"{from}\" width=\"6\" height=\"{}\" \
                     style=\"fill:url(#h);stroke:var(--hold)\"><title>{}</title></rect>",
                    lane.x + BAR.0 + BAR.1 * slot,
                    to - from,
                    escape(lock)
                );
            }
        }
        out
    }

    /// Draws the arrow from a sender to its receiver, or from a `go` to the lane that it starts.
    fn arrow(&mut self, step: &Step, y: usize) {
        let (from, to) = match &step.by[..] {
            [sender, receiver] => (Some(&sender.goroutine), Some(&receiver.goroutine)),
            [act] if act.op == Verb::Go => (Some(&act.goroutine), act.object.as_ref()),
            _ => return,
        };
        let x = |name: Option<&String>| {
            let lane = self
                .lanes
                .iter()
                .find(|lane| Some(lane.name) == name.map(String::as_str));
            lane.map(|lane| lane.x + 13)
        };
        let (Some(from), Some(to)) = (x(from), x(to)) else {
            return;
        };
        let (colour, dash) = match step.by.len() {
            2 => ("acc", ""),
            _ => ("mut", ";stroke-dasharray:4 3"),
        };
        let (end, back) = if to > from {
            (to - 6, to - 14)
        } else {
            (to + 6, to + 14)
        };
        let _ = write!(
            self.body,
            "<path d=\"M{from} {y}H{end}\" style=\"stroke:var(--{colour}){dash}\"/>"
        );
        if step.by.len() == 2 {
            let (up, down) = (y - 5, y + 5);
            let _ = write!(
                self.body,
                "<path d=\"M{end} {y}L{back} {up}V{down}z\" style=\"fill:var(--acc)\"/>"
            );
        }
    }

    fn end(&mut self) {
        let row = self.trace.steps.len();
        let (top, bottom) = (self.tops[row], self.tops[row + 1]);
        let mut out = self.bars(row);
        for lane in &self.lanes {
            let Some((standing, lines)) = self.trace.standing(lane.name).zip(self.last(lane.name))
            else {
                continue;
            };
            let (kind, class) = match standing.state {
                State::Stuck => ("dashed", "bad"),
                State::Panicked => ("", "bad"),
                State::Ready => ("solid", "fg"),
                State::Waiting => ("dotted", "fg"),
                State::Returned => ("", "ok"),
            };
            if !kind.is_empty() {
                out.push_str(&line(lane.x + 13, top, bottom, kind));
            }
            let inset = lane.x + BAR.0 + BAR.1 * lane.locks.len() + 4;
            out.push_str(&text(inset, top + 18, &lines, class, false));
        }
        let _ = write!(
            out,
            "<path d=\"M12 {top}H{}\" style=\"stroke:var(--line)\"/>",
            self.lanes.last().map_or(0, |lane| lane.x + lane.wide)
        );
        self.body.push_str(&out);
    }
}

/// Returns the goroutines that move in one of these steps.
fn movers(enabled: &[String]) -> BTreeSet<String> {
    let parts = enabled.iter().flat_map(|choice| choice.split('+'));
    parts
        .map(|part| decode(part.split(':').next().unwrap_or(part)))
        .collect()
}

fn line(x: usize, from: usize, to: usize, kind: &str) -> String {
    let look = match kind {
        "solid" => "stroke:var(--fg);stroke-width:2",
        "dashed" => "stroke:var(--bad);stroke-width:3;stroke-dasharray:6 4",
        _ => "stroke:var(--mut);stroke-width:3;stroke-dasharray:2 4",
    };
    format!("<path d=\"M{x} {from}V{to}\" style=\"{look}\"/>")
}

/// Returns lines of text, with a ground behind the first if an arrow may pass there.
fn text(x: usize, y: usize, lines: &[String], class: &str, covers: bool) -> String {
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        let y = y + index * LINE;
        if covers && index == 0 {
            let _ = write!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"15\" style=\"fill:var(--bg)\"/>",
                x - 2,
                y - 11,
                width(line) * CHAR / 10 + 6
            );
        }
        let _ = write!(
            out,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>",
            escape(line)
        );
    }
    out
}
