//! The `go` statement, the kernel's own choices, loops whose cycles a search can see, and `defer`.

use std::fmt;
use std::ops::ControlFlow;

use super::handle::{here, intern, perform};
use crate::model::{Op, Outcome, ThingKind};
use crate::runtime::backend::{NewBody, current};
use crate::runtime::interner::Value;
use crate::runtime::recovery;

/// Starts a goroutine with this name: the `go` statement.
///
/// Goroutines may share state only through objects of [`sync`](crate::sync): no search sees other
/// shared state. The handles are `Copy`, so a `move` closure can use them directly. Operations
/// suspend the goroutine. So a body must not call one within a call that lends out part of its
/// stack until it returns, such as `std::thread::scope`.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{chan, go};
///
/// let report = gordian::check(|| {
///     let done = chan("done", 0);
///     go("worker", move || done.send("it is done"));
///     assert_eq!(done.recv(), Some("it is done"));
/// });
/// report.assert_proved();
/// ```
#[track_caller]
pub fn go(name: &str, body: impl FnOnce() + 'static) {
    start(name, ThingKind::Goroutine, body, None);
}

/// Starts a goroutine that may outlive main: it is no leak if it only waits.
///
/// It only waits if it is blocked for ever in a send, a receive, a `select` or a `WaitGroup.Wait`.
/// So it does in a `Cond.Wait` that no signal has ended. One that waits for a lock, a semaphore or
/// a `Once` is a leak like any other goroutine. So is whoever waits for something that a daemon
/// holds.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{chan, daemon};
///
/// let report = gordian::check(|| {
///     let log = chan("log", 1);
///     daemon("logger", move || {
///         for line in log {
///             assert_eq!(line, "started");
///         }
///     });
///     log.send("started");
/// });
/// report.assert_proved();
/// ```
#[track_caller]
pub fn daemon(name: &str, body: impl FnOnce() + 'static) {
    start(name, ThingKind::Daemon, body, None);
}

/// `recover`: runs `f`, and turns a panic in it into its message.
///
/// It is Go's function with `defer func() { err = recover() }()` at its beginning and `f` for the
/// rest. As there, the deferred calls and guards in `f` take effect after the panic, the last
/// first, and may block. If one of them panics, its panic replaces the first. The panics of
/// operations are recovered too, except for those that are fatal errors in Go: the unlock of a lock
/// that is not locked. A `Goexit` in `f` is not recovered. An overflow of the stack is neither.
///
/// # Errors
/// The message of the panic, as Go words it if an operation panicked.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{chan, recover};
///
/// let report = gordian::check(|| {
///     let ch = chan::<u8>("ch", 0);
///     ch.close();
///     assert_eq!(recover(|| ch.send(1)), Err("send on closed channel".to_owned()));
/// });
/// report.assert_proved();
/// ```
pub fn recover<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    recovery::recover(f)
}

/// `runtime.Goexit`: makes the deferred calls of this goroutine, and ends it. The others go on.
///
/// Main does not return then. Once all others have ended it is blocked for ever: a deadlock, as in
/// Go. While others run on for ever it is none.
///
/// # Panics
/// If the caller is no goroutine of a kernel.
#[track_caller]
pub fn goexit() -> ! {
    recovery::exit(here())
}

/// Starts `count` goroutines with the same body: `for range n { go f() }`.
///
/// A search may let them exchange their names, as long as they make nothing: of two states that
/// differ in nothing else it visits one. That is why the body is `Copy`. What it captures is the
/// same in all of them.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{atomic, go_many, waitgroup};
///
/// let report = gordian::check(|| {
///     let (count, wg) = (atomic("count", 0), waitgroup("wg"));
///     wg.add(5);
///     go_many("worker", 5, move || {
///         count.add(1);
///         wg.done();
///     });
///     wg.wait();
///     assert_eq!(count.load(), 5);
/// });
/// report.assert_proved();
/// ```
#[track_caller]
pub fn go_many(name: &str, count: u32, body: impl Fn() + Copy + 'static) {
    for twin in 0..count {
        start(name, ThingKind::Goroutine, body, Some(twin));
    }
}

/// Starts a goroutine. `twin` is its number among those with the same body: see
/// [`NewBody::twin`].
#[track_caller]
pub(crate) fn start(name: &str, kind: ThingKind, body: impl FnOnce() + 'static, twin: Option<u32>) {
    let body = Box::new(body);
    current().go(name, kind, NewBody { body, twin }, here());
}

