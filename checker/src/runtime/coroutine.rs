//! Closures that can stop in the middle: stackful coroutines, built on the crate corosensei. All
//! unsafe code of Gordian is here and in [`stack_overflow`], which handles stacks that are too
//! small.
//!
//! A [`Coroutine`] runs a body until it calls [`suspend`], which returns control to
//! [`Coroutine::resume`]; the next `resume` continues there. [`Coroutine::abandon`] ends one in the
//! middle. It resumes the body once more, and [`suspend`] unwinds it with a payload of its own,
//! [`Left`]. So its destructors run and its heap is freed. The destructors' operations have no
//! effect (see [`unwinding`]). A body that catches the payload and reaches another operation is
//! unwound from there again, up to [`SWALLOWED_MAX`] times. After that its stack is left as it is
//! for ever, and [`Coroutine::abandon`] reports it.
//!
//! # Why this is sound
//! - `YIELDER` points to the yielder of the coroutine that runs on this thread, or is null. It is
//!   written when a body begins and when it continues, and restored when `resume` returns. So while
//!   a body runs it is that body's own, and a yielder lives as long as its coroutine's body. It is
//!   a thread-local, and a `Coroutine` is not `Send`, so no other thread sees it.
//! - A stack is reused only if its body has ended: returned, or unwound to [`Coroutine::new`]'s
//!   `catch_unwind`. Then all its frames have been left in the ordinary way. So code may rely on a
//!   frame being left before its memory is reused. A scoped thread that has borrowed from the frame
//!   does, since `std::thread::scope` joins it while it unwinds. So does a value that is pinned to
//!   the frame.
//! - A stack whose frames have *not* been left is never reused. That is what `mem::forget` does to
//!   each value in them: memory is leaked, and that is safe. It happens to a body that resists
//!   being unwound, and to one that is dropped without being abandoned. It happens to one that is
//!   abandoned while the searching thread itself panics: a second unwinding could not be told from
//!   the first. It also happens to one whose destructor panics while it unwinds, and to one whose
//!   stack was too small. Only the last can take much memory: see [`stack_overflow::retire`].
//! - The unwinder counts panics per thread. A body is never suspended while it unwinds, so the
//!   count is that of the search whenever no body is running. It is too high, for good, once a
//!   destructor has panicked while a body unwound ([`DestructorPanicked`]). Rust cannot take back a
//!   panic that nobody has caught. No code of a kernel runs on that thread afterwards.

#![expect(unsafe_code, reason = "stack switching; the argument is above")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{mem, ptr};

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{CoroutineResult, Yielder};

use super::stack_overflow::{self, Extent, Overflow};
use super::{interner, panic_hook, recovery, unwinding};
use crate::memory::has_room;
use crate::model::Outcome;

type Raw = corosensei::Coroutine<Resume, (), Ended, DefaultStack>;

/// The argument with which a body begins or continues.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resume {
    /// Nothing: the body begins, or is at the head of a loop.
    GoOn,
    /// The outcome of the operation that it called.
    Told(Outcome),
    /// The number of the loop that it enters.
    Entered(u32),
}

/// The result of a coroutine: [`Finished`] as plain data, as the signal handler needs it.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    Returned,
    /// The payload, which the receiver owns.
    Panicked(*mut (dyn Any + Send)),
    /// Its stack was too small.
    Overflowed,
    /// A destructor panicked while the body unwound.
    DestructorPanicked,
}

/// The end of a body: it returned, or it panicked with a payload.
pub(crate) type Finished = Result<(), Box<dyn Any + Send>>;

/// Most stacks that a thread keeps for reuse.
const POOLED_STACKS_MAX: usize = 64;

/// The number of times that an abandoned body may catch its unwinding and reach another operation.
const SWALLOWED_MAX: u32 = 16;

/// The payload that unwinds an abandoned body.
struct Left;

/// The payload of a body whose destructor panicked while it unwound. The thread counts as panicking
/// from then on, so no code of the kernel may run on it any more.
pub(crate) struct DestructorPanicked;

/// The result of abandoning a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Abandoned {
    /// It has ended.
    Ended,
    /// It stays where it is for ever, and so does its stack.
    Stays,
    /// A destructor panicked: see [`DestructorPanicked`]. The stack stays, too.
    DestructorPanicked,
}

thread_local! {
    static YIELDER: Cell<*const Yielder<Resume, ()>> = const { Cell::new(ptr::null()) };
    /// The number of times that an abandoned body has been unwound, while it is unwinding.
    static LEAVING: Cell<Option<u32>> = const { Cell::new(None) };
    static STACKS: RefCell<Vec<Pooled>> = const { RefCell::new(Vec::new()) };
}

