//! `time`: timers, tickers, sleep. Durations order nothing, so none is given. The rules are in
//! [`model::timer`](crate::model::timer): those of Go 1.23 and later, unless those until 1.22 are
//! [asked for](crate::Checker::timers).

use super::chan::{Chan, chan};
use super::handle::{Handle, perform_done, perform_number};
use crate::model::{self, Action, Object, ObjectId, Op, Pause, TimerOp, TimerRules};
use crate::runtime::backend::current;

/// `time.After`: a channel from which one value can be received, at any time from now on.
#[track_caller]
pub fn after(name: &str) -> Chan<()> {
    timer(name).c
}

/// `time.NewTimer`.
#[track_caller]
pub fn timer(name: &str) -> Timer {
    new(name, |channel, rules| {
        model::Timer::once(Action::Send(channel), rules)
    })
}

/// `time.NewTicker`, which ticks at most `ticks_max` times: a bound of the kernel. An execution in
/// which a goroutine waits for a tick beyond it is `bounded`. Use [`FOR_EVER`] where the search
/// that remembers states is to see all.
#[track_caller]
pub fn ticker(name: &str, ticks_max: u32) -> Timer {
    new(name, |channel, rules| {
        model::Timer::ticker(channel, ticks_max, rules)
    })
}

/// `time.Tick`: the channel of a [`ticker`] that is never stopped.
#[track_caller]
pub fn tick(name: &str, ticks_max: u32) -> Chan<()> {
    ticker(name, ticks_max).c
}

/// A [`ticker`] without a limit.
pub const FOR_EVER: u32 = model::Timer::FOR_EVER;

#[track_caller]
fn new(name: &str, timer: impl FnOnce(ObjectId, TimerRules) -> model::Timer) -> Timer {
    let rules = current().timers();
    let c = chan(&format!("{name}.C"), rules.capacity());
    let channel = c.0.expect("just made").id;
    Timer {
        c,
        handle: Handle::create(Object::Timer(timer(channel, rules)), name),
    }
}

/// A `time.Timer` or `time.Ticker`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timer {
    /// The channel to which it sends. As of Go 1.23 it has capacity 0 and its `len` is 0; until
    /// 1.22 it keeps one value.
    pub c: Chan<()>,
    handle: Handle<()>,
}

impl Timer {
    /// `Stop`: as of Go 1.23, whether nobody has received its value yet; nobody will, then. Until
    /// 1.22, whether it had not expired yet: if it had, its value is in the channel, or comes there
    /// later. For a ticker Go does not tell.
    #[track_caller]
    pub fn stop(self) -> bool {
        perform_number(Op::Timer(self.handle.id(), TimerOp::Stop)) == 1
    }

    /// `Reset`: starts it again. It tells what [`stop`](Timer::stop) tells, and leaves the channel
    /// as that does.
    #[track_caller]
    pub fn reset(self) -> bool {
        perform_number(Op::Timer(self.handle.id(), TimerOp::Reset)) == 1
    }
}

/// `time.Sleep`: a step that does nothing.
#[track_caller]
pub fn sleep() {
    perform_done(Op::Pause(Pause::Sleep));
}

/// `runtime.Gosched`: a step that does nothing.
#[track_caller]
pub fn gosched() {
    perform_done(Op::Pause(Pause::Yield));
}
