//! One search in parts: the executions of all rounds are those of one search.

mod oracle;

use gordian_checker::model::TimerRules;
use gordian_checker::script::Operand::Constant;
use gordian_checker::script::Statement::{Go, Lock, Select, Send, Unlock};
use gordian_checker::script::families::Family;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Case, Script};

/// Returns the number of rounds, or `None` if the script is too large.
#[track_caller]
fn compare(script: &Script, parts: (usize, Option<u64>), name: &str) -> Option<usize> {
    let compared = oracle::parts::check(script, TimerRules::default(), parts);
    compared.unwrap_or_else(|difference| panic!("{name}: {difference}"))
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
        let family = Family::of(name).expect("a family");
        let script = family.script(sizes);
        let script = script.unwrap_or_else(|error| panic!("{name} {sizes:?}: {error}"));
        for parts in [
            (1, None),
            (2, None),
            (7, None),
            (40, None),
            (1, Some(1)),
            (5, Some(3)),
        ] {
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
        let parts = (
            1 + seed as usize % 9,
            [None, Some(1 + seed % 5)][seed as usize % 2],
        );
        if let Some(rounds) = compare(&script, parts, &format!("seed {seed}")) {
            compared += 1;
            later += usize::from(rounds > 1);
        }
    }
    assert!(compared > 500 && later > 50, "{compared}, {later}");
}

/// Two parts of one round meet other goroutines first, and return sequences with them.
#[test]
fn what_two_parts_call_by_one_id_is_told_apart() {
    let mut script = Script::new();
    let m = script.mutex("m");
    let all = ["x", "y", "z"].map(|name| script.chan(name, 1));
    let sends = all.map(|chan| Send(chan, Constant(1)));
    script.goroutine("main", sends.into_iter().chain([Lock(m), Unlock(m)]));
    let place = script.goroutines.len();
    let arms = all.into_iter().enumerate();
    let arms = arms.map(|(nth, chan)| (Case::Recv(chan), vec![Go(place + 1 + nth)]));
    let (arms, default) = (arms.collect(), None);
    script.goroutine("chooser", [Select { arms, default }]);
    for name in ["one", "other", "third"] {
        script.goroutine(name, [Go(place + 4)]);
    }
    script.goroutine("worker", [Lock(m), Unlock(m)]);
    let rounds = compare(&script, (2, None), "three that are started").expect("it is small");
    assert!(rounds > 1);
}
