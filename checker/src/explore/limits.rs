//! Limits of a search, and the meter that watches them.
//!
//! A limit that was hit is a part of the result, never a silent pass.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::runtime::heartbeat;
pub use crate::runtime::heartbeat::{Heartbeat, Stretch};

/// How far a search may go. `None` is no limit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Steps of one execution.
    pub steps_max: usize,
    /// Executions.
    pub executions_max: Option<u64>,
    /// States that are remembered.
    pub states_max: Option<u64>,
    /// Goroutines of one execution, the hidden ones of timers included.
    pub goroutines_max: usize,
    /// Time.
    pub time_max: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps_max: 10_000,
            executions_max: None,
            states_max: Some(20_000_000),
            goroutines_max: 256,
            time_max: None,
        }
    }
}

/// A limit that was hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Limit {
    /// [`Limits::steps_max`].
    Steps(usize),
    /// [`Limits::executions_max`].
    Executions(u64),
    /// [`Limits::states_max`].
    States(u64),
    /// [`Limits::goroutines_max`].
    Goroutines(usize),
    /// [`Limits::time_max`].
    Time(Duration),
    /// The number of ticks that the kernel gives its tickers.
    Ticks,
    /// The search was interrupted.
    Interrupt,
    /// The search draws executions at random: it cannot know when it has seen all.
    Random(u64),
    /// Only executions with at most so many preemptions were looked at.
    Preemptions(u32),
    /// An execution had been cut short by another limit, so that there was no proof to be hoped for, and nothing bad was found in so many more units of
    /// work (about a step each).
    Work(u64),
    /// Something bad was found, and nobody asked to go on.
    FoundBad,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(max) => write!(f, "an execution came to {max} steps"),
            Self::Executions(max) => write!(f, "stopped at {max} executions"),
            Self::States(max) => write!(f, "stopped at {max} states"),
            Self::Goroutines(max) => write!(f, "an execution came to {max} goroutines"),
            Self::Time(max) => write!(f, "stopped after {} s", max.as_secs_f64()),
            Self::Ticks => write!(f, "a goroutine waits for a tick beyond the kernel's limit"),
            Self::Interrupt => write!(f, "interrupted"),
            Self::Random(count) => write!(f, "{count} executions drawn at random"),
            Self::Work(max) => write!(f, "stopped after {max} units of work"),
            Self::FoundBad => write!(f, "stopped since something bad was found"),
            Self::Preemptions(max) => write!(f, "only executions with at most {max} preemptions"),
        }
    }
}

/// What a search tells while it runs, for whoever watches from another thread.
#[derive(Debug, Default)]
pub struct Watch {
    /// Set it to end the search.
    pub interrupt: AtomicBool,
    /// Executions so far.
    pub executions: AtomicU64,
    /// States so far.
    pub states: AtomicU64,
    /// Steps of the execution that is looked at, or of the shortest way to the states that are looked at.
    pub depth: AtomicU64,
    /// A guess at the share of the tree of executions that is done, in millionths: each branch is taken to have as many executions as its
    /// siblings. 0 where there is none.
    pub done_millionths: AtomicU64,
    /// States that have been met and whose steps are still to be taken; there may be others behind them.
    pub states_left: AtomicU64,
    /// Whether the code of the kernel comes back.
    pub heartbeat: Arc<Heartbeat>,
}

impl Watch {
    /// Runs `f`; goroutines whose code runs on this thread meanwhile beat in this watch's heart.
    pub fn over<R>(&self, f: impl FnOnce() -> R) -> R {
        heartbeat::with(self.heartbeat.clone(), f)
    }
}

/// Watches the limits that hold for a search as a whole. The searches themselves watch [`Limits::steps_max`] and
/// [`Limits::goroutines_max`], which hold for one execution.
#[derive(Debug)]
pub struct Meter {
    /// The limits.
    pub limits: Limits,
    /// What is shown to whoever watches.
    pub watch: Arc<Watch>,
    started: Instant,
    /// The time that a search took before it was interrupted and went on here.
    before: Duration,
    /// Units of work that are left in this slice: see [`Meter::spend`].
    slice: u64,
    spent: u64,
    /// The units of work at which the clock is looked at next.
    look_at: u64,
    /// Whether an interrupt and the limit on time end the slice only.
    pauses: bool,
}

