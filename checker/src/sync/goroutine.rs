//! The `go` statement, the kernel's own choices, loops that a search can see the end of, and
//! `defer`.

use std::ops::ControlFlow;

use super::handle::{here, intern, perform};
use crate::model::{Op, Outcome};
use crate::runtime::backend::current;
use crate::runtime::unwinding::is_without_effect;
use crate::runtime::values::Value;

/// The `go` statement: starts a goroutine of this name.
///
/// All that goroutines share must be in objects of [`sync`](crate::sync): what goes round them is
/// seen by no search. The handles are `Copy`, so that a `move` closure takes them along as they
/// are. A body must not suspend, that is call an operation, within a call that lends out a part of
/// its stack until it returns, such as `std::thread::scope`.
#[track_caller]
pub fn go(name: &str, body: impl FnOnce() + 'static) {
    current().go(name, Box::new(body), here());
}

/// Starts so many goroutines that do the same: `for range n { go f() }`.
#[track_caller]
pub fn go_many(name: &str, count: u32, body: impl Fn() + Clone + 'static) {
    for _ in 0..count {
        go(name, body.clone());
    }
}

/// Any number below `below`: the kernel's own nondeterminism, such as the order of a map. All are
/// explored.
///
/// There must be such a number, and there may be 65,536 of them: else the check ends with a
/// [fault](crate::model::Fault::Choice) that names the place.
#[track_caller]
pub fn choose(below: u32) -> u32 {
    match perform(Op::Choose(below)) {
        Outcome::Number(number) => u32::try_from(number).expect("below a u32"),
        outcome => unreachable!("a choice yields {outcome:?}"),
    }
}

/// A loop of which a search can see that it comes back to where it was.
///
/// A Rust loop is as long as its history: each turn is a new state. This one says that all it
/// carries from turn to turn is nothing: what the body changes must be in objects of
/// [`sync`](crate::sync), which is why it is an `Fn`. So the search that remembers states sees a
/// cycle where there is one, and can prove a program that runs for ever.
#[track_caller]
pub fn forever<R>(body: impl Fn() -> ControlFlow<R>) -> R {
    repeat((), |()| body())
}

/// As [`forever`], with a state that goes from turn to turn.
#[track_caller]
pub fn repeat<S: Value, R>(mut state: S, body: impl Fn(S) -> ControlFlow<R, S>) -> R {
    let site = here();
    let looped = current().enter_loop(site);
    loop {
        // The body gets the state itself, not one that is equal to it: so it shows if that makes a
        // difference.
        let carried = intern(state.clone());
        current().loop_head(looped, carried, site);
        match body(state) {
            ControlFlow::Continue(next) => state = next,
            ControlFlow::Break(result) => return result,
        }
    }
}

/// `defer`: calls `f` when the value that this returns goes out of scope. Not while the kernel
/// panics, nor in a goroutine that is blocked for ever, whose deferred calls Go never runs either.
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

/// `defer`: runs a block where the scope that this stands in ends, as [`sync::defer`](defer) does
/// with a closure. There is no value that could be dropped by mistake.
///
/// ```
/// use gordian_checker::{defer, sync::waitgroup};
///
/// let report = gordian_checker::check(|| {
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
