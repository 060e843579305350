//! The engine itself: verdicts, limits, faults, and the kernels that it cannot run.

use std::rc::Rc;
use std::time::Duration;

use gordian_checker::explore::{Limit, Limits};
use gordian_checker::model::{Fault, Program};
use gordian_checker::sync::*;
use gordian_checker::{Checker, Engine, Subject, TimerRules, Verdict};

use crate::{agree, only_bad, pairs, under_loom};

#[test]
fn verdicts_and_paths() {
    let leak = under_loom(|| {
        let c = chan("c", 0);
        go("worker", move || c.send(1));
    });
    assert_eq!(leak.verdict, Verdict::Leak);
    assert_eq!(only_bad(&leak), pairs(&[("worker", "send c")]));
    let bad = leak.findings.bad.values().next().expect("one");
    assert_eq!(bad.path.len(), 1, "main's go statement: {bad:?}");

    let panic = under_loom(|| {
        let c = chan("c", 0);
        c.close();
        c.send(1);
    });
    assert_eq!(panic.verdict, Verdict::Panic);
    let message = "panic: send on closed channel: c";
    assert_eq!(only_bad(&panic), pairs(&[("main", message)]));

    under_loom(|| {
        let c = chan("c", 0);
        go("worker", move || c.send(1));
        assert_eq!(c.recv(), Some(1));
    })
    .assert_proved();
}

/// A program without a body of main.
struct Bodiless;

impl Subject for Bodiless {
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        Rc::new(|| {}).program_with(stack_bytes, timers)
    }
}

#[test]
fn a_program_that_is_no_rust_is_unsupported() {
    let report = Checker::new().engine(Engine::Loom).check_subject(&Bodiless);
    assert_eq!(report.verdict, Verdict::Unsupported);
    assert!(report.reason.is_some_and(|reason| reason.contains("Rust")));
    Checker::new().check_subject(&Bodiless).assert_proved();
}

#[test]
fn six_goroutines_are_unsupported() {
    let report = under_loom(|| {
        for i in 0..5 {
            go(&format!("g{i}"), || {});
        }
    });
    assert_eq!(report.verdict, Verdict::Unsupported);
    assert!(!report.findings.complete);
    assert_eq!(
        report.reason.as_deref(),
        Some("loom runs at most 5 threads; this kernel has 6")
    );
    // Only the second choice needs them, which is seen in the middle of the search.
    let report = under_loom(|| {
        if choose(2) == 1 {
            for i in 0..5 {
                go(&format!("g{i}"), || {});
            }
        }
    });
    assert_eq!(report.verdict, Verdict::Unsupported);
    assert_eq!(
        report.reason.as_deref(),
        Some("loom runs at most 5 threads; this kernel has at least 6")
    );
    let report = under_loom(|| {
        for i in 0..4 {
            go(&format!("g{i}"), || {});
        }
    });
    assert_eq!(report.verdict, Verdict::Proved);
    assert_eq!(report.findings.goroutines, 5);
}

#[test]
fn a_thousand_deadlocking_executions_in_one_process() {
    let mut executions = 0;
    let mut searches = 0;
    while executions < 1_000 || searches < 100 {
        let report = under_loom(|| {
            let (a, b) = (mutex("a", vec![String::new()]), chan::<()>("b", 0));
            let group = waitgroup("group");
            group.add(1);
            for name in ["x", "y"] {
                go(name, move || {
                    let kept = a.lock();
                    b.recv();
                    drop(kept);
                });
            }
            go("z", move || group.wait());
            let _guard = rwlock("c", ()).rlock();
            b.recv();
        });
        assert_eq!(report.verdict, Verdict::Deadlock, "{report:#?}");
        assert_eq!(report.findings.bad_executions, report.findings.executions);
        executions += report.findings.bad_executions;
        searches += 1;
    }
}

