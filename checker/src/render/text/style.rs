//! How a text looks: the [`Look`], and lines of coloured pieces.

use anstyle::{AnsiColor, Style};

use super::layout::{fit, width};

/// How a text is to look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// The width in columns; no line is wider. Below [`Look::WIDTH_MIN`] it counts as that.
    pub width: usize,
    /// Whether to use ASCII only.
    pub ascii: bool,
    /// Whether to colour it, with ANSI escapes. All can be read without.
    pub colour: bool,
    /// Whether to show every step; else runs of steps with which nobody could interfere are folded.
    pub all: bool,
    /// The name of the program, in the commands that are to be typed next.
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
    /// The least width that is laid out for.
    pub const WIDTH_MIN: usize = 40;

    /// The width below which a trace is drawn as a list rather than as a table.
    pub const TABLE_MIN: usize = 80;

    /// The width that is laid out for.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.width.max(Self::WIDTH_MIN)
    }

    /// The glyph, or what stands for it in ASCII.
    pub(in crate::render) fn glyph(
        &self,
        glyph: &'static str,
        ascii: &'static str,
    ) -> &'static str {
        if self.ascii { ascii } else { glyph }
    }

    /// The mark of someone who is stuck.
    pub(in crate::render) fn cross(&self) -> &'static str {
        self.glyph("✗", "x")
    }
}

/// What a piece of text is, which says its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::render) enum Role {
    Plain,
    /// Somebody is stuck, or has panicked.
    Stuck,
    /// A lock is held.
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

/// A line, or a part of one, in pieces of one colour each.
#[derive(Clone, Debug, Default)]
pub(in crate::render) struct Line {
    pieces: Vec<(Role, String)>,
    /// It is to be pasted: it is never cut.
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

    /// A line of a command.
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

    /// Adds blanks up to this width.
    pub(in crate::render) fn pad(&mut self, to: usize) {
        let width = self.width();
        if width < to {
            self.plain(" ".repeat(to - width));
        }
    }

    /// Cuts it to this width, unless it is to be pasted.
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
                // What follows is more than nothing, or this piece alone is too wide: either way
                // something is lost here.
                pieces.push((
                    role,
                    fit(&format!("{text}{}", " ".repeat(left)), left, look),
                ));
                break;
            }
        }
        self.pieces = pieces;
    }

    /// The line as text, without blanks at its end.
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
