//! Operations that are not done: what they yield to the destructor that asks for one.
//!
//! Destructors of a kernel run at three times when no search can take a step for them.
//!
//! - A goroutine panics. It cannot be suspended in the middle of its unwinding: Rust counts panics
//!   by threads, not by coroutines, so every other goroutine on the thread would seem to panic.
//!   Nor need it be: a panic that nobody recovers ends a program.
//! - A goroutine that is blocked for ever is [unwound](super::coroutine), to give back what it owns.
//! - A body that nobody has begun, or a value that nobody needs any more, is [dropped](disposing).
//!
//! In all three an operation has no effect, and yields an outcome that lets the destructor finish.

use std::cell::Cell;

use crate::model::{AtomicOp, Case, Object, ObjectId, Op, Outcome, ValueId};

thread_local! {
    static DISPOSING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, which drops something of the kernel's: no operation in it has an effect.
pub(super) fn disposing<R>(f: impl FnOnce() -> R) -> R {
    with(true, f)
}

/// Runs `f`, which lets a goroutine run: its operations have an effect.
pub(super) fn with_effect<R>(f: impl FnOnce() -> R) -> R {
    with(false, f)
}

fn with<R>(disposing: bool, f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            DISPOSING.set(self.0);
        }
    }
    let _restore = Restore(DISPOSING.replace(disposing));
    f()
}

/// Tells that operations have no effect now.
pub(crate) fn is_without_effect() -> bool {
    DISPOSING.get() || std::thread::panicking()
}

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
