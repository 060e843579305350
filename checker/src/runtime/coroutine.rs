//! Closures that can stop in the middle: stackful coroutines, on the crate corosensei. With
//! [`overflow`](super::overflow), which says what happens when their stack is too small, the only
//! unsafe code of Gordian.
//!
//! A [`Coroutine`] runs a body until it calls [`suspend`], which gives control back to
//! [`Coroutine::resume`]; the next `resume` goes on there. One that is dropped in the middle is
//! *abandoned*: it is resumed once more, and [`suspend`] unwinds it with a payload of its own,
//! [`Left`], so that its destructors run and its heap is freed. Their operations have no effect
//! (see [`unwinding`](super::unwinding)). A body that catches the payload and comes to another
//! operation is unwound from there again, up to [`SWALLOWED_MAX`] times. After that, its stack is
//! left as it is for ever, and [`Coroutine::abandon`] says so.
//!
//! # Why this is sound
//! - `YIELDER` points to the yielder of the coroutine that runs on this thread, or is null. It is
//!   written when a body begins and when it goes on, and put back when `resume` returns, so while a
//!   body runs it is that body's own; a yielder lives as long as its coroutine's body. It is a
//!   thread-local, and a `Coroutine` is not `Send`, so no other thread sees it.
//! - A stack is used again only if its body has ended: returned, or unwound to [`Coroutine::new`]'s
//!   `catch_unwind`. All its frames have been left then in the ordinary way. So code that relies on
//!   a frame being left before its memory is reused can rely on it here: a scoped thread that has
//!   borrowed from the frame (`std::thread::scope` joins it while it unwinds), a value that is
//!   pinned to it.
//! - A stack whose frames have *not* been left is never used again, which is what `mem::forget`
//!   does to each value in them: memory is leaked, and that is safe. So it is with a body that does
//!   not let itself be unwound, with one that is abandoned while the thread that searches panics
//!   itself (a second unwinding could not be told from the first), with one of which a destructor
//!   panics while it unwinds, and with one whose stack was too small. The last alone can take much
//!   memory: see
//!   [`overflow::retire`].
//! - The unwinder keeps a count of panics a thread. A body is never suspended while it unwinds, so
//!   the count is that of the search whenever a body is not running. It is too high, for good, once
//!   a destructor has panicked while a body unwound ([`DestructorPanicked`]): Rust knows no way to
//!   take a panic back that nobody has caught. Nothing of a kernel runs on that thread afterwards.

#![expect(unsafe_code, reason = "stack switching; the argument is above")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{mem, ptr};

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{CoroutineResult, Yielder};

use super::overflow::{self, Extent, Overflow};
use super::{quiet, unwinding, values};
use crate::memory::has_room;
use crate::model::Outcome;

type Raw = corosensei::Coroutine<Resume, (), Ended, DefaultStack>;

/// With what a body begins, or goes on from where it is suspended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resume {
    /// Nothing: it begins, or is at the head of a loop.
    GoOn,
    /// The outcome of the operation that it asked for.
    Told(Outcome),
    /// The number of the loop that it enters.
    Entered(u32),
}

/// What a coroutine returns: [`Finished`] as plain data, as a handler of faults needs it.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    Returned,
    /// The payload, which belongs to whoever gets this.
    Panicked(*mut (dyn Any + Send)),
    /// Its stack was too small.
    Overflowed,
    /// A destructor has panicked while it unwound.
    DestructorPanicked,
}

/// How a body ended: returned, or panicked with a payload.
pub(crate) type Finished = Result<(), Box<dyn Any + Send>>;

/// Stacks that are kept for later, a thread.
const POOLED_STACKS_MAX: usize = 64;

/// The number of times that an abandoned body may catch its unwinding and come to another
/// operation.
const SWALLOWED_MAX: u32 = 16;

/// The payload with which an abandoned body unwinds.
struct Left;

/// The payload of a body of which a destructor has panicked while it unwound. The thread counts as
/// panicking from then on, so nothing of the kernel may run on it any more.
pub(crate) struct DestructorPanicked;

/// What became of a body that was abandoned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Abandoned {
    /// It has ended.
    Ended,
    /// It stands where it stood, and so does its stack, for ever.
    Stays,
    /// As [`DestructorPanicked`] says. Its stack stays, too.
    DestructorPanicked,
}

thread_local! {
    static YIELDER: Cell<*const Yielder<Resume, ()>> = const { Cell::new(ptr::null()) };
    /// While an abandoned body unwinds: the number of times that it has been made to.
    static LEAVING: Cell<Option<u32>> = const { Cell::new(None) };
    static STACKS: RefCell<Vec<Pooled>> = const { RefCell::new(Vec::new()) };
}

/// A stack that is kept, and the size that was asked for: corosensei rounds it up.
struct Pooled {
    stack: DefaultStack,
    asked_bytes: usize,
}

/// A body that has begun and not ended.
pub(crate) struct Coroutine {
    /// `None` only while it is being dropped.
    raw: Option<Raw>,
    extent: Extent,
}

