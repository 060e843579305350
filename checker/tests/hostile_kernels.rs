//! Kernels that do what no kernel should, under every engine: each ends a process, hangs it or
//! loses its report if a checker is careless.

use std::hint::black_box;
use std::process::Command;
use std::rc::Rc;

use gordian_checker::explore::Limits;
use gordian_checker::model::{Fault, StallCause};
use gordian_checker::script::families::Family;
use gordian_checker::sync::{chan, choose, go, mutex, rwlock};
use gordian_checker::{Checker, Engine, Report, Verdict};

/// Runs a kernel under an engine.
fn under(engine: Engine, kernel: &Rc<impl Fn() + 'static>) -> Report {
    let limits = Limits {
        executions_max: Some(5_000),
        ..Limits::default()
    };
    let checker = Checker::new().engine(engine).limits(limits);
    checker.keep_going(true).check_subject(kernel)
}

/// Asserts that every engine comes to this verdict, and that the finding contains this text.
#[track_caller]
fn everywhere(verdict: Verdict, says: &str, kernel: impl Fn() + 'static) {
    let kernel = Rc::new(kernel);
    for engine in Engine::ALL {
        expect(engine, &kernel, verdict, says);
    }
}

/// Asserts that this engine does.
#[track_caller]
fn expect<F: Fn() + 'static>(engine: Engine, kernel: &Rc<F>, verdict: Verdict, says: &str) {
    let report = under(engine, kernel);
    let drawn = engine == Engine::Random && verdict == Verdict::Proved;
    let expected = if drawn { Verdict::Bounded } else { verdict };
    let fault = &report.fault;
    assert_eq!(report.verdict, expected, "{engine:?} {fault:?}");
    let found = format!("{:?}", report.findings.bad);
    assert!(
        found.contains(says),
        "{engine:?} does not say {says}: {found}"
    );
    assert_eq!(report.traces.is_empty(), !report.findings.found_bad());
}

#[expect(unconditional_recursion, reason = "the fault that is tested")]
fn dive(depth: u64) -> u64 {
    black_box(dive(black_box(depth) + 1)) + 1
}

fn without_end() {
    let count = mutex("count", 0);
    go("diver", move || {
        *count.lock() += 1;
        dive(0);
    });
    *count.lock() += 1;
}

#[test]
fn recursion_without_end() {
    everywhere(Verdict::Panic, "stack overflow", without_end);
    // Loom's handler must not take precedence over ours from then on.
    everywhere(Verdict::Panic, "stack overflow", || {
        dive(0);
    });
}

#[test]
fn recursion_that_is_deep_and_ends() {
    fn down(depth: u32) -> u32 {
        let frame = black_box([depth; 16]);
        if depth == 0 {
            return frame[3];
        }
        down(depth - 1) + frame[9]
    }
    everywhere(Verdict::Proved, "", || {
        let count = mutex("count", 0);
        go("deep", move || *count.lock() += black_box(down(10_000)));
        *count.lock() += 1;
    });
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("bomb");
    }
}

/// Under loom executions are left in the middle. A goroutine whose destructor panics while it is
/// unwound then costs the thread. So each engine has a thread of its own.
#[test]
fn a_destructor_that_panics() {
    fn kernel() {
        let gate = mutex("gate", ());
        go("bomber", move || {
            let _bomb = Bomb;
            gate.lock().unlock();
        });
        gate.lock().unlock();
    }
    for engine in Engine::ALL {
        let check = move || expect(engine, &Rc::new(kernel), Verdict::Panic, "bomb");
        std::thread::spawn(check).join().expect("it is a panic");
    }
}

/// A goroutine that is dropped half-way, with a guard and a buffer on its stack.
#[test]
fn a_goroutine_that_is_dropped_half_way() {
    everywhere(Verdict::Deadlock, "", || {
        let (gate, never) = (rwlock("gate", 0), chan::<u32>("never", 0));
        go("half", move || {
            let _held = gate.lock();
            let _buffer = vec![1; 1000];
            never.recv();
        });
        let _read = gate.rlock();
        never.recv();
    });
}

