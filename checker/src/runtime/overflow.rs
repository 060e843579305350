//! What happens when a goroutine needs more stack than it has: a panic of the kernel, not the death of the process.
//!
//! There are two lines of defence.
//!
//! 1. **At each use of a handle** ([`backend::current`](super::backend::current)) it is asked whether [`RESERVE_BYTES`] are left; if not, the kernel
//!    panics there, in the ordinary way. A recursion with operations in it ends here.
//! 2. **At the guard page.** A recursion without operations runs into the page below the stack, which cannot be touched: SIGSEGV. The handler, on the
//!    thread's alternate stack, sees that the page belongs to the coroutine that is running, throws that stack away and lets the coroutine return
//!    [`Overflow`]; so does a runtime for WebAssembly with a trap. Any other fault is handed on to the handler that was there before.
//!
//! # When the handler may do so
//!
//! Leaving in the middle of anything is a `longjmp` out of it: the frames are forgotten, as those of an abandoned goroutine are (see
//! [`coroutine`](super::coroutine)), but at any instruction and not only at an operation. What these frames have of their own is gone and harms nobody. What could do harm is something half changed that others
//! use as well, and code that changes such things has to be left alone:
//!
//! - **the memory allocator and the rest of the C library**, the unwinder and the loader: the fault must be in the module that this code is linked into, which must not be the
//!   one that holds `malloc`. In a static executable it is, so there the handler never leaves;
//! - **a panic under way**, whose count of the thread would stay raised: not while `std::thread::panicking()`;
//! - **Gordian's own tables**: the handles ask for room first, and where they call back into the kernel's code with a table at hand (`Hash`, `Eq`,
//!   `Clone` and `Debug` of values), or where a search runs inside a kernel, a [`hold`] says so.
//!
//! In these cases nothing can go on, and the process ends with a message, as Rust itself ends it where a thread overflows. What remains is code that the executable brings along
//! and that changes what others see: a lock of the kernel's own or of `std` (`println!` holds one) stays locked, as it would in a goroutine that is abandoned; an allocator
//! written in Rust could be left in pieces, so kernels with one of those should be given stack enough. On other systems than Linux on x86-64 and AArch64 there is only the first line.

#![expect(unsafe_code, reason = "a signal handler; the argument is above")]

use std::cell::Cell;
use std::ptr;

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
    pub(super) stack_bytes: usize,
}

thread_local! {
    static RUNNING: Cell<Option<Extent>> = const { Cell::new(None) };
    /// How many calls on the stack of the running coroutine must not be left in the middle.
    static HELD: Cell<u32> = const { Cell::new(0) };
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

/// Panics if little is left of the stack of the running coroutine. One that panics already needs what is left.
#[track_caller]
pub(super) fn check_room() {
    let Some(extent) = RUNNING.get() else {
        return;
    };
    let here = 0_u8;
    let left = ptr::from_ref(&here).addr().wrapping_sub(extent.limit);
    let reserve = RESERVE_BYTES.min(extent.stack_bytes / 4);
    // A number beyond the size is the address of another stack: that of a callback which the kernel runs elsewhere.
    if left < reserve && !std::thread::panicking() {
        panic!("{}", message(extent.stack_bytes));
    }
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod handler {
    pub(super) fn install() {}
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
    use std::sync::{Once, OnceLock};

    use corosensei::trap::TrapHandlerRegs;

    use super::super::coroutine::Ended;
    use super::super::heartbeat;
    use super::{Extent, HELD, RUNNING};
    use crate::model::StallCause;

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
            // SAFETY: the calls read and write only what is passed here; `KNOWN` is filled before the handler is set.
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

    /// The coroutines that loom runs on come with a handler, set with the first of them, which ends the process at the overflow of any other stack. So it has
    /// to be there before this one: what is not ours is handed on to it. On a thread of its own, since this one may be within a run of loom.
    fn let_loom_install_its_own() {
        let first = std::thread::Builder::new().spawn(|| loom::model(|| {}));
        // Without a thread to be had there is no such handler yet; what comes of it is what came of it without this.
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
            // SAFETY: `dl_iterate_phdr` lends the description of a module, and passes on the search that it was given.
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

    /// Everything that is called from here on may be called in a signal handler: reads of thread-locals that need no set-up, `write`, `abort`.
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
                // Loom's goroutines have stacks that cannot be left.
                lose_thread(StallCause::StackOverflow);
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
            die(b"gordian: a goroutine has overflowed its stack, in the middle of something that cannot be left \
                (memory allocation, a panic, Debug or Hash of a value); give it more stack, or less recursion\n");
        }
        leave(extent, machine);
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
        if std::thread::panicking() {
            lose_thread(StallCause::DestructorPanics);
        }
        if let Some(known) = KNOWN.get() {
            // SAFETY: the handler that was there before is given what this one was given.
            unsafe { hand_on(known, signal, info, context) };
        }
    }

    /// Lets the coroutine return, once the handler has.
    fn leave(extent: Extent, machine: &mut libc::mcontext_t) {
        // SAFETY: the stack pointer is within the coroutine, which is running and so alive, and all registers are set. What the abandoned frames leave behind
        // is the subject of the module doc.
        let registers = unsafe { extent.trap.setup_trap_handler(|| Ended::Overflowed) };
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