/// A stack that is kept, and the requested size: corosensei rounds it up.
struct Pooled {
    stack: DefaultStack,
    asked_bytes: usize,
}

/// A body that has not ended.
pub(crate) struct Coroutine {
    /// `None` only while it is being dropped.
    raw: Option<Raw>,
    extent: Extent,
    /// The places at which an unwinding stops, while the body is suspended.
    frames: recovery::Frames,
}

impl Coroutine {
    /// Makes a coroutine of a body, which begins with the first [`Coroutine::resume`].
    ///
    /// # Errors
    /// If there is no memory for a stack of `stack_bytes` and another `more_bytes`: the body,
    /// unchanged.
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
            let run = AssertUnwindSafe(|| recovery::run_body(body));
            match catch_unwind(run).unwrap_or_else(Err) {
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
            frames: recovery::Frames::default(),
        })
    }

    /// Runs the body until it suspends (`None`) or ends.
    ///
    /// # Panics
    /// If it has ended before.
    pub(crate) fn resume(&mut self, resume: Resume) -> Option<Finished> {
        self.run(resume, None)
    }

    /// Returns true if the body, which is suspended, would recover from a panic.
    pub(crate) fn recovers(&self) -> bool {
        self.frames.recover()
    }

    /// Runs the body, or unwinds it if `leaving` is given.
    fn run(&mut self, resume: Resume, leaving: Option<u32>) -> Option<Finished> {
        let outer = (YIELDER.get(), LEAVING.replace(leaving));
        let outer_frames = recovery::replace(mem::take(&mut self.frames));
        let raw = self.raw.as_mut().expect("dropped");
        let run = || unwinding::with_effect(|| interner::not_working(|| raw.resume(resume)));
        let result = stack_overflow::running(self.extent, run);
        YIELDER.set(outer.0);
        LEAVING.set(outer.1);
        self.frames = recovery::replace(outer_frames);
        match result {
            CoroutineResult::Yield(()) => None,
            CoroutineResult::Return(Ended::Returned) => Some(Ok(())),
            // SAFETY: the pointer was made by `Box::into_raw`, and a coroutine returns once.
            CoroutineResult::Return(Ended::Panicked(payload)) => {
                Some(Err(unsafe { Box::from_raw(payload) }))
            }
            // In the next two cases the frames still exist, so the stack must not be reused.
            CoroutineResult::Return(Ended::DestructorPanicked) => {
                mem::forget(self.raw.take());
                Some(Err(Box::new(DestructorPanicked)))
            }
            CoroutineResult::Return(Ended::Overflowed) => {
                mem::forget(self.raw.take());
                stack_overflow::retire(self.extent);
                Some(Err(Box::new(Overflow {
                    stack_bytes: self.extent.stack_bytes,
                })))
            }
        }
    }

    /// Unwinds the body from where it stands, and keeps its stack for reuse.
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
                // A payload of the kernel's own type may have a destructor that panics.
                Some(Err(payload)) => panic_hook::dispose(payload),
            }
        }
        match self.raw.take() {
            Some(raw) if raw.done() => keep(raw.into_stack(), self.extent.stack_bytes),
            Some(raw) => panic_hook::dispose(raw),
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

/// A coroutine that was not [abandoned](Coroutine::abandon) keeps its stack for good.
impl Drop for Coroutine {
    fn drop(&mut self) {
        mem::forget(self.raw.take());
        mem::take(&mut self.frames).forget();
    }
}

/// Returns control to the [`Coroutine::resume`] that runs the calling body. Returns the argument of
/// the next `resume`.
///
/// # Panics
/// If no coroutine runs on this thread.
pub(crate) fn suspend() -> Resume {
    let yielder = YIELDER.get();
    assert!(!yielder.is_null(), "suspends outside a coroutine");
    if LEAVING.get().is_some_and(|times| times < SWALLOWED_MAX) {
        leave();
    }
    // SAFETY: `YIELDER` belongs to the running body: see the module doc.
    let resume = unsafe { &*yielder }.suspend(());
    YIELDER.set(yielder);
    if LEAVING.get().is_some() {
        leave();
    }
    resume
}

/// Returns true if the running body was abandoned.
pub(super) fn is_leaving() -> bool {
    LEAVING.get().is_some()
}

/// Unwinds the body, which was abandoned.
fn leave() -> ! {
    LEAVING.set(LEAVING.get().map(|times| times + 1));
    resume_unwind(Box::new(Left))
}
