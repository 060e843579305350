//! Each statement of `docs/what-a-pass-means.md`, as it holds today: a test for each heading, of
//! the same name.
//!
//! Where the page says that something is not modelled, the test asserts the answer that is wrong
//! for Go, so that it fails on the day on which the checker learns better, and the page is mended
//! with it.

use std::collections::BTreeSet;
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gordian_checker::explore::random::Draw;
use gordian_checker::explore::{Limit, Limits};
use gordian_checker::model::{Fault, Op, StallCause, TimerRules};
use gordian_checker::select;
use gordian_checker::sync::{
    ControlFlow, FOR_EVER, Reason, after, atomic, background, chan, choose, defer, forever, go,
    gosched, mutex, repeat, rwlock, semaphore, shared, sleep, tick, timer, waitgroup,
};
use gordian_checker::{Checker, Engine, Report, Verdict, check};

const PAGE: &str = include_str!("../../docs/what-a-pass-means.md");

#[track_caller]
fn assert_verdict(kernel: impl Fn() + Send + 'static, expected: Verdict) {
    assert_eq!(check(kernel).verdict, expected);
}

/// The headings that state something are those of the third level; a heading's test is its words
/// with underscores.
#[test]
fn every_heading_has_a_test_and_every_test_a_heading() {
    let headings: BTreeSet<String> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|heading| {
            let words: Vec<String> = heading
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            words.join("_")
        })
        .collect();
    let source: Vec<&str> = include_str!("what_a_pass_means.rs").lines().collect();
    let tests: BTreeSet<String> = source
        .windows(2)
        .filter(|pair| pair[0] == "#[test]")
        .filter_map(|pair| pair[1].strip_prefix("fn ")?.strip_suffix("() {"))
        .filter(|name| *name != "every_heading_has_a_test_and_every_test_a_heading")
        .map(str::to_owned)
        .collect();
    assert!(headings.len() > 20, "the page has its headings");
    assert_eq!(headings, tests);
}

// What the verdicts say.

/// Goes wrong in one order only, in which each of the two is interrupted at the worst places: three
/// preemptions.
fn one_bad_order(asserts: bool) {
    let turn = atomic("turn", 0);
    go("other", move || {
        turn.compare_and_swap(0, 1);
        turn.compare_and_swap(2, 3);
    });
    turn.compare_and_swap(1, 2);
    turn.compare_and_swap(3, 4);
    assert!(!asserts || turn.load() != 4, "the one bad order");
}

#[test]
fn proved_means_every_interleaving() {
    for engine in [
        Engine::Auto,
        Engine::Optimal,
        Engine::Remembering,
        Engine::Exhaustive,
    ] {
        let checker = Checker::new().engine(engine);
        let proof = checker.check(|| one_bad_order(false));
        assert_eq!(proof.verdict, Verdict::Proved);
        assert!(proof.findings.complete && proof.findings.limits.is_empty());
        let refutation = checker.check(|| one_bad_order(true));
        assert_eq!(refutation.verdict, Verdict::Panic);
    }
}

#[test]
fn within_means_few_preemptions() {
    let bounded = |max| {
        let checker = Checker::new().preemptions_max(max);
        checker.check(|| one_bad_order(true))
    };
    let within = bounded(2);
    assert_eq!(within.verdict, Verdict::Within);
    assert_eq!(within.findings.limits, [Limit::Preemptions(2)]);
    assert_eq!(bounded(3).verdict, Verdict::Panic);
}

#[test]
fn bounded_means_a_limit_was_hit() {
    let kernel = || {
        for _ in 0..30 {
            gosched();
        }
        panic!("the thirty-first step");
    };
    let limits = Limits {
        steps_max: 20,
        ..Limits::default()
    };
    let report = Checker::new().limits(limits).check(kernel);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Steps(20)]);
    assert_verdict(kernel, Verdict::Panic);
}

