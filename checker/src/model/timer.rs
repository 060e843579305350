//! Timers and tickers: Go's `time.Timer`, `time.Ticker`, `time.After`, `time.Tick` and the deadline
//! of a context.
//!
//! A timer fires at any time from its creation on, and it does fire. While one is pending and a
//! goroutine waits for it, nothing is stuck. Durations impose no order. Firing is a step of a
//! hidden goroutine of the timer's own. A ticker fires again and again up to a limit.
//! [`TimerRules`] selects the rules.
//!
//! # The rules of Go 1.23 and later
//!
//! "The timer channel associated with a Timer or Ticker is now unbuffered, with capacity 0"
//! (release notes of Go 1.23). For any call of `Reset` or `Stop`, "no stale values prepared before
//! that call will be sent or received after the call". So firing is a rendezvous of the timer and a
//! receiver. `Stop` and `Reset` report true if that has not happened yet.
//!
//! Go's runtime has a buffer there, and hides it (`runtime/time.go`, `runtime/chan.go`). `len` and
//! `cap` yield 0. `Stop` and `Reset` empty the buffer (`timerchandrain`). They report true if a
//! value was in it or was just about to be sent (`isSending`). A value that was about to be sent is
//! then not sent (`seq`). So a value that nobody has received yet is the same as one that was not
//! sent. Nobody can tell how long it has been there. A tick that finds the buffer full is dropped.
//! Nobody can tell that either.
//!
//! # The rules of Go until 1.22
//!
//! The channel has capacity 1, and keeps its value. Firing is two steps. First the timer
//! **expires**; from then on `Stop` and `Reset` report false. Then it **sends** if there is room;
//! otherwise the value is lost. (`runOneTimer` in `runtime/time.go` of Go 1.14 to 1.22 takes the
//! timer off the heap, releases its lock, and then calls `sendTime`.) In between the channel is
//! still empty.
//!
//! A timer that was reset may expire again before it has sent. At most [`Timer::SENDING_MAX`]
//! values of each timer are in flight at once, as Go runs each such send on a processor of its own.
//! A ticker that finds the channel full holds its tick back: dropping it is the same as expiring
//! later.
//!
//! A context's deadline is one step under both rules: whoever stops its timer does not look at the
//! result of `Stop`.

use serde::{Deserialize, Serialize};

use super::chan::{Chan, ChanOp};
use super::compound::Sender;
use super::decode::Input;
use super::dependence::{Classes, Concerns};
use super::encode::put;
use super::id::{GoroutineId, ObjectId, ValueId};
use super::primitive::{Effect, Facts, ObjectStep, Primitive, Rename, Tells};
use super::program::{Names, Program};
use super::step::{Access, Choice, Footprint, Step};
use super::verb::Verb;
use super::waits::WaitsFor;
use super::world::World;

/// The version of Go whose rules timers and tickers follow: see the [module](self).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub enum TimerRules {
    /// The rules of Go 1.23 and later.
    #[default]
    Go1_23,
    /// The rules of Go until 1.22.
    Go1_22,
}

impl TimerRules {
    /// Both rules.
    pub const ALL: [Self; 2] = [Self::Go1_23, Self::Go1_22];

    /// Returns the version of Go that stands for them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Go1_23 => "1.23",
            Self::Go1_22 => "1.22",
        }
    }

    /// Returns the rules for which this version stands.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rules| rules.name() == name)
    }

    /// Returns the capacity of a timer's channel.
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
    /// The action when it fires.
    pub action: Action,
    /// True if it is a ticker, which fires more than once.
    pub periodic: bool,
    /// Number of times that it may still fire or expire; [`Timer::FOR_EVER`] is no limit.
    pub left: u32,
    /// True if it was stopped.
    pub stopped: bool,
    /// Number of values that it is about to send, having expired. Always 0 by the rules of Go 1.23.
    pub sending: u8,
    /// The rules that it follows.
    pub rules: TimerRules,
}

