//! Channels (Go specification, "Channel types", "Send statements", "Receive operator", "Close").
//!
//! With capacity 0 a send and a receive are ONE step of two goroutines, and the channel itself
//! holds nothing; with capacity n a send is enabled while fewer than n values wait, a receive while
//! one does. On a closed channel a receive yields what is left and then "closed"; a send panics,
//! also that of a sender which was blocked when the channel was closed; so does a second close.

use smallvec::SmallVec;

use super::encode::{Input, put, put_ids};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::primitive::{Effect, Facts, Primitive, Tells, Turn};
use super::program::Program;
use super::step::Access;
use super::waits::{WaitsFor, Way, Ways};
use super::world::Panic;

/// The state of a channel.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Chan {
    /// How many values it can hold.
    pub capacity: u32,
    /// The values that wait to be received, the oldest first.
    pub buffer: SmallVec<[ValueId; 4]>,
    /// Whether it is closed.
    pub closed: bool,
}

/// What a goroutine can do with a [`Chan`], or with a nil channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChanOp {
    /// `ch <- v`.
    Send(ValueId),
    /// `<-ch`.
    Recv,
    /// `close(ch)`.
    Close,
    /// `len(ch)`.
    Len,
}

const FOR_SENDER: Ways = Ways {
    panics: &[Way::Close],
    ..Ways::new("receives from {}", &[Way::Recv])
};

const FOR_RECEIVER: Ways = Ways::new(
    "sends to {} or closes it",
    &[Way::Send, Way::Close, Way::Cancel, Way::Fire],
);

impl Chan {
    /// An open, empty channel.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        Self {
            capacity,
            buffer: SmallVec::new(),
            closed: false,
        }
    }

    /// Whether a send completes, or panics, with no receiver at hand.
    #[must_use]
    pub fn send_is_ready(&self) -> bool {
        self.closed || self.buffer.len() < self.capacity as usize
    }

    /// Whether a receive completes with no sender at hand.
    #[must_use]
    pub fn receive_is_ready(&self) -> bool {
        self.closed || !self.buffer.is_empty()
    }

    /// Whether a send and a receive can meet here: unbuffered and open.
    #[must_use]
    pub fn is_rendezvous(&self) -> bool {
        self.capacity == 0 && !self.closed
    }

    /// Puts a value into the buffer.
    ///
    /// # Panics
    /// If there is no room or the channel is closed: the step was not enabled, or should have been
    /// a panic of the program.
    pub fn push(&mut self, value: ValueId) {
        assert!(
            !self.closed && self.buffer.len() < self.capacity as usize,
            "no room: {self:?}"
        );
        self.buffer.push(value);
    }

    /// Takes the oldest value; `None` is "closed".
    ///
    /// # Panics
    /// If the channel is open and empty: the step was not enabled.
    pub fn pop(&mut self) -> Option<ValueId> {
        assert!(self.receive_is_ready(), "nothing to receive: {self:?}");
        (!self.buffer.is_empty()).then(|| self.buffer.remove(0))
    }

    /// Closes it; false if it was closed before.
    pub fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }
}

impl ChanOp {
    /// What the operation does on a nil channel; `None` if it blocks for ever.
    pub(super) fn on_nil(self) -> Option<Effect> {
        match self {
            Self::Send(_) | Self::Recv => None,
            Self::Close => Some(Effect::Panics(Panic::CloseOfNil)),
            Self::Len => Some(Effect::number(0)),
        }
    }
}

impl Primitive for Chan {
    type Op = ChanOp;

    #[inline]
    fn facts(op: &ChanOp) -> Facts {
        match op {
            ChanOp::Send(_) => Facts::several("send", Tells::Nothing, Some(Way::Send)),
            ChanOp::Recv => Facts::several("recv", Tells::Received, Some(Way::Recv)),
            ChanOp::Close => Facts::wide("close", Tells::Nothing, Some(Way::Close)),
            ChanOp::Len => Facts::simple("len", Tells::Number, None),
        }
    }

