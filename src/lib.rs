//! Gordian: a model checker for code with goroutines, channels and locks.
//!
//! A *kernel* is a small concurrent program that is written with the operations of [`sync`]: Go's
//! goroutines, channels and locks. [`check()`] explores every interleaving of it that matters. It
//! proves that none is bad, or shows one that is: a deadlock, a goroutine that is never released,
//! a panic.
//!
//! # A test that fails
//!
//! Two servers are asked, and the first answer is enough:
//!
//! ```should_panic
//! use gordian::sync::{chan, go};
//!
//! /// Asks two servers and returns as soon as one has answered.
//! fn first_answer() {
//!     let reply = chan("reply", 0);
//!     for server in ["east", "west"] {
//!         go(server, move || reply.send(42));
//!     }
//!     assert_eq!(reply.recv(), Some(42));
//! }
//!
//! gordian::check(first_answer).assert_proved();
//! ```
//!
//! The test fails, because nobody receives the second answer. Its message shows who is stuck, at
//! the place in the source, and why:
//!
//! ```text
//! expected proved, found leak
//! error[leak]: 1 of 3 goroutines is blocked for ever; main returned
//!   --> tests/first_answer.rs:11:28
//!    |
//! 11 |         go(server, move || reply.send(42));
//!    |                            ^^^^^^^^^^^^^^ `east` is stuck: no receiver
//!    |
//!    = east: no goroutine that is still alive receives from reply (main does at :13 but has ended
//!      here)
//!    = found in 3 steps, 4 states stored, 2 distinct bad ends
//! help: replay it; KERNEL stands for what was checked
//!    |
//!    = gordian::replay(KERNEL, "main*2,west+main")
//! ```
//!
//! The last line plays the execution again: paste it, with `KERNEL` for the function or closure
//! that was checked. A channel with room for the other answer mends it:
//!
//! ```
//! use gordian::sync::{chan, go};
//!
//! fn first_answer() {
//!     let reply = chan("reply", 1);
//!     for server in ["east", "west"] {
//!         go(server, move || reply.send(42));
//!     }
//!     assert_eq!(reply.recv(), Some(42));
//! }
//!
//! gordian::check(first_answer).assert_proved();
//! ```
//!
//! # Channels
//!
//! A channel is as in Go. Without a buffer a send waits for a receive. [`recv`](sync::Chan::recv)
//! yields `None` once the channel is closed and empty, and a `for` loop ends there. [`select!`]
//! waits for several sends and receives. If several can go on, all of them are explored.
//!
//! ```
//! use gordian::select;
//! use gordian::sync::{chan, go, signal};
//!
//! let report = gordian::check(|| {
//!     let (jobs, stop) = (chan("jobs", 1), signal("stop"));
//!     go("producer", move || {
//!         select! {
//!             send(jobs, 7) => {}
//!             recv(stop) => {}
//!         }
//!         jobs.close();
//!     });
//!     for job in jobs {
//!         assert_eq!(job, 7);
//!     }
//!     stop.close();
//! });
//! report.assert_proved();
//! ```
//!
//! # Loops
//!
//! A loop that goes round a few times is a plain Rust loop. To a search, each iteration of a plain
//! loop is a new state. So one that never ends is never proved. [`sync::forever`] and
//! [`sync::repeat`] say that they are loops. A search sees when they return to a state:
//!
//! ```
//! use gordian::sync::{ControlFlow, chan, forever, go};
//!
//! let report = gordian::check(|| {
//!     let requests = chan("requests", 0);
//!     go("server", move || forever(|| match requests.recv() {
//!         Some(_) => ControlFlow::Continue(()),
//!         None => ControlFlow::Break(()),
//!     }));
//!     forever(|| {
//!         requests.send(1);
//!         ControlFlow::Continue(())
//!     })
//! });
//! report.assert_proved(); // although it never ends
//! ```
//!
//! # State and choices
//!
//! State that goroutines share is in the objects of [`sync`]: under a lock, in a channel, in a
//! [`shared`](sync::shared) variable. A search does not see other shared state, such as a static.
//! A kernel must do the same each time that it is run. What may differ is chosen by
//! [`choose`](sync::choose) or [`choose_named`](sync::choose_named), and every choice is explored.
//!
//! # What a verdict means
//!
//! | [`Verdict`] | meaning |
//! |---|---|
//! | `Proved` | the search was complete, and no execution is bad |
//! | `Deadlock` | in some execution main is blocked for ever |
//! | `Leak` | main returns or runs on, and another goroutine is blocked for ever |
//! | `Panic` | in some execution a goroutine panics |
//! | `Within` | no execution with at most the given number of preemptions is bad: no proof |
//! | `Bounded` | a limit was hit, and nothing bad was found up to there: no proof |
//! | `Unsupported`, `Fault` | the kernel could not be judged; the report says why |
//!
//! A proof holds for the kernel as it is written, with its number of goroutines and its values.
//! Data races, weak memory, fairness and real time are not modelled. The page
//! `docs/what-a-pass-means.md` of the repository has every point, each with a test.
//!
//! [`Checker`] sets the [`Engine`] and the limits:
//!
//! ```
//! use std::time::Duration;
//!
//! use gordian::sync::mutex;
//! use gordian::{Checker, Engine};
//!
//! let checker = Checker::new().engine(Engine::Stateful).time_max(Duration::from_secs(10));
//! checker.check(|| drop(mutex("m", 0).lock())).assert_proved();
//! ```
//!
//! # Go, and here
//!
//! | Go | here |
//! |---|---|
//! | `go f()` | [`go("f", f)`](sync::go) |
//! | `make(chan T, n)` | [`chan::<T>("name", n)`](sync::chan); [`signal`](sync::signal) |
//! | `ch <- v`, `v, ok := <-ch`, `close(ch)` | `ch.send(v)`, `ch.recv()`, `ch.close()` |
//! | `for v := range ch` | `for v in ch` |
//! | `select { case .. }` | [`select!`] |
//! | `sync.Mutex`, `sync.RWMutex` | [`mutex`](sync::mutex), [`rwlock`](sync::rwlock) |
//! | `sync.WaitGroup`, `sync.Once` | [`waitgroup`](sync::waitgroup), [`once`](sync::once) |
//! | `sync.Cond` | [`cond`](sync::cond) |
//! | `context.WithCancel(ctx)` | [`ctx.with_cancel("name")`](sync::Context::with_cancel) |
//! | `time.NewTimer`, `time.After` | [`timer`](sync::timer), [`after`](sync::after) |
//! | `time.NewTicker`, `time.Sleep` | [`ticker`](sync::ticker), [`sleep`](sync::sleep) |
//! | `sync/atomic`, a plain variable | [`atomic`](sync::atomic), [`shared`](sync::shared) |
//! | `defer f()` | [`defer! { f() }`](defer!) |
//! | `for { .. }` | [`forever`](sync::forever), [`repeat`](sync::repeat) |
//! | `rand.Intn(n)`, the order of a map | [`choose(n)`](sync::choose) |
//! | `semaphore.NewWeighted` | [`semaphore`](sync::semaphore) |
//! | `errgroup`, `singleflight` | [`blocks::errgroup`], [`blocks::singleflight`] |
//!
//! `docs/from-go.md` in the repository has the same at length, Go beside Rust.
//!
//! # Where to go next
//!
//! [`sync`] has every operation, each with an example. [`replay()`] plays the schedule of a trace
//! again, and a [`Session`](session::Session) plays one step by step. [`explain`] and [`render`]
//! have the trace as a value, and its forms.
//!
//! Put kernels that have two variants and are worth keeping into a [`catalogue`]. [`main`] makes a
//! complete program of one:
//!
//! ```no_run
//! # mod my { pub const CATALOGUE: &[gordian::catalogue::Kernel] = &[]; }
//! fn main() -> std::process::ExitCode {
//!     gordian::main(my::CATALOGUE)
//! }
//! ```

#[cfg(feature = "cli")]
mod cli;

// The code of the README and of the pages for users is compiled and run.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/from-go.md")]
struct FromGo;

#[cfg(feature = "cli")]
pub use cli::{exit, main};
#[doc(inline)]
pub use gordian_checker::{
    Checker, Engine, Report, Subject, TimerRules, Verdict, blocks, catalogue, check, defer,
    execution, explain, explore, model, render, replay, replay_with, report, select, session, sync,
};
