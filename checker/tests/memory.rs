//! Memory stays flat, however many executions are explored in one process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gordian_checker::explore::Limits;
use gordian_checker::sync::{chan, choose, go};
use gordian_checker::{Checker, Engine, Verdict};

/// What is measured is the memory of the process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resident memory in MiB, now.
fn resident_mib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse().ok()).unwrap_or(0) / 1024
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
