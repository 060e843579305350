//! Arrivals that nobody needs: a goroutine waits in line only if it must.
//!
//! At a channel or a WaitGroup it makes no difference when a goroutine arrives that has to wait,
//! but only when it goes on. So executions are left out (as by [sleep sets](super::sleep_sets)) in
//! which one waits that could as well have come later. What remains:
//!
//! - Of two that meet, the sender comes first, and the receiver next. Only where the sender cannot
//!   wait, since its select has a `default` or another case that is ready, is the receiver first.
//! - Goroutines that are blocked for ever come last, in the order of their ids.
//!
//! Between such an arrival and the next, no other operation of the [group](super::groups) is done.
//!
//! Every end is still found. Take an execution by the rules. Let each goroutine arrive when it
//! takes its step, and those that are blocked for ever at the end. That is an execution of the kind
//! that remains. Locks are left as they are: an unlock has no scheduling point, so to come before
//! it or after it is the same. At a condition and a semaphore the order of those who wait counts.
//!
//! With sleep sets nothing else is lost. Whether an execution is left out is seen from the
//! operations of one group, in their order. So equivalent executions share it, and an operation
//! that depends on none of the group changes nothing. The claim and the proof of
//! [`sleep_sets`](super::sleep_sets) hold for executions of which all but the last move are of the
//! kind that remains: that move is made before the execution is left, so loom has seen its races.
//! Where one was left, all others get their turn.

use super::execution::{Attempt, Execution, Status};
use crate::model::{ChanOp, GoroutineId, Op, WaitGroupOp};

/// Returns true if it makes no difference when the goroutine arrives at this operation, as long as
/// it waits there.
pub(super) fn waits_unseen(op: &Op) -> bool {
    matches!(
        op,
        Op::Chan(_, ChanOp::Send(_) | ChanOp::Recv)
            | Op::Select { .. }
            | Op::WaitGroup(_, WaitGroupOp::Wait)
    )
}

impl Execution {
    /// Returns true if an execution of this kind remains: `me` has attempted the operation while
    /// these others of the group were waiting. `cannot_wait` is true if it could not have come
    /// first.
    pub(super) fn remains(
        &self,
        waiting: &[GoroutineId],
        (me, op): (GoroutineId, &Op),
        cannot_wait: bool,
        attempt: Attempt,
    ) -> bool {
        let [first, others @ ..] = waiting else {
            return true;
        };
        if matches!(attempt, Attempt::Waits) {
            return waits_unseen(op) && waiting.iter().all(|waiter| *waiter < me);
        }
        let last = self.steps.last().map(|step| (step.actor.0, step.partner));
        let met = match last {
            Some((sender, Some((receiver, _)))) => {
                (sender == *first && receiver == me)
                    || (sender == me && receiver == *first && cannot_wait)
            }
            Some((_, None)) | None => false,
        };
        others.is_empty() && met
    }

    /// Returns the goroutines that wait, unseen, in an operation that fulfils the condition.
    pub(super) fn waiting_in(&self, is_it: impl Fn(&Op) -> bool) -> Vec<GoroutineId> {
        let mut waiting = Vec::new();
        for (index, actor) in self.actors.iter().enumerate() {
            if let Some(actor) = actor
                && let Status::Waiting(Some((op, _))) = &actor.status
                && waits_unseen(op)
                && is_it(op)
            {
                waiting.push(GoroutineId::from_index(index));
            }
        }
        waiting
    }
}
