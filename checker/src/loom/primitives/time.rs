//! Contexts, timers and tickers.
//!
//! A timer is no thread. All that others see of it lies behind the scheduling point of its group.
//! So it moves at an operation that passes this point, before that is done: once, several times or
//! not at all. That is a [choice](super::super::choices), counted as the timer's own.
//!
//! Nothing is lost. Take an execution by the rules, where no goroutine waits in line: each is at
//! its operation and takes its step in one. Let each pass its scheduling point when it takes that
//! step, the first of two that meet just before the other, and those that are blocked for ever at
//! the end. What a timer does between two operations of its group it can as well do before the
//! second. After the last one it does all that it can still do (`settle`). If that wakes a
//! goroutine, or lets one receive that waits, the execution is given up: another is equivalent, in
//! which this goroutine arrives later.
//!
//! By the rules of Go 1.23 a timer that has fired stands in its channel's line of senders. It stays
//! there until a goroutine receives, or until `Stop` or `Reset` takes it out of the line. Those
//! were in time then. Only a receiver can tell, so it goes there before a receive. By the rules
//! until 1.22 it counts a value that it owes its channel, and puts it there in a later move.
//! Whether it expires once more before that is a choice.

use super::{Primitive, kind};
use crate::loom::choices::{ChoicePoint, Choices};
use crate::loom::execution::{Attempt, Execution, Settled};
use crate::model::{
    self, Action, Case, ChanOp, Choice, GoroutineId, ObjectId, Op, Outcome, Reason, Stage,
    TimerRules, ValueId,
};

pub(in crate::loom) struct Context {
    done: ObjectId,
    pub(super) deadline: Option<ObjectId>,
    children: Vec<ObjectId>,
    pub(super) ended: Option<Reason>,
}

pub(in crate::loom) struct Timer {
    pub(in crate::loom) action: Action,
    pub(super) periodic: bool,
    /// Number of times that it may still fire; `None` is no limit.
    pub(super) left: Option<u32>,
    stopped: bool,
    rules: TimerRules,
    /// Number of values that it owes its channel.
    owes: u8,
    /// True if it stands in line to send.
    in_line: bool,
    /// The name under which it moves.
    pub(super) goroutine: GoroutineId,
    /// Number of choices that were made for it.
    choices: u32,
}

impl Context {
    pub(super) fn new(done: ObjectId, deadline: Option<ObjectId>) -> Self {
        Self {
            done,
            deadline,
            children: Vec::new(),
            ended: None,
        }
    }
}

impl Timer {
    pub(super) fn new(timer: &model::Timer, goroutine: GoroutineId) -> Self {
        Self {
            action: timer.action,
            periodic: timer.periodic,
            left: (timer.left != model::Timer::FOR_EVER).then_some(timer.left),
            stopped: timer.stopped,
            rules: timer.rules,
            owes: 0,
            in_line: false,
            goroutine,
            choices: 0,
        }
    }

    fn is_pending(&self) -> bool {
        !self.stopped && self.left != Some(0)
    }

    /// Counts one firing.
    fn count(&mut self) {
        self.left = self.left.map(|left| left - 1);
    }

    /// Returns true if it is a ticker that only its limit keeps from going on.
    pub(super) fn is_cut(&self) -> bool {
        self.periodic && !self.stopped && self.left == Some(0)
    }
}

impl Execution {
    kind!(context, Context);
    kind!(timer, Timer);

    pub(super) fn ctx_derive(
        &mut self,
        me: GoroutineId,
        parent: ObjectId,
        child: ObjectId,
    ) -> Attempt {
        self.took(me, Choice::Only);
        match self.context(parent).ended {
            None => {
                self.context(parent).children.push(child);
                // The deadline runs from here on. A child of a cancelled parent is never late.
                if let Some(deadline) = self.context(child).deadline {
                    self.timer(deadline).stopped = false;
                }
            }
            Some(reason) => self.cancel(child, reason),
        }
        Attempt::Done(Outcome::Done)
    }

    pub(super) fn ctx_cancel(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        self.cancel(id, Reason::Canceled);
        Attempt::Done(Outcome::Done)
    }

