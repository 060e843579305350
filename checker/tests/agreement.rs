//! Random programs, compared with brute force: the rules that the searches stand on, the two forms
//! of a script, and the searches themselves.
//!
//! A failing program is shrunk and printed as the source of a kernel. The programs are the same in
//! each run; `PROPTEST_RNG_SEED=7` draws others. For longer runs of the same checks: `cargo run
//! --release -p gordian-checker --example agree`.

mod oracle;
mod random;

use std::cell::Cell;
use std::collections::BTreeMap;

use gordian_checker::model::TimerRules;
use gordian_checker::script::Operand::Constant;
use gordian_checker::script::random::Mix;
use gordian_checker::script::{Case, Grip, Kind, Memory, Script, Start, Statement, Var, features};
use gordian_checker::{Checker, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use random::{Scripts, Shown};

/// One in this many programs may be too large for brute force, or have infinitely many states
/// because a counter grows for ever. In fact about one in ten is.
const TOO_LARGE_ONE_IN: u32 = 4;

/// The seed of the programs, unless the environment sets another.
const SEED: RngSeed = RngSeed::Fixed(1);

/// Checks random programs. `check` returns `None` for a program that is too large.
fn check_all<T>(cases: u32, mix: Mix, check: impl Fn(&Script) -> Result<Option<T>, String>) {
    let skipped = Cell::new(0);
    let from_environment = ProptestConfig::default();
    let config = ProptestConfig {
        cases,
        rng_seed: match from_environment.rng_seed {
            RngSeed::Random => SEED,
            fixed @ RngSeed::Fixed(_) => fixed,
        },
        failure_persistence: None,
        max_shrink_iters: 100_000,
        ..from_environment
    };
    let check = |script: Shown| match check(&script.0) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            skipped.set(skipped.get() + 1);
            Ok(())
        }
        Err(wrong) => Err(TestCaseError::fail(wrong)),
    };
    if let Err(wrong) = TestRunner::new(config).run(&Scripts(mix), check) {
        panic!("{wrong}");
    }
    let skipped: u32 = skipped.get();
    assert!(
        skipped * TOO_LARGE_ONE_IN <= cases,
        "{skipped} of {cases} programs were too large"
    );
}

/// Gives each program a timer if the rules are not the default, since only timers differ.
fn mix_for(timers: TimerRules, mix: Mix) -> Mix {
    Mix {
        timer: timers != TimerRules::default(),
        ..mix
    }
}

#[test]
fn independent_steps_commute() {
    for timers in TimerRules::ALL {
        let check = |script: &Script| {
            let mut program = script.interpreter_with(Start::Together, Memory::Full, timers);
            oracle::independence::check(&mut program, 5_000)
        };
        check_all(1_000, mix_for(timers, Mix::default()), check);
        check_all(300, mix_for(timers, Mix::LOOPS), check);
    }
}

#[test]
fn a_script_is_the_same_as_its_closure() {
    for timers in TimerRules::ALL {
        let check = |script: &Script| oracle::counterpart::check(script, timers, 5_000);
        check_all(500, mix_for(timers, Mix::default()), check);
        check_all(200, mix_for(timers, Mix::LOOPS), check);
    }
}

#[test]
fn the_searches_agree() {
    for timers in TimerRules::ALL {
        let check = |script: &Script| oracle::agreement::check_with(script, timers);
        check_all(500, mix_for(timers, Mix::default()), check);
    }
}

/// Compares the searches where goroutines may outlive main, which changes only who is stuck.
#[test]
fn the_searches_agree_about_daemons() {
    let daemons = Mix {
        daemons: true,
        ..Mix::default()
    };
    let check = |script: &Script| oracle::agreement::check(script);
    check_all(200, daemons, check);
    let counterpart =
        |script: &Script| oracle::counterpart::check(script, TimerRules::default(), 5_000);
    check_all(100, daemons, counterpart);
    let endless = Mix {
        daemons: true,
        ..Mix::LOOPS
    };
    let check = |script: &Script| oracle::endless::check(script, TimerRules::default(), 5_000);
    check_all(200, endless, check);
}

