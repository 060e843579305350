//! The end of an execution. Its events are ordered, and its race reversals go into the wakeup trees
//! along the path. The search goes on from the last node that has something left.

use std::cell::{Cell, RefCell};

use super::order::index_u32;
use super::races::Execution;
use super::{Optimal, Stage};
use crate::explore::forget_past;
use crate::explore::{Interrupted, Limit, Meter, Progress, renumber};
use crate::model::{End, Fault, Phase, Program};

impl Optimal {
    /// Counts the finished execution, or the one that this limit cuts short. A bad end is noted in
    /// the numbers that all others use, and so is an execution that is kept.
    pub(super) fn note_end(
        &mut self,
        program: &mut dyn Program,
        limit: Option<Limit>,
    ) -> Result<(), Fault> {
        let world = self.trail.last();
        let is_bad = limit.is_some() || world.end(program) != End::Complete;
        let is_told = is_bad || self.findings.kept.is_some();
        let renumbered = match is_told && program.number_by_count(true) {
            true => Some(renumber::renumbered_within(program, &self.path)?),
            false => None,
        };
        let (world, path) = match &renumbered {
            Some((world, path)) => (world, path),
            None => (world, &self.path),
        };
        match limit {
            Some(limit) => self.findings.cut(program, world, path, limit),
            None => {
                self.findings.ended(program, world, path);
            }
        }
        Ok(())
    }

    /// Notes that the next execution shares this many events with the last one.
    pub(super) fn share(&mut self, known: usize) {
        self.known = known;
        self.trail.go_to(known);
        let goroutines = self.trail.state(known).goroutines().iter();
        self.over.clear();
        self.over.extend(goroutines.map(|goroutine| {
            matches!(
                goroutine.phase,
                Phase::Absent | Phase::Returned | Phase::Panicked(_)
            )
        }));
    }

    /// Orders the events of the finished execution.
    pub(super) fn order_events(
        &mut self,
        program: &mut dyn Program,
        meter: &Meter,
    ) -> Result<(), Interrupted> {
        self.trail.go_to(self.events.len());
        self.end.clone_from(self.trail.last());
        let (events, order) = (&self.events, &mut self.order);
        let known = order.update(events, self.known, &self.end, meter)?;
        self.ops
            .update(program, events, &mut self.trail, &self.end, order, known);
        self.note_meetings(program, known);
        Ok(())
    }

    /// Inserts the race reversals of the finished execution into the wakeup trees along the path.
    /// It begins with the event `first`, and goes as far as the meter allows. Returns the event at
    /// which it stopped. That event's reversals may be incomplete.
    pub(super) fn reverse_races(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        first: usize,
    ) -> Result<usize, Fault> {
        let work = Cell::new(self.events.len() as u64 / 16);
        let common = self.order.common(self.known, &self.over);
        let mut first = first;
        if first == 0 {
            let whole = self.order.whole(&common).min(self.known);
            self.done.truncate(whole);
            first = self.done.len();
            work.set(work.get() + self.done.last().unwrap_or(&0));
        }
        for i in first..self.events.len() {
            let node = &mut self.nodes[i];
            node.forget(index_u32(self.known));
            // Whatever comes later is after the event. So its rivals are those of the execution
            // before, and the sequences, too.
            let is_done = i < self.known && self.order.contains(&common, i);
            let is_settled = || {
                let is_settled = node.upto.is_some();
                is_settled && self.ops.are_new_after(&self.order, &self.events[i], i)
            };
            if let Some(cost) = node.cost.filter(|_| is_done || is_settled()) {
                work.set(work.get() + cost);
                if is_done && self.done.len() == i {
                    self.done.push(self.done.last().unwrap_or(&0) + cost);
                }
            } else {
                let execution = Execution {
                    events: &self.events,
                    trail: RefCell::new(&mut self.trail),
                    end: &self.end,
                    order: &self.order,
                    ops: &self.ops,
                    work: &work,
                    meter,
                };
                let before = work.get();
                let whole = match i < self.own.fixed() {
                    true => execution.reversals(program, i, &mut self.own.sink(i, node)),
                    false => execution.reversals(program, i, node),
                };
                let Some(upto) = Interrupted::unless_stopped(whole)? else {
                    meter.spend_many(work.take());
                    return Ok(i);
                };
                (node.upto, node.cost) = (upto, Some(work.get() - before));
            }
            meter.spend_many(work.take());
            if meter.slice_is_over() {
                return Ok(i + 1);
            }
        }
        Ok(self.events.len())
    }

    /// Ends or pauses the search in the middle of an execution.
    pub(super) fn broken_off(&mut self, meter: &Meter) -> Progress {
        match meter.over_now() {
            Some(limit) => {
                self.findings.record_limit(limit);
                Progress::Done
            }
            None => Progress::Paused,
        }
    }

    /// Goes on to the next execution once the rivals of all events have been found. Returns `None`
    /// if the search is to continue at once.
    pub(super) fn after_reversal(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        next: usize,
    ) -> Option<Progress> {
        let depth = self.path.len();
        let stops = meter.must_stop();
        if next < depth {
            return (stops || meter.slice_is_over()).then(|| self.broken_off(meter));
        }
        let limit = meter.over();
        if meter.wants_estimate(self.findings.executions) {
            meter.done(self.share_done());
        }
        let more = self.ascend();
        let limit = meter.executions(self.findings.executions, depth).or(limit);
        if let Some(limit) = limit.filter(|_| more) {
            self.findings.record_limit(limit);
        }
        if !more || limit.is_some() {
            self.findings.complete = self.findings.limits.is_empty();
            return Some(Progress::Done);
        }
        self.stage = Stage::Descend;
        if self.own.is_enough(self.findings.executions) {
            return Some(Progress::Done);
        }
        if !self.forgets_nothing {
            forget_past(program, self.trail.locals());
        }
        meter.slice_is_over().then_some(Progress::Paused)
    }
}
