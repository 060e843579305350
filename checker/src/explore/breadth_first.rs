//! A breadth-first walk over all states that are reachable from one, for analyses that are not
//! searches. It calls them at each step.

use super::store::{Store, hash};
use super::{Interrupted, Meter};
use crate::model::{Fault, Fork, Program, Step, World};

/// Limits of a walk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Most states that are kept.
    pub(crate) states_max: usize,
    /// Most steps that are taken, each as often as [`weight`] says. A state whose steps cannot all
    /// be taken is left out.
    pub(crate) steps_max: usize,
}

/// Returns the number of steps as which a step of a state counts: it takes longer among many
/// goroutines.
pub(crate) fn weight(world: &World) -> usize {
    const FEW: usize = 16;
    1 + world.goroutines().len() / FEW
}

/// A step of a walk.
pub(crate) struct Taken<'a> {
    /// The index of the state in which it is taken.
    pub(crate) from: usize,
    /// The state in which it is taken.
    pub(crate) before: &'a World,
    pub(crate) step: Step,
    /// The index of the state to which it leads; `None` if that one is beyond the bounds.
    pub(crate) to: Option<usize>,
    /// The state to which it leads.
    pub(crate) after: &'a World,
}

/// The states that a walk met, in the order of their distance from the first.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    pub(crate) states: Store,
    /// True unless the walk was cut by its bounds, by the meter, by the callback, or for lack of
    /// memory.
    pub(crate) complete: bool,
}

/// Walks over the states that are reachable from `start`, and calls `on_step` at each step, steps
/// after a panic included. A walk that the callback cuts is not complete.
///
/// # Errors
/// If the program has a fault.
pub(crate) fn walk(
    program: &mut dyn Program,
    start: &World,
    bounds: Bounds,
    meter: &Meter,
    mut on_step: impl FnMut(&dyn Program, &Taken<'_>) -> Result<(), Interrupted>,
) -> Result<Reached, Fault> {
    let mut states = Store::default();
    let walked = walk_on(program, start, bounds, meter, &mut states, &mut on_step);
    let complete = Interrupted::unless_cut(walked)?.unwrap_or(false);
    Ok(Reached { states, complete })
}

fn walk_on(
    program: &mut dyn Program,
    start: &World,
    bounds: Bounds,
    meter: &Meter,
    states: &mut Store,
    on_step: &mut impl FnMut(&dyn Program, &Taken<'_>) -> Result<(), Interrupted>,
) -> Result<bool, Interrupted> {
    states.start_with(start)?;
    let (mut complete, mut steps_left) = (true, bounds.steps_max);
    let mut fork = Fork::default();
    let (mut enabled, mut encoded) = (Vec::new(), Vec::new());
    // The states are stored in the order in which they are met, so the store is the queue.
    let mut from = 0;
    while from < states.len() {
        fork.read(states.encoded(from));
        fork.before().enabled(program, &mut enabled);
        let cost = enabled.len().saturating_mul(weight(fork.before()));
        if steps_left < cost {
            return Ok(false);
        }
        steps_left -= cost;
        for &step in &enabled {
            meter.go_on()?;
            fork.take(program, step)?;
            encoded.clear();
            fork.encode_after(&mut encoded);
            let state = (hash(&encoded), encoded.as_slice());
            let to = if states.len() < bounds.states_max {
                let from = u32::try_from(from).expect("an index of a state");
                Some(states.insert_encoded(state, (from, step))?.0)
            } else {
                states.find_encoded(state.0, state.1)
            };
            complete &= to.is_some();
            let taken = Taken {
                from,
                before: fork.before(),
                step,
                to,
                after: fork.after(),
            };
            on_step(program, &taken)?;
        }
        from += 1;
    }
    Ok(complete)
}