/// Returns any number below `below`, and all of them are explored. It is the kernel's own
/// nondeterminism, such as the iteration order of a map.
///
/// `below` must be from 1 to 65,536. Otherwise the check ends with a
/// [fault](crate::model::Fault::Choice) that names the place.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::choose;
///
/// let report = gordian::check(|| assert_ne!(1 + choose(6), 6, "a six"));
/// report.assert_panic();
/// ```
#[track_caller]
pub fn choose(below: u32) -> u32 {
    chosen(Op::Choose(below, None))
}

/// Returns any number below `below`, as [`choose`] does. Traces show the name with it: what is
/// chosen.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::choose_named;
///
/// let report = gordian::check(|| {
///     let expired = choose_named("expired", 2) == 1;
///     assert!(!expired, "it has expired");
/// });
/// report.assert_panic();
/// let trace = report.trace().unwrap();
/// assert_eq!(trace.steps[0].by[0].text(), "choose expired (= 1)");
/// ```
#[track_caller]
pub fn choose_named(name: &str, below: u32) -> u32 {
    let label = intern(Label(name.to_owned()));
    chosen(Op::Choose(below, Some(label)))
}

/// The name of a choice, which is shown as it is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Label(String);

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[track_caller]
fn chosen(op: Op) -> u32 {
    match perform(op) {
        Outcome::Number(number) => u32::try_from(number).expect("below a u32"),
        outcome => unreachable!("a choice yields {outcome:?}"),
    }
}

/// Runs a loop of which a search can see that it returns to an earlier state.
///
/// An ordinary Rust loop depends on its whole history, so each iteration is a new state. This loop
/// carries nothing from one iteration to the next: the body may change only objects of
/// [`sync`](crate::sync), which is why it is an `Fn`. So the stateful search recognises a cycle
/// where there is one, and can prove a program that runs for ever.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{ControlFlow, chan, forever, go};
///
/// let report = gordian::check(|| {
///     let (ping, pong) = (chan("ping", 0), chan("pong", 0));
///     go("player", move || {
///         forever(|| {
///             ping.recv();
///             pong.send(());
///             ControlFlow::<()>::Continue(())
///         });
///     });
///     forever(|| {
///         ping.send(());
///         pong.recv();
///         ControlFlow::Continue(())
///     })
/// });
/// report.assert_proved();
/// ```
#[track_caller]
pub fn forever<R>(body: impl Fn() -> ControlFlow<R>) -> R {
    repeat((), |()| body())
}

/// Does the same as [`forever`], with a state that is passed from one iteration to the next.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{ControlFlow, chan, go, repeat};
///
/// let report = gordian::check(|| {
///     let numbers = chan("numbers", 0);
///     go("producer", move || {
///         numbers.send(1);
///         numbers.send(2);
///         numbers.close();
///     });
///     let sum = repeat(0, |sum| match numbers.recv() {
///         Some(number) => ControlFlow::Continue(sum + number),
///         None => ControlFlow::Break(sum),
///     });
///     assert_eq!(sum, 3);
/// });
/// report.assert_proved();
/// ```
#[track_caller]
pub fn repeat<S: Value, R>(mut state: S, body: impl Fn(S) -> ControlFlow<R, S>) -> R {
    let site = here();
    let looped = current().enter_loop(site);
    loop {
        // The body gets the state itself and not an equal copy. So a difference between equal
        // values shows.
        let carried = intern(state.clone());
        current().loop_head(looped, carried, site);
        match body(state) {
            ControlFlow::Continue(next) => state = next,
            ControlFlow::Break(result) => return result,
        }
    }
}

/// `defer`: calls `f` when the returned value goes out of scope. If a panic or [`goexit`] leaves
/// the scope, `f` is called as soon as that is [recovered](recover) or has come to the goroutine's
/// start. It is not called if nobody recovers the panic, nor in a goroutine that is blocked for
/// ever; Go does not call it there either.
#[must_use = "what is deferred happens when this value goes out of scope: bind it to a name"]
pub fn defer(f: impl FnOnce() + 'static) -> impl Drop {
    struct Deferred<F: FnOnce() + 'static>(Option<F>);
    impl<F: FnOnce() + 'static> Drop for Deferred<F> {
        fn drop(&mut self) {
            if let Some(f) = self.0.take() {
                recovery::at_scope_end(f);
            }
        }
    }
    Deferred(Some(f))
}

/// `defer`: runs a block at the end of the enclosing scope, as [`sync::defer`](defer) does with a
/// closure. There is no value that could be dropped by mistake.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::{defer, sync::waitgroup};
///
/// let report = gordian::check(|| {
///     let wg = waitgroup("wg");
///     wg.add(1);
///     {
///         defer! { wg.done() }
///     }
///     wg.wait();
/// });
/// report.assert_proved();
/// ```
#[macro_export]
macro_rules! defer {
    ($($body:tt)*) => {
        let _deferred = $crate::sync::defer(move || { $($body)*; });
    };
}
