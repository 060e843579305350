//! Slices, maps, strings and the builtin functions.

use gordian_checker::model::{ChanOp, ObjectId, Op};
use smallvec::SmallVec;

use super::calls::{Ret, Values};
use super::memory::How;
use super::step::NIL_DEREFERENCE;
use super::{Flow, Ran, Run, Stop, as_int, equal};
use crate::code::{Arg, Builtin, Call, NOWHERE, Reslice, Shape};
use crate::value::{SliceOf, V};

/// A map with more entries than this is gone through in the order in which they were put in.
const ORDERS_MAX: usize = 4;

impl Run<'_> {
    pub(super) fn index_address(
        &mut self,
        d: u32,
        x: Arg,
        y: Arg,
        size: u32,
        array: Option<u64>,
    ) -> Ran {
        let index = self.int(y);
        let (base, len) = match (self.arg(x), array) {
            (V::Ptr(cell, off), Some(len)) => ((cell, off), len),
            (V::Nil, Some(_)) => return self.runtime_error(NIL_DEREFERENCE),
            (v, _) => match self.m.pool.slice_of(v) {
                Some(slice) => ((slice.cell, slice.off), u64::from(slice.len)),
                None => ((0, 0), 0),
            },
        };
        if index < 0 || index.cast_unsigned() >= len {
            return self.out_of_range(index, len);
        }
        self.set(d, V::Ptr(base.0, base.1 + index as u32 * size));
        self.next()
    }

    fn out_of_range(&mut self, index: i64, len: u64) -> Ran {
        let message = if index < 0 {
            format!("index out of range [{index}]")
        } else {
            format!("index out of range [{index}] with length {len}")
        };
        self.runtime_error(&message)
    }

    pub(super) fn index(&mut self, d: u32, x: Arg, y: Arg, shape: Shape, string: bool) -> Ran {
        let (v, index) = (self.arg(x), self.int(y));
        if string {
            let bytes = self.m.pool.bytes(v);
            let Some(&byte) = usize::try_from(index).ok().and_then(|i| bytes.get(i)) else {
                return self.out_of_range(index, bytes.len() as u64);
            };
            self.set(d, V::Int(i64::from(byte)));
            return self.next();
        }
        let leaves = self.m.pool.leaves(v);
        let size = shape.size().max(1);
        let len = leaves.len() as u64 / u64::from(size);
        if index < 0 || index.cast_unsigned() >= len {
            return self.out_of_range(index, len);
        }
        let part = self.part(&leaves, index as u32 * size, shape);
        self.set(d, part);
        self.next()
    }

    // Maps: the leaves of a map are its keys and values in turn.

    /// Where a key is in a map; the text of the panic if it cannot be one.
    pub(crate) fn find(
        &mut self,
        cell: u32,
        key: V,
    ) -> Result<Result<Option<usize>, String>, gordian_checker::model::Fault> {
        let hashable = match key {
            V::Iface(t, _) => {
                let of = self.types.get(t);
                let own = matches!(of.kind, crate::types::Kind::Own(_));
                of.comparable || own
            }
            _ => true,
        };
        if !hashable {
            let V::Iface(t, _) = key else { unreachable!() };
            return Ok(Err(format!(
                "hash of unhashable type {}",
                self.types.text(t)
            )));
        }
        let simple = !matches!(key, V::Float(_) | V::Complex(_) | V::Agg(_) | V::Iface(..));
        let leaves = self.leaves(cell)?;
        let count = leaves.len() as u64;
        let mut found = None;
        if simple {
            found = leaves.iter().step_by(2).position(|&known| known == key);
        } else {
            let keys: Vec<V> = leaves.iter().step_by(2).copied().collect();
            for (at, known) in keys.into_iter().enumerate() {
                match equal(&self.m.pool, &self.types, known, key) {
                    Ok(true) => {
                        found = Some(at);
                        break;
                    }
                    Ok(false) => {}
                    Err(message) => return Ok(Err(message)),
                }
            }
        }
        self.charge(1 + count / 16)?;
        Ok(Ok(found.map(|at| 2 * at)))
    }

    pub(super) fn lookup(&mut self, d: u32, x: Arg, y: Arg, t: u32, ok: bool) -> Ran {
        let (map, key) = (self.arg(x), self.arg(y));
        let mut got = None;
        if let V::Map(cell) = map {
            self.touch(cell, 0, 1, How::Read);
            match self.find(cell, key)? {
                Ok(Some(at)) => got = Some(self.leaf(cell, at as u32 + 1)?),
                Ok(None) => {}
                Err(message) => return self.runtime_error(&message),
            }
        }
        let v = match got {
            Some(v) => v,
            None => self.zero_of(t),
        };
        self.set(d, v);
        if ok {
            self.set(d + 1, V::Bool(got.is_some()));
        }
        self.next()
    }

    pub(super) fn map_update(&mut self, x: Arg, y: Arg, z: Arg) -> Ran {
        let (map, key, v) = (self.arg(x), self.arg(y), self.arg(z));
        let V::Map(cell) = map else {
            return self.plain_error("assignment to entry in nil map");
        };
        self.touch(cell, 0, 1, How::Write);
        match self.put(cell, key, v)? {
            Ok(()) => self.next(),
            Err(message) => self.runtime_error(&message),
        }
    }

    /// Puts an entry into a map.
    pub(crate) fn put(
        &mut self,
        cell: u32,
        key: V,
        v: V,
    ) -> Result<Result<(), String>, gordian_checker::model::Fault> {
        let at = match self.find(cell, key)? {
            Ok(at) => at,
            Err(message) => return Ok(Err(message)),
        };
        let leaves = self.leaves_mut(cell)?;
        match at {
            Some(at) => leaves[at + 1] = v,
            None => leaves.extend([key, v]),
        }
        let count = leaves.len();
        if count as u64 > crate::types::LEAVES_MAX {
            return Err(gordian_checker::model::Fault::TooMany {
                what: "entries of a map",
                max: crate::types::LEAVES_MAX as usize / 2,
            });
        }
        Ok(Ok(()))
    }

    /// Takes an entry out of a map.
    pub(crate) fn remove(
        &mut self,
        cell: u32,
        key: V,
    ) -> Result<Result<(), String>, gordian_checker::model::Fault> {
        match self.find(cell, key)? {
            Ok(Some(at)) => {
                self.leaves_mut(cell)?.drain(at..at + 2);
                Ok(Ok(()))
            }
            Ok(None) => Ok(Ok(())),
            Err(message) => Ok(Err(message)),
        }
    }

    /// The next entry of a map or rune of a string. Which entry of a map is a choice: it has been made, or is the operation.
    pub(super) fn iterate(&mut self, d: u32, x: Arg, string: bool, choice: Option<usize>) -> Ran {
        let V::Iter(id) = self.arg(x) else {
            return Err(self.unsupported("an iteration over nothing"));
        };
        let state = self.m.pool.leaves_of(id).clone();
        if string {
            let at = as_int(state[1]) as usize;
            let bytes = self.m.pool.bytes(state[0]);
            let got = (at < bytes.len()).then(|| decode_rune(&bytes[at..]));
            let (rune, width) = got.unwrap_or((0, 0));
            let next = V::Iter(self.m.pool.agg_id(&[state[0], V::Int((at + width) as i64)]));
            self.set(x as u32, next);
            return self.yielded(d, got.is_some(), V::Int(at as i64), V::Int(rune));
        }
        let V::Map(cell) = state[0] else {
            return self.yielded(d, false, V::Nil, V::Nil);
        };
        self.touch(cell, 0, 1, How::Read);
        let seen = &state[1..];
        let leaves = self.leaves(cell)?;
        let left: SmallVec<[(V, V); 4]> = leaves
            .chunks_exact(2)
            .filter(|entry| !seen.contains(&entry[0]))
            .map(|entry| (entry[0], entry[1]))
            .collect();
        let many = left.len() > ORDERS_MAX;
        let count = if many { 1 } else { left.len() };
        if many {
            let most = format!(
                "maps of more than {ORDERS_MAX} entries are gone through in the order of insertion"
            );
            self.assume(most);
            self.charge(left.len() as u64 / 4)?;
        }
        let chosen = match choice {
            Some(chosen) => chosen,
            None if count > 1 => {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                return Ok(Flow::Stop(Stop::Op(Op::Choose(count))));
            }
            None => 0,
        };
        match left.get(chosen) {
            Some(&entry) => self.take_entry(d, x, &state, entry),
            None => self.yielded(d, false, V::Nil, V::Nil),
        }
    }

    fn take_entry(&mut self, d: u32, x: Arg, state: &[V], (key, v): (V, V)) -> Ran {
        let mut seen = state.to_vec();
        seen.push(key);
        let next = V::Iter(self.m.pool.agg_id(&seen));
        self.set(x as u32, next);
        self.yielded(d, true, key, v)
    }

    fn yielded(&mut self, d: u32, ok: bool, key: V, v: V) -> Ran {
        if d != NOWHERE {
            self.set(d, V::Bool(ok));
            self.set(d + 1, key);
            self.set(d + 2, v);
        }
        self.next()
    }

    // Slices.

    pub(super) fn make_slice(&mut self, d: u32, t: u32, len: i64, cap: i64, place: u32) -> Ran {
        let size = i64::from(self.types.size(t)).max(1);
        if len < 0 || len > i64::MAX / size {
            return self.runtime_error("makeslice: len out of range");
        }
        if cap < len || cap > i64::MAX / size {
            return self.runtime_error("makeslice: cap out of range");
        }
        let count = u32::try_from(cap).unwrap_or(u32::MAX);
        self.charge(cap.cast_unsigned().min(1 << 24) / 16)?;
        let cell = self.make_zero(place, t, count)?;
        let slice = SliceOf {
            cell,
            off: 0,
            len: len as u32,
            cap: count,
        };
        let v = self.m.pool.slice(slice);
        self.set(d, v);
        self.next()
    }

    pub(super) fn reslice(&mut self, it: &Reslice) -> Ran {
        let bound = |arg: Option<Arg>| arg.map(|arg| self.int(arg));
        let (lo, hi, max) = (bound(it.lo).unwrap_or(0), bound(it.hi), bound(it.max));
        let v = self.arg(it.x);
        if it.string {
            let bytes = self.m.pool.bytes(v);
            let len = bytes.len() as i64;
            let hi = hi.unwrap_or(len);
            if hi < 0 || hi > len {
                return self.bounds(&format!("[:{hi}] with length {len}"));
            }
            if lo < 0 || lo > hi {
                return self.bounds(&format!("[{lo}:{hi}]"));
            }
            let part = self.m.pool.string(&bytes[lo as usize..hi as usize]);
            self.set(it.d, part);
            return self.next();
        }
        let (whole, array) = match (v, it.array) {
            (V::Ptr(cell, off), Some(len)) => {
                let len = len as u32;
                (
                    SliceOf {
                        cell,
                        off,
                        len,
                        cap: len,
                    },
                    true,
                )
            }
            (V::Nil, Some(_)) => return self.runtime_error(NIL_DEREFERENCE),
            (v, _) => match self.m.pool.slice_of(v) {
                Some(slice) => (slice, false),
                None => {
                    let zero = |n: Option<i64>| n.is_none_or(|n| n == 0);
                    if lo != 0 || !zero(hi) || !zero(max) {
                        return self.bounds(&format!("[:{}] with capacity 0", hi.unwrap_or(lo)));
                    }
                    self.set(it.d, V::Nil);
                    return self.next();
                }
            },
        };
        let cap = i64::from(whole.cap);
        let what = if array { "length" } else { "capacity" };
        let hi = hi.unwrap_or(i64::from(whole.len));
        if let Some(max) = max {
            if max < 0 || max > cap {
                return self.bounds(&format!("[::{max}] with {what} {cap}"));
            }
            if hi < 0 || hi > max {
                return self.bounds(&format!("[:{hi}:{max}]"));
            }
        } else if hi < 0 || hi > cap {
            return self.bounds(&format!("[:{hi}] with {what} {cap}"));
        }
        if lo < 0 || lo > hi {
            return self.bounds(&format!("[{lo}:{hi}]"));
        }
        let part = SliceOf {
            cell: whole.cell,
            off: whole.off + lo as u32 * it.size,
            len: (hi - lo) as u32,
            cap: (max.unwrap_or(cap) - lo) as u32,
        };
        let v = self.m.pool.slice(part);
        self.set(it.d, v);
        self.next()
    }

    fn bounds(&mut self, what: &str) -> Ran {
        self.runtime_error(&format!("slice bounds out of range {what}"))
    }

    /// The leaves of the elements of a slice, or the bytes of a string; they are read.
    pub(crate) fn elements(
        &mut self,
        v: V,
        size: u32,
    ) -> Result<Vec<V>, gordian_checker::model::Fault> {
        if let V::Str(_) = v {
            let bytes = self.m.pool.bytes(v);
            return Ok(bytes.iter().map(|&byte| V::Int(i64::from(byte))).collect());
        }
        let Some(slice) = self.m.pool.slice_of(v) else {
            return Ok(Vec::new());
        };
        let len = slice.len * size;
        if len > 0 {
            self.touch(slice.cell, slice.off, len, How::Read);
        }
        self.charge(u64::from(len) / 8)?;
        let leaves = self.leaves(slice.cell)?;
        let part = leaves.get(slice.off as usize..(slice.off + len) as usize);
        Ok(part.unwrap_or_default().to_vec())
    }

    /// The bytes of a string or of a slice of bytes.
    pub(crate) fn bytes_of(&mut self, v: V) -> Result<Vec<u8>, gordian_checker::model::Fault> {
        if let V::Str(_) = v {
            return Ok(self.m.pool.bytes(v).to_vec());
        }
        let elements = self.elements(v, 1)?;
        Ok(elements.into_iter().map(|v| as_int(v) as u8).collect())
    }

    /// A new slice with these leaves.
    pub(crate) fn new_slice(
        &mut self,
        place: u32,
        leaves: Vec<V>,
        size: u32,
    ) -> Result<V, gordian_checker::model::Fault> {
        let len = leaves.len() as u32 / size.max(1);
        let cell = self.make(place, leaves)?;
        Ok(self.m.pool.slice(SliceOf {
            cell,
            off: 0,
            len,
            cap: len,
        }))
    }

    fn append(&mut self, call: &Call, e: u32) -> Ran {
        let size = self.types.size(e);
        let (old, more) = (self.arg(call.args[0]), self.arg(call.args[1]));
        let added = match (size, self.m.pool.slice_of(more)) {
            (0, slice) => slice.map_or(0, |slice| slice.len),
            _ => 0,
        };
        let leaves = self.elements(more, size)?;
        let added = if size == 0 {
            added
        } else {
            leaves.len() as u32 / size
        };
        if added == 0 && (old != V::Nil || more == V::Nil || self.m.pool.str_len(more) == 0) {
            self.set(call.d, old);
            return self.next();
        }
        let slice = self.m.pool.slice_of(old);
        if let Some(slice) = slice
            && slice.len + added <= slice.cap
        {
            let at = slice.off + slice.len * size;
            if !leaves.is_empty() {
                self.touch(slice.cell, at, leaves.len() as u32, How::Write);
                let room = self.leaves_mut(slice.cell)?;
                room[at as usize..at as usize + leaves.len()].copy_from_slice(&leaves);
            }
            let v = self.m.pool.slice(SliceOf {
                len: slice.len + added,
                ..slice
            });
            self.set(call.d, v);
            return self.next();
        }
        let mut all = self.elements(old, size)?;
        let len = slice.map_or(0, |slice| slice.len) + added;
        let cap = grown(slice.map_or(0, |slice| slice.cap), len);
        all.extend(leaves);
        let empty = self.m.pool.string(b"");
        for _ in len..cap {
            self.types.zero(e, &mut all, empty);
        }
        let cell = self.make(call.place, all)?;
        let v = self.m.pool.slice(SliceOf {
            cell,
            off: 0,
            len,
            cap,
        });
        self.set(call.d, v);
        self.next()
    }

    fn copy(&mut self, call: &Call, size: u32) -> Ran {
        let (to, from) = (self.arg(call.args[0]), self.arg(call.args[1]));
        let mut count = 0;
        if let Some(slice) = self.m.pool.slice_of(to) {
            let leaves = self.elements(from, size)?;
            let n = leaves.len().min((slice.len * size) as usize);
            count = n as u32 / size.max(1);
            if n > 0 {
                self.touch(slice.cell, slice.off, n as u32, How::Write);
                let room = self.leaves_mut(slice.cell)?;
                let at = slice.off as usize;
                room[at..at + n].copy_from_slice(&leaves[..n]);
            }
        }
        self.set(call.d, V::Int(i64::from(count)));
        self.next()
    }

    // Builtins.

    /// The native that a builtin is where it is deferred or started.
    pub(super) fn builtin_function(&mut self, builtin: Builtin) -> Option<V> {
        let name = match builtin {
            Builtin::Close => "builtin.close",
            Builtin::Delete => "builtin.delete",
            Builtin::Panic => "builtin.panic",
            Builtin::Print => "builtin.print",
            Builtin::Println => "builtin.println",
            Builtin::Recover => "builtin.recover",
            _ => return None,
        };
        Some(self.named_function(name))
    }

    pub(super) fn builtin(&mut self, builtin: Builtin, call: &Call) -> Ran {
        let args: Values = call.args.iter().map(|&x| self.arg(x)).collect();
        let first = args.first().copied().unwrap_or(V::Nil);
        let result = match builtin {
            Builtin::Append { e } => return self.append(call, e),
            Builtin::Copy { size } => return self.copy(call, size),
            Builtin::Len => match self.length(first)? {
                Ok(len) => V::Int(len),
                Err(channel) => {
                    return Ok(Flow::Stop(Stop::Op(Op::Chan(Some(channel), ChanOp::Len))));
                }
            },
            Builtin::Cap => V::Int(self.capacity(first)),
            Builtin::Close => {
                let channel = match first {
                    V::Chan(id) => Some(ObjectId(id)),
                    _ => None,
                };
                return Ok(Flow::Stop(Stop::Op(Op::Chan(channel, ChanOp::Close))));
            }
            Builtin::Delete => {
                if let V::Map(cell) = first {
                    self.touch(cell, 0, 1, How::Write);
                    if let Err(message) = self.remove(cell, args[1])? {
                        return self.runtime_error(&message);
                    }
                }
                V::Nil
            }
            Builtin::Clear { e } => {
                self.clear(first, e)?;
                V::Nil
            }
            Builtin::Complex => {
                let float = |v| match v {
                    V::Float(bits) => f64::from_bits(bits),
                    _ => 0.0,
                };
                self.m.pool.complex(float(args[0]), float(args[1]))
            }
            Builtin::Real => V::Float(self.m.pool.parts(first).0.to_bits()),
            Builtin::Imag => V::Float(self.m.pool.parts(first).1.to_bits()),
            Builtin::Min | Builtin::Max => self.extreme(&args, builtin == Builtin::Max),
            Builtin::WrapNilCheck => {
                if first == V::Nil {
                    let (t, method) = (self.m.pool.lossy(args[1]), self.m.pool.lossy(args[2]));
                    return self.plain_error(&format!(
                        "value method {t}.{method} called using nil *{} pointer",
                        t.rsplit('.').next().unwrap_or("")
                    ));
                }
                first
            }
            Builtin::DeferStack => V::Int(i64::from(self.top().depth)),
            Builtin::Recover => self.recovered(),
            Builtin::Panic => return self.panic(first),
            Builtin::Print | Builtin::Println => {
                let f = self.builtin_function(builtin).unwrap_or(V::Nil);
                return self.call(f, args, Ret::Slots(call.d, call.results));
            }
            Builtin::UnsafeString => {
                let bytes = match (first, args[1]) {
                    (V::Ptr(cell, off), V::Int(len)) => {
                        let slice = SliceOf {
                            cell,
                            off,
                            len: len as u32,
                            cap: len as u32,
                        };
                        let slice = self.m.pool.slice(slice);
                        self.bytes_of(slice)?
                    }
                    _ => Vec::new(),
                };
                self.m.pool.string(&bytes)
            }
            Builtin::UnsafeSlice { .. } => match (first, args[1]) {
                (V::Ptr(cell, off), V::Int(len)) => {
                    let len = len as u32;
                    self.m.pool.slice(SliceOf {
                        cell,
                        off,
                        len,
                        cap: len,
                    })
                }
                _ => V::Nil,
            },
            Builtin::UnsafeData => match self.m.pool.slice_of(first) {
                Some(slice) => V::Ptr(slice.cell, slice.off),
                None => V::Nil,
            },
            Builtin::UnsafeAdd { .. } => {
                return Err(self.unsupported("calls unsafe.Add"));
            }
        };
        self.set(call.d, result);
        self.next()
    }

    /// The length of anything; of a channel it is an operation.
    fn length(&mut self, v: V) -> Result<Result<i64, ObjectId>, gordian_checker::model::Fault> {
        Ok(Ok(match v {
            V::Chan(id) => return Ok(Err(ObjectId(id))),
            V::Str(_) => self.m.pool.str_len(v) as i64,
            V::Slice(_) => self
                .m
                .pool
                .slice_of(v)
                .map_or(0, |slice| i64::from(slice.len)),
            V::Map(cell) => {
                self.touch(cell, 0, 1, How::Read);
                self.leaves(cell)?.len() as i64 / 2
            }
            V::Agg(id) => self.m.pool.leaves_of(id).len() as i64,
            _ => 0,
        }))
    }

    fn capacity(&mut self, v: V) -> i64 {
        match v {
            V::Chan(id) => {
                let id = ObjectId(id);
                let made = self.created.iter().find(|creation| creation.id == id);
                let object = made.map_or_else(|| self.world.object(id), |made| &made.object);
                match object {
                    gordian_checker::model::Object::Chan(chan) => i64::from(chan.capacity),
                    _ => 0,
                }
            }
            V::Slice(_) => self
                .m
                .pool
                .slice_of(v)
                .map_or(0, |slice| i64::from(slice.cap)),
            V::Agg(id) => self.m.pool.leaves_of(id).len() as i64,
            _ => 0,
        }
    }

    fn clear(&mut self, v: V, e: u32) -> Result<(), gordian_checker::model::Fault> {
        match v {
            V::Map(cell) => {
                self.touch(cell, 0, 1, How::Write);
                self.leaves_mut(cell)?.clear();
            }
            V::Slice(_) => {
                if let Some(slice) = self.m.pool.slice_of(v) {
                    let len = slice.len * self.types.size(e);
                    self.touch(slice.cell, slice.off, len, How::Write);
                    let empty = self.m.pool.string(b"");
                    let mut zeros = Vec::new();
                    for _ in 0..slice.len {
                        self.types.zero(e, &mut zeros, empty);
                    }
                    let room = self.leaves_mut(slice.cell)?;
                    let at = slice.off as usize;
                    room[at..at + zeros.len()].copy_from_slice(&zeros);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn extreme(&mut self, args: &[V], max: bool) -> V {
        let mut best = args[0];
        for &v in &args[1..] {
            let less = match (v, best) {
                (V::Int(a), V::Int(b)) => a < b,
                (V::Float(a), V::Float(b)) => f64::from_bits(a) < f64::from_bits(b),
                (a, b) => self.m.pool.bytes(a) < self.m.pool.bytes(b),
            };
            if less != max && v != best {
                best = v;
            }
        }
        best
    }
}

/// The capacity of a slice that grows to this length: as Go's, but for the rounding up to sizes of the allocator.
fn grown(old: u32, len: u32) -> u32 {
    if len > 2 * old {
        return len;
    }
    if old < 256 {
        return 2 * old;
    }
    let mut cap = old;
    while cap < len {
        cap += (cap + 3 * 256) / 4;
    }
    cap
}

/// The first rune of some bytes, and how many it takes.
pub(crate) fn decode_rune(bytes: &[u8]) -> (i64, usize) {
    let width = match bytes[0] {
        0..0x80 => return (i64::from(bytes[0]), 1),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return (0xfffd, 1),
    };
    let text = bytes
        .get(..width)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    match text.and_then(|text| text.chars().next()) {
        Some(rune) => (i64::from(u32::from(rune)), width),
        None => (0xfffd, 1),
    }
}
