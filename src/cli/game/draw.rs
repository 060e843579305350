//! The drawing of a [`View`]: a pure function to the cells of a screen.

use gordian_checker::render::text::wrap;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::state::Page;
use super::view::{Choice, Said, Stand, View};
use crate::cli::terminal::{Terminal, Tone, cut};

mod lanes;

/// The least size of a screen.
const LEAST: (u16, u16) = (40, 12);

/// The width from which on the lanes stand beside the rest, if there is not the height for them
/// below it.
const WIDE: u16 = 100;
const HIGH: u16 = 26;

/// Most choices that are drawn.
const CHOICES_MAX: u16 = 9;

/// Lines that are kept for the lanes.
const LANES_MIN: u16 = 5;

/// Draws all of it.
pub(super) fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let mut pen = Pen {
        buffer,
        terminal: view.terminal,
    };
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("at least {} columns and {} lines, please", LEAST.0, LEAST.1);
        pen.text(line(area, 0), Tone::Plain, &text);
        return;
    }
    head(&mut pen, view, area);
    let body = Rect {
        y: area.y + 3,
        height: area.height - 4,
        ..area
    };
    match &view.page {
        Some(page) => draw_page(&mut pen, page, body),
        None => draw_body(&mut pen, view, body),
    }
    let last = line(area, area.height - 1);
    match (&view.page, view.message.as_str()) {
        (Some(_), _) => pen.text(last, Tone::Faint, "up and down scroll, q closes"),
        (None, "") => pen.text(last, Tone::Faint, &view.keys),
        (None, message) => pen.text(last, Tone::Doubtful, message),
    };
}

fn head(pen: &mut Pen<'_>, view: &View, area: Rect) {
    let after = pen.text(line(area, 0), Tone::Name, &view.title);
    pen.right(line(area, 0), after + 1, Tone::Faint, &view.position);
    pen.text(line(area, 1), Tone::Plain, &view.goal);
    pen.text(line(area, 2), view.status.tone, &view.status.text);
}

fn draw_page(pen: &mut Pen<'_>, page: &Page, area: Rect) {
    pen.heading(line(area, 0), page.title);
    let lines = page.lines.iter().skip(page.scroll);
    for (y, text) in (1..area.height).zip(lines) {
        pen.text(line(area, y), Tone::Plain, text);
    }
}

/// Draws the choices, where everybody stands, and the lanes.
fn draw_body(pen: &mut Pen<'_>, view: &View, area: Rect) {
    let half = area.width / 2;
    let lanes_width = area.width - half - 2;
    let wide = area.width >= WIDE && area.height < HIGH;
    let rest = match wide {
        true => Rect {
            x: area.x + area.width - half,
            width: half,
            ..area
        },
        false => area,
    };
    let choices = choices(view, rest.width);
    let mut y = section(pen, rest, 0, choices.title, &choices.lines);
    let left = rest.height.saturating_sub(y + 1);
    let left = left.saturating_sub(if wide { 0 } else { LANES_MIN });
    let mut stands = stands(view, rest.width, true);
    if stands.len() > usize::from(left) {
        stands = self::stands(view, rest.width, false);
    }
    stands.truncate(usize::from(left));
    y = section(pen, rest, y, "where everybody stands", &stands);
    let lanes = match wide {
        true => Rect {
            width: lanes_width,
            ..area
        },
        false => Rect {
            y: area.y + y,
            height: area.height.saturating_sub(y),
            ..area
        },
    };
    if lanes.height >= 2 {
        pen.heading(line(lanes, 0), "so far");
        lanes::draw(pen, view, below(lanes, 1));
    }
}

/// A line of several texts.
type Pieces = Vec<Said>;

/// The upper part of the screen: the choices, or the end.
struct Choices {
    title: &'static str,
    lines: Vec<Pieces>,
}

fn choices(view: &View, width: u16) -> Choices {
    if !view.ending.is_empty() {
        let mut lines = Vec::new();
        for Said { text, tone } in &view.ending {
            for (index, text) in wrap(text, usize::from(width) - 4).into_iter().enumerate() {
                let lead = if index == 0 { "  " } else { "    " };
                lines.push(vec![piece(*tone, format!("{lead}{text}"))]);
            }
        }
        return Choices {
            title: "the end",
            lines,
        };
    }
    let skipped = (view.selected + 1).saturating_sub(usize::from(CHOICES_MAX));
    let shown = view.choices.iter().enumerate().skip(skipped);
    let mut lines: Vec<Pieces> = shown
        .take(usize::from(CHOICES_MAX))
        .map(|(index, choice)| choice_line(view, (index, choice), width))
        .collect();
    let more = view.choices.len().saturating_sub(skipped + lines.len());
    if more > 0 {
        lines.push(vec![piece(Tone::Faint, format!("    and {more} more"))]);
    }
    Choices {
        title: "who can move",
        lines,
    }
}

fn choice_line(view: &View, (index, choice): (usize, &Choice), width: u16) -> Pieces {
    let (mark, tone) = match index == view.selected {
        true => (">", Tone::Name),
        false => (" ", Tone::Plain),
    };
    let words = format!("{mark} {:>2}  {}", index + 1, choice.words);
    let Some(hint) = &choice.hint else {
        return vec![piece(tone, words)];
    };
    let room = usize::from(width).saturating_sub(hint.text.chars().count() + 2);
    let words = cut(&words, room, &view.terminal);
    let hint = piece(hint.tone, format!("  {}", hint.text));
    vec![piece(tone, format!("{words:room$}")), hint]
}

