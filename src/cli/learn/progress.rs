//! The exercises that a learner has done, in a file of the learner's own.
//!
//! The file is text: a line for each exercise that is done, with its number and a note.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::exercises::EXERCISES;
use crate::cli::failure::Failure;
use crate::cli::files;

/// The first line of the file.
const HEAD: &str = "# The exercises of `gordian learn` that are done.";

/// The exercises that are done, each with a note.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Progress(BTreeMap<usize, String>);

impl Progress {
    /// Reads the file, if there is one.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
        if !files::is_there(path).map_err(|error| wrong(error.to_string()))? {
            return Ok(Self::default());
        }
        let text = files::read(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut done = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (number, note) = line.split_once(' ').unwrap_or((line, ""));
            let number = number.parse().ok();
            let number = number.filter(|number| (1..=EXERCISES.len()).contains(number));
            let wrong = || format!("line {}: `{line}` begins with no exercise", index + 1);
            done.insert(number.ok_or_else(wrong)?, note.trim().to_owned());
        }
        Ok(Self(done))
    }

    fn text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for (number, note) in &self.0 {
            text += format!("{number} {note}").trim_end();
            text.push('\n');
        }
        text
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        fs::write(path, self.text())
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", path.display())))
    }

    pub(super) fn is_done(&self, number: usize) -> bool {
        self.0.contains_key(&number)
    }

    /// Returns the note of an exercise that is done.
    pub(super) fn of(&self, number: usize) -> Option<&str> {
        self.0.get(&number).map(String::as_str)
    }

    /// Notes that an exercise is done.
    pub(super) fn note(&mut self, number: usize, note: &str) {
        self.0.insert(number, note.to_owned());
    }

    /// Forgets one exercise, or all.
    pub(super) fn reset(&mut self, number: Option<usize>) {
        self.0
            .retain(|done, _| number.is_some_and(|number| number != *done));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut progress = Progress::default();
        progress.note(3, "4 moves");
        progress.note(1, "");
        assert_eq!(Progress::parse(&progress.text()), Ok(progress.clone()));
        progress.reset(Some(3));
        assert!(progress.is_done(1) && !progress.is_done(3));
        progress.reset(None);
        assert_eq!(progress.text(), format!("{HEAD}\n"));
    }

    #[test]
    fn a_line_of_something_else_is_refused() {
        let wrong = "line 2: `99 moves` begins with no exercise".to_owned();
        assert_eq!(Progress::parse("1\n99 moves\n"), Err(wrong));
    }
}
