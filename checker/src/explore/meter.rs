//! The meter that watches the limits of a search.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::limits::{Limit, Limits};
use super::watch::Watch;
use crate::memory::{self, ROOM_MIN};
use crate::model::Fault;

/// The reason why a phase of a search was stopped before its end.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// The program has a fault.
    Fault(Fault),
    /// The meter says so.
    Stopped,
}

impl From<Fault> for Interrupted {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Interrupted {
    /// Returns the result of the phase; `None` if it was stopped.
    pub(crate) fn unless_stopped<T>(result: Result<T, Self>) -> Result<Option<T>, Fault> {
        match result {
            Ok(done) => Ok(Some(done)),
            Err(Self::Stopped) => Ok(None),
            Err(Self::Fault(fault)) => Err(fault),
        }
    }

    /// Does the same for a phase that may be left out: returns `None` also if there was no memory
    /// for it.
    pub(crate) fn unless_cut<T>(result: Result<T, Self>) -> Result<Option<T>, Fault> {
        match result {
            Err(Self::Fault(Fault::NoMemory { .. })) => Ok(None),
            result => Self::unless_stopped(result),
        }
    }
}

/// The limits that hold for a search as a whole. The searches themselves watch
/// [`Limits::steps_max`] and [`Limits::goroutines_max`], which hold for one execution.
#[derive(Debug)]
pub struct Meter {
    /// The limits.
    pub limits: Limits,
    /// The figures that an observer sees.
    pub watch: Arc<Watch>,
    started: Instant,
    /// Time that the search took before it was interrupted and resumed here.
    before: Duration,
    /// Units of work that are left in this slice: see [`Meter::spend`].
    slice: u64,
    spent: u64,
    /// The units of work at which the clock is read next.
    look_at: u64,
    /// True if a limit that would end the search ends only the slice.
    pauses: bool,
    /// Number of calls that spent nothing. Only some of them read the clock.
    asked: Cell<u32>,
    /// The time at which the memory is measured next.
    memory_at: Cell<Duration>,
    /// The limit on time or memory that was hit. Once set, it stays.
    hit: Cell<Option<Limit>>,
    gauge: Gauge,
}

/// The source of the figures of memory.
#[derive(Clone, Copy, Debug)]
struct Gauge {
    anonymous: fn() -> Option<u64>,
    has_room: fn(u64) -> bool,
}

/// Units of work between two readings of the clock.
const CLOCK_EVERY: u64 = 1024;

/// One in this many such calls reads the clock.
const ASKED_EVERY: u32 = 32;

/// Time between two measurements of the memory. One takes about as long as thirty steps.
const MEMORY_EVERY: Duration = Duration::from_millis(10);

impl Meter {
    /// Returns a meter that starts now. Its slice has no end.
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
            asked: Cell::new(0),
            memory_at: Cell::new(Duration::ZERO),
            hit: Cell::new(None),
            gauge: Gauge {
                anonymous: memory::anonymous,
                has_room: memory::has_room,
            },
        }
    }

    /// Sets whether an interrupt, or a limit on time or memory, ends only the slice. The search can
    /// then be saved before it is told to stop.
    pub fn pause_before_it_stops(&mut self, pauses: bool) {
        self.pauses = pauses;
    }

    /// Returns true if only such a [pause](Meter::pause_before_it_stops) keeps an interrupt or a
    /// limit on time or memory from stopping the search.
    #[must_use]
    pub fn is_about_to_stop(&self) -> bool {
        self.pauses && self.must_stop()
    }

    /// Continues from another meter that had spent this much work and time.
    pub fn go_on_from(&mut self, spent: u64, elapsed: Duration) {
        self.spent = spent;
        self.before = elapsed;
    }

    /// Does something else in the middle of the search. Its time is not the search's.
    pub fn leave_out<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.started += begun.elapsed();
        done
    }

    /// Begins a slice of this many units of work.
    pub fn begin_slice(&mut self, units: u64) {
        self.slice = units;
    }

    /// Spends one unit of work, about one step taken anew. Returns false when the slice is at its
    /// end.
    pub fn spend(&mut self) -> bool {
        self.spent += 1;
        self.slice = self.slice.saturating_sub(1);
        self.slice > 0
    }

    /// Spends this many units of work.
    pub fn spend_many(&mut self, units: u64) {
        self.spent += units;
        self.slice = self.slice.saturating_sub(units);
    }

    /// Returns true if the slice is at its end.
    #[must_use]
    pub fn slice_is_over(&self) -> bool {
        self.slice == 0 || self.is_about_to_stop()
    }

    /// Returns the units of work that were spent so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Returns the time since the search began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.before + self.started.elapsed()
    }

    /// Checks the interrupt, and now and then the clock and the memory. Returns the limit that was
    /// hit. If the search is to pause first, it ends the slice and returns `None`.
    #[must_use]
    pub fn out_of_time(&mut self) -> Option<Limit> {
        if self.known().is_none() && self.spent < self.look_at {
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

    /// Does the same for callers that have spent nothing, but leaves the slice alone.
    #[must_use]
    pub fn over(&self) -> Option<Limit> {
        self.now_and_then().filter(|_| !self.pauses)
    }

    /// Returns true if the search is to stop, or to pause before it stops. The current phase must
    /// then be broken off.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        self.now_and_then().is_some()
    }

    /// Returns an error if the current phase of a search must be broken off.
    ///
    /// # Errors
    /// If the search [must stop](Meter::must_stop).
    pub(crate) fn go_on(&self) -> Result<(), Interrupted> {
        if self.must_stop() {
            Err(Interrupted::Stopped)
        } else {
            Ok(())
        }
    }

    /// Returns the limit that was hit, with a fresh reading each time, for callers that ask seldom.
    /// Returns `None` if the search is to pause first.
    #[must_use]
    pub fn over_now(&self) -> Option<Limit> {
        self.due().filter(|_| !self.pauses)
    }

    fn now_and_then(&self) -> Option<Limit> {
        let asked = self.asked.replace(self.asked.get().wrapping_add(1));
        if asked.is_multiple_of(ASKED_EVERY) {
            self.due()
        } else {
            self.known()
        }
    }

    /// Returns the limit that is known without reading the clock.
    fn known(&self) -> Option<Limit> {
        if self.watch.interrupt.load(Ordering::Relaxed) {
            return Some(Limit::Interrupt);
        }
        self.hit.get()
    }

    /// Returns the limit that was hit, even if the search is to pause first.
    fn due(&self) -> Option<Limit> {
        if let Some(limit) = self.known() {
            return Some(limit);
        }
        let elapsed = self.elapsed();
        let late = self.limits.time_max.filter(|max| elapsed >= *max);
        let hit = late.map(Limit::Time).or_else(|| self.memory(elapsed));
        self.hit.set(hit);
        hit
    }

    /// Measures the memory, unless it did so just now. Returns the limit that was hit, if one was.
    fn memory(&self, elapsed: Duration) -> Option<Limit> {
        if elapsed < self.memory_at.get() {
            return None;
        }
        self.memory_at.set(elapsed + MEMORY_EVERY);
        let used = (self.gauge.anonymous)();
        if let (Some(max), Some(used)) = (self.limits.memory_max, used)
            && used > max
        {
            return Some(Limit::Memory { max, used });
        }
        // A table that grows is copied. The largest table may be a large part of all memory in use.
        let room = ROOM_MIN.max(used.unwrap_or(0) / 4);
        (!(self.gauge.has_room)(room)).then_some(Limit::NoMemory(room))
    }

    /// Publishes the number of executions explored and the length of the last one. Returns the
    /// limit on executions if it was hit.
    #[must_use]
    pub fn executions(&self, count: u64, depth: usize) -> Option<Limit> {
        self.watch.executions.store(count, Ordering::Relaxed);
        self.watch.depth.store(depth as u64, Ordering::Relaxed);
        let max = self.limits.executions_max?;
        (count >= max).then_some(Limit::Executions(max))
    }

    /// Returns true if a new progress estimate is to be published now: every 1,024 executions.
    #[must_use]
    pub(super) fn wants_estimate(&self, executions: u64) -> bool {
        executions.is_multiple_of(1024)
    }

    /// Publishes the estimated share of the tree of executions that is done.
    pub(super) fn done(&self, share: f64) {
        let millionths = (share * 1e6) as u64;
        self.watch
            .done_millionths
            .store(millionths, Ordering::Relaxed);
    }

    /// Publishes the number of states whose steps must still be taken.
    pub(super) fn states_left(&self, count: u64) {
        self.watch.states_left.store(count, Ordering::Relaxed);
    }

    /// Publishes the number of states met. Returns the limit on states if it was hit.
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
    use std::sync::atomic::AtomicU64;
    use std::thread::sleep;

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
        let mut meter = meter(Limits {
            time_max: Some(HOUR),
            ..Limits::default()
        });
        assert!(meter.elapsed() < HOUR);
        assert_eq!(meter.over(), None);
        meter.go_on_from(7, HOUR);
        assert!(meter.elapsed() >= HOUR);
        meter.spend_many(3);
        assert_eq!(meter.spent(), 10);
        assert_eq!(meter.out_of_time(), Some(Limit::Time(HOUR)));
        assert_eq!(meter.over(), Some(Limit::Time(HOUR)), "from now on");
    }

    #[test]
    fn time_that_is_left_out_does_not_count() {
        let begun = Instant::now();
        let mut meter = meter(Limits::default());
        let left_out = meter.leave_out(|| {
            let begun = Instant::now();
            sleep(Duration::from_millis(200));
            begun.elapsed()
        });
        assert!(meter.elapsed() + left_out <= begun.elapsed());
    }

    #[test]
    fn the_clock_is_looked_at_now_and_then() {
        let mut meter = meter(Limits {
            time_max: Some(HOUR),
            ..Limits::default()
        });
        assert_eq!(meter.out_of_time(), None);
        meter.go_on_from(0, HOUR);
        meter.spend_many(CLOCK_EVERY - 1);
        assert_eq!(meter.out_of_time(), None, "it was looked at not long ago");
        meter.spend();
        assert_eq!(meter.out_of_time(), Some(Limit::Time(HOUR)));
    }

    #[test]
    fn who_asks_often_is_told_now_and_then() {
        let meter = || {
            let mut meter = meter(Limits {
                time_max: Some(HOUR),
                ..Limits::default()
            });
            assert!(!meter.must_stop(), "the first who asks is told");
            meter.go_on_from(0, HOUR);
            meter
        };
        let asked = meter();
        let times = (1..).find(|_| asked.over().is_some());
        assert_eq!(times, Some(ASKED_EVERY));
        assert!(asked.must_stop() && asked.over().is_some(), "from now on");
        let mut pausing = meter();
        pausing.pause_before_it_stops(true);
        let times = (1..).find(|_| pausing.is_about_to_stop());
        assert_eq!(times, Some(ASKED_EVERY));
        assert_eq!(pausing.over(), None);
        assert!(pausing.must_stop() && pausing.slice_is_over());
        pausing.pause_before_it_stops(false);
        assert_eq!(pausing.over(), Some(Limit::Time(HOUR)));
    }

    #[test]
    fn the_clock_is_looked_at_first_of_all() {
        let none = Duration::ZERO;
        let limits = Limits {
            time_max: Some(none),
            ..Limits::default()
        };
        assert_eq!(meter(limits.clone()).out_of_time(), Some(Limit::Time(none)));
        assert_eq!(meter(limits).over(), Some(Limit::Time(none)));
    }

    #[test]
    fn memory_over_the_limit_stops_it_for_good() {
        let gauge = |anonymous| Gauge {
            anonymous,
            has_room: |_| true,
        };
        let stopped = |memory_max, gauge| {
            let mut meter = meter(Limits {
                memory_max,
                ..Limits::default()
            });
            meter.gauge = gauge;
            meter.over()
        };
        let (max, used) = (1000, 1001);
        let limit = Limit::Memory { max, used };
        assert_eq!(stopped(Some(1000), gauge(|| Some(1001))), Some(limit));
        assert_eq!(stopped(Some(1000), gauge(|| Some(1000))), None);
        assert_eq!(stopped(Some(1000), gauge(|| None)), None);
        assert_eq!(stopped(None, gauge(|| Some(u64::MAX))), None);
    }

    #[test]
    fn memory_is_looked_at_again_when_some_time_has_passed() {
        let mut meter = meter(Limits {
            memory_max: Some(1000),
            ..Limits::default()
        });
        meter.gauge.anonymous = || Some(1000);
        assert_eq!(meter.memory(Duration::ZERO), None);
        meter.gauge.anonymous = || Some(2000);
        assert_eq!(meter.memory(MEMORY_EVERY / 2), None);
        let (max, used) = (1000, 2000);
        let limit = meter.memory(MEMORY_EVERY);
        assert_eq!(limit, Some(Limit::Memory { max, used }));
    }

    /// There must be room to copy a table that is a quarter of all memory in use.
    #[test]
    fn without_room_for_more_it_stops_before_an_allocation_fails() {
        let stopped = |anonymous, has_room| {
            let mut meter = meter(Limits::default());
            meter.gauge = Gauge {
                anonymous,
                has_room,
            };
            meter.over()
        };
        assert_eq!(
            stopped(|| None, |bytes| bytes < ROOM_MIN),
            Some(Limit::NoMemory(ROOM_MIN))
        );
        assert_eq!(stopped(|| None, |bytes| bytes <= ROOM_MIN), None);
        assert_eq!(
            stopped(|| Some(4 << 30), |bytes| bytes < 1 << 30),
            Some(Limit::NoMemory(1 << 30))
        );
    }

    #[test]
    fn an_interrupt_is_seen_at_once() {
        let mut meter = meter(Limits::default());
        meter.watch.interrupt.store(true, Ordering::Relaxed);
        assert_eq!(meter.out_of_time(), Some(Limit::Interrupt));
        assert_eq!(meter.over(), Some(Limit::Interrupt));
    }

    /// The search stops at the limit on executions, but only one past the limit on states.
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
