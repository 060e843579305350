//! An exercise of `gordian learn`: write a kernel of the Go code that it shows.
//!
//! Goroutines: `main`, `run`, `Status` and `Stop`. The channels are called `n.status`, `n.stop` and
//! `n.done`.

/// The code with the bug.
pub(crate) fn buggy() {}

/// The code with the fix.
pub(crate) fn fixed() {}
