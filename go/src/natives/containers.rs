//! The texts that fmt writes for values with parts.

use super::format::{Printed, Printer};
use super::verbs::Flags;
use crate::machine::Run;
use crate::types::Kind;
use crate::value::V;

impl Printer<'_, '_> {
    pub(super) fn structure(
        &mut self,
        t: u32,
        v: V,
        verb: u8,
        flags: &Flags,
        depth: u32,
        may_call: bool,
    ) -> Printed {
        let types = self.run.types.clone();
        let leaves = self.run.m.pool.leaves(v).to_vec();
        if flags.sharp && verb == b'v' {
            self.put(types.text(t));
        }
        self.put("{");
        for (at, field) in types.get(t).fields.iter().enumerate() {
            if at > 0 {
                self.put(if flags.sharp && verb == b'v' {
                    ", "
                } else {
                    " "
                });
            }
            if verb == b'v' && (flags.names || flags.sharp) {
                self.put(format!("{}:", field.name));
            }
            let shape = self.run.shape(field.t);
            let part = self.run.part(&leaves, field.off, shape);
            let exported = field.name.starts_with(char::is_uppercase);
            self.value(field.t, part, verb, flags, depth + 1, may_call && exported)?;
        }
        self.put("}");
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "all of a value's circumstances")]
    pub(super) fn slice(
        &mut self,
        t: u32,
        e: u32,
        v: V,
        verb: u8,
        flags: &Flags,
        depth: u32,
        may_call: bool,
    ) -> Printed {
        if verb == b'p' {
            self.put(address(v));
            return Ok(());
        }
        let size = self.run.types.size(e);
        let leaves = self.run.elements(v, size)?;
        self.list(t, e, &leaves, verb, flags, depth, may_call)
    }

    #[expect(clippy::too_many_arguments, reason = "all of a value's circumstances")]
    pub(super) fn list(
        &mut self,
        t: u32,
        e: u32,
        leaves: &[V],
        verb: u8,
        flags: &Flags,
        depth: u32,
        may_call: bool,
    ) -> Printed {
        let types = self.run.types.clone();
        let bytes = matches!(
            types.kind(e),
            Kind::Int {
                bits: 8,
                signed: false
            }
        );
        if bytes && b"sqxX".contains(&verb) {
            let bytes: Vec<u8> = leaves.iter().map(|&v| Run::number(v) as u8).collect();
            let text = flags.string(&bytes, verb).unwrap_or_default();
            self.put(text);
            return Ok(());
        }
        let sharp = flags.sharp && verb == b'v';
        if sharp {
            self.put(types.text(t));
        }
        self.put(if sharp { "{" } else { "[" });
        // Elements without a size have no leaves, and a chunk must not be empty.
        let size = types.size(e).max(1) as usize;
        for (at, part) in leaves.chunks(size).enumerate() {
            if at > 0 {
                self.put(if sharp { ", " } else { " " });
            }
            let shape = self.run.shape(e);
            let v = self.run.part(part, 0, shape);
            self.value(e, v, verb, flags, depth + 1, may_call)?;
        }
        self.put(if sharp { "}" } else { "]" });
        Ok(())
    }

    /// Prints the entries, in the order of their keys.
    pub(super) fn map(
        &mut self,
        t: u32,
        v: V,
        verb: u8,
        flags: &Flags,
        depth: u32,
        may_call: bool,
    ) -> Printed {
        let types = self.run.types.clone();
        let Kind::Map(key, e) = *types.kind(t) else {
            return Ok(());
        };
        let mut entries: Vec<(V, V)> = match v {
            V::Map(cell) => {
                self.run.touch(cell, 0, 1, crate::machine::How::Read);
                let leaves = self.run.leaves(cell)?;
                leaves
                    .chunks_exact(2)
                    .map(|entry| (entry[0], entry[1]))
                    .collect()
            }
            _ => Vec::new(),
        };
        let pool = &self.run.m.pool;
        entries.sort_by(|(a, _), (b, _)| compare(pool, *a, *b));
        let sharp = flags.sharp && verb == b'v';
        self.put(if sharp {
            types.text(t) + "{"
        } else {
            "map[".to_owned()
        });
        for (at, (k, v)) in entries.into_iter().enumerate() {
            if at > 0 {
                self.put(if sharp { ", " } else { " " });
            }
            self.value(key, k, verb, flags, depth + 1, may_call)?;
            self.put(":");
            self.value(e, v, verb, flags, depth + 1, may_call)?;
        }
        self.put(if sharp { "}" } else { "]" });
        Ok(())
    }
}

/// Compares two keys of a map.
fn compare(pool: &crate::value::Pool, a: V, b: V) -> std::cmp::Ordering {
    match (a, b) {
        (V::Int(a), V::Int(b)) => a.cmp(&b),
        (V::Bool(a), V::Bool(b)) => a.cmp(&b),
        (V::Float(a), V::Float(b)) => f64::from_bits(a).total_cmp(&f64::from_bits(b)),
        (V::Str(_), V::Str(_)) => pool.bytes(a).cmp(pool.bytes(b)),
        (V::Iface(t, a), V::Iface(u, b)) if t == u => {
            compare(pool, pool.unboxed(a), pool.unboxed(b))
        }
        (V::Agg(a), V::Agg(b)) => {
            let (a, b) = (pool.leaves_of(a).clone(), pool.leaves_of(b).clone());
            let pairs = a.iter().zip(b.iter());
            let orders = pairs.map(|(a, b)| compare(pool, *a, *b));
            orders
                .into_iter()
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        }
        _ => std::cmp::Ordering::Equal,
    }
}

/// Returns an address, made up but always the same.
pub(super) fn address(v: V) -> String {
    let number = match v {
        V::Ptr(cell, off) => u64::from(cell) << 16 | u64::from(off) << 3,
        V::Map(id) | V::Chan(id) | V::Func(id) | V::Slice(id) => u64::from(id) << 16,
        _ => return "0x0".to_owned(),
    };
    format!("{:#x}", 0xc0_0000_0000 + number)
}
