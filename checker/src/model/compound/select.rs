//! Communication: `select`, and a plain send or receive, which is a select of one case (Go
//! specification, "Select statements", "Send statements", "Receive operator").
//!
//! On an unbuffered channel a send and a receive are one step of two goroutines, a rendezvous. It
//! is a step of the sender.

use crate::model::dependence::{Classes, Concerns};
use crate::model::id::{GoroutineId, ObjectId, ValueId};
use crate::model::op::{Op, Outcome};
use crate::model::primitive::{Effect, Facts, Primitive as _, Tells};
use crate::model::program::{Program, Site};
use crate::model::step::{Access, Choice, Footprint, Step};
use crate::model::take::Missing;
use crate::model::verb::Verb;
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
    /// Returns the channel, unless it is nil.
    #[must_use]
    pub fn channel(self) -> Option<ObjectId> {
        match self {
            Self::Send(channel, _) | Self::Recv(channel) => channel,
        }
    }

    /// Returns the classes of a `select` with these cases.
    pub(in crate::model) fn classes(cases: &[Self], default: bool) -> Concerns {
        let asks = default || cases.len() > 1;
        let of_case = |case: &Self| Some((case.channel()?, Chan::class_of_case(&case.op(), asks)));
        cases.iter().filter_map(of_case).collect()
    }

    /// Returns the verb by which it is written.
    #[must_use]
    pub fn verb(self) -> Verb {
        Chan::facts(&self.op()).verb
    }

    /// Returns the operation on the channel.
    #[must_use]
    pub fn op(self) -> ChanOp {
        match self {
            Self::Send(_, value) => ChanOp::Send(value),
            Self::Recv(_) => ChanOp::Recv,
        }
    }
}

/// A case of a `select` on a nil channel. It is for words: no rule looks at it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NilCase {
    /// The number of the case, from 0.
    pub case: u32,
    /// The channel that stands there when it is not nil.
    pub of: Option<ObjectId>,
    /// The place of the case. Its line is 0 if it is not known, or in another file than the
    /// `select`.
    pub site: Site,
}

/// A goroutine that is about to receive from a channel.
pub(in crate::model) type Receiver = (ObjectId, GoroutineId);

/// A goroutine that may send, with those that it can meet, by channel; any, if none are given.
pub(in crate::model) type Sender<'a> = (GoroutineId, Option<&'a [Receiver]>);

/// The cases of a `select` on nil channels.
pub type NilCases = Box<[NilCase]>;

impl ChanOp {
    /// Returns the operation on this channel as a case of a select; `None` if it is not a
    /// communication.
    #[must_use]
    pub fn case(self, channel: Option<ObjectId>) -> Option<Case> {
        match self {
            Self::Send(value) => Some(Case::Send(channel, value)),
            Self::Recv => Some(Case::Recv(channel)),
            Self::Close | Self::Len => None,
        }
    }
}

pub(in crate::model) const FACTS: Facts = Facts::several(Verb::Select, Tells::Case, None);

impl Choice {
    /// Returns the outcome for the receiver of a rendezvous that made this choice.
    pub(in crate::model) fn received(self, value: ValueId) -> Outcome {
        match self.case() {
            Some(number) => Outcome::Received(number, Some(value)),
            None => Outcome::Value(value),
        }
    }
}

impl World {
    /// Adds the steps in which `id` takes this case: alone, or as a sender with each receiver that
    /// it can meet.
    pub(in crate::model) fn enabled_case(
        &self,
        program: &dyn Program,
        (id, receivers): Sender<'_>,
        (choice, case): (Choice, Case),
        steps: &mut Vec<Step>,
    ) {
        let Some(channel) = case.channel() else {
            return;
        };
        if self.admits_on::<Chan>(channel, &case.op(), id) {
            steps.push(Step::to(id, choice));
        } else if matches!(case, Case::Send(..)) {
            self.enabled_meetings(program, (id, receivers), choice, channel, steps);
        }
    }

    /// Adds the steps in which `id`, which chooses to send on this channel, meets a receiver.
    pub(in crate::model) fn enabled_meetings(
        &self,
        program: &dyn Program,
        (id, receivers): Sender<'_>,
        choice: Choice,
        channel: ObjectId,
        steps: &mut Vec<Step>,
    ) {
        if !self.state::<Chan>(channel).is_some_and(Chan::is_rendezvous) {
            return;
        }
        // One of the two has been waiting when the other came.
        let waits = self.may_have_waited(program, id);
        let meet = |other: GoroutineId| {
            self.receives(program, other, channel, |its_choice| {
                if waits || self.may_have_waited(program, other) {
                    steps.push(Step {
                        partner: Some((other, its_choice)),
                        ..Step::to(id, choice)
                    });
                }
            });
        };
        let is_another = |other: &GoroutineId| *other != id;
        match receivers {
            Some(receivers) => {
                let first = receivers.partition_point(|(of, _)| *of < channel);
                let here = receivers[first..]
                    .iter()
                    .take_while(|(of, _)| *of == channel);
                here.map(|(_, id)| *id).filter(is_another).for_each(meet);
            }
            None => self.ids().filter(is_another).for_each(meet),
        }
    }

