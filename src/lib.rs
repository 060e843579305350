//! Gordian: a model checker for kernels of goroutines, channels and locks.
//!
//! [`check()`] runs a kernel under every schedule that matters and says what can come of it:
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
//! A test that fails prints the schedule as a call of [`replay()`], in which `KERNEL` stands for
//! what was checked: a function, or a closure.
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
//! Kernels that come in two variants and are worth keeping go into a [`catalogue`], and [`main`]
//! makes a whole program of one:
//!
//! ```no_run
//! # mod my { pub const CATALOGUE: &[gordian::catalogue::Kernel] = &[]; }
//! fn main() -> std::process::ExitCode {
//!     gordian::main(my::CATALOGUE)
//! }
//! ```
//!
//! What a kernel is written with is in [`sync`]. How to say which search, and how far it may go, is
//! in [`Checker`].

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
    execution, explain, explore, model, render, replay, replay_with, report, select, sync,
};
