//! The long run of the random tests: `agree CHECK SEED COUNT [MIX]`. The checks are `independence`,
//! `counterpart`, `loom`, `searches`, `endless`, `reduction`, `reduction-closures`,
//! `reduction-endless`, `explanations`, `explanations-endless`, `parts`, `levels`,
//! `levels-endless`, `levels-closures` and `why`. `agree features SEED COUNT` counts the features
//! of programs.
//!
//! MIX is what each program has: `1.23` or `1.22` a timer by the rules of that Go, `semaphores` a
//! semaphore, `daemons` goroutines that may outlive main, `recover` recovered panics and Goexit,
//! `identical` goroutines with equal bodies, `hostile` few objects for all and goroutines that
//! start late.
//!
//! Prints the first script that fails, shrunk, as the source of a kernel, and exits with 1.

#[path = "../tests/oracle/mod.rs"]
mod oracle;

use std::collections::BTreeMap;
use std::process::ExitCode;

use gordian_checker::model::TimerRules;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Memory, Script, Start};
use gordian_checker::script::{features, smaller};

/// The result for a script: a figure that is summed, or `None` if it was too large.
type Outcome = Result<Option<usize>, String>;

fn independence(script: &Script, timers: TimerRules) -> Outcome {
    let mut program = script.interpreter_with(Start::Together, Memory::Full, timers);
    oracle::independence::check(&mut program, 5_000)
}

fn counterpart(script: &Script, timers: TimerRules) -> Outcome {
    oracle::counterpart::check(script, timers, 5_000)
}

fn searches(script: &Script, timers: TimerRules) -> Outcome {
    let compared = oracle::agreement::check_with(script, timers)?;
    Ok(compared.map(|compared| compared.executions))
}

fn endless(script: &Script, timers: TimerRules) -> Outcome {
    Ok(oracle::endless::check(script, timers, 5_000)?.map(usize::from))
}

fn explanations(script: &Script, timers: TimerRules) -> Outcome {
    oracle::explanations::check(script, timers, 3_000)
}

/// Compares a script with some smaller ones, and these with it.
fn why(script: &Script, timers: TimerRules) -> Outcome {
    let all = smaller::smaller(script);
    let mut claims = 0;
    for smaller in all.iter().step_by(all.len().div_ceil(8).max(1)) {
        for (buggy, fixed) in [(script, smaller), (smaller, script)] {
            let program = |it: &Script| it.interpreter_with(Start::Together, Memory::Full, timers);
            let (mut buggy, mut fixed) = (program(buggy), program(fixed));
            let judged = oracle::explanations::why::judge_why(&mut buggy, &mut fixed, 1_000);
            let judged = judged.map_err(|claim| format!("{claim}\n{}", smaller.to_rust()))?;
            claims += judged.unwrap_or_default();
        }
    }
    Ok(Some(claims))
}

/// Counts the states that are left out.
fn reduction(script: &Script, timers: TimerRules) -> Outcome {
    let sizes = oracle::reduction::check(script, timers, 5_000)?;
    Ok(sizes.map(left_out))
}

/// Does the same on closures.
fn reduction_of_closures(script: &Script, timers: TimerRules) -> Outcome {
    let sizes = oracle::reduction::check_closures(script, timers, 5_000)?;
    Ok(sizes.map(left_out))
}

fn left_out(sizes: oracle::reduction::Sizes) -> usize {
    usize::try_from(sizes.states - sizes.reduced).unwrap_or(usize::MAX)
}

/// Counts the rounds of a search in parts.
fn parts(script: &Script, timers: TimerRules) -> Outcome {
    let rounds = |parts| oracle::parts::check(script, timers, parts);
    Ok(rounds((2, None))?.max(rounds((5, Some(3)))?))
}

/// Counts the states whose steps other threads took ahead.
fn levels(script: &Script, timers: TimerRules) -> Outcome {
    oracle::levels::check(script, timers)
}

