//! A saved search. The numbers of local states differ from run to run. So a future is saved with a
//! state and a goroutine that stands at its local state.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::futures::{Future, Futures, Version, is_timer};
use super::sets::Goroutines;
use super::{Node, Stubborn};
use crate::explore::Findings;
use crate::explore::checkpoint::{mismatch, take_again};
use crate::model::{Classes, Fault, GoroutineId, ObjectId, Program, Step, World};

/// The state of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The state from which each one was first met, and the step.
    pub from: Vec<(u32, Step)>,
    /// The stubborn set of each state, a bit for each goroutine, and the version of the futures
    /// from which it was made.
    pub sets: Vec<(u64, u64)>,
    /// The first state whose steps have not been taken, and the number of those that have.
    pub next: (usize, usize),
    /// The first state that has not been looked at again, and the version when that began.
    pub again: (usize, u64),
    /// True if all steps of all states are to be taken.
    pub off: bool,
    /// Steps that were enabled in the states before `next`, and those of them that were taken.
    pub steps: (u64, u64),
    /// True if a step may have closed a cycle.
    pub may_cycle: bool,
    /// True if the exchange was given up.
    pub without_exchange: bool,
    /// The futures of the local states.
    pub futures: Vec<SavedFuture>,
    /// Each timer with what its hidden goroutine was seen to touch, and when that changed last.
    pub timers: (Vec<(ObjectId, Vec<ObjectId>)>, u64),
    /// The number of changes to all futures so far.
    pub version: u64,
    /// The findings so far.
    pub findings: Findings,
}

/// The future of one local state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedFuture {
    /// A state, and a goroutine that stands at the local state there.
    pub at: (u32, GoroutineId),
    /// The numbers of the futures, in this list, of which it is a part.
    pub before: Vec<u32>,
    /// The classes of operations, by object.
    pub classes: Vec<u16>,
    /// The classes of accesses to memory, by region.
    pub memory: Vec<u16>,
    /// The version at which it changed last.
    pub changed: u64,
}

impl Stubborn {
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        let places = self.places();
        let mut numbers: Vec<u32> = places.keys().copied().collect();
        numbers.sort_unstable();
        let index_of: FxHashMap<u32, u32> = numbers.iter().copied().zip(0..).collect();
        let futures = numbers.iter().map(|local| {
            let future = &self.futures.locals[*local as usize];
            // What stands before it may be known from a drawn execution only.
            let before = future.before.iter().filter_map(|it| index_of.get(it));
            SavedFuture {
                at: places[local],
                before: before.copied().collect(),
                classes: future.classes.iter().map(|it| it.bits()).collect(),
                memory: future.memory.iter().map(|it| it.bits()).collect(),
                changed: future.changed,
            }
        });
        let timers = self.futures.timers.iter();
        let mut timers: Vec<_> = timers
            .map(|(timer, seen)| (*timer, seen.iter().map(|it| it.0).collect()))
            .collect();
        timers.sort_unstable();
        let mut from = Vec::new();
        from.try_reserve_exact(self.store.len()).ok()?;
        from.extend(self.store.ways());
        Some(Snapshot {
            from,
            sets: self.nodes.iter().map(|it| (it.set.0, it.version)).collect(),
            next: (self.next, self.at),
            again: (self.again, self.again_since),
            off: self.off,
            steps: (self.enabled_count, self.taken_count),
            may_cycle: self.may_cycle,
            without_exchange: self.without_exchange,
            futures: futures.collect(),
            timers: (timers, self.futures.timers_changed),
            version: self.futures.version,
            findings: self.findings.clone(),
        })
    }

    /// Returns, for each local state that was met, a state and a goroutine that stands at it there.
    fn places(&self) -> FxHashMap<u32, (u32, GoroutineId)> {
        let mut places = FxHashMap::default();
        let mut world = World::default();
        for (state, number) in (0..self.store.len()).zip(0..) {
            self.store.copy_world(state, &mut world);
            for id in world.ids() {
                if let Some(goroutine) = world.goroutine(id).filter(|it| !is_timer(it.phase)) {
                    places.entry(goroutine.local.0).or_insert((number, id));
                }
            }
        }
        places.retain(|local, _| {
            self.futures
                .locals
                .get(*local as usize)
                .is_some_and(|it| it.met)
        });
        places
    }

    /// Finds all states again, and restores what was known of them.
    ///
    /// # Errors
    /// If it was a search of another program.
    pub(super) fn resume_from(
        &mut self,
        program: &mut dyn Program,
        saved: Snapshot,
    ) -> Result<(), Fault> {
        if saved.sets.len() != saved.from.len() {
            return Err(mismatch("it has not one set for each state"));
        }
        // States are numbered as they were met, so each comes from one before it.
        for (index, (&(before, step), &(set, version))) in
            saved.from.iter().zip(&saved.sets).enumerate()
        {
            let mut world = World::default();
            let mut depth = 0;
            if index == 0 {
                self.without_exchange = saved.without_exchange;
                world = self.start(program)?;
            } else if (before as usize) < index {
                self.store.copy_world(before as usize, &mut world);
                self.withholding(program, |program| take_again(program, &mut world, step))?;
                depth = self.nodes[before as usize].depth + 1;
            } else {
                return Err(mismatch(
                    "a state was met before the one that it comes from",
                ));
            }
            if self.meet(program, &mut world, (before, step))? != (index, true) {
                return Err(mismatch("two of its states are the same"));
            }
            self.nodes.push(Node {
                set: Goroutines(set),
                version,
                depth,
            });
        }
        self.futures = self.futures_of(&saved)?;
        (self.next, self.at) = saved.next;
        (self.again, self.again_since) = saved.again;
        (self.enabled_count, self.taken_count) = saved.steps;
        (self.off, self.may_cycle, self.findings) = (saved.off, saved.may_cycle, saved.findings);
        Ok(())
    }

    fn futures_of(&self, saved: &Snapshot) -> Result<Futures, Fault> {
        let local_of = |future: &SavedFuture| {
            let (state, id) = future.at;
            let state = Some(state as usize).filter(|state| *state < self.store.len());
            let world = self.store.world(state?);
            Some(world.goroutine(id)?.local.0)
        };
        let locals: Option<Vec<u32>> = saved.futures.iter().map(local_of).collect();
        let locals = locals.ok_or_else(|| mismatch("a future is of no local state"))?;
        let mut futures = Futures::default();
        futures.version = saved.version;
        futures.timers_changed = saved.timers.1;
        for (timer, seen) in &saved.timers.0 {
            let all = seen.iter().map(|object| (*object, Classes::ALL));
            futures.timers.insert(*timer, all.collect());
        }
        // `before` counts within the saved list. A local state has another number in this run.
        for (future, &local) in saved.futures.iter().zip(&locals) {
            let before = future
                .before
                .iter()
                .map(|index| locals.get(*index as usize).copied());
            let before: Option<_> = before.collect();
            let index = local as usize;
            if futures.locals.len() <= index {
                futures.locals.resize(index + 1, Future::default());
            }
            futures.entries += future.classes.len() + future.memory.len();
            let classes = |all: &[u16]| all.iter().map(|bits| Classes::of_bits(*bits)).collect();
            futures.locals[index] = Future {
                met: true,
                before: before.ok_or_else(|| mismatch("a future is part of none"))?,
                classes: classes(&future.classes),
                memory: classes(&future.memory),
                changed: Version::from(future.changed),
            };
        }
        Ok(futures)
    }
}
