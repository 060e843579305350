//! Maps: the leaves of a map are its keys and values in turn.

use gordian_checker::model::{Fault, Op};
use smallvec::SmallVec;

use super::data::decode_rune;
use super::memory::How;
use super::{Flow, Ran, Run, Stop, equal};
use crate::code::{Arg, NOWHERE};
use crate::value::V;

/// A map with more entries than this is gone through in the order in which they were put in.
const ORDERS_MAX: usize = 4;

impl Run<'_> {
    /// Returns the position of a key in a map. The error is the text of the panic if it cannot be a
    /// key.
    pub(crate) fn find(
        &mut self,
        cell: u32,
        key: V,
    ) -> Result<Result<Option<usize>, String>, Fault> {
        let key = self.m.pool.kept(key);
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
        // Of all other values equal ones have equal bits, since each is kept once.
        let simple = !matches!(key, V::Float(_) | V::Complex(_) | V::Agg(_) | V::Iface(..));
        if simple {
            return self.find_simple(cell, key).map(Ok);
        }
        let leaves = self.leaves(cell)?;
        let count = leaves.len();
        let keys: Vec<V> = leaves.iter().step_by(2).copied().collect();
        let mut found = None;
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
        self.charge(1 + count as u64 / 16)?;
        Ok(Ok(found.map(|at| 2 * at)))
    }

    /// Returns the position of a key that has the bits of its equals.
    fn find_simple(&mut self, cell: u32, key: V) -> Result<Option<usize>, Fault> {
        // Beyond these first entries the keys have an index, which a removal forgets.
        const NEAR: usize = 64;
        self.charge(1)?;
        let leaves = self.leaves(cell)?;
        let near = leaves.iter().step_by(2).take(NEAR);
        if let Some(at) = near.copied().position(|known| known == key) {
            return Ok(Some(2 * at));
        }
        match leaves.len() > 2 * NEAR {
            true => Ok(self.keys(cell)?.get(&key).copied()),
            false => Ok(None),
        }
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
    pub(crate) fn put(&mut self, cell: u32, key: V, v: V) -> Result<Result<(), String>, Fault> {
        let at = match self.find(cell, key)? {
            Ok(at) => at,
            Err(message) => return Ok(Err(message)),
        };
        let (key, v) = (self.m.pool.kept(key), self.m.pool.kept(v));
        let count = self.set_entry(cell, at, (key, v))?;
        if count as u64 > crate::types::LEAVES_MAX {
            return Err(self.unsupported(format!(
                "makes a map of more than {} entries",
                crate::types::LEAVES_MAX / 2
            )));
        }
        Ok(Ok(()))
    }

    /// Takes an entry out of a map.
    pub(crate) fn remove(&mut self, cell: u32, key: V) -> Result<Result<(), String>, Fault> {
        match self.find(cell, key)? {
            Ok(Some(at)) => {
                self.leaves_mut(cell)?.drain(at..at + 2);
                Ok(Ok(()))
            }
            Ok(None) => Ok(Ok(())),
            Err(message) => Ok(Err(message)),
        }
    }

    /// Goes on to the next entry of a map or rune of a string. Which entry of a map is a choice: it
    /// has been made, or is the operation.
    pub(super) fn iterate(&mut self, d: u32, x: Arg, choice: Option<usize>) -> Ran {
        let id = match self.arg(x) {
            V::Runes(text, at) => {
                let bytes = self.m.pool.bytes(V::Str(text)).get(at as usize..);
                let got = bytes.filter(|bytes| !bytes.is_empty()).map(decode_rune);
                let (rune, width) = got.unwrap_or((0, 0));
                self.set(x as u32, V::Runes(text, at + width as u32));
                return self.yielded(d, got.is_some(), V::Int(i64::from(at)), V::Int(rune));
            }
            V::Iter(id) => id,
            _ => return Err(self.unsupported("an iteration over nothing")),
        };
        let state = self.m.pool.leaves_of(id).clone();
        let V::Map(cell) = state[0] else {
            return self.yielded(d, false, V::Nil, V::Nil);
        };
        self.touch(cell, 0, 1, How::Read);
        if let [_, V::Agg(keys), V::Int(next), V::Int(near)] = state[..] {
            return self.next_of_many(d, x, cell, (keys, next, near));
        }
        // An entry that was deleted meanwhile does not come. A new one does, as Go allows.
        let mut seen: SmallVec<[V; 8]> = SmallVec::from_slice(&state[1..]);
        let leaves = self.leaves(cell)?;
        // A key that is not equal to itself may be there several times.
        let mut is_new = |key: V| match seen.iter().position(|&it| it == key) {
            Some(at) => {
                seen.swap_remove(at);
                false
            }
            None => true,
        };
        let left: SmallVec<[(V, V); 4]> = leaves
            .chunks_exact(2)
            .filter(|entry| is_new(entry[0]))
            .map(|entry| (entry[0], entry[1]))
            .collect();
        if left.len() > ORDERS_MAX {
            let most = format!(
                "maps of more than {ORDERS_MAX} entries are gone through in the order of insertion"
            );
            self.assume(most);
            self.charge(left.len() as u64 / 4)?;
            let keys: Vec<V> = left.iter().map(|entry| entry.0).collect();
            let keys = self.m.pool.agg_id(&keys);
            return self.next_of_many(d, x, cell, (keys, 0, 0));
        }
        let count = left.len();
        let chosen = match choice {
            Some(chosen) => chosen,
            None if count > 1 => {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                return Ok(Flow::Stop(Stop::Op(Op::Choose(count, None))));
            }
            None => 0,
        };
        match left.get(chosen) {
            Some(&entry) => self.take_entry(d, x, &state, entry),
            None => self.yielded(d, false, V::Nil, V::Nil),
        }
    }

    /// Goes on to the next of many entries, of which these are the keys. It is looked for first
    /// where it is if none or one was deleted since. New entries do not come, as Go allows.
    fn next_of_many(
        &mut self,
        d: u32,
        x: Arg,
        cell: u32,
        (keys, next, near): (u32, i64, i64),
    ) -> Ran {
        let list = self.m.pool.leaves_of(keys).clone();
        for (&key, at) in list
            .iter()
            .zip(0..)
            .skip(usize::try_from(next).unwrap_or(0))
        {
            let near = usize::try_from(near).unwrap_or(0);
            let leaves = self.leaves(cell)?;
            let is_at = |at: &usize| leaves.get(*at) == Some(&key);
            let found = match [near, near.wrapping_sub(2)].into_iter().find(is_at) {
                Some(at) => Some(at),
                None => self.find(cell, key)?.ok().flatten(),
            };
            let Some(found) = found else { continue };
            let v = self.leaf(cell, found as u32 + 1)?;
            let place = [at + 1, found as i64 + 2].map(V::Int);
            let state = [V::Map(cell), V::Agg(keys), place[0], place[1]];
            let state = V::Iter(self.m.pool.agg_id(&state));
            self.set(x as u32, state);
            return self.yielded(d, true, key, v);
        }
        self.yielded(d, false, V::Nil, V::Nil)
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
}
