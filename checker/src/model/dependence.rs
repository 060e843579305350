//! The operations that one operation depends on, now and later.
//!
//! A [`Footprint`] compares two steps that are enabled in one state. A search that puts goroutines
//! off has to look farther ahead. It compares what a goroutine does now with all that the others
//! may still do. So the operations on an object fall into [`Classes`], which hold in every state.
//! Each primitive names its own in its own file, and says two things of each operation:
//!
//! - the class to which it belongs (`class`),
//! - the classes on which it depends in a state (`depends_on`). If it is enabled, these are the
//!   operations that may not commute with it. If it is blocked, these are the operations of which
//!   one has to come first.
//!
//! A larger set is always sound, and costs steps. [`explore::stubborn`](crate::explore::stubborn)
//! says what is made of them.

use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use smallvec::{SmallVec, smallvec};

use super::id::{GoroutineId, ObjectId};
use super::op::{Op, on_object};
use super::primitive::Primitive;
use super::program::Program;
use super::step::{Access, Choice, Event, Footprint, Step};
use super::world::{Pending, World};
use super::{Case, Chan, ChanOp};

/// A set of classes of operations on one object. Each primitive gives the bits their meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Classes(u16);

impl Classes {
    /// No class.
    pub const NONE: Self = Self(0);

    /// All classes.
    pub const ALL: Self = Self(u16::MAX);

    /// Operations that only look. They commute with each other.
    pub const LOOKS: Self = Self(1 << 15);

    /// Returns the class of this number, which is below 15.
    pub(super) const fn one(number: u32) -> Self {
        assert!(number < 15, "the class of the operations that only look");
        Self(1 << number)
    }

    /// Returns the set as bits.
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// Returns the set of these bits.
    pub(crate) const fn of_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Returns the union of two sets.
    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns true if some class is in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns the classes that may not commute with an access to an object on which every
    /// operation looks or changes.
    #[must_use]
    pub fn in_conflict_with(access: Access) -> Self {
        match access {
            Access::Unseen => Self::NONE,
            Access::Shared => !Self::LOOKS,
            Access::Exclusive | Access::Decrement { .. } => Self::ALL,
        }
    }

    /// Returns the class of an operation of which only this access is known.
    fn of(access: Access) -> Self {
        match access {
            Access::Unseen => Self::NONE,
            Access::Shared => Self::LOOKS,
            Access::Exclusive | Access::Decrement { .. } => Self::ALL,
        }
    }
}

impl BitOr for Classes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl BitAnd for Classes {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOrAssign for Classes {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Not for Classes {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// Objects, each with classes of operations on it. An object may come more than once.
pub type Concerns = SmallVec<[(ObjectId, Classes); 4]>;

fn of_footprint(footprint: &Footprint, classes: impl Fn(Access) -> Classes) -> Concerns {
    let of_one = |(object, access): &(ObjectId, Access)| (*object, classes(*access));
    footprint.iter().map(of_one).collect()
}

impl Op {
    /// Returns true if the operation only looks at one object, in any state.
    #[must_use]
    pub(crate) fn only_looks(&self) -> bool {
        matches!(self.classes()[..], [(_, Classes::LOOKS)])
    }

    /// Returns what the operation may do in any state, as far as that is known from the operation
    /// alone. What it does to further objects is [seen](Op::classes_seen) when it is done.
    #[must_use]
    pub fn classes(&self) -> Concerns {
        on_object!(self, K, |object, op| smallvec![(*object, K::class(op))], {
            Self::Go(_)
            | Self::Choose(..)
            | Self::Pause(_)
            | Self::Exited
            | Self::Chan(None, _) => {
                Concerns::new()
            }
            Self::Select { cases, default, .. } => Case::classes(cases, *default),
            Self::CondWait { cond, mutex, .. } => Self::cond_wait_classes(*cond, *mutex),
            Self::CtxDerive(parent, child) => {
                smallvec![(*parent, Classes::LOOKS), (*child, Classes::ALL)]
            }
            Self::CtxCancel(context) => smallvec![(*context, Classes::ALL)],
            Self::Touch(object, changes) => {
                smallvec![(*object, Classes::of(Access::shared_if(!changes)))]
            }
        })
    }