/// The same with a destructor that panics. Checks on a thread of their own are in `destructors.rs`.
fn half_way_with_a_bomb() {
    let never = chan::<u32>("never", 0);
    let _bomb = Bomb;
    never.recv();
}

#[test]
fn guards_that_are_leaked() {
    everywhere(Verdict::Deadlock, "gate", || {
        let gate = mutex("gate", ());
        go("leaker", move || std::mem::forget(gate.lock()));
        gate.lock().unlock();
    });
    everywhere(Verdict::Deadlock, "shared", || {
        let shared = rwlock("shared", ());
        go("leaker", move || std::mem::forget(shared.rlock()));
        drop(shared.lock());
    });
}

/// Threads of the system are no goroutines: their computations are part of the step.
#[test]
fn threads_that_compute() {
    everywhere(Verdict::Proved, "", || {
        let sum = mutex("sum", 0);
        go("other", move || {
            let thread = std::thread::spawn(|| (0..10).sum::<u32>());
            *sum.lock() += thread.join().expect("it does not panic");
        });
        let halves = std::thread::scope(|scope| {
            let low = scope.spawn(|| (0..5).sum::<u32>());
            let high = scope.spawn(|| (5..10).sum::<u32>());
            low.join().expect("no panic") + high.join().expect("no panic")
        });
        *sum.lock() += halves;
        assert!(*sum.lock() >= 45);
    });
}

#[test]
fn threads_that_panic_or_run_on() {
    everywhere(Verdict::Panic, "the thread has panicked", || {
        let gate = mutex("gate", ());
        // Nobody waits for this one.
        std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_millis(1)));
        let thread = std::thread::spawn(|| std::panic::resume_unwind(Box::new(7)));
        gate.lock().unlock();
        assert!(thread.join().is_ok(), "the thread has panicked");
    });
}

/// A handle is of no use in a thread of the system, and says so there.
#[test]
fn threads_that_use_what_is_of_the_run() {
    everywhere(Verdict::Panic, "used outside a run", || {
        let gate = mutex("gate", 0);
        let thread = std::thread::spawn(move || *gate.lock() += 1);
        if let Err(payload) = thread.join() {
            let told = payload.downcast_ref::<&str>().copied();
            panic!("in the thread: {}", told.unwrap_or("no text"));
        }
    });
}

#[test]
fn threads_that_check_kernels_of_their_own() {
    everywhere(Verdict::Proved, "", || {
        let gate = mutex("gate", 0);
        let thread = std::thread::spawn(|| {
            let report = gordian_checker::check(|| {
                let count = mutex("count", 0);
                go("one", move || *count.lock() += 1);
                *count.lock() += 1;
            });
            report.verdict
        });
        assert_eq!(thread.join().expect("no panic"), Verdict::Proved);
        *gate.lock() += choose(2);
    });
}

/// Returns an engine's report on a kernel that spoils its thread, on a thread of its own.
fn on_a_thread(engine: Engine, kernel: impl Fn() + Send + 'static) -> Report {
    let thread = std::thread::spawn(move || under(engine, &Rc::new(kernel)));
    thread.join().expect("it comes back")
}

/// Rust ends a process in which a destructor panics while another panic unwinds. Here it ends the
/// search.
#[test]
fn a_destructor_that_panics_in_a_panic_is_a_fault() {
    for engine in Engine::ALL {
        let report = on_a_thread(engine, || {
            let _bomb = Bomb;
            panic!("first");
        });
        let Some(Fault::Stalled(stall)) = &report.fault else {
            panic!("{engine:?}: {report}");
        };
        assert_eq!(stall.cause, StallCause::DestructorPanics);
        assert_eq!(stall.goroutine, "main");
        // In an execution that is not the first.
        let report = on_a_thread(engine, || {
            if choose(2) == 1 {
                let _bomb = Bomb;
                panic!("first");
            }
        });
        let Some(Fault::Stalled(stall)) = &report.fault else {
            panic!("{engine:?}: {report}");
        };
        assert_eq!(stall.cause, StallCause::DestructorPanics);
    }
}

