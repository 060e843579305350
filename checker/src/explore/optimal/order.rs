//! Happens-before: the order of the events of one execution that every equivalent execution keeps.
//!
//! Each event has a vector clock with a number for each goroutine: how many of that goroutine's events are the event itself or
//! before it. A set of events that contains whatever is before its members is a clock, too: a [`Cut`].

use crate::model::{Access, Event, GoroutineId, ObjectId};

/// A set of events of an execution that is closed downwards: so many of each goroutine's events, the first ones.
pub(super) type Cut = Vec<u32>;

/// The order of the events of one execution.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// Numbers of a clock: goroutines, by their ids.
    width: usize,
    clocks: Vec<u32>,
    /// The events of each goroutine, in order.
    of_goroutine: Vec<Vec<u32>>,
    /// Of each object: the last accesses that no exclusive one comes after.
    recent: Vec<Vec<(u32, Access)>>,
    /// The events that touch each object, in order.
    of_object: Vec<Vec<u32>>,
}

impl Order {
    /// Orders the events of an execution of so many goroutines and objects.
    pub(super) fn compute(&mut self, events: &[Event], goroutines: usize, objects: usize) {
        self.width = goroutines;
        self.clocks.clear();
        self.clocks.resize(events.len() * goroutines, 0);
        reset(&mut self.of_goroutine, goroutines);
        reset(&mut self.recent, objects);
        reset(&mut self.of_object, objects);
        for (index, event) in events.iter().enumerate() {
            self.add(index, event);
        }
    }

    fn add(&mut self, index: usize, event: &Event) {
        let number = index_u32(index);
        for actor in &event.actors {
            if let Some(&before) = self.of_goroutine[actor.index()].last() {
                self.join(index, before as usize);
            }
        }
        for &(object, access) in &event.touches {
            let mut recent = std::mem::take(&mut self.recent[object.index()]);
            for &(before, how) in &recent {
                if !access.commutes(how) {
                    self.join(index, before as usize);
                }
            }
            if access == Access::Exclusive {
                recent.clear();
            }
            recent.push((number, access));
            self.recent[object.index()] = recent;
            self.of_object[object.index()].push(number);
        }
        for actor in &event.actors {
            let own = &mut self.of_goroutine[actor.index()];
            if own.last() != Some(&number) {
                own.push(number);
                self.clocks[index * self.width + actor.index()] = index_u32(own.len());
            }
        }
    }

    fn join(&mut self, index: usize, before: usize) {
        let (head, tail) = self.clocks.split_at_mut(index * self.width);
        let before = &head[before * self.width..(before + 1) * self.width];
        for (mine, its) in tail[..self.width].iter_mut().zip(before) {
            *mine = (*mine).max(*its);
        }
    }

    /// The clock of an event: it, and all that is before it.
    pub(super) fn clock(&self, event: usize) -> &[u32] {
        &self.clocks[event * self.width..(event + 1) * self.width]
    }

    /// The events of a goroutine.
    pub(super) fn of_goroutine(&self, id: GoroutineId) -> &[u32] {
        self.of_goroutine.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// The events that touch an object.
    pub(super) fn of_object(&self, id: ObjectId) -> &[u32] {
        self.of_object.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether event `a` is `b` or before it.
    pub(super) fn is_before(&self, events: &[Event], a: usize, b: usize) -> bool {
        self.contains(self.clock(b), events, a)
    }

    /// Whether the set has this event.
    pub(super) fn contains(&self, cut: &[u32], events: &[Event], event: usize) -> bool {
        let actor = events[event].step.actor.index();
        cut[actor] >= self.clocks[event * self.width + actor]
    }

    /// The empty set.
    pub(super) fn empty(&self) -> Cut {
        vec![0; self.width]
    }

    /// Adds an event, and all that is before it, to a set.
    pub(super) fn extend(&self, cut: &mut Cut, event: usize) {
        for (mine, its) in cut.iter_mut().zip(self.clock(event)) {
            *mine = (*mine).max(*its);
        }
    }
}

fn reset<T>(lists: &mut Vec<Vec<T>>, count: usize) {
    lists.iter_mut().for_each(Vec::clear);
    lists.resize_with(count.max(lists.len()), Vec::new);
}

pub(super) fn index_u32(index: usize) -> u32 {
    u32::try_from(index).expect("an execution of more than 2^32 steps")
}
