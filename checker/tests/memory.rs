//! Memory stays flat, however many executions are explored in one process.

use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gordian_checker::explore::Limits;
use gordian_checker::script::Script;
use gordian_checker::script::families::Family;
use gordian_checker::sync::{chan, choose, go, mutex};
use gordian_checker::{Checker, Engine, Subject, Verdict};

/// What is measured is the memory of the process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resident memory in MiB, now.
fn resident_mib() -> usize {
    resident_kib() / 1024
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// Lets an engine explore so many executions, after some that show what it needs at all: how much more memory it takes, in KiB.
fn grown_by(engine: Engine, subject: &dyn Subject, executions: u64) -> usize {
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
    run(executions / 20);
    let before = resident_kib();
    run(executions);
    resident_kib().saturating_sub(before)
}

fn script(name: &str, sizes: &[u32]) -> Script {
    let family = Family::of(name).expect("there is such a family");
    family.script(sizes).expect("these are sizes of it")
}

/// Nine goroutines lock, add one and unlock: 362,880 executions. In every second of them somebody panics while main is blocked for ever.
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

/// Two senders of three values each: under loom, more than 300,000 executions.
fn senders() -> Rc<impl Fn()> {
    Rc::new(|| {
        let pipe = chan::<u32>("pipe", 0);
        for _ in 0..2 {
            go("sender", move || {
                for value in 0..3 {
                    pipe.send(value);
                }
            });
        }
        for _ in 0..6 {
            pipe.recv();
        }
    })
}

/// So few bytes an execution would show: a number that is noted somewhere and never forgotten.
const BYTES_MAX: usize = 32;

fn assert_flat(engine: Engine, what: &str, subject: &dyn Subject, executions: u64) {
    let grown = grown_by(engine, subject, executions);
    let bytes = grown * 1024 / usize::try_from(executions).expect("a small number");
    println!("{engine:?}, {what}: {grown} KiB more after {executions} executions");
    assert!(
        bytes < BYTES_MAX,
        "{engine:?}, {what}: {bytes} bytes an execution"
    );
}

#[test]
fn no_engine_needs_memory_for_an_execution() {
    let _alone = alone();
    for engine in [Engine::Optimal, Engine::Exhaustive, Engine::Random] {
        assert_flat(engine, "closures", &increments(), 100_000);
        assert_flat(engine, "a script", &script("lock-increment", &[9]), 100_000);
    }
    assert_flat(Engine::Loom, "closures", &senders(), 20_000);
    assert_flat(
        Engine::Loom,
        "a script",
        &script("fan-in", &[2, 3, 0]),
        20_000,
    );
}

/// Four senders of four values each: 63,063,000 executions, of which some are looked at.
#[test]
fn executions_of_few_histories_take_no_memory() {
    let _alone = alone();
    let kernel = || {
        let pipe = chan::<u32>("pipe", 0);
        for sender in 0..4 {
            go("sender", move || {
                for value in 0..4 {
                    pipe.send(10 * sender + value);
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
    run(1000);
    let before = resident_mib();
    run(100_000);
    let grown = resident_mib().saturating_sub(before);
    assert!(grown < 20, "{grown} MiB more");
}

/// Each execution has a history that no other has, so that what was learned of the kernel has to be forgotten again and again.
#[test]
fn a_million_executions_of_a_million_histories() {
    let _alone = alone();
    let before = resident_mib();
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        for _ in 0..20 {
            choose(2);
        }
    });
    let grown = resident_mib().saturating_sub(before);
    assert_eq!(report.verdict, Verdict::Proved);
    assert_eq!(report.findings.executions, 1 << 20);
    assert!(grown < 300, "{grown} MiB more");
}
