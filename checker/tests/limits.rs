//! Limits hold to the unit, in every search: a program that just reaches a limit is explored whole;
//! one that needs a unit more is cut and reported as cut.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::{Checkpoint, Limit, Limits, Meter, Progress, Search, Watch};
use gordian_checker::memory;
use gordian_checker::report;
use gordian_checker::script::{Script, Statement};
use gordian_checker::sync::{ControlFlow, after, atomic, chan, choose, forever, go, gosched};
use gordian_checker::{Checker, Engine, Report, Subject, Verdict};

const SEARCHES: [Engine; 5] = [
    Engine::Auto,
    Engine::Optimal,
    Engine::Stateful,
    Engine::Exhaustive,
    Engine::Random,
];

fn look(engine: Engine, limits: Limits, kernel: impl Fn() + Send + 'static) -> Report {
    let limits = Limits {
        executions_max: if engine == Engine::Random {
            Some(20)
        } else {
            limits.executions_max
        },
        ..limits
    };
    Checker::new().engine(engine).limits(limits).check(kernel)
}

/// Three steps of two goroutines: the `go`, and an addition by each.
fn three_steps() {
    let count = atomic("count", 0);
    go("other", move || {
        count.add(1);
    });
    count.add(1);
}

#[test]
fn an_execution_may_have_as_many_steps_as_the_limit_says() {
    for engine in SEARCHES {
        let look = |steps_max| {
            let limits = Limits {
                steps_max,
                ..Limits::default()
            };
            look(engine, limits, three_steps)
        };
        let whole = look(3);
        assert!(
            !whole.findings.limits.contains(&Limit::Steps(3)),
            "{engine:?}"
        );
        assert_eq!(whole.findings.steps_max, 3, "{engine:?}");
        let cut = look(2);
        assert!(cut.findings.limits.contains(&Limit::Steps(2)), "{engine:?}");
        assert_eq!(cut.findings.steps_max, 2, "{engine:?}");
        assert_eq!(cut.verdict, Verdict::Bounded, "{engine:?}");
    }
}

/// A detour of six steps is behind the first number of each second choice, and behind the second
/// number of the others. So who takes the same number first each time comes to the end in 40 steps.
/// No state is more than 16 steps away.
#[test]
fn a_state_is_as_deep_as_the_shortest_way_to_it() {
    let mut script = Script::new();
    let m = script.mutex("m");
    let detour = vec![Statement::Repeat(
        3,
        vec![Statement::Lock(m), Statement::Unlock(m)],
    )];
    let choices = (0..10).map(|turn| {
        let mut ways = vec![detour.clone(), Vec::new()];
        ways.rotate_left(turn % 2);
        Statement::Choose(ways)
    });
    script.goroutine("main", choices.collect::<Vec<_>>());
    for engine in [Engine::Stateful, Engine::Stubborn, Engine::Auto] {
        let look = |steps_max| {
            let limits = Limits {
                steps_max,
                ..Limits::default()
            };
            let checker = Checker::new().engine(engine).limits(limits);
            checker.check_subject(&script).verdict
        };
        assert_eq!(look(17), Verdict::Proved, "{engine:?}");
        assert_eq!(look(10), Verdict::Bounded, "{engine:?}");
    }
}

#[test]
fn an_execution_may_have_as_many_goroutines_as_the_limit_says() {
    for engine in SEARCHES {
        let look = |goroutines_max| {
            let limits = Limits {
                goroutines_max,
                ..Limits::default()
            };
            look(engine, limits, || {
                after("not counted");
                three_steps();
            })
        };
        let whole = look(2);
        assert!(
            !whole.findings.limits.contains(&Limit::Goroutines(2)),
            "{engine:?}"
        );
        assert_eq!(whole.findings.goroutines, 2, "{engine:?}");
        let cut = look(1);
        assert!(
            cut.findings.limits.contains(&Limit::Goroutines(1)),
            "{engine:?}"
        );
    }
}

#[test]
fn so_many_executions_are_explored_and_the_last_one_of_all_is_no_cut() {
    for engine in [Engine::Optimal, Engine::Exhaustive] {
        let look = |max| {
            let limits = Limits {
                executions_max: Some(max),
                ..Limits::default()
            };
            look(engine, limits, three_steps)
        };
        let whole = look(2);
        assert_eq!(whole.verdict, Verdict::Proved, "{engine:?}");
        assert_eq!(whole.findings.executions, 2, "{engine:?}");
        let cut = look(1);
        assert_eq!(cut.findings.limits, [Limit::Executions(1)], "{engine:?}");
        assert_eq!(cut.findings.executions, 1, "{engine:?}");
    }
}