/// Recovered panics and Goexits are rare in the other programs.
#[test]
fn the_searches_agree_about_recovered_panics() {
    let recover = |mix: Mix| Mix {
        recover: true,
        ..mix
    };
    let (mix, loops) = (recover(Mix::default()), recover(Mix::LOOPS));
    let timers = TimerRules::default();
    let counterpart = |script: &Script| oracle::counterpart::check(script, timers, 5_000);
    check_all(300, mix, counterpart);
    check_all(100, loops, counterpart);
    check_all(200, mix, |script: &Script| oracle::agreement::check(script));
    let reduction = |script: &Script| oracle::reduction::check(script, timers, 5_000);
    check_all(200, mix, reduction);
    check_all(200, loops, reduction);
    let endless = |script: &Script| oracle::endless::check(script, timers, 5_000);
    check_all(200, loops, endless);
}

/// Returns the verdict about a main that does this. The two forms of the script agree.
fn verdict(main: impl IntoIterator<Item = Statement>, script: &Script) -> Verdict {
    let mut script = script.clone();
    script.goroutine("main", main);
    let compared = oracle::counterpart::check(&script, TimerRules::default(), 100);
    assert!(compared.expect("they agree").is_some());
    Checker::new().check_subject(&script).verdict
}

/// The call of the outer `defer` closes the channel, which shows that it was made.
#[test]
fn a_panic_on_the_way_of_a_goexit_ends_the_program_unless_it_is_recovered() {
    let mut script = Script::new();
    let (c, nil) = (script.chan("c", 0), script.declare("nil", Kind::NilChan));
    let inner = Statement::Defer(Var(1), vec![Statement::Close(nil)], vec![Statement::Goexit]);
    let outer = Statement::Defer(Var(0), vec![Statement::Close(c)], vec![inner]);
    assert_eq!(verdict([outer.clone()], &script), Verdict::Panic);
    let receives = Statement::Defer(
        Var(2),
        vec![Statement::Recv(c)],
        vec![Statement::Recover(vec![outer.clone()])],
    );
    // It is recovered, and the Goexit of main goes on.
    assert_eq!(verdict([receives], &script), Verdict::Deadlock);
    let caught = Statement::Recover(vec![outer]);
    let not_come_to = Statement::Unlock(script.mutex("m"));
    assert_eq!(verdict([caught, not_come_to], &script), Verdict::Deadlock);
}

/// The recovered body panics under a guard, which is dropped.
#[test]
fn a_recovered_panic_ends_the_guards_of_its_body_and_no_fatal_error_is_recovered() {
    let mut script = Script::new();
    let m = script.mutex("m");
    let panics = vec![Statement::Panic("now".to_owned())];
    let held = Statement::Hold(Var(0), Grip::Lock, m, panics);
    let ends = || [Statement::Recover(vec![held.clone()]), Statement::Lock(m)];
    assert_eq!(verdict(ends(), &script), Verdict::Proved);
    let unlocks = Statement::Recover(vec![Statement::Unlock(m)]);
    assert_eq!(verdict([unlocks], &script), Verdict::Panic);
    let locked = vec![Statement::Lock(m), Statement::Panic("now".to_owned())];
    let stays_locked = [Statement::Recover(locked), Statement::Lock(m)];
    assert_eq!(verdict(stays_locked, &script), Verdict::Deadlock);
}

/// The selecting goroutine may first send to the watcher, whose write is then a rival of the
/// writer's. The meeting with the sender is asleep before that write. It covers the write only if
/// neither of the two has done anything else in between: a search must not count from the start of
/// what they have done.
#[test]
fn a_meeting_after_another_case_is_not_the_one_that_is_asleep() {
    for steps_before in [0, 3] {
        let mut script = Script::new();
        let (ch, seen) = (script.chan("ch", 0), script.chan("seen", 1));
        let (x, own) = (script.cell("x", 0), script.cell("own", 0));
        let arms = vec![
            (Case::Recv(ch), Vec::new()),
            (Case::Send(seen, Constant(1)), Vec::new()),
        ];
        let select = Statement::Select {
            arms,
            default: None,
        };
        let selecting = vec![
            Statement::Repeat(steps_before, vec![Statement::Get(own)]),
            select,
            Statement::Recv(ch),
        ];
        script.goroutine("sender", vec![Statement::Send(ch, Constant(1))]);
        script.goroutine("selecting", selecting);
        script.goroutine("writer", vec![Statement::Set(x, Constant(1))]);
        let told = vec![Statement::Recv(seen), Statement::Set(x, Constant(2))];
        script.goroutine("watcher", told);
        let compared = oracle::agreement::check(&script).expect("they agree");
        assert!(compared.is_some_and(|it| it.executions > 1));
    }
}

