//! `conform-go`: checks that the rules of the model agree with Go itself.
//!
//! Go cannot list all of its possible outcomes; it can only be observed. So the comparison has one
//! direction: every outcome that Go shows, in many runs with random pauses, must be among those
//! that the rules predict. The share of the predicted outcomes that were shown says how closely Go
//! was observed.

mod batches;
mod ends;
mod gotool;
mod judge;
mod kernels;
mod machine;
mod observe;
mod outcome;
mod predict;
mod programs;
mod races;
mod racy;
mod reduced;
mod suite;
mod xsync;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use self::gotool::Go;
pub(crate) use self::suite::{RUN_ONE, run_export};

/// The selection of programs, and the size of the comparison.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    programs: u64,
    seed: u64,
    runs: u64,
    time_max: Option<Duration>,
    jobs: usize,
    kernels: bool,
    /// True to compare the blocks with golang.org/x/sync.
    xsync: bool,
    /// True to run the programs in the machine for Go instead.
    machine: bool,
    /// True to compare searches on programs in which races matter.
    races: bool,
    /// True to run those programs under Go as well.
    observe: bool,
    /// True to run the programs with which Go tests itself in the machine.
    suite: bool,
    /// The text that the names of those programs contain.
    only: Option<String>,
    /// True if each program must have a timer.
    timer: bool,
    /// True if each program may recover panics and call Goexit.
    recover: bool,
    keep: bool,
    /// The commands of the toolchains.
    go: Vec<PathBuf>,
}

/// The reason why nothing could be compared.
pub(crate) enum Failure {
    /// This Go toolchain is missing.
    NoGo(PathBuf),
    /// Another reason.
    Other(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl Options {
    /// Reads the arguments after the task's name.
    ///
    /// # Errors
    /// Returns a message about the first bad argument.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            programs: 500,
            seed: 1,
            runs: 200,
            time_max: None,
            jobs: std::thread::available_parallelism().map_or(1, Into::into),
            kernels: false,
            xsync: false,
            machine: false,
            races: false,
            observe: false,
            suite: false,
            only: None,
            timer: false,
            recover: false,
            keep: false,
            go: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            let mut number = || {
                let value = rest.next().ok_or(format!("{name} needs a number"))?;
                let number = value.parse::<u64>();
                number.map_err(|_| format!("{name}: `{value}` is no number"))
            };
            match name.as_str() {
                "--programs" => options.programs = number()?,
                "--seed" => options.seed = number()?,
                "--runs" => options.runs = number()?,
                "--seconds" => options.time_max = Some(Duration::from_secs(number()?)),
                "--jobs" => options.jobs = usize::try_from(number()?.clamp(1, 64)).unwrap_or(1),
                "--kernels" => options.kernels = true,
                "--xsync" => options.xsync = true,
                "--suite" => options.suite = true,
                "--machine" => options.machine = true,
                "--races" => options.races = true,
                "--observe" => options.observe = true,
                "--timer" => options.timer = true,
                "--recover" => options.recover = true,
                "--go" => options
                    .go
                    .push(rest.next().ok_or("--go needs a command")?.into()),
                "--only" => options.only = Some(rest.next().ok_or("--only needs a text")?.clone()),
                "--keep" => options.keep = true,
                _ => return Err(format!("no such option: {name}")),
            }
        }
        if options.go.is_empty() {
            options.go.push("go".into());
        }
        Ok(options)
    }
}

/// Compares with one toolchain after another, and prints the results. Returns true if Go and the
/// rules agree.
///
/// # Errors
/// Fails if nothing could be compared.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let all: Result<Vec<Go>, Failure> = options.go.iter().map(|it| Go::new(it)).collect();
    let mut agree = true;
    for go in all? {
        println!("{}: timers as in Go {}", go.version, go.timers.name());
        agree &= if options.kernels {
            kernels::compare(options, &go)?
        } else if options.xsync {
            xsync::compare(options, &go)?
        } else if options.suite {
            suite::compare(options, &go)?
        } else if options.observe {
            observe::compare(options, &go)?
        } else if options.races {
            races::compare(options, &go)?
        } else if options.machine {
            machine::compare(options, &go)?
        } else {
            programs::compare(options, &go)?
        };
    }
    Ok(agree)
}
