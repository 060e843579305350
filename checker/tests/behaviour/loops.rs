//! Programs that run for ever: only the stateful search sees all of such a program.

use std::rc::Rc;

use gordian_checker::execution::end_state::GoroutineStatus;
use gordian_checker::explore::{Limit, Limits};
use gordian_checker::render::json;
use gordian_checker::render::sarif;
use gordian_checker::select;
use gordian_checker::sync::{
    ControlFlow, FOR_EVER, atomic, chan, choose, forever, go, gosched, mutex, repeat, rwlock,
    shared, tick,
};
use gordian_checker::{Checker, Engine, Report, Verdict};
use serde_json::Value;

/// Asserts the verdict of a kernel that may never end, and for each bad end who is stuck and
/// whether others run on.
#[track_caller]
fn expect(kernel: impl Fn() + Send + 'static, expected: &str) {
    let kernel = Rc::new(kernel);
    for engine in [Engine::Stateful, Engine::Auto] {
        let report = Checker::new().engine(engine).check_subject(&kernel);
        assert_eq!(describe(&report), expected, "{}", engine.name());
        assert_one_answer(&report);
    }
    let limits = Limits {
        steps_max: 60,
        executions_max: Some(500),
        ..Limits::default()
    };
    for engine in [Engine::Optimal, Engine::Exhaustive] {
        let report = Checker::new()
            .engine(engine)
            .limits(limits.clone())
            .check_subject(&kernel);
        let name = engine.name();
        assert!(!report.findings.complete, "{name} cannot see its end");
        assert!(!report.findings.limits.is_empty(), "{name}");
    }
}

/// Asserts that the value, the trace, the text and the JSON give the finding the same name.
#[track_caller]
fn assert_one_answer(report: &Report) {
    report.assert_verdict(report.verdict);
    let name = report.verdict.to_string();
    let Some(trace) = report.trace() else {
        assert_eq!(report.verdict, Verdict::Proved);
        return;
    };
    assert_eq!(trace.end.name(), name);
    // Beside a cycle, only those waiting goroutines are stuck that can never move again.
    let found = report.findings.bad.iter().filter(|(_, bad)| bad.cycle > 0);
    let mut found: Vec<Vec<&str>> = found
        .map(|(end, _)| end.stuck().into_iter().map(|(name, _)| name).collect())
        .collect();
    let drawn = report.traces.iter().filter(|trace| trace.cycle > 0);
    let mut drawn: Vec<Vec<&str>> = drawn
        .map(|trace| {
            let mut names: Vec<&str> = trace.stuck().map(|it| it.goroutine.as_str()).collect();
            names.sort_unstable();
            names
        })
        .collect();
    found.sort();
    drawn.sort();
    assert_eq!(drawn, found);
    assert!(
        report.to_string().starts_with(&format!("error[{name}]")),
        "{report}"
    );
    let json: Value = serde_json::from_str(&json::render(trace)).expect("it is JSON");
    assert_eq!(json["end"], name.as_str());
    let sarif: Value = serde_json::from_str(&sarif::render(&report.traces)).expect("it is JSON");
    let rules = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(rules.len(), report.traces.len());
    for (result, trace) in rules.iter().zip(&report.traces) {
        assert_eq!(result["ruleId"], trace.end.name());
    }
}

fn describe(report: &Report) -> String {
    let mut text = report.verdict.to_string();
    for (end, bad) in &report.findings.bad {
        for (name, standing) in &end.goroutines {
            match standing {
                GoroutineStatus::Blocked(operation, _) => text += &format!(" {name}({operation})"),
                GoroutineStatus::Panicked(message) => text += &format!(" {name}: {message}"),
                GoroutineStatus::Returned => {}
            }
        }
        if bad.cycle > 0 {
            text += " beside a cycle";
        }
    }
    text
}

#[test]
fn a_server_that_runs_for_ever_is_proved() {
    expect(
        || {
            let (requests, replies) = (chan("requests", 0), chan("replies", 0));
            go("server", move || {
                forever(|| {
                    let request: Option<u8> = requests.recv();
                    replies.send(request);
                    ControlFlow::<()>::Continue(())
                });
            });
            forever(|| {
                requests.send(1);
                assert_eq!(replies.recv(), Some(Some(1)));
                ControlFlow::<()>::Continue(())
            });
        },
        "proved",
    );
}

/// The channels have room, so each step is one of one goroutine. The other one moves only between
/// the states that the search with stubborn sets stores: the one in which it is started, and one of
/// the cycle.
#[test]
fn who_moves_between_the_states_that_are_stored_is_not_stuck() {
    let kernel = Rc::new(|| {
        let (there, back) = (chan("there", 1), chan("back", 1));
        go("other", move || {
            forever(|| {
                back.send(there.recv());
                ControlFlow::<()>::Continue(())
            });
        });
        forever(|| {
            there.send(1);
            back.recv();
            ControlFlow::<()>::Continue(())
        });
    });
    let report = Checker::new()
        .engine(Engine::Stubborn)
        .check_subject(&kernel);
    assert_eq!(describe(&report), "proved");
    assert_eq!(report.findings.states, Some(2));
}

#[test]
fn whoever_spins_for_another_is_proved() {
    expect(
        || {
            let flag = atomic("flag", 0);
            go("other", move || flag.store(1));
            forever(|| match flag.load() {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            });
        },
        "proved",
    );
}

#[test]
fn a_goroutine_stuck_beside_an_endless_loop_is_a_leak() {
    expect(
        || {
            let never = chan::<u8>("never", 0);
            go("stuck", move || {
                never.recv();
            });
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        },
        "leak stuck(recv never) beside a cycle",
    );
}

