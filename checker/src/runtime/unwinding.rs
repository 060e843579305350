//! Operations that are not done: what they yield to the destructor that asks for one.
//!
//! Destructors of a kernel run at three times when no search can take a step for them.
//!
//! - A goroutine panics. It cannot be suspended in the middle of its unwinding: Rust counts panics
//!   by threads, not by coroutines, so every other goroutine on the thread would seem to panic.
//!   Nor need it be: a panic that nobody recovers ends a program.
//! - A goroutine that is blocked for ever is [unwound](super::coroutine), to give back what it
//!   owns.
//! - A body that nobody has begun, or a value that nobody needs any more, is [dropped](disposing).
//!
//! In all three an operation has no effect, and yields an outcome that lets the destructor finish.

use std::cell::Cell;

use crate::model::{Case, Choice, Object, ObjectId, Op, Outcome, Tells, ValueId};

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

/// What is under each lock and in each cell when it is made. A destructor that takes a lock while
/// its goroutine unwinds finds this.
#[derive(Default)]
pub(crate) struct Contents(Vec<ValueId>);

impl Contents {
    /// Notes the first content of an object, if it has one.
    pub(crate) fn note(&mut self, id: ObjectId, object: &Object) {
        let Some(content) = object.content() else {
            return;
        };
        if self.0.len() <= id.index() {
            self.0.resize(id.index() + 1, ValueId::UNIT);
        }
        self.0[id.index()] = content;
    }

    /// The outcome of an operation that is not done.
    pub(crate) fn outcome(&self, op: &Op) -> Outcome {
        idle_outcome(op, |id| self.0.get(id.index()).copied())
    }
}

/// What an operation yields that is not done: locks are free, channels are closed, counters are at
/// zero. `content` yields the data in an object.
fn idle_outcome(op: &Op, content: impl FnOnce(ObjectId) -> Option<ValueId>) -> Outcome {
    match op.facts().tells {
        Tells::Nothing => Outcome::Done,
        Tells::Content | Tells::ContentIfFree => {
            let content = op.objects().last().and_then(|&id| content(id));
            Outcome::Value(content.unwrap_or(ValueId::UNIT))
        }
        Tells::Received => Outcome::Nothing,
        Tells::Number => Outcome::Number(0),
        Tells::Case if matches!(op, Op::Select { default: true, .. }) => Outcome::Default,
        Tells::Case => match op.case(Choice::Case(0)) {
            Some(Case::Recv(_)) => Outcome::Received(0, None),
            Some(Case::Send(..)) => Outcome::Sent(0),
            None => Outcome::Default,
        },
    }
}
