//! The memory that a goroutine can still come to: the rest is taken out of a state.
//!
//! Roots are the stacks of goroutines, the operations they are about to do, and the variables of
//! the package. A context does not keep its children, nor a timer its channel: what nobody holds
//! cannot be seen.

use std::rc::Rc;

use gordian_checker::model::{
    Case, CellId, ChanOp, Kept, LocalState, Next, Object, ObjectId, Op, Phase, ValueId, World,
};

use crate::bits::{Word, numbers_of, set_of};
use crate::machine::{Access, Machine, NO_FRAME};
use crate::value::{Interner, V};

/// The number of a set of cells: those to which something refers. The empty set is 0.
type Refs = u32;

/// The position of a goroutine at a local state.
pub(crate) struct Stand<'a> {
    /// The frame on top of its stack.
    pub(crate) top: u32,
    /// The accesses that it has made last.
    pub(crate) touched: &'a [Access],
    pub(crate) next: &'a Next,
}

/// The cells to which things refer, by the numbers of the things, as far as they were asked for.
#[derive(Default)]
pub(crate) struct References {
    sets: Interner<Rc<[Word]>>,
    /// Those that everybody refers to: the variables of the package.
    globals: Option<Refs>,
    blocks: Vec<Option<Refs>>,
    boxes: Vec<Option<Refs>>,
    frames: Vec<Option<Refs>>,
    locals: Vec<Option<Refs>>,
    marks: Marks,
    /// The channels of the state that have values in their buffers.
    filled: Vec<ObjectId>,
}

/// The cells that somebody can come to, as far as they were found.
#[derive(Default)]
struct Marks {
    live: Vec<u64>,
    /// Those whose own references were not looked at.
    todo: Vec<Word>,
}

impl Marks {
    fn clear(&mut self) {
        self.live.fill(0);
        self.todo.clear();
    }

    /// Makes room for the cells of a set.
    fn make_room(&mut self, set: &[Word]) {
        let words = set.last().map_or(0, |word| word.at as usize + 1);
        self.live.resize(words.max(self.live.len()), 0);
    }

    /// Marks the cells of a set for which there is room.
    fn mark(&mut self, set: &[Word]) {
        for word in set {
            let live = &mut self.live[word.at as usize];
            let bits = word.bits & !*live;
            if bits != 0 {
                *live |= bits;
                self.todo.push(Word { bits, ..*word });
            }
        }
    }

    fn is_live(&self, cell: u32) -> bool {
        let Word { at, bits } = Word::of(cell);
        self.live
            .get(at as usize)
            .is_some_and(|live| live & bits != 0)
    }
}

impl Machine {
    /// Adds the cells that a value refers to.
    fn refer(&self, v: V, out: &mut Vec<u32>) {
        match v {
            V::Ptr(cell, _) | V::Map(cell) => out.push(cell),
            V::Chan(id) => out.push(self.things.address(ObjectId(id)).0),
            V::Slice(_) => out.extend(self.pool.slice_of(v).map(|slice| slice.cell)),
            V::Iface(_, inner) => self.refer(self.pool.unboxed(inner), out),
            V::Func(id) => {
                let (_, captured) = self.pool.function_of(id);
                captured.iter().for_each(|&v| self.refer(v, out));
            }
            V::Agg(id) | V::Iter(id) => {
                self.pool
                    .leaves_of(id)
                    .iter()
                    .for_each(|&v| self.refer(v, out));
            }
            V::Dead | V::Nil | V::Bool(_) | V::Int(_) | V::Float(_) | V::Complex(_) => {}
            V::Str(_) | V::Runes(..) => {}
        }
    }
}

/// Returns what is known at a number in a list that grows.
fn known(list: &mut Vec<Option<Refs>>, at: usize) -> Option<Refs> {
    if let Some(&refs) = list.get(at) {
        return refs;
    }
    list.resize(at + 1, None);
    None
}

impl References {
    /// Returns the number of the set of these cells.
    fn refs(&mut self, cells: Vec<u32>) -> Refs {
        if cells.is_empty() {
            return 0;
        }
        let set = set_of(cells);
        self.marks.make_room(&set);
        1 + self.sets.intern(&set[..], || set.clone())
    }

    /// Returns the set with this number.
    fn set(&self, refs: Refs) -> &[Word] {
        refs.checked_sub(1)
            .map_or(&[], |number| self.sets.get(number))
    }

    /// Returns the cells to which a block of memory refers.
    fn of_block(&mut self, machine: &Machine, block: u32) -> Refs {
        if let Some(refs) = known(&mut self.blocks, block as usize) {
            return refs;
        }
        let mut cells = Vec::new();
        let leaves = machine.pool.leaves_of(block);
        leaves.iter().for_each(|&v| machine.refer(v, &mut cells));
        let refs = self.refs(cells);
        self.blocks[block as usize] = Some(refs);
        refs
    }

    /// Returns the cells to which a value refers that is sent.
    fn of_value(&mut self, machine: &Machine, value: ValueId) -> Option<Refs> {
        let id = value.0.checked_sub(1)?;
        if let Some(refs) = known(&mut self.boxes, id as usize) {
            return Some(refs);
        }
        let mut cells = Vec::new();
        machine.refer(machine.pool.unboxed(id), &mut cells);
        let refs = self.refs(cells);
        self.boxes[id as usize] = Some(refs);
        Some(refs)
    }