impl Coroutine {
    /// Makes a coroutine of a body, which begins with the first [`Coroutine::resume`].
    ///
    /// # Errors
    /// If there is no memory for a stack of this size and so much more: the body, as it was.
    pub(crate) fn new(
        body: Box<dyn FnOnce()>,
        stack_bytes: usize,
        more_bytes: u64,
    ) -> Result<Self, Box<dyn FnOnce()>> {
        let fits = |stack: &Pooled| stack.asked_bytes == stack_bytes;
        let pooled = STACKS.with_borrow_mut(|stacks| {
            let index = stacks.iter().rposition(fits)?;
            Some(stacks.swap_remove(index).stack)
        });
        let new = || {
            let bytes = (stack_bytes as u64).saturating_add(more_bytes);
            let fits = more_bytes == 0 || has_room(bytes);
            fits.then(|| DefaultStack::new(stack_bytes).ok()).flatten()
        };
        let Some(stack) = pooled.or_else(new) else {
            return Err(body);
        };
        let (limit, base) = (stack.limit().get(), stack.base().get());
        let raw = Raw::with_stack(stack, move |yielder, _first| {
            YIELDER.set(ptr::from_ref(yielder));
            match catch_unwind(AssertUnwindSafe(body)) {
                Ok(()) => Ended::Returned,
                Err(payload) => Ended::Panicked(Box::into_raw(payload)),
            }
        });
        let extent = Extent {
            trap: raw.trap_handler(),
            limit,
            base,
            stack_bytes,
        };
        Ok(Self {
            raw: Some(raw),
            extent,
        })
    }

    /// Lets the body run until it suspends (`None`) or ends.
    ///
    /// # Panics
    /// If it has ended before.
    pub(crate) fn resume(&mut self, resume: Resume) -> Option<Finished> {
        self.run(resume, None)
    }

    /// Lets the body run, or unwind if `leaving` says so.
    fn run(&mut self, resume: Resume, leaving: Option<u32>) -> Option<Finished> {
        let outer = (YIELDER.get(), LEAVING.replace(leaving));
        let raw = self.raw.as_mut().expect("dropped");
        let run = || unwinding::with_effect(|| values::not_working(|| raw.resume(resume)));
        let result = overflow::running(self.extent, run);
        YIELDER.set(outer.0);
        LEAVING.set(outer.1);
        match result {
            CoroutineResult::Yield(()) => None,
            CoroutineResult::Return(Ended::Returned) => Some(Ok(())),
            // SAFETY: the pointer was made by `Box::into_raw`, and a coroutine returns once.
            CoroutineResult::Return(Ended::Panicked(payload)) => {
                Some(Err(unsafe { Box::from_raw(payload) }))
            }
            // In these two its frames are still there: nobody may use the stack again.
            CoroutineResult::Return(Ended::DestructorPanicked) => {
                mem::forget(self.raw.take());
                Some(Err(Box::new(DestructorPanicked)))
            }
            CoroutineResult::Return(Ended::Overflowed) => {
                mem::forget(self.raw.take());
                overflow::retire(self.extent);
                Some(Err(Box::new(Overflow {
                    stack_bytes: self.extent.stack_bytes,
                })))
            }
        }
    }

    /// Lets the body unwind where it stands, and keeps its stack for another one.
    ///
    /// A body that has not begun is dropped.
    pub(crate) fn abandon(mut self) -> Abandoned {
        let Some(raw) = &self.raw else {
            return Abandoned::Ended;
        };
        if raw.started() && !raw.done() {
            if std::thread::panicking() {
                mem::forget(self.raw.take());
                return Abandoned::Stays;
            }
            match self.run(Resume::GoOn, Some(0)) {
                None => {
                    mem::forget(self.raw.take());
                    return Abandoned::Stays;
                }
                Some(Ok(())) => {}
                Some(Err(payload)) if payload.is::<DestructorPanicked>() => {
                    return Abandoned::DestructorPanicked;
                }
                // A payload of the kernel's own may have a destructor that panics.
                Some(Err(payload)) => quiet::dispose(payload),
            }
        }
        match self.raw.take() {
            Some(raw) if raw.done() => keep(raw.into_stack(), self.extent.stack_bytes),
            Some(raw) => quiet::dispose(raw),
            None => {}
        }
        Abandoned::Ended
    }
}

/// Keeps a stack whose frames have all been left.
fn keep(stack: DefaultStack, asked_bytes: usize) {
    STACKS.with_borrow_mut(|stacks| {
        if stacks.len() == POOLED_STACKS_MAX {
            stacks.remove(0);
        }
        stacks.push(Pooled { stack, asked_bytes });
    });
}

/// A coroutine that nobody has [abandoned](Coroutine::abandon) keeps its stack for good.
impl Drop for Coroutine {
    fn drop(&mut self) {
        mem::forget(self.raw.take());
    }
}

/// Gives control back to the [`Coroutine::resume`] that runs the calling body, and returns what the
/// next one is given.
///
/// # Panics
/// If no coroutine runs on this thread.
pub(crate) fn suspend() -> Resume {
    let yielder = YIELDER.get();
    assert!(!yielder.is_null(), "suspends outside a coroutine");
    if LEAVING.get().is_some_and(|times| times < SWALLOWED_MAX) {
        leave();
    }
    // SAFETY: `YIELDER` is that of the running body: see the module doc.
    let resume = unsafe { &*yielder }.suspend(());
    YIELDER.set(yielder);
    if LEAVING.get().is_some() {
        leave();
    }
    resume
}

/// Unwinds the body, which is abandoned.
fn leave() -> ! {
    LEAVING.set(LEAVING.get().map(|times| times + 1));
    resume_unwind(Box::new(Left))
}
