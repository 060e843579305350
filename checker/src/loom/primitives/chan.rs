//! Channels and `select`: a buffer, a queue of senders and one of receivers, as in Go's own
//! runtime.
//!
//! A plain send or receive is a select of one case. Whoever arrives takes a way that is open, a
//! partner who waits among them; if none is, it joins the queue of each of its cases. Only the
//! first in a queue is a partner: that others might have come first is seen where they do.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::choices::Choices;
use crate::loom::execution::{Act, Execution, Taken, Told, case_or_only};
use crate::model::{
    Case, ChanOp, Choice, GoroutineId, ObjectId, Op, Outcome, Panic, Stage, ValueId,
};

pub(in crate::loom) struct Chan {
    capacity: usize,
    pub(super) buffer: VecDeque<ValueId>,
    pub(super) closed: bool,
    senders: VecDeque<Waiter>,
    receivers: VecDeque<Waiter>,
}

/// Somebody who waits to send or to receive.
#[derive(Clone, Copy)]
struct Waiter {
    goroutine: GoroutineId,
    /// Its case, if it waits in a select.
    case: Option<u32>,
    /// What it sends.
    value: ValueId,
}

/// A way that is open to a select: its case, and the partner that waits there.
#[derive(Clone, Copy)]
struct Open {
    case: usize,
    partner: Option<Waiter>,
}

impl Chan {
    pub(super) fn new(capacity: u32) -> Self {
        Self {
            capacity: capacity as usize,
            buffer: VecDeque::new(),
            closed: false,
            senders: VecDeque::new(),
            receivers: VecDeque::new(),
        }
    }

    /// Whether there is room for a value.
    pub(super) fn has_room(&self) -> bool {
        self.buffer.len() < self.capacity
    }

    /// The places in the queue of the one who came first.
    fn first(queue: &VecDeque<Waiter>) -> impl Iterator<Item = Waiter> + '_ {
        let goroutine = queue.front().map(|waiter| waiter.goroutine);
        queue
            .iter()
            .filter(move |waiter| Some(waiter.goroutine) == goroutine)
            .copied()
    }
}

/// What a receiver is told.
fn received(case: Option<u32>, value: Option<ValueId>) -> Outcome {
    match (case, value) {
        (Some(case), value) => Outcome::Received(case, value),
        (None, Some(value)) => Outcome::Value(value),
        (None, None) => Outcome::Nothing,
    }
}

/// What a sender is told.
fn sent(case: Option<u32>) -> Outcome {
    case.map_or(Outcome::Done, Outcome::Sent)
}

impl Execution {
    kind!(chan, Chan);

    /// A send, a receive or a select.
    pub(super) fn communicate(&mut self, me: GoroutineId, op: &Op, choices: &mut Choices) -> Act {
        let single;
        let (cases, is_select): (&[Case], bool) = match op {
            Op::Select { cases, .. } => (cases, true),
            Op::Chan(channel, ChanOp::Send(value)) => {
                single = [Case::Send(*channel, *value)];
                (&single, false)
            }
            Op::Chan(channel, ChanOp::Recv) => {
                single = [Case::Recv(*channel)];
                (&single, false)
            }
            _ => unreachable!("{op:?} is no communication"),
        };
        let number =
            |case: usize| is_select.then(|| u32::try_from(case).expect("a select has few cases"));
        let open = self.open(cases);
        if open.is_empty() {
            if matches!(op, Op::Select { default: true, .. }) {
                self.took(me, Choice::Default);
                return Act::Done(Outcome::Default);
            }
            for (index, case) in cases.iter().enumerate() {
                self.join(me, number(index), *case);
            }
            return Act::Waits;
        }
        let ways: Vec<(u32, u32)> = open
            .iter()
            .map(|open| {
                let partner = open.partner.and_then(|partner| partner.case);
                (number(open.case).unwrap_or(0), partner.unwrap_or(0))
            })
            .collect();
        let open = open[self.choose(me, choices, &ways)];
        let mine = number(open.case);
        match cases[open.case] {
            Case::Send(Some(channel), value) => self.send(me, mine, channel, value, open.partner),
            Case::Recv(Some(channel)) => self.receive(me, mine, channel, open.partner),
            Case::Send(None, _) | Case::Recv(None) => unreachable!("a nil channel is open"),
        }
    }

    /// The ways that are open.
    fn open(&mut self, cases: &[Case]) -> Vec<Open> {
        let mut open = Vec::new();
        for (index, case) in cases.iter().enumerate() {
            let Some(channel) = case.channel() else {
                continue;
            };
            let chan = self.chan(channel);
            let (ready, queue) = match case {
                Case::Send(..) => (chan.closed || chan.has_room(), &chan.receivers),
                Case::Recv(_) => (chan.closed || !chan.buffer.is_empty(), &chan.senders),
            };
            if ready {
                open.push(Open {
                    case: index,
                    partner: None,
                });
            } else {
                open.extend(Chan::first(queue).map(|partner| Open {
                    case: index,
                    partner: Some(partner),
                }));
            }
        }
        open
    }

    /// Joins the queue of one case.
    fn join(&mut self, me: GoroutineId, number: Option<u32>, case: Case) {
        let waiter = |value| Waiter {
            goroutine: me,
            case: number,
            value,
        };
        match case {
            Case::Send(Some(channel), value) => {
                self.chan(channel).senders.push_back(waiter(value));
            }
            Case::Recv(Some(channel)) => {
                self.chan(channel)
                    .receivers
                    .push_back(waiter(ValueId::UNIT));
            }
            Case::Send(None, _) | Case::Recv(None) => {}
        }
    }

