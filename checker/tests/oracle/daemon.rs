//! The rule of goroutines that may outlive main, once more.

use gordian_checker::model::{GoroutineId, Pending, Phase, Program, Verb, World};

/// Returns true of a daemon that waits for a communication or a signal.
pub(crate) fn only_waits(program: &dyn Program, world: &World, id: GoroutineId) -> bool {
    let Pending::Op(op) = world.pending(program, id) else {
        return false;
    };
    let verb = op.facts().verb;
    let waits = matches!(verb, Verb::Send | Verb::Recv | Verb::Select | Verb::Wait);
    let woken = world
        .goroutine(id)
        .is_some_and(|it| it.phase == Phase::Woken);
    waits && !woken && program.goroutine(id).daemon
}
