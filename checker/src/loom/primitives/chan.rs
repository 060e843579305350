//! Channels and `select`: a buffer, a queue of senders and one of receivers, as in Go's own
//! runtime.
//!
//! A plain send or receive is a select of one case. A goroutine that arrives takes an open way,
//! which may be a partner that waits. If no way is open, it joins the queue of each of its cases.
//! Only the first in a queue is a partner. Executions in which others are first are explored as
//! such.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::choices::Choices;
use crate::loom::execution::{Attempt, Execution, Taken, WaitEnd, case_or_only};
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

/// A goroutine that waits to send or to receive.
#[derive(Clone, Copy)]
struct Waiter {
    goroutine: GoroutineId,
    /// Its case, if it waits in a select.
    case: Option<u32>,
    /// The value that it sends.
    value: ValueId,
}

/// An open way of a select: its case, and the partner that waits there.
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

    /// Returns true if there is room for a value.
    pub(super) fn has_room(&self) -> bool {
        self.buffer.len() < self.capacity
    }

    /// Returns true if nothing is ready for a receiver.
    pub(super) fn is_idle(&self) -> bool {
        !self.closed && self.buffer.is_empty() && self.senders.is_empty()
    }

    /// Returns true if a receiver waits.
    pub(super) fn is_awaited(&self) -> bool {
        !self.receivers.is_empty()
    }

    /// Returns the entries of the goroutine that came first in the queue.
    fn first(queue: &VecDeque<Waiter>) -> impl Iterator<Item = Waiter> + '_ {
        let goroutine = queue.front().map(|waiter| waiter.goroutine);
        queue
            .iter()
            .filter(move |waiter| Some(waiter.goroutine) == goroutine)
            .copied()
    }
}

/// Returns the outcome for a receiver.
fn received(case: Option<u32>, value: Option<ValueId>) -> Outcome {
    match (case, value) {
        (Some(case), value) => Outcome::Received(case, value),
        (None, Some(value)) => Outcome::Value(value),
        (None, None) => Outcome::Nothing,
    }
}

/// Returns the outcome for a sender.
fn sent(case: Option<u32>) -> Outcome {
    case.map_or(Outcome::Done, Outcome::Sent)
}

impl Execution {
    kind!(chan, Chan);

    /// Attempts a send, a receive or a select.
    pub(super) fn communicate(
        &mut self,
        me: GoroutineId,
        op: &Op,
        choices: &mut Choices,
    ) -> Attempt {
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
                return Attempt::Done(Outcome::Default);
            }
            for (index, case) in cases.iter().enumerate() {
                self.join(me, number(index), *case);
            }
            return Attempt::Waits;
        }
        let ways: Vec<(u32, u32)> = open
            .iter()
            .map(|open| {
                let partner = open.partner.and_then(|partner| partner.case);
                (number(open.case).unwrap_or(0), partner.unwrap_or(0))
            })
            .collect();
        // Loom chooses among threads only, so this choice is one of the enumerated decisions.
        let open = open[self.choose(me, choices, &ways)];
        let mine = number(open.case);
        match cases[open.case] {
            Case::Send(Some(channel), value) => self.send(me, mine, channel, value, open.partner),
            Case::Recv(Some(channel)) => self.receive(me, mine, channel, open.partner),
            Case::Send(None, _) | Case::Recv(None) => unreachable!("a nil channel is open"),
        }
    }

    /// Returns true if it is a select that need not wait, also if the partner were not there.
    pub(in crate::loom) fn cannot_wait(&mut self, op: &Op, partner: Option<GoroutineId>) -> bool {
        let Op::Select { cases, default, .. } = op else {
            return false;
        };
        let is_other = |open: &Open| open.partner.map(|waiter| waiter.goroutine) != partner;
        *default || self.open(cases).iter().any(is_other)
    }

    /// Returns the ways that are open.
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
    ) -> Attempt {
        if let Some(partner) = partner {
            self.leave(partner.goroutine);
            self.step(Taken {
                actor: (me, case_or_only(case)),
                partner: Some((partner.goroutine, case_or_only(partner.case))),
            });
            let outcome = received(partner.case, Some(value));
            self.tell(partner.goroutine, WaitEnd::Outcome(outcome));
            return Attempt::Done(sent(case));
        }
        self.took(me, case_or_only(case));
        if self.chan(channel).closed {
            return Attempt::Panics(Panic::SendOnClosed(channel));
        }
        self.put(channel, value);
        Attempt::Done(sent(case))
    }

    /// Hands a timer's value to the first receiver that waits. Otherwise the timer joins the line,
    /// and the result is false.
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
        self.tell(receiver.goroutine, WaitEnd::Outcome(outcome));
        true
    }

    /// Puts a value into a buffer that has room for it. The first receiver that waits takes it.
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
                WaitEnd::Outcome(outcome),
            );
        }
    }

    fn receive(
        &mut self,
        me: GoroutineId,
        case: Option<u32>,
        channel: ObjectId,
        partner: Option<Waiter>,
    ) -> Attempt {
        if let Some(partner) = partner {
            self.leave(partner.goroutine);
            self.step(Taken {
                actor: (partner.goroutine, case_or_only(partner.case)),
                partner: Some((me, case_or_only(case))),
            });
            if self.received_from_timer(partner.goroutine) {
                return Attempt::Done(received(case, Some(partner.value)));
            }
            self.tell(partner.goroutine, WaitEnd::Outcome(sent(partner.case)));
            return Attempt::Done(received(case, Some(partner.value)));
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
                WaitEnd::Outcome(outcome),
            );
        }
        Attempt::Done(received(case, value))
    }

    pub(super) fn close(&mut self, me: GoroutineId, channel: Option<ObjectId>) -> Attempt {
        self.took(me, Choice::Only);
        let Some(channel) = channel else {
            return Attempt::Panics(Panic::CloseOfNil);
        };
        if self.chan(channel).closed {
            return Attempt::Panics(Panic::CloseOfClosed(channel));
        }
        self.shut(channel);
        Attempt::Done(Outcome::Done)
    }

    /// Closes an open channel. Receivers that wait get "closed", and senders that wait panic.
    pub(super) fn shut(&mut self, channel: ObjectId) {
        self.chan(channel).closed = true;
        while let Some(receiver) = self.chan(channel).receivers.front().copied() {
            self.leave(receiver.goroutine);
            let outcome = received(receiver.case, None);
            self.complete(
                receiver.goroutine,
                case_or_only(receiver.case),
                WaitEnd::Outcome(outcome),
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
                WaitEnd::Panic(panic),
            );
        }
    }

    pub(super) fn len(&mut self, me: GoroutineId, channel: Option<ObjectId>) -> Attempt {
        self.took(me, Choice::Only);
        let length = channel.map_or(0, |channel| self.chan(channel).buffer.len());
        Attempt::Done(Outcome::Number(
            i64::try_from(length).expect("a buffer fits in memory"),
        ))
    }

    /// Removes a goroutine from all queues.
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
