//! A script printed as the source of a kernel compiles, and is the same program.
//!
//! `script_as_rust/kernels.rs` holds the source of some random scripts. `UPDATE_GOLDEN=1 cargo test
//! -p gordian-checker --test script_as_rust` rewrites it.

mod oracle;

#[rustfmt::skip]
#[path = "script_as_rust/kernels.rs"]
#[expect(
    clippy::all,
    unreachable_code,
    unused_assignments,
    unused_mut,
    unused_variables,
    reason = "a printer of statements does not look at what is around them"
)]
mod kernels;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::rc::Rc;

use gordian_checker::Subject;
use gordian_checker::execution::end_state::EndState;
use gordian_checker::model::TimerRules;
use gordian_checker::script::Script;
use gordian_checker::script::random::{self, Mix};

const KERNELS: u64 = 56;

/// The first seed whose script has a semaphore; the later ones before the recoveries do, too.
const SEMAPHORES: u64 = 40;

/// The first seed whose script may recover panics and call Goexit; all later ones may, too.
const RECOVERIES: u64 = 48;

/// Returns the script of a seed. Every third has endless loops.
fn script(seed: u64) -> Script {
    let loops = seed.is_multiple_of(3);
    random::script(
        seed,
        Mix {
            statements_max: if loops { 6 } else { 9 },
            goroutines_max: 3,
            loops,
            semaphore: (SEMAPHORES..RECOVERIES).contains(&seed),
            recover: seed >= RECOVERIES,
            ..Mix::default()
        },
    )
}

fn source() -> String {
    let mut source = String::from("//! Written by the test `script_as_rust`.\n");
    for seed in 0..KERNELS {
        let text = script(seed)
            .to_rust()
            .replace("fn kernel", "pub(crate) fn kernel");
        write!(source, "\npub(crate) mod k{seed} {{\n{text}}}\n").expect("a string can be written");
    }
    source.push_str("\npub(crate) const ALL: &[fn()] = &[\n");
    for seed in 0..KERNELS {
        writeln!(source, "    k{seed}::kernel,").expect("a string can be written");
    }
    source.push_str("];\n");
    source
}

#[test]
fn the_source_is_what_is_printed() {
    let source = source();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/script_as_rust/kernels.rs");
        std::fs::write(path, &source).expect("the file can be written");
    }
    assert!(
        include_str!("script_as_rust/kernels.rs") == source,
        "the printer prints something else: see the head of this file"
    );
}

/// Returns an end state without the handles in channels, which are `h` and a number: each form
/// writes them differently.
fn without_handles(mut state: EndState) -> EndState {
    for (name, left) in &mut state.objects {
        let name = name.rsplit('/').next().unwrap_or_default();
        if let Some('0'..='9') = name.strip_prefix('h').and_then(|it| it.chars().next()) {
            *left = left.ends_with("closed").to_string();
        }
    }
    state
}

#[test]
fn the_source_is_the_same_program() {
    let ends = |ends: BTreeSet<EndState>| -> BTreeSet<EndState> {
        let all = ends.into_iter();
        all.map(oracle::counterpart::without_lines)
            .map(without_handles)
            .collect()
    };
    let mut compared = 0;
    for (seed, kernel) in (0..).zip(kernels::ALL) {
        let mut printed = Rc::new(*kernel).program(1 << 18);
        let Some(ours) =
            oracle::states(&mut script(seed).counterpart(TimerRules::default()), 3_000)
        else {
            continue;
        };
        let theirs = oracle::states(printed.as_mut(), 3_000).expect("as small as the other");
        assert_eq!(ours.all.len(), theirs.all.len(), "kernel {seed}");
        assert_eq!(ends(ours.ends), ends(theirs.ends), "kernel {seed}");
        compared += 1;
    }
    assert!(
        compared * 10 >= KERNELS * 9,
        "only {compared} were small enough"
    );
}
