//! Race reversal: from one maximal execution, the sequences that must still be explored.
//!
//! For each event e of the execution, a **rival** f is a step that conflicts with e and could be
//! taken before it. It is built from operations that were executed, or that some goroutine is left
//! with at the end, and that do not arrive after e. A blocked operation is never executed and is
//! still a rival. Otherwise a deadlock would hide the executions in which its locks were taken in
//! the other order. A rival may need more than the arrival of its operations: a channel that was
//! closed, or a value in its buffer. So f is tried after each [`Cut`] of the events that touch its
//! objects and do not come after e.

use std::cell::{Cell, Ref, RefCell};

use smallvec::SmallVec;

use super::super::{Interrupted, Meter};
use super::backtrack_sink::{BacktrackSink, Member, Rival, Sequence};
use super::ops::{OpOf, Ops, OpsOf, Sort};
use super::order::{Cut, Order, index_u32};
use super::raced;
use super::trail::Trail;
use super::tree::both;
use super::ways::Ways;
use crate::memory::reserve;
use crate::model::{
    Access, Case, ChanOp, Choice, Event, ObjectId, Op, Pending, Phase, Program, World,
};

/// An execution that has come to its end.
pub(super) struct Execution<'a> {
    pub(super) events: &'a [Event],
    /// The states. It goes to the state before an event only if that is needed.
    pub(super) trail: RefCell<&'a mut Trail>,
    /// The state at the end.
    pub(super) end: &'a World,
    pub(super) order: &'a Order,
    pub(super) ops: &'a Ops,
    /// Counts the work of finding rivals, in units of about a step. A rival that is
    /// [settled](BacktrackSink::settled) counts as if the work were done again. So a resumed search
    /// counts as much as one that was never interrupted.
    pub(super) work: &'a Cell<u64>,
    /// The meter, which can stop the search even in the middle of a loop.
    pub(super) meter: &'a Meter,
}

/// Adds a cut, unless it is among them.
fn add_new(cuts: &mut Vec<Cut>, cut: Cut) -> Result<(), Interrupted> {
    if !cuts.contains(&cut) {
        reserve(cuts, 1)?;
        cuts.push(cut);
    }
    Ok(())
}

/// Returns the communications of an operation, each with its choice.
pub(super) fn cases_of(op: &Op) -> SmallVec<[(Choice, Case); 4]> {
    op.cases().collect()
}

