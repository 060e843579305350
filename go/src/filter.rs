//! The filter of the tests that are run, as `go test -run` has it.

use std::fmt;

use regex_automata::meta::Regex;

/// Regular expressions for the names of tests and, after slashes, of their subtests.
#[derive(Clone, Default)]
pub struct Filter {
    text: String,
    /// Each is one for each level; any of them will do. None lets all pass.
    alternatives: Vec<Vec<Regex>>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl Filter {
    /// Reads what `go test -run` takes.
    ///
    /// # Errors
    /// If a part of it is no regular expression: what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let level = |part: String| {
            Regex::new(&part).map_err(|error| match error.syntax_error() {
                Some(error) => error.to_string(),
                None => format!("{part}: {error}"),
            })
        };
        let alternative = |text: &str| split(text, '/').into_iter().map(level).collect();
        let alternatives = split(text, '|');
        Ok(Self {
            text: text.to_owned(),
            alternatives: alternatives
                .iter()
                .map(|text| alternative(text))
                .collect::<Result<_, String>>()?,
        })
    }

    /// Returns true if a test is run. `names` are those of its parents and its own, from the top.
    pub fn lets_pass(&self, names: &[&str]) -> bool {
        let passes = |levels: &Vec<Regex>| {
            let mut pairs = levels.iter().zip(names);
            pairs.all(|(regex, name)| regex.is_match(name))
        };
        self.alternatives.is_empty() || self.alternatives.iter().any(passes)
    }
}

/// Splits a regular expression where this stands outside of brackets and parentheses.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut classes, mut groups, mut escaped) = (0, 0, false);
    for letter in text.chars() {
        let apart = letter == at && !escaped && classes == 0 && groups == 0;
        if apart {
            parts.push(String::new());
            continue;
        }
        match letter {
            _ if escaped => {}
            '[' => classes += 1,
            ']' => classes = (classes - 1).max(0),
            '(' if classes == 0 => groups += 1,
            ')' if classes == 0 => groups = (groups - 1).max(0),
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        parts.last_mut().expect("there is always one").push(letter);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_picked_as_go_picks_them() {
        for (text, names, passes) in [
            ("Stop|Close", &["TestStop"][..], true),
            ("Stop|Close", &["TestOpen"], false),
            ("^TestA$", &["TestAB"], false),
            ("A/b=1", &["TestA"], true),
            ("A/b=1", &["TestA", "b=1"], true),
            ("A/b=1", &["TestA", "b=2"], false),
            ("A/b", &["TestA", "b", "deep"], true),
            ("A/x|B/y", &["TestA", "y"], false),
            ("A/x|B/y", &["TestB", "y"], true),
            ("[a/b]", &["Testb"], true),
            ("(A|B)/c", &["TestB", "d"], false),
            ("", &["TestA"], true),
        ] {
            let filter = Filter::new(text).expect("a regular expression");
            assert_eq!(filter.lets_pass(names), passes, "{text} {names:?}");
        }
        assert!(Filter::default().lets_pass(&["TestA"]));
    }

    #[test]
    fn what_is_no_expression_is_told() {
        let error = Filter::new("A(").unwrap_err();
        assert!(error.contains("unclosed group"), "{error}");
    }
}
