//! One instruction.

use std::rc::Rc;

use gordian_checker::model::{Case, ChanOp, Fault, NilCase, ObjectId, Op, ValueId};
use smallvec::SmallVec;

use super::arith;
use super::calls::Ret;
use super::memory::How;
use super::{Flow, Ran, Run, Stop, as_int};
use crate::code::{Arg, Code, Ins, Select, Shape};
use crate::compile::zero_value;
use crate::value::V;

pub(crate) const NIL_DEREFERENCE: &str = "invalid memory address or nil pointer dereference";

impl Run<'_> {
    /// Does the next instruction of the frame on top.
    pub(super) fn step(&mut self, code: &Rc<Code>) -> Ran {
        self.ordered = None;
        let frame = self
            .frames
            .last()
            .expect("a goroutine that runs has a frame");
        if frame.native {
            return self.step_native(super::Input::Start);
        }
        if frame.unwind.is_some() {
            return self.unwind();
        }
        let (func, pc) = (frame.func, frame.pc);
        let ins = &code.funcs[func as usize].code[pc as usize];
        if !self.m.visible.is_empty() {
            let scheduled = std::mem::take(&mut self.scheduled);
            if self.m.visible.contains(&(func, pc))
                && let Some((cell, off, writes)) = self.accessed(ins)
            {
                if !scheduled {
                    let object = self.touched_at(cell, off);
                    self.top().before = true;
                    return Ok(Flow::Stop(Stop::Op(Op::Touch(object, writes))));
                }
                self.ordered = Some(cell);
            }
        }
        if self.simple(ins)? {
            let frame = self.top();
            frame.pc = frame.pc.wrapping_add(1);
            return Ok(Flow::Go);
        }
        self.special(ins)
    }

    /// Does an instruction that only computes; false if it is another one, or does not come off.
    #[inline]
    fn simple(&mut self, ins: &Ins) -> Result<bool, Fault> {
        // The result is false only before any effect, since `special` begins the instruction again.
        match *ins {
            Ins::Nop => {}
            Ins::Move { d, x } => {
                let v = self.arg(x);
                self.set(d, v);
            }
            Ins::Load { d, x, shape } => {
                let V::Ptr(cell, off) = self.arg(x) else {
                    return Ok(false);
                };
                let v = self.load_as_it_is(cell, off, shape)?;
                self.set(d, v);
            }
            Ins::Store { x, y, t, shape } => {
                let V::Ptr(cell, off) = self.arg(x) else {
                    return Ok(false);
                };
                let v = self.arg(y);
                self.store(cell, off, v, shape)?;
                if !self.types.get(t).primitives.is_empty() {
                    self.make_primitives(cell, off, t);
                }
            }
            Ins::FieldAddr { d, x, off } => {
                let V::Ptr(cell, base) = self.arg(x) else {
                    return Ok(false);
                };
                self.set(d, V::Ptr(cell, base + off));
            }
            Ins::Gather { d, from, n } => {
                let frame = self.frames.last().expect("a frame");
                let leaves: SmallVec<[V; 8]> = frame.regs[from as usize..(from + n) as usize]
                    .iter()
                    .copied()
                    .collect();
                let v = self.m.pool.agg(&leaves);
                self.set(d, v);
            }
            Ins::Alloc { d, t, place } => {
                let cell = self.make_zero(place, t, 1)?;
                self.set(d, V::Ptr(cell, 0));
            }
            Ins::Bin {
                op,
                d,
                x,
                y,
                on,
                by_signed,
            } => {
                let (x, y) = (self.arg(x), self.arg(y));
                match arith::binary(&mut self.m.pool, &self.types, op, on, by_signed, x, y) {
                    Ok(v) => self.set(d, v),
                    Err(_) => return Ok(false),
                }
            }
            Ins::Jump { to, mv } => self.jump(to, mv),
            Ins::If { x, to, mv } => {
                let way = usize::from(self.arg(x) != V::Bool(true));
                self.jump(to[way], mv[way]);
            }
            _ => return self.simple_too(ins),
        }
        Ok(true)
    }

    /// Does the same with instructions that are less frequent.
    fn simple_too(&mut self, ins: &Ins) -> Result<bool, Fault> {
        match *ins {
            Ins::Scatter { to, x, n } => {
                let x = self.arg(x);
                let leaves = self.m.pool.leaves(x);
                for (slot, &v) in (to..to + n).zip(leaves.iter()) {
                    self.set(slot, v);
                }
            }
            Ins::Zero { d, t } => {
                let empty = self.m.pool.string(b"");
                let mut leaves = Vec::new();
                self.types.zero(t, &mut leaves, empty);
                for (slot, v) in (d..).zip(leaves) {
                    self.set(slot, v);
                }
            }
            Ins::Field { d, x, off, shape } => {
                let x = self.arg(x);
                let leaves = self.m.pool.leaves(x);
                let v = self.part(&leaves, off, shape);
                self.set(d, v);
            }
            Ins::Neg { d, x, on } => {
                let x = self.arg(x);
                let v = arith::negate(&mut self.m.pool, on, x);
                self.set(d, v);
            }
            Ins::Not { d, x } => {
                let v = V::Bool(self.arg(x) != V::Bool(true));
                self.set(d, v);
            }
            Ins::Inv { d, x, on } => {
                let v = V::Int(arith::wrap(on, !self.int(x)));
                self.set(d, v);
            }
            Ins::Iface { d, x, t } => {
                let v = self.arg(x);
                let v = self.m.pool.iface(t, v);
                self.set(d, v);
            }
            Ins::Closure { d, f, ref a } => {
                let captured: SmallVec<[V; 8]> = a.iter().map(|&x| self.arg(x)).collect();
                let v = self.m.pool.function(f, &captured);
                self.set(d, v);
            }
            Ins::Convert { d, x, t, u, place } => {
                let v = self.arg(x);
                let v = self.convert(v, t, u, place)?;
                self.set(d, v);
            }
            Ins::Map { d, place } => {
                let cell = self.make(place, Vec::new())?;
                self.set(d, V::Map(cell));
            }
            Ins::Range { d, x } => {
                let over = self.arg(x);
                let v = match over {
                    V::Str(id) => V::Runes(id, 0),
                    _ => V::Iter(self.m.pool.agg_id(&[over])),
                };
                self.set(d, v);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Goes to another instruction; the program counter is set one before it, since it is counted
    /// up.
    fn jump(&mut self, to: u32, mv: u32) {
        if mv != 0 {
            let code = self.code.clone();
            let moves = &code.moves[mv as usize];
            let values: SmallVec<[V; 8]> = moves.iter().map(|&(_, x)| self.arg(x)).collect();
            for (&(d, _), v) in moves.iter().zip(values) {
                self.set(d, v);
            }
        }
        self.top().pc = to.wrapping_sub(1);
    }

    /// Returns a value that lies in these leaves.
    pub(crate) fn part(&mut self, leaves: &[V], off: u32, shape: Shape) -> V {
        let off = off as usize;
        match shape {
            Shape::Scalar => leaves.get(off).copied().unwrap_or(V::Nil),
            Shape::Agg(size) => {
                let leaves = leaves.get(off..off + size as usize).unwrap_or_default();
                self.m.pool.agg(leaves)
            }
        }
    }

    pub(crate) fn load(&mut self, cell: u32, off: u32, shape: Shape) -> Result<V, Fault> {
        self.touch(cell, off, shape.size(), How::Read);
        self.peek(cell, off, shape)
    }

    /// Does the same, where the value may be a loose string.
    fn load_as_it_is(&mut self, cell: u32, off: u32, shape: Shape) -> Result<V, Fault> {
        match shape {
            Shape::Scalar => {
                self.touch(cell, off, 1, How::Read);
                self.leaf_as_it_is(cell, off)
            }
            Shape::Agg(_) => self.load(cell, off, shape),
        }
    }

    /// Returns the value at an address without noting the access.
    pub(crate) fn peek(&mut self, cell: u32, off: u32, shape: Shape) -> Result<V, Fault> {
        match shape {
            Shape::Scalar => self.leaf(cell, off),
            Shape::Agg(size) => {
                let leaves = self.leaves(cell)?;
                let leaves = leaves.get(off as usize..(off + size) as usize);
                let leaves: SmallVec<[V; 8]> = leaves.unwrap_or_default().iter().copied().collect();
                Ok(self.m.pool.agg(&leaves))
            }
        }
    }

    pub(crate) fn store(&mut self, cell: u32, off: u32, v: V, shape: Shape) -> Result<(), Fault> {
        self.touch(cell, off, shape.size(), How::Write);
        match shape {
            Shape::Scalar => self.set_leaf(cell, off, v),
            Shape::Agg(size) => {
                let leaves = self.m.pool.leaves(v);
                let room = self.leaves_mut(cell)?;
                if let Some(room) = room.get_mut(off as usize..(off + size) as usize)
                    && room.len() == leaves.len()
                {
                    room.copy_from_slice(&leaves);
                }
                Ok(())
            }
        }
    }

    /// Does an instruction that may stop, call or panic.
    fn special(&mut self, ins: &Ins) -> Ran {
        match *ins {
            // `simple` has done these, unless there was no address.
            Ins::Load { .. } | Ins::Store { .. } | Ins::FieldAddr { .. } => {
                self.runtime_error(NIL_DEREFERENCE)
            }
            Ins::Bin {
                op,
                x,
                y,
                on,
                by_signed,
                ..
            } => {
                let (x, y) = (self.arg(x), self.arg(y));
                match arith::binary(&mut self.m.pool, &self.types, op, on, by_signed, x, y) {
                    Err(message) => self.runtime_error(&message),
                    Ok(_) => unreachable!("it came off before"),
                }
            }
            Ins::IndexAddr {
                d,
                x,
                y,
                size,
                array,
            } => self.index_address(d, x, y, size, array),
            Ins::Index {
                d,
                x,
                y,
                shape,
                string,
            } => self.index(d, x, y, shape, string),
            Ins::Lookup { d, x, y, t, ok } => self.lookup(d, x, y, t, ok),
            Ins::MapUpdate { x, y, z } => self.map_update(x, y, z),
            Ins::Send { x, y } => {
                let (channel, v) = (self.channel(x), self.arg(y));
                let value = self.value_id(v);
                Ok(Flow::Stop(Stop::Op(Op::Chan(channel, ChanOp::Send(value)))))
            }
            Ins::Recv { x, .. } => {
                let channel = self.channel(x);
                Ok(Flow::Stop(Stop::Op(Op::Chan(channel, ChanOp::Recv))))
            }
            Ins::Select(ref select) => self.select(select),
            Ins::Call(ref call) => self.call_instruction(call),
            Ins::Go(ref call) => self.go_instruction(call),
            Ins::Defer(ref call) => self.defer_instruction(call),
            Ins::RunDefers => self.run_defers(),
            Ins::Return(ref results) => self.return_instruction(results),
            Ins::Panic { x } => {
                let v = self.arg(x);
                self.panic(v)
            }
            Ins::Assert { d, x, t, u, ok } => self.assertion(d, x, t, u, ok),
            Ins::ArrayPtr { d, x, len } => self.array_pointer(d, x, len),
            Ins::Chan { d, x, place } => self.make_channel(d, x, place),
            Ins::MakeSlice { d, t, x, y, place } => {
                let (len, cap) = (self.int(x), self.int(y));
                self.make_slice(d, t, len, cap, place)
            }
            Ins::Reslice(ref it) => self.reslice(it),
            Ins::Next { d, x } => self.iterate(d, x, None),
            _ => unreachable!("{ins:?} only computes"),
        }
    }

    fn run_defers(&mut self) -> Ran {
        match self.top().defers.pop() {
            Some(deferred) => {
                self.top().before = true;
                self.call(
                    deferred.f,
                    deferred.args.iter().copied().collect(),
                    Ret::Deferred,
                )
            }
            None => self.next(),
        }
    }

    fn array_pointer(&mut self, d: u32, x: Arg, len: u64) -> Ran {
        let slice = self.m.pool.slice_of(self.arg(x));
        match slice {
            None if len == 0 => self.set(d, V::Nil),
            Some(slice) if u64::from(slice.len) >= len => {
                self.set(d, V::Ptr(slice.cell, slice.off));
            }
            slice => {
                let have = slice.map_or(0, |slice| slice.len);
                return self.runtime_error(&format!(
                    "cannot convert slice with length {have} to array or pointer to array with \
                     length {len}"
                ));
            }
        }
        self.next()
    }

    fn make_channel(&mut self, d: u32, x: Arg, place: u32) -> Ran {
        let capacity = self.int(x);
        let Ok(capacity) = u32::try_from(capacity) else {
            return self.plain_error("makechan: size out of range");
        };
        let cell = self.make(place, vec![V::Nil])?;
        let id = self.object_at(cell, 0);
        let chan = gordian_checker::model::Chan::new(capacity);
        self.create(id, gordian_checker::model::Object::Chan(chan), None);
        self.set(d, V::Chan(id.0));
        self.next()
    }

    /// Goes to the next instruction.
    pub(crate) fn next(&mut self) -> Ran {
        self.top().pc += 1;
        Ok(Flow::Go)
    }

    pub(crate) fn channel(&self, x: Arg) -> Option<ObjectId> {
        self.arg(x).channel()
    }

    /// Returns a value as the rules pass it about.
    pub(crate) fn value_id(&mut self, v: V) -> ValueId {
        if self.is_empty(v) {
            return ValueId::UNIT;
        }
        ValueId(self.m.pool.boxed(v) + 1)
    }

    fn is_empty(&mut self, v: V) -> bool {
        matches!(v, V::Agg(id) if self.m.pool.leaves_of(id).is_empty())
    }

    /// Returns the value that the rules passed about.
    pub(crate) fn value_of(&mut self, id: ValueId) -> V {
        match id.0.checked_sub(1) {
            Some(id) => self.m.pool.unboxed(id),
            None => self.m.pool.agg(&[]),
        }
    }

    pub(crate) fn zero_of(&mut self, t: u32) -> V {
        zero_value(t, &self.types, &mut self.m.pool)
    }

    fn select(&mut self, select: &Select) -> Ran {
        let mut cases = Vec::with_capacity(select.cases.len());
        let mut nils = Vec::new();
        for (case, number) in select.cases.iter().zip(0..) {
            let channel = self.channel(case.channel);
            if channel.is_none() {
                nils.push(NilCase {
                    case: number,
                    of: None,
                    site: case.site,
                });
            }
            cases.push(match case.send {
                Some(v) => {
                    let v = self.arg(v);
                    Case::Send(channel, self.value_id(v))
                }
                None => Case::Recv(channel),
            });
        }
        Ok(Flow::Stop(Stop::Op(Op::Select {
            cases: cases.into(),
            default: !select.block,
            nils: nils.into(),
        })))
    }

    /// Returns the number that a value is; for natives.
    pub(crate) fn number(v: V) -> i64 {
        as_int(v)
    }
}
