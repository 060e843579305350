//! The end of a run: predictions of the rules and observations of Go, in the same words.

use std::collections::BTreeMap;
use std::fmt;

/// The end of a run.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Outcome {
    /// Nobody can move any more.
    End {
        /// The state of each goroutine, and the last integer that it received, as in
        /// `returned, last 0`. A blocked one has its operation with the number of the statement, as
        /// in `send #7, last 1`.
        goroutines: BTreeMap<String, String>,
        /// The contents of the objects.
        objects: BTreeMap<String, String>,
    },
    /// A goroutine panicked, or did something that Go treats as a fatal error.
    Panic {
        /// The goroutine.
        goroutine: String,
        /// Go's message.
        message: String,
    },
    /// The run did not end in time.
    Unsettled,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |map: &BTreeMap<String, String>| {
            let entries: Vec<String> = map.iter().map(|(k, v)| format!("{k}: {v}")).collect();
            entries.join(", ")
        };
        match self {
            Self::End {
                goroutines,
                objects,
            } => write!(f, "{} | {}", list(goroutines), list(objects)),
            Self::Panic { goroutine, message } => write!(f, "{goroutine} panics: {message}"),
            Self::Unsettled => write!(f, "no end in time"),
        }
    }
}

/// Go source, whose comments number the statements.
pub(super) struct Source {
    lines: Vec<String>,
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        Self {
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    /// Returns the line with this number, counted from 1.
    fn line(&self, number: usize) -> &str {
        number
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .map_or("", String::as_str)
    }

    /// Turns `send@12:1` into `send #7, last 1`, if line 12 is numbered as statement 7.
    fn standing(&self, text: &str) -> Option<String> {
        let (standing, last) = text.rsplit_once(':')?;
        let Some((what, line)) = standing.split_once('@') else {
            return Some(format!("{standing}, last {last}"));
        };
        let line = self.line(line.parse().ok()?);
        let (_, statement) = line.rsplit_once("// #")?;
        Some(format!("{what} #{statement}, last {last}"))
    }

    /// Returns the goroutine whose function this line calls, or is in.
    fn goroutine(&self, line: usize) -> Option<String> {
        let before = &self.lines[..line.min(self.lines.len())];
        if let Some(call) = before.last()?.trim_start().strip_prefix("do_")
            && let Some((name, _)) = call.split_once("(g")
            && !name.contains(' ')
        {
            return Some(name.to_owned());
        }
        before.iter().rev().find_map(|line| {
            let head = line.strip_prefix("\tdo_")?;
            let (name, _) = head.split_once(" = func(g *harness.Goroutine")?;
            Some(name.to_owned())
        })
    }

    /// Reads the harness's output of a run.
    ///
    /// # Errors
    /// Returns the text if it is not understood.
    pub(super) fn read(&self, line: &str) -> Result<Outcome, String> {
        let odd = || format!("not understood: {line}");
        if line == "unsettled" {
            return Ok(Outcome::Unsettled);
        }
        if let Some(panic) = line.strip_prefix("panic ") {
            let (goroutine, message) = panic.split_once(' ').ok_or_else(odd)?;
            return Ok(Outcome::Panic {
                goroutine: goroutine.to_owned(),
                message: message.to_owned(),
            });
        }
        let (goroutines, objects) = line
            .strip_prefix("end ")
            .and_then(|end| end.split_once('|'))
            .ok_or_else(odd)?;
        let mut standings = BTreeMap::new();
        for entry in goroutines.split(';') {
            let (name, standing) = entry.split_once('=').ok_or_else(odd)?;
            let standing = self.standing(standing).ok_or_else(odd)?;
            standings.insert(name.to_owned(), standing);
        }
        let mut left = BTreeMap::new();
        for entry in objects.split(';').filter(|entry| !entry.is_empty()) {
            let (name, text) = entry.split_once('=').ok_or_else(odd)?;
            left.insert(name.to_owned(), text.to_owned());
        }
        Ok(Outcome::End {
            goroutines: standings,
            objects: left,
        })
    }

    /// Reads Go's output of a crash: the message, and the first goroutine of the dump, which caused
    /// it. The outermost line of this file tells which goroutine that is, since a guard or a
    /// deferred call may come from the function of another.
    ///
    /// # Errors
    /// Returns the text if it is not understood.
    pub(super) fn read_crash(&self, text: &str, file: &str) -> Result<Outcome, String> {
        // The panic under whose deferred calls a fatal error happens may come before it.
        let head = text.lines().take_while(|line| !line.is_empty());
        let mut head = head.map(str::trim_start);
        let fatal = head.clone().find_map(|it| it.strip_prefix("fatal error: "));
        let message = fatal
            .or_else(|| head.next()?.strip_prefix("panic: "))
            .ok_or_else(|| format!("not understood: {text}"))?;
        let (_, dump) = text.split_once("\ngoroutine ").unwrap_or_default();
        let (first, _) = dump.split_once("\n\n").unwrap_or((dump, ""));
        let place = first.lines().rev().find_map(|line| {
            let (_, place) = line.split_once(file)?;
            let line = place.strip_prefix(':')?.split(' ').next()?;
            line.parse::<usize>().ok()
        });
        let goroutine = place.and_then(|line| self.goroutine(line));
        Ok(Outcome::Panic {
            goroutine: goroutine.ok_or_else(|| format!("not understood: {text}"))?,
            message: message.to_owned(),
        })
    }
}

impl Outcome {
    /// Renumbers the statements.
    pub(super) fn renumber(self, numbers: &[usize]) -> Self {
        let Self::End {
            goroutines,
            objects,
        } = self
        else {
            return self;
        };
        let renumber = |standing: String| {
            let Some((what, rest)) = standing.split_once('#') else {
                return standing;
            };
            let (number, last) = rest.split_once(',').expect("the last integer follows");
            let number: usize = number.parse().expect("the search numbers statements");
            format!("{what}#{},{last}", numbers[number])
        };
        Self::End {
            goroutines: goroutines
                .into_iter()
                .map(|(name, standing)| (name, renumber(standing)))
                .collect(),
            objects,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source::new(
            "func program1(r *harness.Run) harness.Objects {\n\
             \tdo_g1 = func(g *harness.Goroutine) {\n\
             \t\tm0.Lock() // #3\n\t\tm0.Unlock()\n\t}\n}\n",
        )
    }

    #[test]
    fn a_line_of_go_becomes_the_number_of_its_statement() {
        let read = source().read("end main=returned:0;g1=lock@3:5|m0=locked 0;c1=[1 2] closed");
        let shown = read.expect("understood").to_string();
        assert_eq!(
            shown,
            "g1: lock #3, last 5, main: returned, last 0 | c1: [1 2] closed, m0: locked 0"
        );
        assert!(source().read("end g1=lock@4:0|").is_err());
    }

    #[test]
    fn a_fatal_error_is_that_of_the_goroutine_whose_function_it_is_in() {
        let crash = "fatal error: sync: unlock of unlocked mutex\n\ngoroutine 9 [running]:\n\
                     sync.fatal(...)\n\t/go/panic.go:1 +0x1\nmain.program1.func1(0x1)\n\
                     \t/tmp/programs/main.go:4 +0x65\n";
        // Under a panic that would be recovered, and under a Goexit.
        let under_panic = format!("panic: send on closed channel\n\t{crash}");
        for crash in [crash, &under_panic, &format!("\t{crash}")] {
            let read = source().read_crash(crash, "programs/main.go");
            assert_eq!(
                read,
                Ok(Outcome::Panic {
                    goroutine: "g1".to_owned(),
                    message: "sync: unlock of unlocked mutex".to_owned(),
                })
            );
        }
    }
}