/// The action of a timer when it fires.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Sends the time to this channel.
    Send(ObjectId),
    /// Cancels this context: its deadline has passed.
    Cancel(ObjectId),
}

/// A step of a timer.
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
    /// Returns the word for it, where a timer has more than one stage.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Fire => None,
            Self::Expire => Some("expire"),
            Self::Send => Some("send"),
        }
    }
}

/// An operation on a [`Timer`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimerOp {
    /// `Stop`.
    Stop,
    /// `Reset`.
    Reset,
}

impl Timer {
    /// No limit on the number of firings.
    pub const FOR_EVER: u32 = u32::MAX;

    /// Most values of one timer that are in flight at once.
    pub const SENDING_MAX: u8 = 3;

    /// Returns a timer that fires once.
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

    /// Returns the deadline of a context. [`Op::CtxDerive`](super::Op::CtxDerive) starts the
    /// deadline of a derived one, and checks the parent first. So a child of a cancelled parent is
    /// cancelled for its parent's reason and never late.
    #[must_use]
    pub fn deadline(context: ObjectId, derived: bool) -> Self {
        Self {
            stopped: derived,
            ..Self::once(Action::Cancel(context), TimerRules::default())
        }
    }

    /// Returns a ticker that fires up to `limit` times.
    #[must_use]
    pub fn ticker(channel: ObjectId, limit: u32, rules: TimerRules) -> Self {
        Self {
            periodic: true,
            left: limit,
            ..Self::once(Action::Send(channel), rules)
        }
    }

    /// Returns the channel with which its next firing is a rendezvous; `None` if it needs no
    /// receiver.
    #[must_use]
    pub fn meets_at(&self) -> Option<ObjectId> {
        match (self.action, self.rules) {
            (Action::Send(channel), TimerRules::Go1_23) => Some(channel),
            (Action::Send(_), TimerRules::Go1_22) | (Action::Cancel(_), _) => None,
        }
    }

