//! Operations of a goroutine that is panicking: what they yield, since they cannot be done.
//!
//! A destructor that runs while a goroutine unwinds may ask for an operation. It cannot be given to a search: the goroutine would
//! have to be suspended in the middle of its unwinding, and Rust counts panics by threads, not by coroutines, so every other goroutine on the thread would seem to be
//! panicking. Nor need it be: a panic that is not recovered ends a program, and the search takes the goroutine for panicked from
//! the operation before on. So nothing is done, nobody sees a thing, and the destructor is told what lets it come to its end.

use crate::model::{
    AtomicOp, Case, CellOp, ChanOp, CondOp, ContextOp, MutexOp, Object, ObjectId, OnceOp, Op,
    Outcome, RwLockOp, ValueId, WaitGroupOp,
};

/// What is under each lock and in each cell when it is made. A destructor that takes a lock while its goroutine unwinds finds this.
#[derive(Default)]
pub(super) struct Contents(Vec<ValueId>);

impl Contents {
    /// Notes the first content of an object, if it has one.
    pub(super) fn note(&mut self, id: ObjectId, object: &Object) {
        let content = match object {
            Object::Mutex(mutex) => mutex.content,
            Object::RwLock(lock) => lock.content,
            Object::Cell(cell) => cell.value,
            _ => return,
        };
        if self.0.len() <= id.index() {
            self.0.resize(id.index() + 1, ValueId::UNIT);
        }
        self.0[id.index()] = content;
    }

    fn of(&self, id: ObjectId) -> Outcome {
        Outcome::Value(self.0.get(id.index()).copied().unwrap_or(ValueId::UNIT))
    }

    /// The outcome of an operation that is not done: locks are free, channels are closed, counters are at zero.
    pub(super) fn outcome(&self, op: &Op) -> Outcome {
        match op {
            Op::Mutex(o, MutexOp::Lock)
            | Op::RwLock(o, RwLockOp::RLock)
            | Op::RwLock(o, RwLockOp::Lock)
            | Op::Cell(o, CellOp::Get) => self.of(*o),
            Op::Mutex(o, MutexOp::TryLock)
            | Op::RwLock(o, RwLockOp::TryRLock)
            | Op::RwLock(o, RwLockOp::TryLock) => self.of(*o),
            Op::CondWait { mutex, .. } => self.of(*mutex),
            Op::Chan(_, ChanOp::Recv) => Outcome::Nothing,
            Op::Select { default: true, .. } => Outcome::Default,
            Op::Select { cases, .. } => match cases.first() {
                Some(Case::Recv(_)) => Outcome::Received(0, None),
                Some(Case::Send(..)) => Outcome::Sent(0),
                None => Outcome::Default,
            },
            Op::Atomic(_, AtomicOp::Store(_)) => Outcome::Done,
            Op::Atomic(..)
            | Op::Chan(_, ChanOp::Len)
            | Op::Once(_, OnceOp::Begin)
            | Op::Context(_, ContextOp::Err)
            | Op::TimerStop(_)
            | Op::TimerReset(_)
            | Op::Choose(_) => Outcome::Number(0),
            Op::Go(_)
            | Op::Mutex(_, MutexOp::Unlock(_))
            | Op::RwLock(_, RwLockOp::RUnlock)
            | Op::RwLock(_, RwLockOp::Unlock(_))
            | Op::Chan(_, ChanOp::Send(_))
            | Op::Chan(_, ChanOp::Close)
            | Op::WaitGroup(_, WaitGroupOp::Add(_))
            | Op::WaitGroup(_, WaitGroupOp::Wait)
            | Op::Once(_, OnceOp::End)
            | Op::Cond(_, CondOp::Signal)
            | Op::Cond(_, CondOp::Broadcast)
            | Op::CtxDerive(..)
            | Op::CtxCancel(_)
            | Op::Cell(_, CellOp::Set(_))
            | Op::Pause(_) => Outcome::Done,
        }
    }
}