    fn of_frame(&mut self, machine: &Machine, frame: u32) -> Refs {
        if let Some(refs) = known(&mut self.frames, frame as usize) {
            return refs;
        }
        let packed = machine.frames.get(frame);
        let mut cells = Vec::new();
        packed
            .values
            .iter()
            .for_each(|&v| machine.refer(v, &mut cells));
        for deferred in &packed.defers {
            machine.refer(deferred.f, &mut cells);
            deferred
                .args
                .iter()
                .for_each(|&v| machine.refer(v, &mut cells));
        }
        if let Some(panic) = packed.unwind.and_then(|unwind| unwind.panic) {
            machine.refer(panic, &mut cells);
        }
        let refs = self.refs(cells);
        self.frames[frame as usize] = Some(refs);
        refs
    }

    /// Returns the cells that a goroutine refers to which stands here.
    fn of_local<'n>(
        &mut self,
        machine: &Machine,
        local: LocalState,
        of: impl Fn(LocalState) -> Stand<'n>,
    ) -> Refs {
        if let Some(refs) = known(&mut self.locals, local.index()) {
            return refs;
        }
        let stands = of(local);
        let mut cells = Vec::new();
        let mut frame = stands.top;
        while frame != NO_FRAME {
            let refs = self.of_frame(machine, frame);
            cells.extend(numbers_of(self.set(refs)));
            frame = machine.frames.get(frame).below;
        }
        // What it has touched last must not be taken for another.
        cells.extend(stands.touched.iter().map(|access| access.cell));
        if let Next::Op(op) = stands.next {
            cells.extend(op.objects().iter().map(|&id| machine.things.address(id).0));
            for value in values_of(op) {
                if let Some(refs) = self.of_value(machine, value) {
                    cells.extend(numbers_of(self.set(refs)));
                }
            }
        }
        let refs = self.refs(cells);
        self.locals[local.index()] = Some(refs);
        refs
    }

    #[inline]
    fn mark(&mut self, refs: Refs) {
        if let Some(number) = refs.checked_sub(1) {
            self.marks.mark(self.sets.get(number));
        }
    }

    /// Marks the cells to which marked cells lead.
    fn mark_behind(&mut self, machine: &Machine, world: &World) {
        while let Some(mut word) = self.marks.todo.pop() {
            while let Some(cell) = word.pop() {
                if let Some(value) = world.cell(CellId(cell)) {
                    let refs = self.of_block(machine, value.0 - 1);
                    self.mark(refs);
                }
            }
        }
    }

    /// Marks the cells to which the values in a channel's buffer refer, if somebody can come to the
    /// channel. Returns true if so.
    fn mark_buffer(&mut self, machine: &Machine, world: &World, id: ObjectId) -> bool {
        let is_live = self.marks.is_live(machine.things.address(id).0);
        if let (true, Object::Chan(chan)) = (is_live, world.object(id)) {
            for &value in &chan.buffer {
                if let Some(refs) = self.of_value(machine, value) {
                    self.mark(refs);
                }
            }
        }
        is_live
    }

    /// Marks the cells to which goroutines refer that can still move, and the variables of the
    /// package.
    fn mark_roots<'n>(
        &mut self,
        machine: &Machine,
        world: &World,
        of: impl Fn(LocalState) -> Stand<'n>,
    ) {
        self.marks.clear();
        let globals = match self.globals {
            Some(globals) => globals,
            None => self.refs((0..machine.code.globals.len() as u32).collect()),
        };
        self.globals = Some(globals);
        self.mark(globals);
        for goroutine in world.goroutines() {
            if matches!(
                goroutine.phase,
                Phase::Absent | Phase::Returned | Phase::Timer(_)
            ) {
                continue;
            }
            let refs = self.of_local(machine, goroutine.local, &of);
            self.mark(refs);
        }
    }

    /// Takes out of a state what nobody can come to. `of` tells how a goroutine stands at a local.
    pub(crate) fn tidy<'n>(
        &mut self,
        machine: &Machine,
        world: &mut World,
        of: impl Fn(LocalState) -> Stand<'n>,
    ) {
        self.mark_roots(machine, world, &of);
        let mut filled = std::mem::take(&mut self.filled);
        filled.clear();
        let is_filled =
            |object: &Object| matches!(object, Object::Chan(it) if !it.buffer.is_empty());
        let objects = world.objects().iter().enumerate();
        let objects = objects.filter(|(_, object)| is_filled(object));
        filled.extend(objects.map(|(index, _)| ObjectId::from_index(index)));
        loop {
            self.mark_behind(machine, world);
            let count = filled.len();
            filled.retain(|&id| !self.mark_buffer(machine, world, id));
            if filled.len() == count {
                break;
            }
        }
        self.filled = filled;
        let marks = &self.marks;
        world.keep_only(&Kept {
            cells: &marks.live,
            object: &|id| marks.is_live(machine.things.address(id).0),
            // A goroutine that has returned can still race, by what it touched last.
            returned: &|local| {
                let mut touched = of(local).touched.iter();
                touched.any(|access| marks.is_live(access.cell))
            },
        });
    }
}

/// Returns the values that an operation sends.
fn values_of(op: &Op) -> Vec<ValueId> {
    match op {
        Op::Chan(_, ChanOp::Send(value)) => vec![*value],
        Op::Select { cases, .. } => cases
            .iter()
            .filter_map(|case| match case {
                Case::Send(_, value) => Some(*value),
                Case::Recv(_) => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
