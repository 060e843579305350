//! Fan-in as a transition system: a state is the number of values that each sender has sent and
//! main has received. With capacity 0 a send and a receive are one step; otherwise a buffer's
//! length is the sends minus the receives.

use super::{NOBODY_IS_STUCK, width};
use stateright::{Model, Property};

/// Senders and one receiver. A state is one number: a field of bits for each sender's sends, and
/// above them the receives.
pub(super) struct FanIn {
    senders: u32,
    values: u64,
    capacity: u64,
    /// Bits of one sender's field.
    width: u32,
}

/// The action of the receiver taking a value from the buffer.
const RECEIVE: u8 = u8::MAX;

impl FanIn {
    /// Returns the model, or `None` if a state does not fit 64 bits.
    pub(super) fn new(senders: usize, values: usize, capacity: usize) -> Option<FanIn> {
        let field = width(values);
        let total = width(senders * values);
        let bits = field as usize * senders + total as usize;
        (bits <= u64::BITS as usize).then_some(FanIn {
            senders: senders as u32,
            values: values as u64,
            capacity: capacity as u64,
            width: field,
        })
    }

    fn sent_by(&self, state: u64, sender: u32) -> u64 {
        (state >> (self.width * sender)) & ((1 << self.width) - 1)
    }

    fn sent(&self, state: u64) -> u64 {
        (0..self.senders)
            .map(|sender| self.sent_by(state, sender))
            .sum()
    }

    fn received(&self, state: u64) -> u64 {
        state >> (self.width * self.senders)
    }

    fn can_receive(&self, state: u64) -> bool {
        self.received(state) < self.sent(state)
    }

    /// Returns true if the sender can send. The receiver awaits every value, so with capacity 0 it
    /// is ready until all have come.
    fn can_send(&self, state: u64, sender: u32) -> bool {
        let waiting = self.sent(state) - self.received(state);
        let room = self.capacity == 0 || waiting < self.capacity;
        room && self.sent_by(state, sender) < self.values
    }

    fn is_done(&self, state: u64) -> bool {
        self.received(state) == u64::from(self.senders) * self.values
    }
}

impl Model for FanIn {
    type State = u64;
    /// The sender that sends its next value, or [`RECEIVE`].
    type Action = u8;

    fn init_states(&self) -> Vec<u64> {
        vec![0]
    }

    fn actions(&self, state: &u64, actions: &mut Vec<u8>) {
        let senders = (0..self.senders).filter(|&sender| self.can_send(*state, sender));
        actions.extend(senders.map(|sender| sender as u8));
        if self.can_receive(*state) {
            actions.push(RECEIVE);
        }
    }

    fn next_state(&self, state: &u64, action: u8) -> Option<u64> {
        let receive = 1 << (self.width * self.senders);
        Some(match action {
            RECEIVE => state + receive,
            sender => {
                let send = 1 << (self.width * u32::from(sender));
                state + send + if self.capacity == 0 { receive } else { 0 }
            }
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(NOBODY_IS_STUCK, |model: &Self, state| {
            model.can_receive(*state)
                || (0..model.senders).any(|sender| model.can_send(*state, sender))
                || model.is_done(*state)
        })]
    }
}
