//! The store of every state that was met, with the way to it.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::ways::{Move, Ways};
use crate::execution::context_switches::LastRunner;
use crate::memory::{no_memory, reserve};
use crate::model::{Fault, GoroutineId, Step, World};

/// The scheduler's part of a state, where preemptions are counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct SchedulerState {
    pub(super) running: LastRunner,
    /// Preemptions so far.
    pub(super) preemptions: u32,
}

impl SchedulerState {
    /// Appends it to `out`. It stands before the state of the program.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.preemptions.to_le_bytes());
        self.running.encode(out);
    }

    /// Reads it from the front of `bytes`, and removes it there.
    pub(super) fn decode(bytes: &mut &[u8]) -> Self {
        let (four, rest) = bytes.split_at(4);
        *bytes = rest;
        Self {
            preemptions: u32::from_le_bytes(four.try_into().expect("four bytes")),
            running: LastRunner::decode(bytes),
        }
    }
}

/// States in the order in which they were met, which is that of their distance from the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    bytes: Bytes,
    ways: Ways,
    /// Indices by the hash of the bytes.
    table: HashTable<u32>,
    scratch: Vec<u8>,
}

/// The states as bytes, one after the other.
#[derive(Clone, Debug, Default)]
struct Bytes {
    all: Vec<u8>,
    /// The end of each state, counted from the beginning of its block.
    ends: Vec<u32>,
    /// The beginning of each block of [`BLOCK`] states.
    blocks: Vec<usize>,
}

/// The number of states of a block. So four bytes are enough for an end.
const BLOCK: usize = 1 << 12;

impl Bytes {
    #[inline]
    fn of(&self, index: usize) -> &[u8] {
        let block = self.blocks[index / BLOCK];
        let is_first = index.is_multiple_of(BLOCK);
        let begin = if is_first { 0 } else { self.ends[index - 1] };
        &self.all[block + begin as usize..block + self.ends[index] as usize]
    }

    /// Makes room for one more state.
    fn reserve(&mut self, length: usize) -> Result<(), Fault> {
        reserve(&mut self.all, length)?;
        reserve(&mut self.blocks, 1)?;
        reserve(&mut self.ends, 1)
    }

    /// Adds a state, for which there is room.
    fn push(&mut self, state: &[u8]) -> Result<(), Fault> {
        let begins = self.ends.len().is_multiple_of(BLOCK);
        let block = match self.blocks.last() {
            Some(&block) if !begins => block,
            _ => self.all.len(),
        };
        let end = self.all.len() + state.len() - block;
        // A block of four gigabytes is one of states that take a megabyte each.
        let end = u32::try_from(end).map_err(|_| no_memory(end))?;
        if begins {
            self.blocks.push(block);
        }
        self.all.extend_from_slice(state);
        self.ends.push(end);
        Ok(())
    }
}

impl Store {
    pub(crate) fn len(&self) -> usize {
        self.ways.len()
    }

    /// Returns the bytes of a state: those of the scheduler's part, if it has one, and of the rest.
    pub(super) fn encoded(&self, index: usize) -> &[u8] {
        self.bytes.of(index)
    }

    /// Returns the state of this index, of a store without scheduler states.
    pub(super) fn world(&self, index: usize) -> World {
        World::decode(self.encoded(index))
    }

    /// Does the same, in place of another state.
    pub(super) fn copy_world(&self, index: usize, world: &mut World) {
        world.decode_from(self.encoded(index));
    }

