//! What happens when a goroutine needs more stack than it has: a panic of the kernel, not the death
//! of the process.
//!
//! There are two lines of defence.
//!
//! 1. **At each use of a handle** ([`backend::current`](super::backend::current)) it is asked
//!    whether [`RESERVE_BYTES`] are left; if not, the kernel panics there, in the ordinary way. A
//!    recursion with operations in it ends here.
//! 2. **At the guard page.** A recursion without operations runs into the page below the stack,
//!    which cannot be touched: SIGSEGV. The handler, on the thread's alternate stack, sees that the
//!    page belongs to the coroutine that is running, throws that stack away and lets the coroutine
//!    return [`Overflow`]; so does a runtime for WebAssembly with a trap. Any other fault is handed
//!    on to the handler that was there before.
//!
//! # When the handler may do so
//!
//! Leaving in the middle of anything is a `longjmp` out of it: the frames are forgotten, as those
//! of an abandoned goroutine are (see [`coroutine`](super::coroutine)), but at any instruction and
//! not only at an operation. What these frames have of their own is gone and harms nobody. What
//! could do harm is something half changed that others use as well, and code that changes such
//! things has to be left alone:
//!
//! - **the memory allocator and the rest of the C library**, the unwinder and the loader: the fault
//!   must be in the module that this code is linked into, which must not be the one that holds
//!   `malloc`. In a static executable it is, so there the handler never leaves;
//! - **a panic under way**, whose count of the thread would stay raised: not while
//!   `std::thread::panicking()`;
//! - **Gordian's own tables**: the handles ask for room first, and where they call back into the
//!   kernel's code with a table at hand (`Hash`, `Eq`, `Clone` and `Debug` of values), or where a
//!   search runs inside a kernel, a [`hold`] says so.
//!
//! In these cases nothing can go on: the thread of the search stays where it is if somebody on
//! another thread sees it, and else the process ends with a message, as Rust itself ends it where a
//! thread overflows. What remains is code that the executable brings along and that changes what
//! others see: a lock of the kernel's own or of `std` (`println!` holds one) stays locked, as it
//! would in a goroutine that is abandoned; an allocator written in Rust could be left in pieces, so
//! kernels with one of those should be given stack enough. On other systems than Linux on x86-64
//! and AArch64 there is only the first line.
//!
//! # What becomes of the stack
//!
//! Somebody may still have a borrow of a frame that was not left: a scoped thread. So its addresses
//! are never used again. Its memory, though, is a whole stack, touched from end to end, which
//! cannot stay for each of them: it is [given back](retire) when so many others have overflowed. A
//! borrow that somebody uses even then is of memory that can be neither read nor written: the
//! processor stops the access, and the process ends with a message. So nothing is read that is not
//! what it was, and nothing of anybody else's is changed.
//!
//! # A destructor that panics in a panic
//!
//! Rust ends the process there: it calls `abort`, in a frame above the destructor. So the handler
//! of SIGABRT lets the coroutine return [`Ended::DestructorPanicked`], if the panic hook has
//! announced it, and the process goes on without whatever the frames own.
//!
//! To the frames below it is as if that call had never come back, as it is with an operation that
//! is never done: they stay as they are, and so does their stack, for good. Above them is only the
//! end of the panic machinery, which has let go of the hook's lock by then and is not in the
//! unwinder any more. POSIX lets a handler of SIGABRT go elsewhere, and so the C library holds no
//! lock when it raises the signal. Gordian's own tables are not half changed: not with a [`hold`].
//! What stays is the thread's count of panics, so no code of a kernel runs on it again:
//! [`Coroutine`](super::coroutine::Coroutine) tells, and the searches end.

#![expect(unsafe_code, reason = "a signal handler; the argument is above")]

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
    /// What the kernel is said to have panicked with.
    pub(crate) fn message(&self) -> String {
        message(self.stack_bytes)
    }
}

fn message(stack_bytes: usize) -> String {
    format!("stack overflow: the goroutine needs more than {stack_bytes} bytes of stack")
}

/// What is left of a stack for a panic, its unwinding, and the handles themselves.
const RESERVE_BYTES: usize = 64 << 10;

/// The coroutine that runs.
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
    /// How many calls on the stack of the running coroutine must not be left in the middle.
    static HELD: Cell<u32> = const { Cell::new(0) };
    /// The language is about to end the process.
    static ENDING: Cell<bool> = const { Cell::new(false) };
}

/// Notes that the language is about to end the process, for a destructor that has panicked in a
/// panic. Tells that the coroutine that runs will return instead.
pub(super) fn is_left_at_the_end() -> bool {
    let is_left = handler::LEAVES && RUNNING.get().is_some() && HELD.get() == 0;
    ENDING.set(is_left);
    is_left
}

/// Overflown stacks of this process that stay as they are.
const INTACT_MAX: usize = 8;

/// Gives back the memory of a stack that has overflowed, but not yet that of the last
/// [`INTACT_MAX`] of the process. Its addresses are not used again.
///
/// Whoever has borrowed from its frames and is still there when so many others have overflowed
/// touches what is not mapped, and the process ends with a message. No memory is ever corrupted.
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

/// Until this is dropped an overflow ends the process.
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

/// Panics if little is left of the stack of the running coroutine. One that panics already needs
/// what is left.
#[track_caller]
pub(super) fn check_room() {
    let Some(extent) = RUNNING.get() else {
        return;
    };
    let here = 0_u8;
    let left = ptr::from_ref(&here).addr().wrapping_sub(extent.limit);
    let reserve = RESERVE_BYTES.min(extent.stack_bytes / 4);
    // A number beyond the size is the address of another stack: that of a callback which the kernel
    // runs elsewhere.
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
