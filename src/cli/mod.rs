//! The program, with one subcommand per file.

mod args;
mod check;
mod checkpoint;
mod draw;
pub mod exit;
mod expectation;
mod failure;
mod files;
#[cfg(feature = "go")]
mod findings;
mod game;
mod generate;
#[cfg(feature = "go")]
mod go;
mod learn;
mod links;
mod list;
mod memory;
mod play;
mod point;
mod progress;
mod replay;
mod report;
#[cfg(feature = "go")]
mod rounds;
mod run;
mod sealed;
mod search;
mod select_kernels;
mod show;
mod signals;
mod states;
mod step;
mod stored;
mod stuck;
mod supervise;
mod target;
mod terminal;
mod twin;
mod values;
mod why;
mod yardstick;

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use gordian_checker::catalogue::Kernel;
use gordian_checker::execution::escape::{self, visible_lines};
use serde::Serialize;

use args::{Args, Command};
use failure::Failure;
use terminal::{Terminal, Tone};

/// Runs the whole program for a catalogue of kernels: executes the command line, and returns one of
/// the codes of [`exit`].
///
/// Results go to stdout, progress and hints to stderr.
pub fn main(catalogue: &[Kernel]) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(message) => return explain(&message),
    };
    let terminal = Terminal::new(&args.look);
    let mut stdout = io::stdout();
    let mut session = Session {
        catalogue,
        terminal,
        quiet: args.look.quiet,
        program: program_name(env::args_os().next()),
        out: &mut stdout,
    };
    let result = session.dispatch(&args.command);
    let result = result.and_then(|code| {
        session.out.flush()?;
        Ok(code)
    });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !failure.is_quiet() {
                session.report_error(&failure.to_string());
            }
            ExitCode::from(failure.code())
        }
    }
}

/// The common state of the subcommands.
pub(crate) struct Session<'a> {
    catalogue: &'a [Kernel],
    terminal: Terminal,
    /// True to suppress progress and hints.
    quiet: bool,
    /// The name of the program in the commands that are shown.
    program: String,
    /// The destination of results.
    out: &'a mut dyn Write,
}

impl Session<'_> {
    fn dispatch(&mut self, command: &Command) -> Result<u8, Failure> {
        self.reject_duplicate_names()?;
        signals::listen();
        match command {
            Command::List(args) => list::list(self, args),
            Command::Show(args) => show::show(self, args),
            Command::Check(args) => check::check(self, args),
            Command::Split(args) => check::split(self, args),
            Command::Part(args) => check::part(self, args),
            Command::Merge(args) => check::merge(self, args),
            Command::Run(args) => run::run(self, args),
            Command::Replay(args) => replay::replay(self, args),
            Command::Why(args) => why::why(self, args),
            Command::Twin(args) => twin::twin(self, args),
            Command::Step(args) => step::step(self, args),
            Command::Play(args) => game::play(self, args),
            Command::Learn(args) => learn::learn(self, args),
            Command::Report(args) => report::report(self, args),
            Command::Yardstick(args) => yardstick::yardstick(self, args),
            Command::Completions(args) => generate::completions(self, args),
            Command::Man(args) => generate::man(self, args),
        }
    }

    /// Rejects a catalogue with two kernels of the same name, or one without a name.
    fn reject_duplicate_names(&self) -> Result<(), Failure> {
        let mut names = BTreeSet::new();
        for kernel in self.catalogue {
            if kernel.name.is_empty() || !names.insert(kernel.name) {
                return Err(Failure::Usage(format!(
                    "the catalogue has two kernels named `{}`, or one without a name",
                    kernel.name
                )));
            }
        }
        Ok(())
    }

    /// Reports an error.
    fn report_error(&self, text: &str) {
        let error = self.terminal.paint(Tone::Bad, "error:");
        say(&format!("{error} {}", visible_lines(text)));
    }

    /// Reports a possible problem.
    fn warn(&self, text: &str) {
        let warning = self.terminal.paint(Tone::Doubtful, "warning:");
        say(&format!("{warning} {}", visible_lines(text)));
    }

    /// Reports something helpful that is no result.
    fn hint(&self, text: &str) {
        if !self.quiet {
            say(&visible_lines(text));
        }
    }

    /// Writes a result as a line of JSON.
    fn write_json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(io::Error::from)?;
        writeln!(self.out, "{}", escape::json(&text))?;
        Ok(())
    }
}

/// Writes a line to stderr. Nothing can be done if that fails.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints the message of the command line's parser: help, the version, or an error.
fn explain(message: &clap::Error) -> ExitCode {
    // An error may repeat an argument, or a variable that replaces one.
    let told = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN_"));
    let mut words = env::args_os().chain(told.map(|(_, value)| value));
    if message.use_stderr() && words.any(|word| is_hostile(&word)) {
        say(visible_lines(&message.render().to_string()).trim_end());
        return ExitCode::from(exit::USAGE);
    }
    match message.print() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(exit::USAGE),
        _ if message.use_stderr() => ExitCode::from(exit::USAGE),
        _ => ExitCode::SUCCESS,
    }
}

fn is_hostile(word: &OsStr) -> bool {
    word.to_string_lossy().chars().any(escape::is_unseen)
}

/// Returns the name by which the program was called.
fn program_name(called: Option<OsString>) -> String {
    called
        .as_deref()
        .and_then(|path| Path::new(path).file_stem())
        .map_or_else(
            || "gordian".to_owned(),
            |name| escape::visible(&name.to_string_lossy()),
        )
}
