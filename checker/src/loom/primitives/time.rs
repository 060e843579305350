//! Contexts, timers and tickers. A timer is a loom thread of its own, which fires when loom lets it.

use super::{Primitive, kind};
use crate::loom::execution::{Act, Case, Execution, Status, Told};
use crate::model::{self, Action, GoroutineId, ObjectId, Outcome, Reason, ValueId};

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
            goroutine,
        }
    }

    fn is_pending(&self) -> bool {
        !self.stopped && self.left != Some(0)
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
        self.took(me, Case::Only);
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
        self.took(me, Case::Only);
        self.cancel(id, Reason::Canceled);
        Act::Done(Outcome::Done)
    }

    pub(super) fn ctx_err(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Case::Only);
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
        self.took(me, Case::Only);
        let timer = self.timer(id);
        let was_pending = timer.is_pending();
        timer.stopped = true;
        Act::Done(Outcome::Number(i64::from(was_pending)))
    }

    pub(super) fn timer_reset(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Case::Only);
        let timer = self.timer(id);
        let was_pending = timer.is_pending();
        timer.stopped = false;
        if !timer.periodic {
            timer.left = Some(1);
        }
        let goroutine = timer.goroutine;
        if self.timer_is_ready(id) {
            self.wake_timer(goroutine);
        }
        Act::Done(Outcome::Number(i64::from(was_pending)))
    }

    /// Whether the timer can fire. A tick that finds the channel full is dropped, and nobody can tell: it is
    /// no step.
    pub(in crate::loom) fn timer_is_ready(&mut self, id: ObjectId) -> bool {
        let timer = self.timer(id);
        let (pending, periodic, action) = (timer.is_pending(), timer.periodic, timer.action);
        let full = match action {
            Action::Send(channel) if periodic => {
                let chan = self.chan(channel);
                !chan.closed && !chan.has_room()
            }
            Action::Send(_) | Action::Cancel(_) => false,
        };
        pending && !full
    }

    /// Fires a timer that can.
    pub(in crate::loom) fn fire(&mut self, id: ObjectId) {
        let timer = self.timer(id);
        timer.left = timer.left.map(|left| left - 1);
        let (goroutine, action) = (timer.goroutine, timer.action);
        self.took(goroutine, Case::Only);
        match action {
            Action::Send(channel) => {
                let chan = self.chan(channel);
                if chan.has_room() && !chan.closed {
                    self.put(channel, ValueId::UNIT);
                }
            }
            Action::Cancel(context) => self.cancel(context, Reason::DeadlineExceeded),
        }
    }

    /// Lets the ticker go on that waits for room in this channel.
    pub(super) fn wake_ticker(&mut self, channel: ObjectId) {
        let sends_here = |object: &Option<Primitive>| matches!(object, Some(Primitive::Timer(timer)) if timer.action == Action::Send(channel));
        let Some(index) = self.objects.iter().position(sends_here) else {
            return;
        };
        let id = ObjectId::from_index(index);
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
