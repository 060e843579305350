//! The program: one subcommand a file.

mod args;
mod check;
mod checkpoint;
mod draw;
pub mod exit;
mod failure;
mod files;
mod generate;
mod judge;
mod links;
mod list;
mod look;
mod pick;
mod play;
mod progress;
mod replay;
mod run;
mod search;
mod signals;
mod step;
mod stored;
mod supervise;
mod why;
mod yardstick;

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use gordian_checker::catalogue::Kernel;

use args::{Args, Command};
use failure::Failure;
use look::{Look, Tone};

/// The whole program, for a catalogue of kernels: reads the command line, does what it says, and yields one of the codes of [`exit`].
///
/// Results go to stdout, progress and hints to stderr.
pub fn main(catalogue: &[Kernel]) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(message) => return explain(&message),
    };
    let look = Look::new(&args.look);
    let mut stdout = io::stdout();
    let mut session = Session {
        catalogue,
        look,
        quiet: args.look.quiet,
        program: program_name(env::args_os().next()),
        out: &mut stdout,
    };
    let result = session.obey(&args.command);
    let result = result.and_then(|code| {
        session.out.flush()?;
        Ok(code)
    });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !failure.is_quiet() {
                session.complain(&failure.to_string());
            }
            ExitCode::from(failure.code())
        }
    }
}

/// What a subcommand works with.
pub(crate) struct Session<'a> {
    catalogue: &'a [Kernel],
    look: Look,
    /// Whether progress and hints are not wanted.
    quiet: bool,
    /// The name of the program, for the commands that are shown.
    program: String,
    /// Where results go.
    out: &'a mut dyn Write,
}

impl Session<'_> {
    fn obey(&mut self, command: &Command) -> Result<u8, Failure> {
        self.refuse_twins()?;
        signals::listen();
        match command {
            Command::List(args) => list::list(self, args),
            Command::Check(args) => check::check(self, args),
            Command::Run(args) => run::run(self, args),
            Command::Replay(args) => replay::replay(self, args),
            Command::Why(args) => why::why(self, args),
            Command::Step(args) => step::step(self, args),
            Command::Yardstick(args) => yardstick::yardstick(self, args),
            Command::Completions(args) => generate::completions(self, args),
            Command::Man(args) => generate::man(self, args),
        }
    }

    /// A catalogue with two kernels of one name, or one without a name, is of no use.
    fn refuse_twins(&self) -> Result<(), Failure> {
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

    /// Says what went wrong. If nobody listens, nothing can be done about it.
    fn complain(&self, text: &str) {
        let error = self.look.paint(Tone::Bad, "error:");
        let _ = writeln!(io::stderr(), "{error} {text}");
    }

    /// Says that something may not be as it should be.
    fn warn(&self, text: &str) {
        let warning = self.look.paint(Tone::Doubtful, "warning:");
        let _ = writeln!(io::stderr(), "{warning} {text}");
    }

    /// Says something that helps but is no result.
    fn hint(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }
}

/// What the reader of the command line has to say: help, the version, or what is wrong.
fn explain(message: &clap::Error) -> ExitCode {
    match message.print() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(exit::USAGE),
        _ if message.use_stderr() => ExitCode::from(exit::USAGE),
        _ => ExitCode::SUCCESS,
    }
}

/// The name by which the program was called.
fn program_name(called: Option<OsString>) -> String {
    called
        .as_deref()
        .and_then(|path| Path::new(path).file_stem())
        .map_or_else(
            || "gordian".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
}
