//! The appearance of a text: the [`Look`], and lines of coloured pieces.

use anstyle::{AnsiColor, Style};

use super::layout::{fit, width};

/// The settings for the appearance of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// The width in columns; at least [`Look::WIDTH_MIN`]. Only commands may exceed it.
    pub width: usize,
    /// True to use ASCII only.
    pub ascii: bool,
    /// True to use ANSI colours. The text is complete without them.
    pub colour: bool,
    /// True to show every step. Otherwise runs of steps with which nobody could interfere are
    /// folded.
    pub all: bool,
    /// The name of the program in the commands that are suggested.
    pub program: String,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            width: 100,
            ascii: false,
            colour: false,
            all: false,
            program: "gordian".to_owned(),
        }
    }
}

impl Look {
    /// The least width.
    pub const WIDTH_MIN: usize = 40;

    /// The width below which a trace is drawn as a list rather than as a table.
    pub const TABLE_MIN: usize = 80;

    /// Returns the width that is used.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(Self::WIDTH_MIN)
    }

    /// Returns the glyph, or its replacement in ASCII.
    pub(in crate::render) fn glyph(
        &self,
        glyph: &'static str,
        ascii: &'static str,
    ) -> &'static str {
        if self.ascii { ascii } else { glyph }
    }

    /// Returns the mark of a stuck goroutine.
    pub(in crate::render) fn cross(&self) -> &'static str {
        self.glyph("✗", "x")
    }
}

/// The meaning of a piece of text, which determines its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::render) enum Role {
    Plain,
    /// A goroutine that is stuck or has panicked.
    Stuck,
    /// A lock that is held.
    Held,
    /// The name of an object, or a heading.
    Strong,
    /// Less important.
    Dim,
}

impl Role {
    fn style(self) -> Style {
        let style = Style::new();
        match self {
            Self::Plain => style,
            Self::Stuck => style.fg_color(Some(AnsiColor::Red.into())),
            Self::Held => style.fg_color(Some(AnsiColor::Yellow.into())),
            Self::Strong => style.bold(),
            Self::Dim => style.dimmed(),
        }
    }
}

/// Returns the number of characters that go into a line of `room` columns, at least one. If not all
/// fit, the line ends before the last blank after the indentation, if any, else after the last that
/// fits.
fn breaking_point(rest: &[(Role, char)], room: usize) -> usize {
    let mut taken = String::new();
    let fits = rest.iter().take_while(|(_, c)| {
        taken.push(*c);
        width(&taken) <= room
    });
    let fits = fits.count().max(1);
    if fits == rest.len() {
        return fits;
    }
    let begins = rest.iter().take_while(|(_, c)| *c == ' ').count();
    let blank = rest[..=fits].iter().rposition(|(_, c)| *c == ' ');
    blank.filter(|at| *at > begins).unwrap_or(fits)
}

/// A line, or a part of one, in pieces of one colour each.
#[derive(Clone, Debug, Default)]
pub(in crate::render) struct Line {
    pieces: Vec<(Role, String)>,
    /// True for a line that is meant to be pasted and is never cut.
    uncut: bool,
}

impl Line {
    pub(in crate::render) fn new() -> Self {
        Self::default()
    }

    pub(in crate::render) fn of(role: Role, text: impl Into<String>) -> Self {
        let mut line = Self::new();
        line.push(role, text);
        line
    }

    /// Returns a line of a command.
    pub(in crate::render) fn uncut(text: String) -> Self {
        let mut line = Self::of(Role::Plain, text);
        line.uncut = true;
        line
    }

    pub(in crate::render) fn push(&mut self, role: Role, text: impl Into<String>) {
        self.pieces.push((role, text.into()));
    }

    pub(in crate::render) fn plain(&mut self, text: impl Into<String>) {
        self.push(Role::Plain, text);
    }

    pub(in crate::render) fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
        self.uncut |= other.uncut;
    }

    pub(in crate::render) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }

    /// Pads it with blanks to this width.
    pub(in crate::render) fn pad(&mut self, to: usize) {
        let width = self.width();
        if width < to {
            self.plain(" ".repeat(to - width));
        }
    }

    /// Breaks it at blanks into lines of at most this width. A later one begins after `indent`
    /// columns. A line that is meant to be pasted stays whole.
    pub(in crate::render) fn broken(self, to: usize, indent: usize) -> Vec<Self> {
        if self.uncut || self.width() <= to {
            return vec![self];
        }
        let roles = self.pieces.iter();
        let all: Vec<(Role, char)> = roles
            .flat_map(|(role, text)| text.chars().map(|c| (*role, c)))
            .collect();
        let mut lines = Vec::new();
        let mut rest = &all[..];
        while !rest.is_empty() {
            let mut line = Self::new();
            if !lines.is_empty() {
                line.pad(indent);
            }
            let room = to.saturating_sub(line.width()).max(1);
            let (piece, after) = rest.split_at(breaking_point(rest, room));
            for run in piece.chunk_by(|(a, _), (b, _)| a == b) {
                line.push(run[0].0, run.iter().map(|(_, c)| *c).collect::<String>());
            }
            lines.push(line);
            let blanks = after.iter().take_while(|(_, c)| *c == ' ').count();
            rest = &after[blanks..];
        }
        lines
    }

    /// Cuts it to this width, unless it is meant to be pasted.
    pub(in crate::render) fn cut(&mut self, to: usize, look: &Look) {
        if self.uncut || self.width() <= to {
            return;
        }
        let mut left = to;
        let mut pieces = Vec::new();
        for (role, text) in std::mem::take(&mut self.pieces) {
            if width(&text) < left {
                left -= width(&text);
                pieces.push((role, text));
            } else {
                // Either more text follows or this piece alone is too wide, so something is lost
                // here.
                pieces.push((
                    role,
                    fit(&format!("{text}{}", " ".repeat(left)), left, look),
                ));
                break;
            }
        }
        self.pieces = pieces;
    }

    /// Returns the line as text, without trailing blanks.
    pub(in crate::render) fn render(&self, look: &Look) -> String {
        if !look.colour {
            let text: String = self.pieces.iter().map(|(_, text)| text.as_str()).collect();
            return text.trim_end().to_owned();
        }
        let mut out = String::new();
        for (role, text) in &self.pieces {
            let style = role.style();
            if *role == Role::Plain || text.trim().is_empty() {
                out.push_str(text);
            } else {
                out.push_str(&format!("{style}{text}{style:#}"));
            }
        }
        out.trim_end().to_owned()
    }
}
