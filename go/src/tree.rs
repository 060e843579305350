//! Variables of a package in a state, with all that they point to: for tests that compare states.

use gordian_checker::model::{CellId, Object, ObjectId, Reason, ValueId, World};

use crate::program::GoProgram;
use crate::types::{Kind, Own};
use crate::value::V;

/// A value with all that it points to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tree {
    /// A value without parts, as text. A lock is `free`, `locked`, `read` or `write`. A context is
    /// 0, 1 if it was cancelled, or 2 if its time is over.
    Leaf(String),
    /// The fields of a struct, or the elements of a slice or an array.
    Parts(Vec<Tree>),
    /// A channel.
    Chan {
        /// The values in its buffer.
        values: Vec<Tree>,
        /// True if it is closed.
        closed: bool,
    },
}

/// Pointers within pointers that are followed.
const DEPTH_MAX: u32 = 64;

impl GoProgram {
    /// Returns the value of a package's variable in a state. Its name is `path/to/package.name`.
    /// `None` if there is no such variable.
    pub fn variable(&mut self, world: &World, name: &str) -> Option<Tree> {
        let code = self.machine.code.clone();
        let at = code.globals.iter().position(|it| it.full == name)?;
        let (cell, t) = (u32::try_from(at).ok()?, code.globals[at].t);
        Some(self.at(world, (cell, 0), t, DEPTH_MAX))
    }

    /// Returns the value of this type at an address.
    fn at(&mut self, world: &World, at: (u32, u32), t: u32, depth: u32) -> Tree {
        let block = world.cell(CellId(at.0)).map(|value| value.0 - 1);
        let leaves = block.map(|block| self.machine.pool.leaves_of(block).clone());
        let size = self.machine.types.size(t) as usize;
        let part = leaves
            .as_deref()
            .and_then(|it| it.get(at.1 as usize..at.1 as usize + size));
        self.tree(world, part.unwrap_or_default(), Some(at), t, depth)
    }

    /// Returns the value of this type that these leaves are. They may lie at an address.
    fn tree(
        &mut self,
        world: &World,
        leaves: &[V],
        at: Option<(u32, u32)>,
        t: u32,
        depth: u32,
    ) -> Tree {
        let types = self.machine.types.clone();
        let first = leaves.first().copied().unwrap_or(V::Nil);
        let leaf = |program: &Self| Tree::Leaf(program.machine.shown(first));
        let Some(below) = depth.checked_sub(1) else {
            return leaf(self);
        };
        match (types.kind(t), first) {
            (Kind::Struct | Kind::Tuple, _) => {
                let of = types.get(t);
                if !of.primitives.is_empty() && of.opaque.is_some() {
                    return match at {
                        Some(at) => self.primitive(world, at),
                        None => leaf(self),
                    };
                }
                let mut visible = of.fields.iter().filter(|field| field.t != 0).peekable();
                if of.opaque.is_some() && visible.peek().is_none() {
                    return leaf(self);
                }
                let visible = visible.map(|field| (field.off, field.t));
                self.parts(world, leaves, at, visible, below)
            }
            (Kind::Array(e, len), _) => {
                let elements = (0..).map(|i| (i * types.size(*e), *e));
                self.parts(world, leaves, at, elements.take(*len as usize), below)
            }
            (Kind::Ptr(e), V::Ptr(cell, off)) => self.at(world, (cell, off), *e, below),
            (Kind::Slice(e), V::Slice(_)) => {
                let slice = self.machine.pool.slice_of(first);
                let (size, slice) = (types.size(*e), slice.expect("it is a slice"));
                let element = |i: u32| (slice.cell, slice.off + i * size);
                let elements = (0..slice.len).map(element);
                let elements = elements.map(|at| self.at(world, at, *e, below));
                Tree::Parts(elements.collect())
            }
            (Kind::Iface, V::Iface(dynamic, inner)) => {
                let v = self.machine.pool.unboxed(inner);
                if let (Some(Own::Context), V::Ptr(cell, _)) = (types.as_own(dynamic), v) {
                    return self.primitive(world, (cell, 0));
                }
                let leaves = self.machine.pool.leaves(v);
                self.tree(world, &leaves, None, dynamic, below)
            }
            (Kind::Chan(e), V::Chan(id)) => {
                let Object::Chan(chan) = world.object(ObjectId(id)) else {
                    return leaf(self);
                };
                let of = |value: &ValueId| match value.0.checked_sub(1) {
                    Some(id) => self.machine.pool.leaves(self.machine.pool.unboxed(id)),
                    None => [].into(),
                };
                let buffer: Vec<_> = chan.buffer.iter().map(of).collect();
                let values = buffer.iter();
                let values = values.map(|leaves| self.tree(world, leaves, None, *e, below));
                Tree::Chan {
                    values: values.collect(),
                    closed: chan.closed,
                }
            }
            _ => leaf(self),
        }
    }

    /// Returns the parts of these types, each at its offset among the leaves.
    fn parts(
        &mut self,
        world: &World,
        leaves: &[V],
        at: Option<(u32, u32)>,
        parts: impl Iterator<Item = (u32, u32)>,
        depth: u32,
    ) -> Tree {
        let parts = parts.map(|(off, t)| {
            let (from, size) = (off as usize, self.machine.types.size(t) as usize);
            let part = leaves.get(from..from + size).unwrap_or_default();
            let at = at.map(|(cell, first)| (cell, first + off));
            self.tree(world, part, at, t, depth)
        });
        Tree::Parts(parts.collect())
    }

    /// Returns the state of the primitive, or of the context, at an address.
    fn primitive(&mut self, world: &World, (cell, off): (u32, u32)) -> Tree {
        let id = self.machine.things.object(cell, off);
        let text = match world.object(id) {
            Object::Mutex(lock) if lock.holder.is_none() => "free",
            Object::Mutex(_) => "locked",
            Object::RwLock(lock) => match (lock.writer, lock.readers.is_empty()) {
                (Some(_), _) => "write",
                (None, false) => "read",
                (None, true) => "free",
            },
            Object::Context(context) => match context.ended {
                None => "0",
                Some(Reason::Canceled) => "1",
                Some(Reason::DeadlineExceeded) => "2",
            },
            Object::Absent
            | Object::Chan(_)
            | Object::WaitGroup(_)
            | Object::Once(_)
            | Object::Cond(_)
            | Object::Timer(_)
            | Object::Atomic(_)
            | Object::Cell(_)
            | Object::Semaphore(_) => "",
        };
        Tree::Leaf(text.to_owned())
    }
}
