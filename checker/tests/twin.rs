//! Why a schedule was not explored: for every schedule of small programs, the execution that was
//! explored in its place, and each swap on the way there.

mod oracle;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::execution::replay::{play, write};
use gordian_checker::execution::schedule;
use gordian_checker::explain::twin::{NoTwin, Twin};
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::{Limit, Limits, Meter, Progress, Search};
use gordian_checker::model::{Event, Program, Step, TimerRules, World};
use gordian_checker::replay::twin;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::sync::{chan, choose, go, mutex, semaphore, waitgroup};
use gordian_checker::{STACK_BYTES, Subject};

fn meter(limits: Limits) -> Meter {
    Meter::new(limits, Arc::default())
}

/// Returns every schedule of a program; `None` if there are more than `max`.
fn schedules(program: &mut dyn Program, max: usize) -> Option<Vec<Vec<Step>>> {
    fn visit(
        program: &mut dyn Program,
        world: &World,
        path: &mut Vec<Step>,
        found: &mut Vec<Vec<Step>>,
        max: usize,
    ) -> bool {
        let steps = world.steps(program);
        if steps.is_empty() {
            found.push(path.clone());
        }
        for step in steps {
            let mut next = world.clone();
            next.take(program, step).expect("it goes on");
            path.push(step);
            let all = path.len() < 100 && visit(program, &next, path, found, max);
            path.pop();
            if !all {
                return false;
            }
        }
        found.len() <= max
    }
    let start = World::start(program).expect("it starts");
    let mut found = Vec::new();
    visit(program, &start, &mut Vec::new(), &mut found, max).then_some(found)
}

/// Returns the executions of the search, in its order.
fn explored(program: &mut dyn Program) -> Vec<Vec<Step>> {
    let mut search = Optimal::new().keeping_executions();
    let mut meter = meter(Limits::default());
    while search.advance(program, &mut meter).expect("no fault") == Progress::Paused {}
    search.findings().kept.clone().expect("they are kept")
}

/// Returns the events of a path, and the states before and after them.
fn events(program: &mut dyn Program, path: &[Step]) -> (Vec<Event>, Vec<World>) {
    let mut worlds = vec![World::start(program).expect("it starts")];
    let mut events = Vec::new();
    for &step in path {
        let mut next = worlds[events.len()].clone();
        assert!(next.is_enabled(program, step), "{step:?}");
        events.push(next.take(program, step).expect("it goes on"));
        worlds.push(next);
    }
    (events, worlds)
}

/// Returns the steps that a schedule means.
fn steps_of(program: &mut dyn Program, text: &str) -> Vec<Step> {
    let tokens = schedule::split(text).expect("it is a schedule");
    let played = play(program, &tokens).expect("no fault");
    assert_eq!(played.divergence, None, "{text}");
    played.path
}

/// Checks all that a twin says of a path, by brute force.
fn check_twin(program: &mut dyn Program, path: &[Step], explored: &[Vec<Step>], twin: &Twin) {
    assert_eq!(steps_of(program, &twin.asked), path);
    assert_eq!(twin.steps.len(), path.len());
    let end = steps_of(program, &twin.explored);
    assert_eq!(end, explored[twin.number as usize - 1], "{twin:?}");
    let mut now: Vec<(usize, Step)> = (1..).zip(path.iter().copied()).collect();
    for swap in &twin.swaps {
        let plain: Vec<Step> = now.iter().map(|(_, step)| *step).collect();
        let (before, worlds) = events(program, &plain);
        let (first, second) = (&before[swap.at - 1], &before[swap.at]);
        assert!(!first.depends_on(second), "{swap:?} of {}", twin.asked);
        let touch = |event: &Event| {
            event
                .footprint
                .iter()
                .map(|it| it.0)
                .collect::<BTreeSet<_>>()
        };
        let both = touch(first).intersection(&touch(second)).count();
        assert_eq!(swap.both_touch.len(), both, "{swap:?}");
        now.swap(swap.at - 1, swap.at);
        assert_eq!(
            (swap.earlier, swap.later),
            (now[swap.at - 1].0, now[swap.at].0)
        );
        let plain: Vec<Step> = now.iter().map(|(_, step)| *step).collect();
        let (_, after) = events(program, &plain);
        assert!(
            worlds[swap.at + 1..] == after[swap.at + 1..],
            "{swap:?} of {}",
            twin.asked
        );
    }
    let swapped: Vec<Step> = now.iter().map(|(_, step)| *step).collect();
    assert_eq!(swapped, end, "{}", twin.asked);
    assert_eq!(
        now.iter().map(|(n, _)| *n).collect::<Vec<_>>(),
        twin.order()
    );
    // None is superfluous: no two steps are swapped twice.
    let pairs: BTreeSet<_> = twin.swaps.iter().map(|it| (it.later, it.earlier)).collect();
    assert_eq!(pairs.len(), twin.swaps.len());
    assert!(pairs.iter().all(|(later, earlier)| later < earlier));
    assert_eq!(twin.is_itself(), path == end);
}