    pub(super) fn ctx_err(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        Attempt::Done(Outcome::Number(match self.context(id).ended {
            None => 0,
            Some(Reason::Canceled) => 1,
            Some(Reason::DeadlineExceeded) => 2,
        }))
    }

    /// Cancels a context and all below it. A cancelled context has only cancelled ones below it.
    fn cancel(&mut self, root: ObjectId, reason: Reason) {
        let mut to_cancel = vec![root];
        while let Some(id) = to_cancel.pop() {
            let context = self.context(id);
            if context.ended.is_some() {
                continue;
            }
            context.ended = Some(reason);
            to_cancel.append(&mut context.children);
            let (done, deadline) = (context.done, context.deadline);
            if let Some(deadline) = deadline {
                self.timer(deadline).stopped = true;
            }
            self.shut(done);
        }
    }

    pub(super) fn timer_stop(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        self.leave_line(id);
        let timer = self.timer(id);
        let was_pending = timer.is_pending();
        timer.stopped = true;
        Attempt::Done(Outcome::Number(i64::from(was_pending)))
    }

    pub(super) fn timer_reset(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        self.leave_line(id);
        let timer = self.timer(id);
        let was_pending = timer.is_pending();
        timer.stopped = false;
        if !timer.periodic {
            timer.left = Some(1);
        }
        Attempt::Done(Outcome::Number(i64::from(was_pending)))
    }

    /// Takes a timer out of the line: its value was received, or is not to be sent.
    fn leave_line(&mut self, id: ObjectId) {
        let timer = self.timer(id);
        if std::mem::take(&mut timer.in_line) {
            let goroutine = timer.goroutine;
            self.leave(goroutine);
        }
    }

    /// Returns the timer that moves under this name.
    fn timer_of(&mut self, goroutine: GoroutineId) -> Option<ObjectId> {
        let is_it = |object: &Option<Primitive>| match object {
            Some(Primitive::Timer(timer)) => timer.goroutine == goroutine,
            _ => false,
        };
        self.objects
            .iter()
            .position(is_it)
            .map(ObjectId::from_index)
    }

    /// Takes a timer out of the line of a channel that was closed. Returns false if the goroutine
    /// is not a timer's.
    pub(super) fn sends_no_more(&mut self, goroutine: GoroutineId) -> bool {
        let timer = self.timer_of(goroutine);
        if let Some(id) = timer {
            self.leave_line(id);
        }
        timer.is_some()
    }

    /// Counts the value received from a timer that stood in line to send. Returns false if the
    /// goroutine is not a timer's.
    pub(super) fn received_from_timer(&mut self, goroutine: GoroutineId) -> bool {
        let Some(id) = self.timer_of(goroutine) else {
            return false;
        };
        self.leave_line(id);
        self.timer(id).count();
        true
    }

    /// Returns the steps that the timer can take. By the rules until 1.22 a tick that finds the
    /// channel full is dropped, and nobody can tell. So it is not a step.
    fn stages(&mut self, id: ObjectId) -> Vec<Stage> {
        let timer = self.timer(id);
        let (pending, owes, periodic) = (timer.is_pending(), timer.owes, timer.periodic);
        let (action, rules, in_line) = (timer.action, timer.rules, timer.in_line);
        let mut stages = Vec::new();
        match (action, rules) {
            (Action::Send(channel), TimerRules::Go1_22) => {
                let chan = self.chan(channel);
                let full = !chan.closed && !chan.has_room();
                if owes > 0 && !(periodic && full) {
                    stages.push(Stage::Send);
                }
                if pending && owes < model::Timer::SENDING_MAX {
                    stages.push(Stage::Expire);
                }
            }
            (Action::Send(channel), TimerRules::Go1_23) => {
                if pending && !in_line && !self.chan(channel).closed {
                    stages.push(Stage::Fire);
                }
            }
            (Action::Cancel(_), _) if pending => stages.push(Stage::Fire),
            (Action::Cancel(_), _) => {}
        }
        stages
    }

