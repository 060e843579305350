//! Renumbering: a path in the numbers that a program gives by count, in those that it gives
//! otherwise.

use crate::model::{Choice, Event, Fault, GoroutineId, Program, Step, World};

/// Returns the state to which the path leads, and the path, in the other numbers. The program
/// numbers by count before and after.
pub(super) fn renumbered(
    program: &mut dyn Program,
    path: &[Step],
) -> Result<(World, Vec<Step>), Fault> {
    let result = walk(program, path);
    program.number_by_count(true);
    result
}

/// Takes each step of the path in both numberings.
fn walk(program: &mut dyn Program, path: &[Step]) -> Result<(World, Vec<Step>), Fault> {
    program.number_by_count(true);
    let mut counted = World::start(program)?;
    program.number_by_count(false);
    let mut world = World::start(program)?;
    // The other number of each goroutine, by its number by count.
    let mut numbers: Vec<GoroutineId> = (0..counted.goroutines().len())
        .map(GoroutineId::from_index)
        .collect();
    let mut renumbered = Vec::with_capacity(path.len());
    for &step in path {
        let number = |id: GoroutineId| numbers.get(id.index()).copied().unwrap_or(id);
        let choice = match step.choice {
            Choice::Wakes(waiter) => Choice::Wakes(number(waiter)),
            other => other,
        };
        let same = Step {
            actor: number(step.actor),
            choice,
            partner: step.partner.map(|(id, choice)| (number(id), choice)),
        };
        let (by_count, other) = (born(&counted), born(&world));
        program.number_by_count(true);
        let event = counted.take(program, step)?;
        program.number_by_count(false);
        let again = world.take(program, same)?;
        for (id, its) in by_count(&event).into_iter().zip(other(&again)) {
            if numbers.len() <= id.index() {
                numbers.resize(id.index() + 1, id);
            }
            numbers[id.index()] = its;
        }
        renumbered.push(same);
    }
    Ok((world, renumbered))
}

/// Returns a function that lists the goroutines that an event started after this state, in its
/// order.
fn born(before: &World) -> impl Fn(&Event) -> Vec<GoroutineId> + use<> {
    let known: Vec<bool> = (0..before.goroutines().len())
        .map(|index| before.goroutine(GoroutineId::from_index(index)).is_some())
        .collect();
    move |event| {
        let is_new = |id: &&GoroutineId| !known.get(id.index()).copied().unwrap_or(false);
        event.actors.iter().filter(is_new).copied().collect()
    }
}