/// Returns the lines of all goroutines, with or without their source lines.
fn stands(view: &View, width: u16, with_code: bool) -> Vec<Pieces> {
    let names = view.stands.iter().map(|it| it.name.chars().count());
    let name = names.max().unwrap_or(0).clamp(4, usize::from(width) / 3);
    let mut lines = Vec::new();
    for stand in &view.stands {
        let called = cut(&stand.name, name, &view.terminal);
        let called = format!("  {called:name$}  ");
        lines.extend(stand_lines(stand, called, usize::from(width), with_code));
    }
    lines
}

fn stand_lines(stand: &Stand, called: String, width: usize, with_code: bool) -> Vec<Pieces> {
    let indent = called.chars().count();
    let mut line = vec![piece(Tone::Name, called)];
    let mut left = width - indent;
    let mut lines = Vec::new();
    for (index, text) in wrap(&stand.operation, left).into_iter().enumerate() {
        if index > 0 {
            let next = vec![piece(Tone::Plain, " ".repeat(indent))];
            lines.push(std::mem::replace(&mut line, next));
        }
        left = width.saturating_sub(indent + text.chars().count());
        line.push(piece(Tone::Plain, text));
    }
    let holds = piece(Tone::Doubtful, stand.holds.clone());
    for Said { text, tone } in [stand.state.clone(), holds] {
        let columns = text.chars().count() + 2;
        if text.is_empty() {
            continue;
        }
        if columns > left && left < width - indent {
            let next = vec![piece(Tone::Plain, " ".repeat(indent - 2))];
            lines.push(std::mem::replace(&mut line, next));
            left = width - indent + 2;
        }
        line.push(piece(tone, format!("  {text}")));
        left = left.saturating_sub(columns);
    }
    lines.push(line);
    if with_code && !stand.code.is_empty() {
        let code = format!("{:indent$}{}", "", stand.code);
        lines.push(vec![piece(Tone::Faint, code)]);
    }
    lines
}

fn piece(tone: Tone, text: String) -> Said {
    Said { text, tone }
}

/// Draws a heading and lines below it. Returns the row after them.
fn section(pen: &mut Pen<'_>, area: Rect, at: u16, title: &str, lines: &[Pieces]) -> u16 {
    pen.heading(line(area, at), title);
    let mut y = at + 1;
    for pieces in lines {
        if y >= area.height {
            break;
        }
        let mut rest = line(area, y);
        for piece in pieces {
            let after = pen.text(rest, piece.tone, &piece.text);
            rest.width = (rest.x + rest.width).saturating_sub(after);
            rest.x = after;
        }
        y += 1;
    }
    y
}

/// Returns a row of an area.
fn line(area: Rect, y: u16) -> Rect {
    Rect {
        y: area.y + y,
        height: 1,
        ..area
    }
}

/// Returns an area without its first rows.
fn below(area: Rect, rows: u16) -> Rect {
    Rect {
        y: area.y + rows,
        height: area.height.saturating_sub(rows),
        ..area
    }
}

/// A pen for the cells of a screen.
struct Pen<'a> {
    buffer: &'a mut Buffer,
    terminal: Terminal,
}

impl Pen<'_> {
    /// Writes a text into a line, and shows where it is cut. Returns the column after it.
    fn text(&mut self, line: Rect, tone: Tone, text: &str) -> u16 {
        if line.width == 0 || line.height == 0 {
            return line.x;
        }
        let (style, width) = (self.style(tone), usize::from(line.width));
        let (end, y) = self.buffer.set_stringn(line.x, line.y, text, width, style);
        if text.chars().count() > width {
            let sign = self.terminal.glyph("…", "~");
            self.buffer
                .set_string(line.x + line.width - 1, y, sign, style);
        }
        end
    }

    /// Writes a text at the end of a line, but not before this column.
    fn right(&mut self, line: Rect, from: u16, tone: Tone, text: &str) {
        let width = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        let x = (line.x + line.width).saturating_sub(width).max(from);
        let width = (line.x + line.width).saturating_sub(x);
        self.text(Rect { x, width, ..line }, tone, text);
    }

    /// Writes a heading in a rule.
    fn heading(&mut self, line: Rect, title: &str) {
        let rule = self.terminal.glyph("─", "-");
        self.text(line, Tone::Faint, &rule.repeat(usize::from(line.width)));
        let x = line.x + 2;
        let width = line.width.saturating_sub(2);
        self.text(Rect { x, width, ..line }, Tone::Name, &format!(" {title} "));
    }

    fn style(&self, tone: Tone) -> Style {
        // It replaces that of what was there before.
        let style = Style::reset();
        let colour = |colour: Color| match self.terminal.colour {
            true => style.fg(colour),
            false => style,
        };
        match tone {
            Tone::Bad => colour(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Doubtful => colour(Color::Yellow),
            Tone::Good => colour(Color::Green),
            Tone::Name => style.add_modifier(Modifier::BOLD),
            Tone::Faint => style.add_modifier(Modifier::DIM),
            Tone::Plain => style,
        }
    }
}

#[cfg(test)]
mod tests;
