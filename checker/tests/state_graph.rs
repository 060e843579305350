//! The states of a program as they are drawn, beside what the searches say of it.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::explain::StateGraph;
use gordian_checker::explain::state_graph::{Node, Outlook};
use gordian_checker::explain::trace::{Ending, State};
use gordian_checker::explore::{Findings, Limits, Meter};
use gordian_checker::model::{End, TimerRules};
use gordian_checker::script::random::{self, Mix};
use gordian_checker::sync::{atomic, chan, choose, cond, go, gosched, mutex, rwlock};
use gordian_checker::{Checker, Engine, STACK_BYTES, Subject};

fn graph(subject: &dyn Subject, schedules: &[&str]) -> StateGraph {
    let mut program = subject.program_with(STACK_BYTES, TimerRules::default());
    let meter = Meter::new(Limits::default(), Arc::default());
    StateGraph::collect(program.as_mut(), schedules, &meter).expect("it has no fault")
}

fn findings(subject: &dyn Subject) -> Findings {
    let checker = Checker::new().engine(Engine::Stateful).keep_going(true);
    checker.check_subject(subject).findings
}

fn is_stuck(end: Ending) -> bool {
    [Ending::Deadlock, Ending::Leak].contains(&end)
}

/// Returns who is stuck in a state that is an end.
fn stuck(node: &Node) -> BTreeSet<String> {
    let stuck = node.standings.iter().filter(|it| it.state == State::Stuck);
    stuck.map(|it| it.goroutine.clone()).collect()
}

/// Returns the distinct sets of goroutines that are stuck, by the graph and by a search.
fn sets(graph: &StateGraph, findings: &Findings) -> [BTreeSet<(Ending, BTreeSet<String>)>; 2] {
    let drawn = graph.states.iter().filter(|node| is_stuck(node.end));
    let found = findings.bad.keys().filter(|key| key.end != End::Panic);
    let names = found.map(|key| {
        let names = key.goroutines.iter().map(|(name, _)| name.clone());
        (Ending::from(key.end), names.collect())
    });
    [
        drawn.map(|node| (node.end, stuck(node))).collect(),
        names.collect(),
    ]
}

/// Compares the whole graph with the search that remembers all states, without reduction.
fn compare(subject: &dyn Subject, what: &str) {
    let (graph, findings) = (graph(subject, &[]), findings(subject));
    if graph.visited > StateGraph::STATES_MAX {
        assert!(!graph.is_whole(), "{what}");
        return;
    }
    assert!(graph.is_whole(), "{what}");
    let states = findings.states.expect("it counts states");
    assert_eq!(graph.states.len() as u64, states, "states of {what}");
    assert_eq!(graph.edges() as u64, findings.steps, "steps of {what}");
    let ends = graph.states.iter().filter(|node| node.steps.is_empty());
    let bad = ends.filter(|node| node.end.is_bad()).count();
    // Where others run on for ever, the search counts each set of stuck goroutines once.
    let runs_on = |node: &&Node| is_stuck(node.end) && !node.steps.is_empty();
    if !graph.states.iter().any(|node| runs_on(&node)) {
        assert_eq!(bad as u64, findings.bad_executions, "bad ends of {what}");
    }
    let [drawn, found] = sets(&graph, &findings);
    assert_eq!(drawn, found, "ends of {what}");
    let panics = graph.states.iter().any(|node| node.end == Ending::Panic);
    let panicked = findings.bad.keys().any(|key| key.end == End::Panic);
    assert_eq!(panics, panicked, "panics of {what}");
    let is_bad = graph.states[0].outlook.is_bad();
    assert_eq!(is_bad, !findings.bad.is_empty(), "{what}");
}

/// A send under a lock.
fn under_a_lock() {
    let (m, c) = (mutex("m", ()), chan("c", 0));
    go("sender", move || {
        let guard = m.lock();
        c.send(1);
        drop(guard);
    });
    let guard = m.lock();
    drop(guard);
    c.recv();
}

fn with_a_signal() {
    let m = mutex("m", false);
    let ready = cond("ready");
    go("waiter", move || {
        let guard = m.lock();
        drop(ready.wait(guard));
    });
    ready.signal();
}

