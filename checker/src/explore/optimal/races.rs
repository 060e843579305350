//! Which executions does a maximal one bear witness to, that have not been explored: its races, reversed.
//!
//! For each event e of the execution, a **rival** f is a step that conflicts with e and could be taken before it: one built from operations that were executed
//! in the execution, or that some goroutine is left with at its end, and that do not arrive after e. A blocked operation is never executed
//! and still a rival: else a deadlock would hide the executions in which its locks were taken in the other order. f may need more than the arrival of
//! its operations: that a channel was closed, or something sent into its buffer. So f is tried after each [`Cut`]
//! of the events that touch its objects and do not come after e.

use std::cell::Cell;

use smallvec::SmallVec;

use super::super::Meter;
use super::ops::{OpOf, Ops, has_other_ways, is_plain, numbered_cases, reach};
use super::order::{Cut, Later, Order};
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
    /// Counts what was done to find rivals, in units of about a step each.
    pub(super) work: &'a Cell<u64>,
    /// Tells when the search is over, in the middle of whatever it is.
    pub(super) meter: &'a Meter,
}

impl OpOf {
    /// Whether it may be executed before event `i`: it was not before, and does not arrive after `i`.
    fn is_open(&self, execution: &Execution<'_>, i: usize) -> bool {
        self.done.is_none_or(|done| done as usize >= i)
            && self.arrival.is_none_or(|arrival| {
                (arrival as usize) < i
                    || !execution
                        .order
                        .is_before(execution.events, i, arrival as usize)
            })
    }
}

/// Told of each rival of an event: whether it is covered without more ado, and if not, the sequence that should be explored.
pub(super) trait Witness {
    /// The events that are asleep in the state before the event.
    fn asleep(&self) -> &[Event];

    /// A sequence to be explored from `world`, the state before the event.
    ///
    /// # Errors
    /// If the program has a fault.
    fn found(
        &mut self,
        program: &mut dyn Program,
        world: &World,
        sequence: Vec<&Event>,
    ) -> Result<(), Fault>;
}

