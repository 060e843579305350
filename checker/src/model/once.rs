//! One-time calls: Go's `sync.Once`.
//!
//! The first `Do` runs the function. The others block until it has returned. A `Do` from inside the
//! function blocks for ever ("if f calls o.Do, it will deadlock", package sync).

use super::decode::Input;
use super::dependence::Classes;
use super::encode::put;
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::{WaitsFor, Way, Ways};

/// The state of a `sync.Once`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Once {
    /// Nobody has called `Do` yet.
    Fresh,
    /// This goroutine is running the function.
    Running(GoroutineId),
    /// The function has returned.
    Done,
}

const BEGIN: Classes = Classes::one(0);
const END: Classes = Classes::one(1);

/// An operation on a [`Once`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OnceOp {
    /// The entry of `Do`.
    Begin,
    /// The return of the function that `Do` called.
    End,
}

impl Once {
    /// Enters `Do`. Returns true if `by` is to run the function.
    ///
    /// # Panics
    /// If another goroutine is running it: the step was not enabled.
    pub fn begin(&mut self, by: GoroutineId) -> bool {
        assert!(
            !matches!(self, Self::Running(_)),
            "{by:?} enters a running once: {self:?}"
        );
        let first = *self == Self::Fresh;
        if first {
            *self = Self::Running(by);
        }
        first
    }

    /// Records that the function has returned.
    ///
    /// # Panics
    /// If nobody was running it.
    pub fn end(&mut self) {
        assert!(
            matches!(self, Self::Running(_)),
            "the end of a once that did not begin: {self:?}"
        );
        *self = Self::Done;
    }
}

impl Primitive for Once {
    type Op = OnceOp;

    #[inline]
    fn facts(op: &OnceOp) -> Facts {
        match op {
            OnceOp::Begin => Facts::simple(Verb::Once, Tells::Number, None),
            OnceOp::End => Facts::simple(Verb::OnceEnd, Tells::Nothing, Some(Way::OnceEnd)),
        }
    }

    fn admits(&self, op: &OnceOp, _: GoroutineId) -> bool {
        match op {
            OnceOp::Begin => !matches!(self, Self::Running(_)),
            OnceOp::End => true,
        }
    }

    fn apply(&mut self, op: &OnceOp, turn: ObjectStep) -> Effect {
        match op {
            OnceOp::Begin => Effect::number(self.begin(turn.by)),
            OnceOp::End => {
                self.end();
                Effect::DONE
            }
        }
    }

    fn access(&self, op: &OnceOp, _: GoroutineId) -> Access {
        match op {
            OnceOp::Begin => Access::shared_if(*self == Self::Done),
            OnceOp::End => Access::Exclusive,
        }
    }

    fn class(op: &OnceOp) -> Classes {
        match op {
            OnceOp::Begin => BEGIN,
            OnceOp::End => END,
        }
    }

    /// Nobody can enter while the function runs, and only who runs it can end it.
    fn depends_on(&self, op: &OnceOp, _: GoroutineId) -> Classes {
        match (op, self) {
            (OnceOp::Begin, Self::Fresh) => Classes::ALL,
            (OnceOp::Begin, Self::Running(_)) => END,
            (OnceOp::Begin, Self::Done) | (OnceOp::End, _) => Classes::NONE,
        }
    }

    fn waits_for(&self, op: &OnceOp, object: ObjectId, _: GoroutineId) -> WaitsFor {
        match (op, self) {
            (OnceOp::Begin, Self::Running(runner)) => WaitsFor::One {
                object,
                who: *runner,
                way: Way::OnceEnd,
                behind: None,
                otherwise: Ways::new("finishes {}", &[Way::OnceEnd]),
            },
            (OnceOp::Begin, Self::Fresh | Self::Done) | (OnceOp::End, _) => WaitsFor::Unknown,
        }
    }

    fn rename(&mut self, new: Rename<'_>) {
        match self {
            Self::Running(by) => *by = new(*by),
            Self::Fresh | Self::Done => {}
        }
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        match self {
            Self::Fresh => out.push(first),
            Self::Done => out.push(first + 1),
            Self::Running(by) => {
                out.push(first + 2);
                put(out, by.0.into());
            }
        }
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        match form {
            0 => Self::Fresh,
            1 => Self::Done,
            2 => Self::Running(GoroutineId(input.id())),
            other => panic!("no state of a Once has the form {other}"),
        }
    }

    fn state(&self, names: &dyn Names) -> String {
        match self {
            Self::Fresh => "not done".to_owned(),
            Self::Running(runner) => format!("{} is inside", names.goroutine(*runner).name),
            Self::Done => "done".to_owned(),
        }
    }

    fn left(&self, _: &dyn Names) -> Option<String> {
        None
    }

    fn note(&self, op: &OnceOp, _: &Self, _: ObjectStep, _: &dyn Names) -> Option<String> {
        match op {
            OnceOp::Begin if *self == Self::Done => Some("done already".to_owned()),
            OnceOp::Begin => Some("first".to_owned()),
            OnceOp::End => None,
        }
    }

    fn blocked(&self, _: &OnceOp, by: GoroutineId, names: &dyn Names) -> Option<String> {
        match self {
            Self::Running(runner) if *runner == by => Some("is inside it itself".to_owned()),
            Self::Running(_) => Some(self.state(names)),
            Self::Fresh | Self::Done => None,
        }
    }
}