fn with_a_panic() {
    let c = chan::<()>("c", 0);
    go("closer", move || c.close());
    c.close();
}

fn with_choices() {
    let (lock, sum) = (rwlock("lock", 0), atomic("sum", 0_i64));
    go("reader", move || {
        let read = *lock.rlock();
        sum.add(read);
    });
    *lock.lock() = choose(3) as i64;
}

#[test]
fn it_has_the_states_the_steps_and_the_ends_of_the_search() {
    let kernels: [(&str, fn()); 4] = [
        ("under_a_lock", under_a_lock),
        ("with_a_signal", with_a_signal),
        ("with_a_panic", with_a_panic),
        ("with_choices", with_choices),
    ];
    for (name, kernel) in kernels {
        compare(&Rc::new(kernel), name);
    }
}

#[test]
fn so_it_has_for_random_programs() {
    let mix = Mix::default();
    for seed in 0..150 {
        compare(&random::script(seed, mix), &format!("seed {seed}"));
    }
    let mixes = [
        Mix { loops: true, ..mix },
        Mix {
            daemons: true,
            ..mix
        },
        Mix {
            recover: true,
            ..mix
        },
        Mix {
            semaphore: true,
            ..mix
        },
    ];
    for (index, mix) in mixes.into_iter().enumerate() {
        for seed in 0..40 {
            compare(
                &random::script(seed, mix),
                &format!("mix {index}, seed {seed}"),
            );
        }
    }
}

/// The outlook of each state, by all ways from it.
#[test]
fn an_outlook_is_what_all_ways_from_a_state_come_to() {
    fn ends(graph: &StateGraph, state: usize) -> BTreeSet<bool> {
        let node = &graph.states[state];
        if node.end != Ending::Open {
            return BTreeSet::from([node.end.is_bad()]);
        }
        let next = node.steps.iter().map(|step| step.to.expect("it is whole"));
        next.flat_map(|to| ends(graph, to)).collect()
    }
    let mut seen = BTreeSet::new();
    for seed in 0..60 {
        let mix = Mix {
            statements_max: 6,
            ..Mix::default()
        };
        let graph = graph(&random::script(seed, mix), &[]);
        if graph.states.len() > 60 {
            continue;
        }
        for (state, node) in graph.states.iter().enumerate() {
            let expected = match (ends(&graph, state).contains(&true), ends(&graph, state)) {
                (true, all) if all.len() == 2 => Outlook::Avoidable,
                (true, _) => Outlook::Doomed,
                (false, _) => Outlook::Safe,
            };
            assert_eq!(node.outlook, expected, "seed {seed}, state {state}");
            seen.insert(expected);
        }
    }
    assert_eq!(seen.len(), 3, "all outlooks are among them");
}

/// Three goroutines that let others go first, beside two that deadlock.
fn large() {
    for name in ["a", "b", "c"] {
        go(name, move || {
            for _ in 0..6 {
                gosched();
            }
        });
    }
    under_a_lock();
}

#[test]
fn of_a_large_program_it_has_the_states_on_the_way_and_beside_it() {
    let subject = Rc::new(large);
    let checker = Checker::new().engine(Engine::Stateful);
    let report = checker.check_subject(&subject);
    let schedule = &report.trace().expect("it fails").schedule;
    let graph = graph(&subject, &[schedule]);
    assert!(!graph.is_whole());
    assert!(graph.visited > StateGraph::STATES_MAX);
    let mut at = 0;
    for &step in &graph.ways[0] {
        // Whatever else could be done on the way is there, too.
        assert!(graph.states[at].steps.iter().all(|it| it.to.is_some()));
        at = graph.states[at].steps[step].to.expect("it is on the way");
    }
    assert_eq!(
        graph.ways[0].len(),
        report.trace().expect("it fails").steps.len()
    );
    assert_eq!(graph.states[at].end, Ending::Deadlock);
    assert!(graph.states.len() <= StateGraph::PART_MAX + 2 * graph.ways[0].len() + 2);
    let known = graph
        .states
        .iter()
        .filter(|it| it.outlook != Outlook::Unknown);
    assert_eq!(known.count() == graph.states.len(), graph.complete);
}