#[test]
fn random_is_never_a_proof() {
    let report = Checker::new()
        .random(1, Draw::Uniform)
        .limits(Limits {
            executions_max: Some(10),
            ..Limits::default()
        })
        .check(|| {});
    assert_eq!(report.verdict, Verdict::Bounded);
}

#[test]
fn fault_means_the_kernel_cannot_be_judged() {
    let turns = std::cell::Cell::new(0);
    let report = check(move || {
        turns.set(turns.get() + 1);
        let order = atomic("order", 0);
        for _ in 0..turns.get() {
            go("a", move || {
                order.add(1);
            });
        }
        order.add(1);
    });
    assert_eq!(report.verdict, Verdict::Fault);
    assert!(matches!(report.fault, Some(Fault::Nondeterminism { .. })));
}

#[test]
fn one_bad_end_refutes() {
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        let (a, b) = (mutex("a", ()), mutex("b", ()));
        go("other", move || {
            let _b = b.lock();
            let _a = a.lock();
        });
        let _a = a.lock();
        let _b = b.lock();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
    let findings = report.findings;
    assert_eq!((findings.bad_executions, findings.executions), (1, 3));

    let up_to = |worst| {
        move || {
            let never = chan::<u8>("never", 0);
            match choose(worst) {
                0 => go("stuck", move || never.send(1)),
                1 => never.send(1),
                _ => panic!("worst of all"),
            }
        }
    };
    assert_verdict(up_to(1), Verdict::Leak);
    assert_verdict(up_to(2), Verdict::Deadlock);
    assert_verdict(up_to(3), Verdict::Panic);
}

#[test]
fn what_is_deterministic_is_asserted_by_the_kernel() {
    let kernel = |asserts: bool| {
        move || {
            let (ch, sum) = (chan("ch", 1), atomic("sum", 0));
            go("adder", move || {
                sum.add(1);
                ch.send(());
            });
            ch.recv();
            assert!(!asserts || sum.load() == 2, "a wrong sum");
        }
    };
    assert_verdict(kernel(false), Verdict::Proved);
    assert_verdict(kernel(true), Verdict::Panic);
}

// The bounds.

fn limited(limits: Limits, kernel: impl Fn() + Send + 'static) -> Report {
    Checker::new().limits(limits).check(kernel)
}

#[test]
fn steps_of_one_execution() {
    assert_eq!(Limits::default().steps_max, 10_000);
    let report = limited(
        Limits {
            steps_max: 5,
            ..Limits::default()
        },
        || (0..6).for_each(|_| gosched()),
    );
    assert_eq!(report.findings.limits, [Limit::Steps(5)]);
}

#[test]
fn goroutines_of_one_execution() {
    assert_eq!(Limits::default().goroutines_max, 256);
    let report = limited(
        Limits {
            goroutines_max: 2,
            ..Limits::default()
        },
        || ["a", "b", "c"].iter().for_each(|name| go(name, gosched)),
    );
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Goroutines(2)]);
}

#[test]
fn states_and_executions() {
    assert_eq!(Limits::default().states_max, Some(20_000_000));
    assert_eq!(Limits::default().executions_max, None);
    let kernel = || {
        let n = atomic("n", 0);
        for name in ["a", "b", "c"] {
            go(name, move || {
                n.add(1);
            });
        }
    };
    let limits = Limits {
        executions_max: Some(2),
        states_max: Some(3),
        ..Limits::default()
    };
    let by = |engine| {
        let checker = Checker::new().engine(engine).limits(limits.clone());
        checker.check(kernel).findings.limits
    };
    assert_eq!(by(Engine::Optimal), [Limit::Executions(2)]);
    assert_eq!(by(Engine::Remembering), [Limit::States(3)]);
}

fn counts_for_ever() {
    let n = atomic("n", 0);
    loop {
        n.add(1);
    }
}

#[cfg_attr(
    not(target_os = "linux"),
    ignore = "only Linux tells how much memory is in use"
)]
#[test]
fn memory() {
    assert_eq!(Limits::default().memory_max, None);
    let report = Checker::new().memory_max(1).check(counts_for_ever);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert!(matches!(
        report.findings.limits[..],
        [Limit::Memory { max: 1, .. }]
    ));
    let told = report.findings.limits[0].to_string();
    assert!(told.contains("over the limit of 1 bytes"), "{told}");
}

