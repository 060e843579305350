//! The exit codes of the program.

/// All is as it is expected to be. Of `run` and `replay`: nothing bad was found, or what `--expect`
/// says.
pub const AS_EXPECTED: u8 = 0;

/// A variant did not do what its kernel says it does. Of `run` and `replay`: a bug was found, or
/// not what `--expect` says.
pub const UNEXPECTED: u8 = 1;

/// The program was called in a way that it does not understand, or could not read or write what it
/// was told to.
pub const USAGE: u8 = 2;

/// There is no answer: a limit or Ctrl-C stopped the search before one, the engine cannot run the
/// kernel, or, under `--require-proof`, the search was bounded.
pub const NO_ANSWER: u8 = 3;

/// No kernel of the catalogue has the name that was asked for.
pub const NO_KERNEL: u8 = 4;

/// The program has a defect: it panicked.
pub const PANIC: u8 = 101;

/// The codes as they are told in the help and in the manual.
pub(crate) const HELP: &str = "\
Exit codes:
  0    every variant did what its kernel says; of `run` and `replay`: nothing
       bad was found, also by a search that was asked to go no further (at
       random, with few preemptions), or it is what --expect says
  1    a variant did not; of `run` and `replay`: a bug was found, or it is not
       what --expect says
  2    wrong usage, or a file that cannot be read or written
  3    no answer: stopped by a limit or by Ctrl-C, a kernel that the engine
       cannot run, or bounded under --require-proof
  4    no kernel has this name
  101  a defect of the program itself";
