//! The builtin functions.

use gordian_checker::model::{ChanOp, Fault, ObjectId, Op};

use super::calls::{Ret, Values};
use super::memory::How;
use super::{Flow, Ran, Run, Stop};
use crate::code::{Builtin, Call};
use crate::value::{SliceOf, V};

impl Run<'_> {
    /// Returns the native that a builtin is where it is deferred or started.
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
                let close = Op::Chan(first.channel(), ChanOp::Close);
                return Ok(Flow::Stop(Stop::Op(close)));
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
            Builtin::Complex
            | Builtin::Real
            | Builtin::Imag
            | Builtin::Min
            | Builtin::Max
            | Builtin::UnsafeString
            | Builtin::UnsafeSlice { .. }
            | Builtin::UnsafeData
            | Builtin::UnsafeAdd { .. } => self.value_of_builtin(builtin, &args)?,
        };
        self.set(call.d, result);
        self.next()
    }

    /// Returns the result of a builtin that only computes.
    fn value_of_builtin(&mut self, builtin: Builtin, args: &[V]) -> Result<V, Fault> {
        let first = args[0];
        Ok(match builtin {
            Builtin::Complex => {
                let float = |v| match v {
                    V::Float(bits) => f64::from_bits(bits),
                    _ => 0.0,
                };
                self.m.pool.complex(float(args[0]), float(args[1]))
            }
            Builtin::Real => V::Float(self.m.pool.parts(first).0.to_bits()),
            Builtin::Imag => V::Float(self.m.pool.parts(first).1.to_bits()),
            Builtin::Min | Builtin::Max => self.extreme(args, builtin == Builtin::Max),
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
                self.m.pool.fresh_string(bytes)
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
            _ => return Err(self.unsupported("calls unsafe.Add")),
        })
    }

    /// Returns the length of anything; of a channel it is an operation.
    fn length(&mut self, v: V) -> Result<Result<i64, ObjectId>, Fault> {
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
                let object = made.map_or_else(|| self.look().object(id), |made| &made.object);
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

    fn clear(&mut self, v: V, e: u32) -> Result<(), Fault> {
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