/// A process that may have so much address space and no more, and searches for what takes all there
/// is.
#[cfg(unix)]
#[test]
fn memory_that_the_system_does_not_give() {
    const CHILD: &str = "GORDIAN_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        for engine in [Engine::Remembering, Engine::Optimal] {
            let limits = Limits {
                steps_max: usize::MAX,
                states_max: None,
                work_max: None,
                ..Limits::default()
            };
            let checker = Checker::new().engine(engine).limits(limits);
            let report = checker.check(counts_for_ever);
            assert_eq!(report.verdict, Verdict::Bounded, "{:?}", report.fault);
            let limits = &report.findings.limits;
            assert!(matches!(limits[..], [Limit::NoMemory(_)]), "{limits:?}");
        }
        return;
    }
    let this = std::env::current_exe().expect("the test has a file");
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 500000 || exit 77; exec \"$0\" \"$@\""])
        .arg(this)
        .args(["--exact", "memory_that_the_system_does_not_give"])
        .env(CHILD, "1")
        .output()
        .expect("there is a shell");
    let out = String::from_utf8_lossy(&output.stdout);
    // Not every system has that limit.
    if output.status.code() != Some(77) {
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {out}{err}", output.status);
        assert!(out.contains("1 passed"), "{out}");
    }
}

#[test]
fn work_of_a_search_that_can_prove_nothing() {
    assert_eq!(Limits::default().work_max, Some(20_000_000));
    let limits = Limits {
        steps_max: 20,
        ..Limits::default()
    };
    let kernel = || {
        for _ in 0..21 {
            choose(2);
        }
    };
    let checker = Checker::new().engine(Engine::Exhaustive).limits(limits);
    let report = checker.clone().work_max(Some(50_000)).check(kernel);
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(
        report.findings.limits,
        [Limit::Steps(20), Limit::Work(50_000)]
    );
    let report = checker.work_max(None).check(kernel);
    assert_eq!(report.findings.limits, [Limit::Steps(20)]);
}

#[test]
fn numbers_of_a_choice() {
    assert_eq!(Op::CHOICES_MAX, 65_536);
    for below in [0, 65_537] {
        let report = check(move || {
            choose(below);
        });
        assert_eq!(report.verdict, Verdict::Fault);
        let told = report.to_string();
        let text = format!("main chooses among {below} numbers at {}", file!());
        assert!(told.contains(&text), "{told}");
    }
    let most = || {
        choose(65_536);
    };
    assert_verdict(most, Verdict::Proved);
}

#[test]
fn ticks_of_a_ticker() {
    let report = check(|| {
        let c = tick("t", 2);
        (0..3).for_each(|_| assert_eq!(c.recv(), Some(())));
    });
    assert_eq!(report.verdict, Verdict::Bounded);
    assert_eq!(report.findings.limits, [Limit::Ticks]);
    assert_verdict(
        || {
            let c = tick("t", FOR_EVER);
            (0..3).for_each(|_| assert_eq!(c.recv(), Some(())));
            forever(|| match c.recv() {
                Some(()) => ControlFlow::Continue(()),
                None => ControlFlow::Break(()),
            });
        },
        Verdict::Proved,
    );
}

// What is not modelled.

#[test]
fn data_races() {
    assert_verdict(
        || {
            let x = shared("x", 0);
            go("writer", move || x.set(1));
            x.set(2);
        },
        Verdict::Proved,
    );
}

#[test]
fn memory_order_weaker_than_sequential_consistency() {
    assert_verdict(
        || {
            let (x, y) = (shared("x", 0), shared("y", 0));
            let (a, met) = (shared("a", 0), chan("met", 0));
            go("other", move || {
                y.set(1);
                a.set(x.get());
                met.send(());
            });
            x.set(1);
            let b = y.get();
            met.recv();
            assert!(a.get() + b > 0, "neither saw the other's write");
        },
        Verdict::Proved,
    );
}