/// The broadcast that is asleep before the write wakes nobody. After the wait it is also a step of
/// the waiting goroutine.
#[test]
fn a_broadcast_that_wakes_somebody_is_not_the_one_that_is_asleep() {
    let mut script = Script::new();
    let (mu, cond, x) = (
        script.mutex("mu"),
        script.declare("cond", Kind::Cond),
        script.cell("x", 0),
    );
    script.goroutine("waking", vec![Statement::CondBroadcast(cond)]);
    script.goroutine("writer", vec![Statement::Set(x, Constant(1))]);
    let waiting = vec![
        Statement::Lock(mu),
        Statement::CondWait(cond, mu),
        Statement::Set(x, Constant(2)),
    ];
    script.goroutine("waiting", waiting);
    let compared = oracle::agreement::check(&script).expect("they agree");
    assert_eq!(compared.map(|it| it.executions), Some(3));
}

/// Two steps are treated as done: the unlock rests on a later event than the signal does. An
/// execution that does not share the later event may still share the earlier one.
#[test]
fn events_are_done_as_long_as_what_the_farthest_of_them_rests_on_is_shared() {
    let mut script = Script::new();
    let (mu, cond) = (script.mutex("mu"), script.declare("cond", Kind::Cond));
    script.goroutine("main", vec![Statement::CondSignal(cond)]);
    let waiting = vec![Statement::Lock(mu), Statement::CondWait(cond, mu)];
    script.goroutine("waiting", waiting);
    let unlocking = vec![
        Statement::Unlock(mu),
        Statement::Lock(mu),
        Statement::Choose(vec![Vec::new(), Vec::new(), Vec::new()]),
    ];
    script.goroutine("unlocking", unlocking);
    let compared = oracle::agreement::check(&script).expect("they agree");
    assert_eq!(compared.map(|it| it.executions), Some(19));
}

/// The ticker can tick once. Resetting it before leaves it as it is. That comes before or after the
/// tick, whoever receives it, also where the other one receives nothing.
#[test]
fn a_step_that_changes_nothing_may_come_before_a_rival() {
    let mut script = Script::new();
    let ticker = script.declare("ticker", Kind::Ticker { ticks_max: 1 });
    let select = |default| Statement::Select {
        arms: vec![(Case::Recv(ticker), Vec::new())],
        default,
    };
    script.goroutine("main", vec![select(None)]);
    script.goroutine("resetting", vec![Statement::TimerReset(ticker)]);
    script.goroutine("polling", vec![select(Some(Vec::new()))]);
    let compared = oracle::agreement::check(&script).expect("they agree");
    assert_eq!(compared.map(|it| it.executions), Some(4));
}

#[test]
fn the_search_that_remembers_is_right_about_what_never_ends() {
    for timers in TimerRules::ALL {
        let check = |script: &Script| oracle::endless::check(script, timers, 5_000);
        check_all(400, mix_for(timers, Mix::LOOPS), check);
    }
}

/// Checks that the reduced search comes to all ends, with and without cycles.
#[test]
fn leaving_steps_out_loses_no_end() {
    for timers in TimerRules::ALL {
        let check = |script: &Script| oracle::reduction::check(script, timers, 5_000);
        check_all(300, mix_for(timers, Mix::default()), check);
        check_all(300, mix_for(timers, Mix::LOOPS), check);
    }
    let semaphores = Mix {
        semaphore: true,
        ..Mix::default()
    };
    let check = |script: &Script| oracle::reduction::check(script, TimerRules::default(), 5_000);
    check_all(200, semaphores, check);
}

