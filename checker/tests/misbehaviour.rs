//! Kernels that do what nobody should: they overflow their stacks, panic in destructors, do
//! operations while they unwind, leak guards.
//!
//! None of it may end the process, hang, or change what is said of other goroutines. What must end
//! it says why.

use std::hint::black_box;
use std::process::Command;
use std::rc::Rc;

use gordian_checker::sync::{atomic, chan, choose, defer, go, mutex, rwlock, shared, waitgroup};
use gordian_checker::{Checker, Engine, Report, Verdict, check};

fn keep_going(kernel: impl Fn() + Send + 'static) -> Report {
    Checker::new()
        .engine(Engine::Optimal)
        .keep_going(true)
        .check(kernel)
}

/// The messages of the panics that were found.
fn panics(report: &Report) -> Vec<String> {
    assert_eq!(report.verdict, Verdict::Panic, "{:?}", report.fault);
    let ends = report.findings.bad.keys();
    let mut texts: Vec<String> = ends.map(|end| format!("{end:?}")).collect();
    texts.sort();
    texts
}

fn assert_only_panic(report: &Report, text: &str) {
    let found = panics(report);
    assert!(
        found.len() == 1 && found[0].contains(text),
        "not only {text:?}: {found:#?}"
    );
}

#[expect(unconditional_recursion, reason = "the fault that is tested")]
fn dive(depth: u64) -> u64 {
    black_box(dive(black_box(depth) + 1)) + 1
}

#[test]
fn recursion_without_end_is_a_panic() {
    let report = keep_going(|| {
        let count = mutex("count", 0);
        go("diver", move || {
            *count.lock() += 1;
            dive(0);
        });
        *count.lock() += 1;
    });
    assert_only_panic(&report, "stack overflow");
    assert_eq!(report.findings.executions, 2);
    assert_eq!(report.findings.bad_executions, 2);
}

#[test]
fn recursion_of_main_again_and_again() {
    for _ in 0..50 {
        let report = check(|| {
            if choose(2) == 1 {
                dive(0);
            }
        });
        assert_only_panic(&report, "stack overflow");
    }
}

#[test]
fn recursion_through_operations_is_a_panic_where_it_happens() {
    #[expect(unconditional_recursion, reason = "the fault that is tested")]
    fn descend(count: gordian_checker::sync::Atomic, depth: i64) -> i64 {
        let frame = black_box([depth; 1024]);
        count.add(1);
        descend(count, depth + 1) + frame[7]
    }
    let report = keep_going(|| {
        let count = atomic("count", 0);
        descend(count, 0);
    });
    assert_only_panic(&report, "stack overflow");
    let steps = report.findings.steps;
    assert!((500..2000).contains(&steps), "{steps} steps");
}

#[test]
fn a_larger_stack_is_large() {
    fn down(depth: u32) -> u32 {
        let frame = black_box([depth; 256]);
        if depth == 0 {
            return frame[3];
        }
        down(depth - 1) + frame[9]
    }
    let kernel = || {
        black_box(down(20_000));
    };
    let small = Checker::new().stack_bytes(1 << 20).check(kernel);
    assert_only_panic(&small, "stack overflow");
    // Also where a small stack is at hand from before.
    Checker::new()
        .stack_bytes(64 << 20)
        .check(kernel)
        .assert_proved();
}

#[test]
fn an_overflow_while_the_stack_holds_a_table_ends_the_process_with_a_message() {
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Endless;
    impl std::fmt::Debug for Endless {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", black_box(dive(0)))
        }
    }
    if std::env::var_os("GORDIAN_TEST_CHILD").is_some() {
        Checker::new().check_subject(&Rc::new(|| {
            mutex("endless", Endless);
        }));
        return;
    }
    let this = std::env::current_exe().expect("the test has a file");
    let name = "an_overflow_while_the_stack_holds_a_table_ends_the_process_with_a_message";
    let output = Command::new(this)
        .args(["--exact", name, "--nocapture"])
        .env("GORDIAN_TEST_CHILD", "1")
        .output()
        .expect("the child runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("overflowed its stack"), "{stderr}");
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("bomb");
    }
}

#[test]
fn a_destructor_that_panics() {
    let report = keep_going(|| {
        let gate = mutex("gate", ());
        go("bomber", move || {
            let _bomb = Bomb;
            gate.lock().unlock();
        });
        gate.lock().unlock();
    });
    assert_only_panic(&report, "bomb");
    assert_eq!(report.findings.bad_executions, 2);
}

