//! Happens-before: the order of the events of one execution that every equivalent execution keeps.
//!
//! Each event has a vector clock with a number for each goroutine. It counts that goroutine's
//! events that are the event itself or before it. A set of events that contains whatever is before
//! its members is a clock, too: a [`Cut`].

use smallvec::SmallVec;

use super::super::{Interrupted, Meter};
use super::clocks::Clocks;
use crate::memory::reserve;
use crate::model::{Access, Event, GoroutineId, ObjectId, World};

/// A set of events of an execution that is closed downwards. It has a number for each goroutine and
/// contains that many of its first events.
pub(super) type Cut = SmallVec<[u32; 8]>;

/// The order of the events of one execution.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// The clocks. Goroutines are indexed by their ids.
    clocks: Clocks,
    /// The actor of each event, and the number of the event among those of the actor.
    places: Vec<(GoroutineId, u32)>,
    /// The events of each goroutine, in order.
    of_goroutine: Vec<Vec<u32>>,
    /// The events that touch each object, in order, each with its access.
    of_object: Vec<Vec<(u32, Access)>>,
    /// Those that have exclusive access.
    exclusive: Vec<Vec<u32>>,
    /// Number of events that are ordered.
    count: usize,
}

impl Order {
    /// Orders the events of an execution that ends in this state. The first `known` events are
    /// shared with the previous execution. Returns the number of events that it could keep: none,
    /// if there are more goroutines now.
    ///
    /// # Errors
    /// If the search is to stop, or there is no memory. Then `update` must be called again before
    /// any other method.
    pub(super) fn update(
        &mut self,
        events: &[Event],
        known: usize,
        end: &World,
        meter: &Meter,
    ) -> Result<usize, Interrupted> {
        let goroutines = end.goroutines().len();
        let is_wider = goroutines > self.clocks.width();
        let known = if is_wider { 0 } else { known.min(self.count) };
        if is_wider {
            self.clocks.restart(goroutines);
            self.of_goroutine.resize_with(goroutines, Vec::new);
        }
        let limit = index_u32(known);
        for own in self.of_goroutine.iter_mut().chain(&mut self.exclusive) {
            while own.pop_if(|event| *event >= limit).is_some() {}
        }
        for touching in &mut self.of_object {
            while touching.pop_if(|(event, _)| *event >= limit).is_some() {}
        }
        self.count = known;
        self.clocks.truncate(known);
        self.places.truncate(known);
        for (index, event) in events.iter().enumerate().skip(known) {
            // The clocks of a long execution are the largest table. So the meter sees it grow.
            meter.go_on()?;
            reserve(&mut self.places, 1)?;
            let before = self.of_goroutine(event.step.actor).last();
            self.clocks.push(before.map(|&before| before as usize))?;
            self.add(index, event);
        }
        self.count = events.len();
        Ok(known)
    }

    fn add(&mut self, index: usize, event: &Event) {
        let number = index_u32(index);
        // Whatever is before an event that is before this one is before it, too.
        let mut join = |before: u32| {
            let (actor, number) = self.places[before as usize];
            if self.clocks.number(index, actor.index()) < number {
                self.clocks.join(before as usize);
            }
        };
        for actor in event.actors.iter().filter(|it| **it != event.step.actor) {
            if let Some(&before) = self.of_goroutine[actor.index()].last() {
                join(before);
            }
        }
        for &(object, access) in &event.footprint {
            // It need not be among the objects of a state: plain memory that is touched is not.
            if self.of_object.len() <= object.index() {
                self.of_object.resize_with(object.index() + 1, Vec::new);
                self.exclusive.resize_with(object.index() + 1, Vec::new);
            }
            let touching = &mut self.of_object[object.index()];
            for &(before, how) in touching.iter().rev() {
                if !access.commutes(how) {
                    join(before);
                }
                if how == Access::Exclusive {
                    break;
                }
            }
            touching.push((number, access));
            if access == Access::Exclusive {
                self.exclusive[object.index()].push(number);
            }
        }
        for actor in &event.actors {
            let own = &mut self.of_goroutine[actor.index()];
            if own.last() != Some(&number) {
                own.push(number);
                self.clocks.set(actor.index(), index_u32(own.len()));
            }
        }
        let actor = event.step.actor;
        let number = index_u32(self.of_goroutine(actor).len());
        self.places.push((actor, number));
    }

