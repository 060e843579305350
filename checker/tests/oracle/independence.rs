//! That steps which are said to be independent are.
//!
//! All searches but the plain ones stand on this. In every reachable state of a program:
//! - two steps that are enabled together, that no goroutine takes part in both of, and that touch
//!   nothing in ways that conflict: each is still possible after the other, touches the same and
//!   moves the same goroutines there, and the two orders lead to the same state;
//! - a step that becomes possible only by another depends on it.

use gordian_checker::model::{Event, GoroutineId, Program, Step, Touches, World};

use super::describe;

/// Checks all states, up to `max` of them: how many pairs were independent.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn check(program: &mut dyn Program, max: usize) -> Result<Option<usize>, String> {
    let Some(states) = super::states(program, max) else {
        return Ok(None);
    };
    let mut pairs = 0;
    for world in &states.all {
        pairs += check_state(program, world)?;
        let mut bytes = Vec::new();
        world.encode(&mut bytes);
        if World::decode(&bytes) != *world {
            return Err(format!(
                "encoded and decoded, a state is another: {world:?}"
            ));
        }
    }
    Ok(Some(pairs))
}

/// A step that was taken, and the state it led to.
struct Taken {
    event: Event,
    after: World,
    enabled: Vec<Step>,
}

fn take(program: &mut dyn Program, world: &World, step: Step) -> Result<Taken, String> {
    let mut after = world.clone();
    let event = after
        .take(program, step)
        .map_err(|fault| format!("{fault:?}"))?;
    let mut enabled = Vec::new();
    after.enabled(program, &mut enabled);
    Ok(Taken {
        event,
        after,
        enabled,
    })
}

fn check_state(program: &mut dyn Program, world: &World) -> Result<usize, String> {
    let mut enabled = Vec::new();
    world.enabled(program, &mut enabled);
    let mut taken = Vec::new();
    for &step in &enabled {
        taken.push(take(program, world, step)?);
    }
    let mut pairs = 0;
    for first in &taken {
        for second in &taken {
            if first.event.step != second.event.step && !first.event.depends_on(&second.event) {
                pairs += 1;
                check_pair(program, world, first, second)?;
            }
        }
        for &step in &first.enabled {
            let later = take(program, &first.after, step)?;
            if later.event.depends_on(&first.event) {
                continue;
            }
            let Some(before) = taken.iter().find(|it| it.event.step == step) else {
                return wrong(program, world, "enables", &first.event, &later.event);
            };
            if before.event.depends_on(&first.event) {
                return wrong(
                    program,
                    world,
                    "becomes independent by being followed by",
                    &first.event,
                    &later.event,
                );
            }
        }
    }
    Ok(pairs)
}

/// Two independent steps that are enabled together commute.
fn check_pair(
    program: &mut dyn Program,
    world: &World,
    first: &Taken,
    second: &Taken,
) -> Result<(), String> {
    let (one, other) = (&first.event, &second.event);
    if !first.enabled.contains(&other.step) {
        return wrong(program, world, "disables", one, other);
    }
    let both = take(program, &first.after, other.step)?;
    let swapped = second.enabled.contains(&one.step);
    if !swapped {
        return wrong(program, world, "is disabled by", one, other);
    }
    let swapped = take(program, &second.after, one.step)?;
    if both.after != swapped.after {
        return wrong(
            program,
            world,
            "leads elsewhere than after it, with",
            one,
            other,
        );
    }
    if sorted(&both.event.touches) != sorted(&other.touches) && !is_lowered(&other.touches) {
        return wrong(program, world, "changes what is touched by", one, other);
    }
    if both.event.depends_on(one) {
        return wrong(
            program,
            world,
            "becomes dependent by preceding",
            one,
            &both.event,
        );
    }
    if sorted_actors(&both.event) != sorted_actors(other) {
        return wrong(program, world, "changes who is moved by", one, other);
    }
    Ok(())
}

/// How a counter is lowered says where it stands then, so this may change.
fn is_lowered(touches: &Touches) -> bool {
    touches
        .iter()
        .any(|(_, how)| matches!(how, gordian_checker::model::Access::Lowers { .. }))
}

fn sorted(touches: &Touches) -> Vec<String> {
    let mut all: Vec<String> = touches.iter().map(|touch| format!("{touch:?}")).collect();
    all.sort();
    all
}

fn sorted_actors(event: &Event) -> Vec<GoroutineId> {
    let mut all = event.actors.to_vec();
    all.sort();
    all
}

fn wrong<T>(
    program: &dyn Program,
    world: &World,
    what: &str,
    one: &Event,
    other: &Event,
) -> Result<T, String> {
    Err(format!(
        "said to be independent, but the first {what} the second\n\
         \x20first  {} {one:?}\n second {} {other:?}\n state  {world:?}",
        describe(program, world, one.step),
        describe(program, world, other.step),
    ))
}
