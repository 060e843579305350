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
mod handler {
    use std::ffi::{c_int, c_void};
    use std::mem;
    use std::ops::Range;
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, Ordering};
    use std::sync::{Once, OnceLock};

    use corosensei::trap::TrapHandlerRegs;

    use super::super::coroutine::Ended;
    use super::super::heartbeat;
    use super::{ENDING, Extent, HELD, RUNNING};
    use crate::model::StallCause;

    /// Coroutines can be left from within the handler.
    pub(super) const LEAVES: bool = true;

    /// A stack whose memory is given back, in a list that only grows.
    struct Retired {
        stack: Range<usize>,
        before: *const Self,
    }

    static RETIRED: AtomicPtr<Retired> = AtomicPtr::new(ptr::null_mut());

    /// Gives the memory of a stack back and keeps its addresses.
    pub(super) fn unmap(stack: Range<usize>) {
        note(stack.clone());
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
        let (start, len) = (stack.start as *mut c_void, stack.len());
        // SAFETY: the mapping is that of a stack that was forgotten, so nobody unmaps it or hands
        // it out, and borrows of its frames find nothing there that they could read or change. If
        // it fails, which it may where there are many mappings, all stays as it was.
        unsafe {
            libc::mmap(start, len, libc::PROT_NONE, flags, -1, 0);
        }
    }

    /// Adds a stack to the list, before its memory goes.
    fn note(stack: Range<usize>) {
        let before = ptr::null();
        let retired = Box::leak(Box::new(Retired { stack, before }));
        let mut last = RETIRED.load(Ordering::Acquire);
        loop {
            retired.before = last;
            match RETIRED.compare_exchange(last, retired, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(other) => last = other,
            }
        }
    }

    fn is_retired(address: usize) -> bool {
        let mut at: *const Retired = RETIRED.load(Ordering::Acquire);
        // SAFETY: what is in the list was leaked, and is not changed once it is there.
        while let Some(retired) = unsafe { at.as_ref() } {
            if retired.stack.contains(&address) {
                return true;
            }
            at = retired.before;
        }
        false
    }

    /// What the handler has to know, written once before it can be called.
    struct Known {
        before: [libc::sigaction; 3],
        page_bytes: usize,
        /// Where the code is that may be left; empty if none may.
        own: Range<usize>,
    }

    static KNOWN: OnceLock<Known> = OnceLock::new();
    const SIGNALS: [c_int; 3] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT];

    pub(super) fn install() {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            let_loom_install_its_own();
            // SAFETY: the calls read and write only what is passed here; `KNOWN` is filled before
            // the handler is set.
            unsafe {
                let mut before: [libc::sigaction; 3] = mem::zeroed();
                for (signal, old) in SIGNALS.iter().zip(&mut before) {
                    libc::sigaction(*signal, ptr::null(), old);
                }
                let page = libc::sysconf(libc::_SC_PAGESIZE);
                let known = Known {
                    before,
                    page_bytes: usize::try_from(page).unwrap_or(4096),
                    own: own_code(),
                };
                assert!(KNOWN.set(known).is_ok(), "installed once");
                let mut action: libc::sigaction = mem::zeroed();
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&mut action.sa_mask);
                for signal in SIGNALS {
                    action.sa_sigaction = match signal {
                        libc::SIGABRT => on_abort as *const () as usize,
                        _ => on_fault as *const () as usize,
                    };
                    libc::sigaction(signal, &action, ptr::null_mut());
                }
            }
        });
    }

    /// The coroutines that loom runs on come with a handler, set with the first of them, which ends
    /// the process at the overflow of any other stack. So it has to be there before this one: what
    /// is not ours is handed on to it. On a thread of its own, since this one may be within a run
    /// of loom.
    fn let_loom_install_its_own() {
        let first = std::thread::Builder::new().spawn(|| loom::model(|| {}));
        // Without a thread to be had there is no such handler yet; what comes of it is what came of
        // it without this.
        let _ = first.map(std::thread::JoinHandle::join);
    }

    /// The addresses of the module that this function is in, unless the allocator is in it, too.
    fn own_code() -> Range<usize> {
        let (own, malloc) = (
            own_code as *const () as usize,
            libc::malloc as *const () as usize,
        );
        match (module_of(own), module_of(malloc)) {
            (Some(own), Some(other)) if own != other => own,
            _ => 0..0,
        }
    }

    /// The addresses of the module that this address is in.
    fn module_of(address: usize) -> Option<Range<usize>> {
        struct Search {
            address: usize,
            found: Option<Range<usize>>,
        }
        unsafe extern "C" fn look(
            info: *mut libc::dl_phdr_info,
            _size: libc::size_t,
            search: *mut c_void,
        ) -> c_int {
            // SAFETY: `dl_iterate_phdr` lends the description of a module, and passes on the search
            // that it was given.
            let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
            // SAFETY: as it says in the description.
            let headers =
                unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
            let base = info.dlpi_addr as usize;
            let loaded = headers
                .iter()
                .filter(|header| header.p_type == libc::PT_LOAD);
            let begins = loaded.clone().map(|header| base + header.p_vaddr as usize);
            let ends = loaded.map(|header| base + (header.p_vaddr + header.p_memsz) as usize);
            if let (Some(begin), Some(end)) = (begins.min(), ends.max())
                && (begin..end).contains(&search.address)
            {
                search.found = Some(begin..end);
            }
            c_int::from(search.found.is_some())
        }
        let mut search = Search {
            address,
            found: None,
        };
        // SAFETY: `look` gets the search back as it is passed here, which outlives the call.
        unsafe {
            libc::dl_iterate_phdr(Some(look), ptr::from_mut(&mut search).cast());
        }
        search.found
    }

    /// Everything that is called from here on may be called in a signal handler: reads of
    /// thread-locals that need no set-up, `write`, `abort`.
    unsafe extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        let Some(known) = KNOWN.get() else {
            return;
        };
        // SAFETY: a handler with `SA_SIGINFO` is given both.
        let (address, machine) = unsafe {
            let address = (*info).si_addr() as usize;
            (
                address,
                &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext,
            )
        };
        let overflown = RUNNING
            .get()
            .filter(|extent| address.wrapping_sub(extent.limit) < known.page_bytes);
        let Some(extent) = overflown else {
            if address.abs_diff(stack_pointer(machine)) < NEAR_BYTES {
                // The stack of the search, on which values of the kernel's are dropped.
                lose_thread(StallCause::StackOverflow);
            }
            if is_retired(address) {
                die(
                    b"gordian: something uses what was borrowed from a goroutine that has \
                      overflowed its stack\n",
                );
            }
            // SAFETY: the handler that was there before is given what this one was given.
            unsafe { hand_on(known, signal, info, context) };
            return;
        };
        let may_leave = known.own.contains(&program_counter(machine))
            && extent.trap.stack_ptr_in_bounds(stack_pointer(machine))
            && HELD.get() == 0
            && !std::thread::panicking();
        if !may_leave {
            lose_thread(StallCause::StackOverflow);
            die(
                b"gordian: a goroutine has overflowed its stack, in the middle of something that \
                  cannot be left (memory allocation, a panic, Debug or Hash of a value); give it \
                  more stack, or less recursion\n",
            );
        }
        leave(extent, machine, Ended::Overflowed);
    }

    /// A fault no further from the stack pointer is an overflow of the stack.
    const NEAR_BYTES: usize = 64 << 10;

    /// Keeps this thread for ever, if somebody on another thread sees it.
    fn lose_thread(cause: StallCause) {
        let heartbeat = heartbeat::current();
        // SAFETY: the heart lives as long as the goroutine runs that has faulted, and this only
        // stores to its atomics.
        let watched = unsafe { heartbeat.as_ref() }.is_some_and(|heartbeat| heartbeat.lose(cause));
        if watched {
            loop {
                // SAFETY: it may be called in a signal handler, and has no other condition.
                unsafe { libc::pause() };
            }
        }
    }

    /// The process is about to end. Where a goroutine runs that is since a destructor has panicked
    /// while it unwinds: nothing that the kernel or the search shares is in the middle of a change.
    unsafe extern "C" fn on_abort(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        // SAFETY: a handler with `SA_SIGINFO` is given it.
        let machine = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
        let on_its_stack =
            |extent: &Extent| extent.trap.stack_ptr_in_bounds(stack_pointer(machine));
        if ENDING.replace(false)
            && let Some(extent) = RUNNING.get().filter(on_its_stack)
        {
            leave(extent, machine, Ended::DestructorPanicked);
            return;
        }
        if std::thread::panicking() {
            lose_thread(StallCause::DestructorPanics);
        }
        if let Some(known) = KNOWN.get() {
            // SAFETY: the handler that was there before is given what this one was given.
            unsafe { hand_on(known, signal, info, context) };
        }
    }

    /// Lets the coroutine return, once the handler has.
    fn leave(extent: Extent, machine: &mut libc::mcontext_t, ended: Ended) {
        // SAFETY: the stack pointer is within the coroutine, which is running and so alive, and all
        // registers are set. What the abandoned frames leave behind is the subject of the module
        // doc.
        let registers = unsafe { extent.trap.setup_trap_handler(move || ended) };
        set_registers(machine, registers);
    }

    unsafe fn hand_on(
        known: &Known,
        signal: c_int,
        info: *mut libc::siginfo_t,
        context: *mut c_void,
    ) {
        let before = &known.before[SIGNALS
            .iter()
            .position(|known| *known == signal)
            .unwrap_or(0)];
        match before.sa_sigaction {
            // The instruction faults again, and then the default action ends the process.
            libc::SIG_DFL | libc::SIG_IGN => unsafe {
                libc::signal(signal, libc::SIG_DFL);
            },
            handler if before.sa_flags & libc::SA_SIGINFO != 0 => {
                type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
                // SAFETY: the flag says that it is a function of this type.
                let handler = unsafe { mem::transmute::<usize, Handler>(handler) };
                handler(signal, info, context);
            }
            handler => {
                // SAFETY: without the flag it is a function of this type.
                let handler = unsafe { mem::transmute::<usize, extern "C" fn(c_int)>(handler) };
                handler(signal);
            }
        }
    }

    fn die(message: &[u8]) -> ! {
        // SAFETY: both may be called in a signal handler, and the message is as long as it says.
        unsafe {
            libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
            libc::abort()
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn program_counter(machine: &libc::mcontext_t) -> usize {
        machine.gregs[libc::REG_RIP as usize] as usize
    }

    #[cfg(target_arch = "x86_64")]
    fn stack_pointer(machine: &libc::mcontext_t) -> usize {
        machine.gregs[libc::REG_RSP as usize] as usize
    }

    #[cfg(target_arch = "x86_64")]
    fn set_registers(machine: &mut libc::mcontext_t, registers: TrapHandlerRegs) {
        let TrapHandlerRegs {
            rip,
            rsp,
            rbp,
            rdi,
            rsi,
        } = registers;
        for (register, value) in [
            (libc::REG_RIP, rip),
            (libc::REG_RSP, rsp),
            (libc::REG_RBP, rbp),
            (libc::REG_RDI, rdi),
            (libc::REG_RSI, rsi),
        ] {
            machine.gregs[register as usize] = value.cast_signed();
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn program_counter(machine: &libc::mcontext_t) -> usize {
        machine.pc as usize
    }

    #[cfg(target_arch = "aarch64")]
    fn stack_pointer(machine: &libc::mcontext_t) -> usize {
        machine.sp as usize
    }

    #[cfg(target_arch = "aarch64")]
    fn set_registers(machine: &mut libc::mcontext_t, registers: TrapHandlerRegs) {
        let TrapHandlerRegs {
            pc,
            sp,
            x0,
            x1,
            x29,
            lr,
        } = registers;
        (machine.pc, machine.sp) = (pc, sp);
        (machine.regs[0], machine.regs[1]) = (x0, x1);
        (machine.regs[29], machine.regs[30]) = (x29, lr);
    }
}
