//! An execution that shows a race, or a wait group that is used again too early.
//!
//! The searches tell of these without a way there: what is told is a property of a state on the
//! way. So the states are gone through once more, those first that are the fewest steps away.

use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Ending;
use gordian_checker::model::{Fault, GoroutineId, Program as _, Step, TimerRules, World};
use rustc_hash::FxHashSet;

use crate::{GoProgram, GoSubject};

/// Most states that are looked at.
const STATES_MAX: usize = 50_000;

/// Returns an execution that leads to a race or to a wait group that is used again too early,
/// whichever takes fewer steps. It stops there. `None` if there is none among the first states, or
/// before `stop` says so.
#[must_use]
pub fn witness(subject: &GoSubject, timers: TimerRules, stop: &dyn Fn() -> bool) -> Option<Trace> {
    let mut program = subject.go_program(timers);
    // The steps are those of a program that numbers things as they come.
    program.number_by_count(true);
    let path = find(&mut program, stop).ok()??;
    let race = program.first_race();
    let mut trace = Trace::replay(&mut program, &path).ok()?;
    trace.end = match race {
        Some(_) => Ending::Race,
        None => Ending::Misuse,
    };
    for (who, access) in race.into_iter().flatten() {
        if let Some(standing) = trace.last.iter_mut().find(|it| it.goroutine == who) {
            standing.race(&access);
        }
    }
    Some(trace)
}

/// Returns the steps to the first state that tells of something.
fn find(program: &mut GoProgram, stop: &dyn Fn() -> bool) -> Result<Option<Vec<Step>>, Fault> {
    let world = World::start(program)?;
    let mut states = vec![(world.clone(), (0, Step::of(GoroutineId::MAIN)))];
    let mut known = FxHashSet::from_iter([world]);
    let mut enabled = Vec::new();
    let mut at = 0;
    while let Some((from, _)) = states.get(at)
        && states.len() < STATES_MAX
        && !stop()
    {
        let from = from.clone();
        from.enabled(program, &mut enabled);
        for step in std::mem::take(&mut enabled) {
            let mut world = from.clone();
            world.take(program, step)?;
            if known.insert(world.clone()) {
                states.push((world, (at, step)));
            }
            if program.has_told() {
                let mut path = vec![step];
                let mut state = at;
                while state > 0 {
                    let (from, step) = states[state].1;
                    path.push(step);
                    state = from;
                }
                path.reverse();
                return Ok(Some(path));
            }
        }
        at += 1;
    }
    Ok(None)
}
