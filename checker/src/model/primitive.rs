//! What every primitive says of itself, all of it in the primitive's own file.
//!
//! A new primitive implements `Primitive`, is a line of the table in [`object`](super::object)
//! and a variant of [`Op`](super::Op). The compiler then names every other place: no match in the
//! rules has an arm for the rest. Operations on several objects are in
//! `compound`.

use smallvec::SmallVec;

use super::encode::Input;
use super::id::{GoroutineId, ObjectId, ValueId};
use super::object::Object;
use super::op::Outcome;
use super::program::Program;
use super::step::{Access, Choice};
use super::waits::{WaitsFor, Way};
use super::world::{Panic, Phase};

/// A kind of shared object. The table in [`object`](super::object) implements it.
pub(crate) trait Kind: Sized {
    /// The object's state, if it is of this kind.
    fn of(object: &Object) -> Option<&Self>;

    /// The object's state, to be changed.
    fn of_mut(object: &mut Object) -> Option<&mut Self>;
}

/// The rules of one kind of shared object.
pub(crate) trait Primitive: Kind {
    /// What a goroutine can do with it.
    type Op;

    /// What holds of an operation in every state.
    fn facts(op: &Self::Op) -> Facts;

    /// Whether an operation of `by` is enabled, with nobody's help.
    fn admits(&self, op: &Self::Op, by: GoroutineId) -> bool;

    /// Does an operation that is enabled.
    fn apply(&mut self, op: &Self::Op, turn: Turn) -> Effect;

    /// How an enabled operation of `by` touches the object. When in doubt it is
    /// [`Access::Exclusive`], which costs executions and never loses one.
    fn access(&self, op: &Self::Op, by: GoroutineId) -> Access;

    /// What `by` waits for that is blocked in an operation on this object.
    fn waits_for(&self, op: &Self::Op, object: ObjectId, by: GoroutineId) -> WaitsFor;

    /// The data in it, if it is of a kind that has some.
    fn content(&self) -> Option<ValueId> {
        None
    }

    /// The same, to be changed.
    fn content_mut(&mut self) -> Option<&mut ValueId> {
        None
    }

    /// Appends the state. The first byte is `first`, or one of the bytes after it that the table
    /// gives to this kind.
    fn encode(&self, first: u8, out: &mut Vec<u8>);

    /// Reads what [`Primitive::encode`] wrote. `form` is how far its first byte is from `first`.
    fn decode(form: u8, input: &mut Input<'_>) -> Self;

    /// Asserts what must hold between any two steps.
    ///
    /// # Panics
    /// If it does not hold: a defect of the checker.
    fn assert_invariants(&self) {}

    /// Those who hold it, if it is a lock or a semaphore; one who holds it several times, as often.
    fn holders(&self) -> Holders {
        Holders::new()
    }

    /// The state in a few words; who holds it is said elsewhere.
    fn state(&self, names: &dyn Program) -> String;

    /// The same for comparing two ends; `None` if nothing that matters can be left in it.
    fn left(&self, names: &dyn Program) -> Option<String>;

    /// The values in it.
    fn values(&self, _: &dyn Program) -> Vec<String> {
        Vec::new()
    }

    /// What came of an operation, where that is not plain. `after` is the state that it led to.
    fn note(&self, _: &Self::Op, _: &Self, _: Turn, _: &dyn Program) -> Option<String> {
        None
    }

    /// Why an operation of `by` is blocked, if that is not who holds it.
    fn blocked(&self, _: &Self::Op, _: GoroutineId, _: &dyn Program) -> Option<String> {
        None
    }
}

/// How a lock is held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// For writing, or a mutex.
    Write,
    /// For reading.
    Read,
    /// So many permits of a semaphore.
    Permits(u32),
}

/// Who holds a lock, and how.
pub(crate) type Holders = SmallVec<[(GoroutineId, Mode); 4]>;

/// A step on an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// The object.
    pub(crate) object: ObjectId,
    /// Who takes it.
    pub(crate) by: GoroutineId,
    /// Which way it goes.
    pub(crate) choice: Choice,
}

