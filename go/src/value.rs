//! Values of Go in 16 bytes, and the pool in which what is larger is kept once: equal values are
//! equal bits.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::rc::Rc;

use gordian_checker::model::ObjectId;
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use smallvec::SmallVec;

use crate::strings::{Strings, is_loose};

/// A value in a register or in a leaf of memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum V {
    /// Nothing: a register that holds no value.
    Dead,
    /// A nil pointer, slice, map, channel, function or interface.
    Nil,
    Bool(bool),
    /// Any integer, in the range of its type; unsigned 64-bit ones in two's complement.
    Int(i64),
    /// The bits of a float64.
    Float(u64),
    /// A complex number: an aggregate of two floats.
    Complex(u32),
    /// A string: it may be loose, which see [`Strings`].
    Str(u32),
    /// A struct or an array, as its leaves.
    Agg(u32),
    /// The address of a leaf: a cell, and the offset in it.
    Ptr(u32, u32),
    Slice(u32),
    /// A map: its cell.
    Map(u32),
    /// A channel: its object.
    Chan(u32),
    /// A function, with what it has captured.
    Func(u32),
    /// An interface that holds something: its dynamic type, and the box with the value.
    Iface(u32, u32),
    /// An iterator over a map: an aggregate of what is iterated over and what was seen.
    Iter(u32),
    /// An iterator over a string: its number, and the bytes that are gone through.
    Runes(u32, u32),
}

impl V {
    /// Returns the channel that it is; nothing if it is nil.
    pub(crate) fn channel(self) -> Option<ObjectId> {
        match self {
            Self::Chan(id) => Some(ObjectId(id)),
            _ => None,
        }
    }

    /// Returns true if it is a loose string.
    pub(crate) fn is_loose(self) -> bool {
        matches!(self, Self::Str(id) | Self::Runes(id, _) if is_loose(id))
    }
}

/// Returns a float as one of this size.
pub(crate) fn rounded(bits: u32, number: f64) -> f64 {
    match bits {
        32 => f64::from(number as f32),
        _ => number,
    }
}

/// The parts of a slice: its beginning, in elements' leaves, its length and its capacity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SliceOf {
    pub(crate) cell: u32,
    pub(crate) off: u32,
    pub(crate) len: u32,
    pub(crate) cap: u32,
}

/// Keeps each value once.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    values: Vec<T>,
    table: HashTable<u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            table: HashTable::new(),
        }
    }
}

