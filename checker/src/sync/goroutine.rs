//! The `go` statement, the kernel's own choices, loops whose cycles a search can see, and `defer`.

use std::ops::ControlFlow;

use super::handle::{here, intern, perform};
use crate::model::{Op, Outcome};
use crate::runtime::backend::current;
use crate::runtime::interner::Value;
use crate::runtime::unwinding::is_without_effect;

/// The `go` statement: starts a goroutine with this name.
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
    current().go(name, Box::new(body), here());
}

/// Starts `count` goroutines with the same body: `for range n { go f() }`.
#[track_caller]
pub fn go_many(name: &str, count: u32, body: impl Fn() + Clone + 'static) {
    for _ in 0..count {
        go(name, body.clone());
    }
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
    match perform(Op::Choose(below)) {
        Outcome::Number(number) => u32::try_from(number).expect("below a u32"),
        outcome => unreachable!("a choice yields {outcome:?}"),
    }
}

/// A loop of which a search can see that it returns to an earlier state.
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

/// Like [`forever`], with a state that is passed from one iteration to the next.
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

/// `defer`: calls `f` when the returned value goes out of scope. `f` is not called while the kernel
/// panics. Nor is it called in a goroutine that is blocked for ever; Go does not call it there
/// either.
#[must_use = "what is deferred happens when this value goes out of scope: bind it to a name"]
pub fn defer(f: impl FnOnce()) -> impl Drop {
    struct Deferred<F: FnOnce()>(Option<F>);
    impl<F: FnOnce()> Drop for Deferred<F> {
        fn drop(&mut self) {
            if let Some(f) = self.0.take()
                && !is_without_effect()
            {
                f();
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