/// Returns a mix for programs with identical goroutines.
fn identical(seed: u64) -> Mix {
    Mix {
        identical: true,
        hostile: seed.is_multiple_of(2),
        loops: seed % 8 == 1,
        semaphore: seed.is_multiple_of(5),
        daemons: seed % 7 < 2,
        goroutines_max: 3,
        ..Mix::default()
    }
}

/// Where goroutines are identical, one end stands for all that differ in who is who.
#[test]
fn the_exchange_of_identical_goroutines_loses_no_end() {
    let (mut states, mut visited) = (0, 0);
    for seed in 0..1_500 {
        let script = gordian_checker::script::random::script(seed, identical(seed));
        let sizes = oracle::reduction::check(&script, TimerRules::default(), 5_000);
        let sizes = sizes.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        if let Some(sizes) = sizes.filter(|sizes| !sizes.bad) {
            (states, visited) = (states + sizes.states, visited + sizes.reduced);
        }
    }
    assert!(visited * 2 < states, "{visited} of {states} states");
}

/// As closures, too, whose goroutines are known to be identical until they make something.
#[test]
fn the_exchange_of_identical_closures_loses_no_end() {
    let (mut states, mut visited) = (0, 0);
    for seed in 0..600 {
        let script = gordian_checker::script::random::script(seed, identical(seed));
        let sizes = oracle::reduction::check_closures(&script, TimerRules::default(), 5_000);
        let sizes = sizes.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        if let Some(sizes) = sizes.filter(|sizes| !sizes.bad) {
            (states, visited) = (states + sizes.states, visited + sizes.reduced);
        }
    }
    assert!(visited * 2 < states, "{visited} of {states} states");
}

/// Compares the searches on a main and `count` goroutines with one body. Returns the states that
/// the one with exchange stored.
fn stored(script: &Script, main: Vec<Statement>, count: usize, body: &[Statement]) -> u64 {
    let mut script = script.clone();
    script.goroutine("main", main);
    for number in 0..count {
        script.goroutine(format!("g{number}"), body.to_vec());
    }
    let sizes = oracle::reduction::check(&script, TimerRules::default(), 5_000);
    let sizes = sizes.expect("they agree").expect("it is small");
    assert!(!sizes.bad);
    sizes.reduced
}

/// If an object kept the ids of those who were exchanged, states would differ that are the same, or
/// a way would wake who does not wait.
#[test]
fn who_is_exchanged_is_exchanged_in_all_objects() {
    let mut script = Script::new();
    let (rw, once, c) = (
        script.rwlock("rw"),
        script.declare("once", Kind::Once),
        script.chan("c", 0),
    );
    let reads = [
        Statement::RLock(rw),
        Statement::Recv(c),
        Statement::RUnlock(rw),
    ];
    let sends = vec![Statement::Repeat(3, vec![Statement::Send(c, Constant(1))])];
    let readers = stored(&script, sends, 3, &reads);
    // Who runs it has a choice, so that a state is stored meanwhile.
    let either = vec![vec![Statement::Recv(c)], vec![Statement::Recv(c)]];
    let runs = [Statement::Once(once, vec![Statement::Choose(either)])];
    let send = vec![Statement::Send(c, Constant(1))];
    let runners = stored(&script, send, 3, &runs);
    let (m, cond) = (script.mutex("m"), script.declare("cond", Kind::Cond));
    let waits = [
        Statement::Lock(m),
        Statement::Send(c, Constant(1)),
        Statement::CondWait(cond, m),
        Statement::Unlock(m),
    ];
    let wakes = vec![
        Statement::Repeat(3, vec![Statement::Recv(c)]),
        Statement::Lock(m),
        Statement::Unlock(m),
        Statement::Repeat(3, vec![Statement::CondSignal(cond)]),
    ];
    let waiters = stored(&script, wakes, 3, &waits);
    assert_eq!((readers, runners, waiters), (4, 3, 12));
}

/// If the first receives, the second may wait. If the second does, the first is stuck.
#[test]
fn a_daemon_is_not_exchanged_with_another() {
    let mut script = Script::new();
    let c = script.chan("c", 0);
    script.goroutine("main", vec![Statement::Send(c, Constant(1))]);
    script.goroutine("other", vec![Statement::Recv(c)]);
    script.goroutine("daemon", vec![Statement::Recv(c)]);
    script.goroutines[2].daemon = true;
    let sizes = oracle::reduction::check(&script, TimerRules::default(), 100);
    assert!(sizes.expect("they agree").is_some_and(|sizes| sizes.bad));
}