    /// Returns the index of a state and true if it is new. `from` is the state and the step from
    /// which it was met. Either all states of a store have a scheduler state or none.
    ///
    /// # Errors
    /// If there is no memory for a new state. The store is unchanged then.
    pub(super) fn insert(
        &mut self,
        world: &World,
        turn: Option<&SchedulerState>,
        from: (u32, Step),
    ) -> Result<(usize, bool), Fault> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        if let Some(turn) = turn {
            turn.encode(&mut scratch);
        }
        world.encode(&mut scratch);
        let inserted = self.insert_encoded((hash(&scratch), &scratch), from);
        self.scratch = scratch;
        inserted
    }

    /// Does the same with the bytes of a state and their [`hash`].
    ///
    /// # Errors
    /// As for [`Store::insert`].
    pub(super) fn insert_encoded(
        &mut self,
        (hash, state): (u64, &[u8]),
        from: (u32, Step),
    ) -> Result<(usize, bool), Fault> {
        match self.find_encoded(hash, state) {
            Some(index) => Ok((index, false)),
            None => {
                let (before, step) = from;
                let way = [Move::of(step)];
                Ok((self.add(hash, state, before, &way)?, true))
            }
        }
    }

    /// Stores the first state, of a store without scheduler states.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn start_with(&mut self, world: &World) -> Result<(), Fault> {
        let nowhere = (0, Step::of(GoroutineId::MAIN));
        self.insert(world, None, nowhere).map(drop)
    }

    /// Returns the index of a state that was met, of a store without scheduler states.
    pub(super) fn find(&self, world: &World) -> Option<usize> {
        self.find_by(&mut Vec::new(), |bytes| world.encode(bytes))
    }

    /// Does the same by the bytes that `encode` appends. They are written to `scratch`.
    pub(super) fn find_by(
        &self,
        scratch: &mut Vec<u8>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Option<usize> {
        scratch.clear();
        encode(scratch);
        self.find_encoded(hash(scratch), scratch)
    }

    /// Returns the index of a state by its bytes and their [`hash`].
    pub(super) fn find_encoded(&self, hash: u64, state: &[u8]) -> Option<usize> {
        let is_it = |&index: &u32| self.encoded(index as usize) == state;
        self.table.find(hash, is_it).map(|&index| index as usize)
    }

    /// Makes room for one more state in the table.
    fn reserve_in_table(&mut self) -> Result<(), Fault> {
        if self.table.len() < self.table.capacity() {
            return Ok(());
        }
        let twice = 2 * self.table.capacity().max(8);
        let hash_of = |&index: &u32| hash(self.bytes.of(index as usize));
        let mut larger = HashTable::new();
        if larger.try_reserve(twice, hash_of).is_err() {
            return Err(no_memory(twice * size_of::<u32>()));
        }
        // The states lie in the order of their indices, which is not that of the table.
        for index in (0..).take(self.table.len()) {
            larger.insert_unique(hash_of(&index), index, hash_of);
        }
        self.table = larger;
        Ok(())
    }

    /// Looks for a state, of a store without scheduler states, whose bytes `encode` appends.
    pub(super) fn seek(&mut self, encode: impl FnOnce(&mut Vec<u8>)) -> Sought {
        self.scratch.clear();
        encode(&mut self.scratch);
        let hash = hash(&self.scratch);
        Sought {
            hash,
            index: self.find_encoded(hash, &self.scratch),
        }
    }

    /// Adds the state that was sought last and was not there.
    ///
    /// # Errors
    /// As for [`Store::insert`].
    pub(super) fn add_sought(
        &mut self,
        sought: &Sought,
        before: u32,
        way: &[Move],
    ) -> Result<usize, Fault> {
        let scratch = std::mem::take(&mut self.scratch);
        let added = self.add(sought.hash, &scratch, before, way);
        self.scratch = scratch;
        added
    }

    /// Adds a new state.
    fn add(&mut self, hash: u64, state: &[u8], before: u32, way: &[Move]) -> Result<usize, Fault> {
        let index = self.len();
        let number = u32::try_from(index).expect("more than 2^32 states");
        // Nothing changes unless there is room for all of it.
        self.bytes.reserve(state.len())?;
        self.ways.reserve(way.len())?;
        self.reserve_in_table()?;
        self.bytes.push(state)?;
        self.ways.push(before, way);
        let bytes = &self.bytes;
        let hash_of = |&index: &u32| self::hash(bytes.of(index as usize));
        self.table.insert_unique(hash, number, hash_of);
        Ok(index)
    }

    /// Returns the ways to all states.
    pub(super) fn ways(&self) -> &Ways {
        &self.ways
    }

    /// Returns the steps of the way from the start to this state.
    pub(super) fn path(&self, index: usize) -> Vec<Step> {
        self.ways.path(index).map(|it| it.step).collect()
    }
}

/// A state that was looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought {
    hash: u64,
    /// Its index, if it was met.
    pub(super) index: Option<usize>,
}

/// Returns the hash of a state's bytes, by which it is found.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}
