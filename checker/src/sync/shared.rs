//! A plain variable that goroutines share. Reads and writes are single steps; data races are not
//! detected.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::handle::{Handle, handle, intern, perform, perform_done, value};
use crate::model::{self, CellOp, Object, ObjectId, Op, Outcome, ValueId};
use crate::runtime::interner::Value;

handle! {
    /// A variable that several goroutines read or write without a lock of its own.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{go, shared, waitgroup};
    ///
    /// let report = gordian::check(|| {
    ///     let (count, tasks) = (shared("count", 0), waitgroup("tasks"));
    ///     tasks.add(1);
    ///     go("other", move || {
    ///         count.set(count.get() + 1);
    ///         tasks.done();
    ///     });
    ///     count.set(count.get() + 1);
    ///     tasks.wait();
    ///     assert_eq!(count.get(), 2); // both may have read 0
    /// });
    /// report.assert_panic();
    /// ```
    Shared<T>
}

/// Creates a shared variable.
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

/// A wrapper for a value whose type has no `Eq`, `Hash` or `Debug`. It is equal only to its clones.
#[derive(Clone)]
pub struct Opaque<T> {
    value: T,
    /// The identity: an object that is made for this purpose only.
    identity: ObjectId,
}

impl<T: Clone + 'static> Opaque<T> {
    /// Wraps a value. Its identity is its name, the goroutine that made it, and a sequence number.
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

    /// Returns the value.
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