    fn send(
        &mut self,
        me: GoroutineId,
        case: Option<u32>,
        channel: ObjectId,
        value: ValueId,
        partner: Option<Waiter>,
    ) -> Act {
        if let Some(partner) = partner {
            self.leave(partner.goroutine);
            self.step(Taken {
                actor: (me, case_or_only(case)),
                partner: Some((partner.goroutine, case_or_only(partner.case))),
            });
            let outcome = received(partner.case, Some(value));
            self.tell(partner.goroutine, Told::Outcome(outcome));
            return Act::Done(sent(case));
        }
        self.took(me, case_or_only(case));
        if self.chan(channel).closed {
            return Act::Panics(Panic::SendOnClosed(channel));
        }
        self.put(channel, value);
        Act::Done(sent(case))
    }

    /// A timer hands its value to the first who waits for one; if nobody does it joins the line,
    /// and it is false.
    pub(super) fn hand_over(&mut self, timer: GoroutineId, channel: ObjectId) -> bool {
        let Some(receiver) = self.chan(channel).receivers.front().copied() else {
            self.join(timer, None, Case::Send(Some(channel), ValueId::UNIT));
            return false;
        };
        self.leave(receiver.goroutine);
        self.step(Taken {
            actor: (timer, Choice::Timer(Stage::Fire)),
            partner: Some((receiver.goroutine, case_or_only(receiver.case))),
        });
        let outcome = received(receiver.case, Some(ValueId::UNIT));
        self.tell(receiver.goroutine, Told::Outcome(outcome));
        true
    }

    /// Puts a value into a buffer that has room for it; the first who waits for one takes it.
    pub(super) fn put(&mut self, channel: ObjectId, value: ValueId) {
        let chan = self.chan(channel);
        assert!(chan.has_room() && !chan.closed);
        chan.buffer.push_back(value);
        if let Some(receiver) = chan.receivers.front().copied() {
            let value = chan.buffer.pop_front();
            self.leave(receiver.goroutine);
            let outcome = received(receiver.case, value);
            self.complete(
                receiver.goroutine,
                case_or_only(receiver.case),
                Told::Outcome(outcome),
            );
        }
    }

    fn receive(
        &mut self,
        me: GoroutineId,
        case: Option<u32>,
        channel: ObjectId,
        partner: Option<Waiter>,
    ) -> Act {
        if let Some(partner) = partner {
            self.leave(partner.goroutine);
            self.step(Taken {
                actor: (partner.goroutine, case_or_only(partner.case)),
                partner: Some((me, case_or_only(case))),
            });
            if self.received_from_timer(partner.goroutine) {
                return Act::Done(received(case, Some(partner.value)));
            }
            self.tell(partner.goroutine, Told::Outcome(sent(partner.case)));
            return Act::Done(received(case, Some(partner.value)));
        }
        self.took(me, case_or_only(case));
        let chan = self.chan(channel);
        let value = chan.buffer.pop_front();
        if let Some(sender) = chan.senders.front().copied() {
            chan.buffer.push_back(sender.value);
            self.leave(sender.goroutine);
            let outcome = sent(sender.case);
            self.complete(
                sender.goroutine,
                case_or_only(sender.case),
                Told::Outcome(outcome),
            );
        }
        self.wake_ticker(channel);
        Act::Done(received(case, value))
    }

    pub(super) fn close(&mut self, me: GoroutineId, channel: Option<ObjectId>) -> Act {
        self.took(me, Choice::Only);
        let Some(channel) = channel else {
            return Act::Panics(Panic::CloseOfNil);
        };
        if self.chan(channel).closed {
            return Act::Panics(Panic::CloseOfClosed(channel));
        }
        self.shut(channel);
        Act::Done(Outcome::Done)
    }

    /// Closes an open channel: who waits to receive is told so, who waits to send panics.
    pub(super) fn shut(&mut self, channel: ObjectId) {
        self.chan(channel).closed = true;
        while let Some(receiver) = self.chan(channel).receivers.front().copied() {
            self.leave(receiver.goroutine);
            let outcome = received(receiver.case, None);
            self.complete(
                receiver.goroutine,
                case_or_only(receiver.case),
                Told::Outcome(outcome),
            );
        }
        while let Some(sender) = self.chan(channel).senders.front().copied() {
            self.leave(sender.goroutine);
            if self.sends_no_more(sender.goroutine) {
                continue;
            }
            let panic = Panic::SendOnClosed(channel);
            self.complete(
                sender.goroutine,
                case_or_only(sender.case),
                Told::Panic(panic),
            );
        }
        self.wake_ticker(channel);
    }

    pub(super) fn len(&mut self, me: GoroutineId, channel: Option<ObjectId>) -> Act {
        self.took(me, Choice::Only);
        let length = channel.map_or(0, |channel| self.chan(channel).buffer.len());
        Act::Done(Outcome::Number(
            i64::try_from(length).expect("a buffer fits in memory"),
        ))
    }

    /// Takes somebody out of all queues.
    pub(super) fn leave(&mut self, goroutine: GoroutineId) {
        for object in self.objects.iter_mut().flatten() {
            if let Primitive::Chan(chan) = object {
                chan.senders.retain(|waiter| waiter.goroutine != goroutine);
                chan.receivers
                    .retain(|waiter| waiter.goroutine != goroutine);
            }
        }
    }
}
