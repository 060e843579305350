//! The operations that a goroutine can ask for ([`Op`]), and their results ([`Outcome`]).

use smallvec::{SmallVec, smallvec};

use super::compound::{self, Case, NilCases};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::primitive::{Effect, Facts, Primitive as _, Tells};
use super::step::Choice;
use super::verb::Verb;
use super::world::Panic;
use super::{
    AtomicOp, CellOp, Chan, ChanOp, CondOp, ContextOp, MutexOp, OnceOp, RwLockOp, SemaphoreOp,
    TimerOp, WaitGroupOp,
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
        /// True if there is a `default` case.
        default: bool,
        /// The cases on nil channels, for words.
        nils: NilCases,
    },
    /// An operation of a `sync.WaitGroup`.
    WaitGroup(ObjectId, WaitGroupOp),
    /// One end of `sync.Once.Do`.
    Once(ObjectId, OnceOp),
    /// `sync.Cond.Wait`: unlocks the mutex and joins the waiters in one step. After a signal it
    /// locks again.
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
    /// `context.WithCancel` or `WithDeadline` under a parent that can be cancelled: makes the
    /// second a child of the first.
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
    /// An operation of a weighted semaphore.
    Semaphore(ObjectId, SemaphoreOp),
    /// Reads the memory that the object stands for, or changes it if this is true. The program does
    /// so itself when it goes on. The operation is the moment of it, and has its footprint. There
    /// need be no object.
    Touch(ObjectId, bool),
    /// Yields any number below this one, which is from 1 to [`Op::CHOICES_MAX`]: the program's own
    /// nondeterminism. The value is its label, for words.
    Choose(u32, Option<ValueId>),
    /// A step that does nothing: `time.Sleep`, `runtime.Gosched`, or the end of a wait for others.
    Pause(Pause),
    /// Main has called `runtime.Goexit`: it does not return, and never goes on.
    Exited,
}

/// The call that does nothing but let others go first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pause {
    /// `time.Sleep`.
    Sleep,
    /// `runtime.Gosched`.
    Yield,
    /// `synctest.Wait`, or the end of a bubble: waits until the others of it are at rest, or have
    /// ended. The program [says](super::Program::may_go_on) when that is.
    Settle,
    /// `goleak.VerifyNone`: waits until all other goroutines have ended. Where they never do, that
    /// is their leak. The program [says](super::Program::may_go_on) when that is.
    Verify,
}

/// The result of an operation, as its goroutine receives it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The operation is done and yields nothing.
    Done,
    /// The data under a lock that was taken, or a value that was received or read from a cell.
    Value(ValueId),
    /// The result of a receive from a closed and empty channel, or of a try-lock that failed.
    Nothing,
    /// The `select` sent the value of this case.
    Sent(u32),
    /// The `select` received in this case: a value, or `None` for "closed".
    Received(u32, Option<ValueId>),
    /// The `select` took its `default` case.
    Default,
    /// An integer: an atomic's value, `len`, or a choice. For `Once` 1 means "call the function".
    /// For `Stop` 1 means that the timer was pending. For `ctx.Err()` 0 is nil, 1 is Canceled, 2 is
    /// DeadlineExceeded.
    Number(i64),
    /// The operation panicked. A program that does not recover continues with a local state whose
    /// next is [`Next::Unrecovered`](super::Next::Unrecovered).
    Panics(Panic),
}

/// Matches an operation. `$on` handles any operation on one object, where `$kind` is the object's
/// type. The other arms precede it. Each primitive has one line here.
macro_rules! on_object {
    ($op:expr, $kind:ident, |$object:pat_param, $inner:pat_param| $on:expr, { $($others:tt)* }) => {
        match $op {
            $($others)*
            $crate::model::Op::Mutex($object, $inner) => {
                type $kind = $crate::model::Mutex;
                $on
            }
            $crate::model::Op::RwLock($object, $inner) => {
                type $kind = $crate::model::RwLock;
                $on
            }
            $crate::model::Op::Chan(Some($object), $inner) => {
                type $kind = $crate::model::Chan;
                $on
            }
            $crate::model::Op::WaitGroup($object, $inner) => {
                type $kind = $crate::model::WaitGroup;
                $on
            }
            $crate::model::Op::Once($object, $inner) => {
                type $kind = $crate::model::Once;
                $on
            }
            $crate::model::Op::Cond($object, $inner) => {
                type $kind = $crate::model::Cond;
                $on
            }
            $crate::model::Op::Context($object, $inner) => {
                type $kind = $crate::model::Context;
                $on
            }
            $crate::model::Op::Timer($object, $inner) => {
                type $kind = $crate::model::Timer;
                $on
            }
            $crate::model::Op::Atomic($object, $inner) => {
                type $kind = $crate::model::Atomic;
                $on
            }
            $crate::model::Op::Cell($object, $inner) => {
                type $kind = $crate::model::Cell;
                $on
            }
            $crate::model::Op::Semaphore($object, $inner) => {
                type $kind = $crate::model::Semaphore;
                $on
            }
        }
    };
}
pub(crate) use on_object;

