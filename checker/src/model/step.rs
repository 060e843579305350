//! Steps, and which of them commute.
//!
//! A [`Step`] is a choice: the goroutine that moves, and its way if there are several. A step that
//! was taken is an [`Event`], which has the goroutines in whose order it stands and what it
//! touched. Two events that share no goroutine and touch no object in ways that conflict are
//! **independent**. Where they are adjacent they can be swapped: they lead to the same state, and
//! neither enables or disables the other.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::id::{GoroutineId, ObjectId};
use super::timer::Stage;

/// The way that an operation takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Choice {
    /// The only way of the operation.
    Only,
    /// This case of a `select`.
    Case(u32),
    /// The `default` case of a `select`.
    Default,
    /// A `Signal` wakes this goroutine.
    Wakes(GoroutineId),
    /// `choose` yields this number.
    Number(u32),
    /// A timer does this.
    Timer(Stage),
}

impl Choice {
    /// Returns the number that `choose` yields.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(number),
            Self::Only | Self::Case(_) | Self::Default | Self::Wakes(_) | Self::Timer(_) => None,
        }
    }

    /// Returns the stage of a timer.
    #[must_use]
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::Timer(stage) => Some(stage),
            Self::Only | Self::Case(_) | Self::Default | Self::Wakes(_) | Self::Number(_) => None,
        }
    }

    /// Returns the number of the case of a `select`.
    #[must_use]
    pub fn case(self) -> Option<u32> {
        match self {
            Self::Case(number) => Some(number),
            Self::Only | Self::Default | Self::Wakes(_) | Self::Number(_) | Self::Timer(_) => None,
        }
    }
}

/// One step that can be taken in a state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The goroutine that moves; the sender of a rendezvous.
    pub actor: GoroutineId,
    /// The way that it takes.
    pub choice: Choice,
    /// The receiver of a rendezvous, and the way that it takes.
    pub partner: Option<(GoroutineId, Choice)>,
}

impl Step {
    /// Returns the step of a goroutine that has only one way.
    #[must_use]
    pub fn of(actor: GoroutineId) -> Self {
        Self::to(actor, Choice::Only)
    }

    /// Returns the step of a goroutine with this choice.
    #[must_use]
    pub fn to(actor: GoroutineId, choice: Choice) -> Self {
        Self {
            actor,
            choice,
            partner: None,
        }
    }

    /// Returns the choice of a goroutine that moves in this step.
    #[must_use]
    pub fn choice_of(&self, mover: GoroutineId) -> Choice {
        let partner = self.partner.filter(|(partner, _)| *partner == mover);
        partner.map_or(self.choice, |(_, choice)| choice)
    }

    /// Returns true if `goroutine` moves in this step.
    #[must_use]
    pub fn moves(&self, goroutine: GoroutineId) -> bool {
        self.actor == goroutine
            || self
                .partner
                .is_some_and(|(partner, _)| partner == goroutine)
    }

    /// Returns the same step of goroutines with other ids.
    #[must_use]
    pub fn with_ids(self, new: impl Fn(GoroutineId) -> GoroutineId) -> Self {
        let choice = |choice| match choice {
            Choice::Wakes(waiter) => Choice::Wakes(new(waiter)),
            Choice::Only
            | Choice::Case(_)
            | Choice::Default
            | Choice::Number(_)
            | Choice::Timer(_) => choice,
        };
        Self {
            actor: new(self.actor),
            choice: choice(self.choice),
            partner: self.partner.map(|(id, its)| (new(id), choice(its))),
        }
    }

    /// Returns the goroutines that move: the actor and the receiver of a rendezvous.
    pub fn movers(&self) -> impl Iterator<Item = GoroutineId> + use<> {
        std::iter::once(self.actor).chain(self.partner.map(|(goroutine, _)| goroutine))
    }
}

/// The way in which a step touches an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Access {
    /// In a way that commutes with itself. The step only looks. Or it takes part in what several
    /// may do at once, such as two readers of a [`RwLock`](super::RwLock) or two rendezvous on one
    /// channel.
    Shared,
    /// In a way that commutes with nothing.
    Exclusive,
    /// Decrements a number that may not go below zero by `by`, to `after`: the counter of a
    /// [`WaitGroup`](super::WaitGroup), or the free permits of a [`Semaphore`](super::Semaphore).
    Decrement {
        /// The number after it.
        after: i64,
        /// The amount, not below zero.
        by: i64,
    },
    /// In a way that only its goroutine can see, so that it commutes with everything.
    Unseen,
}

impl Access {
    /// Returns true if two accesses to one object may be swapped.
    ///
    /// Two decrements commute if the number is enough for both in the state in which both are
    /// enabled. Otherwise one of the two panics or has to wait, and the order decides which.
    #[must_use]
    pub fn commutes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Unseen, _) | (_, Self::Unseen) | (Self::Shared, Self::Shared) => true,
            (Self::Decrement { after: a, by: x }, Self::Decrement { after: b, by: y }) => {
                (a - y).max(b - x) >= 0
            }
            (Self::Shared | Self::Decrement { .. } | Self::Exclusive, _) => false,
        }
    }
}

/// The objects that a step touches, each once, with the access.
pub type Footprint = SmallVec<[(ObjectId, Access); 2]>;

/// A step that has been taken.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The step.
    pub step: Step,
    /// The goroutines in whose order it stands: those that moved, that it woke, and that it
    /// started.
    pub actors: SmallVec<[GoroutineId; 3]>,
    /// The footprint of the step.
    pub footprint: Footprint,
}

impl Clone for Event {
    fn clone(&self) -> Self {
        Self {
            step: self.step,
            actors: SmallVec::from_slice(&self.actors),
            footprint: SmallVec::from_slice(&self.footprint),
        }
    }
}

impl Event {
    /// Returns true if the order of the two matters.
    #[must_use]
    pub fn depends_on(&self, other: &Self) -> bool {
        self.actors.iter().any(|actor| other.actors.contains(actor))
            || conflict(&self.footprint, &other.footprint)
    }

    /// Returns true if it decrements a number, so that its footprint depends on the number.
    #[must_use]
    pub(crate) fn decrements(&self) -> bool {
        let mut accesses = self.footprint.iter().map(|(_, how)| how);
        accesses.any(|how| matches!(how, Access::Decrement { .. }))
    }
}

/// Returns true if both touch some object in ways that do not commute.
#[must_use]
pub fn conflict(a: &Footprint, b: &Footprint) -> bool {
    a.iter().any(|(object, access)| {
        b.iter()
            .any(|(other, how)| object == other && !access.commutes(*how))
    })
}
