//! `reflect.DeepEqual`.

use gordian_checker::model::Fault;

use crate::machine::{How, Run};
use crate::types::{Kind, Own};
use crate::value::V;

/// The depth to which values are compared.
const DEPTH_MAX: u32 = 10_000;

/// Returns true if two values in interfaces are deeply equal, as Go has it. What is compared is
/// read.
pub(super) fn deep_equal(run: &mut Run<'_>, a: V, b: V) -> Result<bool, Fault> {
    let mut comparison = Comparison {
        run,
        visited: Vec::new(),
        depth: 0,
    };
    comparison.interfaces(a, b)
}

struct Comparison<'r, 'a> {
    run: &'r mut Run<'a>,
    /// Pointers, slices and maps that are compared already: they may lead in a circle.
    visited: Vec<(V, V)>,
    depth: u32,
}

impl Comparison<'_, '_> {
    fn interfaces(&mut self, a: V, b: V) -> Result<bool, Fault> {
        match (a, b) {
            (V::Iface(t, a), V::Iface(u, b)) if t == u => {
                let (a, b) = (self.run.m.pool.unboxed(a), self.run.m.pool.unboxed(b));
                self.values(t, a, b)
            }
            (V::Iface(..), _) | (_, V::Iface(..)) => Ok(false),
            _ => Ok(true),
        }
    }

    fn values(&mut self, t: u32, a: V, b: V) -> Result<bool, Fault> {
        self.run.charge(1)?;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.run.unsupported("compares values that are too deep"));
        }
        let same = self.of_kind(t, a, b);
        self.depth -= 1;
        same
    }

    fn of_kind(&mut self, t: u32, a: V, b: V) -> Result<bool, Fault> {
        let types = self.run.types.clone();
        match *types.kind(t) {
            Kind::Float(_) | Kind::Complex(_) => {
                Ok(crate::machine::equal(&self.run.m.pool, &types, a, b) == Ok(true))
            }
            Kind::Func => Ok(a == V::Nil && b == V::Nil),
            Kind::Iface => self.interfaces(a, b),
            Kind::Ptr(_) | Kind::Slice(_) | Kind::Map(..) if a == V::Nil || b == V::Nil => {
                Ok(a == b)
            }
            Kind::Ptr(_) | Kind::Slice(_) | Kind::Map(..) if self.is_visited(a, b) => Ok(true),
            Kind::Ptr(e) => {
                let shape = self.run.shape(e);
                let (V::Ptr(cell, off), V::Ptr(other, at)) = (a, b) else {
                    return Ok(false);
                };
                let (a, b) = (
                    self.run.load(cell, off, shape)?,
                    self.run.load(other, at, shape)?,
                );
                self.values(e, a, b)
            }
            Kind::Slice(e) => {
                let size = types.size(e);
                let of = |v| self.run.m.pool.slice_of(v).map_or(0, |slice| slice.len);
                if of(a) != of(b) {
                    return Ok(false);
                }
                let (a, b) = (self.run.elements(a, size)?, self.run.elements(b, size)?);
                self.lists(e, &a, &b)
            }
            Kind::Array(e, _) => {
                let pool = &self.run.m.pool;
                let (a, b) = (pool.leaves(a), pool.leaves(b));
                self.lists(e, &a, &b)
            }
            Kind::Struct => self.structs(t, a, b),
            Kind::Map(_, e) => self.maps(e, a, b),
            Kind::Own(Own::WrapError) => {
                let (V::Ptr(cell, _), V::Ptr(other, _)) = (a, b) else {
                    return Ok(false);
                };
                let texts = (self.run.leaf(cell, 0)?, self.run.leaf(other, 0)?);
                let (a, b) = (self.run.leaf(cell, 1)?, self.run.leaf(other, 1)?);
                Ok(texts.0 == texts.1 && self.interfaces(a, b)?)
            }
            _ => Ok(a == b),
        }
    }

    /// Returns true if two things are one, or are compared already.
    fn is_visited(&mut self, a: V, b: V) -> bool {
        if a == b || self.visited.contains(&(a, b)) {
            return true;
        }
        self.visited.push((a, b));
        false
    }

    fn lists(&mut self, e: u32, a: &[V], b: &[V]) -> Result<bool, Fault> {
        let size = self.run.types.size(e).max(1) as usize;
        if a.len() != b.len() {
            return Ok(false);
        }
        let shape = self.run.shape(e);
        for (a, b) in a.chunks(size).zip(b.chunks(size)) {
            let (a, b) = (self.run.part(a, 0, shape), self.run.part(b, 0, shape));
            if !self.values(e, a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn structs(&mut self, t: u32, a: V, b: V) -> Result<bool, Fault> {
        let types = self.run.types.clone();
        let (a, b) = (self.run.m.pool.leaves(a), self.run.m.pool.leaves(b));
        if types.get(t).opaque.is_some() && a.first() != b.first() {
            return Ok(false);
        }
        for field in types.get(t).fields.iter().filter(|field| field.t > 0) {
            let shape = self.run.shape(field.t);
            let (a, b) = (
                self.run.part(&a, field.off, shape),
                self.run.part(&b, field.off, shape),
            );
            if !self.values(field.t, a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn maps(&mut self, e: u32, a: V, b: V) -> Result<bool, Fault> {
        let (V::Map(a), V::Map(b)) = (a, b) else {
            return Ok(false);
        };
        self.run.touch(a, 0, 1, How::Read);
        self.run.touch(b, 0, 1, How::Read);
        let entries = self.run.leaves(a)?.to_vec();
        if entries.len() != self.run.leaves(b)?.len() {
            return Ok(false);
        }
        for entry in entries.chunks_exact(2) {
            let Ok(Some(at)) = self.run.find(b, entry[0])? else {
                return Ok(false);
            };
            let other = self.run.leaf(b, at as u32 + 1)?;
            if !self.values(e, entry[1], other)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
