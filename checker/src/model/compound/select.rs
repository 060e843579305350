//! Communication: `select`, and a plain send or receive, which is a select of one case (Go
//! specification, "Select statements", "Send statements", "Receive operator").
//!
//! On an unbuffered channel a send and a receive are one step of two goroutines, a rendezvous; it
//! is a step of the sender's.

use crate::model::id::{GoroutineId, ObjectId, ValueId};
use crate::model::op::{Op, Outcome};
use crate::model::primitive::{Effect, Facts, Primitive as _, Tells};
use crate::model::program::Program;
use crate::model::step::{Access, Choice, Step, Touches};
use crate::model::take::Missing;
use crate::model::world::{Pending, World};
use crate::model::{Chan, ChanOp, Timer};

/// One communication of a `select`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Case {
    /// `case ch <- v`; `None` is a nil channel.
    Send(Option<ObjectId>, ValueId),
    /// `case v := <-ch`; `None` is a nil channel.
    Recv(Option<ObjectId>),
}

impl Case {
    /// The channel, unless it is nil.
    #[must_use]
    pub fn channel(self) -> Option<ObjectId> {
        match self {
            Self::Send(channel, _) | Self::Recv(channel) => channel,
        }
    }

    /// The verb in which it is written.
    #[must_use]
    pub fn verb(self) -> &'static str {
        Chan::facts(&self.op()).verb
    }

    /// What is to be done with the channel.
    #[must_use]
    pub fn op(self) -> ChanOp {
        match self {
            Self::Send(_, value) => ChanOp::Send(value),
            Self::Recv(_) => ChanOp::Recv,
        }
    }
}

impl ChanOp {
    /// The operation on this channel as the case of a select; `None` if it is no communication.
    #[must_use]
    pub fn case(self, channel: Option<ObjectId>) -> Option<Case> {
        match self {
            Self::Send(value) => Some(Case::Send(channel, value)),
            Self::Recv => Some(Case::Recv(channel)),
            Self::Close | Self::Len => None,
        }
    }
}

pub(in crate::model) const FACTS: Facts = Facts::several("select", Tells::Case, None);

impl Choice {
    /// What the receiver of a rendezvous is told who chose so.
    pub(in crate::model) fn received(self, value: ValueId) -> Outcome {
        match self.case() {
            Some(number) => Outcome::Received(number, Some(value)),
            None => Outcome::Value(value),
        }
    }
}

impl World {
    /// Adds the ways in which `id` can take this case: alone, or as a sender with each receiver
    /// that it can meet.
    pub(in crate::model) fn enabled_case(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        (choice, case): (Choice, Case),
        steps: &mut Vec<Step>,
    ) {
        let Some(channel) = case.channel() else {
            return;
        };
        if self.admits_on::<Chan>(channel, &case.op(), id) {
            steps.push(Step::to(id, choice));
        } else if matches!(case, Case::Send(..)) {
            self.enabled_meetings(program, id, choice, channel, steps);
        }
    }

    /// Adds the ways in which `id`, which chooses to send on this channel, can meet a receiver.
    pub(in crate::model) fn enabled_meetings(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        choice: Choice,
        channel: ObjectId,
        steps: &mut Vec<Step>,
    ) {
        if !self.state::<Chan>(channel).is_some_and(Chan::is_rendezvous) {
            return;
        }
        for index in 0..self.goroutines.len() {
            let other = GoroutineId::from_index(index);
            if other != id && self.may_meet(program, id, other) {
                self.receives(program, other, channel, |its_choice| {
                    steps.push(Step {
                        partner: Some((other, its_choice)),
                        ..Step::to(id, choice)
                    });
                });
            }
        }
    }

    /// Returns true if one of the two can have been waiting when the other came: a select that has
    /// a default or another case that is ready never waits.
    fn may_meet(&self, program: &dyn Program, id: GoroutineId, other: GoroutineId) -> bool {
        [id, other]
            .into_iter()
            .any(|who| match self.pending(program, who) {
                Pending::Op(Op::Select { cases, default }) => {
                    !default && !cases.iter().any(|case| self.is_ready(*case))
                }
                Pending::Op(_) | Pending::Fire(_) | Pending::Nothing => true,
            })
    }

    /// Returns true if a case of a select is ready with no partner at hand.
    pub(in crate::model) fn is_ready(&self, case: Case) -> bool {
        let Some(chan) = case.channel().and_then(|id| self.state::<Chan>(id)) else {
            return false;
        };
        match case {
            Case::Send(..) => chan.send_is_ready(),
            Case::Recv(_) => chan.receive_is_ready(),
        }
    }