/// An interrupt that comes with nothing left to explore cuts nothing.
#[test]
fn an_interrupt_is_a_limit_unless_all_is_done() {
    let searches: [fn() -> Box<dyn Search>; 4] = [
        || Box::new(Optimal::new()),
        || Box::new(Stateful::new()),
        || Box::new(Exhaustive::new()),
        || Box::new(Auto::new()),
    ];
    for (index, new) in searches.iter().enumerate() {
        let look = |kernel: fn()| {
            let mut program = Rc::new(kernel).program(1 << 18);
            let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
            meter.watch.interrupt.store(true, Ordering::Relaxed);
            let mut search = new();
            while search.advance(program.as_mut(), &mut meter) == Ok(Progress::Paused) {}
            (search.findings().clone(), search.is_limited())
        };
        let (cut, is_limited) = look(three_steps);
        // Of the searches that take turns, only one tells whether there is hope of a proof.
        assert!(is_limited || index == 3, "{index}");
        assert_eq!(cut.limits, [Limit::Interrupt], "{index}");
        assert!(!cut.complete, "{index}");
        let (whole, is_limited) = look(|| {});
        assert!(!is_limited, "{index}");
        assert_eq!(whole.limits, [], "{index}");
        assert!(whole.complete, "{index}");
    }
}

/// The way out for a goroutine that seems stuck may lie beyond the limit.
#[test]
fn nobody_is_said_to_be_stuck_beside_a_cycle_if_a_limit_cut_the_search() {
    let kernel = || {
        let awaited = chan::<()>("awaited", 0);
        go("patient", move || {
            awaited.recv();
        });
        forever(|| {
            if choose(2) == 0 {
                return ControlFlow::Continue(());
            }
            for _ in 0..8 {
                gosched();
            }
            ControlFlow::Break(())
        });
        awaited.send(());
    };
    let look = |steps_max| {
        let limits = Limits {
            steps_max,
            ..Limits::default()
        };
        look(Engine::Stateful, limits, kernel)
    };
    assert_eq!(look(100).verdict, Verdict::Proved);
    let cut = look(6);
    assert_eq!(cut.findings.limits, [Limit::Steps(6)]);
    assert_eq!(cut.verdict, Verdict::Bounded);
}

/// The `go` is followed by two additions in two orders: five steps, none of them taken twice.
#[test]
fn steps_are_counted() {
    for engine in [Engine::Optimal, Engine::Stateful, Engine::Exhaustive] {
        let report = look(engine, Limits::default(), three_steps);
        assert_eq!(report.findings.steps, 5, "{engine:?}");
    }
}

#[test]
fn so_many_executions_are_drawn() {
    let report = look(Engine::Random, Limits::default(), three_steps);
    assert_eq!(report.findings.executions, 20);
    assert_eq!(report.findings.steps, 3 * 20);
    assert_eq!(report.findings.limits, [Limit::Random(20)]);
}

#[test]
fn so_many_states_are_remembered() {
    let look = |max| {
        let limits = Limits {
            states_max: Some(max),
            ..Limits::default()
        };
        look(Engine::Stateful, limits, three_steps)
    };
    // The states: at the start, after the `go`, after the addition of either, and after both in
    // either order, since an addition returns the new number.
    let whole = look(6);
    assert_eq!(whole.verdict, Verdict::Proved);
    assert_eq!(whole.findings.states, Some(6));
    let cut = look(5);
    assert_eq!(cut.findings.limits, [Limit::States(5)]);
}

/// Counts for ever: no state comes back, and no execution ends.
fn never_ends() {
    let count = atomic("count", 0);
    loop {
        count.add(1);
    }
}

fn endless() -> Limits {
    Limits {
        steps_max: usize::MAX,
        states_max: None,
        work_max: None,
        ..Limits::default()
    }
}