#[test]
fn fairness() {
    // There is an execution in which the other goroutine never gets its turn.
    assert_verdict(
        || {
            let flag = atomic("flag", 0);
            go("other", move || flag.store(1));
            forever(|| match flag.load() {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            });
        },
        Verdict::Proved,
    );
    // And so a livelock, in which all move and nobody gets anywhere, is proved.
    assert_verdict(
        || {
            let polite = move |mine: gordian_checker::sync::Atomic| {
                forever(|| {
                    mine.store(1);
                    mine.store(0);
                    ControlFlow::<()>::Continue(())
                });
            };
            let (a, b) = (atomic("a", 0), atomic("b", 0));
            go("other", move || polite(b));
            polite(a);
        },
        Verdict::Proved,
    );
}

#[test]
fn real_time_and_durations() {
    assert_verdict(
        || {
            let (soon, late) = (after("1ms"), after("1h"));
            let first = select! {
                recv(soon) => { 1 }
                recv(late) => { 2 }
            };
            assert!(first == 1, "an hour passed in a millisecond");
        },
        Verdict::Panic,
    );
    assert_verdict(
        || {
            let ready = shared("ready", false);
            go("other", move || ready.set(true));
            sleep();
            assert!(ready.get(), "slept too short");
        },
        Verdict::Panic,
    );
}

#[test]
fn misuse_of_a_waitgroup_that_go_notices() {
    // Go may panic with "WaitGroup is reused before previous Wait has returned" or "WaitGroup
    // misuse: Add called concurrently with Wait".
    assert_verdict(
        || {
            let wg = waitgroup("wg");
            wg.add(1);
            go("waiter", move || wg.wait());
            go("again", move || {
                wg.done();
                wg.add(1);
                wg.done();
            });
            wg.wait();
        },
        Verdict::Proved,
    );
}

#[test]
fn recover() {
    // In Go a deferred function could recover from this.
    assert_verdict(
        || {
            let ch = chan::<u8>("ch", 0);
            let _deferred = defer(|| {});
            ch.close();
            ch.close();
        },
        Verdict::Panic,
    );
}

#[test]
fn deferred_calls_of_a_goroutine_that_panics() {
    let report = check(|| {
        let ch = chan::<u8>("ch", 0);
        go("other", move || {
            let _closes = defer(move || ch.close());
            panic!("the only bad end");
        });
        ch.recv();
        panic!("never reached, since the deferred close does not run");
    });
    assert_eq!(report.findings.bad.len(), 1);
}

