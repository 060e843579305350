//! A plain variable that goroutines share. Reads and writes are single steps; data races are not
//! looked for.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::handle::{Handle, handle, intern, perform, perform_done, value};
use crate::model::{self, CellOp, Object, ObjectId, Op, Outcome, ValueId};
use crate::runtime::values::Value;

handle! {
    /// A variable that more than one goroutine reads or writes without a lock of its own.
    Shared<T>
}

/// Makes a shared variable.
#[track_caller]
pub fn shared<T: Value>(name: &str, content: T) -> Shared<T> {
    let content = intern(content);
    Shared(Handle::create(
        Object::Cell(model::Cell { value: content }),
        name,
    ))
}

impl<T: Value> Shared<T> {
    /// Reads it.
    #[track_caller]
    pub fn get(self) -> T {
        match perform(Op::Cell(self.0.id(), CellOp::Get)) {
            Outcome::Value(content) => value(content),
            outcome => unreachable!("a read yields {outcome:?}"),
        }
    }

    /// Writes it.
    #[track_caller]
    pub fn set(self, content: T) {
        let content = intern(content);
        perform_done(Op::Cell(self.0.id(), CellOp::Set(content)));
    }
}

/// A value whose type has no `Eq`, `Hash` or `Debug`. It is equal to its clones and to nothing
/// else.
#[derive(Clone)]
pub struct Opaque<T> {
    value: T,
    /// Which it is: an object of its own, made for nothing else.
    identity: ObjectId,
}

impl<T: Clone + 'static> Opaque<T> {
    /// Wraps a value. The name, and who makes it as which of that name, say which it is.
    #[track_caller]
    pub fn new(name: &str, value: T) -> Self {
        let identity: Handle<()> = Handle::create(
            Object::Cell(model::Cell {
                value: ValueId::UNIT,
            }),
            name,
        );
        Self {
            value,
            identity: identity.id,
        }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> PartialEq for Opaque<T> {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}
impl<T> Eq for Opaque<T> {}
impl<T> Hash for Opaque<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}
impl<T> fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "opaque {:?}", self.identity)
    }
}