/// A process has more than one byte of memory, wherever it is measured.
#[cfg(target_os = "linux")]
#[test]
fn memory_over_the_limit_ends_every_search() {
    for engine in Engine::ALL {
        let checker = Checker::new().engine(engine).memory_max(1);
        let report = checker.check(|| {
            for _ in 0..3 {
                choose(100);
            }
        });
        assert_eq!(report.verdict, Verdict::Bounded, "{engine:?}");
        let limit = report.findings.limits.iter().find_map(|limit| match limit {
            Limit::Memory { max, used } => Some((*max, *used)),
            _ => None,
        });
        let (max, used) = limit.unwrap_or_else(|| panic!("{:?}", report.findings.limits));
        assert!(max == 1 && used > 1000, "{engine:?}: {used}");
        assert_eq!(report.fault, None, "{engine:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_below_the_limit_ends_nothing() {
    for engine in [Engine::Auto, Engine::Optimal, Engine::Loom] {
        let checker = Checker::new().engine(engine).memory_max(u64::MAX);
        assert_eq!(checker.check(three_steps).verdict, Verdict::Proved);
    }
}

/// The memory may grow by states, or by what is learned of the kernel.
#[cfg(target_os = "linux")]
#[test]
fn a_search_that_would_take_all_memory_ends_at_its_limit() {
    for engine in [Engine::Stateful, Engine::Optimal] {
        let before = memory::anonymous().expect("Linux tells it");
        let max = before + (64 << 20);
        let checker = Checker::new().engine(engine).limits(endless());
        let report = checker.memory_max(max).check(never_ends);
        assert_eq!(report.verdict, Verdict::Bounded, "{engine:?}");
        assert!(
            matches!(report.findings.limits[..], [Limit::Memory { max: it, .. }] if it == max),
            "{engine:?}: {:?}",
            report.findings.limits
        );
    }
}

/// A checkpoint is handed over, once, and can be resumed.
#[cfg(target_os = "linux")]
#[test]
fn a_search_is_saved_before_memory_ends_it() {
    for engine in [Engine::Stateful, Engine::Optimal, Engine::Exhaustive] {
        let saved: Arc<Mutex<Vec<Checkpoint>>> = Arc::default();
        let kept = saved.clone();
        let keep = move |search: &Checkpoint| {
            kept.lock().expect("nobody panics").push(search.clone());
        };
        let hour = Duration::from_secs(3600);
        let checker = Checker::new().engine(engine);
        let report = checker
            .clone()
            .memory_max(1)
            .checkpoint_every(hour, keep)
            .check(three_steps);
        assert!(
            matches!(report.findings.limits[..], [Limit::Memory { max: 1, .. }]),
            "{engine:?}: {:?}",
            report.findings.limits
        );
        let saved = std::mem::take(&mut *saved.lock().expect("nobody panics"));
        assert_eq!(saved.len(), 1, "{engine:?}");
        for search in saved {
            let report = checker.clone().resume_from(search).check(three_steps);
            assert_eq!(report.verdict, Verdict::Proved, "{engine:?}");
        }
    }
}

/// Most executions of these are cut short, so there is no hope of a proof.
#[test]
fn a_search_that_can_prove_nothing_works_so_much_and_no_more() {
    let limits = |work_max| Limits {
        steps_max: 7,
        executions_max: Some(3_000),
        work_max,
        ..Limits::default()
    };
    let kernel = || {
        for _ in 0..8 {
            choose(6);
        }
    };
    for engine in [Engine::Optimal, Engine::Exhaustive, Engine::Loom] {
        let units = if engine == Engine::Loom {
            1_000
        } else {
            40_000
        };
        let many = Limits {
            executions_max: None,
            ..limits(Some(units))
        };
        let report = look(engine, many, kernel);
        let found = report.findings;
        assert!(
            found.limits.contains(&Limit::Work(units)),
            "{engine:?}: {:?}",
            found.limits
        );
        assert!(
            found.executions < 6_u64.pow(7),
            "{engine:?}: {}",
            found.executions
        );
        for work_max in [None, Some(20_000_000)] {
            let found = look(engine, limits(work_max), kernel).findings;
            assert_eq!(
                found.limits,
                [Limit::Steps(7), Limit::Executions(3_000)],
                "{engine:?}"
            );
        }
    }
    assert_eq!(Limits::default().work_max, Some(20_000_000));
    let told = Limit::Work(77).to_string();
    assert!(told.contains("77 units of work"), "{told}");
}

/// All states are met, and an infinite execution begins in each. The set of those that can never
/// move again is then unknown, and not guessed.
#[test]
fn an_interrupt_ends_the_look_at_what_never_ends() {
    let kernel = || {
        let awaited = chan::<()>("awaited", 0);
        go("patient", move || {
            awaited.recv();
        });
        forever(|| {
            gosched();
            ControlFlow::<()>::Continue(())
        });
    };
    let explore = |stop_after: Option<u32>| {
        let mut program = Rc::new(kernel).program(1 << 18);
        let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
        let (mut search, mut slices) = (Stateful::new(), 0);
        loop {
            meter.begin_slice(1);
            let stops = stop_after == Some(slices);
            meter.watch.interrupt.store(stops, Ordering::Relaxed);
            let progress = search.advance(program.as_mut(), &mut meter);
            if progress == Ok(Progress::Done) {
                return (search.findings().clone(), slices);
            }
            slices += 1;
        }
    };
    let (whole, slices) = explore(None);
    assert!(whole.found_bad() && whole.complete);
    let (cut, slices_then) = explore(Some(slices));
    assert_eq!(slices_then, slices, "it was stopped in the last");
    assert_eq!(cut.states, whole.states);
    assert_eq!(cut.limits, [Limit::Interrupt]);
    assert!(!cut.found_bad() && !cut.complete);
}

/// Once a search is to end, only the first finding is drawn.
#[test]
fn an_interrupt_leaves_one_trace() {
    let kernel = || {
        let never = [1, 2, 3].map(|number| chan::<()>(&format!("never{number}"), 0));
        never[choose(3) as usize].recv();
    };
    let mut program = Rc::new(kernel).program(1 << 18);
    let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
    let mut search = Exhaustive::new();
    assert_eq!(
        search.advance(program.as_mut(), &mut meter),
        Ok(Progress::Done)
    );
    let mut drawn = || {
        let traces = report::traces(program.as_mut(), search.findings(), &meter);
        traces.expect("no fault").len()
    };
    assert_eq!(drawn(), 3);
    meter.watch.interrupt.store(true, Ordering::Relaxed);
    assert_eq!(drawn(), 1);
}
