//! Checking a kernel: [`check`], and [`Checker`] for those who want to say how.

mod drive;

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::explore::random::Draw;
use crate::explore::{Checkpoint, CheckpointKey, Findings, Limits, Watch};
use crate::memory;
use crate::model::{Fault, Stall, TimerRules};
use crate::report::Report;
use crate::subject::Subject;
use crate::supervise::{Loss, STALL_MAX, supervise};
use crate::verdict::Verdict;

/// Explores all interleavings of a kernel, with the default engine and limits: as
/// [`Checker::check`].
pub fn check(kernel: impl Fn() + Send + 'static) -> Report {
    Checker::new().check(kernel)
}

/// The stack of a goroutine, unless more is asked for: as much as the first thread of a program has
/// on Linux. Only what is used of it takes memory.
pub const STACK_BYTES: usize = 8 << 20;

/// How to check: engine and limits.
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
}

/// Who is given the search, so often.
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
        }
    }
}

impl Checker {
    /// The default engine and limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this engine.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// The engine that is going to explore.
    #[must_use]
    pub fn which(&self) -> Engine {
        self.engine
    }

    /// With these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With a limit on the time of the search.
    #[must_use]
    pub fn time_max(mut self, time: Duration) -> Self {
        self.limits.time_max = Some(time);
        self
    }

    /// With a limit on the memory of the process, in bytes: on what it has allocated and in use,
    /// the tables of the search and whatever the kernel and others hold ([`memory::anonymous`]). It
    /// is looked at about a hundred times a second, where the clock is. Only Linux tells it;
    /// elsewhere a check with this limit is [`Verdict::Unsupported`].
    ///
    /// Whether or not there is such a limit, the search ends with
    /// [`Limit::NoMemory`](crate::explore::Limit::NoMemory) where the
    /// system has no more: where a large table cannot grow, and, looked for as often, where less
    /// than 64 MiB are to be had, or less than a quarter of what is in use. So only what takes more
    /// than that between two looks can end the process, or one allocation that is larger: such as a
    /// `Vec` of the kernel's own.
    #[must_use]
    pub fn memory_max(mut self, bytes: u64) -> Self {
        self.limits.memory_max = Some(bytes);
        self
    }

    /// With a limit on the work of a search in which an execution was cut short by another limit,
    /// in units of about a step that is taken anew, or with none; 20,000,000 unless something else
    /// is said. [`Checker::keep_going`] lifts it, too.
    #[must_use]
    pub fn work_max(mut self, units: Option<u64>) -> Self {
        self.limits.work_max = units;
        self
    }

    /// Only executions with at most so many preemptions: switches away from a goroutine that could
    /// have gone on. The search is the one that remembers states, whatever the engine, and the
    /// verdict is [`Verdict::Within`] at best.
    #[must_use]
    pub fn preemptions_max(mut self, max: u32) -> Self {
        self.preemptions_max = Some(max);
        self
    }

    /// Explores on after something bad was found, however large the program is.
    #[must_use]
    pub fn keep_going(mut self, keep_going: bool) -> Self {
        self.keep_going = keep_going;
        self
    }

    /// With this seed, and this way to draw, for [`Engine::Random`].
    #[must_use]
    pub fn random(mut self, seed: u64, draw: Draw) -> Self {
        self.engine = Engine::Random;
        self.seed = seed;
        self.draw = draw;
        self
    }

    /// Gives a search up in which a goroutine has run for so long without a visible operation, or
    /// never; [`STALL_MAX`] unless something else is said.
    #[must_use]
    pub fn stall_max(mut self, time: Option<Duration>) -> Self {
        self.stall_max = time;
        self
    }

    /// With a stack of so many bytes for each goroutine.
    #[must_use]
    pub fn stack_bytes(mut self, bytes: usize) -> Self {
        self.stack_bytes = bytes;
        self
    }

    /// With timers and tickers by these rules: those of Go 1.23 unless something else is said. See
    /// [`model::timer`](crate::model::timer).
    #[must_use]
    pub fn timers(mut self, rules: TimerRules) -> Self {
        self.timers = rules;
        self
    }

    /// Tells this watch how the search gets on, and lets it interrupt the search.
    #[must_use]
    pub fn watch(mut self, watch: Arc<Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// Gives the search as it stands to `keep`, so often, and when an interrupt or the limit on
    /// time is about to stop it. Written down, another process can [resume](Checker::resume_from)
    /// it.
    ///
    /// `keep` is called on the thread that searches. The search [`Engine::Loom`] cannot be saved:
    /// see
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

    /// Goes on with a search that was saved. The engine and what bounds one execution must be as
    /// they were, and the kernel, too; if it shows that they are not, the report has a
    /// [`Fault::Misfit`]. That the kernel is the same is for the caller to see to.
    #[must_use]
    pub fn resume_from(mut self, saved: Checkpoint) -> Self {
        self.saved = Some(Arc::new(saved));
        self
    }

    /// Explores a kernel, on a thread of its own. If a goroutine never comes to its next operation,
    /// the report says so ([`Fault::Stalled`]), and the thread is left behind.
    ///
    /// # Panics
    /// If no thread can be started.
    pub fn check(&self, kernel: impl Fn() + Send + 'static) -> Report {
        let (checker, start) = (self.clone(), Instant::now());
        let search = move || checker.check_subject(&Rc::new(kernel));
        match supervise(&self.watch, |_| self.stall_max, search) {
            Ok(report) => report,
            Err(Loss::Stalled(stall)) => self.given_up(stall, start.elapsed()),
            Err(Loss::NoThread(error)) => panic!("cannot start a thread: {error}"),
        }
    }

    /// What is known of a search in which a goroutine never came back.
    fn given_up(&self, stall: Stall, time: Duration) -> Report {
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

    /// A report with nothing in it.
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
            time: Duration::ZERO,
            lost_stack_bytes: 0,
        }
    }

    /// Explores a subject of any kind, on this thread: a goroutine that never comes to its next
    /// operation keeps it for ever. A kernel that cannot be sent to another thread is one, in an
    /// `Rc`.
    pub fn check_subject(&self, subject: &dyn Subject) -> Report {
        if self.limits.memory_max.is_some() && memory::anonymous().is_none() {
            return Report {
                reason: Some(memory::NOT_TOLD.to_owned()),
                ..self.no_answer(Verdict::Unsupported)
            };
        }
        self.watch.over(|| self.explore(subject))
    }

    /// Whether the body of main is run by an engine that has threads of its own.
    fn runs_the_body(&self) -> bool {
        self.engine == Engine::Loom && self.preemptions_max.is_none()
    }

    /// Whether the search can be [saved](Checker::checkpoint_every): loom cannot be paused.
    #[must_use]
    pub fn can_checkpoint(&self) -> bool {
        !self.runs_the_body()
    }

    /// What a search that is to be [gone on with](Checker::resume_from) must have been made with.
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
