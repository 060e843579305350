//! What a goroutine can ask for ([`Op`]) and what it is told ([`Outcome`]).

use smallvec::SmallVec;

use super::id::{GoroutineId, ObjectId, ValueId};

/// One visible operation of a goroutine. It blocks until the rules of its primitive enable it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// The `go` statement: starts a goroutine. Always enabled.
    Go(GoroutineId),
    /// `sync.Mutex.Lock`, or the write lock of a `sync.Mutex` used as one.
    Lock(ObjectId),
    /// `sync.Mutex.TryLock`.
    TryLock(ObjectId),
    /// `sync.Mutex.Unlock`; the data that the lock protects is from now on `content`, or what it was.
    Unlock(ObjectId, Option<ValueId>),
    /// `sync.RWMutex.RLock`.
    RLock(ObjectId),
    /// `sync.RWMutex.TryRLock`.
    TryRLock(ObjectId),
    /// `sync.RWMutex.RUnlock`.
    RUnlock(ObjectId),
    /// `sync.RWMutex.Lock`: announces the writer, and holds once the readers it found have gone.
    WLock(ObjectId),
    /// `sync.RWMutex.TryLock`.
    TryWLock(ObjectId),
    /// `sync.RWMutex.Unlock`; the content as in [`Op::Unlock`].
    WUnlock(ObjectId, Option<ValueId>),
    /// `ch <- v`; `None` is a nil channel.
    Send(Option<ObjectId>, ValueId),
    /// `<-ch`; `None` is a nil channel.
    Recv(Option<ObjectId>),
    /// `close(ch)`; `None` is a nil channel.
    Close(Option<ObjectId>),
    /// `len(ch)`.
    Len(ObjectId),
    /// `select`, with a `default` case or without.
    Select {
        /// The communications, in the order in which they are written.
        cases: Box<[Case]>,
        /// Whether there is a `default` case.
        default: bool,
    },
    /// `sync.WaitGroup.Add`; `Done` is `Add(-1)`.
    WgAdd(ObjectId, i64),
    /// `sync.WaitGroup.Wait`.
    WgWait(ObjectId),
    /// The entry of `sync.Once.Do`.
    OnceBegin(ObjectId),
    /// The return of the function that `sync.Once.Do` called.
    OnceEnd(ObjectId),
    /// `sync.Cond.Wait`: unlocks the mutex and joins the waiters in one step; after a signal, locks again.
    CondWait {
        /// The condition.
        cond: ObjectId,
        /// Its mutex.
        mutex: ObjectId,
        /// The data under the mutex, as in [`Op::Unlock`].
        content: Option<ValueId>,
    },
    /// `sync.Cond.Signal`.
    CondSignal(ObjectId),
    /// `sync.Cond.Broadcast`.
    CondBroadcast(ObjectId),
    /// `context.WithCancel` or `WithDeadline` under a parent that can be cancelled: makes the second a child of the first.
    CtxDerive(ObjectId, ObjectId),
    /// Calls a context's cancel function.
    CtxCancel(ObjectId),
    /// `ctx.Err()`.
    CtxErr(ObjectId),
    /// `Timer.Stop` or `Ticker.Stop`.
    TimerStop(ObjectId),
    /// `Timer.Reset`.
    TimerReset(ObjectId),
    /// An operation of `sync/atomic`.
    Atomic(ObjectId, AtomicOp),
    /// Reads a plain cell.
    Get(ObjectId),
    /// Writes a plain cell.
    Set(ObjectId, ValueId),
    /// Reads memory that the object stands for, or changes it if this is true. The program does so itself when it goes on: this
    /// says when, and what it depends on.
    Touch(ObjectId, bool),
    /// Any number below this one, from 1 to [`Op::CHOICES_MAX`]: the program's own nondeterminism.
    Choose(u32),
    /// `time.Sleep` or `runtime.Gosched`: a step that does nothing.
    Pause(Pause),
}

/// One communication of a `select`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Case {
    /// `case ch <- v`; `None` is a nil channel.
    Send(Option<ObjectId>, ValueId),
    /// `case v := <-ch`; `None` is a nil channel.
    Recv(Option<ObjectId>),
}

impl Case {
    /// The channel, unless it is nil.
    #[must_use]
    pub fn channel(self) -> Option<ObjectId> {
        match self {
            Self::Send(channel, _) | Self::Recv(channel) => channel,
        }
    }
}

/// An operation of `sync/atomic` on a 64-bit integer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AtomicOp {
    /// Yields the value.
    Load,
    /// Sets the value.
    Store(i64),
    /// Adds, wrapping, and yields the NEW value, as Go's `Add` does.
    Add(i64),
    /// Sets the value and yields the old one.
    Swap(i64),
    /// Sets the second if the first is there; yields 1 if it did, else 0.
    CompareAndSwap(i64, i64),
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
    /// Among how many numbers [`Op::Choose`] may choose. Each is a step, and all of them are listed in each state in which they can be taken.
    pub const CHOICES_MAX: u32 = 1 << 16;

    /// The objects that the operation names, in the order in which it names them. Nil channels are left out.
    #[must_use]
    pub fn objects(&self) -> SmallVec<[ObjectId; 2]> {
        match self {
            Self::Send(channel, _) | Self::Recv(channel) | Self::Close(channel) => {
                channel.iter().copied().collect()
            }
            Self::Select { cases, .. } => cases.iter().filter_map(|case| case.channel()).collect(),
            Self::CondWait { cond, mutex, .. } => SmallVec::from_slice(&[*cond, *mutex]),
            Self::CtxDerive(parent, child) => SmallVec::from_slice(&[*parent, *child]),
            _ => match self.object() {
                Some(object) => SmallVec::from_slice(&[object]),
                None => SmallVec::new(),
            },
        }
    }

    /// The object of an operation that can name one and no other, and is neither a send, a receive nor a close; `None` if it is another one.
    #[must_use]
    pub fn object(&self) -> Option<ObjectId> {
        match self {
            Self::Lock(o)
            | Self::TryLock(o)
            | Self::Unlock(o, _)
            | Self::RLock(o)
            | Self::TryRLock(o)
            | Self::RUnlock(o)
            | Self::WLock(o)
            | Self::TryWLock(o)
            | Self::WUnlock(o, _)
            | Self::Len(o)
            | Self::WgAdd(o, _)
            | Self::WgWait(o)
            | Self::OnceBegin(o)
            | Self::OnceEnd(o)
            | Self::CondSignal(o)
            | Self::CondBroadcast(o)
            | Self::CtxCancel(o)
            | Self::CtxErr(o)
            | Self::TimerStop(o)
            | Self::TimerReset(o)
            | Self::Atomic(o, _)
            | Self::Get(o)
            | Self::Touch(o, _)
            | Self::Set(o, _) => Some(*o),
            Self::Go(_)
            | Self::Choose(_)
            | Self::Pause(_)
            | Self::Send(..)
            | Self::Recv(_)
            | Self::Close(_)
            | Self::Select { .. }
            | Self::CondWait { .. }
            | Self::CtxDerive(..) => None,
        }
    }
}