/// What a step does to the goroutine whose operation it is.
pub(crate) enum Effect {
    /// The operation is done.
    Done(Outcome),
    /// It is done, with nothing to tell, and these who wait go on to this phase.
    Wakes(SmallVec<[GoroutineId; 4]>, Phase),
    /// The operation has more steps to come.
    Now(Phase),
    /// The operation panics.
    Panics(Panic),
}

impl Effect {
    /// Done, with nothing to tell.
    pub(crate) const DONE: Self = Self::Done(Outcome::Done);

    /// Done if it went well, else a panic.
    pub(crate) fn done_unless(panic: Panic, went_well: bool) -> Self {
        if went_well {
            Self::DONE
        } else {
            Self::Panics(panic)
        }
    }

    /// Done, with what a try-lock yields.
    pub(crate) fn tried(content: Option<ValueId>) -> Self {
        Self::Done(content.map_or(Outcome::Nothing, Outcome::Value))
    }

    /// Done, with a number: 1 and 0 stand for true and false.
    pub(crate) fn number(number: impl Into<i64>) -> Self {
        Self::Done(Outcome::Number(number.into()))
    }
}

impl Access {
    /// An access that only looks, or else commutes with nothing.
    pub(crate) fn shared_if(shared: bool) -> Self {
        if shared {
            Self::Shared
        } else {
            Self::Exclusive
        }
    }
}

/// What holds of an operation in every state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The verb in which it is written: `send`, `lock`.
    pub verb: &'static str,
    /// What its goroutine is told.
    pub tells: Tells,
    /// How it may go.
    pub scope: Scope,
    /// Whether it takes a lock.
    pub locks: bool,
    /// The data that it leaves in the object, if it changes it.
    pub leaves: Option<ValueId>,
    /// How it can release others that wait for the object.
    pub releases: Option<Way>,
}

impl Facts {
    /// Of a [simple](Scope::Simple) operation that takes no lock.
    pub(super) const fn simple(verb: &'static str, tells: Tells, releases: Option<Way>) -> Self {
        Self {
            verb,
            tells,
            scope: Scope::Simple,
            locks: false,
            leaves: None,
            releases,
        }
    }

    /// Of a [wide](Scope::Wide) one.
    pub(super) const fn wide(verb: &'static str, tells: Tells, releases: Option<Way>) -> Self {
        Self {
            scope: Scope::Wide,
            ..Self::simple(verb, tells, releases)
        }
    }

    /// Of one that has [several](Scope::Several) ways.
    pub(super) const fn several(verb: &'static str, tells: Tells, releases: Option<Way>) -> Self {
        Self {
            scope: Scope::Several,
            ..Self::simple(verb, tells, releases)
        }
    }

    /// The same of one that leaves this in the object.
    pub(super) const fn leaves(self, leaves: Option<ValueId>) -> Self {
        Self { leaves, ..self }
    }

    /// The same of one that takes a lock.
    pub(super) const fn locks(self) -> Self {
        Self {
            locks: true,
            ..self
        }
    }
}

/// How an operation may go: what a search has to think of that looks for other orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// It names one object, has one way, and does no more than change that object; what it does
    /// there rests on nothing that [`Access::Unseen`] hides.
    Simple,
    /// It has one way, and may be about more than one object, or move other goroutines.
    Wide,
    /// It has several ways: cases, partners, waiters to be woken, numbers.
    Several,
}

/// What a goroutine is told when its operation is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tells {
    /// Nothing: [`Outcome::Done`].
    Nothing,
    /// The data in the object: [`Outcome::Value`].
    Content,
    /// The same, or [`Outcome::Nothing`] if it could not be had at once.
    ContentIfFree,
    /// A value that was sent, or [`Outcome::Nothing`] for "closed".
    Received,
    /// An integer: [`Outcome::Number`].
    Number,
    /// The case of a `select` that was taken.
    Case,
}
