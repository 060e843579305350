//! Contexts, timers and tickers. A timer is a loom thread of its own, which fires when loom lets
//! it.
//!
//! By the rules of Go 1.23 a timer that has fired stands in its channel's line of senders until
//! somebody receives, or until `Stop` or `Reset` takes it out of the line: it was in time then. By
//! those until 1.22 it counts a value that it owes the channel, and puts it there in a later turn;
//! whether it expires once more before that is a choice.

use super::{Primitive, kind};
use crate::loom::choices::Choices;
use crate::loom::execution::{Act, Execution, Status, Told};
use crate::model::{
    self, Action, Choice, GoroutineId, ObjectId, Outcome, Reason, Stage, TimerRules, ValueId,
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
    /// How often it may still fire; `None` is no limit.
    pub(super) left: Option<u32>,
    stopped: bool,
    rules: TimerRules,
    /// How many values it owes its channel.
    owes: u8,
    /// Whether it stands in line to send.
    in_line: bool,
    /// The hidden goroutine that fires it.
    pub(super) goroutine: GoroutineId,
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
        }
    }

    fn is_pending(&self) -> bool {
        !self.stopped && self.left != Some(0)
    }

    /// Counts one firing.
    fn count(&mut self) {
        self.left = self.left.map(|left| left - 1);
    }

    /// Whether it is a ticker that would go on but for its limit.
    pub(super) fn is_cut(&self) -> bool {
        self.periodic && !self.stopped && self.left == Some(0)
    }
}

impl Execution {
    kind!(context, Context);
    kind!(timer, Timer);

    pub(super) fn ctx_derive(&mut self, me: GoroutineId, parent: ObjectId, child: ObjectId) -> Act {
        self.took(me, Choice::Only);
        match self.context(parent).ended {
            None => {
                self.context(parent).children.push(child);
                // The deadline runs from here: a child of a cancelled parent is never late.
                if let Some(deadline) = self.context(child).deadline {
                    let timer = self.timer(deadline);
                    timer.stopped = false;
                    let goroutine = timer.goroutine;
                    self.wake_timer(goroutine);
                }
            }
            Some(reason) => self.cancel(child, reason),
        }
        Act::Done(Outcome::Done)
    }

    pub(super) fn ctx_cancel(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Choice::Only);
        self.cancel(id, Reason::Canceled);
        Act::Done(Outcome::Done)
    }

    pub(super) fn ctx_err(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Choice::Only);
        Act::Done(Outcome::Number(match self.context(id).ended {
            None => 0,
            Some(Reason::Canceled) => 1,
            Some(Reason::DeadlineExceeded) => 2,
        }))
    }

    /// Cancels a context and all below it. One that is cancelled has nothing below it that is not.
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

    pub(super) fn timer_stop(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Choice::Only);
        self.leave_line(id);
        let timer = self.timer(id);
        let was_pending = timer.is_pending();
        timer.stopped = true;
        Act::Done(Outcome::Number(i64::from(was_pending)))
    }

    pub(super) fn timer_reset(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Choice::Only);
        self.leave_line(id);
        let timer = self.timer(id);
        let was_pending = timer.is_pending();
        timer.stopped = false;
        if !timer.periodic {
            timer.left = Some(1);
        }
        self.wake_timer_if_ready(id);
        Act::Done(Outcome::Number(i64::from(was_pending)))
    }

    /// A value that a timer in line was to send has been received, or is not to be sent.
    fn leave_line(&mut self, id: ObjectId) {
        let timer = self.timer(id);
        if std::mem::take(&mut timer.in_line) {
            let goroutine = timer.goroutine;
            self.leave(goroutine);
        }
    }

    /// The timer whose hidden goroutine this is.
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

    /// A timer can do no more with a channel that was closed: false if it is none.
    pub(super) fn sends_no_more(&mut self, goroutine: GoroutineId) -> bool {
        let timer = self.timer_of(goroutine);
        if let Some(id) = timer {
            self.leave_line(id);
        }
        timer.is_some()
    }

    /// Somebody has received from the one who stood in line to send, if it is a timer: false if it
    /// is not.
    pub(super) fn received_from_timer(&mut self, goroutine: GoroutineId) -> bool {
        let Some(id) = self.timer_of(goroutine) else {
            return false;
        };
        self.leave_line(id);
        self.timer(id).count();
        self.wake_timer_if_ready(id);
        true
    }

    /// The steps that the timer can take. By the rules until 1.22 a tick that finds the channel
    /// full is dropped, and nobody can tell: it is no step.
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

    /// Whether the timer can do anything.
    pub(in crate::loom) fn timer_is_ready(&mut self, id: ObjectId) -> bool {
        !self.stages(id).is_empty()
    }

    /// Lets a timer do what it can, if it can do anything.
    pub(in crate::loom) fn turn_of_timer(&mut self, id: ObjectId, choices: &mut Choices) {
        let stages = self.stages(id);
        if stages.is_empty() {
            return;
        }
        let (goroutine, action) = (self.timer(id).goroutine, self.timer(id).action);
        let ways: Vec<(u32, u32)> = (0..).zip(&stages).map(|(way, _)| (way, 0)).collect();
        let stage = stages[self.choose(goroutine, choices, &ways)];
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

    /// A timer sends to who waits first, or stands in line until somebody comes.
    fn stand_in_line(&mut self, id: ObjectId, channel: ObjectId) {
        let goroutine = self.timer(id).goroutine;
        if self.hand_over(goroutine, channel) {
            self.timer(id).count();
        } else {
            self.timer(id).in_line = true;
        }
    }

    /// Lets the ticker go on that waits for room in this channel.
    pub(super) fn wake_ticker(&mut self, channel: ObjectId) {
        let sends_here = |object: &Option<Primitive>| match object {
            Some(Primitive::Timer(timer)) => timer.action == Action::Send(channel),
            _ => false,
        };
        let index = self.objects.iter().position(sends_here);
        if let Some(index) = index {
            self.wake_timer_if_ready(ObjectId::from_index(index));
        }
    }

    fn wake_timer_if_ready(&mut self, id: ObjectId) {
        if self.timer_is_ready(id) {
            let goroutine = self.timer(id).goroutine;
            self.wake_timer(goroutine);
        }
    }

    fn wake_timer(&mut self, goroutine: GoroutineId) {
        if matches!(self.actor(goroutine).status, Status::Waiting(_)) {
            self.tell(goroutine, Told::Again);
        }
    }
}