impl Execution<'_> {
    /// Tells the sink what should be explored instead of event `i`, from the state before it.
    /// Returns the last event on which it rests that nothing more is to be done for its rivals;
    /// `None` if it rests on all.
    ///
    /// # Errors
    /// If the program has a fault, or the search is to stop. The sink may not have received all
    /// rivals then.
    pub(super) fn reversals(
        &self,
        program: &mut dyn Program,
        i: usize,
        sink: &mut dyn BacktrackSink,
    ) -> Result<Option<u32>, Interrupted> {
        let e = &self.events[i];
        let several = self.ops.several(i);
        let mut upto = several.is_empty().then_some(index_u32(i));
        for &op in several {
            self.ways(program, i, op, sink)?;
        }
        for &(object, how) in &e.footprint {
            let others = |of: &&OpsOf| !e.step.moves(of.goroutine);
            // Two others that meet do not depend on what only meets there, too.
            let only_meets = how == Access::Shared && !self.may_go_alone(i, object);
            for of in self.ops.on(object).iter().filter(others) {
                for &op in of.executed_from(i) {
                    if only_meets && op.sort == Sort::Talks {
                        continue;
                    }
                    self.meter.go_on()?;
                    if self.arrives_after(op, i) {
                        break;
                    }
                    let seen = self.rivals_of(program, i, (object, how), op, sink)?;
                    upto = both(upto, seen);
                }
            }
        }
        Ok(upto)
    }

    /// Returns the state before event `i`.
    pub(super) fn world(&self, i: usize) -> Ref<'_, World> {
        self.trail.borrow_mut().go_to(i);
        Ref::map(self.trail.borrow(), |trail| trail.state(i))
    }

    /// Returns true if the goroutine arrives at the operation after event `i`, so that it cannot
    /// execute it before. Its later operations arrive later still.
    pub(super) fn arrives_after(&self, op: OpOf, i: usize) -> bool {
        op.arrival.is_some_and(|arrival| {
            arrival as usize >= i && self.order.is_before(i, arrival as usize)
        })
    }

    /// If nothing more is to be done for this rival, returns the last event on which that rests.
    pub(super) fn settled(&self, rival: &Rival, sink: &dyn BacktrackSink) -> Option<u32> {
        let (upto, cost) = sink.settled(rival)?;
        self.work.set(self.work.get() + cost);
        Some(upto)
    }

    /// Tells the sink of a rival that can be taken once its movers have arrived, and settles it.
    pub(super) fn tell_and_settle(
        &self,
        program: &mut dyn Program,
        i: usize,
        need: &Cut,
        f: &Event,
        rival: Rival,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let before = self.work.get();
        if let Some(seen) = self.tell(program, i, need, f, sink)? {
            let seen = seen.max(rival.arrived()).max(index_u32(i));
            sink.settle(rival, seen, 1 + self.work.get() - before);
        }
        Ok(())
    }

    /// Tells the sink of a rival that can be taken after a cut. Returns what
    /// [`BacktrackSink::found`] does.
    pub(super) fn tell(
        &self,
        program: &mut dyn Program,
        i: usize,
        cut: &Cut,
        f: &Event,
        sink: &mut dyn BacktrackSink,
    ) -> Result<Option<u32>, Interrupted> {
        let mut asleep = sink.asleep().iter();
        if let Some(seen) = asleep.find_map(|ways| self.is_covered(i, cut, f, ways)) {
            return Ok(Some(seen));
        }
        self.work.set(self.work.get() + 1);
        let sequence = Sequence {
            members: self.instead(i, cut, f),
            numbers: None,
        };
        Ok(sink.found(program, &self.world(i), sequence)?)
    }

    /// Finds out cheaply that an event asleep before event `i` is a weak initial of the sequence
    /// that ends with `f`. Either it is `f` and nothing has to come before it. Or it is in the
    /// execution with nothing before it since `i`, and does not conflict with `f`. Returns the last
    /// event on which this rests; `None` if neither holds.
    fn is_covered(&self, i: usize, cut: &Cut, f: &Event, asleep: &Ways) -> Option<u32> {
        if asleep.has(f.step) {
            return (self.order.last(cut) <= index_u32(i)).then(|| index_u32(i));
        }
        self.is_next(i, cut, f, asleep)
    }

    /// Checks the second case: an event that is asleep is in the execution.
    pub(super) fn is_next(&self, i: usize, cut: &Cut, f: &Event, asleep: &Ways) -> Option<u32> {
        let own = self.order.of_goroutine(asleep.event.step.actor);
        let next = own.partition_point(|&event| (event as usize) <= i);
        let number = *own.get(next)?;
        let j = number as usize;
        let event = &self.events[j];
        (asleep.has(event.step)
            && (!event.depends_on(f) || self.order.contains(cut, j))
            && self.order.follows_only(j, i))
        .then_some(number)
    }

    /// Tries all the steps that the operation could make as rivals of event `i`.
    pub(super) fn ways(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let pending = match op.pending(program) {
            Pending::Nothing => return Ok(()),
            Pending::Fire(_) => return self.ways_of_timer(program, i, op, sink),
            Pending::Op(pending) => pending,
        };
        let phase = op.stands.phase;
        match pending {
            Op::Choose(below, _) => {
                let below = *below;
                self.other_numbers(program, i, op, below, sink)
            }
            Op::Chan(_, ChanOp::Send(_) | ChanOp::Recv) | Op::Select { .. } => {
                let default = matches!(pending, Op::Select { default: true, .. });
                for (choice, case) in cases_of(pending) {
                    self.way_of_case(program, i, op, choice, case, sink)?;
                }
                if default {
                    self.try_reach(program, i, op, Some(Choice::Default), sink)?;
                }
                Ok(())
            }
            // A goroutine that waits for a signal moves by the signal. One that was signalled takes
            // the mutex.
            Op::CondWait { mutex, .. } if phase == Phase::Woken => {
                let mutex = *mutex;
                self.try_cuts(program, i, &[op], None, &[mutex], sink)
            }
            Op::CondWait { .. } if phase == Phase::Waiting => Ok(()),
            _ => self.try_reach(program, i, op, None, sink),
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
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let reach = op.reach(program, self.end);
        self.try_cuts(program, i, &[op], choice, &reach, sink)
    }

    /// Tries the steps in which exactly these operations take part, after each cut of the events
    /// that touch these objects. Only steps with this choice are tried if one is given.
    pub(super) fn try_cuts(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        choice: Option<Choice>,
        objects: &[ObjectId],
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
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
                    .is_some_and(|done| self.order.contains(cut, done as usize))
            };
            if !movers.iter().any(is_executed) {
                self.try_after(program, i, movers, choice, cut, sink)?;
            }
        }
        Ok(())
    }

    /// Adds the cuts that contain more of the events that touch the object.
    fn add_cuts(&self, i: usize, object: ObjectId, cuts: &mut Vec<Cut>) -> Result<(), Interrupted> {
        let e = &self.events[i];
        let exclusive = e
            .footprint
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
                if j <= i || self.order.is_before(i, j) || self.order.contains(cut, j) {
                    continue;
                }
                // Those that leave the object as it is enable nothing. So all of them are taken
                // together, up to the next one that changes it.
                if self.trail.borrow().changes(j, object) {
                    let mut one = cut.clone();
                    self.order.extend(&mut one, j);
                    add_new(&mut grown, one)?;
                    add_new(&mut grown, all.clone())?;
                    self.order.extend(&mut all, j);
                    add_new(&mut grown, all.clone())?;
                } else {
                    self.order.extend(&mut all, j);
                }
            }
            add_new(&mut grown, all)?;
        }
        grown.retain(|cut| !cuts.contains(cut));
        reserve(cuts, grown.len())?;
        cuts.extend(grown);
        Ok(())
    }

    /// Takes the events of the cut from the state before event `i`. Then tells the sink of the
    /// steps of exactly these movers that are enabled there and conflict with event `i`.
    fn try_after(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        choice: Option<Choice>,
        cut: &Cut,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let e = &self.events[i];
        let mut world = self.world(i).clone();
        self.work.set(self.work.get() + 1);
        for j in i + 1..self.events.len() {
            self.meter.go_on()?;
            if self.order.contains(cut, j) {
                if !raced::advance(program, &mut world, self.events[j].step)? {
                    return Ok(());
                }
                self.work.set(self.work.get() + 1);
            }
        }
        // How far e can decrement a counter depends on its value after the cut.
        let e = Event {
            footprint: world.footprint(program, e.step),
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
                self.tell(program, i, cut, &f, sink)?;
            }
        }
        Ok(())
    }

    /// Returns the sequence to explore instead of event `i`. It has all later events that are
    /// independent of it and do not conflict with `f`, the cut that `f` needs, and then `f`. A
    /// shorter sequence would lose executions, since events that are asleep would seem to cover it.
    pub(super) fn instead<'f>(&'f self, i: usize, cut: &Cut, f: &'f Event) -> Vec<Member<'f>> {
        // Whatever is after one of these is gone, too. So a goroutine has one of them at most.
        let mut gone = SmallVec::<[usize; 4]>::from_slice(&[i]);
        let mut sequence = Vec::with_capacity(self.events.len() - i);
        for j in i + 1..self.events.len() {
            let event = &self.events[j];
            if gone.iter().any(|&it| self.order.is_before(it, j)) {
                continue;
            }
            if event.depends_on(f) && !self.order.contains(cut, j) {
                gone.push(j);
            } else {
                sequence.push((index_u32(j), event));
            }
        }
        // `f` is independent of the other events before it in the sequence.
        sequence.push((self.order.last(cut), f));
        sequence
    }
}
