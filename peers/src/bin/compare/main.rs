//! `compare`: measures Gordian and its rivals in turn, and prints medians and ratios.
//!
//! | module | contents |
//! |---|---|
//! | [`rows`] | the comparisons, and the targets |
//! | [`side`] | one side of a row: how it is run and what it prints |
//! | [`measure`] | running a row, medians, ratios, targets |
//! | [`table`] | the table as text and as JSON |
//!
//! Exit codes: 0 all targets met, 1 a target missed or a count wrong, 2 usage, 3 something could
//! not be measured. A rival that is not installed is left out, which is no failure.

mod measure;
mod rows;
mod side;
mod table;

use measure::{Report, State};
use rows::Row;
use side::Programs;
use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

/// Every target is met.
const MET: u8 = 0;
/// A target is missed, or a count is wrong.
const MISSED: u8 = 1;
/// The arguments make no sense.
const USAGE: u8 = 2;
/// A side that should be there failed.
const UNMEASURED: u8 = 3;

/// The default path of Gordian's binary.
const GORDIAN: &str = "target/release/gordian";
/// The default number of runs of each side.
const RUNS: usize = 3;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{}", usage());
            return ExitCode::from(MET);
        }
        Err(complaint) => {
            eprintln!("{complaint}\n\n{}", usage());
            return ExitCode::from(USAGE);
        }
    };
    let programs = match Programs::find(&arguments.gordian) {
        Ok(programs) => programs,
        Err(complaint) => {
            eprintln!("{complaint}");
            return ExitCode::from(UNMEASURED);
        }
    };
    if let Some(complaint) = programs.gordian_missing() {
        eprintln!("{complaint}");
    }
    let mut code = MET;
    for row in &arguments.rows {
        let report = measure::row(row, &programs, arguments.runs);
        table::print(&report, arguments.json);
        code = code.max(exit_code(&report));
    }
    ExitCode::from(code)
}

fn exit_code(report: &Report) -> u8 {
    match report.state() {
        State::Met => MET,
        State::Missed => MISSED,
        State::Unmeasured => UNMEASURED,
    }
}

struct Arguments {
    gordian: PathBuf,
    runs: usize,
    json: bool,
    rows: Vec<Row>,
}

impl Arguments {
    /// Parses the command line. Returns `None` if help was requested.
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
        let gordian = env::var_os("GORDIAN").unwrap_or_else(|| GORDIAN.into());
        let mut arguments = Arguments {
            gordian: PathBuf::from(gordian),
            runs: RUNS,
            json: false,
            rows: Vec::new(),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} takes a value"));
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--json" => arguments.json = true,
                "--gordian" => arguments.gordian = PathBuf::from(value()?),
                "--runs" => arguments.runs = runs(&value()?)?,
                "--only" => arguments.rows.extend(only(&value()?)?),
                _ => return Err(format!("`{word}` is not understood")),
            }
        }
        if arguments.rows.is_empty() {
            arguments.rows = rows::all();
        }
        Ok(Some(arguments))
    }
}

fn runs(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(runs) if runs > 0 => Ok(runs),
        _ => Err("--runs takes a number above zero".to_string()),
    }
}

/// Returns the rows called `name`.
fn only(name: &str) -> Result<Vec<Row>, String> {
    let rows: Vec<Row> = rows::all()
        .into_iter()
        .filter(|row| row.name == name)
        .collect();
    if rows.is_empty() {
        Err(format!("no row is called `{name}`"))
    } else {
        Ok(rows)
    }
}

fn usage() -> String {
    let names: Vec<String> = rows::all()
        .iter()
        .map(|row| format!("  {:<18} {}", row.name, row.about))
        .collect();
    format!(
        "compare [--runs N] [--only ROW]... [--gordian PATH] [--json]\n\n\
         Gordian is {GORDIAN} unless --gordian or GORDIAN names another.\n\nrows:\n{}",
        names.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        Arguments::parse(line.split_whitespace().map(str::to_string))
    }

    /// Options are parsed; if no row is named, all are run.
    #[test]
    fn options_are_read() {
        let arguments = parse("--runs 5 --only loom --gordian here --json");
        let arguments = arguments.expect("a good line").expect("no help");
        assert_eq!((arguments.runs, arguments.json), (5, true));
        assert_eq!(arguments.gordian, PathBuf::from("here"));
        assert_eq!(arguments.rows.len(), 1);
        let all = parse("").expect("a good line").expect("no help");
        assert_eq!(all.rows.len(), rows::all().len());
    }

    /// Invalid command lines are refused with a message, never a panic.
    #[test]
    fn bad_lines_are_refused() {
        for line in ["--runs", "--runs 0", "--only nobody", "quickly"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
