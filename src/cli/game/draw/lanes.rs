//! The lanes: a column for each goroutine, and a row for each step.

use ratatui::layout::Rect;

use super::{Pen, line};
use crate::cli::game::view::{Row, View};
use crate::cli::terminal::Tone;

/// The width of the column of numbers.
const NUMBER: u16 = 5;

/// The least width of a lane. With less, the steps are a list.
const LANE_MIN: u16 = 16;

/// Draws as many of the last steps as there is room for.
pub(super) fn draw(pen: &mut Pen<'_>, view: &View, area: Rect) {
    let count = u16::try_from(view.lanes.len()).unwrap_or(u16::MAX);
    let width = area.width.saturating_sub(NUMBER) / count.max(1);
    if width < LANE_MIN {
        return list(pen, view, area);
    }
    let lanes = Lanes { area, width };
    for (lane, of) in view.lanes.iter().enumerate() {
        pen.text(lanes.cell(lane, 0), of.name.tone, &of.name.text);
    }
    let room = usize::from(area.height.saturating_sub(1));
    let skipped = view.rows.len().saturating_sub(room);
    for (y, (index, row)) in (1..).zip(view.rows.iter().enumerate().skip(skipped)) {
        for (lane, of) in view.lanes.iter().enumerate() {
            if (of.from..of.until).contains(&index) {
                let bar = pen.terminal.glyph("│", "|");
                pen.text(lanes.cell(lane, y), Tone::Faint, bar);
            }
        }
        lanes.row(pen, row, y);
    }
}

/// Draws the steps as a list of goroutines and what they did.
fn list(pen: &mut Pen<'_>, view: &View, area: Rect) {
    let name = |lane: usize| view.lanes[lane].name.text.as_str();
    let mut lines = Vec::new();
    for row in &view.rows {
        for (index, (lane, text)) in row.parts.iter().enumerate() {
            let number = match index {
                0 => row.number.to_string(),
                _ => String::new(),
            };
            lines.push(format!("{number:>4}  {}: {text}", name(*lane)));
        }
    }
    let skipped = lines.len().saturating_sub(usize::from(area.height));
    for (y, text) in (0..).zip(lines.iter().skip(skipped)) {
        pen.text(line(area, y), Tone::Plain, text);
    }
}

/// The geometry of the lanes.
struct Lanes {
    area: Rect,
    width: u16,
}

impl Lanes {
    /// Returns the cell of a lane in a row, without the space between lanes.
    fn cell(&self, lane: usize, y: u16) -> Rect {
        let lane = u16::try_from(lane).unwrap_or(u16::MAX);
        let x = self.area.x + NUMBER + lane * self.width;
        let width = self.width - 2;
        Rect {
            x,
            width,
            ..line(self.area, y)
        }
    }

    fn row(&self, pen: &mut Pen<'_>, row: &Row, y: u16) {
        let number = format!("{:>3}", row.number);
        pen.text(line(self.area, y), Tone::Faint, &number);
        if let [(from, _), (to, received)] = &row.parts[..]
            && row.is_rendezvous
        {
            self.arrow(pen, (*from, *to), received, y);
        }
        for (lane, text) in &row.parts {
            let cell = self.cell(*lane, y);
            // A space ends the text where a shaft begins.
            let end = text.chars().count() < usize::from(cell.width);
            let text = if end {
                format!("{text} ")
            } else {
                text.clone()
            };
            pen.text(cell, Tone::Plain, &text);
        }
    }

    /// Draws an arrow from the lane of a sender to that of a receiver, whose text is in its way if
    /// it points to the left.
    fn arrow(&self, pen: &mut Pen<'_>, (from, to): (usize, usize), received: &str, y: u16) {
        let (left, right) = (self.cell(from.min(to), y), self.cell(from.max(to), y));
        let shaft = pen.terminal.glyph("─", "-");
        let between = Rect {
            width: right.x - left.x - 1,
            ..left
        };
        pen.text(between, Tone::Plain, &shaft.repeat(between.width.into()));
        let (head, x) = match from < to {
            true => (pen.terminal.glyph("▶", ">"), right.x - 2),
            false => {
                let text = u16::try_from(received.chars().count()).unwrap_or(left.width);
                let head = pen.terminal.glyph("◀", "<");
                (head, left.x + (text + 1).min(left.width))
            }
        };
        let width = 1;
        pen.text(Rect { x, width, ..left }, Tone::Plain, head);
    }
}