#[test]
fn the_deferred_calls_of_an_abandoned_goroutine_do_not_run() {
    let report = keep_going(|| {
        let never = chan::<u32>("never", 0);
        let _bomb = defer(|| panic!("bomb"));
        never.recv();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
    assert_eq!(report.findings.bad_executions, 1);
}

#[test]
fn a_payload_whose_destructor_panics() {
    let report = keep_going(|| std::panic::panic_any(Bomb));
    assert_only_panic(&report, "a panic with no message");
}

#[test]
fn a_panic_that_is_begun_anew_keeps_its_message() {
    let report = keep_going(|| {
        let first = std::panic::catch_unwind(|| panic!("first"));
        assert!(first.is_err());
        std::panic::resume_unwind(Box::new("second"));
    });
    assert_only_panic(&report, "second");
}

/// What a destructor does while its goroutine unwinds is seen by nobody, and nobody else is taken
/// for panicking meanwhile.
#[test]
fn operations_while_a_goroutine_unwinds() {
    struct Meddler(Rc<dyn Fn()>);
    impl Drop for Meddler {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let report = keep_going(|| {
        let (count, name) = (mutex("count", 0), rwlock("name", String::from("n")));
        let (pipe, cell, number) = (
            chan::<u32>("pipe", 0),
            shared("cell", 3),
            atomic("number", 0),
        );
        let done = waitgroup("done");
        done.add(1);
        go("meddler", move || {
            let _meddler = Meddler(Rc::new(move || {
                *count.lock() += 1;
                name.lock().push('x');
                assert_eq!(*name.rlock(), "n");
                assert_eq!(pipe.recv(), None);
                pipe.send(3);
                cell.set(cell.get() + 1);
                number.store(number.load() + 1);
                go("nobody", || panic!("never started"));
                let _made = mutex("made", ());
                done.done();
            }));
            let _held = count.lock();
            panic!("meddled");
        });
        go("other", move || {
            let guard = name.lock();
            drop(guard);
            let guard = name.lock();
            drop(guard);
            done.done();
        });
        done.wait();
        assert_eq!((cell.get(), number.load()), (3, 0), "somebody has meddled");
    });
    assert_only_panic(&report, "meddled");
}

#[test]
fn a_kernel_that_recovers() {
    let report = keep_going(|| {
        let count = mutex("count", 0);
        for _ in 0..2 {
            go("recovers", move || {
                let caught = std::panic::catch_unwind(|| {
                    let _deferred = defer(|| panic!("not while it panics"));
                    *count.lock() += 1;
                    panic!("caught");
                });
                assert!(caught.is_err());
                *count.lock() += 1;
            });
        }
    });
    report.assert_proved();
    assert_eq!(report.findings.executions, 6);
}

#[test]
fn guards_that_are_leaked_stay_locked() {
    let report = keep_going(|| {
        let gate = mutex("gate", ());
        go("leaker", move || std::mem::forget(gate.lock()));
        gate.lock().unlock();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
    let findings = &report.findings;
    assert_eq!((findings.executions, findings.bad_executions), (2, 1));
}

/// A check in a destructor that runs while its thread panics: on that thread a guard could not tell
/// the kernel's panic from the thread's. A thread of its own is another matter.
#[test]
fn a_check_while_the_thread_unwinds_says_so() {
    struct Checks(std::sync::mpsc::Sender<[(Verdict, bool); 2]>);
    impl Drop for Checks {
        fn drop(&mut self) {
            let kernel = || mutex("gate", ()).lock().unlock();
            let reports = [
                Checker::new().check_subject(&Rc::new(kernel)),
                check(kernel),
            ];
            let _ = self
                .0
                .send(reports.map(|report| (report.verdict, report.fault.is_some())));
        }
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let _checks = Checks(sender);
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(thread.join().is_err());
    let [here, apart] = receiver.recv().expect("two reports");
    assert_eq!(here, (Verdict::Fault, true));
    assert_eq!(apart, (Verdict::Proved, false));
}

/// A value whose destructor panics: nobody can say when a value is dropped that is sent about, but
/// it is the kernel's affair and not the checker's.
#[test]
fn values_whose_destructors_panic() {
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    struct Glass(u8);
    impl Drop for Glass {
        fn drop(&mut self) {
            panic!("broken");
        }
    }
    let report = keep_going(|| {
        let shelf = chan::<Glass>("shelf", 2);
        shelf.send(Glass(1));
        shelf.send(Glass(2));
        let kept = Glass(3);
        go("keeper", move || std::mem::forget(kept));
        shelf.recv();
    });
    assert!(
        matches!(report.verdict, Verdict::Panic | Verdict::Fault),
        "{}",
        report.verdict
    );
}

/// What a check has learned is freed, although its goroutines were abandoned in the middle.
#[test]
fn a_check_leaves_nothing_behind() {
    thread_local! {
        static ALIVE: std::cell::Cell<i32> = const { std::cell::Cell::new(0) };
    }
    #[derive(PartialEq, Eq, Hash, Debug)]
    struct Counted(u32);
    impl Counted {
        fn new(number: u32) -> Self {
            ALIVE.set(ALIVE.get() + 1);
            Self(number)
        }
    }
    impl Clone for Counted {
        fn clone(&self) -> Self {
            Self::new(self.0)
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.set(ALIVE.get() - 1);
        }
    }
    let report = keep_going(|| {
        let pipe = chan::<Counted>("pipe", 1);
        let never = chan::<u32>("never", 0);
        pipe.send(Counted::new(choose(100)));
        go("stuck", move || {
            never.recv();
        });
        never.recv();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
    assert_eq!(ALIVE.get(), 0);
}
