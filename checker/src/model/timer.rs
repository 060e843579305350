//! Timers and tickers: Go's `time.Timer`, `time.Ticker`, `time.After`, `time.Tick` and the deadline
//! of a context.
//!
//! A timer fires at any time from its creation on, and does fire: while one is pending and somebody
//! waits for it nothing is stuck. Durations order nothing. To fire is a step of a hidden goroutine
//! of the timer's own. A ticker fires again and again up to a limit. Which rules hold is told by
//! [`TimerRules`].
//!
//! # The rules of Go 1.23 and later
//!
//! "The timer channel associated with a Timer or Ticker is now unbuffered, with capacity 0. [...]
//! for any call to a Reset or Stop method, no stale values prepared before that call will be sent
//! or received after the call" (release notes of Go 1.23). So to fire is a rendezvous of the timer
//! and a receiver, and `Stop` and `Reset` report whether it had not come to that.
//!
//! Go's runtime has a buffer there, and hides it (`runtime/time.go`, `runtime/chan.go`): `len` and
//! `cap` yield 0; `Stop` and `Reset` empty it (`timerchandrain`) and report true if a value was in
//! it or was just about to be sent (`isSending`); a value that was about to be sent is not (`seq`).
//! A value that nobody has received yet is thus as good as one that was not sent, and nobody can
//! tell since when it has been there. A tick that finds the buffer full is dropped; nobody can tell
//! that either.
//!
//! # The rules of Go until 1.22
//!
//! The channel has capacity 1, and keeps what is in it. To fire is two steps: the timer
//! **expires**, from when on `Stop` and `Reset` report false; then it **sends**, if there is room,
//! else the value is lost (`runOneTimer` in `runtime/time.go` of Go 1.14 to 1.22 takes the timer
//! off the heap, lets go of its lock, and calls `sendTime` then). In between, the channel is still
//! empty. A timer that was reset may expire again before it has sent: of each timer at most
//! [`Timer::SENDING_MAX`] values are under way at once, as Go runs each such send on a processor of
//! its own. A ticker that finds the channel full keeps its tick back: to drop it is to expire
//! later.
//!
//! A context's deadline is one step under both: its timer is stopped by nobody who looks at what
//! `Stop` reports.

use serde::{Deserialize, Serialize};

use super::chan::Chan;
use super::encode::{Input, put};
use super::id::{GoroutineId, ObjectId, ValueId};
use super::primitive::{Effect, Facts, Primitive, Tells, Turn};
use super::program::Program;
use super::step::{Access, Choice, Step, Touches};
use super::waits::WaitsFor;
use super::world::World;

/// By which version of Go timers and tickers go: see the [module](self).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub enum TimerRules {
    /// Those of Go 1.23 and later.
    #[default]
    Go1_23,
    /// Those of Go until 1.22.
    Go1_22,
}

impl TimerRules {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Go1_23, Self::Go1_22];

    /// The version of Go that stands for them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Go1_23 => "1.23",
            Self::Go1_22 => "1.22",
        }
    }

    /// The rules for which this version stands.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rules| rules.name() == name)
    }

    /// The capacity of a timer's channel.
    #[must_use]
    pub fn capacity(self) -> u32 {
        match self {
            Self::Go1_23 => 0,
            Self::Go1_22 => 1,
        }
    }
}

/// The state of a timer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Timer {
    /// What it does when it fires.
    pub action: Action,
    /// Whether it is a ticker, which fires more than once.
    pub periodic: bool,
    /// How often it may still fire, or expire; [`Timer::FOR_EVER`] is no limit.
    pub left: u32,
    /// Whether it was stopped.
    pub stopped: bool,
    /// How many values it is about to send, having expired. Always 0 by the rules of Go 1.23.
    pub sending: u8,
    /// By which rules it goes.
    pub rules: TimerRules,
}

/// What a timer does when it fires.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Sends the time to this channel.
    Send(ObjectId),
    /// Cancels this context: its deadline has passed.
    Cancel(ObjectId),
}

/// Which step of a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Stage {
    /// It fires: meets a receiver, or cancels a context.
    Fire,
    /// It expires, and is about to send.
    Expire,
    /// It sends what it was about to send.
    Send,
}

impl Stage {
    /// The word for it, where a timer has more than one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Fire => None,
            Self::Expire => Some("expire"),
            Self::Send => Some("send"),
        }
    }
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

    /// How many values of one timer are under way at once.
    pub const SENDING_MAX: u8 = 3;

    /// A timer that fires once.
    #[must_use]
    pub fn once(action: Action, rules: TimerRules) -> Self {
        Self {
            action,
            periodic: false,
            left: 1,
            stopped: false,
            sending: 0,
            rules,
        }
    }

    /// The deadline of a context. That of a derived one is started by the
    /// [`Op::CtxDerive`](super::Op::CtxDerive), which looks at the parent first: a child of a
    /// cancelled parent is cancelled for its parent's reason and never late.
    #[must_use]
    pub fn deadline(context: ObjectId, derived: bool) -> Self {
        Self {
            stopped: derived,
            ..Self::once(Action::Cancel(context), TimerRules::default())
        }
    }

    /// A ticker that fires up to `limit` times.
    #[must_use]
    pub fn ticker(channel: ObjectId, limit: u32, rules: TimerRules) -> Self {
        Self {
            periodic: true,
            left: limit,
            ..Self::once(Action::Send(channel), rules)
        }
    }

    /// The channel with which its next firing is a rendezvous; `None` if it needs no receiver.
    #[must_use]
    pub fn meets_at(&self) -> Option<ObjectId> {
        match (self.action, self.rules) {
            (Action::Send(channel), TimerRules::Go1_23) => Some(channel),
            (Action::Send(_), TimerRules::Go1_22) | (Action::Cancel(_), _) => None,
        }
    }

    /// Whether it is going to fire, or to expire.
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

    /// All of it but its action and what is left of it, as a byte.
    pub(super) fn flags(&self) -> u8 {
        u8::from(self.periodic)
            | u8::from(self.stopped) << 1
            | u8::from(self.rules == TimerRules::Go1_22) << 2
            | self.sending << 3
    }

    /// The timer with this action, these [flags](Timer::flags), and so much left.
    pub(super) fn of_flags(action: Action, flags: u8, left: u32) -> Self {
        Self {
            action,
            periodic: flags & 1 > 0,
            left,
            stopped: flags & 2 > 0,
            sending: flags >> 3,
            rules: if flags & 4 > 0 {
                TimerRules::Go1_22
            } else {
                TimerRules::Go1_23
            },
        }
    }
}

