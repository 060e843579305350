//! One search in parts: the executions of all rounds are those of one search.

use std::collections::BTreeMap;
use std::sync::Arc;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::optimal::{ExploredPart, Frontier, Optimal, Part};
use gordian_checker::explore::{Findings, Limits, Meter, Progress, Search};
use gordian_checker::model::Program;
use gordian_checker::script::families::Family;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Memory, Script, Start};

/// Most executions of a program that is compared.
const EXECUTIONS_MAX: u64 = 3_000;

fn meter() -> Meter {
    let limits = Limits {
        steps_max: 60,
        executions_max: Some(EXECUTIONS_MAX),
        ..Limits::default()
    };
    Meter::new(limits, Arc::default())
}

/// Returns the program, which knows nothing of earlier ones.
fn program(script: &Script) -> impl Program {
    script.interpreter(Start::Together, Memory::Full)
}

fn explore(search: &mut Optimal, program: &mut dyn Program) {
    let mut meter = meter();
    while search.advance(program, &mut meter).expect("no fault") != Progress::Done {}
}

fn in_one(script: &Script) -> Findings {
    let mut search = Optimal::new();
    explore(&mut search, &mut program(script));
    search.findings().clone()
}

/// Returns a value as another process reads it.
fn passed_on<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let written = postcard::to_stdvec(value).expect("it can be written");
    postcard::from_bytes(&written).expect("it can be read")
}

/// Explores a part as another process does, with a program of its own.
fn explored(script: &Script, part: &Part) -> ExploredPart {
    let mut program = program(script);
    let part = passed_on(part);
    let mut search = Optimal::of_part(&mut program, &part).expect("a part of this program");
    explore(&mut search, &mut program);
    passed_on(&search.into_explored(&mut program, part))
}

/// Explores a script in parts. Returns the findings, and the number of parts of each round.
fn in_rounds(script: &Script, parts: usize) -> (Findings, Vec<usize>) {
    let mut first = Optimal::new();
    let mut frontier: Frontier = first
        .split(&mut program(script), &mut meter(), parts)
        .expect("no fault");
    let mut sizes = Vec::new();
    loop {
        let round = frontier.give();
        if round.is_empty() {
            return (frontier.findings(), sizes);
        }
        sizes.push(round.len());
        let done: Vec<ExploredPart> = round.iter().map(|it| explored(script, it)).collect();
        frontier = passed_on(&frontier);
        let taken = frontier.take(&mut program(script), &done);
        taken.expect("parts of this program");
        let count = frontier.findings().executions;
        assert!(count <= 2 * EXECUTIONS_MAX, "{count}, {sizes:?}");
    }
}

/// Compares the two, if the program is small enough. Returns the number of rounds.
#[track_caller]
fn compare(script: &Script, parts: usize, name: &str) -> Option<usize> {
    let one = in_one(script);
    if !one.limits.is_empty() {
        return None;
    }
    let (all, sizes) = in_rounds(script, parts);
    let counts = |of: &Findings| {
        let mut bad: BTreeMap<EndState, u64> = BTreeMap::new();
        for (end, found) in &of.bad {
            *bad.entry(end.in_given_names()).or_default() += found.count;
        }
        let (executions, discarded) = (of.executions, of.discarded);
        (executions, discarded, of.bad_executions, of.complete, bad)
    };
    assert_eq!(counts(&all), counts(&one), "{name}, in rounds of {sizes:?}");
    Some(sizes.len())
}

#[test]
fn all_rounds_together_are_one_search_of_every_family() {
    let mut rounds = 0;
    for (name, sizes) in [
        ("philosophers", &[4][..]),
        ("philosophers", &[3, 2]),
        ("philosophers-ordered", &[3, 2]),
        ("philosophers-ordered-joined", &[3]),
        ("fan-in", &[3, 2]),
        ("fan-out", &[3, 2]),
        ("pipeline", &[3, 2]),
        ("ring", &[3]),
        ("lock-increment", &[4]),
        ("rwlock", &[2, 2]),
        ("readers", &[3]),
        ("independent", &[3]),
        ("shared-lock", &[3, 2]),
        ("hand-over", &[3, 2]),
        ("workers", &[2, 3]),
    ] {
        let Some(family) = Family::of(name) else {
            panic!("no family {name}")
        };
        let script = family.script(sizes);
        let script = script.unwrap_or_else(|error| panic!("{name} {sizes:?}: {error}"));
        for parts in [1, 2, 7, 40] {
            let of = compare(&script, parts, name);
            rounds = rounds.max(of.unwrap_or_else(|| panic!("{name} is too large")));
        }
    }
    assert!(rounds > 2, "some part returns something");
}

#[test]
fn all_rounds_together_are_one_search_of_random_programs() {
    let (mut compared, mut later) = (0, 0);
    for seed in 0..1_000 {
        let script = random::script(seed, Mix::default());
        if let Some(rounds) = compare(&script, 1 + seed as usize % 9, &format!("seed {seed}")) {
            compared += 1;
            later += usize::from(rounds > 1);
        }
    }
    assert!(compared > 500 && later > 50, "{compared}, {later}");
}
