//! Turns the stack overflow of a goroutine into a panic of the kernel, instead of the end of the
//! process.
//!
//! There are two lines of defence.
//!
//! 1. **At each use of a handle** ([`backend::current`](super::backend::current)) it is checked
//!    that [`RESERVE_BYTES`] are left. If not, the kernel panics there, in the ordinary way. A
//!    recursion with operations in it ends here.
//! 2. **At the guard page.** A recursion without operations runs into the page below the stack,
//!    which cannot be accessed: SIGSEGV. The handler, on the thread's alternate stack, sees that
//!    the page belongs to the running coroutine, discards that stack and makes the coroutine return
//!    [`Overflow`]. Runtimes for WebAssembly handle a trap in the same way. Any other fault is
//!    passed on to the earlier handler.
//!
//! # When the handler may do so
//!
//! Leaving in the middle of anything is a `longjmp` out of it. The frames are forgotten, like those
//! of an abandoned goroutine (see [`coroutine`](super::coroutine)), but at any instruction and not
//! only at an operation. The data that these frames own is lost, which harms nobody. But something
//! half changed that others use as well could do harm. So code that changes such things must not be
//! interrupted:
//!
//! - **the memory allocator and the rest of the C library**, the unwinder and the loader. The fault
//!   must be in the module that this code is linked into, and that module must not hold `malloc`.
//!   In a static executable it does, so there the handler never leaves;
//! - **a panic under way**, whose count of the thread would stay raised: not while
//!   `std::thread::panicking()`;
//! - **Gordian's own tables**: the handles check the room first. They may call back into the
//!   kernel's code with a table at hand: `Hash`, `Eq`, `Clone` and `Debug` of values. A search may
//!   also run inside a kernel. Then a [`hold`] prevents it.
//!
//! In these cases nothing can go on. The thread of the search stays where it is if another thread
//! watches it. Otherwise the process ends with a message, as Rust itself ends it when a thread
//! overflows.
//!
//! Code remains that the executable contains and that changes shared data. A lock of the kernel's
//! own or of `std` (`println!` holds one) stays locked, as it would in a goroutine that is
//! abandoned. An allocator written in Rust could be left in an inconsistent state, so kernels with
//! one should be given enough stack. On systems other than Linux on x86-64 and AArch64 there is
//! only the first line.
//!
//! # The discarded stack
//!
//! A scoped thread may still have a borrow of a frame that was not left. So the addresses of the
//! stack are never reused. But its memory is a whole stack, touched from end to end, which cannot
//! be kept for each overflow. It is [given back](retire) after a number of others have overflowed.
//! A borrow that is used even then is of memory that can be neither read nor written. The processor
//! stops the access, and the process ends with a message. So no wrong data is read, and nobody
//! else's data is changed.
//!
//! # A destructor that panics in a panic
//!
//! Rust ends the process there: it calls `abort`, in a frame above the destructor. So the handler
//! of SIGABRT makes the coroutine return [`Ended::DestructorPanicked`], if the panic hook has
//! announced it. The process goes on without the data that the frames own.
//!
//! To the frames below it is as if that call had never returned, as with an operation that is never
//! done. They stay as they are, and so does their stack, for good. Above them is only the end of
//! the panic machinery. It has released the hook's lock by then and is not in the unwinder any
//! more. POSIX lets a handler of SIGABRT jump elsewhere, and so the C library holds no lock when it
//! raises the signal. Gordian's own tables are not half changed: not with a [`hold`]. The thread's
//! count of panics stays, so no code of a kernel runs on it again:
//! [`Coroutine`](super::coroutine::Coroutine) reports it, and the searches end.

#![expect(unsafe_code, reason = "a signal handler; the argument is above")]

use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::Range;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use super::coroutine::Ended;

/// The payload of a coroutine that has overflowed its stack.
pub(crate) struct Overflow {
    /// The size of the stack.
    pub(crate) stack_bytes: usize,
}

impl Overflow {
    /// Returns the message of the kernel's panic.
    pub(crate) fn message(&self) -> String {
        message(self.stack_bytes)
    }
}

