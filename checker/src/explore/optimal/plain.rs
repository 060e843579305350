//! The rivals on one object that is as it was, whatever they need to arrive.

use smallvec::SmallVec;

use super::super::Interrupted;
use super::backtrack_sink::{BacktrackSink, Rival};
use super::ops::{OpOf, Sort};
use super::order::index_u32;
use super::races::Execution;
use super::tree::both;
use crate::model::{Access, Event, Footprint, ObjectId, Pending, Program, Step};

/// The events that touch an object and do not change it.
type Others = SmallVec<[u32; 8]>;

impl Execution<'_> {
    /// Tells the sink of the rivals of event `i` that this operation can make on an object that the
    /// event touches. Returns what [`reversals`](Execution::reversals) does.
    pub(super) fn rivals_of(
        &self,
        program: &mut dyn Program,
        i: usize,
        (object, how): (ObjectId, Access),
        op: OpOf,
        sink: &mut dyn BacktrackSink,
    ) -> Result<Option<u32>, Interrupted> {
        match op.sort {
            Sort::Looks if how == Access::Shared => return Ok(Some(0)),
            Sort::Looks | Sort::Changes => {}
            Sort::Wide | Sort::Talks | Sort::Several => {
                self.ways(program, i, op, sink)?;
                return Ok(None);
            }
        }
        let rival = Rival {
            step: Step::of(op.goroutine),
            arrivals: [op.arrival, None],
        };
        if let Some(upto) = self.settled(&rival, sink) {
            return Ok(Some(upto));
        }
        let Some(others) = self.others(i, (object, how), op)? else {
            self.ways(program, i, op, sink)?;
            return Ok(None);
        };
        let before = self.work.get();
        let seen = self.plain_rival(program, i, op, &others, sink)?;
        let last = match how {
            Access::Exclusive => Some(0),
            Access::Shared | Access::Decrement { .. } | Access::Unseen => op.done,
        };
        let seen = both(seen, last).map(|seen| seen.max(rival.arrived()).max(index_u32(i)));
        if let Some(seen) = seen {
            sink.settle(rival, seen, self.work.get() - before);
        }
        Ok(seen)
    }

    /// Returns the events that touch the object before this operation is executed, and after event
    /// `i` without depending on it. Returns `None` if one of them changes the object.
    fn others(
        &self,
        i: usize,
        (object, how): (ObjectId, Access),
        op: OpOf,
    ) -> Result<Option<Others>, Interrupted> {
        let mut others = Others::new();
        if how == Access::Exclusive {
            // Whatever else touches it comes after e.
            return Ok(Some(others));
        }
        let touching = self.order.of_object(object);
        let later = touching.partition_point(|(j, _)| *j as usize <= i);
        let upto = op.done.unwrap_or(u32::MAX);
        for &(j, _) in touching[later..].iter().take_while(|(j, _)| *j < upto) {
            self.meter.go_on()?;
            if self.order.is_before(i, j as usize) {
                continue;
            }
            if self.trail.borrow().changes(j as usize, object) {
                return Ok(None);
            }
            others.push(j);
        }
        Ok(Some(others))
    }

    /// Tells the sink of a rival on an object that is as it is before event `i`, whatever the rival
    /// needs to arrive. The others that touch it do not change it. So no cuts have to be tried but
    /// those without them and with all. Returns what [`BacktrackSink::found`] does.
    fn plain_rival(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        others: &[u32],
        sink: &mut dyn BacktrackSink,
    ) -> Result<Option<u32>, Interrupted> {
        let Pending::Op(pending) = op.pending(program) else {
            return Ok(None);
        };
        self.work.set(self.work.get() + 1);
        let world = self.world(i);
        if !world.admits(op.goroutine, pending) {
            return Ok(Some(0));
        }
        let step = Step::of(op.goroutine);
        let mut footprint = Footprint::new();
        world.touch_op(step, pending, &mut footprint);
        drop(world);
        let f = Event {
            step,
            actors: SmallVec::from_slice(&[op.goroutine]),
            footprint,
        };
        if !f.depends_on(&self.events[i]) {
            return Ok(Some(0));
        }
        let mut cut = self.order.empty();
        if let Some(arrival) = op.arrival {
            self.order.extend(&mut cut, arrival as usize);
        }
        let seen = self.tell(program, i, &cut, &f, sink)?;
        if others.is_empty() {
            return Ok(seen);
        }
        for &other in others {
            self.order.extend(&mut cut, other as usize);
        }
        Ok(both(seen, self.tell(program, i, &cut, &f, sink)?))
    }
}