    /// Lets timers of the operation's group move before it, as their choices say.
    pub(in crate::loom) fn let_timers_go_first(
        &mut self,
        timers: &[ObjectId],
        op: &Op,
        choices: &mut Choices,
    ) {
        loop {
            let mut ways: Vec<(ObjectId, Stage)> = Vec::new();
            for &id in timers {
                if self.is_seen_by(id, op) {
                    let stages = self.stages(id);
                    ways.extend(stages.into_iter().map(|stage| (id, stage)));
                }
            }
            let Some(&(first, _)) = ways.first() else {
                return;
            };
            if let Op::Chan(Some(channel), ChanOp::Recv) = op
                && ways.len() == 1
                && self.only_source(first, *channel)
            {
                self.stand_in_line(first, *channel);
                return;
            }
            let way = |&(id, stage): &(ObjectId, Stage)| (id.0 + 1, stage as u32);
            let listed: Vec<(u32, u32)> =
                [(0, 0)].into_iter().chain(ways.iter().map(way)).collect();
            let timer = self.timer(first);
            let point = ChoicePoint {
                goroutine: timer.goroutine,
                nth: timer.choices,
            };
            timer.choices += 1;
            match choices.decide(point, &listed) {
                0 => return,
                chosen => self.timer_moves(ways[chosen - 1].0, ways[chosen - 1].1),
            }
        }
    }

    /// Returns true if the operation can tell whether the timer has moved.
    fn is_seen_by(&mut self, id: ObjectId, op: &Op) -> bool {
        let timer = self.timer(id);
        match (timer.action, timer.rules) {
            (Action::Send(channel), TimerRules::Go1_23) => match op {
                Op::Chan(Some(from), ChanOp::Recv) => *from == channel,
                Op::Select { cases, .. } => cases.contains(&Case::Recv(Some(channel))),
                _ => false,
            },
            (Action::Send(_), TimerRules::Go1_22) | (Action::Cancel(_), _) => true,
        }
    }

    /// Returns true if a receiver that comes now could only wait for this timer: it need not choose
    /// whether it waits.
    fn only_source(&mut self, id: ObjectId, channel: ObjectId) -> bool {
        let timer = self.timer(id);
        timer.rules == TimerRules::Go1_23
            && timer.action == Action::Send(channel)
            && self.chan(channel).is_idle()
    }

    /// Lets a timer take a step that it can take.
    fn timer_moves(&mut self, id: ObjectId, stage: Stage) {
        let (goroutine, action) = (self.timer(id).goroutine, self.timer(id).action);
        match (stage, action) {
            (_, Action::Cancel(context)) => {
                self.timer(id).count();
                self.took(goroutine, Choice::Timer(Stage::Fire));
                self.cancel(context, Reason::DeadlineExceeded);
            }
            (Stage::Fire, Action::Send(channel)) => self.stand_in_line(id, channel),
            (Stage::Expire, Action::Send(_)) => {
                let timer = self.timer(id);
                timer.count();
                timer.owes += 1;
                self.took(goroutine, Choice::Timer(Stage::Expire));
            }
            (Stage::Send, Action::Send(channel)) => {
                self.timer(id).owes -= 1;
                self.took(goroutine, Choice::Timer(Stage::Send));
                let chan = self.chan(channel);
                if chan.has_room() && !chan.closed {
                    self.put(channel, ValueId::UNIT);
                }
            }
        }
    }

    /// Lets the timers do all that they can still do, once no goroutine can go on.
    pub(in crate::loom) fn settle(&mut self) -> Settled {
        for id in self.timers.clone() {
            while let Some(&stage) = self.stages(id).first() {
                let action = self.timer(id).action;
                if let (Stage::Fire, Action::Send(channel)) = (stage, action) {
                    if self.chan(channel).is_awaited() {
                        return Settled::Unless;
                    }
                    break;
                }
                self.timer_moves(id, stage);
                if self.runnable > 0 {
                    return Settled::Unless;
                }
                if self.too_long {
                    return Settled::End;
                }
            }
        }
        Settled::End
    }

    /// Sends a timer's value to the first goroutine that waits, or puts the timer in line until one
    /// comes.
    fn stand_in_line(&mut self, id: ObjectId, channel: ObjectId) {
        let goroutine = self.timer(id).goroutine;
        if self.hand_over(goroutine, channel) {
            self.timer(id).count();
        } else {
            self.timer(id).in_line = true;
        }
    }
}