impl Op {
    /// Most numbers among which [`Op::Choose`] may choose. Each is a step, and all of them are
    /// listed in each state in which they are enabled.
    pub const CHOICES_MAX: u32 = 1 << 16;

    /// Returns the objects that the operation names, in that order. Nil channels are left out.
    #[must_use]
    pub fn objects(&self) -> SmallVec<[ObjectId; 2]> {
        on_object!(self, _K, |object, _| smallvec![*object], {
            Self::Go(_)
            | Self::Choose(..)
            | Self::Pause(_)
            | Self::Exited
            | Self::Chan(None, _) => {
                SmallVec::new()
            }
            Self::Select { cases, .. } => cases.iter().filter_map(|case| case.channel()).collect(),
            Self::CondWait { cond, mutex, .. } => smallvec![*cond, *mutex],
            Self::CtxDerive(parent, child) => smallvec![*parent, *child],
            Self::CtxCancel(object) | Self::Touch(object, _) => smallvec![*object],
        })
    }

    /// Returns the facts that hold of the operation in every state.
    #[inline(always)]
    #[must_use]
    pub fn facts(&self) -> Facts {
        on_object!(self, K, |_, op| K::facts(op), {
            Self::Go(_) => Facts::wide(Verb::Go, Tells::Nothing, None),
            Self::Choose(..) => Facts::several(Verb::Choose, Tells::Number, None),
            Self::Pause(Pause::Sleep) => Facts::wide(Verb::Sleep, Tells::Nothing, None),
            Self::Pause(Pause::Yield) => Facts::wide(Verb::Yield, Tells::Nothing, None),
            Self::Pause(Pause::Settle | Pause::Verify) => {
                Facts::wide(Verb::Wait, Tells::Nothing, None)
            }
            Self::Exited => Facts::wide(Verb::Goexit, Tells::Nothing, None),
            Self::Touch(_, false) => Facts::simple(Verb::Read, Tells::Nothing, None),
            Self::Touch(_, true) => Facts::simple(Verb::Write, Tells::Nothing, None),
            Self::Chan(None, op) => Chan::facts(op),
            Self::Select { .. } => compound::SELECT,
            Self::CondWait { .. } => compound::COND_WAIT,
            Self::CtxDerive(..) => compound::DERIVE,
            Self::CtxCancel(_) => compound::CANCEL,
        })
    }

    /// Returns the panics in which the operation may end, and which a goroutine may recover. Each
    /// has its choice.
    pub(crate) fn may_panic(&self) -> SmallVec<[(Choice, Panic); 2]> {
        let only = |panic: Option<Panic>| panic.map(|it| (Choice::Only, it)).into_iter().collect();
        on_object!(self, K, |object, op| only(K::may_panic(op, *object)), {
            Self::Chan(None, op) => only(match op.on_nil() {
                Some(Effect::Panics(panic)) => Some(panic),
                Some(Effect::Done(_) | Effect::Wakes(..) | Effect::Now(_)) | None => None,
            }),
            Self::Select { cases, .. } => {
                let panic = |case: Case| Chan::may_panic(&case.op(), case.channel()?);
                let cases = cases.iter().zip(0..);
                let panics = cases.map(|(case, number)| (Choice::Case(number), panic(*case)));
                panics.filter_map(|(choice, it)| Some((choice, it?))).collect()
            }
            Self::CondWait { .. }
            | Self::CtxDerive(..)
            | Self::CtxCancel(_)
            | Self::Touch(..)
            | Self::Go(_)
            | Self::Choose(..)
            | Self::Pause(_)
            | Self::Exited => SmallVec::new(),
        })
    }

    /// Returns the communications, each with its choice.
    pub fn cases(&self) -> impl Iterator<Item = (Choice, Case)> + use<'_> {
        let only = [Choice::Only].into_iter();
        let choices = only.chain((0..).map(Choice::Case));
        let choices = choices.skip(usize::from(matches!(self, Self::Select { .. })));
        choices.map_while(|choice| Some((choice, self.case(choice)?)))
    }

    /// Returns the communication of this choice.
    #[must_use]
    pub fn case(&self, choice: Choice) -> Option<Case> {
        on_object!(self, _K, |_, _| None, {
            Self::Chan(channel, op @ (ChanOp::Send(_) | ChanOp::Recv)) => {
                op.case(*channel).filter(|_| choice == Choice::Only)
            }
            Self::Select { cases, .. } => cases.get(choice.case()? as usize).copied(),
            Self::Chan(None, _)
            | Self::Go(_)
            | Self::Choose(..)
            | Self::Pause(_)
            | Self::Exited
            | Self::CondWait { .. }
            | Self::CtxDerive(..)
            | Self::CtxCancel(_)
            | Self::Touch(..) => None,
        })
    }
}