/// Does the same on closures.
fn levels_of_closures(script: &Script, timers: TimerRules) -> Outcome {
    oracle::levels::check_closures(script, timers)
}

fn loom(script: &Script, timers: TimerRules) -> Outcome {
    oracle::loom::check(script, timers, 2_000)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |index: usize| arguments.get(index).and_then(|text| text.parse().ok());
    let (seed, count) = (number(2).unwrap_or(1), number(3).unwrap_or(10_000));
    let mut mix = Mix::default();
    let check: fn(&Script, TimerRules) -> Outcome = match arguments.get(1).map(String::as_str) {
        Some(
            name @ ("endless" | "reduction-endless" | "explanations-endless" | "levels-endless"),
        ) => {
            mix = Mix::LOOPS;
            match name {
                "endless" => endless,
                "reduction-endless" => reduction,
                "levels-endless" => levels,
                _ => explanations,
            }
        }
        Some("independence") => independence,
        Some("counterpart") => counterpart,
        Some("loom") => loom,
        Some("parts") => parts,
        Some("levels") => levels,
        Some("levels-closures") => levels_of_closures,
        Some("reduction") => reduction,
        Some("reduction-closures") => reduction_of_closures,
        Some("searches") => searches,
        Some("explanations") => explanations,
        Some("why") => why,
        Some("features") => return count_features(seed, count),
        _ => {
            eprintln!(
                "usage: agree CHECK SEED COUNT [MIX], with MIX one of 1.23, 1.22, semaphores,\n\
                 \x20      daemons, recover, identical, hostile\n\
                 or:    agree features SEED COUNT"
            );
            return ExitCode::from(2);
        }
    };
    let more = arguments.get(4).map(String::as_str);
    mix.semaphore = more == Some("semaphores");
    mix.daemons = more == Some("daemons");
    mix.recover = more == Some("recover");
    mix.identical = more == Some("identical");
    mix.hostile = more == Some("hostile");
    let named = mix.semaphore || mix.daemons || mix.recover || mix.identical || mix.hostile;
    let timers = more.filter(|_| !named);
    mix.timer = timers.is_some();
    let Some(timers) = timers.map_or(Some(TimerRules::default()), TimerRules::from_name) else {
        eprintln!("the rules of timers are those of Go 1.23 or 1.22");
        return ExitCode::from(2);
    };
    let check = |script: &Script| check(script, timers);
    let (mut programs, mut skipped, mut figure) = (0_u64, 0_u64, 0_usize);
    for seed in seed..seed + count {
        let script = random::script(seed, mix);
        match check(&script) {
            Ok(Some(more)) => {
                programs += 1;
                figure += more;
            }
            Ok(None) => skipped += 1,
            Err(_) => {
                let (script, wrong) = shrink(script, check);
                println!("seed {seed}: {wrong}\n\n{}", script.to_rust());
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{programs} programs agree, {skipped} were too large; {figure} in all");
    ExitCode::SUCCESS
}

/// Prints the number of scripts that have each statement and each corner.
fn count_features(seed: u64, count: u64) -> ExitCode {
    let mut counts = BTreeMap::<&str, u64>::new();
    for seed in seed..seed + count {
        for feature in features::of(&random::script(seed, Mix::default())) {
            *counts.entry(feature).or_default() += 1;
        }
    }
    for feature in features::STATEMENTS.iter().chain(features::CORNERS) {
        println!("{:6}  {feature}", counts.get(feature).unwrap_or(&0));
    }
    ExitCode::SUCCESS
}

/// Returns the smallest failing script among those made from this one by leaving parts out.
fn shrink(mut script: Script, check: impl Fn(&Script) -> Outcome) -> (Script, String) {
    let mut wrong = check(&script).expect_err("it fails");
    'smaller: loop {
        for smaller in smaller::smaller(&script) {
            if let Err(why) = check(&smaller) {
                (script, wrong) = (smaller, why);
                continue 'smaller;
            }
        }
        return (script, wrong);
    }
}
