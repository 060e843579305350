//! The reason why a command failed.

use std::fmt;
use std::io;

use super::exit;

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The usage was wrong: the error, and the remedy.
    Usage(String),
    /// No kernel has the name.
    NoKernel(String),
    /// There is no answer.
    NoAnswer(String),
    /// The result could not be written.
    Write(io::Error),
}

impl Failure {
    /// Returns the exit code for it. A reader that closes the pipe is no failure.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::NoKernel(_) => exit::NO_KERNEL,
            Self::NoAnswer(_) => exit::NO_ANSWER,
            Self::Write(error) if is_gone(error) => exit::AS_EXPECTED,
            Self::Write(_) => exit::USAGE,
        }
    }

    /// Returns true if there is nothing to report.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(self, Self::Write(error) if is_gone(error))
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::NoKernel(text) | Self::NoAnswer(text) => f.write_str(text),
            Self::Write(error) => write!(f, "cannot write the result: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}
