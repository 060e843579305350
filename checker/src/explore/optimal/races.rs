//! Which executions does a maximal one bear witness to, that have not been explored: its races,
//! reversed.
//!
//! For each event e of the execution, a **rival** f is a step that conflicts with e and could be
//! taken before it: one built from operations that were executed in the execution, or that some
//! goroutine is left with at its end, and that do not arrive after e. A blocked operation is never
//! executed and still a rival: else a deadlock would hide the executions in which its locks were
//! taken in the other order. f may need more than the arrival of its operations: that a channel was
//! closed, or something sent into its buffer. So f is tried after each [`Cut`] of the events that
//! touch its objects and do not come after e.

use std::cell::Cell;

use smallvec::SmallVec;

use super::super::{Cut as Stop, Meter};
use super::ops::{OpOf, Ops, OpsOf, reach};
use super::order::{Cut, Later, Order, index_u32};
use super::ways::Ways;
use super::witness::{Member, Rival, Sequence, Witness};
use crate::memory::reserve;
use crate::model::{
    Access, Case, ChanOp, Choice, Event, ObjectId, Op, Pending, Phase, Program, Scope, Step,
    Touches, World,
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
    /// Counts what was done to find rivals, in units of about a step each. What is
    /// [settled](Witness::settled) counts as if it were done again, so that a search that was
    /// resumed counts as one that was not.
    pub(super) work: &'a Cell<u64>,
    /// Tells when the search is over, in the middle of whatever it is.
    pub(super) meter: &'a Meter,
}

/// The communications of an operation, each with the choice of it.
pub(super) fn cases_of(op: &Op) -> SmallVec<[(Choice, Case); 4]> {
    op.cases().collect()
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
            let pending = self.worlds[i].pending(program, mover);
            let several = match pending {
                Pending::Nothing => false,
                // A timer may meet one receiver or another, or expire or send.
                Pending::Fire(_) => true,
                Pending::Op(op) => op.facts().scope == Scope::Several,
            };
            if several {
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
                    self.rivals_of(program, i, op, how, witness)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the goroutine arrives at an operation after event `i`, so that it cannot be executed
    /// before. If so, it arrives at those that follow later still.
    pub(super) fn arrives_after(&self, op: OpOf, i: usize) -> bool {
        op.arrival.is_some_and(|arrival| {
            arrival as usize >= i && self.order.is_before(self.events, i, arrival as usize)
        })
    }

    /// Tells the witness of the rivals of event `i` that this operation can make on an object that
    /// the event touches.
    fn rivals_of(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        how: Access,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let pending = self.world_of(op).pending(program, op.goroutine);
        match pending {
            Pending::Op(pending)
                if how == Access::Exclusive && pending.facts().scope == Scope::Simple =>
            {
                self.plain_rival(program, i, op, witness)
            }
            _ => self.ways(program, i, op, witness),
        }
    }

    /// A rival on an object that event `i` has for itself: whatever else changes the object comes
    /// after `i`, so it stands as it does before `i` whatever the rival needs to arrive, and there
    /// is nothing to try out.
    fn plain_rival(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
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
        if !world.admits(op.goroutine, pending) {
            witness.settle(rival, seen, 1);
            return Ok(());
        }
        let mut touches = Touches::new();
        world.touch_op(rival.step, pending, &mut touches);
        let f = Event {
            step: rival.step,
            actors: SmallVec::from_slice(&[op.goroutine]),
            touches,
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
    pub(super) fn is_settled(&self, rival: &Rival, witness: &dyn Witness) -> bool {
        let cost = witness.settled(rival);
        self.work.set(self.work.get() + cost.unwrap_or(0));
        cost.is_some()
    }

    /// Tells the witness of a rival that can be taken once its movers have arrived.
    pub(super) fn tell_and_settle(
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

    /// Tells the witness of a rival that can be taken after a cut. Returns what [`Witness::found`]
    /// does.
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

    /// Whether it is plain to see that an event that is asleep before event `i` is a weak initial
    /// of the sequence that ends with `f`: it is `f`, and nothing has to come before it; or it is
    /// in the execution with nothing before it since `i`, and does not conflict with `f`. Returns
    /// the last event that had to be looked at to see it.
    fn is_covered(&self, i: usize, cut: &Cut, f: &Event, asleep: &Ways) -> Option<u32> {
        if asleep.has(f.step) {
            return (self.order.last(cut) <= index_u32(i)).then(|| index_u32(i));
        }
        self.is_next(i, cut, f, asleep)
    }

    /// Whether the second holds: an event that is asleep is in the execution.
    pub(super) fn is_next(&self, i: usize, cut: &Cut, f: &Event, asleep: &Ways) -> Option<u32> {
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
    pub(super) fn world_of(&self, op: OpOf) -> &World {
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
            Op::Chan(_, ChanOp::Send(_) | ChanOp::Recv) | Op::Select { .. } => {
                let default = matches!(pending, Op::Select { default: true, .. });
                for (choice, case) in cases_of(pending) {
                    self.way_of_case(program, i, op, choice, case, witness)?;
                }
                if default {
                    self.try_reach(program, i, op, Some(Choice::Default), witness)?;
                }
                Ok(())
            }
            // Whoever waits for a signal, or has been given one, moves by the signal or takes the
            // mutex.
            Op::CondWait { mutex, .. } if phase == Some(Phase::Woken) => {
                let mutex = *mutex;
                self.try_cuts(program, i, &[op], None, &[mutex], witness)
            }
            Op::CondWait { .. } if phase == Some(Phase::Waiting) => Ok(()),
            _ => self.try_reach(program, i, op, None, witness),
        }
    }

    /// Tries the steps that the operation makes alone, after each cut of the events that touch what
    /// it may touch.
    pub(super) fn try_reach(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        choice: Option<Choice>,
        witness: &mut dyn Witness,
    ) -> Result<(), Stop> {
        let reach = reach(program, self.world_of(op), self.end, op.goroutine);
        self.try_cuts(program, i, &[op], choice, &reach, witness)
    }

    /// Tries the steps in which exactly these operations take part, in this way if one is given,
    /// after each cut of the events that touch these objects.
    pub(super) fn try_cuts(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        choice: Option<Choice>,
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
                self.try_after(program, i, movers, choice, cut, witness)?;
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

    /// Takes the events of the cut from the state before event `i`, and looks which steps of
    /// exactly these movers are enabled then and conflict with it.
    fn try_after(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        choice: Option<Choice>,
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
            let same_choice = choice.is_none_or(|choice| f.choice == choice);
            if !same_movers || !same_choice || f == e.step {
                continue;
            }
            let f = world.clone().take(program, f)?;
            if f.depends_on(&e) {
                self.tell(program, i, cut, &f, witness)?;
            }
        }
        Ok(())
    }

    /// All of the execution after event `i` that is independent of it and does not conflict with
    /// `f`, with the cut that `f` needs, and then `f`. Less than all of it would lose executions:
    /// what is asleep would seem to cover it.
    pub(super) fn instead<'f>(&'f self, i: usize, cut: &Cut, f: &'f Event) -> Vec<Member<'f>> {
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
