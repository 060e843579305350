//! Closures that can stop in the middle: stackful coroutines, on the crate corosensei. The only unsafe code of Gordian.
//!
//! A [`Coroutine`] runs a body until it calls [`suspend`], which gives control back to [`Coroutine::resume`]; the next
//! `resume` goes on there. One that is dropped in the middle is *abandoned*: its frames are forgotten, no destructor of theirs runs. So it
//! is in Go too, where a goroutine that is blocked for ever never runs its deferred calls; and a destructor that panics, or that
//! waits for something, can do no harm. What such frames own on the heap is not freed.
//!
//! # Why this is sound
//! - `YIELDER` points to the yielder of the coroutine that runs on this thread, or is null. It is written when a body begins and when it goes on, and put back when
//!   `resume` returns, so while a body runs it is that body's own; a yielder lives as long as its coroutine's body. It is a thread-local, and
//!   a `Coroutine` is not `Send`, so no other thread sees it.
//! - `force_reset` needs that nobody relies on a destructor of the forgotten frames. Bodies are `'static`, so they borrow from
//!   no frame outside; nobody outside can borrow from theirs but through an API that lends a frame for a time and takes it back in a destructor or on return, with another
//!   thread or an outside list holding the loan (`std::thread::scope`, pinned intrusive lists). A body must not be suspended within such a call, as
//!   [`go`](crate::sync::go) says. It is the caller's contract of corosensei's own `force_reset`, too.

#![expect(unsafe_code, reason = "stack switching; the argument is above")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use corosensei::stack::DefaultStack;
use corosensei::{CoroutineResult, Yielder};

use crate::model::Outcome;

type Raw = corosensei::Coroutine<Outcome, (), Finished, DefaultStack>;

/// How a body ended: returned, or panicked with a payload.
pub(crate) type Finished = Result<(), Box<dyn Any + Send>>;

/// Stacks that are kept for later, a thread.
const POOLED_STACKS_MAX: usize = 64;

thread_local! {
    static YIELDER: Cell<*const Yielder<Outcome, ()>> = const { Cell::new(ptr::null()) };
    static STACKS: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// A body that has begun and not ended.
pub(crate) struct Coroutine {
    /// `None` only while it is being dropped.
    raw: Option<Raw>,
}

impl Coroutine {
    /// Makes a coroutine of a body, which begins with the first [`Coroutine::resume`].
    ///
    /// # Errors
    /// If there is no memory for a stack of this size.
    pub(crate) fn new(body: Box<dyn FnOnce()>, stack_bytes: usize) -> std::io::Result<Self> {
        let pooled = STACKS.with_borrow_mut(Vec::pop);
        let stack = match pooled {
            Some(stack) => stack,
            None => DefaultStack::new(stack_bytes)?,
        };
        let raw = Raw::with_stack(stack, move |yielder, _first| {
            YIELDER.set(ptr::from_ref(yielder));
            catch_unwind(AssertUnwindSafe(body))
        });
        Ok(Self { raw: Some(raw) })
    }

    /// Lets the body run until it suspends (`None`) or ends.
    ///
    /// # Panics
    /// If it has ended before.
    pub(crate) fn resume(&mut self, outcome: Outcome) -> Option<Finished> {
        let outer = YIELDER.get();
        let result = self.raw.as_mut().expect("dropped").resume(outcome);
        YIELDER.set(outer);
        match result {
            CoroutineResult::Yield(()) => None,
            CoroutineResult::Return(finished) => Some(finished),
        }
    }
}

impl Drop for Coroutine {
    fn drop(&mut self) {
        let Some(mut raw) = self.raw.take() else {
            return;
        };
        if raw.started() && !raw.done() {
            // SAFETY: see the module doc.
            unsafe { raw.force_reset() };
        }
        if raw.done() {
            let stack = raw.into_stack();
            STACKS.with_borrow_mut(|stacks| {
                if stacks.len() < POOLED_STACKS_MAX {
                    stacks.push(stack);
                }
            });
        }
    }
}

/// Gives control back to the [`Coroutine::resume`] that runs the calling body, and returns what the next one is given.
///
/// # Panics
/// If no coroutine runs on this thread.
pub(crate) fn suspend() -> Outcome {
    let yielder = YIELDER.get();
    assert!(!yielder.is_null(), "suspends outside a coroutine");
    // SAFETY: `YIELDER` is that of the running body: see the module doc.
    let outcome = unsafe { &*yielder }.suspend(());
    YIELDER.set(yielder);
    outcome
}