const MESSAGE: &str = "stack overflow: the goroutine needs more than ";

fn message(stack_bytes: usize) -> String {
    format!("{MESSAGE}{stack_bytes} bytes of stack")
}

/// Returns true if this is the payload of a stack that is too small.
pub(super) fn is_overflow(payload: &(dyn Any + Send)) -> bool {
    let text = payload.downcast_ref::<String>();
    payload.is::<Overflow>() || text.is_some_and(|text| text.starts_with(MESSAGE))
}

/// The part of a stack that is reserved for a panic, its unwinding, and the handles themselves.
const RESERVE_BYTES: usize = 64 << 10;

/// The running coroutine and its stack.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) trap: corosensei::trap::CoroutineTrapHandler<Ended>,
    /// The lowest address of the mapping, where the guard page is.
    pub(super) limit: usize,
    /// The address above the mapping.
    pub(super) base: usize,
    pub(super) stack_bytes: usize,
}

thread_local! {
    static RUNNING: Cell<Option<Extent>> = const { Cell::new(None) };
    /// The number of calls on the running coroutine's stack that must not be interrupted.
    static HELD: Cell<u32> = const { Cell::new(0) };
    /// True if the language is about to end the process.
    static ENDING: Cell<bool> = const { Cell::new(false) };
}

/// Records that the language is about to end the process, because a destructor has panicked in a
/// panic. Returns true if the running coroutine will return instead.
pub(super) fn is_left_at_the_end() -> bool {
    let is_left = handler::LEAVES && RUNNING.get().is_some() && HELD.get() == 0;
    ENDING.set(is_left);
    is_left
}

/// Most overflown stacks of this process that keep their memory.
const INTACT_MAX: usize = 8;

/// Gives back the memory of an overflown stack, after [`INTACT_MAX`] later ones in the process. Its
/// addresses are not reused.
///
/// A borrower from its frames that is still active after that many overflows accesses unmapped
/// memory, and the process ends with a message. No memory is ever corrupted.
pub(super) fn retire(extent: Extent) {
    static INTACT: Mutex<VecDeque<Range<usize>>> = Mutex::new(VecDeque::new());
    let oldest = {
        let mut intact = INTACT.lock().unwrap_or_else(PoisonError::into_inner);
        intact.push_back(extent.limit..extent.base);
        (intact.len() > INTACT_MAX).then(|| intact.pop_front())
    };
    if let Some(stack) = oldest.flatten() {
        handler::unmap(stack);
    }
}

/// Runs `f`, which resumes this coroutine.
pub(super) fn running<R>(extent: Extent, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Extent>, u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            RUNNING.set(self.0);
            HELD.set(self.1);
        }
    }
    handler::install();
    let _restore = Restore(RUNNING.replace(Some(extent)), HELD.replace(0));
    f()
}

/// Makes an overflow end the process until the returned value is dropped.
#[must_use]
pub(crate) fn hold() -> impl Drop {
    struct Held;
    impl Drop for Held {
        fn drop(&mut self) {
            HELD.set(HELD.get().saturating_sub(1));
        }
    }
    HELD.set(HELD.get() + 1);
    Held
}

/// Panics if little is left of the running coroutine's stack. A coroutine that already panics needs
/// the rest.
#[track_caller]
pub(super) fn check_room() {
    let Some(extent) = RUNNING.get() else {
        return;
    };
    let here = 0_u8;
    let left = ptr::from_ref(&here).addr().wrapping_sub(extent.limit);
    let reserve = RESERVE_BYTES.min(extent.stack_bytes / 4);
    // A number beyond the size means another stack: that of a callback which the kernel runs
    // elsewhere.
    if left < reserve && !std::thread::panicking() {
        panic!("{}", message(extent.stack_bytes));
    }
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod handler {
    pub(super) const LEAVES: bool = false;

    pub(super) fn install() {}

    pub(super) fn unmap(_stack: std::ops::Range<usize>) {}
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod handler;
