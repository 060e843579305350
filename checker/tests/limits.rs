//! Limits hold to the unit, in every search: what comes to a limit and goes no further is explored whole, one more is cut and said to be.

use gordian_checker::explore::{Limit, Limits};
use gordian_checker::sync::{after, atomic, go};
use gordian_checker::{Checker, Engine, Report, Verdict};

const SEARCHES: [Engine; 5] = [
    Engine::Auto,
    Engine::Optimal,
    Engine::Remembering,
    Engine::Exhaustive,
    Engine::Random,
];

fn look(engine: Engine, limits: Limits, kernel: impl Fn() + 'static) -> Report {
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