/// Main is blocked for ever: that is a deadlock, even if others run on.
#[test]
fn main_stuck_beside_an_endless_loop_is_a_deadlock() {
    expect(
        || {
            let never = chan::<u8>("never", 0);
            go("spinner", || {
                forever(|| {
                    gosched();
                    ControlFlow::<()>::Continue(())
                });
            });
            never.recv();
        },
        "deadlock main(recv never) beside a cycle",
    );
}

/// Main waits while the others go round, but they can release it in each round. Only the other
/// goroutine is stuck for ever.
#[test]
fn main_waiting_beside_a_loop_that_can_release_it_is_no_deadlock() {
    expect(
        || {
            let (wake, never) = (chan::<u8>("wake", 0), chan::<u8>("never", 0));
            go("stuck", move || {
                never.recv();
            });
            go("spinner", move || {
                forever(|| match choose(2) {
                    0 => ControlFlow::Continue(()),
                    _ => ControlFlow::Break(()),
                });
                wake.send(1);
                forever(|| {
                    gosched();
                    ControlFlow::<()>::Continue(())
                });
            });
            wake.recv();
        },
        "leak stuck(recv never) beside a cycle",
    );
}

/// The limit of a ticker allows no proof. What a cycle elsewhere puts off is found all the same.
#[test]
fn a_panic_that_a_cycle_puts_off_is_found_beside_the_limit_of_a_ticker() {
    let kernel = Rc::new(|| {
        if choose(2) == 0 {
            let ticks = tick("ticks", 1);
            ticks.recv();
            ticks.recv();
            return;
        }
        let gate = rwlock("gate", ());
        go("other", move || {
            forever(|| {
                gate.rlock().runlock();
                ControlFlow::<()>::Continue(())
            });
        });
        assert_eq!(choose(2), 0, "put off");
    });
    for engine in [Engine::Stateful, Engine::Stubborn] {
        let report = Checker::new().engine(engine).check_subject(&kernel);
        assert_eq!(report.verdict, Verdict::Panic, "{}", engine.name());
        assert_eq!(report.findings.limits, [Limit::Ticks], "{}", engine.name());
    }
}

/// An execution that ends is judged by its end, even if another one goes on for ever.
#[test]
fn stuck_where_all_runs_end_is_stuck_beside_no_cycle() {
    expect(
        || {
            if choose(2) == 0 {
                let never = chan::<u8>("never", 0);
                go("stuck", move || {
                    never.recv();
                });
                gosched();
                return;
            }
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        },
        "leak stuck(recv never)",
    );
}

#[test]
fn a_loop_that_may_end_can_go_on_for_ever() {
    expect(
        || {
            let never = chan::<u8>("never", 0);
            go("stuck", move || {
                never.recv();
            });
            forever(|| {
                assert!(choose(2) == 0, "the end");
                ControlFlow::<()>::Continue(())
            });
        },
        "panic stuck(recv never) beside a cycle main: the end",
    );
}

/// A choice decides who is stuck, and each of the two is reported.
#[test]
fn one_of_two_stuck_beside_an_endless_loop_is_a_leak_of_each() {
    expect(
        || {
            let (a, b) = (chan::<()>("a", 0), chan::<()>("b", 0));
            go("one", move || {
                a.recv();
            });
            go("two", move || {
                b.recv();
            });
            let served = if choose(2) == 0 { a } else { b };
            served.send(());
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        },
        "leak one(recv a) beside a cycle two(recv b) beside a cycle",
    );
}

#[test]
fn two_that_block_each_other_beside_an_endless_loop_are_a_leak() {
    expect(
        || {
            let (a, b) = (mutex("a", ()), mutex("b", ()));
            go("one", move || {
                let _a = a.lock();
                let _b = b.lock();
            });
            go("two", move || {
                let _b = b.lock();
                let _a = a.lock();
            });
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        },
        "leak one(lock b) two(lock a) beside a cycle",
    );
}

#[test]
fn whoever_waits_for_what_may_still_come_is_not_stuck() {
    expect(
        || {
            let (ch, stop) = (chan("ch", 0), chan::<u8>("stop", 0));
            go("receiver", move || {
                forever(|| {
                    ch.recv();
                    ControlFlow::<()>::Continue(())
                });
            });
            forever(|| {
                select! {
                    send(ch, 1) => {}
                    recv(stop) => {}
                }
                ControlFlow::<()>::Continue(())
            });
        },
        "proved",
    );
}

#[test]
fn a_ticker_without_a_limit_ticks_for_ever() {
    expect(
        || {
            let (c, n) = (tick("t", FOR_EVER), shared("n", 0_u8));
            forever(|| {
                c.recv();
                n.set((n.get() + 1) % 3);
                ControlFlow::<()>::Continue(())
            });
        },
        "proved",
    );
}

#[test]
fn a_panic_in_an_endless_loop_is_found() {
    expect(
        || {
            go("other", || {
                forever(|| {
                    gosched();
                    ControlFlow::<()>::Continue(())
                });
            });
            repeat(0, |turn: u8| {
                gosched();
                assert!(turn < 3, "the fourth turn");
                ControlFlow::<(), u8>::Continue((turn + 1) % 5)
            });
        },
        "panic main: the fourth turn",
    );
}

#[test]
fn a_loop_with_a_state_comes_back_to_where_it_was() {
    expect(
        || {
            repeat(0, |turn: u8| {
                gosched();
                ControlFlow::<(), u8>::Continue((turn + 1) % 5)
            });
        },
        "proved",
    );
}
