//! Timers and tickers: Go's `time.Timer`, `time.Ticker`, `time.After`, `time.Tick` and the deadline of a context.
//!
//! A timer fires at any time from its creation on, and does fire: while one is pending nothing is stuck. Durations order
//! nothing. Firing is a step of a hidden goroutine of the timer's own; it sends into a channel of capacity 1 if there is
//! room (as Go did until 1.22; since 1.23 `Stop` and `Reset` also empty the channel, which is not modelled), or
//! cancels a context. A ticker fires again and again up to a limit. A tick that would find the channel full is dropped by Go;
//! nobody can tell, so it is no step.

use super::encode::{Input, put};
use super::id::{GoroutineId, ObjectId};
use super::primitive::{Effect, Facts, Primitive, Tells, Turn};
use super::program::Program;
use super::step::Access;
use super::waits::WaitsFor;

/// The state of a timer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Timer {
    /// What it does when it fires.
    pub action: Action,
    /// Whether it is a ticker, which fires more than once.
    pub periodic: bool,
    /// How often it may still fire; [`Timer::FOR_EVER`] is no limit.
    pub left: u32,
    /// Whether it was stopped.
    pub stopped: bool,
}

/// What a timer does when it fires.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Sends the time to this channel, unless it is full.
    Send(ObjectId),
    /// Cancels this context: its deadline has passed.
    Cancel(ObjectId),
}

/// What a goroutine can do with a [`Timer`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimerOp {
    /// `Stop`.
    Stop,
    /// `Reset`.
    Reset,
}

impl Timer {
    /// As many times as one likes.
    pub const FOR_EVER: u32 = u32::MAX;

    /// A timer that fires once.
    #[must_use]
    pub fn once(action: Action) -> Self {
        Self {
            action,
            periodic: false,
            left: 1,
            stopped: false,
        }
    }

    /// The deadline of a context. That of a derived one is started by the [`Op::CtxDerive`](super::Op::CtxDerive), which looks at the parent first: a
    /// child of a cancelled parent is cancelled for its parent's reason and never late.
    #[must_use]
    pub fn deadline(context: ObjectId, derived: bool) -> Self {
        Self {
            stopped: derived,
            ..Self::once(Action::Cancel(context))
        }
    }

    /// A ticker that fires up to `limit` times.
    #[must_use]
    pub fn ticker(channel: ObjectId, limit: u32) -> Self {
        Self {
            action: Action::Send(channel),
            periodic: true,
            left: limit,
            stopped: false,
        }
    }

    /// Whether it is going to fire.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        !self.stopped && self.left > 0
    }

    /// Whether it is a ticker that would go on but for its limit.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.periodic && !self.stopped && self.left == 0
    }

    /// Counts one firing.
    ///
    /// # Panics
    /// If it is not pending: the step was not enabled.
    pub fn fire(&mut self) {
        assert!(self.is_pending(), "fires though not pending: {self:?}");
        if self.left != Self::FOR_EVER {
            self.left -= 1;
        }
    }

    /// Stops it: true if it was pending.
    pub fn stop(&mut self) -> bool {
        let was_pending = self.is_pending();
        self.stopped = true;
        was_pending
    }

    /// Starts it again: true if it was pending. A ticker keeps what is left of its limit.
    pub fn reset(&mut self) -> bool {
        let was_pending = self.is_pending();
        self.stopped = false;
        if !self.periodic {
            self.left = 1;
        }
        was_pending
    }
}

impl Primitive for Timer {
    type Op = TimerOp;

    #[inline]
    fn facts(op: &TimerOp) -> Facts {
        match op {
            TimerOp::Stop => Facts::simple("stop", Tells::Number, None),
            TimerOp::Reset => Facts::simple("reset", Tells::Number, None),
        }
    }

    fn admits(&self, op: &TimerOp, _: GoroutineId) -> bool {
        match op {
            TimerOp::Stop | TimerOp::Reset => true,
        }
    }

    fn apply(&mut self, op: &TimerOp, _: Turn) -> Effect {
        Effect::number(match op {
            TimerOp::Stop => self.stop(),
            TimerOp::Reset => self.reset(),
        })
    }

    fn access(&self, op: &TimerOp, _: GoroutineId) -> Access {
        match op {
            TimerOp::Stop | TimerOp::Reset => Access::Exclusive,
        }
    }

    fn waits_for(&self, _: &TimerOp, _: ObjectId, _: GoroutineId) -> WaitsFor {
        WaitsFor::Unknown
    }

    #[inline]
    fn encode(&self, first: u8, out: &mut Vec<u8>) {
        let (form, target) = match self.action {
            Action::Send(channel) => (0, channel),
            Action::Cancel(context) => (1, context),
        };
        out.push(first + form);
        put(out, target.0.into());
        out.push(u8::from(self.periodic) | u8::from(self.stopped) << 1);
        put(out, self.left.into());
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        let target = ObjectId(input.id());
        let flags = input.byte();
        Self {
            action: if form == 0 {
                Action::Send(target)
            } else {
                Action::Cancel(target)
            },
            periodic: flags & 1 == 1,
            stopped: flags & 2 == 2,
            left: input.id(),
        }
    }

    fn assert_invariants(&self) {
        assert!(
            self.periodic || self.left <= 1,
            "a timer that would fire twice: {self:?}"
        );
    }

    fn state(&self, _: &dyn Program) -> String {
        let state = match (self.is_pending(), self.stopped) {
            (true, _) => "pending",
            (false, true) => "stopped",
            (false, false) => "fired",
        };
        state.to_owned()
    }

    fn left(&self, _: &dyn Program) -> Option<String> {
        None
    }
}
