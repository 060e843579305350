//! Checking a kernel: [`check`], and [`Checker`] for other settings.

mod drive;
mod parts;

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::assertions;
use crate::engine::Engine;
use crate::explain::StateGraph;
use crate::explore::random::Draw;
use crate::explore::{Checkpoint, CheckpointKey, Findings, Helpers, Limits, Meter, Watch};
use crate::memory;
use crate::model::{Fault, Stall, TimerRules};
use crate::report::Report;
use crate::subject::Subject;
use crate::supervise::{STALL_MAX, SuperviseError, supervise};
use crate::verdict::Verdict;

/// Explores all interleavings of a kernel, with the default engine and limits: see
/// [`Checker::check`].
pub fn check(kernel: impl Fn() + Send + 'static) -> Report {
    Checker::new().check(kernel)
}

/// The default stack of a goroutine: as much as the first thread of a program has on Linux. Only
/// what is used of it takes memory.
pub const STACK_BYTES: usize = 8 << 20;

/// The settings of a check: engine and limits.
#[derive(Clone, Debug)]
pub struct Checker {
    engine: Engine,
    limits: Limits,
    preemptions_max: Option<u32>,
    keep_going: bool,
    seed: u64,
    draw: Draw,
    stack_bytes: usize,
    timers: TimerRules,
    stall_max: Option<Duration>,
    watch: Arc<Watch>,
    saver: Option<Saver>,
    saved: Option<Arc<Checkpoint>>,
    asks: Option<Asks>,
    helpers: Option<Arc<Helpers>>,
}

/// Callback that receives a checkpoint, and its interval.
#[derive(Clone)]
struct Saver {
    every: Duration,
    keep: Arc<dyn Fn(&Checkpoint) + Send + Sync>,
}

impl fmt::Debug for Saver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saver")
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

/// Callback that is asked if the search goes on, and the number of states after which it is.
#[derive(Clone)]
struct Asks {
    states: u64,
    goes_on: Arc<dyn Fn(&Findings) -> bool + Send + Sync>,
}

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asks")
            .field("states", &self.states)
            .finish_non_exhaustive()
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            engine: Engine::Auto,
            limits: Limits::default(),
            preemptions_max: None,
            keep_going: false,
            seed: 0,
            draw: Draw::Uniform,
            stack_bytes: STACK_BYTES,
            timers: TimerRules::default(),
            stall_max: Some(STALL_MAX),
            watch: Arc::default(),
            saver: None,
            saved: None,
            asks: None,
            helpers: None,
        }
    }
}

