//! The exchange of goroutines that only their ids tell apart.

#[path = "oracle/mod.rs"]
mod oracle;

use std::sync::Arc;

use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Findings, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::TimerRules;
use gordian_checker::script::families::Family;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Memory, Script, Start};

fn search(script: &Script) -> Findings {
    let mut program = script.interpreter(Start::Together, Memory::Forgetful);
    let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
    let mut search = Stubborn::new();
    while search
        .advance(&mut program, &mut meter)
        .expect("it goes on")
        == Progress::Paused
    {}
    search.findings().clone()
}

/// The first two are the numbers of choices of how many stand where.
#[test]
fn twins_count_once() {
    for (family, sizes, states) in [
        ("readers", &[22][..], 46),
        ("fan-in", &[4, 4, 0], 70),
        ("workers", &[5], 21),
        ("lock-increment", &[20], 98),
    ] {
        let script = Family::of(family)
            .expect("a family")
            .script(sizes)
            .expect("sizes");
        let found = search(&script);
        assert_eq!(found.states, Some(states), "{family}");
        assert!(found.complete && found.bad.is_empty(), "{family}");
    }
}

/// Ends, panics and those who are stuck are the same up to the exchange.
#[test]
fn exchange_loses_no_end() {
    let (mut compared, mut states, mut visited) = (0, 0, 0);
    for seed in 0..400 {
        for loops in [false, true] {
            let mix = Mix {
                twins: true,
                loops,
                goroutines_max: 3,
                ..Mix::default()
            };
            let script = random::script(seed, mix);
            let sizes = oracle::reduction::check(&script, TimerRules::default(), 5_000);
            let sizes = sizes.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
            if let Some(sizes) = sizes {
                (compared, states, visited) =
                    (compared + 1, states + sizes.states, visited + sizes.reduced);
            }
        }
    }
    assert!(compared > 700, "{compared} programs");
    assert!(visited * 5 < states * 3, "{visited} of {states} states");
}
