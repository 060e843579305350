//! Everything that goroutines share, as one enum: a state of each primitive.

use super::atomic::Atomic;
use super::cell::Cell;
use super::chan::Chan;
use super::cond::Cond;
use super::context::Context;
use super::mutex::Mutex;
use super::once::Once;
use super::rwlock::RwLock;
use super::timer::Timer;
use super::waitgroup::WaitGroup;

/// The state of one shared object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Object {
    /// Not made yet, in this execution.
    Absent,
    /// `sync.Mutex`.
    Mutex(Mutex),
    /// `sync.RWMutex`.
    RwLock(RwLock),
    /// A channel.
    Chan(Chan),
    /// `sync.WaitGroup`.
    WaitGroup(WaitGroup),
    /// `sync.Once`.
    Once(Once),
    /// `sync.Cond`.
    Cond(Cond),
    /// A `context.Context` that can be cancelled.
    Context(Context),
    /// A `time.Timer`, `time.Ticker` or a context's deadline.
    Timer(Timer),
    /// An integer of `sync/atomic`.
    Atomic(Atomic),
    /// A plain cell.
    Cell(Cell),
}

impl Object {
    /// What kind of object this is, in one word, as it is printed.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Mutex(_) => "mutex",
            Self::RwLock(_) => "rwmutex",
            Self::Chan(_) => "chan",
            Self::WaitGroup(_) => "waitgroup",
            Self::Once(_) => "once",
            Self::Cond(_) => "cond",
            Self::Context(_) => "context",
            Self::Timer(_) => "timer",
            Self::Atomic(_) => "atomic",
            Self::Cell(_) => "cell",
        }
    }

    /// Asserts what must hold of the object between any two steps.
    ///
    /// # Panics
    /// If it does not hold: a defect of the checker.
    pub fn assert_invariants(&self) {
        match self {
            Self::RwLock(lock) => lock.assert_invariants(),
            Self::Chan(chan) => chan.assert_invariants(),
            Self::Cond(cond) => cond.assert_invariants(),
            Self::Context(context) => context.assert_invariants(),
            Self::Timer(timer) => timer.assert_invariants(),
            Self::Absent
            | Self::Mutex(_)
            | Self::WaitGroup(_)
            | Self::Once(_)
            | Self::Atomic(_)
            | Self::Cell(_) => {}
        }
    }
}
