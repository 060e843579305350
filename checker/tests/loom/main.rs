//! The loom engine against the rules: the same kernels, the same set of ends.
//!
//! Method: a kernel is explored under loom, where primitives are built a second time, and by a
//! search over the rules that visits every state. The two sets of distinct ends (where every
//! goroutine stands and the contents of every object) must be equal. Separate code writes each set.

mod bugs;
mod channels;
mod engine;
mod locks;
mod others;
mod random;

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use gordian_checker::execution::end_state::{EndState, GoroutineStatus};
use gordian_checker::explore::{Limits, Meter, Search};
use gordian_checker::loom::Loom;
use gordian_checker::model::World;
use gordian_checker::{Checker, Engine, Report, Subject, TimerRules};

/// Returns every end by the rules.
fn ends_by_the_rules(subject: &dyn Subject, timers: TimerRules) -> BTreeSet<EndState> {
    let mut program = subject.program_with(1 << 17, timers);
    let program = program.as_mut();
    let mut ends = BTreeSet::new();
    let mut todo = vec![World::start(program).expect("it starts")];
    let mut seen: HashSet<World> = todo.iter().cloned().collect();
    let mut enabled = Vec::new();
    while let Some(world) = todo.pop() {
        world.enabled(program, &mut enabled);
        if enabled.is_empty() {
            ends.insert(EndState::of(program, &world));
        }
        for step in enabled.clone() {
            let mut next = world.clone();
            next.take(program, step).expect("no fault");
            if seen.insert(next.clone()) {
                todo.push(next);
            }
        }
    }
    ends
}

/// Returns every end under loom, and the number of executions.
fn ends_under_loom(subject: &dyn Subject, timers: TimerRules) -> (BTreeSet<EndState>, u64) {
    let mut program = subject.program_with(1 << 17, timers);
    let mut search = Loom::of(subject, 1 << 17).timers(timers);
    let mut meter = Meter::new(Limits::default(), Default::default());
    search
        .advance(program.as_mut(), &mut meter)
        .expect("no fault");
    assert_eq!(search.unsupported(), None);
    (search.end_states().clone(), search.findings().executions)
}

/// Asserts that the two accounts agree on a kernel, and that it has this number of distinct ends.
#[track_caller]
fn agree(ends: usize, kernel: impl Fn() + 'static) {
    agree_with(TimerRules::default(), ends, kernel);
}

/// Asserts the same by the rules of Go 1.23 and by those until 1.22.
#[track_caller]
fn agree_by_both([now, until_1_22]: [usize; 2], kernel: impl Fn() + Copy + 'static) {
    agree_with(TimerRules::Go1_23, now, kernel);
    agree_with(TimerRules::Go1_22, until_1_22, kernel);
}

#[track_caller]
fn agree_with(timers: TimerRules, ends: usize, kernel: impl Fn() + 'static) {
    let subject = Rc::new(kernel);
    let rules = ends_by_the_rules(&subject, timers);
    let (loom, executions) = ends_under_loom(&subject, timers);
    println!("{executions} executions, {} ends", loom.len());
    let missed: Vec<_> = rules.difference(&loom).collect();
    let invented: Vec<_> = loom.difference(&rules).collect();
    assert!(
        missed.is_empty() && invented.is_empty(),
        "loom misses {missed:#?} and invents {invented:#?}"
    );
    assert_eq!(loom.len(), ends, "{loom:#?}");
}

fn under_loom(kernel: impl Fn() + 'static) -> Report {
    let subject = Rc::new(kernel);
    Checker::new().engine(Engine::Loom).check_subject(&subject)
}

/// Returns the goroutines that are stuck or have panicked in the only bad end.
#[track_caller]
fn only_bad(report: &Report) -> Vec<(String, String)> {
    assert_eq!(report.findings.bad.len(), 1, "{report:#?}");
    let (end, _) = report.findings.bad.first_key_value().expect("one");
    let text = |standing: &GoroutineStatus| match standing {
        GoroutineStatus::Returned => "returned".to_owned(),
        GoroutineStatus::Blocked(op, _) => op.clone(),
        GoroutineStatus::Panicked(message) => format!("panic: {message}"),
    };
    end.goroutines
        .iter()
        .map(|(name, standing)| (name.clone(), text(standing)))
        .collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}
