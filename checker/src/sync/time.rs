//! `time`: timers, tickers, sleep. Durations impose no order, so they are not given. The rules are
//! in [`model::timer`]. They are those of Go 1.23 and later, unless those of Go until 1.22 are
//! [selected](crate::Checker::timers).

use std::ops::ControlFlow;

use super::chan::{Chan, chan};
use super::goroutine::{daemon, forever, go};
use super::handle::{Handle, perform_done, perform_number};
use crate::model::{self, Action, Object, ObjectId, Op, Pause, TimerOp, TimerRules};
use crate::runtime::backend::current;

/// `time.After`: a channel that yields one value, at any time from now on.
#[track_caller]
pub fn after(name: &str) -> Chan<()> {
    timer(name).c
}

/// `time.NewTimer`.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::select;
/// use gordian::sync::{chan, go, timer};
///
/// let report = gordian::check(|| {
///     let answers = chan("answers", 1);
///     go("server", move || answers.send(7));
///     let timeout = timer("timeout");
///     let answer = select! {
///         recv(answers) -> answer => { answer }
///         recv(timeout.c) => { None }
///     };
///     timeout.stop();
///     assert!(answer.is_none_or(|answer| answer == 7));
/// });
/// report.assert_proved();
/// ```
#[track_caller]
pub fn timer(name: &str) -> Timer {
    new(name, |channel, rules| {
        model::Timer::once(Action::Send(channel), rules)
    })
}

/// `time.NewTicker`, which ticks at most `ticks_max` times: a bound of the kernel. An execution in
/// which a goroutine waits for a tick beyond it is `bounded`. Use [`FOR_EVER`] for a complete
/// stateful search.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::select;
/// use gordian::sync::{ControlFlow, FOR_EVER, forever, go, signal, ticker};
///
/// let report = gordian::check(|| {
///     let (beat, stop) = (ticker("beat", FOR_EVER), signal("stop"));
///     go("heart", move || {
///         forever(|| {
///             select! {
///                 recv(beat.c) => { ControlFlow::Continue(()) }
///                 recv(stop) => { ControlFlow::Break(()) }
///             }
///         });
///     });
///     stop.close();
/// });
/// report.assert_proved();
/// ```
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

/// `time.AfterFunc`: starts a goroutine with the body `f`, at any time from now on. That of a timer
/// `t` is named `t.f`.
///
/// [`Timer::stop`] returns true if it has kept `f` from being started. It does not wait for an `f`
/// that has started. After [`Timer::reset`] `f` is started once more. The timer's channel is nil.
///
/// Firing meets a [`daemon`](super::daemon()) named after the timer, `t.goFunc`, which then
/// starts `f`.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{after_func, chan};
///
/// let report = gordian::check(|| {
///     let fired = chan::<()>("fired", 1);
///     let timer = after_func("timer", move || fired.send(()));
///     if !timer.stop() {
///         fired.recv();
///     }
/// });
/// report.assert_proved();
/// ```
#[track_caller]
pub fn after_func(name: &str, f: impl FnOnce() + Clone + 'static) -> Timer {
    let c = chan::<()>(&format!("{name}.C"), 0);
    let channel = c.handle.expect("just made").id;
    // No version of Go has a channel here, so the rules for its buffer do not matter.
    let timer = model::Timer::once(Action::Send(channel), TimerRules::Go1_23);
    let handle = Handle::create(Object::Timer(timer), name);
    let started = format!("{name}.f");
    daemon(&format!("{name}.goFunc"), move || {
        forever(|| {
            c.recv();
            go(&started, f.clone());
            ControlFlow::<()>::Continue(())
        })
    });
    Timer {
        c: Chan::nil(),
        handle,
    }
}

#[track_caller]
fn new(name: &str, timer: impl FnOnce(ObjectId, TimerRules) -> model::Timer) -> Timer {
    let rules = current().timers();
    let c = chan(&format!("{name}.C"), rules.capacity());
    let channel = c.handle.expect("just made").id;
    Timer {
        c,
        handle: Handle::create(Object::Timer(timer(channel, rules)), name),
    }
}

/// A `time.Timer` or `time.Ticker`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timer {
    /// The channel that it sends to; nil for [`after_func`]. As of Go 1.23 it has capacity 0, and
    /// its `len` is 0. Until Go 1.22 it buffers one value.
    pub c: Chan<()>,
    handle: Handle<()>,
}

impl Timer {
    /// `Stop`. As of Go 1.23 it returns true if no goroutine has received the value yet; then no
    /// goroutine will. Until Go 1.22 it returns true if the timer had not expired. If it had, its
    /// value is in the channel or arrives there later. For a ticker Go returns nothing.
    #[track_caller]
    pub fn stop(self) -> bool {
        perform_number(Op::Timer(self.handle.id(), TimerOp::Stop)) == 1
    }

    /// `Reset`: starts it again. It returns the same as [`stop`](Timer::stop), and has the same
    /// effect on the channel.
    #[track_caller]
    pub fn reset(self) -> bool {
        perform_number(Op::Timer(self.handle.id(), TimerOp::Reset)) == 1
    }
}

/// `time.Sleep`: a step without effect.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{atomic, go, sleep};
///
/// let report = gordian::check(|| {
///     let done = atomic("done", 0);
///     go("worker", move || done.store(1));
///     sleep(); // orders nothing: the worker may still come later
///     assert_eq!(done.load(), 1);
/// });
/// report.assert_panic();
/// ```
#[track_caller]
pub fn sleep() {
    perform_done(Op::Pause(Pause::Sleep));
}

/// `runtime.Gosched`: a step without effect.
#[track_caller]
pub fn gosched() {
    perform_done(Op::Pause(Pause::Yield));
}