    /// Returns true if it is going to fire or expire.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        !self.stopped && self.left > 0
    }

    /// Returns true if it is a ticker that only its limit keeps from going on.
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

    /// Stops it. Returns true if it was pending.
    pub fn stop(&mut self) -> bool {
        let was_pending = self.is_pending();
        self.stopped = true;
        was_pending
    }

    /// Starts it again. Returns true if it was pending. A ticker keeps the rest of its limit.
    pub fn reset(&mut self) -> bool {
        let was_pending = self.is_pending();
        self.stopped = false;
        if !self.periodic {
            self.left = 1;
        }
        was_pending
    }

    /// Returns its state as a byte, without its action and the number of firings left.
    pub(super) fn flags(&self) -> u8 {
        u8::from(self.periodic)
            | u8::from(self.stopped) << 1
            | u8::from(self.rules == TimerRules::Go1_22) << 2
            | self.sending << 3
    }

    /// Returns the timer with this action, these [flags](Timer::flags), and this many firings left.
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
    /// Adds the enabled steps of the hidden goroutine `id` of this timer.
    pub(super) fn enabled_fire(
        &self,
        program: &dyn Program,
        (id, receivers): Sender<'_>,
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
                self.enabled_meetings(program, (id, receivers), fires, channel, steps);
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

    /// Adds the footprint of a step of this timer. A rendezvous only checks whether the channel is
    /// closed.
    pub(super) fn touch_fire(&self, step: Step, timer: ObjectId, footprint: &mut Footprint) {
        footprint.push((timer, Access::Exclusive));
        let Some(state) = self.state::<Timer>(timer) else {
            return;
        };
        let Some(stage) = step.choice.stage() else {
            unreachable!("{step:?} is no step of {timer:?}")
        };
        match (state.action, stage) {
            (Action::Cancel(context), _) => self.touch_cancel(context, footprint),
            (Action::Send(_), Stage::Expire) => {}
            (Action::Send(channel), Stage::Fire) => footprint.push((channel, Access::Shared)),
            (Action::Send(channel), Stage::Send) => footprint.push((channel, Access::Exclusive)),
        }
    }

    /// Returns what the hidden goroutine of this timer may do.
    pub(super) fn fire_concerns(&self, timer: ObjectId) -> Concerns {
        let mut concerns = Concerns::new();
        concerns.push((timer, Classes::ALL));
        match self.state::<Timer>(timer).map(|state| state.action) {
            Some(Action::Send(channel)) => concerns.push((channel, Classes::ALL)),
            Some(Action::Cancel(context)) => self.tree_concerns(context, &mut concerns),
            None => {}
        }
        concerns
    }

    /// Returns what a step of the hidden goroutine of this timer depends on. `meets` is true of a
    /// choice with which it can meet a receiver now.
    pub(super) fn fire_depends_on(
        &self,
        timer: ObjectId,
        meets: impl Fn(Choice) -> bool,
    ) -> Concerns {
        let mut concerns = self.fire_concerns(timer);
        let state = self.state::<Timer>(timer);
        if let Some(channel) = state.and_then(Timer::meets_at)
            && let Some(chan) = self.state::<Chan>(channel)
        {
            let meets = meets(Choice::Timer(Stage::Fire));
            let send = ChanOp::Send(ValueId::UNIT);
            concerns.retain(|(object, _)| *object != channel);
            concerns.push((channel, chan.communication(&send, meets)));
        }
        concerns
    }

    /// Takes the timer's part of a step of this timer. The receiver that it meets, if any, moves on
    /// separately.
    pub(super) fn fire(&mut self, step: Step, timer: ObjectId) {
        let Some(stage) = step.choice.stage() else {
            unreachable!("{step:?} is no step of a timer")
        };
        let action = self.change(timer, |state: &mut Timer| {
            match stage {
                Stage::Fire => state.fire(),
                Stage::Expire => {
                    state.fire();
                    state.sending += 1;
                }
                Stage::Send => state.sending -= 1,
            }
            state.action
        });
        let Ok(action) = action else {
            unreachable!("{timer:?} was not made")
        };
        match (action, stage) {
            (Action::Cancel(context), _) => self.pass_deadline(context),
            (Action::Send(channel), Stage::Send) => self.send_time(channel),
            (Action::Send(_), Stage::Fire | Stage::Expire) => {}
        }
    }

    /// Puts a value into a timer's channel, if there is room.
    fn send_time(&mut self, channel: ObjectId) {
        self.change(channel, |chan: &mut Chan| {
            if !chan.closed && chan.send_is_ready() {
                chan.push(ValueId::UNIT);
            }
        })
        .ok();
    }
}

impl Primitive for Timer {
    type Op = TimerOp;

    #[inline]
    fn facts(op: &TimerOp) -> Facts {
        match op {
            TimerOp::Stop => Facts::simple(Verb::Stop, Tells::Number, None),
            TimerOp::Reset => Facts::simple(Verb::Reset, Tells::Number, None),
        }
    }

    fn admits(&self, op: &TimerOp, _: GoroutineId) -> bool {
        match op {
            TimerOp::Stop | TimerOp::Reset => true,
        }
    }

    fn apply(&mut self, op: &TimerOp, _: ObjectStep) -> Effect {
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

    fn class(op: &TimerOp) -> Classes {
        match op {
            TimerOp::Stop | TimerOp::Reset => Classes::ALL,
        }
    }

    fn depends_on(&self, op: &TimerOp, _: GoroutineId) -> Classes {
        match op {
            TimerOp::Stop | TimerOp::Reset => Classes::ALL,
        }
    }

    fn waits_for(&self, _: &TimerOp, _: ObjectId, _: GoroutineId) -> WaitsFor {
        WaitsFor::Unknown
    }

    fn rename(&mut self, _: Rename<'_>) {}

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

    fn state(&self, _: &dyn Names) -> String {
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

    fn left(&self, _: &dyn Names) -> Option<String> {
        None
    }
}
