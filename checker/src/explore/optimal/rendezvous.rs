//! The rivals on channels: steps of two goroutines that meet.

use smallvec::SmallVec;

use super::super::Interrupted;
use super::backtrack_sink::{BacktrackSink, Rival};
use super::ops::{OpOf, OpsOf};
use super::order::index_u32;
use super::races::{Execution, cases_of};
use crate::model::{Access, Case, Choice, Event, Object, ObjectId, Op, Pending, Program, Step};

impl Execution<'_> {
    /// Tries a communication: alone, and with each partner that it could meet.
    pub(super) fn way_of_case(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        choice: Choice,
        case: Case,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let Some(channel) = case.channel() else {
            return Ok(());
        };
        if self.may_go_alone(i, channel) {
            self.try_cuts(program, i, &[op], Some(choice), &[channel], sink)?;
        }
        let selects = self.selects(program, op);
        let e = &self.events[i];
        // A meeting of two other goroutines conflicts with the event only if the event has
        // exclusive access to the channel. A meeting with a mover of the event is found from the
        // mover's side.
        let meets =
            e.step.moves(op.goroutine) || e.footprint.contains(&(channel, Access::Exclusive));
        if !selects && !meets {
            return Ok(());
        }
        let others = |of: &&OpsOf| of.goroutine != op.goroutine;
        for of in self.ops.on(channel).iter().filter(others) {
            for &partner in of.executed_from(i) {
                if self.arrives_after(partner, i) {
                    break;
                }
                if selects && self.selects(program, partner) {
                    self.selects_meet(program, i, op, partner, sink)?;
                } else if meets {
                    self.meetings(program, i, (op, choice, case), partner, channel, sink)?;
                }
            }
        }
        Ok(())
    }

    /// Tries a communication with a partner that it could meet on this channel.
    fn meetings(
        &self,
        program: &mut dyn Program,
        i: usize,
        (op, choice, case): (OpOf, Choice, Case),
        partner: OpOf,
        channel: ObjectId,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        if case == Case::Recv(Some(channel))
            && let Some((timer, of_timer)) = self.meets_at(program, partner)
            && of_timer == channel
        {
            let movers = [op, partner];
            return self.try_cuts(program, i, &movers, None, &[timer, channel], sink);
        }
        let pending = partner.pending(program);
        let Pending::Op(pending) = pending else {
            return Ok(());
        };
        for (its_choice, its_case) in cases_of(pending) {
            let (me, other) = ((op, choice), (partner, its_choice));
            let pair = match (case, its_case) {
                (Case::Send(..), Case::Recv(its)) if its == Some(channel) => (me, other),
                (Case::Recv(_), Case::Send(its, _)) if its == Some(channel) => (other, me),
                _ => continue,
            };
            self.rendezvous(program, i, pair, channel, sink)?;
        }
        Ok(())
    }

    fn selects(&self, program: &dyn Program, op: OpOf) -> bool {
        let pending = op.pending(program);
        matches!(pending, Pending::Op(Op::Select { .. }))
    }

    /// Tries the meeting of two selects, which depends on all their channels: see
    /// [`enabled_of`](crate::model::World::enabled_of).
    fn selects_meet(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        partner: OpOf,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let mut objects = SmallVec::<[ObjectId; 2]>::new();
        for op in [op, partner] {
            objects.extend(op.reach(program, self.end));
        }
        objects.sort_unstable();
        objects.dedup();
        self.try_cuts(program, i, &[op, partner], None, &objects, sink)
    }

    /// Returns true if a communication may need no partner on this channel. With a buffer it never
    /// needs one. Without a buffer it needs none if the channel is closed, or if an event that need
    /// not come after `i` closes it.
    pub(super) fn may_go_alone(&self, i: usize, channel: ObjectId) -> bool {
        let Object::Chan(chan) = self.end.object(channel) else {
            return true;
        };
        chan.capacity > 0
            || matches!(self.world(i).object(channel), Object::Chan(chan) if chan.closed)
            || self
                .order
                .exclusive(channel)
                .iter()
                .any(|&j| j as usize > i && !self.order.is_before(i, j as usize))
    }

    /// Tries a rendezvous as a rival. Once both have arrived it is enabled while the channel is
    /// open. An event that closes the channel comes after `i` or is not needed.
    fn rendezvous(
        &self,
        program: &mut dyn Program,
        i: usize,
        (sender, receiver): ((OpOf, Choice), (OpOf, Choice)),
        channel: ObjectId,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        // The channel exists: the event has exclusive access to it, or one of the two moves in the
        // event and names it.
        let open =
            matches!(self.world(i).object(channel), Object::Chan(chan) if chan.is_rendezvous());
        let step = Step {
            actor: sender.0.goroutine,
            choice: sender.1,
            partner: Some((receiver.0.goroutine, receiver.1)),
        };
        let rival = Rival {
            step,
            arrivals: [sender.0.arrival, receiver.0.arrival],
        };
        if self.settled(&rival, sink).is_some() {
            return Ok(());
        }
        self.work.set(self.work.get() + 1);
        let mut need = self.order.empty();
        for op in [sender.0, receiver.0] {
            if let Some(arrival) = op.arrival {
                self.order.extend(&mut need, arrival as usize);
            }
        }
        let is_executed = |op: OpOf| {
            op.done
                .is_some_and(|done| self.order.contains(&need, done as usize))
        };
        let mut closes = self.order.exclusive(channel).iter();
        let closed = closes.any(|&j| self.order.contains(&need, j as usize));
        let f = Event {
            step,
            actors: step.movers().collect(),
            footprint: SmallVec::from_slice(&[(channel, Access::Shared)]),
        };
        let e = &self.events[i];
        let possible = open && !closed && !is_executed(sender.0) && !is_executed(receiver.0);
        if possible && step != e.step && f.depends_on(e) {
            return self.tell_and_settle(program, i, &need, &f, rival, sink);
        }
        sink.settle(rival, rival.arrived().max(index_u32(i)), 1);
        Ok(())
    }
}
