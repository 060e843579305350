//! What a step is, and which steps commute.
//!
//! A [`Step`] is a choice: who moves, and which way where there are several. Taken, it becomes an
//! [`Event`], which knows whose order it is a part of and what it touched. Two events that share no
//! goroutine and touch no object in ways that conflict are **independent**: swapped where they are
//! adjacent, they lead to the same state, and neither enables or disables the other.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::id::{GoroutineId, ObjectId};
use super::timer::Stage;

/// Which way an operation goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Choice {
    /// The only one that it has.
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
    /// The number that `choose` yields.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(number),
            Self::Only | Self::Case(_) | Self::Default | Self::Wakes(_) | Self::Timer(_) => None,
        }
    }

    /// What a timer does.
    #[must_use]
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::Timer(stage) => Some(stage),
            Self::Only | Self::Case(_) | Self::Default | Self::Wakes(_) | Self::Number(_) => None,
        }
    }

    /// The number of the case of a `select`.
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
    /// Who moves; of a rendezvous the sender.
    pub actor: GoroutineId,
    /// Which way.
    pub choice: Choice,
    /// The receiver of a rendezvous, and which way it goes.
    pub partner: Option<(GoroutineId, Choice)>,
}

impl Step {
    /// A step of one goroutine that has only one way.
    #[must_use]
    pub fn of(actor: GoroutineId) -> Self {
        Self::to(actor, Choice::Only)
    }

    /// A step of one goroutine that goes this way.
    #[must_use]
    pub fn to(actor: GoroutineId, choice: Choice) -> Self {
        Self {
            actor,
            choice,
            partner: None,
        }
    }

    /// The choice of one who moves in this step.
    #[must_use]
    pub fn choice_of(&self, mover: GoroutineId) -> Choice {
        let partner = self.partner.filter(|(partner, _)| *partner == mover);
        partner.map_or(self.choice, |(_, choice)| choice)
    }

    /// Whether `goroutine` moves in this step.
    #[must_use]
    pub fn moves(&self, goroutine: GoroutineId) -> bool {
        self.actor == goroutine
            || self
                .partner
                .is_some_and(|(partner, _)| partner == goroutine)
    }

    /// Those who move: the actor and, of a rendezvous, the receiver.
    pub fn movers(&self) -> impl Iterator<Item = GoroutineId> + use<> {
        std::iter::once(self.actor).chain(self.partner.map(|(goroutine, _)| goroutine))
    }
}

/// How a step touches an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Access {
    /// In a way that commutes with itself: it looks, or it takes part in what several may do at
    /// once (two readers of a
    /// [`RwLock`](super::RwLock), two rendezvous on one channel).
    Shared,
    /// In a way that commutes with nothing.
    Exclusive,
    /// Lowers a number that may not go below zero by `by`, to `after`: the counter of a
    /// [`WaitGroup`](super::WaitGroup), the free permits of a [`Semaphore`](super::Semaphore).
    Lowers {
        /// The number after it.
        after: i64,
        /// By how much, not below zero.
        by: i64,
    },
    /// In a way that nobody but its goroutine can see, so that it commutes with everything.
    Unseen,
}

impl Access {
    /// Whether two accesses to one object may be swapped.
    ///
    /// Two that lower a number commute if it is enough for both, seen from the state in which both
    /// are enabled; else one of the two panics or has to wait, and which one depends on the order.
    #[must_use]
    pub fn commutes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Unseen, _) | (_, Self::Unseen) | (Self::Shared, Self::Shared) => true,
            (Self::Lowers { after: a, by: x }, Self::Lowers { after: b, by: y }) => {
                (a - y).max(b - x) >= 0
            }
            (Self::Shared | Self::Lowers { .. } | Self::Exclusive, _) => false,
        }
    }
}

/// The objects that a step touches, and how; each object once.
pub type Touches = SmallVec<[(ObjectId, Access); 2]>;

/// A step that has been taken.
#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The step.
    pub step: Step,
    /// The goroutines in whose order it stands: who moved, whom it woke, whom it started.
    pub actors: SmallVec<[GoroutineId; 3]>,
    /// What it touched.
    pub touches: Touches,
}

impl Clone for Event {
    fn clone(&self) -> Self {
        Self {
            step: self.step,
            actors: SmallVec::from_slice(&self.actors),
            touches: SmallVec::from_slice(&self.touches),
        }
    }
}

impl Event {
    /// Whether the order of the two matters.
    #[must_use]
    pub fn depends_on(&self, other: &Self) -> bool {
        self.actors.iter().any(|actor| other.actors.contains(actor))
            || conflict(&self.touches, &other.touches)
    }
}

/// Whether some object is touched by both in ways that do not commute.
#[must_use]
pub fn conflict(a: &Touches, b: &Touches) -> bool {
    a.iter().any(|(object, access)| {
        b.iter()
            .any(|(other, how)| object == other && !access.commutes(*how))
    })
}