#[test]
fn limits_show() {
    fn spins() {
        let stop = atomic("stop", 0);
        while stop.load() == 0 {}
    }
    let limits = |limits: Limits| Checker::new().engine(Engine::Loom).limits(limits);
    let report = limits(Limits {
        steps_max: 50,
        ..Limits::default()
    })
    .check(spins);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Steps(50)]);
    assert_eq!(report.findings.steps_max, 50);

    let many = || {
        let c = chan("c", 0);
        for name in ["a", "b", "c"] {
            go(name, move || c.send(1));
        }
        for _ in 0..3 {
            c.recv();
        }
    };
    let report = limits(Limits {
        executions_max: Some(5),
        ..Limits::default()
    })
    .check(many);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Executions(5)]);
    assert_eq!(report.findings.executions, 5);

    let report = limits(Limits {
        goroutines_max: 3,
        ..Limits::default()
    })
    .check(many);
    assert_eq!(report.findings.limits, [Limit::Goroutines(3)]);
    assert_eq!(report.verdict, Verdict::Bounded);

    let report = limits(Limits {
        time_max: Some(Duration::ZERO),
        ..Limits::default()
    })
    .check(|| {
        let a = atomic("a", 0);
        for name in ["a", "b", "c", "d"] {
            go(name, move || {
                for _ in 0..20 {
                    a.add(1);
                }
            });
        }
    });
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Time(Duration::ZERO)]);

    // A limit that is just enough does not cut.
    let exact = limits(Limits {
        executions_max: Some(1),
        steps_max: 2,
        ..Limits::default()
    })
    .check(|| {
        sleep();
        sleep();
    });
    assert_eq!(exact.verdict, Verdict::Proved, "{exact:#?}");
}

#[test]
fn a_panic_before_the_limit_is_kept() {
    let report = Checker::new()
        .engine(Engine::Loom)
        .limits(Limits {
            steps_max: 30,
            ..Limits::default()
        })
        .check(|| {
            let turns = atomic("turns", 0);
            go("bad", move || {
                turns.add(1);
                panic!("early");
            });
            loop {
                turns.load();
            }
        });
    assert_eq!(report.verdict, Verdict::Panic, "{report:#?}");
    assert_eq!(only_bad(&report), pairs(&[("bad", "panic: early")]));
}

#[test]
fn behaviour_that_changes_is_a_fault() {
    let runs = std::cell::Cell::new(0);
    let report = under_loom(move || {
        runs.set(runs.get() + 1);
        let c = chan("c", 1);
        go("other", move || c.send(1));
        // The second run of this body is loom's first, and so on.
        if runs.get() > 2 {
            c.close()
        } else {
            c.send(2)
        }
        c.recv();
    });
    assert_eq!(report.verdict, Verdict::Fault);
    let Some(Fault::Nondeterminism {
        goroutine,
        operation,
        first,
        now,
    }) = report.fault
    else {
        panic!("{report:#?}")
    };
    assert_eq!((goroutine.as_str(), operation), ("main", 2));
    assert!(first.starts_with("send c at "), "{first}");
    assert!(now.starts_with("close c at "), "{now}");
}

#[test]
fn objects_kept_from_another_execution_are_told() {
    thread_local! {
        static KEPT: std::cell::Cell<Option<Chan<i32>>> = const { std::cell::Cell::new(None) };
    }
    let report = under_loom(|| {
        if choose(2) == 0 {
            KEPT.set(Some(chan("c", 1)));
        } else if let Some(kept) = KEPT.get() {
            kept.len();
        }
    });
    assert_eq!(report.verdict, Verdict::Fault);
    let Some(Fault::StaleObject {
        goroutine, object, ..
    }) = &report.fault
    else {
        panic!("{report:#?}")
    };
    assert_eq!((goroutine.as_str(), object.as_str()), ("main", "c"));
}

#[test]
fn destructors_of_the_kernels_own_may_use_objects_while_they_unwind() {
    struct Unlocks(Mutex<i32>, Chan<i32>, WaitGroup);
    impl Drop for Unlocks {
        fn drop(&mut self) {
            self.2.done();
            self.1.recv();
            drop(self.0.lock());
            go("late", || {});
        }
    }
    let report = under_loom(|| {
        let all = || Unlocks(mutex("m", 1), chan("c", 0), waitgroup("g"));
        go("stuck", move || {
            let _unlocks = all();
            Chan::<()>::nil().recv();
        });
        let _unlocks = all();
        Chan::<()>::nil().recv();
    });
    assert_eq!(report.verdict, Verdict::Deadlock, "{report:#?}");
}

#[test]
fn a_kernel_that_recovers_does_not_survive_its_end() {
    agree(1, || {
        let c = chan::<()>("c", 0);
        let caught = std::panic::catch_unwind(move || c.recv());
        assert!(caught.is_ok());
        c.recv();
    });
}

/// Each end is replayed by the rules from a schedule, so names are written as in schedules.
#[test]
fn goroutines_may_have_names_that_mean_something_in_a_schedule() {
    agree(1, || {
        let (m, c, n) = (mutex("m", ()), cond("c"), atomic("n", 0));
        for name in ["a+b", "c: d,e", "100%*2"] {
            go(name, move || {
                let mut guard = m.lock();
                if n.add(1) < 3 {
                    guard = c.wait(guard);
                }
                drop(guard);
                c.signal();
            });
        }
    });
}