    fn admits(&self, op: &ChanOp, _: GoroutineId) -> bool {
        match op {
            ChanOp::Send(_) => self.send_is_ready(),
            ChanOp::Recv => self.receive_is_ready(),
            ChanOp::Close | ChanOp::Len => true,
        }
    }

    fn apply(&mut self, op: &ChanOp, turn: Turn) -> Effect {
        match op {
            ChanOp::Send(_) if self.closed => Effect::Panics(Panic::SendOnClosed(turn.object)),
            ChanOp::Send(value) => {
                self.push(*value);
                Effect::DONE
            }
            ChanOp::Recv => Effect::tried(self.pop()),
            ChanOp::Close => Effect::done_unless(Panic::CloseOfClosed(turn.object), self.close()),
            ChanOp::Len => Effect::number(i64::try_from(self.buffer.len()).unwrap_or(i64::MAX)),
        }
    }

    /// A communication that does not change the channel (a rendezvous, a receive that finds it
    /// closed, a send that panics) only looks whether it is closed.
    fn access(&self, op: &ChanOp, _: GoroutineId) -> Access {
        Access::shared_if(match op {
            ChanOp::Send(_) => self.closed || self.capacity == 0,
            ChanOp::Recv => self.buffer.is_empty(),
            ChanOp::Close => self.closed,
            ChanOp::Len => true,
        })
    }

    fn waits_for(&self, op: &ChanOp, object: ObjectId, _: GoroutineId) -> WaitsFor {
        match op {
            ChanOp::Send(_) => WaitsFor::any(object, FOR_SENDER),
            ChanOp::Recv => WaitsFor::any(object, FOR_RECEIVER),
            ChanOp::Close | ChanOp::Len => WaitsFor::Unknown,
        }
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        out.push(first + u8::from(self.closed));
        put(out, self.capacity.into());
        put_ids(out, self.buffer.iter().map(|value| value.0));
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        Self {
            capacity: input.id(),
            buffer: input.ids(ValueId),
            closed: form == 1,
        }
    }

    fn assert_invariants(&self) {
        assert!(
            self.buffer.len() <= self.capacity as usize,
            "overfull: {self:?}"
        );
    }

    fn state(&self, _: &dyn Program) -> String {
        let open = if self.closed { "closed" } else { "open" };
        match self.buffer.len() {
            0 => format!("{open}, empty"),
            n if n == self.capacity as usize => format!("{open}, full ({n} of {n})"),
            n => format!("{open}, {n} of {}", self.capacity),
        }
    }

    fn left(&self, names: &dyn Program) -> Option<String> {
        let closed = if self.closed { " closed" } else { "" };
        Some(format!("[{}]{closed}", self.values(names).join(", ")))
    }

    fn values(&self, names: &dyn Program) -> Vec<String> {
        self.buffer
            .iter()
            .map(|&value| names.value(value))
            .collect()
    }

    fn note(&self, op: &ChanOp, _: &Self, _: Turn, _: &dyn Program) -> Option<String> {
        match op {
            ChanOp::Len => Some(format!("= {}", self.buffer.len())),
            ChanOp::Send(_) | ChanOp::Recv | ChanOp::Close => None,
        }
    }

    fn blocked(&self, op: &ChanOp, _: GoroutineId, _: &dyn Program) -> Option<String> {
        let (buffered, n) = (self.capacity > 0, self.buffer.len());
        match op {
            ChanOp::Send(_) if buffered => Some(format!("full ({n} of {})", self.capacity)),
            ChanOp::Send(_) => Some("no receiver".to_owned()),
            ChanOp::Recv if buffered => Some("empty, not closed".to_owned()),
            ChanOp::Recv => Some("no sender, not closed".to_owned()),
            ChanOp::Close | ChanOp::Len => None,
        }
    }
}
