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
//! Kernels that come in two variants and are worth keeping go into a [`catalogue`], and [`main`] makes a whole program of one:
//!
//! ```no_run
//! # mod my { pub const CATALOGUE: &[gordian::catalogue::Kernel] = &[]; }
//! fn main() -> std::process::ExitCode {
//!     gordian::main(my::CATALOGUE)
//! }
//! ```
//!
//! What a kernel is written with is in [`sync`]. How to say which search, and how far it may go, is in [`Checker`].

mod cli;

// The README's code is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use cli::exit;
pub use cli::main;
pub use gordian_checker::{
    Checker, Engine, Report, Subject, Verdict, catalogue, check, execution, explain, explore,
    model, render, report, select, sync,
};
