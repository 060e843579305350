//! Renumbering: a path in the numbers that a program gives by count, and in those that it gives
//! otherwise.

use crate::model::{Event, Fault, GoroutineId, Permutation, Program, Step, World};

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

/// Takes each step of the path in both numberings. `counts` is true if the path is by count. Only
/// then nothing is taken out of a state. So a timer of which nobody knows any more may still fire
/// in the path. It is not there in the other numbers, and that step is left out.
fn walk(
    program: &mut dyn Program,
    path: &[Step],
    counts: bool,
) -> Result<(World, Vec<Step>), Fault> {
    program.number_by_count(counts);
    let mut given = World::start(program)?;
    program.number_by_count(!counts);
    let mut world = World::start(program)?;
    let mut numbers = Numbers::default();
    let mut renumbered = Vec::with_capacity(path.len());
    for &step in path {
        let same = numbers.step(step);
        let (in_path, other) = (born(&given), born(&world));
        program.number_by_count(counts);
        let event = given.take(program, step)?;
        program.number_by_count(!counts);
        if world.goroutine(same.actor).is_none() {
            continue;
        }
        let again = world.take(program, same)?;
        numbers.note(in_path(&event), other(&again));
        renumbered.push(same);
    }
    Ok((world, renumbered))
}

/// A number that no goroutine has.
const NOBODY: GoroutineId = GoroutineId(u32::MAX);

/// The other number of each goroutine, by its number in a path. Those beyond the end have the same.
#[derive(Default)]
pub(super) struct Numbers(Vec<GoroutineId>);

impl Numbers {
    pub(super) fn of(&self, id: GoroutineId) -> GoroutineId {
        self.0.get(id.index()).copied().unwrap_or(id)
    }

    /// Returns a step of the path in the other numbers.
    pub(super) fn step(&self, step: Step) -> Step {
        step.with_ids(|id| self.of(id))
    }

    /// Notes the other numbers of goroutines that a step of the path has started, in their order.
    /// Whoever had such a number before is gone.
    pub(super) fn note(&mut self, in_path: Vec<GoroutineId>, other: Vec<GoroutineId>) {
        for (id, its) in in_path.into_iter().zip(other) {
            for known in self.0.iter_mut().filter(|known| **known == its) {
                *known = NOBODY;
            }
            self.set(id, its);
        }
    }

    /// Gives the goroutines of the path other numbers there.
    pub(super) fn permute(&mut self, permutation: &Permutation) {
        let before = Self(self.0.clone());
        for id in permutation.ids() {
            self.set(permutation.of(id), before.of(id));
        }
    }

    fn set(&mut self, id: GoroutineId, its: GoroutineId) {
        for index in self.0.len()..=id.index() {
            self.0.push(GoroutineId::from_index(index));
        }
        self.0[id.index()] = its;
    }
}

/// Returns a function that lists the goroutines that an event started after this state, in its
/// order.
pub(super) fn born(before: &World) -> impl Fn(&Event) -> Vec<GoroutineId> + use<> {
    let known: Vec<bool> = (0..before.goroutines().len())
        .map(|index| before.goroutine(GoroutineId::from_index(index)).is_some())
        .collect();
    move |event| {
        let is_new = |id: &&GoroutineId| !known.get(id.index()).copied().unwrap_or(false);
        event.actors.iter().filter(is_new).copied().collect()
    }
}
