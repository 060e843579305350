//! An exercise of `gordian learn`: write a kernel of the Go code that it shows.
//!
//! Goroutines: `main` and `reconcileState`. The lock is called `s`.

/// The code with the bug.
pub(crate) fn buggy() {}

/// The code with the fix.
pub(crate) fn fixed() {}
