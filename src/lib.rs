//! Gordian: a model checker for kernels of goroutines, channels and locks.
//!
//! [`check()`] runs a kernel under every schedule that matters and reports the possible outcomes:
//!
//! ```
//! use gordian::sync::{go, mutex};
//!
//! let report = gordian::check(|| {
//!     let (left, right) = (mutex("left", ()), mutex("right", ()));
//!     go("other", move || {
//!         let of_right = right.lock();
//!         let of_left = left.lock();
//!         of_left.unlock();
//!         of_right.unlock();
//!     });
//!     let of_left = left.lock();
//!     let of_right = right.lock();
//!     of_right.unlock();
//!     of_left.unlock();
//! });
//! assert_eq!(report.verdict, gordian::Verdict::Deadlock);
//! ```
//!
//! A failing test prints the schedule as a call of [`replay()`]. `KERNEL` in it stands for the
//! function or closure that was checked.
//!
//! ```
//! use gordian::explain::trace::Ending;
//! use gordian::sync::chan;
//!
//! const KERNEL: fn() = || {
//!     let done = chan::<()>("done", 0);
//!     done.close();
//!     done.close();
//! };
//! assert_eq!(gordian::replay(KERNEL, "main*2").unwrap().end, Ending::Panic);
//! ```
//!
//! Put kernels that have two variants and are worth keeping into a [`catalogue`]; [`main`] makes a
//! complete program of one:
//!
//! ```no_run
//! # mod my { pub const CATALOGUE: &[gordian::catalogue::Kernel] = &[]; }
//! fn main() -> std::process::ExitCode {
//!     gordian::main(my::CATALOGUE)
//! }
//! ```
//!
//! Kernels are written with the operations of [`sync`]. [`Checker`] selects the search and its
//! limits.

#[cfg(feature = "cli")]
mod cli;

// The README's code is compiled and run.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "cli")]
pub use cli::{exit, main};
pub use gordian_checker::{
    Checker, Engine, Report, Subject, TimerRules, Verdict, blocks, catalogue, check, defer,
    execution, explain, explore, model, render, replay, replay_with, report, select, session, sync,
};