#[test]
fn deferred_calls_of_a_goroutine_that_is_abandoned() {
    let report = check(|| {
        let (never, closed) = (chan::<u8>("never", 0), chan::<u8>("closed", 0));
        go("stuck", move || {
            let _closes = defer(move || closed.close());
            never.recv();
        });
        closed.recv();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
}

/// The two verdicts of a kernel: by the rules of Go 1.23, and by those until 1.22.
fn by_both_rules(kernel: impl Fn() + Copy + Send + 'static) -> [Verdict; 2] {
    [TimerRules::Go1_23, TimerRules::Go1_22]
        .map(|rules| Checker::new().timers(rules).check(kernel).verdict)
}

#[test]
fn timers_as_in_go_1_23() {
    assert_verdict(
        || {
            let t = timer("t");
            sleep();
            assert!(t.c.is_empty() && t.stop(), "somebody has received");
            assert!(t.c.is_empty(), "a stale value");
        },
        Verdict::Proved,
    );
    assert_verdict(
        || {
            let t = timer("t");
            t.c.recv();
            assert!(t.stop(), "somebody has received");
        },
        Verdict::Panic,
    );
}

#[test]
fn timers_as_in_go_until_1_22() {
    // Stop said false, a drain that does not block found nothing or something, and nothing is
    // there: but it may come.
    let stale = || {
        let t = timer("t");
        if !t.stop() {
            select! {
                recv(t.c) => {}
                default => {}
            }
        }
        sleep();
        assert_eq!(t.c.len(), 0, "stale");
    };
    assert_eq!(by_both_rules(stale), [Verdict::Proved, Verdict::Panic]);
    let empty = || {
        let t = timer("t");
        if !t.stop() {
            select! {
                recv(t.c) => {}
                default => { panic!("empty though Stop said false") }
            }
        }
    };
    assert_eq!(by_both_rules(empty), [Verdict::Proved, Verdict::Panic]);
    let report = Checker::new().timers(TimerRules::Go1_22).check(empty);
    assert_eq!(report.traces[0].timers.as_deref(), Some("1.22"));
}

#[test]
fn four_late_values_of_one_timer() {
    fn under_way(values: u32) {
        let t = timer("t");
        let resets = (1..values).filter(|_| t.reset()).count();
        let all_expired = resets == 0 && !t.stop();
        assert!(!all_expired || !t.c.is_empty(), "all are under way");
    }
    assert_eq!(by_both_rules(|| under_way(3))[1], Verdict::Panic);
    // In Go they can be, with five processors.
    assert_eq!(by_both_rules(|| under_way(4))[1], Verdict::Proved);
}

#[test]
fn stop_and_reset_of_one_timer_at_once() {
    // Reset found the timer stopped, so the value comes. In Go, Stop may take it.
    assert_verdict(
        || {
            let t = timer("t");
            go("stops", move || _ = t.stop());
            if !t.reset() {
                t.c.recv();
            }
        },
        Verdict::Proved,
    );
}

#[test]
fn a_try_lock_that_fails_for_no_reason() {
    // The Go memory model lets TryLock fail though the lock is free.
    assert_verdict(
        || {
            let (mu, rw) = (mutex("mu", ()), rwlock("rw", ()));
            assert!(mu.try_lock().is_some(), "failed for no reason");
            assert!(rw.try_lock().is_some(), "failed for no reason");
        },
        Verdict::Proved,
    );
}

#[test]
fn the_context_of_a_semaphore() {
    // In Go the second Acquire could be given the context, and give up.
    assert_verdict(
        || {
            let (sem, context) = (semaphore("sem", 1), background().with_cancel("context"));
            sem.acquire(1);
            go("waits", move || sem.acquire(1));
            context.cancel();
        },
        Verdict::Leak,
    );
}

#[test]
fn a_context_tree_in_the_middle_of_a_cancellation() {
    // Go closes the parent's Done before it cancels the child.
    assert_verdict(
        || {
            let parent = background().with_cancel("parent");
            let child = parent.with_cancel("child");
            go("canceller", move || parent.cancel());
            parent.done().recv();
            assert!(child.err() == Some(Reason::Canceled), "not cancelled yet");
        },
        Verdict::Proved,
    );
}

#[test]
fn end_of_the_program_when_main_returns() {
    // In Go a goroutine that would panic later, or is blocked, dies with the program when main
    // returns.
    assert_verdict(
        || {
            go("late", || {
                gosched();
                panic!("after main has returned");
            });
        },
        Verdict::Panic,
    );
}

#[test]
fn goroutines_that_go_on_after_a_panic() {
    // In Go the first panic ends the program, so the second never comes in the same run.
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        go("a", || panic!("one"));
        go("b", || panic!("two"));
    });
    assert_eq!(report.findings.executions, 1);
    assert_eq!(report.findings.bad.len(), 2);
    let report = Checker::new().keep_going(true).check(|| {
        let group = waitgroup("group");
        group.add(1);
        go("two", move || group.add(-2));
        group.done();
    });
    assert_eq!(report.verdict, Verdict::Panic);
    assert_eq!(report.findings.bad.len(), 2, "each of the two may find it");
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        let lock = mutex("lock", ());
        go("other", move || lock.unlock());
        lock.unlock();
    });
    assert_eq!(report.findings.bad.len(), 2, "Go may not notice the second");
}

