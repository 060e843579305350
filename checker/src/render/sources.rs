//! The texts of source files, as a renderer gets them: nothing here reads a file.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::explain::trace::Place;

/// Source files by the names that the compiler gives them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    /// Returns an empty set of files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    pub fn add(&mut self, file: &str, text: &str) {
        self.0.insert(file.to_owned(), text.replace('\t', "    "));
    }

    /// Returns the text of a file.
    #[must_use]
    pub fn get(&self, file: &str) -> Option<&str> {
        self.0.get(file).map(String::as_str)
    }

    /// Returns the names of the files.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Returns true if there are no files.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the expression at a place, as a range of bytes. A method call extends from its
    /// receiver to its closing parenthesis. `None` if there is no such place.
    #[must_use]
    pub fn span(&self, place: &Place) -> Option<Range<usize>> {
        let text = self.get(&place.file)?;
        let index = usize::try_from(place.line.checked_sub(1)?).ok()?;
        let line = text.split_inclusive('\n').nth(index)?;
        let begin = line.as_ptr() as usize - text.as_ptr() as usize;
        let line = line.trim_end();
        let first = line.len() - line.trim_start().len();
        if place.column == 0 {
            return (first < line.len()).then_some(begin + first..begin + line.len());
        }
        let column = usize::try_from(place.column - 1).ok()?;
        let at = line.char_indices().nth(column).map(|(at, _)| at)?;
        let start = receiver(line, at);
        let end = at + expression(&line[at..]);
        Some(begin + start..begin + end)
    }
}

/// Returns the start of the receiver of the method whose name is at `at`.
fn receiver(line: &str, at: usize) -> usize {
    if !line[..at].ends_with('.') {
        return at;
    }
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    line[..at].rfind(|c| !belongs(c)).map_or(0, |before| {
        before + line[before..].chars().next().map_or(0, char::len_utf8)
    })
}

/// Returns the length in bytes of the expression at the start of the text. It ends with its call,
/// its name, or the text.
fn expression(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth <= 1 => return if depth == 1 { at + 1 } else { at },
            ')' => depth -= 1,
            ' ' | '{' | ';' if depth == 0 => return at.max(1),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, column: u32, expected: &str) {
        let text = format!("first\n{line}\nlast\n");
        let mut sources = Sources::new();
        sources.add("a.rs", &text);
        let place = Place {
            file: "a.rs".to_owned(),
            line: 2,
            column,
        };
        let span = sources.span(&place).expect("there is such a place");
        assert_eq!(&text[span], expected);
    }

    #[test]
    fn a_place_is_the_call_that_is_made_there() {
        check("    result.send(event(1));", 12, "result.send(event(1))");
        check("    let g = self.m.lock.lock();", 25, "self.m.lock.lock()");
        check("    go(\"loop\", move || {", 5, "go(\"loop\", move || {");
        check("    for event in m.incoming {", 18, "m.incoming");
        check("    select! {", 5, "select!");
        check("    f(a.lock())", 9, "a.lock()");
        check("    let g = lock.lock();", 0, "let g = lock.lock();");
    }
}
