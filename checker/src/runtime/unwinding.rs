//! The outcomes of operations that a destructor calls and that are not performed.
//!
//! Destructors of a kernel run on three occasions when no search can take a step for them.
//!
//! - A goroutine panics. It cannot be suspended while it unwinds. Rust counts panics by thread, not
//!   by coroutine, so every other goroutine on the thread would seem to panic. The deferred calls
//!   and guards among the destructors take effect [later](super::recovery), if at all.
//! - A goroutine that is blocked for ever is [unwound](super::coroutine), to free its resources.
//! - A body that has not begun, or a value that nobody needs any more, is [dropped](disposing).
//!
//! In all three an operation has no effect. It returns an outcome that lets the destructor finish.

use std::cell::Cell;

use crate::model::{Case, Choice, Object, ObjectId, Op, Outcome, Tells, ValueId};

thread_local! {
    static DISPOSING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, which drops something of the kernel's: no operation in it has an effect.
pub(super) fn disposing<R>(f: impl FnOnce() -> R) -> R {
    with(true, f)
}

/// Runs `f`, which resumes a goroutine: its operations have an effect.
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

/// Returns true if the running code is a destructor of something that nobody needs any more.
pub(super) fn is_disposing() -> bool {
    DISPOSING.get()
}

/// Returns true if operations have no effect now.
pub(crate) fn is_without_effect() -> bool {
    DISPOSING.get() || std::thread::panicking()
}

/// The initial contents of each lock and cell. A destructor that takes a lock while its goroutine
/// unwinds finds these.
#[derive(Default)]
pub(crate) struct Contents(Vec<ValueId>);

impl Contents {
    /// Records the initial content of an object, if it has one.
    pub(crate) fn note(&mut self, id: ObjectId, object: &Object) {
        let Some(content) = object.content() else {
            return;
        };
        if self.0.len() <= id.index() {
            self.0.resize(id.index() + 1, ValueId::UNIT);
        }
        self.0[id.index()] = content;
    }

    /// Returns the outcome of an operation that is not performed.
    pub(crate) fn outcome(&self, op: &Op) -> Outcome {
        idle_outcome(op, |id| self.0.get(id.index()).copied())
    }
}

/// Returns the outcome of an operation that is not performed: locks are free, channels are closed,
/// counters are zero. `content` returns the data in an object.
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
