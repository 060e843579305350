//! The rivals of a timer: it may expire, send, or meet one receiver or another.

use super::super::Interrupted;
use super::backtrack_sink::BacktrackSink;
use super::ops::{OpOf, OpsOf};
use super::races::Execution;
use crate::model::{Case, Object, ObjectId, Pending, Program};

impl Execution<'_> {
    /// Tries the steps that a timer could make: alone, and with each receiver that it could meet.
    pub(super) fn ways_of_timer(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let Some((timer, channel)) = self.meets_at(program, op) else {
            return self.try_reach(program, i, op, None, sink);
        };
        let others = |of: &&OpsOf| of.goroutine != op.goroutine;
        for of in self.ops.on(channel).iter().filter(others) {
            for &receiver in of.executed_from(i) {
                if self.arrives_after(receiver, i) {
                    break;
                }
                if self.receives(program, receiver, channel) {
                    let movers = [op, receiver];
                    self.try_cuts(program, i, &movers, None, &[timer, channel], sink)?;
                }
            }
        }
        Ok(())
    }

    /// Returns the timer of this operation and the channel at which it meets receivers. Returns
    /// `None` if the operation is not a timer's, or the timer needs no receiver.
    pub(super) fn meets_at(&self, program: &dyn Program, op: OpOf) -> Option<(ObjectId, ObjectId)> {
        let Pending::Fire(timer) = op.pending(program) else {
            return None;
        };
        match self.end.object(timer) {
            Object::Timer(state) => state.meets_at().map(|channel| (timer, channel)),
            _ => None,
        }
    }

    /// Returns true if an operation may receive from this channel.
    pub(super) fn receives(&self, program: &dyn Program, op: OpOf, channel: ObjectId) -> bool {
        let Pending::Op(pending) = op.pending(program) else {
            return false;
        };
        let mut cases = pending.cases();
        cases.any(|(_, case)| case == Case::Recv(Some(channel)))
    }
}
