//! Fitting text into a width: columns, cutting, and breaking at blanks.

use unicode_width::UnicodeWidthStr;

use super::style::{Line, Look, Role};
use crate::execution::escape::visible;

/// How many columns a text takes.
pub(in crate::render) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text, if it takes at most `max` columns; else its two ends, with a mark between them.
/// Control characters become blanks.
pub(in crate::render) fn fit(text: &str, max: usize, look: &Look) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if width(&text) <= max {
        return text;
    }
    let (head, tail) = ends(&text, max);
    format!("{head}{}{tail}", look.glyph("…", "~"))
}

/// The two ends of a text that, with a mark between them, take `max` columns.
fn ends(text: &str, max: usize) -> (String, String) {
    let tail_max = max.saturating_sub(1) / 3;
    let tail: String = take_width(text.trim_end().chars().rev(), tail_max)
        .chars()
        .rev()
        .collect();
    let head = take_width(text.chars(), max.saturating_sub(1 + width(&tail)));
    (head, tail)
}

/// As [`fit`], of a text with ANSI escapes, which take no width: they are all kept, so that the
/// colours begin and end where they did.
pub(in crate::render) fn fit_coloured(text: &str, max: usize, look: &Look) -> String {
    let pieces = escapes_apart(text);
    let shown: String = pieces.iter().map(|(_, shown)| *shown).collect();
    let shown = shown.trim_end();
    if width(shown) <= max {
        return text.to_owned();
    }
    let (head, tail) = ends(shown, max);
    let tail_from = shown.len() - tail.len();
    let (mut out, mut at) = (String::new(), 0);
    for (escape, piece) in pieces {
        out.push_str(escape);
        for c in piece.chars() {
            if at == head.len() {
                out.push_str(look.glyph("…", "~"));
            }
            if at < head.len() || (tail_from..shown.len()).contains(&at) {
                out.push(c);
            }
            at += c.len_utf8();
        }
    }
    out
}

/// As [`visible`], of a text with escapes that set colours: those are kept.
pub(in crate::render) fn visible_coloured(text: &str) -> String {
    let pieces = escapes_apart(text).into_iter();
    pieces
        .map(|(escape, shown)| format!("{escape}{}", visible(shown)))
        .collect()
}

/// The text without the escapes that set colours.
pub(in crate::render) fn without_colour(text: &str) -> String {
    let pieces = escapes_apart(text).into_iter();
    pieces.map(|(_, shown)| shown).collect()
}

/// Each escape that sets a colour (the first piece has none), with the text after it.
fn escapes_apart(text: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let escape = match rest
            .strip_prefix("\u{1b}[")
            .and_then(|after| after.find('m'))
        {
            Some(end) => end + 3,
            None => 0,
        };
        let shown = &rest[escape..];
        let next = match shown.find("\u{1b}[") {
            Some(0) if escape == 0 => shown.len(),
            Some(next) => next,
            None => shown.len(),
        };
        pieces.push((&rest[..escape], &shown[..next]));
        rest = &shown[next..];
    }
    pieces
}

fn take_width(chars: impl Iterator<Item = char>, max: usize) -> String {
    let mut taken = String::new();
    for c in chars {
        taken.push(c);
        if width(&taken) > max {
            taken.pop();
            break;
        }
    }
    taken
}

/// Breaks a text at its blanks into lines of at most `max` columns; a word that is wider is cut.
#[must_use]
pub fn wrap(text: &str, max: usize, look: &Look) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = fit(word, max, look);
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= max => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Lines under a heading: the first after the heading, the others below the first.
pub(in crate::render) fn under(heading: &str, indent: usize, lines: Vec<Line>) -> Vec<Line> {
    let mut all = Vec::new();
    for (index, line) in lines.into_iter().enumerate() {
        let mut whole = Line::of(Role::Plain, "  ");
        if index == 0 {
            whole.push(Role::Strong, heading);
        }
        whole.pad(indent);
        whole.append(line);
        all.push(whole);
    }
    all
}
