//! The search with stubborn sets on all programs that are kept: beside the full one it comes to the
//! same verdicts and bad ends, and finds a race where there is one.
//!
//! With a race a step that is left out may matter. So what is bad is compared once all that raced
//! is explored in every order. `cargo xtask conform-go --races` compares more, at random.

#[path = "support/searches.rs"]
mod searches;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gordian_checker::execution::end_state::EndState;
use gordian_checker::{Engine, Report, Verdict};
use gordian_go::{GoSubject, load};
use gordian_kernels::CATALOGUE;
use searches::check;

/// States beyond which a program is left out.
const STATES_MAX: u64 = 5_000;

/// Most searches of a program: each takes more of what raced in every order.
const ROUNDS_MAX: usize = 12;

/// The programs that were compared.
#[derive(Default)]
struct Tally {
    programs: u32,
    racy: u32,
    too_large: u32,
    states: u64,
    visited: u64,
    wrong: Vec<String>,
}

impl Tally {
    /// Compares a program in free time, in quiet time, and by the clock.
    fn compare(&mut self, name: &str, subject: &GoSubject) {
        let (quiet, clock) = (subject.in_quiet_time(), subject.by_the_clock());
        for (time, subject) in [("free", subject), ("quiet", &quiet), ("clock", &clock)] {
            if let Err(wrong) = self.compare_rounds(subject) {
                self.wrong.push(format!("{name}, {time}: {wrong}"));
            }
        }
    }

    /// Compares both searches, and again with what raced for the one that leaves steps out.
    fn compare_rounds(&mut self, subject: &GoSubject) -> Result<(), String> {
        let mut refined = Some(subject.clone());
        for round in 0..ROUNDS_MAX {
            let Some(subject) = refined else {
                return Ok(());
            };
            let (one, other, third) = (subject.afresh(), subject.afresh(), subject.afresh());
            let full = check(&one, Engine::Stateful, STATES_MAX);
            let states = full.findings.states.unwrap_or(0);
            if states >= STATES_MAX {
                self.too_large += 1;
                return Ok(());
            }
            let reduced = check(&other, Engine::Stubborn, STATES_MAX * 2);
            agree((&one, &full), (&other, &reduced))?;
            // Once a race is met, all steps of all states are taken.
            let visited = reduced.findings.states;
            if !one.races().is_empty() && visited != full.findings.states {
                return Err(format!("{visited:?} of {states} states of a race"));
            }
            if !subject.is_quiet() {
                let in_turns = check(&third, Engine::Auto, STATES_MAX * 2);
                agree((&one, &full), (&third, &in_turns))?;
            }
            if round == 0 {
                self.programs += 1;
                self.racy += u32::from(!one.races().is_empty());
                self.states += states;
                self.visited += reduced.findings.states.unwrap_or(0);
            }
            refined = other.refined();
        }
        Err(format!("it still races after {ROUNDS_MAX} searches"))
    }
}

fn agree(
    (one, full): (&GoSubject, &Report),
    (other, reduced): (&GoSubject, &Report),
) -> Result<(), String> {
    let bad = |report: &Report| -> BTreeSet<EndState> {
        let keys = report.findings.bad.keys();
        keys.map(EndState::in_given_names).collect()
    };
    let tells = |it: &GoSubject| (it.races().is_empty(), it.reuses().is_empty());
    let same = |full: &Report, reduced: &Report| {
        full.verdict == reduced.verdict
            && full.findings.complete == reduced.findings.complete
            && bad(full) == bad(reduced)
            && one.returns() == other.returns()
            && one.assumptions() == other.assumptions()
    };
    let races = !one.races().is_empty();
    if tells(one) == tells(other) && (races || same(full, reduced)) {
        return Ok(());
    }
    let told = |it: &GoSubject| (it.races(), it.reuses(), it.returns(), it.assumptions());
    Err(format!(
        "{:?}\n{full}\nin full; reduced\n{:?}\n{reduced}",
        told(one),
        told(other)
    ))
}

/// The folders of exports.
fn folders() -> Vec<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut all = Vec::new();
    for parent in [tests.join("programs"), tests.join("leaks"), tests] {
        let entries = fs::read_dir(parent).expect("the folder is there");
        let entries = entries.map(|entry| entry.expect("an entry").path());
        all.extend(entries.filter(|folder| folder.join("export.json").is_file()));
    }
    all.sort();
    all
}

#[test]
fn with_stubborn_sets_the_verdicts_of_the_kept_programs_are_the_same() {
    let mut tally = Tally::default();
    for folder in folders() {
        let json = fs::read_to_string(folder.join("export.json")).expect("it is there");
        let package = load(&json).expect("it is an export");
        for test in package.tests() {
            let subject = package.test(test).expect("it is there");
            tally.compare(&format!("{} {test}", package.path), &subject);
        }
        if let Some(main) = package.main() {
            tally.compare(&package.path, &main);
        }
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    println!(
        "{} programs, {} racy, {} too large: {} of {} states",
        tally.programs, tally.racy, tally.too_large, tally.visited, tally.states
    );
    assert!(tally.programs >= 200, "{} programs are few", tally.programs);
    assert!(tally.racy >= 10, "{} with a race are few", tally.racy);
}

#[test]
fn with_stubborn_sets_the_verdicts_of_the_twins_are_the_same() {
    let mut tally = Tally::default();
    for kernel in CATALOGUE.iter() {
        for variant in [&kernel.buggy, &kernel.fixed] {
            let in_go = variant.in_go.expect("it is there in Go");
            let package = load(in_go.export).expect("it is an export");
            let main = package.main().expect("it has a main");
            tally.compare(kernel.name, &main);
        }
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(tally.programs >= 20, "{} programs are few", tally.programs);
}

/// Walks that pass over states lose nothing: what is seen late, a goroutine that has the id of one
/// that has ended, the end of what is left out in the middle of a round, and a short way.
#[test]
fn walks_lose_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/walks");
    let json = fs::read_to_string(folder.join("export.json")).expect("it is there");
    let package = load(&json).expect("it is an export");
    for (test, verdict, races) in [
        ("TestIdGivenAgain", Verdict::Panic, false),
        ("TestRaceOfAnIdGivenAgain", Verdict::Proved, true),
        ("TestForever", Verdict::Proved, false),
        ("TestLate", Verdict::Panic, false),
        ("TestShortcut", Verdict::Proved, false),
    ] {
        for engine in [Engine::Stubborn, Engine::Auto] {
            let subject = package.test(test).expect("it is there");
            let report = check(&subject, engine, 1 << 20);
            assert_eq!(report.verdict, verdict, "{test}, {engine:?}: {report}");
            assert_eq!(!subject.races().is_empty(), races, "{test}, {engine:?}");
        }
    }
}
