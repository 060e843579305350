//! Splits a search of a standard family into parts, and replays the sizes of the parts on 10, 100
//! and 1,000 workers: `rounds PARTS EXECUTIONS FAMILY SIZE...`. There are at most PARTS parts in a
//! round, and a part ends after EXECUTIONS executions, or never if that is 0.
//!
//! A size is the number of steps that a part takes. Parts of a round are given to the next worker
//! that is free, in their order. A round begins when the one before is over.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use gordian_checker::explore::optimal::{Optimal, Part};
use gordian_checker::explore::{Limits, Meter, Progress, Search};
use gordian_checker::model::Fault;
use gordian_checker::script::families::Family;
use gordian_checker::script::{Memory, Script, Start};

/// The steps of a search in parts.
struct Steps {
    executions: u64,
    before: u64,
    /// Those of each part of each round.
    rounds: Vec<Vec<u64>>,
}

fn explore(script: &Script, parts: usize, most: Option<u64>) -> Result<Steps, Fault> {
    let program = || script.interpreter(Start::Together, Memory::Full);
    let meter = || Meter::new(Limits::default(), Arc::default());
    let mut frontier = Optimal::split(&mut program(), &mut meter(), parts)?;
    let before = frontier.findings().steps;
    let mut rounds = Vec::new();
    loop {
        frontier.give(parts);
        let round: Vec<Part> = frontier.given().collect();
        if round.is_empty() {
            let executions = frontier.findings().executions;
            return Ok(Steps {
                executions,
                before,
                rounds,
            });
        }
        let (mut explored, mut sizes) = (Vec::new(), Vec::new());
        for part in round {
            let mut program = program();
            let mut search = Optimal::of_part(&mut program, &part, most)?;
            let mut meter = meter();
            while search.advance(&mut program, &mut meter)? != Progress::Done {}
            let findings = search.findings().clone();
            sizes.push(findings.steps);
            explored.push(search.into_explored(&mut program, part, findings));
        }
        rounds.push(sizes);
        frontier.take(&mut program(), &explored)?;
    }
}

/// Returns the steps that a round takes on so many workers.
fn together(sizes: &[u64], workers: usize) -> u64 {
    let mut busy = vec![0; workers];
    for size in sizes {
        if let Some(next) = busy.iter_mut().min() {
            *next += size;
        }
    }
    busy.into_iter().max().unwrap_or(0)
}

fn tell(steps: &Steps) {
    let parts: u64 = steps.rounds.iter().flatten().sum();
    let (executions, before, all) = (steps.executions, steps.before, steps.before + parts);
    println!("{executions} executions, {all} steps, {before} of them before the first round");
    for (index, sizes) in steps.rounds.iter().enumerate() {
        let (sum, max) = (sizes.iter().sum::<u64>(), sizes.iter().max().unwrap_or(&0));
        let (number, parts) = (index + 1, sizes.len());
        println!("round {number}: {parts} parts, {sum} steps, {max} in the largest");
    }
    for workers in [10, 100, 1_000] {
        let rounds = steps.rounds.iter().map(|sizes| together(sizes, workers));
        let gain = all as f64 / (before + rounds.sum::<u64>()) as f64;
        println!("{workers} workers: {gain:.1} times as fast");
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let asked = match &words[..] {
        [parts, most, family, sizes @ ..] => {
            let sizes: Result<Vec<u32>, _> = sizes.iter().map(|it| it.parse()).collect();
            let script = Family::of(family).zip(sizes.ok());
            let script = script.and_then(|(family, sizes)| family.script(&sizes).ok());
            let numbers: Option<(usize, u64)> = parts.parse().ok().zip(most.parse().ok());
            numbers.zip(script)
        }
        _ => None,
    };
    let Some(((parts, most), script)) = asked else {
        eprintln!("usage: rounds PARTS EXECUTIONS FAMILY SIZE...");
        return ExitCode::from(2);
    };
    match explore(&script, parts, (most > 0).then_some(most)) {
        Ok(steps) => tell(&steps),
        Err(fault) => {
            eprintln!("{fault:?}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