/// Asks of every schedule of a subject. Returns the number of schedules; `None` if there are more
/// than `max`.
fn check(subject: &dyn Subject, timers: TimerRules, max: usize) -> Option<usize> {
    let mut program = subject.program_with(STACK_BYTES, timers);
    let program = program.as_mut();
    let all = schedules(program, max)?;
    let explored = explored(program);
    let mut met = BTreeSet::new();
    for path in &all {
        let text = write(program, path).expect("no fault");
        let twin = Twin::find(program, &text, meter(Limits::default()))
            .unwrap_or_else(|why| panic!("{text}: {why}"));
        check_twin(program, path, &explored, &twin);
        // It is the only one of its class.
        let form =
            |program: &mut dyn Program, path: &[Step]| oracle::canonical(&events(program, path).0);
        let own = form(program, path);
        let same = explored.iter().filter(|it| it.len() == path.len());
        let same = same.filter(|it| form(program, it) == own).count();
        assert_eq!(same, 1, "{text}");
        met.insert(twin.number);
    }
    assert_eq!(met.len(), explored.len(), "each stands for some schedule");
    Some(all.len())
}

#[test]
fn every_schedule_of_small_kernels_has_one() {
    let kernels: [(usize, fn()); 5] = [
        (16, || {
            for name in ["one", "other"] {
                let own = chan(name, 1);
                go(name, move || own.send(1));
            }
            choose(2);
        }),
        (6, || {
            let (a, b) = (mutex("a", ()), mutex("b", ()));
            go("other", move || {
                let of_b = b.lock();
                let of_a = a.lock();
                of_a.unlock();
                of_b.unlock();
            });
            let of_a = a.lock();
            let of_b = b.lock();
            of_b.unlock();
            of_a.unlock();
        }),
        // Two are enough for two of the three, in any order.
        (0, || {
            let permits = semaphore("permits", 2);
            for name in ["one", "two", "three"] {
                go(name, move || permits.acquire(1));
            }
        }),
        // One of the three makes the counter negative.
        (0, || {
            let group = waitgroup("group");
            group.add(2);
            for name in ["one", "two", "three"] {
                go(name, move || group.done());
            }
            group.wait();
        }),
        (0, || {
            let (m, c) = (mutex("m", ()), chan("c", 0));
            go("sender", move || {
                let guard = m.lock();
                c.send(1);
                drop(guard);
            });
            go("third", move || drop(m.lock()));
            drop(m.lock());
            c.recv();
        }),
    ];
    for (expected, kernel) in kernels {
        let count = check(&Rc::new(kernel), TimerRules::default(), 5_000).expect("it is small");
        assert!(expected == 0 || count == expected, "{count} schedules");
    }
}

#[test]
fn every_schedule_of_random_programs_has_one() {
    let mix = Mix {
        statements_max: 5,
        ..Mix::default()
    };
    let mixes = [
        (mix, 60),
        (
            Mix {
                semaphore: true,
                ..mix
            },
            30,
        ),
        (
            Mix {
                recover: true,
                ..mix
            },
            20,
        ),
        (
            Mix {
                daemons: true,
                ..mix
            },
            20,
        ),
        (Mix { timer: true, ..mix }, 20),
    ];
    let (mut programs, mut asked) = (0, 0);
    for (mix, seeds) in mixes {
        for seed in 0..seeds {
            for timers in [TimerRules::Go1_22, TimerRules::Go1_23] {
                if let Some(count) = check(&random::script(seed, mix), timers, 300) {
                    programs += 1;
                    asked += count;
                }
            }
        }
    }
    assert!(
        programs > 100 && asked > 3_000,
        "{asked} of {programs} programs"
    );
}

fn two_senders() {
    for name in ["one", "other"] {
        let own = chan(name, 1);
        go(name, move || own.send(1));
    }
}

#[test]
fn what_is_no_whole_execution_is_said() {
    let why = |text: &str| twin(two_senders, text).expect_err("it is none");
    assert_eq!(
        why("main*2,one").to_string(),
        "the schedule is only the beginning of an execution: after 3 steps these can be taken: \
         other. Only whole executions are explored or not"
    );
    assert_eq!(
        why("main,other,one").to_string(),
        "the schedule does not fit: `other` cannot be taken at step 2; these can: main, one"
    );
    assert_eq!(
        why("main*2,one,other,one").to_string(),
        "the schedule does not fit: `one` cannot be taken at step 5; nothing can, since the \
         execution has ended"
    );
    assert_eq!(
        why("main,,one").to_string(),
        "the schedule cannot be read: an empty choice between two commas"
    );
    assert!(matches!(why(""), NoTwin::Prefix { steps: 0, .. }));
}

#[test]
fn a_search_that_is_stopped_before_says_so() {
    let kernel = || {
        let m = mutex("m", ());
        for name in ["one", "other"] {
            go(name, move || drop(m.lock()));
        }
    };
    let find = |executions_max| {
        let mut program = Rc::new(kernel).program_with(STACK_BYTES, TimerRules::default());
        let limits = Limits {
            executions_max: Some(executions_max),
            ..Limits::default()
        };
        Twin::find(program.as_mut(), "main*2,other*2,one*2", meter(limits))
    };
    assert_eq!(
        find(1).expect_err("it is the second"),
        NoTwin::Stopped {
            executions: 1,
            limits: vec![Limit::Executions(1)]
        }
    );
    assert_eq!(find(2).map(|twin| twin.number), Ok(2));
}
