//! The interface of a primitive. All its rules are in its own file.
//!
//! A new primitive implements `Primitive`. It is a line of the table in [`object`](super::object)
//! and a variant of [`Op`](super::Op). The compiler then names every other place, since no match in
//! the rules has a wildcard arm. Operations on several objects are in `compound`.

use smallvec::SmallVec;

use super::decode::Input;
use super::dependence::Classes;
use super::id::{GoroutineId, ObjectId, ValueId};
use super::object::Object;
use super::op::Outcome;
use super::program::Names;
use super::step::{Access, Choice};
use super::verb::Verb;
use super::waits::{WaitsFor, Way};
use super::world::{Panic, Phase};

/// A kind of shared object. The table in [`object`](super::object) implements it.
pub(crate) trait Kind: Sized {
    /// Returns the object's state, if it is of this kind.
    fn of(object: &Object) -> Option<&Self>;

    /// Returns the object's state for changing, if it is of this kind.
    fn of_mut(object: &mut Object) -> Option<&mut Self>;
}

/// The rules of one kind of shared object.
pub(crate) trait Primitive: Kind {
    /// An operation on it.
    type Op;

    /// Returns the facts that hold of an operation in every state.
    fn facts(op: &Self::Op) -> Facts;

    /// Returns true if an operation of `by` is enabled without a partner.
    fn admits(&self, op: &Self::Op, by: GoroutineId) -> bool;

    /// Does an operation that is enabled.
    fn apply(&mut self, op: &Self::Op, turn: ObjectStep) -> Effect;

    /// Returns the panic in which an operation on the object may end, and which a goroutine may
    /// recover.
    fn may_panic(_: &Self::Op, _: ObjectId) -> Option<Panic> {
        None
    }

    /// Returns the access of an enabled operation of `by` to the object. When in doubt it is
    /// [`Access::Exclusive`], which costs executions and never loses one.
    fn access(&self, op: &Self::Op, by: GoroutineId) -> Access;

    /// Returns the class of an operation, as far as it is the same in every state. Only an
    /// operation that never blocks may have none here and be known by [`Primitive::class_seen`].
    fn class(op: &Self::Op) -> Classes;

    /// Returns the class of an operation whose step had this access.
    fn class_seen(op: &Self::Op, _: Access) -> Classes {
        Self::class(op)
    }

    /// Returns the operations of others on which an operation of `by` depends. If it is enabled,
    /// these are all that may not commute with it, now or after other steps of others. If it is
    /// blocked, these are operations of which one has to come before it. A larger set is sound.
    fn depends_on(&self, op: &Self::Op, by: GoroutineId) -> Classes;

    /// Returns what `by` waits for when it is blocked in an operation on this object.
    fn waits_for(&self, op: &Self::Op, object: ObjectId, by: GoroutineId) -> WaitsFor;

    /// Returns the data in it, if its kind has data.
    fn content(&self) -> Option<ValueId> {
        None
    }

    /// Returns the data in it for changing, if its kind has data.
    fn content_mut(&mut self) -> Option<&mut ValueId> {
        None
    }

    /// Gives each goroutine that the state names its new id. Those who stand in an order of their
    /// own are asked for in that order, and before the others.
    fn rename(&mut self, new: Rename<'_>);

    /// Appends the state. The first byte is `first`, or one of the bytes after it that the table
    /// gives to this kind.
    fn encode(&self, first: u8, out: &mut Vec<u8>);

    /// Reads what [`Primitive::encode`] wrote. `form` is the difference between its first byte and
    /// `first`.
    fn decode(form: u8, input: &mut Input<'_>) -> Self;

    /// Asserts the invariants that hold between any two steps.
    ///
    /// # Panics
    /// If one does not hold: a defect of the checker.
    fn assert_invariants(&self) {}

    /// Returns the goroutines that hold it, if it is a lock or a semaphore. A goroutine that holds
    /// it several times is listed as often.
    fn holders(&self) -> Holders {
        Holders::new()
    }

    /// Describes the state in a few words; who holds it is said elsewhere.
    fn state(&self, names: &dyn Names) -> String;

    /// Describes the state for comparing two ends; `None` if nothing that matters can be left in
    /// it.
    fn left(&self, names: &dyn Names) -> Option<String>;

    /// Returns the values in it.
    fn values(&self, _: &dyn Names) -> Vec<String> {
        Vec::new()
    }

    /// Describes the result of an operation, where that is not plain. `after` is the state that it
    /// led to.
    fn note(&self, _: &Self::Op, _: &Self, _: ObjectStep, _: &dyn Names) -> Option<String> {
        None
    }

    /// Tells why an operation of `by` is blocked, if that is not who holds it.
    fn blocked(&self, _: &Self::Op, _: GoroutineId, _: &dyn Names) -> Option<String> {
        None
    }
}

/// The way in which a lock is held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// It is held for writing, or is a mutex.
    Write,
    /// It is held for reading.
    Read,
    /// This many permits of a semaphore are held.
    Permits(u32),
}

/// The holders of a lock, each with its way of holding it.
pub(crate) type Holders = SmallVec<[(GoroutineId, Mode); 4]>;

/// The new id of each goroutine.
pub(crate) type Rename<'a> = &'a mut dyn FnMut(GoroutineId) -> GoroutineId;

/// A step on an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectStep {
    /// The object.
    pub(crate) object: ObjectId,
    /// The goroutine that takes the step.
    pub(crate) by: GoroutineId,
    /// The choice that the step makes.
    pub(crate) choice: Choice,
}

