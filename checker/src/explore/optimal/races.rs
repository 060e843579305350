//! Which executions does a maximal one bear witness to, that have not been explored: its races, reversed.
//!
//! For each event e of the execution, a **rival** f is a step that conflicts with e and could be taken before it: one built from operations that were executed
//! in the execution, or that some goroutine is left with at its end, and that do not arrive after e. A blocked operation is never executed
//! and still a rival: else a deadlock would hide the executions in which its locks were taken in the other order. f may need more than the arrival of
//! its operations: that a channel was closed, or something sent into its buffer. So f is tried after each [`Cut`]
//! of the events that touch its objects and do not come after e.

use std::cell::Cell;

use smallvec::SmallVec;

use super::super::{Cut as Stop, Meter};
use super::ops::{OpOf, Ops, OpsOf, has_other_ways, is_plain, numbered_cases, reach};
use super::order::{Cut, Later, Order, index_u32};
use super::ways::{Cases, Ways};
use crate::memory::reserve;
use crate::model::{
    Access, Case, Event, Fault, Object, ObjectId, Op, Pending, Phase, Program, Step, World,
};

/// An execution that has come to its end.
pub(super) struct Execution<'a> {
    pub(super) events: &'a [Event],
    /// Before each event, the state.
    pub(super) worlds: &'a [World],
    /// The state at the end.
    pub(super) end: &'a World,
    pub(super) order: &'a Order,
    pub(super) ops: &'a Ops,
    /// Counts what was done to find rivals, in units of about a step each. What is [settled](Witness::settled) counts as if it were done again,
    /// so that a search that was resumed counts as one that was not.
    pub(super) work: &'a Cell<u64>,
    /// Tells when the search is over, in the middle of whatever it is.
    pub(super) meter: &'a Meter,
}

/// A rival of an event: the step, and the events in which its movers arrived at their operations. The operations are the same
/// in each execution that begins with the event and these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rival {
    step: Step,
    arrivals: [Option<u32>; 2],
}

impl Rival {
    /// The last event that is needed for its movers to arrive; 0 if none is.
    fn arrived(&self) -> u32 {
        let last = self.arrivals.iter().flatten().max();
        last.copied().unwrap_or(0)
    }
}

/// An event of a sequence, and the last event of the execution on which its being there rests.
pub(super) type Member<'f> = (u32, &'f Event);

/// A sequence of events that should be explored.
#[derive(Clone, Debug)]
pub(super) struct Sequence<'f> {
    pub(super) members: Vec<Member<'f>>,
    /// If the last member stands for several numbers of a choice: those that are not covered.
    pub(super) numbers: Option<Cases>,
}

impl Sequence<'_> {
    /// Strikes the numbers out that these ways have. Returns false if they are no numbers of its choice.
    pub(super) fn strike(&mut self, ways: &Ways) -> bool {
        match (&mut self.numbers, self.members.last()) {
            (Some(numbers), Some((_, last))) if ways.is_choice_of(last) => {
                numbers.subtract(&ways.cases);
                true
            }
            _ => false,
        }
    }

    /// Whether all numbers are struck out.
    pub(super) fn is_covered(&self) -> bool {
        self.numbers.as_ref().is_some_and(Cases::is_empty)
    }

    /// The event on which the last member rests.
    pub(super) fn last_seen(&self) -> Option<u32> {
        self.members.last().map(|(index, _)| *index)
    }
}

/// Told of each rival of an event: whether it is covered without more ado, and if not, the sequence that should be explored.
pub(super) trait Witness {
    /// The events that are asleep in the state before the event.
    fn asleep(&self) -> &[Ways];

    /// A sequence to be explored from `world`, the state before the event. Returns the last event of the execution on which it rests that now
    /// nothing more is to be done for this rival; `None` if it rests on all of them.
    ///
    /// # Errors
    /// If the program has a fault.
    fn found(
        &mut self,
        program: &mut dyn Program,
        world: &World,
        sequence: Sequence<'_>,
    ) -> Result<Option<u32>, Fault>;

