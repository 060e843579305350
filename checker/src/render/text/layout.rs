//! Fitting text into a width: columns, cutting, and wrapping at blanks.

use unicode_width::UnicodeWidthStr;

use super::style::{Line, Look, Role};
use crate::execution::escape::visible;

/// Returns the number of columns that a text takes.
pub(in crate::render) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Returns the text if it takes at most `max` columns, otherwise its two ends with a mark between
/// them. Control characters become blanks.
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

/// Returns the two ends of a text, which take `max` columns with a mark between them.
fn ends(text: &str, max: usize) -> (String, String) {
    let tail_max = max.saturating_sub(1) / 3;
    let tail: String = take_width(text.trim_end().chars().rev(), tail_max)
        .chars()
        .rev()
        .collect();
    let head = take_width(text.chars(), max.saturating_sub(1 + width(&tail)));
    (head, tail)
}

/// Does the same as [`fit`] for a text with ANSI escapes, which take no width. They are all kept,
/// so that colours begin and end in the right places.
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

/// Does the same as [`visible`], but keeps escapes that set colours.
pub(in crate::render) fn visible_coloured(text: &str) -> String {
    let pieces = escapes_apart(text).into_iter();
    pieces
        .map(|(escape, shown)| format!("{escape}{}", visible(shown)))
        .collect()
}

/// Returns the text without the escapes that set colours.
pub(in crate::render) fn without_colour(text: &str) -> String {
    let pieces = escapes_apart(text).into_iter();
    pieces.map(|(_, shown)| shown).collect()
}

/// Returns each escape that sets a colour with the text after it; the first piece may have no
/// escape.
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

/// Wraps a text at its blanks into lines of at most `max` columns. A word that is wider is broken:
/// nothing is left out.
#[must_use]
pub fn wrap(text: &str, max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        for (index, piece) in pieces(word, max).into_iter().enumerate() {
            match lines.last_mut() {
                Some(line) if index == 0 && width(line) + 1 + width(&piece) <= max => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}

/// Returns a word in pieces of at most `max` columns, of one character at least.
fn pieces(word: &str, max: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let piece = pieces.last_mut().expect("there is always one");
        piece.push(c);
        if width(piece) > max && piece.chars().nth(1).is_some() {
            piece.pop();
            pieces.push(c.to_string());
        }
    }
    pieces
}

/// Returns lines beside a heading: the first after the heading, the others below the first.
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
