//! What a goroutine that is blocked waits for, and what releases it.
//!
//! Each primitive says it of its own operations, in `Primitive::waits_for` and in
//! [`Facts::releases`](super::Facts). What none of them says is [`WaitsFor::Unknown`]: no
//! explanation makes it out to be something else.

use smallvec::{SmallVec, smallvec};

use super::chan::Chan;
use super::id::{GoroutineId, ObjectId};
use super::object::Object;
use super::op::{Op, on_object};
use super::primitive::{Kind as _, Primitive};
use super::program::Program;
use super::step::Choice;
use super::world::{Pending, World};
use super::{ChanOp, Context};

/// In which way a goroutine can release others that wait for an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Way {
    /// It receives from a channel.
    Recv,
    /// It sends on a channel.
    Send,
    /// It closes a channel.
    Close,
    /// It gives back a lock.
    Unlock,
    /// It gives back permits of a semaphore.
    Release,
    /// It signals a condition.
    Signal,
    /// It wakes all who wait for a condition.
    Broadcast,
    /// It lowers the counter of a wait group.
    Done,
    /// It returns from the function that is to be called once.
    OnceEnd,
    /// It cancels the context whose done channel this is.
    Cancel,
    /// As a timer it fires.
    Fire,
}

impl Way {
    /// The verb that goes before the object: `receive from`.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Recv => "receive from",
            Self::Send => "send to",
            Self::Close => "close",
            Self::Unlock => "unlock",
            Self::Release => "release",
            Self::Signal => "signal",
            Self::Broadcast => "broadcast to",
            Self::Done => "lower",
            Self::OnceEnd => "finish",
            Self::Cancel => "cancel",
            Self::Fire => "fire into",
        }
    }

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
            | Self::Fire => false,
        }
    }
}

/// The ways in which anybody can release a goroutine that waits for an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ways {
    /// What somebody would do: `sends to {} or closes it`, where `{}` stands for the object's name.
    pub does: &'static str,
    /// The ways.
    pub ways: &'static [Way],
    /// Ways after which the goroutine goes on with a panic.
    pub panics: &'static [Way],
}

impl Ways {
    /// Ways after which the goroutine goes on as it should.
    pub(super) const fn new(does: &'static str, ways: &'static [Way]) -> Self {
        Self {
            does,
            ways,
            panics: &[],
        }
    }

    /// To give back a lock.
    pub const UNLOCK: Self = Self::new("unlocks {}", &[Way::Unlock]);
}

/// What lets one who waits stand before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Behind {
    /// It is a writer that has announced itself, and the other is a reader.
    Writer,
    /// It is the first in a queue.
    Queue,
}

/// What a goroutine waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitsFor {
    /// All who hold this have to give it back, in one of these ways.
    Holders(ObjectId, Ways),
    /// One goroutine has to do something.
    One {
        /// With what.
        object: ObjectId,
        /// Who.
        who: GoroutineId,
        /// What: `finish`.
        verb: &'static str,
        /// What lets it stand before the one who waits, if there is more to say of it.
        behind: Option<Behind>,
        /// What anybody else can do, should the goroutine have ended.
        otherwise: Ways,
    },
    /// Anybody has to do one of these.
    Any(SmallVec<[(ObjectId, Ways); 1]>),
    /// Nothing can release it: why, in words.
    Nothing(&'static str),
    /// Nobody has said.
    Unknown,
}

impl WaitsFor {
    const NIL_CHANNELS: Self =
        Self::Nothing("nothing can release it: it waits at nil channels only");

    /// Anybody has to do this with the object.
    pub(super) fn any(object: ObjectId, ways: Ways) -> Self {
        Self::Any(smallvec![(object, ways)])
    }

    /// Any one of these is enough.
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
    /// What the goroutine waits for, if it is blocked.
    #[must_use]
    pub fn waits_for(&self, program: &dyn Program, id: GoroutineId) -> WaitsFor {
        let Pending::Op(op) = self.pending(program, id) else {
            return WaitsFor::Unknown;
        };
        on_object!(op, K, |object, op| self.waits_on::<K>(*object, op, id), {
            Op::Go(_)
            | Op::Choose(_)
            | Op::Pause(_)
            | Op::CtxDerive(..)
            | Op::CtxCancel(_)
            | Op::Touch(..)
            | Op::Chan(None, ChanOp::Close | ChanOp::Len) => WaitsFor::Unknown,
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
    /// The lock that it takes.
    #[must_use]
    pub fn lock(&self) -> Option<ObjectId> {
        let locks = self.facts().locks;
        self.objects().last().copied().filter(|_| locks)
    }

    /// The object at which it can release others, if it goes this way, and how. `object` yields the
    /// state of an object.
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
        // Whoever waits for a context waits at its done channel.
        let done = Context::of(object(id)).map(|context| context.done);
        Some((done.unwrap_or(id), way))
    }
}
