//! The handler of the signals that report a stack overflow: for Linux on x86-64 and AArch64.

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

/// True because coroutines can be left from within the handler.
pub(super) const LEAVES: bool = true;

/// A stack whose memory was given back, in a list that only grows.
struct Retired {
    stack: Range<usize>,
    before: *const Self,
}

static RETIRED: AtomicPtr<Retired> = AtomicPtr::new(ptr::null_mut());

/// Gives back the memory of a stack and keeps its addresses reserved.
pub(super) fn unmap(stack: Range<usize>) {
    note(stack.clone());
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    let (start, len) = (stack.start as *mut c_void, stack.len());
    // SAFETY: the mapping is that of a stack that was forgotten, so nobody unmaps it or hands it
    // out. Borrows of its frames find nothing there that they could read or change. If the call
    // fails, which it may if there are many mappings, everything stays as it was.
    unsafe {
        libc::mmap(start, len, libc::PROT_NONE, flags, -1, 0);
    }
}

/// Adds a stack to the list, before its memory is given back.
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
    // SAFETY: the entries of the list were leaked, and do not change once they are in it.
    while let Some(retired) = unsafe { at.as_ref() } {
        if retired.stack.contains(&address) {
            return true;
        }
        at = retired.before;
    }
    false
}

/// Data for the handler, written once before it can be called.
struct Known {
    before: [libc::sigaction; 3],
    page_bytes: usize,
    /// The addresses of the code that may be left; empty if none may.
    own: Range<usize>,
}

static KNOWN: OnceLock<Known> = OnceLock::new();
const SIGNALS: [c_int; 3] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT];

pub(super) fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        #[cfg(feature = "loom")]
        let_loom_install_its_own();
        // SAFETY: the calls read and write only their arguments; `KNOWN` is filled before the
        // handler is set.
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

/// Lets loom install its handler before this one. Loom sets it with its first coroutine, and it
/// ends the process at the overflow of any stack that is not loom's. So it has to be there first:
/// what is not ours is handed on to it. Runs on a thread of its own, since this one may be within a
/// run of loom.
#[cfg(feature = "loom")]
fn let_loom_install_its_own() {
    let first = std::thread::Builder::new().spawn(|| loom::model(|| {}));
    // If no thread can be started, loom's handler comes later. Then overflows end the process as
    // they would without this module.
    let _ = first.map(std::thread::JoinHandle::join);
}

/// Returns the addresses of the module that contains this function, unless it contains the
/// allocator, too.
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

/// Returns the addresses of the module that contains this address.
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
        // SAFETY: the description gives the address and the number of the headers.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
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
    // SAFETY: `look` gets back the search that is passed here, which outlives the call.
    unsafe {
        libc::dl_iterate_phdr(Some(look), ptr::from_mut(&mut search).cast());
    }
    search.found
}

/// Handles a fault. From here on, only functions are called that a signal handler may call: reads
/// of thread-locals that need no initialisation, `write`, `abort`.
unsafe extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(known) = KNOWN.get() else {
        return;
    };
    // SAFETY: a handler with `SA_SIGINFO` gets both.
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
            // This is the stack of the search, on which values of the kernel are dropped.
            lose_thread(StallCause::StackOverflow);
        }
        if is_retired(address) {
            die(
                b"gordian: something uses what was borrowed from a goroutine that has \
                  overflowed its stack\n",
            );
        }
        // SAFETY: the earlier handler gets the arguments that this one got.
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
              cannot be left (memory allocation, a panic, Debug or Hash of a value). Give it \
              more stack, or less recursion.\n",
        );
    }
    leave(extent, machine, Ended::Overflowed);
}

/// The largest distance from the stack pointer at which a fault counts as a stack overflow.
const NEAR_BYTES: usize = 64 << 10;

/// Blocks this thread for ever, if another thread watches it.
fn lose_thread(cause: StallCause) {
    let heartbeat = heartbeat::current();
    // SAFETY: the heartbeat lives as long as the faulting goroutine runs, and this only stores to
    // its atomics.
    let watched = unsafe { heartbeat.as_ref() }.is_some_and(|heartbeat| heartbeat.lose(cause));
    if watched {
        loop {
            // SAFETY: a signal handler may call it, and it has no other condition.
            unsafe { libc::pause() };
        }
    }
}

/// Handles the imminent end of the process. If a running goroutine is the cause, a destructor
/// panicked while it unwound. Then no shared data of the kernel or the search is half changed.
unsafe extern "C" fn on_abort(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: a handler with `SA_SIGINFO` gets it.
    let machine = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let on_its_stack = |extent: &Extent| extent.trap.stack_ptr_in_bounds(stack_pointer(machine));
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
        // SAFETY: the earlier handler gets the arguments that this one got.
        unsafe { hand_on(known, signal, info, context) };
    }
}

/// Makes the coroutine return as soon as the handler has returned.
fn leave(extent: Extent, machine: &mut libc::mcontext_t, ended: Ended) {
    // SAFETY: the stack pointer is within the coroutine, which is running and so alive, and all
    // registers are set. The module doc discusses the abandoned frames.
    let registers = unsafe { extent.trap.setup_trap_handler(move || ended) };
    set_registers(machine, registers);
}

unsafe fn hand_on(known: &Known, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
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
    // SAFETY: a signal handler may call both, and the length is that of the message.
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
