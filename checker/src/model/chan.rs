//! Channels (Go specification, "Channel types", "Send statements", "Receive operator", "Close").
//!
//! With capacity 0 a send and a receive are ONE step of two goroutines, and the channel itself
//! holds nothing. With capacity n a send is enabled while the buffer has fewer than n values, and a
//! receive while it has one. On a closed channel a receive yields the remaining values and then
//! "closed". A send on it panics, even if the sender was blocked when the channel was closed. So
//! does a second close.

use smallvec::SmallVec;

use super::decode::{Input, to_id};
use super::dependence::Classes;
use super::encode::{put_form, put_ids};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::Names;
use super::step::Access;
use super::verb::Verb;
use super::waits::{WaitsFor, Way, Ways};
use super::world::Panic;

/// The state of a channel.
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Chan {
    /// Most values that its buffer holds.
    pub capacity: u32,
    /// The values that wait to be received, the oldest first.
    pub buffer: SmallVec<[ValueId; 4]>,
    /// True if it is closed.
    pub closed: bool,
}

// A derived copy of the list would go item by item, and states are copied all the time.
impl Clone for Chan {
    fn clone(&self) -> Self {
        Self {
            buffer: SmallVec::from_slice(&self.buffer),
            ..*self
        }
    }
}

/// Number of encoded forms.
const FORMS: u8 = 16;

const SEND: Classes = Classes::one(0);
const RECV: Classes = Classes::one(1);
const CLOSE: Classes = Classes::one(2);
/// A `select` asks if a communication is ready.
const IS_READY: Classes = Classes::one(3);

/// An operation on a [`Chan`], or on a nil channel.
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
    /// Returns an open, empty channel.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        Self {
            capacity,
            buffer: SmallVec::new(),
            closed: false,
        }
    }

    /// Returns true if a send completes, or panics, without a receiver.
    #[must_use]
    pub fn send_is_ready(&self) -> bool {
        self.closed || self.buffer.len() < self.capacity as usize
    }

    /// Returns true if a receive completes without a sender.
    #[must_use]
    pub fn receive_is_ready(&self) -> bool {
        self.closed || !self.buffer.is_empty()
    }

    /// Returns true if a send and a receive can meet here: it is unbuffered and open.
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

    /// Takes the oldest value. `None` means "closed".
    ///
    /// # Panics
    /// If the channel is open and empty: the step was not enabled.
    pub fn pop(&mut self) -> Option<ValueId> {
        assert!(self.receive_is_ready(), "nothing to receive: {self:?}");
        (!self.buffer.is_empty()).then(|| self.buffer.remove(0))
    }

    /// Closes it. Returns false if it was closed before.
    pub fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }
}

/// The dependence of communications.
impl Chan {
    /// Returns the class of a case of a `select`. One that has a default, or other cases, asks if
    /// they are ready.
    pub(super) fn class_of_case(op: &ChanOp, asks: bool) -> Classes {
        let asks = if asks { IS_READY } else { Classes::NONE };
        Self::class(op) | asks
    }

    /// Returns what a send or a receive depends on. `meets` is true if it can meet a partner now.
    ///
    /// At a rendezvous the partner has to come; one that is there may also meet another who comes.
    /// A send into a buffer leaves a receive from it as it is, unless the buffer is full or empty.
    pub(super) fn communication(&self, op: &ChanOp, meets: bool) -> Classes {
        let room = self.buffer.len() < self.capacity as usize;
        let both = SEND | RECV | CLOSE | IS_READY;
        match op {
            ChanOp::Close | ChanOp::Len => Classes::ALL,
            ChanOp::Recv if !self.buffer.is_empty() => RECV | IS_READY | Classes::LOOKS,
            ChanOp::Send(_) | ChanOp::Recv if self.closed => Classes::NONE,
            ChanOp::Send(_) | ChanOp::Recv if self.capacity == 0 && meets => both,
            ChanOp::Send(_) if room => SEND | CLOSE | IS_READY | Classes::LOOKS,
            ChanOp::Send(_) => RECV | CLOSE,
            ChanOp::Recv => SEND | CLOSE,
        }
    }
}

impl ChanOp {
    /// Returns the effect of the operation on a nil channel; `None` if it blocks for ever.
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

    fn may_panic(op: &ChanOp, object: ObjectId) -> Option<Panic> {
        match op {
            ChanOp::Send(_) => Some(Panic::SendOnClosed(object)),
            ChanOp::Close => Some(Panic::CloseOfClosed(object)),
            ChanOp::Recv | ChanOp::Len => None,
        }
    }