/// The readers go round for ever, and main is put off. Its choice is taken all the same.
#[test]
fn a_goroutine_that_a_cycle_puts_off_is_not_stuck() {
    let mut script = Script::new();
    let rw = script.rwlock("rw");
    let reads = vec![Statement::RLock(rw), Statement::RUnlock(rw)];
    script.goroutine(
        "main",
        vec![Statement::Choose(vec![Vec::new(), Vec::new()])],
    );
    script.goroutine("other", vec![Statement::Forever(reads)]);
    let sizes = oracle::reduction::check(&script, TimerRules::default(), 100);
    let sizes = sizes.expect("they agree").expect("it is small");
    assert!(!sizes.starves, "{sizes:?}");
}

/// A search that takes all steps would pass the test above, and so would one that is never asked
/// about a cycle.
#[test]
fn steps_are_left_out_of_random_programs_with_and_without_cycles() {
    let (mut states, mut reduced, mut starving) = (0, 0, 0);
    for seed in 0..250 {
        for mix in [Mix::default(), Mix::LOOPS] {
            let script = gordian_checker::script::random::script(seed, mix);
            let sizes = oracle::reduction::check(&script, TimerRules::default(), 5_000);
            let Some(sizes) = sizes.expect("they agree") else {
                continue;
            };
            states += sizes.states;
            reduced += sizes.reduced;
            starving += u32::from(sizes.starves);
        }
    }
    assert!(reduced * 5 < states * 4, "{reduced} of {states} states");
    assert!(starving > 20, "{starving} programs");
}

/// Random programs must have ends of every kind, or the other tests would mean little.
#[test]
fn random_programs_are_of_every_kind() {
    let mut ends = oracle::agreement::Ends::default();
    let (mut exhaustively, mut several, mut compared) = (0, 0, 0);
    for seed in 0..400 {
        let script = gordian_checker::script::random::script(seed, Mix::default());
        let outcome = oracle::agreement::check(&script).expect("they agree");
        let Some(outcome) = outcome else { continue };
        compared += 1;
        exhaustively += u32::from(outcome.exhaustively);
        several += u32::from(outcome.executions > 1);
        ends = ends.or(outcome.ends);
    }
    assert_eq!(ends, oracle::agreement::Ends::ALL);
    assert!(
        exhaustively * 10 >= compared * 8,
        "{exhaustively} of {compared} could be explored by the plain search"
    );
    assert!(
        several * 10 >= compared * 6,
        "{several} of {compared} have more than one execution"
    );
}

/// The least number of random programs, of a thousand, that must have each statement and each
/// corner.
const SEEN_MIN: u32 = 5;

/// A corner that no random program has is tested by nothing.
#[test]
fn random_programs_have_every_statement_and_every_corner() {
    let mut seen = BTreeMap::<&str, u32>::new();
    for seed in 0..1_000 {
        let script = gordian_checker::script::random::script(seed, Mix::default());
        for feature in features::of(&script) {
            *seen.entry(feature).or_default() += 1;
        }
    }
    let all = features::STATEMENTS.iter().chain(features::CORNERS);
    let rare: Vec<(&str, u32)> = all
        .map(|feature| (*feature, seen.get(feature).copied().unwrap_or(0)))
        .filter(|(_, count)| *count < SEEN_MIN)
        .collect();
    assert!(
        rare.is_empty(),
        "too few of a thousand programs have {rare:?}"
    );
}

/// In this program somebody who holds no read lock unlocks one of several: which one is decided by
/// ids, and so the identical readers do not exchange them.
#[test]
fn what_ids_decide_on_is_no_exchange() {
    let mix = Mix {
        hostile: true,
        ..Mix::default()
    };
    let script = gordian_checker::script::random::script(59_329, mix);
    let compared = oracle::reduction::check(&script, TimerRules::default(), 5_000);
    compared.expect("the same ends").expect("it is small");
}