/// On the thread of the check itself, too, with the verdict of a kernel without the bomb.
#[test]
fn a_bomb_that_is_dropped_half_way() {
    for engine in Engine::ALL {
        let report = on_a_thread(engine, half_way_with_a_bomb);
        assert_eq!(report.verdict, Verdict::Deadlock, "{engine:?}: {report}");
        assert!(report.lost_stack_bytes > 0);
    }
}

/// A process that aborts for another reason while a goroutine unwinds does end.
#[test]
fn a_destructor_that_aborts_ends_the_process() {
    struct Aborts;
    impl Drop for Aborts {
        fn drop(&mut self) {
            eprintln!("before the end");
            std::process::abort();
        }
    }
    if std::env::var_os("GORDIAN_TEST_CHILD").is_some() {
        under(
            Engine::Optimal,
            &Rc::new(|| {
                let _aborts = Aborts;
                chan::<u32>("never", 0).recv();
            }),
        );
        return;
    }
    assert_ends_with_a_message(
        "a_destructor_that_aborts_ends_the_process",
        "before the end",
    );
}

/// A scoped thread goes on when the goroutine that it borrows from has long overflowed its stack: a
/// clean end, and no other memory is read or changed.
#[test]
fn a_borrow_that_outlives_many_overflows_ends_the_process_with_a_message() {
    if std::env::var_os("GORDIAN_TEST_CHILD").is_none() {
        return assert_ends_with_a_message(
            "a_borrow_that_outlives_many_overflows_ends_the_process_with_a_message",
            "borrowed from a goroutine that has overflowed its stack",
        );
    }
    under(
        Engine::Exhaustive,
        &Rc::new(|| {
            choose(50);
            let local = [7_u8; 64];
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while black_box(&local).iter().all(|byte| *byte == 7) {
                        std::thread::sleep(std::time::Duration::from_millis(1));
                    }
                });
                dive(0);
            });
        }),
    );
}

/// Runs this test in a process of its own, and asserts that it ends with this message.
fn assert_ends_with_a_message(test: &str, message: &str) {
    let this = std::env::current_exe().expect("the test has a file");
    let output = Command::new(this)
        .args(["--exact", test, "--nocapture"])
        .env("GORDIAN_TEST_CHILD", "1")
        .output()
        .expect("the child runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains(message), "{stderr}");
}

/// The families as each engine runs them: loom runs a script's closure, and compares its ends with
/// those of the script's counterpart.
#[test]
fn scripts() {
    for (name, sizes, verdict) in [
        ("philosophers", &[2][..], Verdict::Deadlock),
        ("philosophers-ordered-joined", &[2], Verdict::Proved),
        ("fan-in", &[2, 1, 0], Verdict::Proved),
        ("fan-out", &[2, 1, 1], Verdict::Proved),
        ("pipeline", &[2, 1], Verdict::Proved),
        ("lock-increment", &[3], Verdict::Proved),
        ("rwlock", &[1, 2], Verdict::Proved),
        ("readers", &[2], Verdict::Proved),
        ("ring", &[3, 1], Verdict::Proved),
    ] {
        let family = Family::of(name).expect("there is such a family");
        let script = family.script(sizes).expect("these are sizes of it");
        for engine in Engine::ALL {
            let report = Checker::new().engine(engine).check_subject(&script);
            let drawn = engine == Engine::Random && verdict == Verdict::Proved;
            let expected = if drawn { Verdict::Bounded } else { verdict };
            let fault = &report.fault;
            assert_eq!(report.verdict, expected, "{name} {engine:?} {fault:?}");
        }
    }
}
