//! A saved search. The numbers of local states differ from run to run. So a future is saved with
//! the place where its local state was first met: a state, moves from there, and a goroutine.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::futures::{Future, Futures, Version};
use super::sets::Goroutines;
use super::{Node, Stubborn};
use crate::explore::Findings;
use crate::explore::checkpoint::{mismatch, take_again};
use crate::explore::ways::Move;
use crate::model::{
    Classes, Fault, GoroutineId, LocalState, ObjectId, Permutation, Program, Step, World,
};

/// The state of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The state from which each one was first met, and the moves from there: each step with the
    /// number of the permutation that puts the state in order. The first state has no moves.
    pub from: Vec<(u32, Vec<(Step, u32)>)>,
    /// The number of the permutation that puts the first state in order.
    pub of_start: u32,
    /// The permutations by number, from 1.
    pub permutations: Vec<Permutation>,
    /// The stubborn set of each state, a bit for each goroutine, and the version of the futures
    /// from which it was made. True if the walks from it pass over states.
    pub sets: Vec<(u64, u64, bool)>,
    /// The first state whose steps have not been taken, and the number of those that have.
    pub next: (usize, usize),
    /// The first state that has not been looked at again, and the version when that began.
    pub again: (usize, u64),
    /// True if no state is to be passed over, if one was, and if a step was left out there.
    pub walks: (bool, bool, bool),
    /// Steps that were enabled in states that were passed over, and those of them that were taken.
    pub passed: (u64, u64),
    /// Number of walks, and of those that came to a state that was met.
    pub walk_counts: (u64, u64),
    /// True if all steps of all states are to be taken.
    pub off: bool,
    /// Steps that were enabled in the states before `next`, and those of them that were taken.
    pub steps: (u64, u64),
    /// True if a step may have closed a cycle.
    pub may_cycle: bool,
    /// True if the exchange was given up.
    pub without_exchange: bool,
    /// The walks on which local states were first met: the state from which each began, and its
    /// moves.
    pub places: Vec<(u32, Vec<(Step, u32)>)>,
    /// The local states.
    pub futures: Vec<SavedFuture>,
    /// Each timer with what its hidden goroutine was seen to touch, and when that changed last.
    pub timers: (Vec<(ObjectId, Vec<ObjectId>)>, u64),
    /// The number of changes to all futures so far.
    pub version: u64,
    /// The findings so far.
    pub findings: Findings,
}

/// One local state and its future.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedFuture {
    /// The number of a walk and of its moves, and a goroutine that stands at the local state then.
    pub at: (u32, u32, GoroutineId),
    /// Its place in the order of identical goroutines.
    pub rank: Option<u32>,
    /// False if nothing of its future is known, since nothing was learned any more.
    pub met: bool,
    /// The numbers of the futures, in this list, of which it is a part.
    pub before: Vec<u32>,
    /// The classes of operations, by object.
    pub classes: Vec<u16>,
    /// The classes of accesses to memory, by region.
    pub memory: Vec<u16>,
    /// The version at which it changed last.
    pub changed: u64,
}

/// Returns the saved form of moves.
fn saved_way(way: impl IntoIterator<Item = Move>) -> Vec<(Step, u32)> {
    way.into_iter().map(|it| (it.step, it.order)).collect()
}

/// Returns moves by their saved form.
fn restored_way(way: &[(Step, u32)]) -> Vec<Move> {
    let moves = way.iter().map(|&(step, order)| Move { step, order });
    moves.collect()
}

