//! The wait of a blocked goroutine, and what releases it.

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};

use super::chan::Chan;
use super::id::{GoroutineId, ObjectId};
use super::object::Object;
use super::op::{Op, Pause, on_object};
use super::primitive::{Kind as _, Primitive};
use super::program::Program;
use super::step::Choice;
use super::verb::words;
use super::world::{Pending, World};
use super::{ChanOp, Context};

words! {
    /// In which way a goroutine can release others that wait for an object. Its word is the verb
    /// that goes before the object.
    pub enum Way {
        /// It receives from a channel.
        Recv = "receive from",
        /// It sends on a channel.
        Send = "send to",
        /// It closes a channel.
        Close = "close",
        /// It gives back a lock.
        Unlock = "unlock",
        /// It gives back permits of a semaphore.
        Release = "release",
        /// It signals a condition.
        Signal = "signal",
        /// It wakes all who wait for a condition.
        Broadcast = "broadcast to",
        /// It lowers the counter of a wait group.
        Done = "lower",
        /// It returns from the function that is to be called once.
        OnceEnd = "finish",
        /// It cancels the context whose done channel this is.
        Cancel = "cancel",
        /// As a timer it fires.
        Fire = "fire into",
        /// It takes a lock for which it waits before others, and gives it back.
        TakeAndUnlock = "take and unlock",
        /// It is served before those who stand behind it in the queue of a semaphore.
        TakeTurn = "take its turn at",
    }
}

impl Way {
    /// Returns true if it gives back what the goroutine has taken. Who has to take it first cannot
    /// give it back.
    #[must_use]
    pub fn gives_back(self) -> bool {
        match self {
            Self::Unlock | Self::Release => true,
            Self::Recv
            | Self::Send
            | Self::Close
            | Self::Signal
            | Self::Broadcast
            | Self::Done
            | Self::OnceEnd
            | Self::Cancel
            | Self::Fire
            | Self::TakeAndUnlock
            | Self::TakeTurn => false,
        }
    }
}

/// The ways in which any goroutine can release one that waits for an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ways {
    /// The action in words: `sends to {} or closes it`, where `{}` stands for the object's name.
    pub does: &'static str,
    /// The ways.
    pub ways: &'static [Way],
    /// Ways after which the goroutine continues with a panic.
    pub panics: &'static [Way],
}

impl Ways {
    /// Returns ways after which the goroutine continues normally.
    pub(super) const fn new(does: &'static str, ways: &'static [Way]) -> Self {
        Self {
            does,
            ways,
            panics: &[],
        }
    }

    /// Giving back a lock.
    pub const UNLOCK: Self = Self::new("unlocks {}", &[Way::Unlock]);
}

/// The reason why one waiting goroutine stands before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Behind {
    /// It is a writer that has announced itself, and the other is a reader.
    Writer,
    /// It is the first in a queue.
    Queue,
}

/// The event that a goroutine waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitsFor {
    /// All holders of this object must give it back, in one of these ways.
    Holders(ObjectId, Ways),
    /// One goroutine must do something.
    One {
        /// The object of the action.
        object: ObjectId,
        /// The goroutine that must act.
        who: GoroutineId,
        /// The operation that is to be done.
        way: Way,
        /// The reason why it stands before the one who waits, if there is more to say of it.
        behind: Option<Behind>,
        /// Ways in which any other goroutine can release it, if the goroutine has ended.
        otherwise: Ways,
    },
    /// Any goroutine must do one of these.
    Any(SmallVec<[(ObjectId, Ways); 1]>),
    /// Nothing can release it, for this reason in words.
    Nothing(&'static str),
    /// No primitive has stated it.
    Unknown,
}

impl WaitsFor {
    const NIL_CHANNELS: Self =
        Self::Nothing("nothing can release it: it waits at nil channels only");

    /// Returns the wait for any goroutine to do this with the object.
    pub(super) fn any(object: ObjectId, ways: Ways) -> Self {
        Self::Any(smallvec![(object, ways)])
    }

    /// Returns the wait for any one of these.
    pub(super) fn either(all: impl Iterator<Item = Self>) -> Self {
        let mut any = SmallVec::new();
        for one in all {
            match one {
                Self::Any(ways) => any.extend(ways),
                Self::Nothing(_) => {}
                Self::Holders(..) | Self::One { .. } | Self::Unknown => return Self::Unknown,
            }
        }
        if any.is_empty() {
            Self::NIL_CHANNELS
        } else {
            Self::Any(any)
        }
    }
}

impl World {
    /// Returns what the goroutine waits for, if it is blocked.
    #[must_use]
    pub fn waits_for(&self, program: &dyn Program, id: GoroutineId) -> WaitsFor {
        let Pending::Op(op) = self.pending(program, id) else {
            return WaitsFor::Unknown;
        };
        on_object!(op, K, |object, op| self.waits_on::<K>(*object, op, id), {
            Op::Pause(Pause::Settle) => WaitsFor::Nothing(
                "it waits until its bubble is at rest, or has ended, which does not come",
            ),
            Op::Pause(Pause::Verify) => WaitsFor::Nothing(
                "it waits until all other goroutines have ended, which does not come",
            ),
            Op::Go(_)
            | Op::Choose(..)
            | Op::Pause(Pause::Sleep | Pause::Yield)
            | Op::CtxDerive(..)
            | Op::CtxCancel(_)
            | Op::Touch(..)
            | Op::Chan(None, ChanOp::Close | ChanOp::Len) => WaitsFor::Unknown,
            Op::Exited => WaitsFor::Nothing(
                "nothing can release it: it has ended by Goexit, and does not return",
            ),
            Op::Chan(None, ChanOp::Send(_) | ChanOp::Recv) => WaitsFor::NIL_CHANNELS,
            Op::Select { cases, .. } => WaitsFor::either(cases.iter().map(|case| {
                let on = |channel| self.waits_on::<Chan>(channel, &case.op(), id);
                case.channel().map_or(WaitsFor::NIL_CHANNELS, on)
            })),
            Op::CondWait { cond, mutex, .. } => self.cond_wait_waits_for(id, *cond, *mutex),
        })
    }

    fn waits_on<P: Primitive>(&self, object: ObjectId, op: &P::Op, by: GoroutineId) -> WaitsFor {
        let state = self.state::<P>(object);
        state.map_or(WaitsFor::Unknown, |state| state.waits_for(op, object, by))
    }
}

impl Op {
    /// Returns the lock that it takes.
    #[must_use]
    pub fn lock(&self) -> Option<ObjectId> {
        let locks = self.facts().locks;
        self.objects().last().copied().filter(|_| locks)
    }

    /// Returns the object at which it can release others if it takes this way, and the way of
    /// release. `object` yields the state of an object.
    pub fn releases<'a>(
        &self,
        choice: Choice,
        object: impl Fn(ObjectId) -> &'a Object,
    ) -> Option<(ObjectId, Way)> {
        if let Some(case) = self.case(choice) {
            let channel = case.channel()?;
            let way = Chan::facts(&case.op()).releases?;
            let closed = Chan::of(object(channel)).is_some_and(|chan| chan.closed);
            return (way != Way::Send || !closed).then_some((channel, way));
        }
        let way = self.facts().releases?;
        let id = *self.objects().last()?;
        // A goroutine that waits for a context waits at its done channel.
        let done = Context::of(object(id)).map(|context| context.done);
        Some((done.unwrap_or(id), way))
    }
}
