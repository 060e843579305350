//! Checks that the executions of a search in parts are those of one search.

use std::collections::BTreeMap;
use std::sync::Arc;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::optimal::{ExploredPart, Frontier, Optimal, Part};
use gordian_checker::explore::{Findings, Limits, Meter, Progress, Search};
use gordian_checker::model::{Fault, Program, TimerRules};
use gordian_checker::script::{Memory, Script, Start};

/// Most executions of a program that is compared.
const EXECUTIONS_MAX: u64 = 3_000;

/// Most units of work on it in one search: of some programs nearly all is discarded.
const WORK_MAX: u64 = 2_000_000;

/// A program, which knows nothing of earlier ones.
struct Subject<'a> {
    script: &'a Script,
    timers: TimerRules,
    /// Most executions of a part in one round.
    executions_max: Option<u64>,
}

impl Subject<'_> {
    fn program(&self) -> impl Program {
        let (memory, start) = (Memory::Full, Start::Together);
        self.script.interpreter_with(start, memory, self.timers)
    }

    /// Returns the findings of one search; `None` if it is too much work.
    fn in_one(&self) -> Result<Option<Findings>, Fault> {
        let (mut search, mut program, mut meter) = (Optimal::new(), self.program(), meter());
        loop {
            meter.begin_slice(WORK_MAX / 100);
            if search.advance(&mut program, &mut meter)? == Progress::Done {
                return Ok(Some(search.findings().clone()));
            }
            if meter.spent() > WORK_MAX {
                return Ok(None);
            }
        }
    }

    /// Explores a part as another process does, with a program of its own.
    fn explored(&self, part: &Part) -> Result<ExploredPart, Fault> {
        let (part, mut program) = (passed_on(part), self.program());
        let mut search = Optimal::of_part(&mut program, &part, self.executions_max)?;
        explore(&mut search, &mut program)?;
        let findings = search.findings().clone();
        Ok(passed_on(&search.into_explored(
            &mut program,
            part,
            findings,
        )))
    }

    /// Explores in parts. Returns the findings, and the number of parts of each round.
    fn in_rounds(&self, parts: usize) -> Result<(Findings, Vec<usize>), Fault> {
        let split = Optimal::split(&mut self.program(), &mut meter(), parts);
        let (mut frontier, mut sizes) = (split?, Vec::new());
        loop {
            frontier.give(usize::MAX);
            let round: Vec<Part> = frontier.given().collect();
            // There are too many if some are explored twice.
            if round.is_empty() || frontier.findings().executions > 2 * EXECUTIONS_MAX {
                return Ok((frontier.findings(), sizes));
            }
            sizes.push(round.len());
            let explored = round.iter().map(|part| self.explored(part));
            let explored = explored.collect::<Result<Vec<_>, _>>()?;
            frontier = passed_on::<Frontier>(&frontier);
            frontier.take(&mut self.program(), &explored)?;
        }
    }
}

fn meter() -> Meter {
    let limits = Limits {
        steps_max: 60,
        executions_max: Some(EXECUTIONS_MAX),
        ..Limits::default()
    };
    Meter::new(limits, Arc::default())
}

fn explore(search: &mut Optimal, program: &mut dyn Program) -> Result<(), Fault> {
    let mut meter = meter();
    while search.advance(program, &mut meter)? != Progress::Done {}
    Ok(())
}

/// Returns a value as another process reads it.
fn passed_on<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let written = postcard::to_stdvec(value).expect("it can be written");
    postcard::from_bytes(&written).expect("it can be read")
}

/// Compares the two: in at least so many parts at first, each of at most this many executions in a
/// round. Returns the number of rounds, or `None` if the script is too large.
///
/// # Errors
/// A description of the difference.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    (parts, executions_max): (usize, Option<u64>),
) -> Result<Option<usize>, String> {
    let told = |fault: Fault| format!("{fault:?}");
    let subject = Subject {
        script,
        timers,
        executions_max,
    };
    let Some(one) = subject.in_one().map_err(told)? else {
        return Ok(None);
    };
    if !one.limits.is_empty() {
        return Ok(None);
    }
    let (all, sizes) = subject.in_rounds(parts).map_err(told)?;
    let counts = |of: &Findings| {
        // The same end may be noted under two names.
        let mut bad: BTreeMap<EndState, u64> = BTreeMap::new();
        for (end, found) in &of.bad {
            *bad.entry(end.in_given_names()).or_default() += found.count;
        }
        let (executions, discarded) = (of.executions, of.discarded);
        (executions, discarded, of.bad_executions, of.complete, bad)
    };
    let (one, all) = (counts(&one), counts(&all));
    match one == all {
        true => Ok(Some(sizes.len())),
        false => Err(format!(
            "one search: {one:?}\nin rounds of {sizes:?}: {all:?}"
        )),
    }
}
