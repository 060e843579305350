//! One search in parts: the executions of all rounds are those of one search.

mod oracle;

use gordian_checker::model::TimerRules;
use gordian_checker::script::Script;
use gordian_checker::script::families::Family;
use gordian_checker::script::random::{self, Mix};

/// Returns the number of rounds, or `None` if the script is too large.
#[track_caller]
fn compare(script: &Script, parts: usize, name: &str) -> Option<usize> {
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
