//! Slices, maps, strings and the builtin functions.

use super::memory::How;
use super::step::NIL_DEREFERENCE;
use super::{Ran, Run, Text};
use crate::code::{Arg, Call, Reslice, Shape};
use crate::value::{SliceOf, V};

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
            let len = bytes.len() as u64;
            let Some(&byte) = usize::try_from(index).ok().and_then(|i| bytes.get(i)) else {
                return self.out_of_range(index, len);
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

    pub(super) fn make_slice(&mut self, d: u32, t: u32, len: i64, cap: i64, place: u32) -> Ran {
        let size = i64::from(self.types.size(t)).max(1);
        if len < 0 || len > i64::MAX / size {
            return self.runtime_error("makeslice: len out of range");
        }
        if cap < len || cap > i64::MAX / size {
            return self.runtime_error("makeslice: cap out of range");
        }
        let Ok(count) = u32::try_from(cap) else {
            return Err(self.too_large(cap.cast_unsigned()));
        };
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
            let len = self.m.pool.str_len(v) as i64;
            let hi = hi.unwrap_or(len);
            if hi < 0 || hi > len {
                return self.bounds(&format!("[:{hi}] with length {len}"));
            }
            if lo < 0 || lo > hi {
                return self.bounds(&format!("[{lo}:{hi}]"));
            }
            let part = self.m.pool.part_of_string(v, lo as usize..hi as usize);
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

    /// Returns the leaves of the elements of a slice, or the bytes of a string; they are read.
    pub(crate) fn elements(
        &mut self,
        v: V,
        size: u32,
    ) -> Result<Vec<V>, gordian_checker::model::Fault> {
        if let V::Str(_) = v {
            self.charge(self.m.pool.str_len(v) as u64 / 8)?;
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
        let mut part = part.unwrap_or_default().to_vec();
        self.keep_all(&mut part)?;
        Ok(part)
    }

    /// Returns the bytes of a string or of a slice of bytes.
    pub(crate) fn bytes_of(&mut self, v: V) -> Result<Vec<u8>, gordian_checker::model::Fault> {
        let bytes: Vec<u8> = match self.text(v)? {
            Text::Bytes(bytes) => bytes.to_vec(),
            leaves => leaves.bytes().collect(),
        };
        self.charge_bytes(bytes.len())?;
        Ok(bytes)
    }

    /// Makes a new slice with these leaves.
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

    pub(super) fn append(&mut self, call: &Call, e: u32) -> Ran {
        let size = self.types.size(e);
        let (old, more) = (self.arg(call.args[0]), self.arg(call.args[1]));
        // Elements without a size have no leaves to be counted.
        let without_size = self.m.pool.slice_of(more).map_or(0, |slice| slice.len);
        let leaves = self.elements(more, size)?;
        let added = (leaves.len() as u32).checked_div(size);
        let added = added.unwrap_or(without_size);
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

    pub(super) fn copy(&mut self, call: &Call, size: u32) -> Ran {
        let (to, from) = (self.arg(call.args[0]), self.arg(call.args[1]));
        let mut count = 0;
        if let Some(slice) = self.m.pool.slice_of(to) {
            let leaves = self.elements(from, size)?;
            let n = leaves.len().min((slice.len * size) as usize);
            // Elements without a size have no leaves to be counted.
            let without_size = self.m.pool.slice_of(from).map_or(0, |from| from.len);
            let counted = (n as u32).checked_div(size);
            count = counted.unwrap_or(without_size.min(slice.len));
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
}

/// Returns the capacity of a slice that grows to this length: as Go's, but for the rounding up to
/// sizes of the allocator.
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

/// Returns the first rune of some bytes, and how many it takes.
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
