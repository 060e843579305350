//! The command line of the programs that run a rival.

use crate::family::{self, Family};
use crate::record::Record;
use crate::tool::{Refusal, Tool};
use std::num::NonZeroUsize;
use std::process::ExitCode;

/// The rival ran; its record has the finding.
pub const RAN: u8 = 0;
/// The rival is installed, and failed.
pub const FAILED: u8 = 1;
/// The arguments make no sense.
pub const USAGE: u8 = 2;
/// The rival cannot do this program, or is not installed.
pub const UNAVAILABLE: u8 = 3;

/// A program to run, and the output format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arguments {
    /// The rival.
    pub tool: Tool,
    /// The program.
    pub family: Family,
    /// Threads of the search; more than one for stateright alone.
    pub threads: NonZeroUsize,
    /// True to print one JSON object instead of a line of text.
    pub json: bool,
}

impl Arguments {
    /// Parses the arguments after the program's name. On error, returns a message with the usage.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
        Arguments::read(arguments).map_err(|complaint| format!("{complaint}\n\n{}", usage()))
    }

    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let (mut words, mut joined, mut json) = (Vec::new(), false, false);
        let mut threads = NonZeroUsize::MIN;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--joined" => joined = true,
                "--json" => json = true,
                "--threads" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    threads = number.ok_or("--threads takes a number above zero")?;
                }
                _ if argument.starts_with('-') => return Err(format!("no option {argument}")),
                _ => words.push(argument),
            }
        }
        let [tool, name, sizes @ ..] = words.as_slice() else {
            return Err("a tool and a family are needed".to_string());
        };
        let tool = Tool::parse(tool).ok_or_else(|| format!("no rival is called `{tool}`"))?;
        if threads > NonZeroUsize::MIN && tool != Tool::Stateright {
            return Err(format!("{} has one thread", tool.name()));
        }
        Ok(Arguments {
            tool,
            family: Family::parse(name, &numbers(sizes)?, joined)?,
            threads,
            json,
        })
    }
}

fn numbers(words: &[String]) -> Result<Vec<usize>, String> {
    let number = |word: &String| word.parse().map_err(|_| format!("`{word}` is no size"));
    words.iter().map(number).collect()
}

/// Returns the usage, for error messages and for help.
pub fn usage() -> String {
    let tools: Vec<&str> = Tool::ALL.into_iter().map(Tool::name).collect();
    format!(
        "rival TOOL FAMILY SIZE... [--joined] [--threads N] [--json]\n\ntools: {}\nfamilies:\n{}",
        tools.join(", "),
        family::USAGE
    )
}

/// Prints the result of a run, and returns the exit code.
pub fn report(arguments: &Arguments, result: Result<Record, Refusal>) -> ExitCode {
    let printed = result.and_then(|record| match arguments.json {
        true => serde_json::to_string(&record)
            .map_err(|e| Refusal::Failed(format!("writing the record: {e}"))),
        false => Ok(line(&record)),
    });
    match printed {
        Ok(line) => {
            println!("{line}");
            ExitCode::from(RAN)
        }
        Err(refusal) => {
            eprintln!("{}: {refusal}", arguments.tool.name());
            ExitCode::from(match refusal {
                Refusal::Failed(_) => FAILED,
                Refusal::Unsupported(_) | Refusal::Missing(_) => UNAVAILABLE,
            })
        }
    }
}

fn line(record: &Record) -> String {
    let mut line = format!("{} {}", record.tool, record.family);
    for size in &record.size {
        line.push_str(&format!(" {size}"));
    }
    line.push_str(&format!(": {}", record.verdict));
    for (count, name) in [(record.executions, "executions"), (record.states, "states")] {
        if let Some(count) = count {
            line.push_str(&format!(", {count} {name}"));
        }
    }
    line.push_str(&format!(", {:.6} s", record.time_s));
    if !record.note.is_empty() {
        line.push_str(&format!(" ({})", record.note));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(str::to_string))
    }

    /// A full line is parsed, wherever the options stand.
    #[test]
    fn a_line_is_read() {
        let arguments = parse("stateright --threads 2 philosophers-ordered 8 --json");
        let arguments = arguments.expect("a good line");
        assert_eq!(arguments.tool, Tool::Stateright);
        assert_eq!(arguments.family.to_string(), "philosophers-ordered 8");
        assert_eq!(arguments.threads.get(), 2);
        assert!(arguments.json);
        let joined = parse("loom philosophers-ordered 4 --joined").expect("a good line");
        assert_eq!(joined.family.name(), "philosophers-ordered-joined");
    }

    /// Invalid command lines are refused with a message, never a panic.
    #[test]
    fn bad_lines_are_refused() {
        for line in [
            "",
            "loom",
            "gordian philosophers 3",
            "loom philosophers three",
            "loom philosophers 3 --fast",
            "loom philosophers 3 --threads 2",
            "stateright philosophers 3 --threads 0",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
