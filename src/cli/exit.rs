//! The exit codes of the program.

/// Everything is as expected. For `run` and `replay`: nothing bad was found, or the result is what
/// `--expect` says.
pub const AS_EXPECTED: u8 = 0;

/// A variant did not do what its kernel says, and not all of that is in the baseline. For `run` and
/// `replay`: a bug was found, or the result is not what `--expect` says.
pub const UNEXPECTED: u8 = 1;

/// The usage was wrong, or a file could not be read or written, or is no baseline of this version.
pub const USAGE: u8 = 2;

/// There is no answer: a limit, the total time or Ctrl-C stopped the search first, or the engine
/// cannot run the kernel. Under `--require-proof`, a bounded search gives none, either.
pub const NO_ANSWER: u8 = 3;

/// No kernel of the catalogue has the given name.
pub const NO_KERNEL: u8 = 4;

/// The program has a defect: it panicked.
pub const PANIC: u8 = 101;

/// The codes as the help and the manual describe them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    every variant did what its kernel says, or only what is in --baseline;
       of `run` and `replay`: nothing bad was found, also by a search that was
       asked to go no further (at random, with few preemptions), or it is what
       --expect says
  1    a variant did not; of `run` and `replay`: a bug was found, or it is not
       what --expect says
  2    wrong usage, or a file that cannot be read or written, or a baseline of
       another version
  3    no answer: stopped by a limit, by --total-time or by Ctrl-C, a kernel
       that the engine cannot run, or bounded under --require-proof
  4    no kernel has this name
  101  a defect of the program itself";
