//! What a check leaves on the heap: nothing of the kernel's. The allocations of this test binary
//! are counted, so that nothing depends on the machine.

#![expect(unsafe_code, reason = "a global allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicIsize, Ordering};

use gordian_checker::sync::{chan, choose, go, gosched};
use gordian_checker::{Checker, Engine, Verdict};

/// The bytes that are allocated and not freed.
static IN_USE: AtomicIsize = AtomicIsize::new(0);

struct Counting;

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: as of the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: as of the caller.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The bytes that a check leaves behind. One check at a time; the first makes what lasts for ever.
fn left_behind(engine: Engine, expected: Verdict, kernel: fn()) -> isize {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock();
    let check = || {
        let report = Checker::new().engine(engine).check(kernel);
        assert_eq!(report.verdict, expected, "{}: {report}", engine.name());
    };
    check();
    let before = IN_USE.load(Ordering::Relaxed);
    check();
    IN_USE.load(Ordering::Relaxed) - before
}

/// What the test harness and the thread of a search may have allocated meanwhile.
const SLACK_BYTES: isize = 256 << 10;

fn owns_a_local() {
    let local = vec![1_u8; 2_000];
    for _ in 0..11 {
        choose(2);
    }
    gosched();
    assert_eq!(local.len(), 2_000);
}

#[test]
fn states_of_a_kernel_that_is_proved_leave_nothing() {
    for engine in [Engine::Auto, Engine::Remembering, Engine::Optimal] {
        let bytes = left_behind(engine, Verdict::Proved, owns_a_local);
        assert!(bytes < SLACK_BYTES, "{}: {bytes}", engine.name());
    }
}

fn deadlocks_with_a_large_local() {
    let local = vec![1_u8; 1 << 20];
    let never = chan::<()>("never", 0);
    if choose(8) + choose(8) > 0 {
        let other = vec![2_u8; 1 << 20];
        go("other", move || {
            never.recv();
            assert_eq!(other.len(), 1 << 20);
        });
        never.recv();
    }
    assert_eq!(local.len(), 1 << 20);
}

#[test]
fn goroutines_that_block_for_ever_leave_nothing() {
    let engines = Engine::ALL
        .into_iter()
        .filter(|engine| *engine != Engine::Random);
    for engine in engines {
        let bytes = left_behind(engine, Verdict::Deadlock, deadlocks_with_a_large_local);
        assert!(bytes < SLACK_BYTES, "{}: {bytes}", engine.name());
    }
}