impl Stubborn {
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        let mut index_of: FxHashMap<u32, u32> = FxHashMap::default();
        index_of.extend(self.places.iter().map(|it| it.0.0).zip(0..));
        let nothing = Future::default();
        let futures = self.places.iter().map(|(local, place)| {
            let future = self.futures.locals.get(local.index()).unwrap_or(&nothing);
            // What stands before it may have no place, if it is known from a drawn execution only.
            let before = future.before.iter().filter_map(|it| index_of.get(it));
            SavedFuture {
                at: (place.walk, place.moves, place.goroutine),
                rank: self.exchange.rank(local),
                met: future.met,
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
        let ways = self.store.ways();
        let mut from = Vec::new();
        from.try_reserve_exact(ways.len()).ok()?;
        from.extend((0..ways.len()).map(|at| (ways.before(at), saved_way(ways.moves(at)))));
        let of_node = |it: &Node| (it.set.0, it.version, it.passes);
        Some(Snapshot {
            from,
            of_start: self.exchange.of_start,
            permutations: self.exchange.permutations().to_vec(),
            sets: self.nodes.iter().map(of_node).collect(),
            next: (self.next, self.at),
            again: (self.again, self.again_since),
            walks: (self.walks.off, self.walks.pass, self.walks.leave_out),
            passed: (self.walks.enabled_count, self.walks.taken_count),
            walk_counts: (self.walks.count, self.walks.to_met),
            off: self.off,
            steps: (self.enabled_count, self.taken_count),
            may_cycle: self.may_cycle,
            without_exchange: self.without_exchange,
            places: self
                .places
                .walks
                .iter()
                .map(|(at, way)| (*at, saved_way(way.iter().copied())))
                .collect(),
            futures: futures.collect(),
            timers: (timers, self.futures.timers_changed),
            version: self.futures.version,
            findings: self.findings.clone(),
        })
    }

    /// Finds all states again, and restores what was known of them.
    ///
    /// # Errors
    /// If it was a search of another program.
    pub(super) fn resume_from(
        &mut self,
        program: &mut dyn Program,
        mut saved: Snapshot,
    ) -> Result<(), Fault> {
        if saved.sets.len() != saved.from.len() {
            return Err(mismatch("it has not one set for each state"));
        }
        self.without_exchange = saved.without_exchange;
        let mut world = self.start(program)?;
        self.exchange.of_start = saved.of_start;
        let permutations = std::mem::take(&mut saved.permutations);
        self.exchange.restore_permutations(permutations);
        self.put_in_order(&mut world, saved.of_start)?;
        self.store.start_with(&world)?;
        // States are numbered as they were met, so each comes from one before it.
        for (index, ((before, way), &(set, version, passes))) in
            saved.from.iter().zip(&saved.sets).enumerate()
        {
            let mut depth = 0;
            if index > 0 {
                depth = self.depth_behind(*before, way)?;
                self.copy_met(*before, &mut world)?;
                self.go_on(program, &mut world, way)?;
                let sought = self.store.seek(|bytes| world.encode(bytes));
                if sought.index.is_some() {
                    return Err(mismatch("two of its states are the same"));
                }
                self.store
                    .add_sought(&sought, *before, &restored_way(way))?;
            }
            self.nodes.push(Node {
                set: Goroutines(set),
                version,
                depth,
                passes,
            });
        }
        self.restore_futures(program, &saved)?;
        (self.next, self.at) = saved.next;
        (self.again, self.again_since) = saved.again;
        (self.walks.off, self.walks.pass, self.walks.leave_out) = saved.walks;
        (self.walks.count, self.walks.to_met) = saved.walk_counts;
        (self.walks.enabled_count, self.walks.taken_count) = saved.passed;
        (self.enabled_count, self.taken_count) = saved.steps;
        // What is withheld was told, or is not to be.
        self.withheld = false;
        (self.off, self.may_cycle, self.findings) = (saved.off, saved.may_cycle, saved.findings);
        Ok(())
    }

    /// Returns the number of steps on the way to a state that comes from another.
    fn depth_behind(&self, before: u32, way: &[(Step, u32)]) -> Result<u32, Fault> {
        let steps = u32::try_from(way.len()).ok();
        let node = self.nodes.get(before as usize);
        let depth = node.and_then(|node| node.depth.checked_add(steps?));
        depth.ok_or_else(|| mismatch("a state was met before the one that it comes from"))
    }

    /// Makes `world` a state that was met.
    fn copy_met(&self, state: u32, world: &mut World) -> Result<(), Fault> {
        if state as usize >= self.store.len() {
            return Err(mismatch("moves begin at a state that was not met"));
        }
        self.store.copy_world(state as usize, world);
        Ok(())
    }

    /// Makes saved moves.
    fn go_on(
        &mut self,
        program: &mut dyn Program,
        world: &mut World,
        way: &[(Step, u32)],
    ) -> Result<(), Fault> {
        for &(step, order) in way {
            self.withholding(program, |program| take_again(program, world, step))?;
            self.put_in_order(world, order)?;
        }
        Ok(())
    }

    fn put_in_order(&mut self, world: &mut World, order: u32) -> Result<(), Fault> {
        if order as usize > self.exchange.permutations().len() {
            return Err(mismatch("a permutation has no such number"));
        }
        if let Some(permutation) = self.exchange.permutation(order) {
            let count = world.goroutines().len();
            let is_there = |id: GoroutineId| id.index() < count;
            if !permutation
                .ids()
                .all(|id| is_there(id) && is_there(permutation.of(id)))
            {
                return Err(mismatch("a permutation is one of other goroutines"));
            }
            world.permute(permutation);
            self.exchange.used = true;
        }
        Ok(())
    }

    /// Takes the walks on which local states were first met, and returns these.
    fn walk_places(
        &mut self,
        program: &mut dyn Program,
        saved: &Snapshot,
    ) -> Result<Vec<u32>, Fault> {
        let ats = saved.futures.iter().map(|future| future.at);
        let sought: FxHashMap<_, usize> = ats.zip(0..).collect();
        let mut locals = vec![None; saved.futures.len()];
        let mut world = World::default();
        for (walk, (state, way)) in (0..).zip(&saved.places) {
            for moves in 0..=way.len() {
                match moves {
                    0 => self.copy_met(*state, &mut world)?,
                    _ => self.go_on(program, &mut world, &way[moves - 1..moves])?,
                }
                for id in world.ids() {
                    let at = sought.get(&(walk, moves as u32, id));
                    if let (Some(at), Some(goroutine)) = (at, world.goroutine(id)) {
                        locals[*at] = Some(goroutine.local.0);
                    }
                }
            }
            self.places.walks.push((*state, restored_way(way)));
        }
        let locals: Option<_> = locals.into_iter().collect();
        locals.ok_or_else(|| mismatch("a local state is at no place"))
    }

    fn restore_futures(
        &mut self,
        program: &mut dyn Program,
        saved: &Snapshot,
    ) -> Result<(), Fault> {
        let locals = self.walk_places(program, saved)?;
        for (future, &local) in saved.futures.iter().zip(&locals) {
            let local = LocalState(local);
            self.places.put(local, future.at);
            if let Some(rank) = future.rank {
                self.exchange.restore_rank(local, rank);
            }
        }
        let mut futures = Futures::default();
        futures.version = saved.version;
        futures.timers_changed = saved.timers.1;
        for (timer, seen) in &saved.timers.0 {
            let all = seen.iter().map(|object| (*object, Classes::ALL));
            futures.timers.insert(*timer, all.collect());
        }
        // `before` counts within the saved list. A local state has another number in this run.
        for (future, &local) in saved.futures.iter().zip(&locals).filter(|it| it.0.met) {
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
        self.futures = futures;
        Ok(())
    }
}
