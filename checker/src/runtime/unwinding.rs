//! Operations of a goroutine that is panicking: what they yield, since they cannot be done.
//!
//! A destructor that runs while a goroutine unwinds may ask for an operation. It cannot be given to a search: the goroutine would
//! have to be suspended in the middle of its unwinding, and Rust counts panics by threads, not by coroutines, so every other goroutine on the thread would seem to be
//! panicking. Nor need it be: a panic that is not recovered ends a program, and the search takes the goroutine for panicked from
//! the operation before on. So nothing is done, nobody sees a thing, and the destructor is told what lets it come to its end.

use crate::model::{Case, Choice, Object, ObjectId, Op, Outcome, Tells, ValueId};

/// What is under each lock and in each cell when it is made. A destructor that takes a lock while its goroutine unwinds finds this.
#[derive(Default)]
pub(super) struct Contents(Vec<ValueId>);

impl Contents {
    /// Notes the first content of an object, if it has one.
    pub(super) fn note(&mut self, id: ObjectId, object: &Object) {
        let Some(content) = object.content() else {
            return;
        };
        if self.0.len() <= id.index() {
            self.0.resize(id.index() + 1, ValueId::UNIT);
        }
        self.0[id.index()] = content;
    }

    /// The outcome of an operation that is not done.
    pub(super) fn outcome(&self, op: &Op) -> Outcome {
        idle_outcome(op, |id| self.0.get(id.index()).copied())
    }
}

/// What an operation yields that is not done: locks are free, channels are closed, counters are at zero. `content` yields the
/// data in an object.
pub(crate) fn idle_outcome(op: &Op, content: impl FnOnce(ObjectId) -> Option<ValueId>) -> Outcome {
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
