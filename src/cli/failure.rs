//! Why a command could not do what it was asked to.

use std::fmt;
use std::io;

use super::exit;

/// Why a command could not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was called in a way that makes no sense: what is wrong, and what to do.
    Usage(String),
    /// No kernel has the name.
    NoKernel(String),
    /// There is no answer.
    NoAnswer(String),
    /// The result could not be written.
    Write(io::Error),
}

impl Failure {
    /// The exit code that tells it. A reader that has seen enough and went away is no failure.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::NoKernel(_) => exit::NO_KERNEL,
            Self::NoAnswer(_) => exit::NO_ANSWER,
            Self::Write(error) if is_gone(error) => exit::AS_EXPECTED,
            Self::Write(_) => exit::USAGE,
        }
    }

    /// Whether there is nothing to say about it.
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
