//! Every state that was met, once, with the way to it.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::execution::context_switches::Running;
use crate::memory::{no_memory, reserve};
use crate::model::{Fault, GoroutineId, Step, World};

/// What goes with a state where preemptions are counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Turn {
    pub(super) running: Running,
    /// Preemptions so far.
    pub(super) preemptions: u32,
}

/// States in the order in which they were met, which is that of their distance from the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    /// The states as bytes, one after the other.
    bytes: Vec<u8>,
    /// Where each state ends in `bytes`.
    ends: Vec<usize>,
    /// The state from which each was first met, and the step; the first state has itself.
    from: Vec<(u32, Step)>,
    /// Indices by the hash of the bytes.
    table: HashTable<u32>,
    scratch: Vec<u8>,
}

impl Store {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn encoded(&self, index: usize) -> &[u8] {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[begin..self.ends[index]]
    }

    /// The state of this index, of a store without turns.
    pub(super) fn world(&self, index: usize) -> World {
        World::decode(self.encoded(index))
    }

    /// The same, in place of another state.
    pub(super) fn copy_world(&self, index: usize, world: &mut World) {
        world.decode_from(self.encoded(index));
    }

    /// The same, of a store with turns; returns whose turn it is.
    pub(super) fn copy_world_with_turn(&self, index: usize, world: &mut World) -> Turn {
        let mut bytes = self.encoded(index);
        let (four, rest) = bytes.split_at(4);
        bytes = rest;
        let preemptions = u32::from_le_bytes(four.try_into().expect("four bytes"));
        let running = Running::decode(&mut bytes);
        world.decode_from(bytes);
        Turn {
            running,
            preemptions,
        }
    }

    /// The index of a state, and whether it is new. `from` says how it was met. Either all states
    /// of a store have a turn or none.
    ///
    /// # Errors
    /// If there is no memory for a new state; the store is as it was then.
    pub(super) fn insert(
        &mut self,
        world: &World,
        turn: Option<&Turn>,
        from: (u32, Step),
    ) -> Result<(usize, bool), Fault> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        if let Some(turn) = turn {
            scratch.extend_from_slice(&turn.preemptions.to_le_bytes());
            turn.running.encode(&mut scratch);
        }
        world.encode(&mut scratch);
        let hash = hash(&scratch);
        let known = self.find_encoded(hash, &scratch);
        let found = match known {
            Some(index) => index,
            None => self.add(hash, &scratch, from)?,
        };
        self.scratch = scratch;
        Ok((found, known.is_none()))
    }

    /// Stores the first state, of a store without turns.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn start_with(&mut self, world: &World) -> Result<(), Fault> {
        let nowhere = (0, Step::of(GoroutineId::MAIN));
        self.insert(world, None, nowhere).map(drop)
    }

    /// The index of a state that was met, of a store without turns.
    pub(super) fn find(&self, world: &World) -> Option<usize> {
        let mut encoded = Vec::new();
        world.encode(&mut encoded);
        self.find_encoded(hash(&encoded), &encoded)
    }

    fn find_encoded(&self, hash: u64, state: &[u8]) -> Option<usize> {
        let is_it = |&index: &u32| self.encoded(index as usize) == state;
        self.table.find(hash, is_it).map(|&index| index as usize)
    }

    /// Adds a state that is new.
    fn add(&mut self, hash: u64, state: &[u8], from: (u32, Step)) -> Result<usize, Fault> {
        let index = self.ends.len();
        let number = u32::try_from(index).expect("more than 2^32 states");
        // Nothing changes unless there is room for all of it.
        reserve(&mut self.bytes, state.len())?;
        reserve(&mut self.ends, 1)?;
        reserve(&mut self.from, 1)?;
        let (bytes, ends) = (&self.bytes, &self.ends);
        let hash_of = |&index: &u32| {
            let index = index as usize;
            let begin = index.checked_sub(1).map_or(0, |before| ends[before]);
            self::hash(&bytes[begin..ends[index]])
        };
        if self.table.try_reserve(1, hash_of).is_err() {
            let twice = 2 * self.table.capacity() * size_of::<u32>();
            return Err(no_memory(twice));
        }
        self.table.insert_unique(hash, number, hash_of);
        self.bytes.extend_from_slice(state);
        self.ends.push(self.bytes.len());
        self.from.push(from);
        Ok(index)
    }

    /// The state from which each was first met, and the step.
    pub(super) fn ways(&self) -> &[(u32, Step)] {
        &self.from
    }

    /// A shortest way from the start to this state.
    pub(super) fn path(&self, mut index: usize) -> Vec<Step> {
        let mut path = Vec::new();
        while index > 0 {
            let (before, step) = self.from[index];
            path.push(step);
            index = before as usize;
        }
        path.reverse();
        path
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}
