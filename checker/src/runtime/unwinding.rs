//! Operations of a goroutine that is panicking: what they yield, since they cannot be done.
//!
//! A destructor that runs while a goroutine unwinds may ask for an operation. It cannot be given to a search: the goroutine would
//! have to be suspended in the middle of its unwinding, and Rust counts panics by threads, not by coroutines, so every other goroutine on the thread would seem to be
//! panicking. Nor need it be: a panic that is not recovered ends a program, and the search takes the goroutine for panicked from
//! the operation before on. So nothing is done, nobody sees a thing, and the destructor is told what lets it come to its end.

use crate::model::{AtomicOp, Case, Object, ObjectId, Op, Outcome, ValueId};

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
            Op::Lock(o) | Op::RLock(o) | Op::WLock(o) | Op::Get(o) => self.of(*o),
            Op::TryLock(o) | Op::TryRLock(o) | Op::TryWLock(o) => self.of(*o),
            Op::CondWait { mutex, .. } => self.of(*mutex),
            Op::Recv(_) => Outcome::Nothing,
            Op::Select { default: true, .. } => Outcome::Default,
            Op::Select { cases, .. } => match cases.first() {
                Some(Case::Recv(_)) => Outcome::Received(0, None),
                Some(Case::Send(..)) => Outcome::Sent(0),
                None => Outcome::Default,
            },
            Op::Atomic(_, AtomicOp::Store(_)) => Outcome::Done,
            Op::Atomic(..)
            | Op::Len(_)
            | Op::OnceBegin(_)
            | Op::CtxErr(_)
            | Op::TimerStop(_)
            | Op::TimerReset(_)
            | Op::Choose(_) => Outcome::Number(0),
            Op::Go(_)
            | Op::Unlock(..)
            | Op::RUnlock(_)
            | Op::WUnlock(..)
            | Op::Send(..)
            | Op::Close(_)
            | Op::WgAdd(..)
            | Op::WgWait(_)
            | Op::OnceEnd(_)
            | Op::CondSignal(_)
            | Op::CondBroadcast(_)
            | Op::CtxDerive(..)
            | Op::CtxCancel(_)
            | Op::Set(..)
            | Op::Touch(..)
            | Op::Pause(_) => Outcome::Done,
        }
    }
}