impl World {
    /// Adds the steps that the hidden goroutine `id` of this timer can take.
    pub(super) fn enabled_fire(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        timer: ObjectId,
        steps: &mut Vec<Step>,
    ) {
        let Some(state) = self.state::<Timer>(timer) else {
            return;
        };
        let (fires, pending) = (Choice::Timer(Stage::Fire), state.is_pending());
        match (state.action, state.rules) {
            (Action::Cancel(_), _) if pending => steps.push(Step::to(id, fires)),
            (Action::Send(channel), TimerRules::Go1_23) if pending => {
                self.enabled_meetings(program, id, fires, channel, steps);
            }
            (Action::Cancel(_), _) | (Action::Send(_), TimerRules::Go1_23) => {}
            (Action::Send(channel), TimerRules::Go1_22) => {
                if pending && state.sending < Timer::SENDING_MAX {
                    steps.push(Step::to(id, Choice::Timer(Stage::Expire)));
                }
                let keeps = state.periodic && !self.has_room(channel);
                if state.sending > 0 && !keeps {
                    steps.push(Step::to(id, Choice::Timer(Stage::Send)));
                }
            }
        }
    }

    fn has_room(&self, channel: ObjectId) -> bool {
        self.state::<Chan>(channel).is_some_and(Chan::send_is_ready)
    }

    /// Adds what a step of this timer touches. A rendezvous only looks whether the channel is
    /// closed.
    pub(super) fn touch_fire(&self, step: Step, timer: ObjectId, touches: &mut Touches) {
        touches.push((timer, Access::Exclusive));
        let Some(state) = self.state::<Timer>(timer) else {
            return;
        };
        let Some(stage) = step.choice.stage() else {
            unreachable!("{step:?} is no step of {timer:?}")
        };
        match (state.action, stage) {
            (Action::Cancel(context), _) => self.touch_cancel(context, touches),
            (Action::Send(_), Stage::Expire) => {}
            (Action::Send(channel), Stage::Fire) => touches.push((channel, Access::Shared)),
            (Action::Send(channel), Stage::Send) => touches.push((channel, Access::Exclusive)),
        }
    }

    /// Takes a step of this timer, as far as it is the timer's: the receiver that it meets, if it
    /// does, moves on by itself.
    pub(super) fn fire(&mut self, step: Step, timer: ObjectId) {
        let (Ok(state), Some(stage)) = (self.state_mut::<Timer>(timer), step.choice.stage()) else {
            unreachable!("{step:?} is no step of {timer:?}")
        };
        let action = state.action;
        match stage {
            Stage::Fire => state.fire(),
            Stage::Expire => {
                state.fire();
                state.sending += 1;
            }
            Stage::Send => state.sending -= 1,
        }
        match (action, stage) {
            (Action::Cancel(context), _) => self.pass_deadline(context),
            (Action::Send(channel), Stage::Send) => self.send_time(channel),
            (Action::Send(_), Stage::Fire | Stage::Expire) => {}
        }
    }

    /// Puts a value into a timer's channel, if there is room.
    fn send_time(&mut self, channel: ObjectId) {
        if let Ok(chan) = self.state_mut::<Chan>(channel)
            && !chan.closed
            && chan.send_is_ready()
        {
            chan.push(ValueId::UNIT);
        }
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
        out.push(self.flags());
        put(out, self.left.into());
    }

    #[inline]
    fn decode(form: u8, input: &mut Input<'_>) -> Self {
        let target = ObjectId(input.id());
        let action = match form {
            0 => Action::Send(target),
            1 => Action::Cancel(target),
            other => panic!("no state of a timer has the form {other}"),
        };
        let flags = input.byte();
        Self::of_flags(action, flags, input.id())
    }

    fn assert_invariants(&self) {
        assert!(
            self.periodic || self.left <= 1,
            "a timer that would fire twice: {self:?}"
        );
        assert!(
            self.sending <= Self::SENDING_MAX,
            "too many values under way: {self:?}"
        );
    }

    fn state(&self, _: &dyn Program) -> String {
        let state = if self.sending > 0 {
            "expired, about to send"
        } else if self.is_pending() {
            "pending"
        } else if self.stopped {
            "stopped"
        } else {
            "fired"
        };
        state.to_owned()
    }

    fn left(&self, _: &dyn Program) -> Option<String> {
        None
    }
}