impl Checker {
    /// Returns a checker with the default engine and limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the engine.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Returns the engine that is going to explore.
    #[must_use]
    pub fn selected_engine(&self) -> Engine {
        self.engine
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Limits the time of the search.
    #[must_use]
    pub fn time_max(mut self, time: Duration) -> Self {
        self.limits.time_max = Some(time);
        self
    }

    /// Limits the memory of the process, in bytes: what it has allocated and uses
    /// ([`memory::anonymous`]). That includes the tables of the search and whatever the kernel and
    /// other code hold. It is measured about a hundred times a second, together with the clock.
    /// Only Linux reports it. Elsewhere a check with this limit is [`Verdict::Unsupported`].
    ///
    /// With or without such a limit, the search ends with
    /// [`Limit::NoMemory`](crate::explore::Limit::NoMemory) when the system has no more memory. It
    /// ends so if a large table cannot grow. It also ends so if less than 64 MiB, or less than a
    /// quarter of the memory in use, is available when it is measured. So two things can still end
    /// the process. One is more allocations than that between two measurements. The other is a
    /// larger single allocation, such as a `Vec` of the kernel's own.
    #[must_use]
    pub fn memory_max(mut self, bytes: u64) -> Self {
        self.limits.memory_max = Some(bytes);
        self
    }

    /// Limits the work of a search in which another limit cut an execution short. A unit is about
    /// one step taken anew; `None` is no limit. The default is 20,000,000. [`Checker::keep_going`]
    /// lifts it, too.
    #[must_use]
    pub fn work_max(mut self, units: Option<u64>) -> Self {
        self.limits.work_max = units;
        self
    }

    /// Explores only executions with at most `max` preemptions: switches away from a goroutine that
    /// could have gone on. The search is then the stateful one, whatever the engine. The verdict is
    /// [`Verdict::Within`] at best.
    #[must_use]
    pub fn preemptions_max(mut self, max: u32) -> Self {
        self.preemptions_max = Some(max);
        self
    }

    /// Continues after something bad was found, however large the program is.
    #[must_use]
    pub fn keep_going(mut self, keep_going: bool) -> Self {
        self.keep_going = keep_going;
        self
    }

    /// Sets the seed and the distribution for [`Engine::Random`].
    #[must_use]
    pub fn random(mut self, seed: u64, draw: Draw) -> Self {
        self.engine = Engine::Random;
        self.seed = seed;
        self.draw = draw;
        self
    }

    /// Limits the time that a goroutine may run without a visible operation before the search is
    /// abandoned; `None` is no limit. The default is [`STALL_MAX`].
    #[must_use]
    pub fn stall_max(mut self, time: Option<Duration>) -> Self {
        self.stall_max = time;
        self
    }

    /// Lets the search use this many threads. The default is one. The report is the same whatever
    /// their number, except for the time.
    ///
    /// Only [`Engine::Stateful`] can use more than one, and only where all that is known of the
    /// program is [`Learned`](crate::model::Learned): kernels and scripts. Go packages, other
    /// engines, and searches with a bound on [preemptions](Checker::preemptions_max) use one.
    #[must_use]
    pub fn threads(self, count: usize) -> Self {
        self.helpers(Helpers::new(count.saturating_sub(1)))
    }

    /// Does the same with threads that several searches share.
    #[must_use]
    pub fn helpers(mut self, helpers: Arc<Helpers>) -> Self {
        self.helpers = Some(helpers);
        self
    }

    /// Sets the size of each goroutine's stack.
    #[must_use]
    pub fn stack_bytes(mut self, bytes: usize) -> Self {
        self.stack_bytes = bytes;
        self
    }

    /// Sets the rules of timers and tickers. The default is those of Go 1.23. See
    /// [`model::timer`](crate::model::timer).
    #[must_use]
    pub fn timers(mut self, rules: TimerRules) -> Self {
        self.timers = rules;
        self
    }

    /// Publishes the progress of the search in this watch, and lets it interrupt the search.
    #[must_use]
    pub fn watch(mut self, watch: Arc<Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// Passes the state of the search to `keep` at this interval, and when an interrupt or the
    /// limit on time is about to stop it. Another process can [resume](Checker::resume_from) it
    /// from there.
    ///
    /// `keep` is called on the thread that searches. [`Engine::Loom`] cannot be saved: see
    /// [`Checker::can_checkpoint`].
    #[must_use]
    pub fn checkpoint_every(
        mut self,
        every: Duration,
        keep: impl Fn(&Checkpoint) + Send + Sync + 'static,
    ) -> Self {
        let keep = Arc::new(keep);
        self.saver = Some(Saver { every, keep });
        self
    }

    /// Resumes a search that was saved. The kernel, the engine and the limits of one execution must
    /// be the same as then. If they turn out to differ, the report has a
    /// [`Fault::CheckpointMismatch`]. The caller must ensure that the kernel is the same.
    #[must_use]
    pub fn resume_from(mut self, saved: Checkpoint) -> Self {
        self.saved = Some(Arc::new(saved));
        self
    }

    /// Asks `goes_on` once, when the search has met more than this many states and nothing bad. It
    /// also asks before the search stops [since something bad was found], again
    /// for each other bad end. If the answer is false, the search ends as at a limit. If it is
    /// true, the search goes on, and the time of the answer is not the search's.
    ///
    /// `goes_on` is called on the thread that searches.
    ///
    /// [since something bad was found]: crate::explore::Limit::FoundBad
    #[must_use]
    pub fn ask_after(
        mut self,
        states: u64,
        goes_on: impl Fn(&Findings) -> bool + Send + Sync + 'static,
    ) -> Self {
        let goes_on = Arc::new(goes_on);
        self.asks = Some(Asks { states, goes_on });
        self
    }

    /// Explores a kernel, on a thread of its own. If a goroutine never reaches its next operation,
    /// the report says so ([`Fault::Stalled`]), and the thread is left behind.
    ///
    /// # Panics
    /// If no thread can be started.
    pub fn check(&self, kernel: impl Fn() + Send + 'static) -> Report {
        let (checker, start) = (self.clone(), Instant::now());
        let search = move || {
            let kernel = Rc::new(kernel);
            let mut report = checker.check_subject(&kernel);
            if assertions::wants_pages() {
                report.graph = checker.graph(&kernel, &report);
            }
            report
        };
        match supervise(&self.watch, |_| self.stall_max, search) {
            Ok(report) => report,
            Err(SuperviseError::Stalled(stall)) => self.stalled_report(stall, start.elapsed()),
            Err(SuperviseError::NoThread(error)) => panic!("cannot start a thread: {error}"),
        }
    }

    /// Returns the states of a subject, for a page; `None` if it has a fault.
    fn graph(&self, subject: &dyn Subject, report: &Report) -> Option<Arc<StateGraph>> {
        let mut program = subject.program_with(self.stack_bytes, self.timers);
        let meter = Meter::new(self.limits.clone(), self.watch.clone());
        let ways = report.trace().map(|trace| trace.schedule.as_str());
        let ways: Vec<&str> = ways.into_iter().collect();
        let graph = self
            .watch
            .over(|| StateGraph::collect(program.as_mut(), &ways, &meter));
        graph.ok().map(Arc::new)
    }

    /// Returns the report of a search in which a goroutine never came back.
    fn stalled_report(&self, stall: Stall, time: Duration) -> Report {
        let findings = Findings {
            executions: self.watch.executions.load(Ordering::Relaxed),
            ..Findings::default()
        };
        Report {
            findings,
            fault: Some(Fault::Stalled(stall)),
            time,
            ..self.no_answer(Verdict::Fault)
        }
    }

    /// Returns a report without findings.
    fn no_answer(&self, verdict: Verdict) -> Report {
        Report {
            engine: self.engine,
            finished_by: None,
            timers: self.timers,
            verdict,
            findings: Findings::default(),
            traces: Vec::new(),
            fault: None,
            reason: None,
            graph: None,
            turns: None,
            time: Duration::ZERO,
            lost_stack_bytes: 0,
        }
    }

    /// Returns a report that says why there can be no search.
    fn unsupported(&self, reason: &str) -> Report {
        Report {
            reason: Some(reason.to_owned()),
            ..self.no_answer(Verdict::Unsupported)
        }
    }

    /// Explores a subject of any kind, on this thread: a goroutine that never comes to its next
    /// operation keeps it for ever. A kernel that cannot be sent to another thread is one, in an
    /// `Rc`.
    pub fn check_subject(&self, subject: &dyn Subject) -> Report {
        if self.limits.memory_max.is_some() && memory::anonymous().is_none() {
            return self.unsupported(memory::NOT_TOLD);
        }
        self.watch.over(|| self.explore(subject))
    }

    /// Returns true if the engine runs the body of main on threads of its own.
    fn runs_the_body(&self) -> bool {
        self.engine == Engine::Loom && self.preemptions_max.is_none()
    }

    /// Returns true if the search can be [saved](Checker::checkpoint_every). Loom cannot be paused.
    #[must_use]
    pub fn can_checkpoint(&self) -> bool {
        !self.runs_the_body()
    }

    /// Returns the settings that must match for a checkpoint to be [resumed](Checker::resume_from).
    #[must_use]
    pub fn checkpoint_key(&self) -> CheckpointKey {
        let draw = match self.engine {
            Engine::Random => format!("{:?} {}", self.draw, self.seed),
            _ => String::new(),
        };
        CheckpointKey {
            timers: self.timers,
            ..CheckpointKey::new(self.engine.name(), &self.limits, self.preemptions_max, draw)
        }
    }
}