pub(crate) fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<T: Hash> Interner<T> {
    /// Returns the number of a value, which is made from what it is looked up by if it is new.
    pub(crate) fn intern<Q>(&mut self, query: &Q, make: impl FnOnce() -> T) -> u32
    where
        T: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = hash_of(query);
        let values = &self.values;
        if let Some(&id) = self
            .table
            .find(hash, |&id| values[id as usize].borrow() == query)
        {
            return id;
        }
        let id = u32::try_from(self.values.len()).expect("fewer than 2^32 values");
        self.values.push(make());
        let values = &self.values;
        self.table
            .insert_unique(hash, id, |&id| hash_of(values[id as usize].borrow()));
        id
    }

    pub(crate) fn get(&self, id: u32) -> &T {
        &self.values[id as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// All values that do not fit into a [`V`].
#[derive(Debug, Default)]
pub(crate) struct Pool {
    strings: Strings,
    aggregates: Interner<Rc<[V]>>,
    slices: Interner<SliceOf>,
    boxes: Interner<V>,
    functions: Interner<(u32, Rc<[V]>)>,
    /// Bytes that are kept beside strings, about.
    size: usize,
}

impl Pool {
    pub(crate) fn string(&mut self, bytes: &[u8]) -> V {
        V::Str(self.strings.keep(bytes))
    }

    pub(crate) fn text(&mut self, text: &str) -> V {
        self.string(text.as_bytes())
    }

    /// Returns a string that may be loose.
    pub(crate) fn fresh_string(&mut self, bytes: Vec<u8>) -> V {
        V::Str(self.strings.fresh(bytes))
    }

    /// Returns a part of a string, which may be loose.
    pub(crate) fn part_of_string(&mut self, v: V, range: Range<usize>) -> V {
        match v {
            V::Str(id) => V::Str(self.strings.part(id, range)),
            other => other,
        }
    }

    /// Returns one string behind another; it may be loose.
    pub(crate) fn joined(&mut self, x: V, y: V) -> V {
        match (x, y) {
            (V::Str(x), V::Str(y)) => V::Str(self.strings.join(x, y)),
            (V::Str(_), _) => x,
            _ => y,
        }
    }

    /// Returns the value with bits that only its equals have: of a loose string the kept one.
    pub(crate) fn kept(&mut self, v: V) -> V {
        match v {
            V::Str(id) => V::Str(self.strings.kept(id)),
            V::Runes(id, at) => V::Runes(self.strings.kept(id), at),
            other => other,
        }
    }

    /// Does the same with all of these.
    pub(crate) fn keep_all(&mut self, values: &mut [V]) {
        for v in values.iter_mut().filter(|v| v.is_loose()) {
            *v = self.kept(*v);
        }
    }

    /// Forgets all loose strings: a stretch begins.
    pub(crate) fn forget_loose(&mut self) {
        self.strings.forget_loose();
    }

    pub(crate) fn bytes(&self, v: V) -> &[u8] {
        match v {
            V::Str(id) => self.strings.get(id),
            _ => &[],
        }
    }

    pub(crate) fn str_len(&self, v: V) -> usize {
        self.bytes(v).len()
    }

    pub(crate) fn lossy(&self, v: V) -> String {
        String::from_utf8_lossy(self.bytes(v)).into_owned()
    }

    pub(crate) fn agg_id(&mut self, leaves: &[V]) -> u32 {
        if leaves.iter().any(|v| v.is_loose()) {
            let mut kept: SmallVec<[V; 8]> = SmallVec::from_slice(leaves);
            self.keep_all(&mut kept);
            return self.agg_id(&kept);
        }
        let size = &mut self.size;
        self.aggregates.intern(leaves, || {
            *size += 16 * leaves.len() + 32;
            leaves.into()
        })
    }

    pub(crate) fn agg(&mut self, leaves: &[V]) -> V {
        V::Agg(self.agg_id(leaves))
    }

    pub(crate) fn leaves_of(&self, id: u32) -> &Rc<[V]> {
        self.aggregates.get(id)
    }

    /// Returns the leaves of a value: itself, unless it is an aggregate.
    pub(crate) fn leaves(&self, v: V) -> Rc<[V]> {
        match v {
            V::Agg(id) | V::Complex(id) | V::Iter(id) => self.leaves_of(id).clone(),
            other => Rc::from(&[other][..]),
        }
    }

    pub(crate) fn slice(&mut self, slice: SliceOf) -> V {
        let size = &mut self.size;
        V::Slice(self.slices.intern(&slice, || {
            *size += 32;
            slice
        }))
    }

    /// Returns the parts of a slice; `None` if it is nil.
    pub(crate) fn slice_of(&self, v: V) -> Option<SliceOf> {
        match v {
            V::Slice(id) => Some(*self.slices.get(id)),
            _ => None,
        }
    }

    pub(crate) fn boxed(&mut self, v: V) -> u32 {
        let v = self.kept(v);
        let size = &mut self.size;
        self.boxes.intern(&v, || {
            *size += 32;
            v
        })
    }

    pub(crate) fn unboxed(&self, id: u32) -> V {
        *self.boxes.get(id)
    }

    pub(crate) fn iface(&mut self, t: u32, v: V) -> V {
        let id = self.boxed(v);
        V::Iface(t, id)
    }

    pub(crate) fn function(&mut self, function: u32, captured: &[V]) -> V {
        let mut captured: SmallVec<[V; 8]> = SmallVec::from_slice(captured);
        self.keep_all(&mut captured);
        let key: (u32, Rc<[V]>) = (function, captured[..].into());
        let size = &mut self.size;
        V::Func(self.functions.intern(&key.clone(), || {
            *size += 64 + 16 * captured.len();
            key
        }))
    }

    pub(crate) fn function_of(&self, id: u32) -> &(u32, Rc<[V]>) {
        self.functions.get(id)
    }

    pub(crate) fn complex(&mut self, re: f64, im: f64) -> V {
        V::Complex(self.agg_id(&[V::Float(re.to_bits()), V::Float(im.to_bits())]))
    }

    /// Returns a complex number of parts of this size.
    pub(crate) fn complex_of(&mut self, bits: u32, re: f64, im: f64) -> V {
        let [re, im] = [re, im].map(|part| rounded(bits, part));
        self.complex(re, im)
    }

    pub(crate) fn parts(&self, v: V) -> (f64, f64) {
        match &self.leaves(v)[..] {
            [V::Float(re), V::Float(im)] => (f64::from_bits(*re), f64::from_bits(*im)),
            _ => (0.0, 0.0),
        }
    }

    /// Estimates the number of bytes that are kept.
    pub(crate) fn size(&self) -> usize {
        self.size + self.strings.size()
    }
}
