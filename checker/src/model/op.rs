//! What a goroutine can ask for ([`Op`]) and what it is told ([`Outcome`]).

use smallvec::SmallVec;

use super::compound::{self, Case};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::primitive::{Facts, Primitive as _, Tells};
use super::{
    Atomic, AtomicOp, Cell, CellOp, Chan, ChanOp, Cond, CondOp, Context, ContextOp, Mutex, MutexOp,
    Once, OnceOp, RwLock, RwLockOp, Timer, TimerOp, WaitGroup, WaitGroupOp,
};

/// One visible operation of a goroutine. It blocks until the rules of its primitive enable it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// The `go` statement: starts a goroutine. Always enabled.
    Go(GoroutineId),
    /// An operation of a `sync.Mutex`.
    Mutex(ObjectId, MutexOp),
    /// An operation of a `sync.RWMutex`.
    RwLock(ObjectId, RwLockOp),
    /// An operation of a channel; `None` is a nil channel.
    Chan(Option<ObjectId>, ChanOp),
    /// `select`, with a `default` case or without.
    Select {
        /// The communications, in the order in which they are written.
        cases: Box<[Case]>,
        /// Whether there is a `default` case.
        default: bool,
    },
    /// An operation of a `sync.WaitGroup`.
    WaitGroup(ObjectId, WaitGroupOp),
    /// One end of `sync.Once.Do`.
    Once(ObjectId, OnceOp),
    /// `sync.Cond.Wait`: unlocks the mutex and joins the waiters in one step; after a signal, locks again.
    CondWait {
        /// The condition.
        cond: ObjectId,
        /// Its mutex.
        mutex: ObjectId,
        /// The data under the mutex, as in [`MutexOp::Unlock`].
        content: Option<ValueId>,
    },
    /// Another operation of a `sync.Cond`.
    Cond(ObjectId, CondOp),
    /// `context.WithCancel` or `WithDeadline` under a parent that can be cancelled: makes the second a child of the first.
    CtxDerive(ObjectId, ObjectId),
    /// Calls a context's cancel function.
    CtxCancel(ObjectId),
    /// Another operation of a context.
    Context(ObjectId, ContextOp),
    /// An operation of a `time.Timer` or a `time.Ticker`.
    Timer(ObjectId, TimerOp),
    /// An operation of `sync/atomic`.
    Atomic(ObjectId, AtomicOp),
    /// Reads or writes a plain cell.
    Cell(ObjectId, CellOp),
    /// Any number below this one: the program's own nondeterminism.
    Choose(u32),
    /// `time.Sleep` or `runtime.Gosched`: a step that does nothing.
    Pause(Pause),
}

/// Which call it was that does nothing but let others go first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pause {
    /// `time.Sleep`.
    Sleep,
    /// `runtime.Gosched`.
    Yield,
}

/// What a goroutine is told when its operation is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// It is done; there is nothing to tell.
    Done,
    /// A lock was taken and this is the data under it; a value was received, or read from a cell.
    Value(ValueId),
    /// A receive from a closed and empty channel; a try-lock that failed.
    Nothing,
    /// The `select` sent the value of this case.
    Sent(u32),
    /// The `select` received in this case: a value, or `None` for "closed".
    Received(u32, Option<ValueId>),
    /// The `select` took its `default` case.
    Default,
    /// An integer: an atomic's value, `len`, a choice; for `Once` 1 means "call the function"; for `Stop` 1 means that the
    /// timer was pending; for `ctx.Err()` 0 is nil, 1 is Canceled, 2 is DeadlineExceeded.
    Number(i64),
}

impl Op {
    /// The objects that the operation names, in the order in which it names them. Nil channels are left out.
    #[must_use]
    pub fn objects(&self) -> SmallVec<[ObjectId; 2]> {
        match self {
            Self::Go(_) | Self::Choose(_) | Self::Pause(_) => SmallVec::new(),
            Self::Chan(channel, _) => channel.iter().copied().collect(),
            Self::Select { cases, .. } => cases.iter().filter_map(|case| case.channel()).collect(),
            Self::CondWait { cond, mutex, .. } => SmallVec::from_slice(&[*cond, *mutex]),
            Self::CtxDerive(parent, child) => SmallVec::from_slice(&[*parent, *child]),
            Self::Mutex(o, _)
            | Self::RwLock(o, _)
            | Self::WaitGroup(o, _)
            | Self::Once(o, _)
            | Self::Cond(o, _)
            | Self::CtxCancel(o)
            | Self::Context(o, _)
            | Self::Timer(o, _)
            | Self::Atomic(o, _)
            | Self::Cell(o, _) => SmallVec::from_slice(&[*o]),
        }
    }

    /// What holds of the operation in every state.
    #[must_use]
    pub fn facts(&self) -> Facts {
        match self {
            Self::Go(_) => Facts::wide("go", Tells::Nothing, None),
            Self::Choose(_) => Facts::several("choose", Tells::Number, None),
            Self::Pause(Pause::Sleep) => Facts::wide("sleep", Tells::Nothing, None),
            Self::Pause(Pause::Yield) => Facts::wide("yield", Tells::Nothing, None),
            Self::Select { .. } => compound::SELECT,
            Self::CondWait { .. } => compound::COND_WAIT,
            Self::CtxDerive(..) => compound::DERIVE,
            Self::CtxCancel(_) => compound::CANCEL,
            Self::Mutex(_, op) => Mutex::facts(op),
            Self::RwLock(_, op) => RwLock::facts(op),
            Self::Chan(_, op) => Chan::facts(op),
            Self::WaitGroup(_, op) => WaitGroup::facts(op),
            Self::Once(_, op) => Once::facts(op),
            Self::Cond(_, op) => Cond::facts(op),
            Self::Context(_, op) => Context::facts(op),
            Self::Timer(_, op) => Timer::facts(op),
            Self::Atomic(_, op) => Atomic::facts(op),
            Self::Cell(_, op) => Cell::facts(op),
        }
    }

    /// The communications, with their numbers.
    pub fn cases(&self) -> impl Iterator<Item = (u32, Case)> + use<'_> {
        (0..).map_while(|number| Some((number, self.case(number)?)))
    }

    /// The communication that is the case of this number; that of a plain send or receive is 0.
    #[must_use]
    pub fn case(&self, number: u32) -> Option<Case> {
        match self {
            Self::Chan(channel, op) => op.case(*channel).filter(|_| number == 0),
            Self::Select { cases, .. } => cases.get(number as usize).copied(),
            Self::Go(_)
            | Self::Choose(_)
            | Self::Pause(_)
            | Self::CondWait { .. }
            | Self::CtxDerive(..)
            | Self::CtxCancel(_)
            | Self::Mutex(..)
            | Self::RwLock(..)
            | Self::WaitGroup(..)
            | Self::Once(..)
            | Self::Cond(..)
            | Self::Context(..)
            | Self::Timer(..)
            | Self::Atomic(..)
            | Self::Cell(..) => None,
        }
    }
}
