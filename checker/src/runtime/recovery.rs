//! The end of scopes that a panic or a `Goexit` leaves, and `recover`.
//!
//! In Go a panic runs the deferred calls, the last first, while its goroutine lives on: a deferred
//! call may block, and one may recover. Here a panic unwinds the frames of a coroutine, which
//! cannot be suspended meanwhile: see [unwinding](super::unwinding). So a deferred call due then
//! is kept. It runs once the unwinding has come to the enclosing [`recover`], or to the end of a
//! body that `Goexit` ends. The calls and their order are those of Go. A panic that nobody recovers
//! runs none of them, since it ends the program.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::backend::current;
use super::coroutine::{Finished, is_leaving};
use super::panic_hook;
use super::site::StaticSite;
use super::stack_overflow::is_overflow;
use super::unwinding::{is_disposing, is_without_effect};
use crate::model::Panic;

type Payload = Box<dyn Any + Send>;

/// A call that is due.
type Call = Box<dyn FnOnce()>;

/// The places of a goroutine at which an unwinding stops, the innermost last. Each has the calls
/// that came due on the way to it.
#[derive(Default)]
pub(super) struct Frames(Vec<Vec<Call>>);

impl Frames {
    /// Forgets the calls, whose destructors are the kernel's.
    pub(super) fn forget(self) {
        self.0.into_iter().flatten().for_each(std::mem::forget);
    }

    /// Returns true if a panic would stop before the end of the body.
    pub(super) fn recover(&self) -> bool {
        self.0.len() > 1
    }
}

thread_local! {
    /// The frames of the running goroutine.
    static FRAMES: RefCell<Frames> = const { RefCell::new(Frames(Vec::new())) };
}

/// Sets the frames of the running goroutine. Returns the previous ones.
pub(super) fn replace(frames: Frames) -> Frames {
    FRAMES.replace(frames)
}

/// The payload of `Goexit`, with its place.
struct Exit(StaticSite);

/// The payload of a panic in a deferred call that `Goexit` runs. If it is recovered, the `Goexit`
/// goes on.
struct Instead {
    panic: Payload,
    exit: Exit,
}

/// The payload of an operation that panics.
pub(crate) struct OperationPanic {
    pub(crate) panic: Panic,
    /// The place of the operation.
    pub(crate) site: StaticSite,
}

impl OperationPanic {
    /// Panics within an operation.
    pub(crate) fn throw(panic: Panic, site: StaticSite) -> ! {
        resume_unwind(Box::new(Self { panic, site }))
    }
}

/// Makes a call that is due at the end of a scope: now, or after an unwinding. It is dropped where
/// operations have no effect.
pub(crate) fn at_scope_end(call: impl FnOnce() + 'static) {
    if !is_without_effect() {
        call();
    } else if !is_disposing() && !is_leaving() {
        FRAMES.with_borrow_mut(|frames| {
            if let Some(due) = frames.0.last_mut() {
                due.push(Box::new(call));
            }
        });
    }
}

/// Ends the calling goroutine: `runtime.Goexit`.
#[track_caller]
pub(crate) fn exit(site: StaticSite) -> ! {
    drop(current());
    resume_unwind(Box::new(Exit(site)))
}

/// Runs `f`. Returns the payload that has left it, with the calls that came due. A goroutine that
/// is abandoned unwinds further.
fn catch<R>(f: impl FnOnce() -> R) -> Result<R, (Payload, Vec<Call>)> {
    FRAMES.with_borrow_mut(|frames| frames.0.push(Vec::new()));
    let result = catch_unwind(AssertUnwindSafe(f));
    let due = FRAMES.with_borrow_mut(|frames| frames.0.pop());
    let due = due.unwrap_or_default();
    match result {
        // Calls are left if code of the kernel has caught the panic in another way.
        Ok(result) => {
            panic_hook::dispose(due);
            Ok(result)
        }
        Err(payload) if is_leaving() => resume_unwind(payload),
        Err(payload) => Err((payload, due)),
    }
}

/// Makes the calls that are due after this payload. Returns the last payload.
fn make(due: Vec<Call>, mut thrown: Payload) -> Payload {
    for call in due {
        if let Err((payload, due)) = catch(call) {
            thrown = succeed(thrown, make(due, payload));
        }
    }
    thrown
}

/// Returns the payload that goes on where a deferred call throws the second one. The last one
/// counts, but a panic does not end a `Goexit` for good.
fn succeed(before: Payload, now: Payload) -> Payload {
    let exit = match before.downcast::<Exit>() {
        Ok(exit) => *exit,
        Err(before) => match before.downcast::<Instead>() {
            Ok(before) => {
                panic_hook::dispose(before.panic);
                before.exit
            }
            Err(before) => {
                panic_hook::dispose(before);
                return now;
            }
        },
    };
    if now.is::<Exit>() || now.is::<Instead>() {
        return now;
    }
    Box::new(Instead { panic: now, exit })
}

/// Runs `f`. Returns the message of its panic after the deferred calls in `f`. A `Goexit` in `f`
/// and an overflow of the stack pass through.
pub(crate) fn recover<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    let (payload, due) = match catch(f) {
        Ok(result) => return Ok(result),
        Err(thrown) => thrown,
    };
    if is_overflow(payload.as_ref()) {
        resume_unwind(payload);
    }
    let payload = make(due, payload);
    if payload.is::<Exit>() || is_overflow(payload.as_ref()) {
        resume_unwind(payload);
    }
    let payload = match payload.downcast::<Instead>() {
        Ok(instead) => {
            panic_hook::dispose(instead.panic);
            resume_unwind(Box::new(instead.exit))
        }
        Err(payload) => payload,
    };
    Err(match payload.downcast_ref::<OperationPanic>() {
        Some(thrown) => thrown.panic.message().unwrap_or_default().to_owned(),
        None => panic_hook::panic_message(payload).0,
    })
}

/// Runs the body of a goroutine to its end. After a `Goexit` it makes the deferred calls; main
/// never goes on then.
pub(super) fn run_body(body: Box<dyn FnOnce()>) -> Finished {
    let (payload, due) = match catch(body) {
        Ok(()) => return Ok(()),
        Err(thrown) => thrown,
    };
    let exit = end_of_body(payload, due)?;
    current().exited(exit.0);
    Ok(())
}

/// Makes the calls that are due after the body of a goroutine, if a Goexit has left it.
///
/// # Errors
/// The payload of a panic of the body or of such a call. Nobody recovers it, so no other call is
/// made.
fn end_of_body(payload: Payload, due: Vec<Call>) -> Result<Exit, Payload> {
    let mut due = due.into_iter();
    let mut exit = match payload.downcast::<Exit>() {
        Ok(exit) => *exit,
        Err(payload) => {
            panic_hook::dispose(due);
            return Err(payload);
        }
    };
    while let Some(call) = due.next() {
        let Err((payload, more)) = catch(call) else {
            continue;
        };
        match end_of_body(payload, more) {
            Ok(last) => exit = last,
            Err(payload) => {
                panic_hook::dispose(due);
                return Err(payload);
            }
        }
    }
    Ok(exit)
}
