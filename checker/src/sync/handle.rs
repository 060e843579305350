//! The code that all handles share.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use crate::model::{Object, ObjectId, Op, Outcome, ValueId};
use crate::runtime::backend::{current, try_current};
use crate::runtime::interner::{self, Value};
use crate::runtime::recovery::at_scope_end;
use crate::runtime::site::StaticSite;

/// An object of a run, and the type that belongs to it.
pub(super) struct Handle<T> {
    pub(super) id: ObjectId,
    run: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    /// Creates an object.
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

    /// Returns the object's id.
    ///
    /// # Panics
    /// If the object does not belong to the current run.
    #[track_caller]
    pub(super) fn id(self) -> ObjectId {
        let run = current().run();
        assert!(
            self.run == run,
            "a sync object was kept from an earlier run (it belongs to run {}, this is run {run}). \
             Make locks, channels and the like inside the closure that is being checked, and keep \
             them out of statics.",
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

/// Returns the caller's place in the source.
#[track_caller]
pub(super) fn here() -> StaticSite {
    Location::caller().into()
}

/// Performs an operation of the calling goroutine.
#[track_caller]
pub(super) fn perform(op: Op) -> Outcome {
    current().perform(op, here())
}

/// Performs an operation at a place other than the caller's.
#[track_caller]
pub(super) fn perform_at(op: Op, site: StaticSite) -> Outcome {
    current().perform(op, site)
}

/// Does the operation of a guard that is dropped. It has no place of its own: it shows `taken`,
/// that of the guard, with column 0. If a panic drops the guard, the operation follows once the
/// panic is recovered. Where operations have no effect, or outside a run, a guard is dropped in
/// silence.
pub(super) fn perform_on_drop(op: impl FnOnce() -> Op + 'static, taken: StaticSite) {
    at_scope_end(move || {
        if let Some(backend) = try_current() {
            let site = StaticSite { column: 0, ..taken };
            backend.perform(op(), site);
        }
    });
}

/// Performs an operation without a result.
#[track_caller]
pub(super) fn perform_done(op: Op) {
    let outcome = perform(op);
    assert!(
        outcome == Outcome::Done,
        "the outcome of an operation that has none is {outcome:?}"
    );
}

/// Performs an operation that yields a number.
#[track_caller]
pub(super) fn perform_number(op: Op) -> i64 {
    match perform(op) {
        Outcome::Number(number) => number,
        outcome => unreachable!("{outcome:?} is no number"),
    }
}

/// Returns the id of a value.
#[track_caller]
pub(super) fn intern<T: Value>(value: T) -> ValueId {
    interner::intern(current().values(), value)
}

/// Returns a copy of the value with this id.
#[track_caller]
pub(super) fn value<T: Value>(id: ValueId) -> T {
    interner::copy(current().values(), id)
}

/// Defines handle types that are only a [`Handle`]: `Copy`, compared by identity, shown by name.
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