    /// Returns true if a goroutine can have been waiting when another came. A select that has a
    /// default or a ready case never waits.
    fn may_have_waited(&self, program: &dyn Program, id: GoroutineId) -> bool {
        match self.pending(program, id) {
            Pending::Op(Op::Select { cases, default, .. }) => {
                !default && !cases.iter().any(|case| self.is_ready(*case))
            }
            Pending::Op(_) | Pending::Fire(_) | Pending::Nothing => true,
        }
    }

    /// Returns true if a case of a select is ready without a partner.
    pub(in crate::model) fn is_ready(&self, case: Case) -> bool {
        let Some(chan) = case.channel().and_then(|id| self.state::<Chan>(id)) else {
            return false;
        };
        match case {
            Case::Send(..) => chan.send_is_ready(),
            Case::Recv(_) => chan.receive_is_ready(),
        }
    }

    /// Adds the steps of a `select`. A `default` case is enabled when no case is ready. A partner
    /// for a rendezvous does not make a case ready, since it may not have arrived yet. Then both
    /// are enabled. Two selects with `default` cases never meet, since neither waits.
    pub(in crate::model) fn enabled_select(
        &self,
        program: &dyn Program,
        by: Sender<'_>,
        (cases, default): (&[Case], bool),
        steps: &mut Vec<Step>,
    ) {
        let mut ready = false;
        for (case, number) in cases.iter().zip(0..) {
            let before = steps.len();
            self.enabled_case(program, by, (Choice::Case(number), *case), steps);
            ready |= steps[before..].iter().any(|step| step.partner.is_none());
        }
        if default && !ready {
            steps.push(Step::to(by.0, Choice::Default));
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

    /// Takes a case of a select without a partner, or its default.
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

    /// Returns the channel to which a step sends, and the value.
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

    /// Returns the outcomes for the sender and the receiver that meet in this step.
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

    /// Returns what a select depends on: of a case that is not ready, what makes it ready, which is
    /// also all that disables a default. `meets` is true of a choice with which it can meet a
    /// partner now.
    pub(in crate::model) fn select_depends_on(
        &self,
        cases: &[Case],
        meets: impl Fn(Choice) -> bool,
    ) -> Concerns {
        let mut concerns = Concerns::new();
        for (case, number) in cases.iter().zip(0..) {
            let Some(channel) = case.channel() else {
                continue;
            };
            let classes = self.state::<Chan>(channel).map_or(Classes::ALL, |chan| {
                chan.communication(&case.op(), meets(Choice::Case(number)))
            });
            concerns.push((channel, classes));
        }
        concerns
    }

    /// Adds the footprint of a select that takes no partner. Its default depends on all its
    /// channels.
    pub(in crate::model) fn touch_select(
        &self,
        cases: &[Case],
        step: Step,
        footprint: &mut Footprint,
    ) {
        if let Choice::Case(number) = step.choice {
            self.touch_case(cases[number as usize], step.actor, footprint);
        } else {
            self.touch_readiness(cases.iter(), footprint);
        }
    }

    /// Adds the footprint of a communication.
    pub(in crate::model) fn touch_case(
        &self,
        case: Case,
        by: GoroutineId,
        footprint: &mut Footprint,
    ) {
        if let Some(channel) = case.channel() {
            self.touch::<Chan>(channel, &case.op(), by, footprint);
        }
    }

    /// Adds the objects on which the meeting of two selects depends. One of them has been waiting,
    /// so none of its cases was ready.
    pub(in crate::model) fn touch_meeting(
        &self,
        program: &dyn Program,
        op: &Op,
        receiver: GoroutineId,
        footprint: &mut Footprint,
    ) {
        if let Op::Select { cases, .. } = op
            && let Pending::Op(Op::Select { cases: others, .. }) = self.pending(program, receiver)
        {
            self.touch_readiness(cases.iter().chain(others), footprint);
        }
    }

    /// Adds the objects on which the readiness of these cases depends.
    fn touch_readiness<'a>(
        &self,
        cases: impl Iterator<Item = &'a Case>,
        footprint: &mut Footprint,
    ) {
        for channel in cases.filter_map(|case| case.channel()) {
            if !footprint.iter().any(|(touched, _)| *touched == channel) {
                footprint.push((channel, Access::Shared));
            }
        }
    }
}