    /// Returns what the operation has done in this step, where that depends on the state. Only an
    /// operation that never blocks is judged by what was seen: it is done wherever its goroutine
    /// has come to it. So it is done, too, behind a step that is taken in its place, and what it
    /// does there is in conflict with that step if it is here. A context that has ended is still
    /// looked at.
    #[must_use]
    pub fn classes_seen(&self, event: &Event) -> Concerns {
        on_object!(self, K, |_, op| of_footprint(&event.footprint, |access| {
            K::class_seen(op, access)
        }), {
            Self::Go(_)
            | Self::Choose(..)
            | Self::Pause(_)
            | Self::Exited
            | Self::Chan(None, _)
            | Self::Select { .. }
            | Self::CondWait { .. }
            | Self::Touch(..) => Concerns::new(),
            Self::CtxDerive(..) | Self::CtxCancel(_) => {
                of_footprint(&event.footprint, Classes::of)
            }
        })
    }
}

impl World {
    /// Returns what the goroutine may do next to objects although it has no operation: it fires a
    /// timer.
    #[must_use]
    pub fn classes_now(&self, program: &dyn Program, id: GoroutineId) -> Concerns {
        match self.pending(program, id) {
            Pending::Fire(timer) => self.fire_concerns(timer),
            Pending::Nothing | Pending::Op(_) => Concerns::new(),
        }
    }

    /// Returns the operations of others on which the next step of a goroutine depends. If it is
    /// enabled, these may not commute with it. If it is blocked, one of these has to come first.
    /// `enabled` are all steps that are enabled.
    #[must_use]
    pub fn depends_on(&self, program: &dyn Program, id: GoroutineId, enabled: &[Step]) -> Concerns {
        let meets = |choice: Choice| {
            let meets = |step: &Step| step.partner.is_some() && step.moves(id);
            let mut steps = enabled.iter().filter(|step| meets(step));
            steps.any(|step| step.choice_of(id) == choice)
        };
        let op = match self.pending(program, id) {
            Pending::Nothing => return Concerns::new(),
            Pending::Fire(timer) => return self.fire_depends_on(timer, meets),
            Pending::Op(op) => op,
        };
        on_object!(op, K, |object, op| smallvec![self.depends::<K>(*object, op, id)], {
            Op::Go(_) | Op::Choose(..) | Op::Pause(_) | Op::Exited | Op::Chan(None, _) => {
                Concerns::new()
            }
            Op::Chan(Some(object), op @ (ChanOp::Send(_) | ChanOp::Recv)) => {
                let chan = self.state::<Chan>(*object);
                let classes = chan.map(|chan| chan.communication(op, meets(Choice::Only)));
                smallvec![(*object, classes.unwrap_or(Classes::ALL))]
            }
            Op::Select { cases, .. } => self.select_depends_on(cases, meets),
            Op::CondWait { cond, mutex, .. } => self.cond_wait_depends_on(id, *cond, *mutex),
            Op::CtxDerive(..) | Op::CtxCancel(_) | Op::Touch(..) => {
                let mut footprint = Footprint::new();
                self.touch_op(Step::of(id), op, &mut footprint);
                of_footprint(&footprint, Classes::in_conflict_with)
            }
        })
    }

    /// Does the same for an operation on one object.
    pub(super) fn depends<P: Primitive>(
        &self,
        object: ObjectId,
        op: &P::Op,
        by: GoroutineId,
    ) -> (ObjectId, Classes) {
        let state = self.state::<P>(object);
        let classes = state.map_or(Classes::ALL, |state| state.depends_on(op, by));
        (object, classes)
    }
}
