//! Compares the search that leaves steps out with the one that takes all of them.
//!
//! Both are to come to the same ends with the same values, and to the same panics. The same
//! goroutines are stuck while others run on.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Findings, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{Program, TimerRules, World};
use gordian_checker::script::{Memory, Script, Start};

use super::endless::{check_cycle, check_way};

/// The sizes of one comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sizes {
    /// States of the program.
    pub(crate) states: u64,
    /// Those that the reduced search visited.
    pub(crate) reduced: u64,
    /// True if somebody gets stuck while others run on.
    pub(crate) starves: bool,
}

/// Compares the two on a script. Returns `None` if it has more than `max` states.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    max: u64,
) -> Result<Option<Sizes>, String> {
    let all = [Memory::Full, Memory::Forgetful];
    let mut sizes = None;
    for memory in all {
        let mut program = script.interpreter_with(Start::Together, memory, timers);
        sizes = check_program(&mut program, max)?;
    }
    Ok(sizes)
}

/// Compares the two on a program.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check_program(program: &mut dyn Program, max: u64) -> Result<Option<Sizes>, String> {
    let full = explore(&mut Stateful::new().keeping_executions(), program, max)?;
    let states = full.states.unwrap_or(0);
    if states >= max {
        return Ok(None);
    }
    let reduced = explore(&mut Stubborn::new().keeping_executions(), program, max + 1)?;
    let its_states = reduced.states.unwrap_or(0);
    if its_states > states {
        return Err(format!("{its_states} states of {states}"));
    }
    let (ends, its_ends) = (ends(program, &full)?, ends(program, &reduced)?);
    if ends != its_ends {
        let text = |world: Option<&World>| world.map(|it| EndState::of(program, it));
        return Err(format!(
            "other ends: missed {:?}, invented {:?}",
            text(ends.difference(&its_ends).next()),
            text(its_ends.difference(&ends).next())
        ));
    }
    let (bad, its_bad) = (bad_ends(&full), bad_ends(&reduced));
    if bad != its_bad {
        return Err(format!("other bad ends: {its_bad:?} and not {bad:?}"));
    }
    for (key, bad) in reduced.bad.iter().filter(|(_, bad)| bad.cycle > 0) {
        check_way(program, &bad.path, bad.cycle, key)?;
        check_cycle(program, bad, key)?;
    }
    if !reduced.reduced && its_states != states {
        return Err(format!("all {its_states} states of {states}"));
    }
    if full.bad.is_empty() && full.complete != reduced.complete {
        return Err(format!("{:?} and not {:?}", reduced.limits, full.limits));
    }
    Ok(Some(Sizes {
        states,
        reduced: its_states,
        starves: full.bad.values().any(|bad| bad.cycle > 0),
    }))
}

/// Returns the bad ends, each with true if others run on. What is met later can change a name that
/// was unique until then, so these are the names that the goroutines were given.
fn bad_ends(findings: &Findings) -> BTreeSet<(EndState, bool)> {
    let bad = findings.bad.iter();
    bad.map(|(key, bad)| (key.in_given_names(), bad.cycle > 0))
        .collect()
}

fn explore(
    search: &mut dyn Search,
    program: &mut dyn Program,
    max: u64,
) -> Result<Findings, String> {
    let limits = Limits {
        states_max: Some(max),
        ..Limits::default()
    };
    let mut meter = Meter::new(limits, Arc::<Watch>::default());
    let mut advance = || search.advance(program, &mut meter);
    while advance().map_err(|fault| format!("{fault:?}"))? == Progress::Paused {}
    Ok(search.findings().clone())
}

/// Returns the states in which the executions end that a search kept.
fn ends(program: &mut dyn Program, findings: &Findings) -> Result<HashSet<World>, String> {
    let mut ends = HashSet::new();
    for path in findings.kept.as_ref().expect("they were to be kept") {
        let mut world = World::start(program).map_err(|fault| format!("{fault:?}"))?;
        for &step in path {
            if !world.is_enabled(program, step) {
                return Err(format!("a way takes {step:?} where it is not enabled"));
            }
            world
                .take(program, step)
                .map_err(|fault| format!("{fault:?}"))?;
        }
        ends.insert(world);
    }
    Ok(ends)
}