    #[inline]
    fn facts(op: &ChanOp) -> Facts {
        match op {
            ChanOp::Send(_) => Facts::several(Verb::Send, Tells::Nothing, Some(Way::Send)),
            ChanOp::Recv => Facts::several(Verb::Recv, Tells::Received, Some(Way::Recv)),
            ChanOp::Close => Facts::wide(Verb::Close, Tells::Nothing, Some(Way::Close)),
            ChanOp::Len => Facts::simple(Verb::Len, Tells::Number, None),
        }
    }

    fn admits(&self, op: &ChanOp, _: GoroutineId) -> bool {
        match op {
            ChanOp::Send(_) => self.send_is_ready(),
            ChanOp::Recv => self.receive_is_ready(),
            ChanOp::Close | ChanOp::Len => true,
        }
    }

    fn apply(&mut self, op: &ChanOp, turn: ObjectStep) -> Effect {
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

    /// Returns a shared access for a communication that does not change the channel. That is a
    /// rendezvous, a receive that finds it closed, or a send that panics. These only check whether
    /// it is closed.
    fn access(&self, op: &ChanOp, _: GoroutineId) -> Access {
        Access::shared_if(match op {
            ChanOp::Send(_) => self.closed || self.capacity == 0,
            ChanOp::Recv => self.buffer.is_empty(),
            ChanOp::Close => self.closed,
            ChanOp::Len => true,
        })
    }

    fn class(op: &ChanOp) -> Classes {
        match op {
            ChanOp::Send(_) => SEND,
            ChanOp::Recv => RECV,
            ChanOp::Close => CLOSE,
            ChanOp::Len => Classes::LOOKS,
        }
    }

    fn depends_on(&self, op: &ChanOp, _: GoroutineId) -> Classes {
        match op {
            ChanOp::Send(_) | ChanOp::Recv => self.communication(op, true),
            ChanOp::Close if self.closed => Classes::NONE,
            ChanOp::Close => !Classes::LOOKS,
            ChanOp::Len => SEND | RECV,
        }
    }

    fn waits_for(&self, op: &ChanOp, object: ObjectId, _: GoroutineId) -> WaitsFor {
        match op {
            ChanOp::Send(_) => WaitsFor::any(object, FOR_SENDER),
            ChanOp::Recv => WaitsFor::any(object, FOR_RECEIVER),
            ChanOp::Close | ChanOp::Len => WaitsFor::Unknown,
        }
    }

    fn rename(&mut self, _: Rename<'_>) {}

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        let number = 2 * u64::from(self.capacity) + u64::from(self.closed);
        put_form(out, first, FORMS, number);
        if self.capacity > 0 {
            put_ids(out, self.buffer.iter().map(|value| value.0));
        }
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        let number = input.number_with(form, FORMS);
        let capacity = to_id(number / 2);
        let buffer = if capacity > 0 {
            input.ids(ValueId)
        } else {
            SmallVec::new()
        };
        Self {
            capacity,
            buffer,
            closed: number % 2 == 1,
        }
    }

    fn assert_invariants(&self) {
        assert!(
            self.buffer.len() <= self.capacity as usize,
            "overfull: {self:?}"
        );
    }

    fn state(&self, _: &dyn Names) -> String {
        let open = if self.closed { "closed" } else { "open" };
        match self.buffer.len() {
            0 => format!("{open}, empty"),
            n if n == self.capacity as usize => format!("{open}, full ({n} of {n})"),
            n => format!("{open}, {n} of {}", self.capacity),
        }
    }

    fn left(&self, names: &dyn Names) -> Option<String> {
        let closed = if self.closed { " closed" } else { "" };
        Some(format!("[{}]{closed}", self.values(names).join(", ")))
    }

    fn values(&self, names: &dyn Names) -> Vec<String> {
        self.buffer
            .iter()
            .map(|&value| names.value(value))
            .collect()
    }

    fn note(&self, op: &ChanOp, _: &Self, _: ObjectStep, _: &dyn Names) -> Option<String> {
        match op {
            ChanOp::Len => Some(format!("= {}", self.buffer.len())),
            ChanOp::Send(_) | ChanOp::Recv | ChanOp::Close => None,
        }
    }

    fn blocked(&self, op: &ChanOp, _: GoroutineId, _: &dyn Names) -> Option<String> {
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
