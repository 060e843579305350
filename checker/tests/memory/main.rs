//! Memory stays flat, however many executions are explored in one process.
//!
//! The bytes that are asked for are counted, since the memory that the system keeps resident
//! depends on other things. Stacks of goroutines are not counted. If they were never given back,
//! they would soon exceed the limit of a process, and the search would report it.

mod counting;

use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gordian_checker::explore::Limits;
use gordian_checker::script::Script;
use gordian_checker::script::families::Family;
use gordian_checker::sync::{chan, choose, go, mutex};
use gordian_checker::{Checker, Engine, Subject, Verdict};

use counting::peak_of;

/// Lets one test run at a time, since the memory of the whole process is counted.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs an engine for a few executions and then for many. Returns the number of bytes by which the
/// many exceed the few, in use at once or left in use.
///
/// The few are enough to learn the kernel; anything learned after them would be taken for growth.
fn grown_by(engine: Engine, subject: &dyn Subject, [few, many]: [u64; 2]) -> usize {
    let run = |max| {
        let limits = Limits {
            executions_max: Some(max),
            ..Limits::default()
        };
        let checker = Checker::new()
            .engine(engine)
            .limits(limits)
            .keep_going(true);
        let report = checker.check_subject(subject);
        assert_eq!(report.findings.executions, max, "{engine:?}");
        assert_eq!(report.fault, None);
    };
    // Allocations that happen once in a process happen here.
    run(1_000);
    let (of_few, _) = peak_of(|| run(few));
    let (of_many, left) = peak_of(|| run(many));
    of_many.saturating_sub(of_few).max(left)
}

fn script(name: &str, sizes: &[u32]) -> Script {
    let family = Family::of(name).expect("there is such a family");
    family.script(sizes).expect("these are sizes of it")
}

/// Nine goroutines lock, add one and unlock: 362,880 executions. In every second one somebody
/// panics while main is blocked for ever.
fn increments() -> Rc<impl Fn()> {
    Rc::new(|| {
        let (count, never) = (mutex("count", 0), chan::<u32>("never", 0));
        for number in 0..9 {
            go("one", move || {
                let mut held = count.lock();
                *held += 1;
                let met = *held;
                drop(held);
                assert!(number != 0 || met > 4, "early");
            });
        }
        never.recv();
    })
}

/// Two senders that send eight times each: under loom, 12,870 executions. All goroutines have one
/// history.
fn senders() -> Rc<impl Fn()> {
    Rc::new(|| {
        let pipe = chan::<u32>("pipe", 0);
        for _ in 0..2 {
            go("sender", move || {
                for _ in 0..8 {
                    pipe.send(1);
                }
            });
        }
        for _ in 0..16 {
            pipe.recv();
        }
    })
}

/// The bytes by which two searches may differ for reasons that do not grow: a table that is twice
/// as large, a line of text. A number that is stored for each execution and never freed takes more.
const BYTES_APART: usize = 64 << 10;

fn assert_flat(engine: Engine, what: &str, subject: &dyn Subject, [few, many]: [u64; 2]) {
    let grown = grown_by(engine, subject, [few, many]);
    println!("{engine:?}, {what}: {grown} bytes more for {many} executions than for {few}");
    assert!(grown < BYTES_APART, "{engine:?}, {what}: {grown} bytes");
}

#[test]
fn no_engine_needs_memory_for_an_execution() {
    let _alone = alone();
    for engine in [Engine::Optimal, Engine::Exhaustive, Engine::Random] {
        assert_flat(engine, "closures", &increments(), [100_000, 200_000]);
        assert_flat(
            engine,
            "a script",
            &script("lock-increment", &[9]),
            [100_000, 200_000],
        );
    }
    assert_flat(Engine::Loom, "closures", &senders(), [1_000, 12_000]);
    assert_flat(
        Engine::Loom,
        "a script",
        &script("fan-in", &[2, 8, 0]),
        [1_000, 12_000],
    );
}

/// Four senders that send four times each: 63,063,000 executions, some of which are explored. They
/// are indistinguishable: each goroutine has one history.
#[test]
fn executions_of_few_histories_take_no_memory() {
    let _alone = alone();
    let kernel = || {
        let pipe = chan::<()>("pipe", 0);
        for _ in 0..4 {
            go("sender", move || {
                for _ in 0..4 {
                    pipe.send(());
                }
            });
        }
        for _ in 0..16 {
            pipe.recv();
        }
    };
    let limits = |max| Limits {
        executions_max: Some(max),
        ..Limits::default()
    };
    let run = |max| {
        let checker = Checker::new().engine(Engine::Optimal).limits(limits(max));
        let report = checker.check(kernel);
        assert_eq!(report.findings.executions, max);
        assert_eq!(report.verdict, Verdict::Bounded);
    };
    // Allocations that happen once in a process happen here.
    run(1_000);
    let (few, _) = peak_of(|| run(1_000));
    let (many, left) = peak_of(|| run(100_000));
    println!("{few} bytes for 1,000 executions, {many} for 100,000, {left} left");
    assert!(many < few + BYTES_APART, "{few} and {many} bytes");
    assert!(left < BYTES_APART, "{left} bytes are left");
}

/// Each execution has a history of its own, so the histories that were learned must be forgotten
/// again and again.
#[test]
fn a_million_executions_of_a_million_histories() {
    let _alone = alone();
    let (peak, left) = peak_of(|| {
        let report = Checker::new().engine(Engine::Optimal).check(|| {
            for _ in 0..20 {
                choose(2);
            }
        });
        assert_eq!(report.verdict, Verdict::Proved);
        assert_eq!(report.findings.executions, 1 << 20);
    });
    println!("at most {peak} bytes, {left} left");
    // A history takes some 400 bytes, and half a million may be known at once.
    assert!(peak < 300 << 20, "{peak} bytes at once");
    assert!(left < BYTES_APART, "{left} bytes are left");
}