    /// Adds the ways of a `select`. A `default` case is enabled when no case is ready. A partner
    /// for a rendezvous does not make a case ready, since it may not have arrived yet: then both
    /// are enabled. Two with `default` cases never meet, since neither waits.
    pub(in crate::model) fn enabled_select(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        (cases, default): (&[Case], bool),
        steps: &mut Vec<Step>,
    ) {
        let mut ready = false;
        for (case, number) in cases.iter().zip(0..) {
            let before = steps.len();
            self.enabled_case(program, id, (Choice::Case(number), *case), steps);
            ready |= steps[before..].iter().any(|step| step.partner.is_none());
        }
        if default && !ready {
            steps.push(Step::to(id, Choice::Default));
        }
    }

    /// Calls `found` with each case in which a goroutine is about to receive from this channel.
    fn receives(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        channel: ObjectId,
        mut found: impl FnMut(Choice),
    ) {
        match self.pending(program, id) {
            Pending::Op(Op::Chan(Some(awaited), ChanOp::Recv)) if *awaited == channel => {
                found(Choice::Only);
            }
            Pending::Op(Op::Select { cases, .. }) => {
                for (case, number) in cases.iter().zip(0..) {
                    if *case == Case::Recv(Some(channel)) {
                        found(Choice::Case(number));
                    }
                }
            }
            Pending::Op(_) | Pending::Fire(_) | Pending::Nothing => {}
        }
    }

    /// Takes a case of a select with no partner, or its default.
    pub(in crate::model) fn select(
        &mut self,
        cases: &[Case],
        step: Step,
    ) -> Result<Effect, Missing> {
        let Choice::Case(number) = step.choice else {
            return Ok(Effect::Done(Outcome::Default));
        };
        let case = cases[number as usize];
        let channel = case.channel().expect("a nil channel is never ready");
        let effect = self.apply::<Chan>(channel, &case.op(), step)?;
        Ok(match effect {
            Effect::Done(Outcome::Done) => Effect::Done(Outcome::Sent(number)),
            Effect::Done(Outcome::Value(value)) => {
                Effect::Done(Outcome::Received(number, Some(value)))
            }
            Effect::Done(Outcome::Nothing) => Effect::Done(Outcome::Received(number, None)),
            Effect::Done(_) | Effect::Panics(_) | Effect::Now(_) | Effect::Wakes(..) => effect,
        })
    }

    /// The channel to which a step sends, and the value.
    #[must_use]
    pub(crate) fn sends(&self, program: &dyn Program, step: Step) -> Option<(ObjectId, ValueId)> {
        match self.pending(program, step.actor) {
            Pending::Nothing => None,
            Pending::Fire(timer) => Some((self.state::<Timer>(timer)?.meets_at()?, ValueId::UNIT)),
            Pending::Op(op) => match op.case(step.choice)? {
                Case::Send(channel, value) => Some((channel?, value)),
                Case::Recv(_) => None,
            },
        }
    }

    /// What the two are told that meet in this step: the sender, and the receiver.
    pub(in crate::model) fn meeting(
        op: &Op,
        choice: Choice,
        its_choice: Choice,
    ) -> (Outcome, Outcome) {
        let Some(Case::Send(_, value)) = op.case(choice) else {
            unreachable!("{op:?} is taken for a send");
        };
        let sent = choice.case().map_or(Outcome::Done, Outcome::Sent);
        (sent, its_choice.received(value))
    }

    /// Adds what a select touches that takes no partner. Its default depends on all its channels.
    pub(in crate::model) fn touch_select(&self, cases: &[Case], step: Step, touches: &mut Touches) {
        if let Choice::Case(number) = step.choice {
            self.touch_case(cases[number as usize], step.actor, touches);
        } else {
            self.touch_readiness(cases.iter(), touches);
        }
    }

    /// Adds what a communication touches.
    pub(in crate::model) fn touch_case(&self, case: Case, by: GoroutineId, touches: &mut Touches) {
        if let Some(channel) = case.channel() {
            self.touch::<Chan>(channel, &case.op(), by, touches);
        }
    }

    /// Adds what it depends on that two selects meet: one of them has been waiting, so that none of
    /// its cases was ready.
    pub(in crate::model) fn touch_meeting(
        &self,
        program: &dyn Program,
        op: &Op,
        receiver: GoroutineId,
        touches: &mut Touches,
    ) {
        if let Op::Select { cases, .. } = op
            && let Pending::Op(Op::Select { cases: others, .. }) = self.pending(program, receiver)
        {
            self.touch_readiness(cases.iter().chain(others), touches);
        }
    }

    /// Adds that a step depends on which of these cases are ready.
    fn touch_readiness<'a>(&self, cases: impl Iterator<Item = &'a Case>, touches: &mut Touches) {
        for channel in cases.filter_map(|case| case.channel()) {
            if !touches.iter().any(|(touched, _)| *touched == channel) {
                touches.push((channel, Access::Shared));
            }
        }
    }
}