/// The effect of a step on the goroutine whose operation it is.
pub(crate) enum Effect {
    /// The operation is done.
    Done(Outcome),
    /// The operation is done and yields nothing. These waiting goroutines go on to this phase.
    Wakes(SmallVec<[GoroutineId; 4]>, Phase),
    /// The operation has more steps to come. Its goroutine is now in this phase.
    Now(Phase),
    /// The operation panics.
    Panics(Panic),
}

impl Effect {
    /// The operation is done and yields nothing.
    pub(crate) const DONE: Self = Self::Done(Outcome::Done);

    /// Returns "done" if it went well, else the panic.
    pub(crate) fn done_unless(panic: Panic, went_well: bool) -> Self {
        if went_well {
            Self::DONE
        } else {
            Self::Panics(panic)
        }
    }

    /// Returns "done" with the result of a try-lock.
    pub(crate) fn tried(content: Option<ValueId>) -> Self {
        Self::Done(content.map_or(Outcome::Nothing, Outcome::Value))
    }

    /// Returns "done" with a number. 1 and 0 stand for true and false.
    pub(crate) fn number(number: impl Into<i64>) -> Self {
        Self::Done(Outcome::Number(number.into()))
    }
}

impl Access {
    /// Returns a shared access if the operation only looks, else an exclusive one.
    pub(crate) fn shared_if(shared: bool) -> Self {
        if shared {
            Self::Shared
        } else {
            Self::Exclusive
        }
    }
}

/// Facts that hold of an operation in every state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The verb in which it is written.
    pub verb: Verb,
    /// The outcome that its goroutine is told.
    pub tells: Tells,
    /// The extent of the operation.
    pub scope: Scope,
    /// True if it takes a lock.
    pub locks: bool,
    /// The data that it leaves in the object, if it changes it.
    pub leaves: Option<ValueId>,
    /// The way in which it can release others that wait for the object.
    pub releases: Option<Way>,
}

impl Facts {
    /// Returns the facts of a [simple](Scope::Simple) operation that takes no lock.
    pub(super) const fn simple(verb: Verb, tells: Tells, releases: Option<Way>) -> Self {
        Self {
            verb,
            tells,
            scope: Scope::Simple,
            locks: false,
            leaves: None,
            releases,
        }
    }

    /// Returns the facts of a [wide](Scope::Wide) one.
    pub(super) const fn wide(verb: Verb, tells: Tells, releases: Option<Way>) -> Self {
        Self {
            scope: Scope::Wide,
            ..Self::simple(verb, tells, releases)
        }
    }

    /// Returns the facts of one that has [several](Scope::Several) ways.
    pub(super) const fn several(verb: Verb, tells: Tells, releases: Option<Way>) -> Self {
        Self {
            scope: Scope::Several,
            ..Self::simple(verb, tells, releases)
        }
    }

    /// Changes the facts to those of an operation that leaves this data in the object.
    pub(super) const fn leaves(self, leaves: Option<ValueId>) -> Self {
        Self { leaves, ..self }
    }

    /// Changes the facts to those of an operation that takes a lock.
    pub(super) const fn locks(self) -> Self {
        Self {
            locks: true,
            ..self
        }
    }
}

/// The extent of an operation, for a search that looks for other orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// It names one object, has one way, and only changes that object. Its effect there does not
    /// depend on anything that [`Access::Unseen`] hides.
    Simple,
    /// It has one way. It may concern more than one object, or move other goroutines.
    Wide,
    /// It has several ways: cases, partners, waiters to be woken, numbers.
    Several,
}

/// The kind of an operation's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tells {
    /// Nothing: [`Outcome::Done`].
    Nothing,
    /// The data in the object: [`Outcome::Value`].
    Content,
    /// The same, or [`Outcome::Nothing`] if it was not available at once.
    ContentIfFree,
    /// A value that was sent, or [`Outcome::Nothing`] for "closed".
    Received,
    /// An integer: [`Outcome::Number`].
    Number,
    /// The case of a `select` that was taken.
    Case,
}