#[test]
fn an_empty_loop() {
    let report = check(|| forever(|| ControlFlow::<()>::Continue(())));
    assert!(matches!(report.fault, Some(Fault::EmptyLoop { .. })));
    static ENOUGH: AtomicBool = AtomicBool::new(false);
    let soon = Checker::new().stall_max(Some(Duration::from_millis(100)));
    let report = soon.check(|| {
        while !ENOUGH.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
    });
    ENOUGH.store(true, Ordering::Relaxed);
    assert!(matches!(report.fault, Some(Fault::Stalled(_))));
}

#[test]
fn a_loop_that_does_not_say_that_it_is_one() {
    let limits = Limits {
        steps_max: 100,
        ..Limits::default()
    };
    let plain = limited(limits.clone(), || {
        loop {
            gosched();
        }
    });
    assert_eq!(plain.verdict, Verdict::Bounded);
    let told = limited(limits, || {
        repeat((), |()| {
            gosched();
            ControlFlow::<()>::Continue(())
        });
    });
    assert_eq!(told.verdict, Verdict::Proved);
}

// What a kernel must keep to.

#[test]
fn values_that_are_equal_are_the_same() {
    /// Equal to all of its kind, though it holds a number.
    #[derive(Clone, Debug)]
    struct Careless(u32);
    impl PartialEq for Careless {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }
    impl Eq for Careless {}
    impl std::hash::Hash for Careless {
        fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
    }
    assert_verdict(
        || {
            let ch = chan("ch", 2);
            ch.send(Careless(1));
            ch.send(Careless(2));
            ch.recv();
            let second = ch.recv();
            assert!(second.is_some_and(|value| value.0 == 1), "2 was sent");
        },
        Verdict::Proved,
    );
}

#[test]
fn destructors_do_not_panic_while_their_goroutine_unwinds() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let in_a_panic = || {
        go("panics", || {
            let _panics = Panics;
            panic!("first");
        });
    };
    let report = check(in_a_panic);
    let Some(Fault::Stalled(stall)) = &report.fault else {
        panic!("{report}");
    };
    assert_eq!(stall.goroutine, "panics");
    assert_eq!(stall.cause, StallCause::DestructorPanics);

    let abandoned = || {
        let never = chan::<u8>("never", 0);
        go("stuck", move || {
            let _panics = Panics;
            never.recv();
        });
    };
    let report = check(abandoned);
    assert_eq!(report.verdict, Verdict::Leak, "{report}");
    assert!(report.lost_stack_bytes > 0);

    // On the caller's thread, which is of no more use to a search.
    let thread = std::thread::spawn(move || {
        [(); 2].map(|()| Checker::new().check_subject(&Rc::new(abandoned)))
    });
    let [first, second] = thread.join().expect("it goes on");
    assert_eq!(first.verdict, Verdict::Leak, "{first}");
    assert_eq!(second.fault, Some(Fault::Unwinding), "{second}");
}

#[test]
fn state_that_a_loop_hides() {
    let turns_that_differ = |from: u32| {
        check(move || {
            let turns = std::cell::Cell::new(0);
            forever(move || {
                gosched();
                turns.set(turns.get() + 1);
                assert!(turns.get() < from, "it was hidden");
                ControlFlow::<()>::Continue(())
            });
        })
    };
    assert!(matches!(
        turns_that_differ(16).fault,
        Some(Fault::HiddenState { .. })
    ));
    assert_eq!(
        turns_that_differ(1_000).verdict,
        Verdict::Proved,
        "too late to be noticed"
    );
}

#[test]
fn state_that_is_hidden_from_the_search() {
    // A cell of Rust's, not of `sync`: the switch between the two operations is at no step, so it
    // is never seen.
    assert_verdict(
        || {
            let hidden = Rc::new(std::cell::Cell::new(0));
            let add = |hidden: Rc<std::cell::Cell<i32>>| {
                let value = hidden.get();
                hidden.set(value + 1);
            };
            let other = hidden.clone();
            go("other", move || add(other));
            add(hidden);
        },
        Verdict::Proved,
    );
}