/// How many units of work pass between two looks at the clock.
const CLOCK_EVERY: u64 = 1024;

impl Meter {
    /// A meter that starts now, with no end of the slice.
    #[must_use]
    pub fn new(limits: Limits, watch: Arc<Watch>) -> Self {
        Self {
            limits,
            watch,
            started: Instant::now(),
            before: Duration::ZERO,
            slice: u64::MAX,
            spent: 0,
            look_at: 0,
            pauses: false,
        }
    }

    /// Whether an interrupt, or the limit on time, ends no more than the slice, so that the search can be saved before it is told to stop.
    pub fn pause_before_it_stops(&mut self, pauses: bool) {
        self.pauses = pauses;
    }

    /// Whether only such a [pause](Meter::pause_before_it_stops) keeps an interrupt or the limit on time from stopping the search.
    #[must_use]
    pub fn is_about_to_stop(&self) -> bool {
        self.pauses && self.due().is_some()
    }

    /// Goes on where another meter was: with so much spent, in such a time.
    pub fn go_on_from(&mut self, spent: u64, elapsed: Duration) {
        self.spent = spent;
        self.before = elapsed;
    }

    /// Begins a slice of so many units of work.
    pub fn begin_slice(&mut self, units: u64) {
        self.slice = units;
    }

    /// Spends one unit of work (a step taken anew, about): false when the slice is at its end.
    pub fn spend(&mut self) -> bool {
        self.spent += 1;
        self.slice = self.slice.saturating_sub(1);
        self.slice > 0
    }

    /// Spends so many units of work.
    pub fn spend_many(&mut self, units: u64) {
        self.spent += units;
        self.slice = self.slice.saturating_sub(units);
    }

    /// Whether the slice is at its end.
    #[must_use]
    pub fn slice_is_over(&self) -> bool {
        self.slice == 0 || self.is_about_to_stop()
    }

