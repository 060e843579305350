//! The library of Gordian: primitives, rules, searches and reports.
//!
//! Gordian is a model checker for code with goroutines, channels and locks. Tests use it as the
//! crate `gordian`, which exports nearly all of this one under its own name. Its first page shows
//! how to write a kernel. This page is for those who write a catalogue, a tool, or a part of
//! Gordian.
//!
//! # From a kernel to a report
//!
//! A kernel is a closure that is written with the operations of [`sync`]. [`check`] explores its
//! interleavings and returns a [`Report`]. Its [`Verdict`] is one word, and its traces are values:
//!
//! ```
//! # use gordian_checker as gordian;
//! use gordian::Verdict;
//! use gordian::explain::trace::Ending;
//! use gordian::sync::{chan, go};
//!
//! let report = gordian::check(|| {
//!     let answers = chan("answers", 0);
//!     for server in ["east", "west"] {
//!         go(server, move || answers.send(42));
//!     }
//!     answers.recv();
//! });
//! assert_eq!(report.verdict, Verdict::Leak);
//! let trace = report.trace().expect("a leak has a trace");
//! assert_eq!(trace.end, Ending::Leak);
//! // main starts both; then it receives from one of them.
//! assert_eq!(trace.steps.len(), 3);
//! ```
//!
//! A trace is drawn in several forms, each a [`Format`](render::Format). Its schedule can be played
//! again with [`replay()`], or step by step in a [`Session`].
//!
//! # Channels and loops
//!
//! A channel is as in Go: [`chan`](sync::chan) makes one, [`select!`] waits for several, and a nil
//! channel blocks. A Rust loop over its values ends when it is closed and empty.
//!
//! A search sees states, and a Rust loop has a new state in each iteration. A loop that does not
//! end, or that may go round often, should be a [`forever`](sync::forever) or a
//! [`repeat`](sync::repeat). Then a search sees that it returns to a state, and can prove it.
//!
//! # Searches
//!
//! [`Checker`] has the settings: the [`Engine`], the limits, the rules of timers. Behind an engine
//! is a [`Search`](explore::Search) over a [`Program`](model::Program). A program is a set of
//! automata, and need not be made of closures: [`script`] has programs that are data. A search is a
//! value. It advances by slices, and can be [saved and resumed](explore::SearchSnapshot):
//!
//! ```
//! use std::sync::Arc;
//!
//! use gordian_checker::explore::optimal::Optimal;
//! use gordian_checker::explore::{Limits, Meter, Progress, Search};
//! use gordian_checker::script::{Memory, Script, Start, Statement::Lock, Statement::Unlock};
//!
//! let mut script = Script::new();
//! let m = script.mutex("m");
//! script.goroutine("main", [Lock(m), Unlock(m)]);
//! script.goroutine("other", [Lock(m), Unlock(m)]);
//! let mut program = script.interpreter(Start::Together, Memory::Forgetful);
//! let mut search = Optimal::new();
//! let mut meter = Meter::new(Limits::default(), Arc::default());
//! while search.advance(&mut program, &mut meter)? == Progress::Paused {}
//! assert_eq!(search.findings().executions, 2);
//! # Ok::<(), gordian_checker::model::Fault>(())
//! ```
//!
//! # What a verdict means
//!
//! [`Verdict::Proved`] is said of a complete search without a bad execution, and only then. A limit
//! that was hit makes it [`Verdict::Bounded`]. A [`Fault`](model::Fault) is no behaviour of the
//! kernel, but a reason why it cannot be judged. `docs/what-a-pass-means.md` in the repository has
//! all of it, each point with a test.
//!
//! # Go, and here
//!
//! | Go | here |
//! |---|---|
//! | `go f()` | [`sync::go`] |
//! | `make(chan T, n)`, `ch <- v`, `<-ch`, `close(ch)` | [`sync::chan`], `send`, `recv`, `close` |
//! | `select` | [`select!`] |
//! | `sync.Mutex`, `sync.RWMutex` | [`sync::mutex`], [`sync::rwlock`] |
//! | `sync.WaitGroup`, `sync.Once` | [`sync::waitgroup`], [`sync::once`] |
//! | `sync.Cond` | [`sync::cond`] |
//! | `context.Context` | [`sync::background`] and what is derived from it |
//! | `time.Timer`, `time.Ticker` | [`sync::timer`], [`sync::ticker`] |
//! | `time.Sleep` | [`sync::sleep`] |
//! | `sync/atomic`, a plain variable | [`sync::atomic`], [`sync::shared`] |
//! | `defer` | [`defer!`] |
//! | `for { .. }` without end | [`sync::forever`], [`sync::repeat`] |
//! | errgroup, singleflight, semaphore of x/sync | [`blocks`], [`sync::semaphore`] |
//!
//! # Where to go next
//!
//! | module | its subject |
//! |---|---|
//! | [`sync`], [`blocks`] | what kernels are written with |
//! | [`model`] | the rules: states, steps, and which steps commute |
//! | [`explore`] | the searches; [`explore::optimal`] and [`explore::stateful`] explain theirs |
//! | [`execution`] | one execution: its schedule, its end, its words |
//! | [`explain`], [`render`] | why it ends so, and the forms in which that is drawn |
//! | [`catalogue`] | kernels with two variants, as data |
//! | [`script`] | programs as data, random ones among them |
//! | [`session`], [`mod@replay`] | one execution, step by step or at once |
//! | [`supervise`], [`memory`] | a search that is watched, and the memory that it uses |
//!
//! `ARCHITECTURE.md` in the repository has the map, the invariants, and recipes.

mod assertions;
pub mod blocks;
pub mod catalogue;
mod checker;
mod engine;
pub mod execution;
pub mod explain;
pub mod explore;
#[cfg(feature = "loom")]
pub mod loom;
pub mod memory;
pub mod model;
pub mod render;
pub mod replay;
pub mod report;
mod runtime;
pub mod script;
pub mod session;
mod subject;
pub mod supervise;
pub mod sync;
mod verdict;

pub use checker::{Checker, STACK_BYTES, check};
pub use engine::Engine;
pub use model::TimerRules;
pub use replay::{replay, replay_with};
pub use report::Report;
pub use session::Session;
pub use subject::Subject;
pub use verdict::Verdict;
