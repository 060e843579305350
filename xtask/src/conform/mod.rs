//! `conform-go`: do the rules of the model agree with Go itself?
//!
//! Go cannot be asked for all that it may do; it can be watched. So the comparison has one
//! direction: whatever Go shows in many runs with random pauses must be among the outcomes that the
//! rules predict. How many of the predicted outcomes were shown says how closely Go was watched.

mod gotool;
mod judge;
mod kernels;
mod outcome;
mod predict;
mod programs;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use self::gotool::Go;

/// What to compare.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    programs: u64,
    seed: u64,
    runs: u64,
    time_max: Option<Duration>,
    jobs: usize,
    kernels: bool,
    /// Whether each program is to have a timer.
    timer: bool,
    keep: bool,
    /// The commands of the toolchains.
    go: Vec<PathBuf>,
}

/// Why nothing could be compared.
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
    /// What is wrong with them.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            programs: 500,
            seed: 1,
            runs: 200,
            time_max: None,
            jobs: std::thread::available_parallelism().map_or(1, Into::into),
            kernels: false,
            timer: false,
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
                "--timer" => options.timer = true,
                "--go" => options
                    .go
                    .push(rest.next().ok_or("--go needs a command")?.into()),
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

/// Compares with one toolchain after the other, and tells on standard output: whether Go and the
/// rules agree.
///
/// # Errors
/// If nothing could be compared.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let all: Result<Vec<Go>, Failure> = options.go.iter().map(|it| Go::new(it)).collect();
    let mut agree = true;
    for go in all? {
        println!("{}: timers as in Go {}", go.version, go.timers.name());
        agree &= if options.kernels {
            kernels::compare(options, &go)?
        } else {
            programs::compare(options, &go)?
        };
    }
    Ok(agree)
}
