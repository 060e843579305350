//! Invisible characters. A terminal obeys some; others reverse the direction of a text or hide a
//! part of it. Names, values, messages and arguments may contain them, and must not mislead a
//! reader of the output.
//!
//! Every rendering for people begins with `visible_in` its trace. The program's messages apart from
//! the results go through [`visible_lines`]. JSON is written through [`json`], which changes no
//! value.

use std::fmt::Write as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Returns true for an invisible character. That is a control character, a line or paragraph
/// separator, a mark that changes the direction, or a zero-width character that is no accent.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns the text with each invisible character written as in Rust: `\n`, `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> String {
    escaped(text, is_unseen, |c, out| out.extend(c.escape_default()))
}

/// Does the same as [`visible`], but keeps line ends.
#[must_use]
pub fn visible_lines(text: &str) -> String {
    let unseen = |c| c != '\n' && is_unseen(c);
    escaped(text, unseen, |c, out| out.extend(c.escape_default()))
}

/// Returns the same JSON with each invisible character written as `\u001b`. Line ends between the
/// values are kept.
#[must_use]
pub fn json(text: &str) -> String {
    let unseen = |c| c != '\n' && is_unseen(c);
    escaped(text, unseen, |c, out| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string never fails.
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

fn escaped(text: &str, unseen: impl Fn(char) -> bool, write: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if unseen(c) {
            write(c, &mut out);
        } else {
            out.push(c);
        }
    }
    out
}

/// Returns a value with all its texts [`visible`]. The line ends of a message, which is in a field
/// named `reason`, are kept: each rendering handles them.
#[must_use]
pub(crate) fn visible_in<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let same = "a value of texts, numbers and lists is JSON and can be read again";
    let mut json = serde_json::to_value(value).expect(same);
    make_visible(&mut json, "");
    serde_json::from_value(json).expect(same)
}

fn make_visible(value: &mut Value, name: &str) {
    match value {
        Value::String(text) if name == "reason" => *text = visible_lines(text),
        Value::String(text) => *text = visible(text),
        Value::Array(items) => items.iter_mut().for_each(|item| make_visible(item, name)),
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(name, mut value)| {
                    make_visible(&mut value, &name);
                    (visible(&name), value)
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_written() {
        let hostile =
            "a\u{1b}]0;b\u{7}\r\n\u{9b}31m\u{7f}\u{202e}\u{200b}\u{2028}\u{feff}\u{e0041}";
        let shown = visible(hostile);
        assert_eq!(
            shown,
            r"a\u{1b}]0;b\u{7}\r\n\u{9b}31m\u{7f}\u{202e}\u{200b}\u{2028}\u{feff}\u{e0041}"
        );
        assert_eq!(visible(&shown), shown);
        assert_eq!(visible_lines("a\nb\t"), "a\nb\\t");
        for plain in ["größe", "a b", "e\u{301}", "漢字", "☂\u{fe0f}"] {
            assert_eq!(visible(plain), plain);
        }
    }

    #[test]
    fn json_says_the_same() {
        let hostile = "\u{1b}\u{9b}\u{202e}\u{e0041}\"\\ü";
        let text = serde_json::to_string(hostile).expect("it is JSON");
        let written = json(&text);
        assert!(!written.chars().any(is_unseen), "{written}");
        assert_eq!(
            serde_json::from_str::<String>(&written).expect("it is JSON"),
            hostile
        );
    }
}
