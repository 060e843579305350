//! Steps in another order, after a race.
//!
//! Reversals rest on steps that commute if they have no object in common. Where goroutines share
//! memory and a race was met they need not: a goroutine may read another value in the other order,
//! and come to another operation. Then a step that is to be taken may not be enabled, and is left
//! out. Nothing is proved of a program that races. What raced is explored in every order once its
//! accesses are operations, in a search of its own. If nothing races there, no step is left out.

use crate::model::{Fault, Program, Step, World};

/// Returns true if a step of another order cannot be taken from this state.
pub(super) fn is_gone(program: &dyn Program, world: &World, step: Step) -> bool {
    program.has_raced() && !world.is_enabled(program, step)
}

/// Takes a step of another order. Returns false if it cannot be taken.
pub(super) fn advance(
    program: &mut dyn Program,
    world: &mut World,
    step: Step,
) -> Result<bool, Fault> {
    if is_gone(program, world, step) {
        return Ok(false);
    }
    world.advance(program, step)?;
    Ok(true)
}