    /// What it cost to find that nothing more is to be done for this rival, if that is known.
    fn settled(&self, rival: &Rival) -> Option<u64>;

    /// Nothing more is to be done for this rival in executions that share the events up to this one. It cost so much to find.
    fn settle(&mut self, rival: Rival, upto: u32, cost: u64);
}

impl Execution<'_> {
    /// Tells the witness what should be explored instead of event `i`, from the state before it.
    ///
    /// # Errors
    /// If the program has a fault, or the search is to stop: then it has not been told of all.
    pub(super) fn reversals(
        &self,
        program: &mut dyn Program,
        i: usize,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let e = &self.events[i];
        for mover in e.step.movers() {
            if has_other_ways(&self.worlds[i].pending(program, mover)) {
                self.ways(program, i, self.order.op_at(mover, i), witness)?;
            }
        }
        for &(object, how) in &e.touches {
            let others = |of: &&OpsOf| !e.step.moves(of.goroutine);
            for of in self.ops.on(object).iter().filter(others) {
                for &op in of.executed_from(i) {
                    self.meter.go_on()?;
                    if self.arrives_after(op, i) {
                        break;
                    }
                    self.rivals_of(program, i, op, (object, how), witness)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the goroutine arrives at an operation after event `i`, so that it cannot be executed before. If so, it arrives at those that follow
    /// later still.
    fn arrives_after(&self, op: OpOf, i: usize) -> bool {
        op.arrival.is_some_and(|arrival| {
            arrival as usize >= i && self.order.is_before(self.events, i, arrival as usize)
        })
    }

    /// Tells the witness of the rivals of event `i` that this operation can make on an object that the event touches.
    fn rivals_of(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        (object, how): (ObjectId, Access),
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let pending = self.world_of(op).pending(program, op.goroutine);
        match pending {
            Pending::Op(pending) if how == Access::Exclusive && is_plain(pending) => {
                self.plain_rival(program, i, op, object, witness)
            }
            _ => self.ways(program, i, op, witness),
        }
    }

    /// A rival on an object that event `i` has for itself: whatever else changes the object comes after `i`, so it stands as it does before
    /// `i` whatever the rival needs to arrive, and there is nothing to try out.
    fn plain_rival(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        object: ObjectId,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let rival = Rival {
            step: Step::of(op.goroutine),
            arrivals: [op.arrival, None],
        };
        if self.is_settled(&rival, witness) {
            return Ok(());
        }
        let pending = self.world_of(op).pending(program, op.goroutine);
        let Pending::Op(pending) = pending else {
            return Ok(());
        };
        let world = &self.worlds[i];
        self.work.set(self.work.get() + 1);
        let seen = rival.arrived().max(index_u32(i));
        if !world.object_admits(op.goroutine, pending) {
            witness.settle(rival, seen, 1);
            return Ok(());
        }
        let f = Event {
            step: rival.step,
            actors: SmallVec::from_slice(&[op.goroutine]),
            touches: SmallVec::from_slice(&[(object, world.access(op.goroutine, pending, object))]),
        };
        if !f.depends_on(&self.events[i]) {
            witness.settle(rival, seen, 1);
            return Ok(());
        }
        let mut need = self.order.empty();
        if let Some(arrival) = op.arrival {
            self.order.extend(&mut need, arrival as usize);
        }
        self.tell_and_settle(program, i, &need, &f, rival, witness)
    }

    /// Whether nothing more is to be done for this rival.
    fn is_settled(&self, rival: &Rival, witness: &dyn Witness) -> bool {
        let cost = witness.settled(rival);
        self.work.set(self.work.get() + cost.unwrap_or(0));
        cost.is_some()
    }

    /// Tells the witness of a rival that can be taken once its movers have arrived.
    fn tell_and_settle(
        &self,
        program: &mut dyn Program,
        i: usize,
        need: &Cut,
        f: &Event,
        rival: Rival,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let before = self.work.get();
        if let Some(seen) = self.tell(program, i, need, f, witness)? {
            let seen = seen.max(rival.arrived()).max(index_u32(i));
            witness.settle(rival, seen, 1 + self.work.get() - before);
        }
        Ok(())
    }

    /// Tells the witness of a rival that can be taken after a cut. Returns what [`Witness::found`] does.
    fn tell(
        &self,
        program: &mut dyn Program,
        i: usize,
        cut: &Cut,
        f: &Event,
        witness: &mut dyn Witness,
    ) -> Result<Option<u32>, Stop> {
        let mut asleep = witness.asleep().iter();
        if let Some(seen) = asleep.find_map(|ways| self.is_covered(i, cut, f, ways)) {
            return Ok(Some(seen));
        }
        self.work.set(self.work.get() + 1);
        let sequence = Sequence {
            members: self.instead(i, cut, f),
            numbers: None,
        };
        Ok(witness.found(program, &self.worlds[i], sequence)?)
    }

    /// Whether it is plain to see that an event that is asleep before event `i` is a weak initial of the sequence that ends with `f`: it is
    /// `f`, and nothing has to come before it; or it is in the execution with nothing before it since `i`, and does not
    /// conflict with `f`. Returns the last event that had to be looked at to see it.
    fn is_covered(&self, i: usize, cut: &Cut, f: &Event, asleep: &Ways) -> Option<u32> {
        if asleep.has(f.step) {
            return (self.order.last(cut) <= index_u32(i)).then(|| index_u32(i));
        }
        self.is_next(i, cut, f, asleep)
    }

    /// Whether the second holds: an event that is asleep is in the execution.
    fn is_next(&self, i: usize, cut: &Cut, f: &Event, asleep: &Ways) -> Option<u32> {
        let own = self.order.of_goroutine(asleep.event.step.actor);
        let next = own.partition_point(|&event| (event as usize) <= i);
        let number = *own.get(next)?;
        let j = number as usize;
        let event = &self.events[j];
        (asleep.has(event.step)
            && (!event.depends_on(f) || self.order.contains(cut, self.events, j))
            && self.order.follows_only(j, i))
        .then_some(number)
    }

    /// The state in which an operation waits to be executed, or is left.
    fn world_of(&self, op: OpOf) -> &World {
        op.done.map_or(self.end, |done| &self.worlds[done as usize])
    }

    /// All the steps that the operation could make, as rivals of event `i`.
    fn ways(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let world = self.world_of(op);
        let pending = match world.pending(program, op.goroutine) {
            Pending::Nothing => return Ok(()),
            Pending::Fire(_) => return self.ways_of_timer(program, i, op, witness),
            Pending::Op(pending) => pending,
        };
        let phase = world
            .goroutine(op.goroutine)
            .map(|goroutine| goroutine.phase);
        match pending {
            Op::Choose(below) => {
                let below = *below;
                self.other_numbers(program, i, op, below, witness)
            }
            Op::Send(..) | Op::Recv(_) => {
                for (number, case) in numbered_cases(pending) {
                    self.way_of_case(program, i, op, number, case, witness)?;
                }
                Ok(())
            }
            Op::Select { default, .. } => {
                let default = *default;
                for (number, case) in numbered_cases(pending) {
                    self.way_of_case(program, i, op, number, case, witness)?;
                }
                if default {
                    self.try_reach(program, i, op, Some(Step::DEFAULT), witness)?;
                }
                Ok(())
            }
            // Whoever waits for a signal, or has been given one, moves by the signal or takes the mutex.
            Op::CondWait { mutex, .. } if phase == Some(Phase::Woken) => {
                let mutex = *mutex;
                self.try_cuts(program, i, &[op], None, &[mutex], witness)
            }
            Op::CondWait { .. } if phase == Some(Phase::Waiting) => Ok(()),
            _ => self.try_reach(program, i, op, None, witness),
        }
    }

    /// The other numbers that could have been chosen in event `i`. A choice touches nothing: no cut makes a difference, whatever is in
    /// between is independent of all of them, and one sequence is theirs but for the number.
    fn other_numbers(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        below: u32,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let chosen = self.events[i].step;
        // It stands for the others, as no event is a rival of itself.
        let rival = Rival {
            step: chosen,
            arrivals: [op.arrival, None],
        };
        if self.is_settled(&rival, witness) {
            return Ok(());
        }
        let mut need = self.order.empty();
        if let Some(arrival) = op.arrival {
            self.order.extend(&mut need, arrival as usize);
        }
        let f = Event {
            step: chosen,
            actors: SmallVec::from_slice(&[op.goroutine]),
            touches: SmallVec::new(),
        };
        let mut numbers = Cases::below(below);
        numbers.subtract(&Cases::of(chosen.case));
        self.work.set(self.work.get() + 2);
        let mut asleep = witness.asleep().iter();
        let covered = asleep.find_map(|ways| self.is_next(i, &need, &f, ways));
        let seen = match covered {
            Some(seen) => Some(seen),
            None if numbers.is_empty() => Some(0),
            None => {
                let sequence = Sequence {
                    members: self.instead(i, &need, &f),
                    numbers: Some(numbers),
                };
                witness.found(program, &self.worlds[i], sequence)?
            }
        };
        if let Some(seen) = seen {
            let seen = seen.max(rival.arrived()).max(index_u32(i));
            witness.settle(rival, seen, 2);
        }
        Ok(())
    }

    /// The steps that a timer could make: alone, and with each receiver that it could meet.
    fn ways_of_timer(
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

    /// The timer whose operation this is, and the channel at which it meets receivers; `None` if it is another, or needs none.
    fn meets_at(&self, program: &dyn Program, op: OpOf) -> Option<(ObjectId, ObjectId)> {
        let Pending::Fire(timer) = self.world_of(op).pending(program, op.goroutine) else {
            return None;
        };
        match self.end.object(timer) {
            Object::Timer(state) => state.meets_at().map(|channel| (timer, channel)),
            _ => None,
        }
    }

    /// Whether an operation may receive from this channel.
    fn receives(&self, program: &dyn Program, op: OpOf, channel: ObjectId) -> bool {
        let Pending::Op(pending) = self.world_of(op).pending(program, op.goroutine) else {
            return false;
        };
        let cases = numbered_cases(pending);
        cases
            .iter()
            .any(|(_, case)| *case == Case::Recv(Some(channel)))
    }

    /// Tries the steps that the operation makes alone, after each cut of the events that touch what it may touch.
    fn try_reach(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        case: Option<u32>,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let reach = reach(program, self.world_of(op), self.end, op.goroutine);
        self.try_cuts(program, i, &[op], case, &reach, witness)
    }

    /// A communication: alone, and with each partner that it could meet.
    fn way_of_case(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        number: u32,
        case: Case,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let Some(channel) = case.channel() else {
            return Ok(());
        };
        if self.may_go_alone(i, channel) {
            self.try_cuts(program, i, &[op], Some(number), &[channel], witness)?;
        }
        let selects = self.selects(program, op);
        let e = &self.events[i];
        // A meeting of two others conflicts with the event only if that has the channel for itself. One with a mover of the event is found from the
        // mover's side.
        let meets = e.step.moves(op.goroutine) || e.touches.contains(&(channel, Access::Exclusive));
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
                    self.selects_meet(program, i, op, partner, witness)?;
                } else if meets {
                    self.meetings(program, i, (op, number, case), partner, channel, witness)?;
                }
            }
        }
        Ok(())
    }

    /// A communication with a partner that it could meet on this channel.
    fn meetings(
        &self,
        program: &mut dyn Program,
        i: usize,
        (op, number, case): (OpOf, u32, Case),
        partner: OpOf,
        channel: ObjectId,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        if case == Case::Recv(Some(channel))
            && let Some((timer, of_timer)) = self.meets_at(program, partner)
            && of_timer == channel
        {
            let movers = [op, partner];
            return self.try_cuts(program, i, &movers, None, &[timer, channel], witness);
        }
        let pending = self.world_of(partner).pending(program, partner.goroutine);
        let Pending::Op(pending) = pending else {
            return Ok(());
        };
        for (its_number, its_case) in numbered_cases(pending) {
            let (me, other) = ((op, number), (partner, its_number));
            let pair = match (case, its_case) {
                (Case::Send(..), Case::Recv(its)) if its == Some(channel) => (me, other),
                (Case::Recv(_), Case::Send(its, _)) if its == Some(channel) => (other, me),
                _ => continue,
            };
            self.rendezvous(program, i, pair, channel, witness)?;
        }
        Ok(())
    }

    fn selects(&self, program: &dyn Program, op: OpOf) -> bool {
        let pending = self.world_of(op).pending(program, op.goroutine);
        matches!(pending, Pending::Op(Op::Select { .. }))
    }

    /// The meeting of two selects, which depends on all their channels: see [`World::enabled_of`].
    fn selects_meet(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        partner: OpOf,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let mut objects = SmallVec::<[ObjectId; 2]>::new();
        for op in [op, partner] {
            objects.extend(reach(program, self.world_of(op), self.end, op.goroutine));
        }
        objects.sort_unstable();
        objects.dedup();
        self.try_cuts(program, i, &[op, partner], None, &objects, witness)
    }

    /// Whether a communication may find this channel such that it needs no partner: always with a buffer; without one, if the channel is closed or
    /// is closed by an event that need not come after `i`.
    fn may_go_alone(&self, i: usize, channel: ObjectId) -> bool {
        let Object::Chan(chan) = self.end.object(channel) else {
            return true;
        };
        chan.capacity > 0
            || matches!(self.worlds[i].object(channel), Object::Chan(chan) if chan.closed)
            || self.order.of_object(channel).iter().any(|&(j, how)| {
                how == Access::Exclusive
                    && j as usize > i
                    && !self.order.is_before(self.events, i, j as usize)
            })
    }

    /// A rendezvous as a rival. Once both have arrived it is enabled while the channel is open, and those who close it either come after
    /// `i` or are not needed.
    fn rendezvous(
        &self,
        program: &mut dyn Program,
        i: usize,
        (sender, receiver): ((OpOf, u32), (OpOf, u32)),
        channel: ObjectId,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        // It is there: the event has it for itself, or one of the two moves in the event and names it.
        let open =
            matches!(self.worlds[i].object(channel), Object::Chan(chan) if chan.is_rendezvous());
        let step = Step {
            actor: sender.0.goroutine,
            case: sender.1,
            partner: Some((receiver.0.goroutine, receiver.1)),
        };
        let rival = Rival {
            step,
            arrivals: [sender.0.arrival, receiver.0.arrival],
        };
        if self.is_settled(&rival, witness) {
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
                .is_some_and(|done| self.order.contains(&need, self.events, done as usize))
        };
        let closed = self.order.of_object(channel).iter().any(|&(j, how)| {
            how == Access::Exclusive && self.order.contains(&need, self.events, j as usize)
        });
        let f = Event {
            step,
            actors: step.movers().collect(),
            touches: SmallVec::from_slice(&[(channel, Access::Shared)]),
        };
        let e = &self.events[i];
        let possible = open && !closed && !is_executed(sender.0) && !is_executed(receiver.0);
        if possible && step != e.step && f.depends_on(e) {
            return self.tell_and_settle(program, i, &need, &f, rival, witness);
        }
        witness.settle(rival, rival.arrived().max(index_u32(i)), 1);
        Ok(())
    }

    /// Tries the steps in which exactly these operations take part, in this case if one is given, after each cut of the events that touch these
    /// objects.
    fn try_cuts(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        case: Option<u32>,
        objects: &[ObjectId],
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let mut need = self.order.empty();
        for arrival in movers.iter().filter_map(|op| op.arrival) {
            self.order.extend(&mut need, arrival as usize);
        }
        let mut cuts = vec![need];
        for &object in objects {
            self.add_cuts(i, object, &mut cuts)?;
        }
        for cut in &cuts {
            let is_executed = |op: &OpOf| {
                op.done
                    .is_some_and(|done| self.order.contains(cut, self.events, done as usize))
            };
            if !movers.iter().any(is_executed) {
                self.try_after(program, i, movers, case, cut, witness)?;
            }
        }
        Ok(())
    }

    /// Adds to the cuts those that hold more of the events that touch the object.
    fn add_cuts(&self, i: usize, object: ObjectId, cuts: &mut Vec<Cut>) -> Result<(), Stop> {
        let e = &self.events[i];
        let exclusive = e
            .touches
            .iter()
            .any(|&(touched, how)| touched == object && how == Access::Exclusive);
        if exclusive {
            // Whatever else touches it comes after e.
            return Ok(());
        }
        let mut grown = Vec::new();
        for cut in cuts.iter() {
            let mut all = cut.clone();
            for &(j, _) in self.order.of_object(object) {
                self.meter.go_on()?;
                let j = j as usize;
                if j <= i
                    || self.order.is_before(self.events, i, j)
                    || self.order.contains(cut, self.events, j)
                {
                    continue;
                }
                let mut one = cut.clone();
                self.order.extend(&mut one, j);
                self.order.extend(&mut all, j);
                for cut in [one, all.clone()] {
                    if !grown.contains(&cut) {
                        reserve(&mut grown, 1)?;
                        grown.push(cut);
                    }
                }
            }
        }
        reserve(cuts, grown.len())?;
        cuts.extend(grown);
        Ok(())
    }

    /// Takes the events of the cut from the state before event `i`, and looks which steps of exactly these movers are enabled then and
    /// conflict with it.
    fn try_after(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        case: Option<u32>,
        cut: &Cut,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let e = &self.events[i];
        let mut world = self.worlds[i].clone();
        self.work.set(self.work.get() + 1);
        for j in i + 1..self.events.len() {
            self.meter.go_on()?;
            if self.order.contains(cut, self.events, j) {
                world.take(program, self.events[j].step)?;
                self.work.set(self.work.get() + 1);
            }
        }
        // How e lowers a counter depends on where it stands after the cut.
        let e = Event {
            touches: world.touches(program, e.step),
            ..e.clone()
        };
        let mut steps = Vec::new();
        for op in movers {
            world.enabled_of(program, op.goroutine, &mut steps);
        }
        for f in steps {
            let same_movers =
                f.movers().count() == movers.len() && movers.iter().all(|op| f.moves(op.goroutine));
            let same_case = case.is_none_or(|case| f.case == case);
            if !same_movers || !same_case || f == e.step {
                continue;
            }
            let f = world.clone().take(program, f)?;
            if f.depends_on(&e) {
                self.tell(program, i, cut, &f, witness)?;
            }
        }
        Ok(())
    }

    /// All of the execution after event `i` that is independent of it and does not conflict with `f`, with the cut that `f` needs, and then
    /// `f`. Less than all of it would lose executions: what is asleep would seem to cover it.
    fn instead<'f>(&'f self, i: usize, cut: &Cut, f: &'f Event) -> Vec<Member<'f>> {
        let mut gone = Later::none(self.order);
        gone.add(self.order, self.events, i);
        let mut sequence = Vec::with_capacity(self.events.len() - i);
        for j in i + 1..self.events.len() {
            let event = &self.events[j];
            if gone.contains(self.order, j) {
                continue;
            }
            if event.depends_on(f) && !self.order.contains(cut, self.events, j) {
                gone.add(self.order, self.events, j);
            } else {
                sequence.push((index_u32(j), event));
            }
        }
        // Whatever else is in the sequence before it, it does not depend on.
        sequence.push((self.order.last(cut), f));
        sequence
    }
}