    /// The units of work that were spent so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// The time since the search began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.before + self.started.elapsed()
    }

    /// Looks at the clock and at the interrupt, now and then: the limit that has been hit, if one has.
    #[must_use]
    pub fn out_of_time(&mut self) -> Option<Limit> {
        let interrupted = self.watch.interrupt.load(Ordering::Relaxed);
        if !interrupted && (self.limits.time_max.is_none() || self.spent < self.look_at) {
            return None;
        }
        self.look_at = self.spent + CLOCK_EVERY;
        let limit = self.due()?;
        if self.pauses {
            self.slice = 0;
            return None;
        }
        Some(limit)
    }

    /// Looks at the clock and at the interrupt, now: the limit that has been hit, if one has.
    #[must_use]
    pub fn over(&self) -> Option<Limit> {
        self.due().filter(|_| !self.pauses)
    }

    /// The limit that has been hit, whether or not it stops the search already.
    fn due(&self) -> Option<Limit> {
        if self.watch.interrupt.load(Ordering::Relaxed) {
            return Some(Limit::Interrupt);
        }
        let max = self.limits.time_max?;
        (self.elapsed() >= max).then_some(Limit::Time(max))
    }

    /// Tells whoever watches that so many executions have been explored, the last of this length: the limit that has been hit, if
    /// one has.
    #[must_use]
    pub fn executions(&self, count: u64, depth: usize) -> Option<Limit> {
        self.watch.executions.store(count, Ordering::Relaxed);
        self.watch.depth.store(depth as u64, Ordering::Relaxed);
        let max = self.limits.executions_max?;
        (count >= max).then_some(Limit::Executions(max))
    }

    /// Whether whoever watches is to be told anew how much is done, after so many executions: often enough for people, and seldom enough to cost nothing.
    #[must_use]
    pub(super) fn wants_estimate(&self, executions: u64) -> bool {
        executions.is_multiple_of(1024)
    }

    /// Tells whoever watches which share of the tree of executions is done.
    pub(super) fn done(&self, share: f64) {
        let millionths = (share * 1e6) as u64;
        self.watch
            .done_millionths
            .store(millionths, Ordering::Relaxed);
    }

    /// Tells whoever watches of how many states the steps are still to be taken.
    pub(super) fn states_left(&self, count: u64) {
        self.watch.states_left.store(count, Ordering::Relaxed);
    }

    /// Tells whoever watches that so many states have been met: the limit that has been hit, if one has.
    #[must_use]
    pub fn states(&self, count: u64, depth: usize) -> Option<Limit> {
        self.watch.states.store(count, Ordering::Relaxed);
        self.watch.depth.store(depth as u64, Ordering::Relaxed);
        let max = self.limits.states_max?;
        (count > max).then_some(Limit::States(max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(limits: Limits) -> Meter {
        Meter::new(limits, Arc::default())
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_slice_ends_when_its_units_are_spent() {
        let mut meter = meter(Limits::default());
        assert!(meter.spend(), "without a slice there is no end");
        meter.begin_slice(2);
        assert!(meter.spend());
        assert!(!meter.slice_is_over());
        assert!(!meter.spend());
        assert!(meter.slice_is_over());
        meter.begin_slice(5);
        meter.spend_many(4);
        assert!(!meter.slice_is_over());
        meter.spend_many(2);
        assert!(meter.slice_is_over());
        assert_eq!(meter.spent(), 9);
    }

    #[test]
    fn a_meter_goes_on_from_another() {
        let mut meter = meter(Limits::default());
        assert!(meter.elapsed() < HOUR);
        meter.go_on_from(7, HOUR);
        assert!(meter.elapsed() >= HOUR);
        meter.spend_many(3);
        assert_eq!(meter.spent(), 10);
        meter.limits.time_max = Some(HOUR);
        assert_eq!(meter.out_of_time(), Some(Limit::Time(HOUR)));
        assert_eq!(meter.over(), Some(Limit::Time(HOUR)));
    }

    #[test]
    fn the_clock_is_looked_at_now_and_then() {
        let mut meter = meter(Limits::default());
        assert_eq!(meter.out_of_time(), None);
        assert_eq!(meter.over(), None);
        meter.limits.time_max = Some(HOUR);
        assert_eq!(meter.out_of_time(), None);
        assert_eq!(meter.over(), None);
        let none = Duration::ZERO;
        meter.limits.time_max = Some(none);
        assert_eq!(meter.over(), Some(Limit::Time(none)));
        meter.spend_many(CLOCK_EVERY - 1);
        assert_eq!(meter.out_of_time(), None, "it was looked at not long ago");
        meter.spend();
        assert_eq!(meter.out_of_time(), Some(Limit::Time(none)));
    }

    #[test]
    fn the_clock_is_looked_at_first_of_all() {
        let none = Duration::ZERO;
        let mut meter = meter(Limits {
            time_max: Some(none),
            ..Limits::default()
        });
        assert_eq!(meter.out_of_time(), Some(Limit::Time(none)));
    }

    #[test]
    fn an_interrupt_is_seen_at_once() {
        let mut meter = meter(Limits::default());
        meter.watch.interrupt.store(true, Ordering::Relaxed);
        assert_eq!(meter.out_of_time(), Some(Limit::Interrupt));
        assert_eq!(meter.over(), Some(Limit::Interrupt));
    }

    /// So many executions are explored and no more, but so many states are remembered and the search stops at one more.
    #[test]
    fn executions_and_states_are_limited_and_shown() {
        let meter = meter(Limits {
            executions_max: Some(3),
            states_max: Some(3),
            ..Limits::default()
        });
        let shown = |of: &AtomicU64| of.load(Ordering::Relaxed);
        assert_eq!(meter.executions(2, 5), None);
        assert_eq!(shown(&meter.watch.executions), 2);
        assert_eq!(shown(&meter.watch.depth), 5);
        assert_eq!(meter.executions(3, 5), Some(Limit::Executions(3)));
        assert_eq!(meter.states(3, 6), None);
        assert_eq!(shown(&meter.watch.states), 3);
        assert_eq!(shown(&meter.watch.depth), 6);
        assert_eq!(meter.states(4, 6), Some(Limit::States(3)));
    }
}
