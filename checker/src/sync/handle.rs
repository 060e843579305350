//! What all handles have in common.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use crate::model::{Object, ObjectId, Op, Outcome, Site, ValueId};
use crate::runtime::backend::{current, try_current};
use crate::runtime::unwinding::is_without_effect;
use crate::runtime::values::{self, Value};

/// An object of a run, and a type that goes with it.
pub(super) struct Handle<T> {
    pub(super) id: ObjectId,
    run: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    /// Makes an object.
    #[track_caller]
    pub(super) fn create(object: Object, name: &str) -> Self {
        let backend = current();
        let id = backend.create(object, name, here());
        Self {
            id,
            run: backend.run(),
            of: PhantomData,
        }
    }

    /// The object's id, once it is sure that it belongs to the run that is going on.
    #[track_caller]
    pub(super) fn id(self) -> ObjectId {
        let run = current().run();
        assert!(
            self.run == run,
            "a sync object was kept from an earlier run (it belongs to run {}, this is run {run}): \
             make locks, channels and the like inside the closure that is being checked, and keep \
             them out of statics",
            self.run,
        );
        self.id
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Handle<T> {}
impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.run == other.run
    }
}
impl<T> Eq for Handle<T> {}
impl<T> std::hash::Hash for Handle<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match try_current() {
            Some(backend) if backend.run() == self.run => f.write_str(&backend.name(self.id)),
            _ => write!(f, "{:?} of run {}", self.id, self.run),
        }
    }
}

/// Where the caller is.
#[track_caller]
pub(super) fn here() -> Site {
    Location::caller().into()
}

/// Does an operation for the calling goroutine.
#[track_caller]
pub(super) fn perform(op: Op) -> Outcome {
    current().perform(op, here())
}

/// Does an operation at a place that is not the caller's.
#[track_caller]
pub(super) fn perform_at(op: Op, site: Site) -> Outcome {
    current().perform(op, site)
}

/// Does the operation of a guard that is dropped. It has no place of its own: it shows `taken`,
/// that of the guard, with column 0. Where operations have no effect, or outside a run, a guard is
/// dropped in silence.
pub(super) fn perform_on_drop(op: impl FnOnce() -> Op, taken: Site) {
    if is_without_effect() {
        return;
    }
    if let Some(backend) = try_current() {
        let site = Site { column: 0, ..taken };
        backend.perform(op(), site);
    }
}

/// Does an operation whose outcome says nothing.
#[track_caller]
pub(super) fn perform_done(op: Op) {
    let outcome = perform(op);
    assert!(
        outcome == Outcome::Done,
        "the outcome of an operation that has none is {outcome:?}"
    );
}

/// Does an operation whose outcome is a number.
#[track_caller]
pub(super) fn perform_number(op: Op) -> i64 {
    match perform(op) {
        Outcome::Number(number) => number,
        outcome => unreachable!("{outcome:?} is no number"),
    }
}

/// The id of a value.
#[track_caller]
pub(super) fn intern<T: Value>(value: T) -> ValueId {
    values::intern(current().values(), value)
}

/// The value of an id.
#[track_caller]
pub(super) fn value<T: Value>(id: ValueId) -> T {
    values::copy(current().values(), id)
}

/// The handle types that are a [`Handle`] and nothing else: `Copy`, compared by identity, shown by
/// name.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident<$t:ident>) => {
        $(#[$doc])*
        pub struct $name<$t>(pub(super) $crate::sync::handle::Handle<$t>);

        impl<$t> Clone for $name<$t> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<$t> Copy for $name<$t> {}
        impl<$t> PartialEq for $name<$t> {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }
        impl<$t> Eq for $name<$t> {}
        impl<$t> std::hash::Hash for $name<$t> {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }
        impl<$t> std::fmt::Debug for $name<$t> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub(super) $crate::sync::handle::Handle<()>);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
pub(super) use handle;