impl Execution<'_> {
    /// Tells the witness what should be explored instead of event `i`, from the state before it.
    pub(super) fn reversals(
        &self,
        program: &mut dyn Program,
        i: usize,
        witness: &mut dyn Witness,
    ) -> Result<(), Fault> {
        let e = &self.events[i];
        for mover in e.step.movers() {
            if has_other_ways(&self.worlds[i].pending(program, mover)) {
                self.ways(program, i, self.order.op_at(mover, i), witness)?;
            }
        }
        for &(object, how) in &e.touches {
            for &op in self.ops.on(object) {
                if self.meter.over().is_some() {
                    return Ok(());
                }
                if e.step.moves(op.goroutine) || !op.is_open(self, i) {
                    continue;
                }
                let pending = self.world_of(op).pending(program, op.goroutine);
                match pending {
                    Pending::Op(pending) if how == Access::Exclusive && is_plain(pending) => {
                        self.plain_rival(program, i, op, object, witness)?;
                    }
                    _ => self.ways(program, i, op, witness)?,
                }
            }
        }
        Ok(())
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
    ) -> Result<(), Fault> {
        let pending = self.world_of(op).pending(program, op.goroutine);
        let Pending::Op(pending) = pending else {
            return Ok(());
        };
        let world = &self.worlds[i];
        self.work.set(self.work.get() + 1);
        if !world.object_admits(op.goroutine, pending) {
            return Ok(());
        }
        let f = Event {
            step: Step::of(op.goroutine),
            actors: SmallVec::from_slice(&[op.goroutine]),
            touches: SmallVec::from_slice(&[(object, world.access(op.goroutine, pending, object))]),
        };
        let mut need = self.order.empty();
        if let Some(arrival) = op.arrival {
            self.order.extend(&mut need, arrival as usize);
        }
        let executes_the_rival = op
            .done
            .is_some_and(|done| self.order.contains(&need, self.events, done as usize));
        if !executes_the_rival && f.depends_on(&self.events[i]) {
            self.tell(program, i, &need, &f, witness)?;
        }
        Ok(())
    }

    /// Tells the witness of a rival that can be taken after a cut.
    fn tell(
        &self,
        program: &mut dyn Program,
        i: usize,
        cut: &Cut,
        f: &Event,
        witness: &mut dyn Witness,
    ) -> Result<(), Fault> {
        if witness
            .asleep()
            .iter()
            .any(|event| self.is_covered(i, cut, f, event))
        {
            return Ok(());
        }
        self.work.set(self.work.get() + 1);
        witness.found(program, &self.worlds[i], self.instead(i, cut, f))
    }

    /// Whether it is plain to see that an event that is asleep before event `i` is a weak initial of the sequence that ends with `f`: it is
    /// `f`, and nothing has to come before it; or it is in the execution with nothing before it since `i`, and does not
    /// conflict with `f`.
    fn is_covered(&self, i: usize, cut: &Cut, f: &Event, asleep: &Event) -> bool {
        if asleep.step == f.step {
            return (i + 1..self.events.len()).all(|j| !self.order.contains(cut, self.events, j));
        }
        let own = self.order.of_goroutine(asleep.step.actor);
        let next = own.partition_point(|&event| (event as usize) <= i);
        let Some(&j) = own.get(next) else {
            return false;
        };
        let j = j as usize;
        let event = &self.events[j];
        event.step == asleep.step
            && (!event.depends_on(f) || self.order.contains(cut, self.events, j))
            && self.order.follows_only(j, i)
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
    ) -> Result<(), Fault> {
        let world = self.world_of(op);
        let reach = reach(program, world, self.end, op.goroutine);
        let pending = match world.pending(program, op.goroutine) {
            Pending::Nothing => return Ok(()),
            Pending::Fire(_) => return self.try_cuts(program, i, &[op], None, &reach, witness),
            Pending::Op(pending) => pending.clone(),
        };
        let phase = world
            .goroutine(op.goroutine)
            .map(|goroutine| goroutine.phase);
        match &pending {
            Op::Send(channel, value) => {
                self.way_of_case(program, i, op, 0, Case::Send(*channel, *value), witness)
            }
            Op::Recv(channel) => self.way_of_case(program, i, op, 0, Case::Recv(*channel), witness),
            Op::Select { cases, default } => {
                for (case, number) in cases.iter().zip(0..) {
                    self.way_of_case(program, i, op, number, *case, witness)?;
                }
                if *default {
                    self.try_cuts(program, i, &[op], Some(Step::DEFAULT), &reach, witness)?;
                }
                Ok(())
            }
            // Whoever waits for a signal, or has been given one, moves by the signal or takes the mutex.
            Op::CondWait { mutex, .. } if phase == Some(Phase::Woken) => {
                self.try_cuts(program, i, &[op], None, &[*mutex], witness)
            }
            Op::CondWait { .. } if phase == Some(Phase::Waiting) => Ok(()),
            _ => self.try_cuts(program, i, &[op], None, &reach, witness),
        }
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
    ) -> Result<(), Fault> {
        let Some(channel) = case.channel() else {
            return Ok(());
        };
        if self.may_go_alone(i, channel) {
            self.try_cuts(program, i, &[op], Some(number), &[channel], witness)?;
        }
        let selects = self.selects(program, op);
        for &partner in self.ops.on(channel) {
            if partner.goroutine == op.goroutine || !partner.is_open(self, i) {
                continue;
            }
            let Pending::Op(pending) = self.world_of(partner).pending(program, partner.goroutine)
            else {
                continue;
            };
            if selects && matches!(pending, Op::Select { .. }) {
                self.selects_meet(program, i, op, partner, witness)?;
                continue;
            }
            for (its_number, its_case) in numbered_cases(pending) {
                let (me, other) = ((op, number), (partner, its_number));
                let pair = match (case, its_case) {
                    (Case::Send(..), Case::Recv(its)) if its == Some(channel) => (me, other),
                    (Case::Recv(_), Case::Send(its, _)) if its == Some(channel) => (other, me),
                    _ => continue,
                };
                self.rendezvous(program, i, pair, channel, witness)?;
            }
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
    ) -> Result<(), Fault> {
        let mut objects = SmallVec::<[ObjectId; 2]>::new();
        for op in [op, partner] {
            objects.extend(reach(program, self.world_of(op), self.end, op.goroutine));
        }
        objects.sort_unstable();
        objects.dedup();
        self.try_cuts(program, i, &[op, partner], None, &objects, witness)
    }

    /// Whether a communication may find this channel such that it needs no partner: always with a buffer; without one, if the channel is closed or
    /// is closed later.
    fn may_go_alone(&self, i: usize, channel: ObjectId) -> bool {
        let Object::Chan(chan) = self.end.object(channel) else {
            return true;
        };
        chan.capacity > 0
            || matches!(self.worlds[i].object(channel), Object::Chan(chan) if chan.closed)
            || self
                .order
                .of_object(channel)
                .iter()
                .any(|&(j, how)| j as usize > i && how == Access::Exclusive)
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
    ) -> Result<(), Fault> {
        let open = match self.worlds[i].object(channel) {
            Object::Absent => {
                matches!(self.end.object(channel), Object::Chan(chan) if chan.capacity == 0)
            }
            Object::Chan(chan) => chan.is_rendezvous(),
            _ => false,
        };
        self.work.set(self.work.get() + 1);
        if !open {
            return Ok(());
        }
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
        let step = Step {
            actor: sender.0.goroutine,
            case: sender.1,
            partner: Some((receiver.0.goroutine, receiver.1)),
        };
        let f = Event {
            step,
            actors: step.movers().collect(),
            touches: SmallVec::from_slice(&[(channel, Access::Shared)]),
        };
        let e = &self.events[i];
        let possible = !closed && !is_executed(sender.0) && !is_executed(receiver.0);
        if possible && step != e.step && f.depends_on(e) {
            self.tell(program, i, &need, &f, witness)?;
        }
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
    ) -> Result<(), Fault> {
        let mut need = self.order.empty();
        for arrival in movers.iter().filter_map(|op| op.arrival) {
            self.order.extend(&mut need, arrival as usize);
        }
        let mut cuts = vec![need];
        for &object in objects {
            self.add_cuts(i, object, &mut cuts);
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
    fn add_cuts(&self, i: usize, object: ObjectId, cuts: &mut Vec<Cut>) {
        let e = &self.events[i];
        let exclusive = e
            .touches
            .iter()
            .any(|&(touched, how)| touched == object && how == Access::Exclusive);
        if exclusive {
            // Whatever else touches it comes after e.
            return;
        }
        let mut grown = Vec::new();
        for cut in cuts.iter() {
            let mut all = cut.clone();
            for &(j, _) in self.order.of_object(object) {
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
                        grown.push(cut);
                    }
                }
            }
        }
        cuts.extend(grown);
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
    ) -> Result<(), Fault> {
        let e = &self.events[i];
        let mut world = self.worlds[i].clone();
        self.work.set(self.work.get() + 1);
        for j in i + 1..self.events.len() {
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
    fn instead<'f>(&'f self, i: usize, cut: &Cut, f: &'f Event) -> Vec<&'f Event> {
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
                sequence.push(event);
            }
        }
        sequence.push(f);
        sequence
    }
}
