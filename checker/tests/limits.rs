//! Limits hold to the unit, in every search: what comes to a limit and goes no further is explored whole, one more is cut and said to be.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::remembering::Remembering;
use gordian_checker::explore::{Limit, Limits, Meter, Progress, Search, Watch};
use gordian_checker::sync::{ControlFlow, after, atomic, chan, choose, forever, go, gosched};
use gordian_checker::{Checker, Engine, Report, Subject, Verdict};

const SEARCHES: [Engine; 5] = [
    Engine::Auto,
    Engine::Optimal,
    Engine::Remembering,
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

/// Three steps of two goroutines: the `go`, and an addition of each.
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
        || Box::new(Remembering::new()),
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
        // Of searches in turns only one says whether a proof can be hoped for.
        assert!(is_limited || index == 3, "{index}");
        assert_eq!(cut.limits, [Limit::Interrupt], "{index}");
        assert!(!cut.complete, "{index}");
        let (whole, is_limited) = look(|| {});
        assert!(!is_limited, "{index}");
        assert_eq!(whole.limits, [], "{index}");
        assert!(whole.complete, "{index}");
    }
}

/// What a goroutine that seems stuck waits for may lie beyond the limit.
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
        look(Engine::Remembering, limits, kernel)
    };
    assert_eq!(look(100).verdict, Verdict::Proved);
    let cut = look(6);
    assert_eq!(cut.findings.limits, [Limit::Steps(6)]);
    assert_eq!(cut.verdict, Verdict::Bounded);
}

/// The `go` is followed by two additions in two orders: five steps, none of them taken twice.
#[test]
fn steps_are_counted() {
    for engine in [Engine::Optimal, Engine::Remembering, Engine::Exhaustive] {
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
        look(Engine::Remembering, limits, three_steps)
    };
    // At the start, after the `go`, after the addition of either, and after both in either order: an addition yields the new number.
    let whole = look(6);
    assert_eq!(whole.verdict, Verdict::Proved);
    assert_eq!(whole.findings.states, Some(6));
    let cut = look(5);
    assert_eq!(cut.findings.limits, [Limit::States(5)]);
}
