//! The memory that a goroutine can still come to: the rest is taken out of a state.
//!
//! Roots are the stacks of goroutines, the operations they are about to do, and the variables of
//! the package. A context does not keep its children, nor a timer its channel: what nobody holds
//! cannot be seen.

use std::rc::Rc;

use gordian_checker::model::{
    CellId, ChanOp, Kept, LocalState, Next, Object, ObjectId, Op, Phase, ValueId, World,
};

use crate::machine::{Access, Machine, NO_FRAME};
use crate::value::V;

/// Cells that something refers to, each once.
type Refs = Rc<[u32]>;

/// The cells to which things refer, by their numbers, as far as they were asked for.
#[derive(Default)]
pub(crate) struct References {
    blocks: Vec<Option<Refs>>,
    boxes: Vec<Option<Refs>>,
    frames: Vec<Option<Refs>>,
    locals: Vec<Option<Refs>>,
    live: Vec<bool>,
    todo: Vec<u32>,
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

fn distinct(mut cells: Vec<u32>) -> Refs {
    cells.sort_unstable();
    cells.dedup();
    cells.into()
}

/// Returns the place of a number in a list that grows.
fn place(list: &mut Vec<Option<Refs>>, at: usize) -> &mut Option<Refs> {
    if list.len() <= at {
        list.resize(at + 1, None);
    }
    &mut list[at]
}

impl References {
    fn of_block(&mut self, machine: &Machine, block: u32) -> Refs {
        let known = place(&mut self.blocks, block as usize);
        known
            .get_or_insert_with(|| {
                let mut cells = Vec::new();
                let leaves = machine.pool.leaves_of(block);
                leaves.iter().for_each(|&v| machine.refer(v, &mut cells));
                distinct(cells)
            })
            .clone()
    }

    fn of_value(&mut self, machine: &Machine, value: ValueId) -> Option<Refs> {
        let id = value.0.checked_sub(1)?;
        let known = place(&mut self.boxes, id as usize);
        let refs = known.get_or_insert_with(|| {
            let mut cells = Vec::new();
            machine.refer(machine.pool.unboxed(id), &mut cells);
            distinct(cells)
        });
        Some(refs.clone())
    }

    fn of_frame(&mut self, machine: &Machine, frame: u32) -> Refs {
        if let Some(known) = place(&mut self.frames, frame as usize) {
            return known.clone();
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
        let refs = distinct(cells);
        self.frames[frame as usize] = Some(refs.clone());
        refs
    }

    /// Returns the cells that a goroutine refers to which stands here, with the stack of frames
    /// under `top`.
    fn of_local(
        &mut self,
        machine: &Machine,
        local: LocalState,
        (top, touched, next): (u32, &[Access], &Next),
    ) -> Refs {
        if let Some(known) = place(&mut self.locals, local.index()) {
            return known.clone();
        }
        let mut cells = Vec::new();
        let mut frame = top;
        while frame != NO_FRAME {
            cells.extend_from_slice(&self.of_frame(machine, frame));
            frame = machine.frames.get(frame).below;
        }
        // What it has touched last must not be taken for another.
        cells.extend(touched.iter().map(|access| access.cell));
        if let Next::Op(op) = next {
            cells.extend(op.objects().iter().map(|&id| machine.things.address(id).0));
            for value in values_of(op) {
                cells.extend(
                    self.of_value(machine, value)
                        .iter()
                        .flat_map(|refs| refs.iter()),
                );
            }
        }
        let refs = distinct(cells);
        self.locals[local.index()] = Some(refs.clone());
        refs
    }

    fn mark(&mut self, cell: u32) {
        let at = cell as usize;
        if self.live.len() <= at {
            self.live.resize(at + 1, false);
        }
        if !std::mem::replace(&mut self.live[at], true) {
            self.todo.push(cell);
        }
    }

    /// Takes out of a state what nobody can come to. `of` tells the frames and the operation of a
    /// local.
    pub(crate) fn tidy<'n>(
        &mut self,
        machine: &Machine,
        world: &mut World,
        of: impl Fn(LocalState) -> (u32, &'n [Access], &'n Next),
    ) {
        self.live.clear();
        self.todo.clear();
        for cell in 0..machine.code.globals.len() as u32 {
            self.mark(cell);
        }
        for goroutine in world.goroutines() {
            if matches!(
                goroutine.phase,
                Phase::Absent | Phase::Returned | Phase::Timer(_)
            ) {
                continue;
            }
            let refs = self.of_local(machine, goroutine.local, of(goroutine.local));
            refs.iter().for_each(|&cell| self.mark(cell));
        }
        while let Some(cell) = self.todo.pop() {
            if let Some(value) = world.cell(CellId(cell)) {
                let refs = self.of_block(machine, value.0 - 1);
                refs.iter().for_each(|&cell| self.mark(cell));
            }
            for &id in machine.things.objects_in(cell) {
                if let Object::Chan(chan) = world.object(ObjectId(id)) {
                    for &value in &chan.buffer {
                        let refs = self.of_value(machine, value);
                        refs.iter()
                            .flat_map(|refs| refs.iter())
                            .for_each(|&cell| self.mark(cell));
                    }
                }
            }
        }
        let is_live = |cell: u32| self.live.get(cell as usize).copied().unwrap_or(false);
        world.keep_only(&Kept {
            cell: &|id| is_live(id.0),
            object: &|id| is_live(machine.things.address(id).0),
            // A goroutine that has returned can still race, by what it touched last.
            returned: &|local| of(local).1.iter().any(|access| is_live(access.cell)),
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
                gordian_checker::model::Case::Send(_, value) => Some(*value),
                gordian_checker::model::Case::Recv(_) => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
