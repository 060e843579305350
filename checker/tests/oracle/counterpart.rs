//! Checks that a script's closure and its interpreter are the same program.
//!
//! The two are walked in step, so that the same steps lead to a pair of states. The two states must
//! have the same next steps with the same footprints. Two states of one form must be equal if and
//! only if those paired with them are.

use std::collections::HashMap;

use gordian_checker::Subject;
use gordian_checker::execution::end_state::{EndState, GoroutineStatus};
use gordian_checker::model::{Object, ObjectKind, Phase, Program, TimerRules, World};
use gordian_checker::script::{AsClosure, Script};

/// Walks both. Returns the number of states, or `None` if there are more than `max`.
///
/// # Errors
/// A description of the difference.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    max: usize,
) -> Result<Option<usize>, String> {
    let mut ours = script.counterpart(timers);
    let mut closure = AsClosure(script.clone()).program_with(1 << 18, timers);
    walk(&mut ours, closure.as_mut(), max)
}

fn walk(
    ours: &mut dyn Program,
    theirs: &mut dyn Program,
    max: usize,
) -> Result<Option<usize>, String> {
    let start = |program: &mut dyn Program| World::start(program).map_err(|it| format!("{it:?}"));
    let first = (start(ours)?, start(theirs)?);
    let mut theirs_of = HashMap::from([first.clone()]);
    let mut ours_of = HashMap::from([(first.1.clone(), first.0.clone())]);
    let mut to_visit = vec![first];
    let (mut steps, mut their_steps) = (Vec::new(), Vec::new());
    while let Some((our_world, their_world)) = to_visit.pop() {
        same_look(ours, &our_world, theirs, &their_world)?;
        our_world.enabled(ours, &mut steps);
        their_world.enabled(theirs, &mut their_steps);
        same("what is enabled", &steps, &their_steps)?;
        for &step in &steps {
            let (mut our_next, mut their_next) = (our_world.clone(), their_world.clone());
            let our_event = our_next.take(ours, step);
            let their_event = their_next.take(theirs, step);
            same("what a step is", &our_event, &their_event)?;
            let known = theirs_of.get(&our_next);
            let back = ours_of.get(&their_next);
            match (known, back) {
                (None, None) => {
                    if theirs_of.len() >= max {
                        return Ok(None);
                    }
                    theirs_of.insert(our_next.clone(), their_next.clone());
                    ours_of.insert(their_next.clone(), our_next.clone());
                    to_visit.push((our_next, their_next));
                }
                (Some(known), Some(_)) if *known == their_next => {}
                _ => {
                    return Err(format!(
                        "states are equal in one form and not in the other, after {step:?}\n \
                         interpreter {our_next:?}\n closure {their_next:?}"
                    ));
                }
            }
        }
    }
    Ok(Some(theirs_of.len()))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, theirs: &T) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!(
        "{what} differs\n interpreter {ours:?}\n closure     {theirs:?}"
    ))
}

/// Asserts that phases, objects and names are the same.
fn same_look(
    ours: &dyn Program,
    our_world: &World,
    theirs: &dyn Program,
    their_world: &World,
) -> Result<(), String> {
    let phases = |world: &World| -> Vec<Phase> {
        let goroutines = world.goroutines().iter();
        goroutines.map(|goroutine| goroutine.phase).collect()
    };
    same("the goroutines", &phases(our_world), &phases(their_world))?;
    let kinds = |world: &World| -> Vec<Option<ObjectKind>> {
        let objects = world.objects().iter();
        objects.map(Object::kind).collect()
    };
    same("the objects", &kinds(our_world), &kinds(their_world))?;
    same(
        "the state in names",
        &without_lines(EndState::of(ours, our_world)),
        &without_lines(EndState::of(theirs, their_world)),
    )
}

/// Returns an end state without the lines of the source, in which the two forms differ.
pub(crate) fn without_lines(mut state: EndState) -> EndState {
    for (_, standing) in &mut state.goroutines {
        if let GoroutineStatus::Blocked(_, line) = standing {
            *line = 0;
        }
    }
    state
}
