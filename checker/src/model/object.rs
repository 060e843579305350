//! Everything that goroutines share, as one enum: a state of each primitive.

use super::atomic::Atomic;
use super::cell::Cell;
use super::chan::Chan;
use super::cond::Cond;
use super::context::Context;
use super::encode::Input;
use super::id::ValueId;
use super::mutex::Mutex;
use super::once::Once;
use super::primitive::{Holders, Kind, Primitive};
use super::program::Program;
use super::rwlock::RwLock;
use super::semaphore::Semaphore;
use super::timer::Timer;
use super::waitgroup::WaitGroup;

/// Makes [`Object`] from the table of all kinds: the word in which a kind is printed, and the first
/// bytes of its encoded states.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $word:literal, $first:literal..=$last:literal;)*) => {
        /// The state of one shared object.
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub enum Object {
            /// Not made yet, in this execution.
            Absent,
            $($(#[$doc])* $kind($kind),)*
        }

        impl Object {
            /// The words of all kinds.
            pub const KINDS: &[&str] = &[$($word),*];

            /// What kind of object this is, in one word, as it is printed.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self {
                    Self::Absent => "absent",
                    $(Self::$kind(_) => $word,)*
                }
            }

            /// The data in the object, if it is of a kind that has some.
            pub fn content_mut(&mut self) -> Option<&mut ValueId> {
                match self {
                    Self::Absent => None,
                    $(Self::$kind(state) => state.content_mut(),)*
                }
            }

            /// The same, to be read.
            #[must_use]
            pub fn content(&self) -> Option<ValueId> {
                match self {
                    Self::Absent => None,
                    $(Self::$kind(state) => state.content(),)*
                }
            }

            pub(crate) fn holders(&self) -> Holders {
                match self {
                    Self::Absent => Holders::new(),
                    $(Self::$kind(state) => state.holders(),)*
                }
            }

            pub(crate) fn state(&self, names: &dyn Program) -> String {
                match self {
                    Self::Absent => "not made".to_owned(),
                    $(Self::$kind(state) => state.state(names),)*
                }
            }

            pub(crate) fn left(&self, names: &dyn Program) -> Option<String> {
                match self {
                    Self::Absent => None,
                    $(Self::$kind(state) => state.left(names),)*
                }
            }

            pub(crate) fn values(&self, names: &dyn Program) -> Vec<String> {
                match self {
                    Self::Absent => Vec::new(),
                    $(Self::$kind(state) => state.values(names),)*
                }
            }

            /// Asserts what must hold of the object between any two steps.
            ///
            /// # Panics
            /// If it does not hold: a defect of the checker.
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
                    $(Self::$kind(state) => state.encode($first, out),)*
                }
            }

            #[inline]
            pub(super) fn decode(input: &mut Input<'_>) -> Self {
                match input.byte() {
                    0 => Self::Absent,
                    $(form @ $first..=$last => {
                        Self::$kind(<$kind>::decode(form - $first, input))
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
    Mutex: "mutex", 1..=1;
    /// `sync.RWMutex`.
    RwLock: "rwmutex", 2..=2;
    /// A channel.
    Chan: "chan", 3..=4;
    /// `sync.WaitGroup`.
    WaitGroup: "waitgroup", 5..=5;
    /// `sync.Once`.
    Once: "once", 6..=8;
    /// `sync.Cond`.
    Cond: "cond", 9..=9;
    /// A `context.Context` that can be cancelled.
    Context: "context", 10..=12;
    /// A `time.Timer`, `time.Ticker` or a context's deadline.
    Timer: "timer", 13..=14;
    /// An integer of `sync/atomic`.
    Atomic: "atomic", 15..=15;
    /// A plain cell.
    Cell: "cell", 16..=16;
    /// `semaphore.Weighted` of golang.org/x/sync.
    Semaphore: "semaphore", 17..=17;
}
