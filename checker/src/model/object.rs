//! Everything that goroutines share, as one enum: a state of each primitive.

use std::mem::needs_drop;

use serde::{Deserialize, Serialize};

use super::atomic::Atomic;
use super::cell::Cell;
use super::chan::Chan;
use super::cond::Cond;
use super::context::Context;
use super::decode::Input;
use super::id::ValueId;
use super::mutex::Mutex;
use super::once::Once;
use super::primitive::{Holders, Kind, Primitive, Rename};
use super::program::Names;
use super::rwlock::RwLock;
use super::semaphore::Semaphore;
use super::timer::Timer;
use super::verb::words;
use super::waitgroup::WaitGroup;

/// Does the work on a state of the kind `K`. That of a kind with lists stays out of the way of
/// those without.
#[inline(always)]
fn apart<K, T>(work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn call<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    if needs_drop::<K>() {
        call(work)
    } else {
        work()
    }
}

/// Makes [`Object`] from the table of all kinds. Each has the word by which it is printed, and the
/// possible first bytes of its encoded states.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $word:literal, $first:literal..=$last:literal;)*) => {
        /// The state of one shared object.
        #[derive(PartialEq, Eq, Hash, Debug)]
        pub enum Object {
            /// It is not made yet in this execution.
            Absent,
            $($(#[$doc])* $kind($kind),)*
        }

        words! {
            /// A kind of shared object.
            pub enum ObjectKind {
                $($(#[$doc])* $kind = $word,)*
            }
        }

        impl Clone for Object {
            fn clone(&self) -> Self {
                match self {
                    Self::Absent => Self::Absent,
                    $(Self::$kind(state) => Self::$kind(state.clone()),)*
                }
            }

            /// Does the same as `clone`, with less code for one of the same kind.
            #[inline]
            fn clone_from(&mut self, source: &Self) {
                match (self, source) {
                    $((Self::$kind(own), Self::$kind(other)) => {
                        apart::<$kind, _>(|| own.clone_from(other));
                    })*
                    (own, other) => apart::<Self, _>(|| *own = other.clone()),
                }
            }
        }

        impl Object {
            /// Returns the kind of the object; `None` if it is not made.
            #[must_use]
            pub fn kind(&self) -> Option<ObjectKind> {
                match self {
                    Self::Absent => None,
                    $(Self::$kind(_) => Some(ObjectKind::$kind),)*
                }
            }

            /// Returns the data in the object for changing, if its kind has data.
            pub fn content_mut(&mut self) -> Option<&mut ValueId> {
                match self {
                    Self::Absent => None,
                    $(Self::$kind(state) => state.content_mut(),)*
                }
            }

            /// Returns the data in the object, if its kind has data.
            #[must_use]
            pub fn content(&self) -> Option<ValueId> {
                match self {
                    Self::Absent => None,
                    $(Self::$kind(state) => state.content(),)*
                }
            }

            /// Gives each goroutine that the state names its new id.
            pub(super) fn rename(&mut self, new: Rename<'_>) {
                match self {
                    Self::Absent => {}
                    $(Self::$kind(state) => state.rename(new),)*
                }
            }

            pub(crate) fn holders(&self) -> Holders {
                match self {
                    Self::Absent => Holders::new(),
                    $(Self::$kind(state) => state.holders(),)*
                }
            }

            pub(crate) fn state(&self, names: &dyn Names) -> String {
                match self {
                    Self::Absent => "not made".to_owned(),
                    $(Self::$kind(state) => state.state(names),)*
                }
            }

            pub(crate) fn left(&self, names: &dyn Names) -> Option<String> {
                match self {
                    Self::Absent => None,
                    $(Self::$kind(state) => state.left(names),)*
                }
            }

            pub(crate) fn values(&self, names: &dyn Names) -> Vec<String> {
                match self {
                    Self::Absent => Vec::new(),
                    $(Self::$kind(state) => state.values(names),)*
                }
            }

            /// Asserts the invariants that hold between any two steps.
            ///
            /// # Panics
            /// If one does not hold: a defect of the checker.
            pub fn assert_invariants(&self) {
                match self {
                    Self::Absent => {}
                    $(Self::$kind(state) => state.assert_invariants(),)*
                }
            }

            #[inline]
            pub(super) fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    Self::Absent => out.push(0),
                    $(Self::$kind(state) => {
                        apart::<$kind, _>(|| state.encode($first, out));
                    })*
                }
            }

            #[inline(always)]
            pub(super) fn decode(input: &mut Input<'_>) -> Self {
                match input.byte() {
                    0 => Self::Absent,
                    $(form @ $first..=$last => {
                        Self::$kind(apart::<$kind, _>(|| <$kind>::decode(form - $first, input)))
                    })*
                    byte => panic!("no object begins with the byte {byte}"),
                }
            }
        }

        $(impl Kind for $kind {
            fn of(object: &Object) -> Option<&Self> {
                if let Object::$kind(state) = object { Some(state) } else { None }
            }

            fn of_mut(object: &mut Object) -> Option<&mut Self> {
                if let Object::$kind(state) = object { Some(state) } else { None }
            }
        })*
    };
}

kinds! {
    /// `sync.Mutex`.
    Mutex: "mutex", 1..=64;
    /// `sync.RWMutex`.
    RwLock: "rwmutex", 65..=70;
    /// A channel.
    Chan: "chan", 71..=86;
    /// `sync.WaitGroup`.
    WaitGroup: "waitgroup", 87..=102;
    /// `sync.Once`.
    Once: "once", 103..=105;
    /// `sync.Cond`.
    Cond: "cond", 106..=106;
    /// A `context.Context` that can be cancelled.
    Context: "context", 107..=109;
    /// A `time.Timer`, `time.Ticker` or a context's deadline.
    Timer: "timer", 110..=111;
    /// An integer or a boolean of `sync/atomic`.
    Atomic: "atomic", 112..=159;
    /// A plain cell.
    Cell: "cell", 160..=175;
    /// `semaphore.Weighted` of golang.org/x/sync.
    Semaphore: "semaphore", 176..=176;
}

/// The kind of a thing that has an id and a name. Two things of one maker may have the same name if
/// their kinds differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ThingKind {
    /// A goroutine of the program.
    Goroutine,
    /// A goroutine of the program that may outlive main.
    Daemon,
    /// The hidden goroutine that fires a timer.
    TimerGoroutine,
    /// An object.
    Object(ObjectKind),
}

impl ThingKind {
    /// Returns the kind of an object that is being made.
    pub(crate) fn of(object: &Object) -> Self {
        Self::Object(object.kind().expect("what is made is of a kind"))
    }
}
