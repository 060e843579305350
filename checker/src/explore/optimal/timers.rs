//! The rivals of a timer: it may expire, send, or meet one receiver or another.

use super::super::Cut as Stop;
use super::ops::{OpOf, OpsOf};
use super::races::Execution;
use super::witness::Witness;
use crate::model::{Case, Object, ObjectId, Pending, Program};

impl Execution<'_> {
    /// The steps that a timer could make: alone, and with each receiver that it could meet.
    pub(super) fn ways_of_timer(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let Some((timer, channel)) = self.meets_at(program, op) else {
            return self.try_reach(program, i, op, None, witness);
        };
        let others = |of: &&OpsOf| of.goroutine != op.goroutine;
        for of in self.ops.on(channel).iter().filter(others) {
            for &receiver in of.executed_from(i) {
                if self.arrives_after(receiver, i) {
                    break;
                }
                if self.receives(program, receiver, channel) {
                    let movers = [op, receiver];
                    self.try_cuts(program, i, &movers, None, &[timer, channel], witness)?;
                }
            }
        }
        Ok(())
    }

    /// The timer whose operation this is, and the channel at which it meets receivers; `None` if it
    /// is another, or needs none.
    pub(super) fn meets_at(&self, program: &dyn Program, op: OpOf) -> Option<(ObjectId, ObjectId)> {
        let Pending::Fire(timer) = self.world_of(op).pending(program, op.goroutine) else {
            return None;
        };
        match self.end.object(timer) {
            Object::Timer(state) => state.meets_at().map(|channel| (timer, channel)),
            _ => None,
        }
    }

    /// Whether an operation may receive from this channel.
    pub(super) fn receives(&self, program: &dyn Program, op: OpOf, channel: ObjectId) -> bool {
        let Pending::Op(pending) = self.world_of(op).pending(program, op.goroutine) else {
            return false;
        };
        let mut cases = pending.cases();
        cases.any(|(_, case)| case == Case::Recv(Some(channel)))
    }
}
