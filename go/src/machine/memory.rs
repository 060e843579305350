//! Memory as a goroutine sees it within one stretch: cells are opened when they are first used, and
//! put back at the end.
//!
//! A cell is a variable, the elements of a slice, or the entries of a map. It is a list of leaves,
//! kept whole as one value of the pool.

use std::rc::Rc;

pub(crate) use gordian_checker::model::MemoryAccess as How;
use gordian_checker::model::{CellId, Fault, ValueId};
use rustc_hash::FxHashMap;

use super::{NO_FRAME, Run};
use crate::memo::{Effects, Found};
use crate::types::{LEAVES_MAX, Primitive};
use crate::value::V;

/// Leaves that a goroutine may make in one stretch.
const MADE_MAX: u64 = 1 << 24;

/// The cells that are open.
#[derive(Default)]
pub(crate) struct Memory {
    index: FxHashMap<u32, u32>,
    cells: Vec<Open>,
    made: u64,
    /// The first number that may be free, for each place.
    next: FxHashMap<u32, u32>,
    /// The numbers that were looked at for a new cell.
    numbers: Vec<(CellId, Found)>,
}

struct Open {
    id: u32,
    /// The value in it when it was opened; `None` if it was made in this stretch.
    before: Option<u32>,
    leaves: Leaves,
    /// The positions of the keys, of a large map in which keys are looked for.
    keys: Option<Keys>,
}

/// The positions of the keys of a map.
pub(crate) type Keys = FxHashMap<V, usize>;

enum Leaves {
    Shared(Rc<[V]>),
    Own(Vec<V>),
}

/// An access to memory that others may reach.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Access {
    pub(crate) cell: u32,
    pub(crate) off: u32,
    pub(crate) len: u32,
    pub(crate) how: How,
    /// True if it is an operation: its order with others is explored.
    pub(crate) ordered: bool,
    /// The function and the instruction.
    pub(crate) func: u32,
    pub(crate) pc: u32,
}

impl Access {
    /// Returns true if the two cannot be done at once, and their order is not explored.
    pub(crate) fn conflicts(&self, other: &Self) -> bool {
        self.cell == other.cell
            && !(self.ordered && other.ordered)
            && self.off < other.off + other.len
            && other.off < self.off + self.len
            && self.how.conflicts(other.how)
    }
}

