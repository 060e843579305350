//! Renumbering: a path in the numbers that a program gives by count, and in those that it gives
//! otherwise.

use crate::model::{Choice, Event, Fault, GoroutineId, Program, Step, World};

/// Returns the state to which a path leads, and the path, in the other numbers. The program numbers
/// by count before and after.
pub(super) fn renumbered_within(
    program: &mut dyn Program,
    path: &[Step],
) -> Result<(World, Vec<Step>), Fault> {
    let result = walk(program, path, true);
    program.number_by_count(true);
    result
}

/// Returns a path that is in numbers by count in the other ones.
///
/// # Errors
/// If the program has a fault.
pub(crate) fn renumbered(program: &mut dyn Program, path: &[Step]) -> Result<Vec<Step>, Fault> {
    other_numbers(program, path, true)
}

/// Returns a path in numbers by count.
///
/// # Errors
/// If the program has a fault.
pub(crate) fn by_count(program: &mut dyn Program, path: &[Step]) -> Result<Vec<Step>, Fault> {
    other_numbers(program, path, false)
}

/// Returns a path in the other numbers. The program does not number by count before and after.
fn other_numbers(
    program: &mut dyn Program,
    path: &[Step],
    counts: bool,
) -> Result<Vec<Step>, Fault> {
    let differ = program.number_by_count(true);
    let result = match differ {
        true => walk(program, path, counts).map(|(_, path)| path),
        false => Ok(path.to_vec()),
    };
    program.number_by_count(false);
    result
}

/// Takes each step of the path in both numberings. `counts` is true if the path is by count.
fn walk(
    program: &mut dyn Program,
    path: &[Step],
    counts: bool,
) -> Result<(World, Vec<Step>), Fault> {
    program.number_by_count(counts);
    let mut given = World::start(program)?;
    program.number_by_count(!counts);
    let mut world = World::start(program)?;
    // The other number of each goroutine, by its number in the path.
    let mut numbers: Vec<GoroutineId> = (0..given.goroutines().len())
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
        let (in_path, other) = (born(&given), born(&world));
        program.number_by_count(counts);
        let event = given.take(program, step)?;
        program.number_by_count(!counts);
        let again = world.take(program, same)?;
        for (id, its) in in_path(&event).into_iter().zip(other(&again)) {
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
