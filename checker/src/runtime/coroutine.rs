//! Closures that can stop in the middle: stackful coroutines, on the crate corosensei. With
//! [`overflow`](super::overflow), which says what happens when their stack is too small, the only unsafe code of Gordian.
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
//! - `force_reset` forgets all frames of a body that is suspended, which is what `mem::forget` does to each value in them: memory and whatever else they own is leaked, and that
//!   is safe. It is not all, since the stack is then used again. Three kinds of code rely on a frame being *left* before its memory is reused:
//!   1. code outside that the frame has lent a part of itself to. A body is `'static`, so it borrows from no frame outside, and nobody outside can keep a
//!      borrow of its frames but through an API that lends for the length of a call and takes back before it returns (`std::thread::scope`, and what is like it). Whoever suspends within such
//!      a call breaks the rule of [`go`](crate::sync::go);
//!   2. values that are pinned to the frame (`std::pin::pin!`) and are known elsewhere by their address: an intrusive list. The same rule holds;
//!   3. the unwinder, if the frame is unwinding: Rust counts panics by threads, and the count would stay raised. It cannot be:
//!      while a goroutine panics no operation suspends it (see [`unwinding`](super::unwinding)).
//!
//!   What is left locked, is left locked: a guard of `std::sync`, of a `RefCell` or of `stdout` that a body holds across an operation is never given back if it is abandoned there. That is
//!   no matter of soundness, and in Go it would be so, too. Kernels share through [`sync`](crate::sync) only.
//! - A coroutine can also end since its stack was too small: see [`overflow`](super::overflow).

#![expect(unsafe_code, reason = "stack switching; the argument is above")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{CoroutineResult, Yielder};

use super::overflow::{self, Extent, Overflow};
use crate::memory::has_room;
use crate::model::Outcome;

type Raw = corosensei::Coroutine<Outcome, (), Ended, DefaultStack>;

/// What a coroutine returns: [`Finished`] as plain data, as a handler of faults needs it.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    Returned,
    /// The payload, which belongs to whoever gets this.
    Panicked(*mut (dyn Any + Send)),
    /// Its stack was too small.
    Overflowed,
}

/// How a body ended: returned, or panicked with a payload.
pub(crate) type Finished = Result<(), Box<dyn Any + Send>>;

/// Stacks that are kept for later, a thread.
const POOLED_STACKS_MAX: usize = 64;

thread_local! {
    static YIELDER: Cell<*const Yielder<Outcome, ()>> = const { Cell::new(ptr::null()) };
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
        let limit = stack.limit().get();
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
    pub(crate) fn resume(&mut self, outcome: Outcome) -> Option<Finished> {
        let outer = YIELDER.get();
        let raw = self.raw.as_mut().expect("dropped");
        let result = overflow::running(self.extent, || raw.resume(outcome));
        YIELDER.set(outer);
        match result {
            CoroutineResult::Yield(()) => None,
            CoroutineResult::Return(Ended::Returned) => Some(Ok(())),
            // SAFETY: the pointer was made by `Box::into_raw`, and a coroutine returns once.
            CoroutineResult::Return(Ended::Panicked(payload)) => {
                Some(Err(unsafe { Box::from_raw(payload) }))
            }
            CoroutineResult::Return(Ended::Overflowed) => Some(Err(Box::new(Overflow {
                stack_bytes: self.extent.stack_bytes,
            }))),
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
            let pooled = Pooled {
                stack: raw.into_stack(),
                asked_bytes: self.extent.stack_bytes,
            };
            STACKS.with_borrow_mut(|stacks| {
                if stacks.len() == POOLED_STACKS_MAX {
                    stacks.remove(0);
                }
                stacks.push(pooled);
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