    /// Returns the clock of an event: the event, and all that is before it. Zeros may follow.
    pub(super) fn clock(&self, event: usize) -> impl Iterator<Item = u32> {
        self.clocks.numbers(event)
    }

    /// Returns the events of a goroutine.
    pub(super) fn of_goroutine(&self, id: GoroutineId) -> &[u32] {
        self.of_goroutine.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns the event in which a mover of this event arrived at what it does in it.
    pub(super) fn arrival(&self, mover: GoroutineId, event: usize) -> Option<u32> {
        let before = self.clocks.number(event, mover.index()).checked_sub(2)?;
        Some(self.of_goroutine(mover)[before as usize])
    }

    /// Returns the events that touch an object.
    pub(super) fn of_object(&self, id: ObjectId) -> &[(u32, Access)] {
        self.of_object.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns the events that have exclusive access to an object.
    pub(super) fn exclusive(&self, id: ObjectId) -> &[u32] {
        self.exclusive.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns true if event `a` is `b` or before it.
    pub(super) fn is_before(&self, a: usize, b: usize) -> bool {
        let (actor, number) = self.places[a];
        self.clocks.number(b, actor.index()) >= number
    }

    /// Returns true if all that is before event `j` comes before event `i` in the execution.
    pub(super) fn follows_only(&self, j: usize, i: usize) -> bool {
        let limit = index_u32(i);
        let clock = self.clock(j);
        self.of_goroutine.iter().zip(clock).all(|(own, count)| {
            // The last of the goroutine's events that is `j` or before it, and the one before that.
            let last = count.checked_sub(1).map(|last| own[last as usize]);
            match last {
                Some(last) if last as usize == j => count < 2 || own[count as usize - 2] < limit,
                Some(last) => last < limit,
                None => true,
            }
        })
    }

    /// Returns what is before the last event of every goroutine that can still move after the first
    /// `known` events. Whatever comes later is after all of it. `over` says which are there and
    /// cannot move any more, or are not there.
    pub(super) fn common(&self, known: usize, over: &[bool]) -> Cut {
        let mut common = Cut::from_elem(u32::MAX, self.clocks.width());
        for (own, _) in self
            .of_goroutine
            .iter()
            .zip(over)
            .filter(|(_, over)| !**over)
        {
            let position = own.partition_point(|&event| (event as usize) < known);
            match position.checked_sub(1) {
                Some(last) => {
                    let clock = self.clock(own[last] as usize);
                    for (mine, its) in common.iter_mut().zip(clock) {
                        *mine = (*mine).min(its);
                    }
                }
                None => common.fill(0),
            }
        }
        common
    }

    /// Returns the number of events at the start that are all in a set.
    pub(super) fn whole(&self, cut: &[u32]) -> usize {
        let missing = |(own, &count): (&Vec<u32>, &u32)| own.get(count as usize).copied();
        let missing = self.of_goroutine.iter().zip(cut).filter_map(missing);
        missing.min().map_or(self.count, |first| first as usize)
    }

    /// Returns true if the set has this event.
    pub(super) fn contains(&self, cut: &[u32], event: usize) -> bool {
        let (actor, number) = self.places[event];
        cut[actor.index()] >= number
    }

    /// Returns the last event of a set; 0 if it is empty.
    pub(super) fn last(&self, cut: &[u32]) -> u32 {
        let last = |(own, &count): (&Vec<u32>, &u32)| Some(own[count.checked_sub(1)? as usize]);
        let lasts = self.of_goroutine.iter().zip(cut).filter_map(last);
        lasts.max().unwrap_or(0)
    }

    /// Returns the empty set.
    pub(super) fn empty(&self) -> Cut {
        Cut::from_elem(0, self.clocks.width())
    }

    /// Adds an event, and all that is before it, to a set.
    pub(super) fn extend(&self, cut: &mut Cut, event: usize) {
        let mut rest = &mut cut[..];
        for part in self.clocks.parts(event) {
            let (mine, behind) = rest.split_at_mut(part.len().min(rest.len()));
            for (mine, its) in mine.iter_mut().zip(part) {
                *mine = (*mine).max(*its);
            }
            rest = behind;
        }
    }
}

pub(super) fn index_u32(index: usize) -> u32 {
    u32::try_from(index).expect("an execution of more than 2^32 steps")
}