impl Run<'_> {
    fn open(&mut self, cell: u32) -> Result<usize, Fault> {
        if let Some(&at) = self.memory.index.get(&cell) {
            return Ok(at as usize);
        }
        let Some(value) = self.world.cell(CellId(cell)) else {
            return Err(self.unsupported("uses memory that is gone"));
        };
        let id = value.0 - 1;
        let leaves = Leaves::Shared(self.m.pool.leaves_of(id).clone());
        let at = self.memory.cells.len();
        self.memory.index.insert(cell, at as u32);
        self.memory.cells.push(Open {
            id: cell,
            before: Some(id),
            leaves,
            keys: None,
        });
        Ok(at)
    }

    /// Returns true if the cell was made in this stretch, so that nobody else can know of it.
    pub(crate) fn is_fresh(&self, cell: u32) -> bool {
        let at = self.memory.index.get(&cell);
        at.is_some_and(|&at| self.memory.cells[at as usize].before.is_none())
    }

    /// Returns the leaves of a cell.
    pub(crate) fn leaves(&mut self, cell: u32) -> Result<&[V], Fault> {
        let at = self.open(cell)?;
        Ok(match &self.memory.cells[at].leaves {
            Leaves::Shared(leaves) => leaves,
            Leaves::Own(leaves) => leaves,
        })
    }

    /// Returns the leaves of a cell, to be changed.
    pub(crate) fn leaves_mut(&mut self, cell: u32) -> Result<&mut Vec<V>, Fault> {
        let at = self.open(cell)?;
        let open = &mut self.memory.cells[at];
        open.keys = None;
        let leaves = &mut open.leaves;
        if let Leaves::Shared(shared) = leaves {
            *leaves = Leaves::Own(shared.to_vec());
        }
        match leaves {
            Leaves::Own(leaves) => Ok(leaves),
            Leaves::Shared(_) => unreachable!("it was just made its own"),
        }
    }

    /// Returns the positions of the keys of a map. They are forgotten when its leaves change.
    pub(super) fn keys(&mut self, cell: u32) -> Result<&mut Keys, Fault> {
        let at = self.open(cell)?;
        let open = &mut self.memory.cells[at];
        let leaves = match &open.leaves {
            Leaves::Shared(leaves) => leaves,
            Leaves::Own(leaves) => &leaves[..],
        };
        Ok(open.keys.get_or_insert_with(|| {
            let keys = leaves.iter().step_by(2).copied();
            keys.zip((0..).step_by(2)).collect()
        }))
    }

    /// Puts an entry at the end of a map, or a value in the place of one.
    pub(super) fn set_entry(
        &mut self,
        cell: u32,
        at: Option<usize>,
        (key, v): (V, V),
    ) -> Result<usize, Fault> {
        let open = self.open(cell)?;
        let mut keys = self.memory.cells[open].keys.take();
        let leaves = self.leaves_mut(cell)?;
        match at {
            Some(at) => leaves[at + 1] = v,
            None => {
                if let Some(keys) = &mut keys {
                    keys.insert(key, leaves.len());
                }
                leaves.extend([key, v]);
            }
        }
        let count = leaves.len();
        self.memory.cells[open].keys = keys;
        Ok(count)
    }

    /// Returns a leaf, which may be a loose string.
    pub(super) fn leaf_as_it_is(&mut self, cell: u32, off: u32) -> Result<V, Fault> {
        let leaves = self.leaves(cell)?;
        Ok(leaves.get(off as usize).copied().unwrap_or(V::Nil))
    }

    pub(crate) fn leaf(&mut self, cell: u32, off: u32) -> Result<V, Fault> {
        let v = self.leaf_as_it_is(cell, off)?;
        Ok(self.m.pool.kept(v))
    }

    pub(crate) fn set_leaf(&mut self, cell: u32, off: u32, v: V) -> Result<(), Fault> {
        if let Some(leaf) = self.leaves_mut(cell)?.get_mut(off as usize) {
            *leaf = v;
        }
        Ok(())
    }

    /// Makes a cell with these leaves.
    pub(crate) fn make(&mut self, place: u32, leaves: Vec<V>) -> Result<u32, Fault> {
        let size = leaves.len() as u64;
        self.memory.made += size + 1;
        if size > LEAVES_MAX {
            return Err(self.too_large(size));
        }
        let made_max = MADE_MAX * self.m.patience;
        if self.memory.made > made_max {
            return Err(self.unsupported(format!(
                "makes more than {made_max} elements and fields without an operation in between"
            )));
        }
        let cell = self.new_cell(place);
        let at = self.memory.cells.len() as u32;
        self.memory.index.insert(cell, at);
        self.memory.cells.push(Open {
            id: cell,
            before: None,
            leaves: Leaves::Own(leaves),
            keys: None,
        });
        Ok(cell)
    }

    /// Returns the number of the next cell that is made at this place.
    fn new_cell(&mut self, place: u32) -> u32 {
        let code = self.code.clone();
        if self.m.by_count {
            let nth = self.count(u64::from(place));
            return self.m.things.cell(self.me, place, nth, &code);
        }
        let first = self.memory.next.get(&place).copied().unwrap_or(0);
        for nth in first.. {
            let cell = self.m.things.cell(self.me, place, nth, &code);
            if self.memory.index.contains_key(&cell) {
                continue;
            }
            let taken = self.world.cell(CellId(cell)).is_some();
            let found = if taken { Found::Taken } else { Found::Free };
            self.memory.numbers.push((CellId(cell), found));
            if !taken {
                self.memory.next.insert(place, nth + 1);
                return cell;
            }
        }
        unreachable!("fewer than 2^32 cells")
    }

    /// Returns the fault of a variable that has so many elements and fields.
    pub(crate) fn too_large(&self, size: u64) -> Fault {
        self.unsupported(format!(
            "makes a variable of {size} elements and fields, where {LEAVES_MAX} are the most"
        ))
    }

    /// Makes a variable of a type, with the primitives in it.
    pub(crate) fn make_zero(&mut self, place: u32, t: u32, count: u32) -> Result<u32, Fault> {
        let size = u64::from(self.types.size(t)) * u64::from(count);
        if size > LEAVES_MAX {
            return Err(self.too_large(size));
        }
        let empty = self.m.pool.string(b"");
        let mut leaves = Vec::with_capacity(size as usize);
        let types = self.types.clone();
        let count = if types.size(t) == 0 { 0 } else { count };
        for _ in 0..count {
            types.zero(t, &mut leaves, empty);
        }
        let cell = self.make(place, leaves)?;
        for i in 0..count {
            self.make_primitives(cell, i * types.size(t), t);
        }
        Ok(cell)
    }

    /// Makes the primitives of a value of this type at an address, as they are at first.
    pub(crate) fn make_primitives(&mut self, cell: u32, base: u32, t: u32) {
        let types = self.types.clone();
        for &(off, primitive) in &types.get(t).primitives {
            self.make_primitive(cell, base + off, primitive);
        }
    }

    fn make_primitive(&mut self, cell: u32, off: u32, primitive: Primitive) {
        let id = self.object_at(cell, off);
        let object = crate::natives::fresh(primitive);
        self.create(id, object, None);
    }

    /// Returns the instruction that the goroutine is at, and its function.
    fn place(&self) -> Option<(u32, u32)> {
        let running = self.frames.iter().rev().find(|frame| !frame.native);
        if let Some(frame) = running {
            return Some((frame.func, frame.pc));
        }
        let mut below = self.below;
        while below != NO_FRAME {
            let frame = self.m.frames.get(below);
            if !frame.native {
                return Some((frame.func, frame.pc));
            }
            below = frame.below;
        }
        None
    }

    /// Notes an access to memory that others may reach.
    pub(crate) fn touch(&mut self, cell: u32, off: u32, len: u32, how: How) {
        if self.is_fresh(cell) {
            return;
        }
        let Some((func, pc)) = self.place() else {
            return;
        };
        let access = Access {
            cell,
            off,
            len,
            how,
            ordered: self.ordered == Some(cell)
                || matches!(how, How::AtomicRead | How::AtomicWrite),
            func,
            pc,
        };
        if self.touched.last() != Some(&access) {
            self.touched.push(access);
        }
    }

    /// Puts all cells back. Returns how memory was and is; `None` if the stretch depends on more,
    /// or will be run again anyway.
    pub(crate) fn put_back(&mut self) -> Result<Option<Effects>, Fault> {
        let found = std::mem::take(&mut self.memory.numbers);
        let is_kept = self.m.knows_stretches() && !self.has_looked.get();
        let mut effects = is_kept.then(|| Effects {
            found,
            set: Vec::new(),
        });
        for open in std::mem::take(&mut self.memory.cells) {
            let cell = CellId(open.id);
            if let (Some(before), Some(effects)) = (open.before, &mut effects) {
                let found = Found::Holds(ValueId(before + 1));
                effects.found.push((cell, found));
            }
            let Leaves::Own(mut leaves) = open.leaves else {
                continue;
            };
            self.keep_all(&mut leaves)?;
            let id = self.m.pool.agg_id(&leaves);
            if open.before != Some(id) {
                let value = ValueId(id + 1);
                self.world.set_cell(cell, Some(value));
                if let Some(effects) = &mut effects {
                    effects.set.push((cell, value));
                }
            }
        }
        self.memory.index.clear();
        Ok(effects)
    }

    /// Gives values the bits that they have for ever.
    pub(crate) fn keep_all(&mut self, values: &mut [V]) -> Result<(), Fault> {
        for v in values.iter_mut().filter(|v| v.is_loose()) {
            *v = self.m.pool.kept(*v);
            self.charge(0)?;
        }
        Ok(())
    }

    /// Sets a variable of the package.
    pub(crate) fn set_variable(&mut self, cell: u32, leaves: &[V]) {
        let id = self.m.pool.agg_id(leaves);
        self.world.set_cell(CellId(cell), Some(ValueId(id + 1)));
    }
}
