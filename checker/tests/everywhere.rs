//! What nobody should do, under every engine: each kernel here is one that ends a process, hangs it or loses its report where a checker is careless.

use std::hint::black_box;
use std::process::{Command, Output};
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

/// Asserts that every engine comes to this verdict, and that what it found says so.
#[track_caller]
fn everywhere(verdict: Verdict, says: &str, kernel: impl Fn() + 'static) {
    under_each(&Engine::ALL, verdict, says, kernel);
}

/// All engines but the one that has coroutines of its own.
const ALL_BUT_LOOM: [Engine; 5] = [
    Engine::Auto,
    Engine::Optimal,
    Engine::Remembering,
    Engine::Exhaustive,
    Engine::Random,
];

#[track_caller]
fn under_each(engines: &[Engine], verdict: Verdict, says: &str, kernel: impl Fn() + 'static) {
    let kernel = Rc::new(kernel);
    for &engine in engines {
        let report = under(engine, &kernel);
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
    // Its handler of faults must not stand before ours from then on.
    under(Engine::Loom, &Rc::new(|| mutex("gate", ()).lock().unlock()));
    under_each(&ALL_BUT_LOOM, Verdict::Panic, "stack overflow", without_end);
}

/// A limit of the engine `loom`, as it is today: its coroutines are not ours. What comes with them tells of the overflow, and either ends the process or makes
/// the kernel one that loom cannot run. It is proved in no case.
#[test]
fn recursion_without_end_under_loom_is_told_and_never_proved() {
    if std::env::var_os("GORDIAN_TEST_CHILD").is_some() {
        let report = under(Engine::Loom, &Rc::new(without_end));
        eprintln!("verdict: {}", report.verdict);
        return;
    }
    let output = child("recursion_without_end_under_loom_is_told_and_never_proved");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("overflowed its stack"), "{stderr}");
    let unsupported = stderr.contains("verdict: unsupported");
    assert!(unsupported || !output.status.success(), "{stderr}");
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

#[test]
fn a_destructor_that_panics() {
    everywhere(Verdict::Panic, "bomb", || {
        let gate = mutex("gate", ());
        go("bomber", move || {
            let _bomb = Bomb;
            gate.lock().unlock();
        });
        gate.lock().unlock();
    });
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

/// Threads of the system are no goroutines: what they compute is part of the step, and nobody takes them for one.
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

/// Runs this test in a process of its own.
fn child(test: &str) -> Output {
    let this = std::env::current_exe().expect("the test has a file");
    Command::new(this)
        .args(["--exact", test, "--nocapture"])
        .env("GORDIAN_TEST_CHILD", "1")
        .output()
        .expect("the child runs")
}

/// Runs this test in a process of its own, which the language ends, and asserts that it does not do so in silence.
fn assert_ends_with_a_message(test: &str, message: &str) {
    let output = child(test);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains(message), "{stderr}");
}

/// Rust itself ends a process in which a destructor panics while another panic unwinds: nothing is left to catch it.
#[test]
fn a_destructor_that_panics_in_a_panic_ends_the_process_with_a_message() {
    if std::env::var_os("GORDIAN_TEST_CHILD").is_none() {
        return assert_ends_with_a_message(
            "a_destructor_that_panics_in_a_panic_ends_the_process_with_a_message",
            "panic in a destructor",
        );
    }
    Checker::new().check_subject(&Rc::new(|| {
        let _bomb = Bomb;
        panic!("first");
    }));
}

/// A check on a thread of its own loses that thread, and says so.
#[test]
fn a_destructor_that_panics_in_a_panic_costs_the_thread_of_the_search() {
    let report = gordian_checker::check(|| {
        let _bomb = Bomb;
        panic!("first");
    });
    let Some(Fault::Stalled(stall)) = &report.fault else {
        panic!("{report}");
    };
    assert_eq!(stall.cause, StallCause::DestructorPanics);
}

/// Whoever checks on the caller's thread has no other: see [`half_way_with_a_bomb`].
#[test]
fn a_bomb_that_is_unwound_on_the_callers_thread_ends_the_process_with_a_message() {
    if std::env::var_os("GORDIAN_TEST_CHILD").is_none() {
        return assert_ends_with_a_message(
            "a_bomb_that_is_unwound_on_the_callers_thread_ends_the_process_with_a_message",
            "panic in a destructor",
        );
    }
    under(Engine::Optimal, &Rc::new(half_way_with_a_bomb));
}

/// The families as each engine runs them: loom runs a script's closure, and compares it with what the script's counterpart does.
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
