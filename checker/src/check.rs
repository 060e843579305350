//! Checking a kernel: [`check`], and [`Checker`] for those who want to say how.

use crate::loom::Enough;
use crate::loom::Loom;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::explore::auto::Auto;
use crate::explore::exhaustive::Exhaustive;
use crate::explore::optimal::Optimal;
use crate::explore::random::{Draw, Random};
use crate::explore::remembering::Remembering;
use crate::explore::shortest;
use crate::explore::{Findings, Limit, Limits, Meter, Progress, Saved, Search, Settings, Watch};
use crate::memory;
use crate::model::Fault;
use crate::model::Program;
use crate::model::Stall;
use crate::model::TimerRules;
use crate::report;
use crate::report::Report;
use crate::report::Verdict;
use crate::runtime::closures::Closures;
use crate::runtime::overflow;
use crate::supervise::{Loss, STALL_MAX, supervise};

/// Which search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// [`Optimal`] and [`Remembering`] in turns: the default.
    Auto,
    /// One execution of each class of equivalent ones.
    Optimal,
    /// Each state once, breadth first.
    Remembering,
    /// Every interleaving: the oracle.
    Exhaustive,
    /// Kernels really run, under loom's scheduler: at most five goroutines and timers.
    Loom,
    /// Executions drawn at random: never a proof.
    Random,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Auto,
        Self::Optimal,
        Self::Remembering,
        Self::Exhaustive,
        Self::Loom,
        Self::Random,
    ];

    /// The name under which it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Optimal => "optimal",
            Self::Remembering => "remembering",
            Self::Exhaustive => "exhaustive",
            Self::Loom => "loom",
            Self::Random => "random",
        }
    }

    /// The engine of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }
}

/// That which is checked: a kernel written in closures, or a program of another kind that can also be run as closures.
pub trait Subject {
    /// The program, from the start, with nothing known of it: with so large a stack for each goroutine, and timers by these rules.
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program>;

    /// The program with timers by the default rules.
    fn program(&self, stack_bytes: usize) -> Box<dyn Program> {
        self.program_with(stack_bytes, TimerRules::default())
    }

    /// The body of main, for an engine that runs threads of its own; `None` if it is no closure.
    fn body(&self) -> Option<Rc<dyn Fn()>> {
        None
    }

    /// The program that does step by step what [`Subject::body`] does: what an engine that runs the body is compared with.
    fn program_of_body(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        self.program_with(stack_bytes, timers)
    }
}

impl<F: Fn() + 'static> Subject for Rc<F> {
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        Box::new(Closures::new(self.clone(), stack_bytes, timers))
    }

    fn body(&self) -> Option<Rc<dyn Fn()>> {
        Some(self.clone())
    }
}

/// Explores all interleavings of a kernel, with the default engine and limits: as [`Checker::check`].
pub fn check(kernel: impl Fn() + Send + 'static) -> Report {
    Checker::new().check(kernel)
}

/// The stack of a goroutine, unless more is asked for: as much as the first thread of a program has on Linux. Only what is used of it takes memory.
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
    saved: Option<Arc<Saved>>,
}

/// Who is given the search, so often.
#[derive(Clone)]
struct Saver {
    every: Duration,
    keep: Arc<dyn Fn(&Saved) + Send + Sync>,
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

/// Units of work after which a search that has found something bad goes on only if it is asked to: smaller programs are explored
/// whole, so that it can be said how many of their executions are bad.
const WORK_AFTER_BAD: u64 = 2_000_000;

/// Units of work between two looks at what was found, and at whether to save: some hundredths of a second.
const SLICE: u64 = 20_000;

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

    /// With a limit on the memory of the process, in bytes: on what it has allocated and in use, the tables of the search and whatever the
    /// kernel and others hold ([`memory::anonymous`]). It is looked at about a hundred times a second, where the clock is. Only Linux tells it;
    /// elsewhere a check with this limit is [`Verdict::Unsupported`].
    ///
    /// Whether or not there is such a limit, the search ends with [`Limit::NoMemory`] where the system has no more: where a large table cannot grow, and, looked
    /// for as often, where less than 64 MiB are to be had, or less than a quarter of what is in use. So only what takes more than that between two looks
    /// can end the process, or one allocation that is larger: such as a `Vec` of the kernel's own.
    #[must_use]
    pub fn memory_max(mut self, bytes: u64) -> Self {
        self.limits.memory_max = Some(bytes);
        self
    }

    /// With a limit on the work of a search in which an execution was cut short by another limit, in units of about a step that is taken
    /// anew, or with none; 20,000,000 unless something else is said. [`Checker::keep_going`] lifts it, too.
    #[must_use]
    pub fn work_max(mut self, units: Option<u64>) -> Self {
        self.limits.work_max = units;
        self
    }

    /// Only executions with at most so many preemptions: switches away from a goroutine that could have gone on. The search is the one that remembers
    /// states, whatever the engine, and the verdict is [`Verdict::Within`] at best.
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

    /// Gives a search up in which a goroutine has run for so long without a visible operation, or never; [`STALL_MAX`] unless something else is said.
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

    /// With timers and tickers by these rules: those of Go 1.23 unless something else is said. See [`model::timer`](crate::model::timer).
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

    /// Gives the search as it stands to `keep`, so often, and when an interrupt or the limit on time is about to stop it: written down, it can be
    /// [gone on with](Checker::go_on_with) by another process. `keep` is called on the thread that searches. The search [`Engine::Loom`] cannot be saved:
    /// see [`Checker::can_be_saved`].
    #[must_use]
    pub fn save_every(
        mut self,
        every: Duration,
        keep: impl Fn(&Saved) + Send + Sync + 'static,
    ) -> Self {
        let keep = Arc::new(keep);
        self.saver = Some(Saver { every, keep });
        self
    }

    /// Goes on with a search that was saved. The engine and what bounds one execution must be as they were, and the kernel, too; if it shows that they are
    /// not, the report has a [`Fault::Misfit`]. That the kernel is the same is for the caller to see to.
    #[must_use]
    pub fn go_on_with(mut self, saved: Saved) -> Self {
        self.saved = Some(Arc::new(saved));
        self
    }

    /// Explores a kernel, on a thread of its own. If a goroutine never comes to its next operation, the report says so ([`Fault::Stalled`]), and the thread is left
    /// behind.
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
            verdict,
            findings: Findings::default(),
            traces: Vec::new(),
            fault: None,
            reason: None,
            time: Duration::ZERO,
            lost_stack_bytes: 0,
        }
    }

    /// Explores a subject of any kind, on this thread: a goroutine that never comes to its next operation keeps it for ever. A kernel that cannot be sent to another
    /// thread is one, in an `Rc`.
    pub fn check_subject(&self, subject: &dyn Subject) -> Report {
        if self.limits.memory_max.is_some() && memory::anonymous().is_none() {
            return Report {
                reason: Some(memory::NOT_TOLD.to_owned()),
                ..self.no_answer(Verdict::Unsupported)
            };
        }
        self.watch.over(|| self.explore(subject))
    }

    fn explore(&self, subject: &dyn Subject) -> Report {
        // A kernel may itself run a search, on the stack of its goroutine.
        let _held = overflow::hold();
        let mut program = if self.runs_the_body() {
            subject.program_of_body(self.stack_bytes, self.timers)
        } else {
            subject.program_with(self.stack_bytes, self.timers)
        };
        let program = program.as_mut();
        let mut meter = Meter::new(self.limits.clone(), self.watch.clone());
        let (mut finished_by, mut reason) = (None, None);
        let (mut findings, mut fault) = match (self.preemptions_max, self.engine) {
            (Some(max), _) => {
                self.run(&mut Remembering::with_preemptions(max), program, &mut meter)
            }
            (None, Engine::Exhaustive) => self.run(&mut Exhaustive::new(), program, &mut meter),
            (None, Engine::Optimal) => self.run(&mut Optimal::new(), program, &mut meter),
            (None, Engine::Remembering) => self.run(&mut Remembering::new(), program, &mut meter),
            (None, Engine::Loom) => {
                let Some(body) = subject.body() else {
                    return self.no_body();
                };
                let mut search = Loom::new(body, self.stack_bytes).timers(self.timers);
                if !self.keep_going {
                    search = search.enough(Enough {
                        after_bad: WORK_AFTER_BAD,
                        after_limit: self.limits.work_max,
                    });
                }
                let result = self.run(&mut search, program, &mut meter);
                reason = search.unsupported().map(str::to_owned);
                result
            }
            (None, Engine::Random) => {
                self.run(&mut Random::new(self.seed, self.draw), program, &mut meter)
            }
            (None, Engine::Auto) => {
                let mut search = Auto::new();
                let result = self.run(&mut search, program, &mut meter);
                finished_by = search.finished_by();
                result
            }
        };
        let time = meter.elapsed();
        meter.pause_before_it_stops(false);
        if self.engine == Engine::Auto && fault.is_none() {
            fault = shorten(program, &mut findings, &meter).err();
        }
        if fault.is_none() {
            fault = program.recheck().err();
        }
        let traces = report::traces(program, &findings, &meter).unwrap_or_else(|found| {
            fault.get_or_insert(found);
            Vec::new()
        });
        if let Some(limit) = fault.as_ref().and_then(Limit::of_fault) {
            findings.hit(limit);
            fault = None;
        }
        let verdict = match reason {
            Some(_) => Verdict::Unsupported,
            None => Verdict::of(&findings, fault.is_some()),
        };
        Report {
            engine: self.engine,
            finished_by,
            verdict,
            findings,
            traces,
            fault,
            reason,
            time,
            lost_stack_bytes: program.lost_stack_bytes(),
        }
    }

    /// The engine runs closures, and the subject is none.
    fn no_body(&self) -> Report {
        Report {
            engine: self.engine,
            finished_by: None,
            verdict: Verdict::Unsupported,
            findings: Findings::default(),
            traces: Vec::new(),
            fault: None,
            reason: Some("it runs kernels that are closures, and this is none".to_owned()),
            lost_stack_bytes: 0,
            time: Duration::ZERO,
        }
    }

    /// Runs a search to its end, or until something bad was found and enough has been looked at.
    fn run(
        &self,
        search: &mut dyn Search,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> (Findings, Option<Fault>) {
        if let Err(fault) = self.restore(search, program, meter) {
            return ended_by(search.findings(), fault);
        }
        let mut last = meter.elapsed();
        meter.pause_before_it_stops(self.saver.is_some());
        loop {
            // Slices begin at the same points, however often the search was saved and gone on with: so it also stops at the same point, if it is to stop early.
            meter.begin_slice(SLICE - meter.spent() % SLICE);
            match search.advance(program, meter) {
                Err(fault) => return ended_by(search.findings(), fault),
                Ok(Progress::Done) => return (search.findings().clone(), None),
                Ok(Progress::Paused) => {}
            }
            let findings = search.findings();
            let enough = if findings.found_bad() {
                (meter.spent() > WORK_AFTER_BAD).then_some(Limit::FoundBad)
            } else if search.is_limited() {
                let max = self.limits.work_max;
                max.filter(|max| meter.spent() > *max).map(Limit::Work)
            } else {
                None
            };
            if let Some(limit) = enough.filter(|_| !self.keep_going) {
                let mut findings = findings.clone();
                findings.hit(limit);
                return (findings, None);
            }
            let stops = meter.is_about_to_stop();
            self.save(search, program, meter, stops, &mut last);
            if stops {
                meter.pause_before_it_stops(false);
            }
        }
    }

    /// Whether the body of main is run by an engine that has threads of its own.
    fn runs_the_body(&self) -> bool {
        self.engine == Engine::Loom && self.preemptions_max.is_none()
    }

    /// Whether the search can be [saved](Checker::save_every): loom cannot be paused.
    #[must_use]
    pub fn can_be_saved(&self) -> bool {
        !self.runs_the_body()
    }

    /// What a search that is to be [gone on with](Checker::go_on_with) must have been made with.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let draw = match self.engine {
            Engine::Random => format!("{:?} {}", self.draw, self.seed),
            _ => String::new(),
        };
        Settings {
            timers: self.timers,
            ..Settings::new(self.engine.name(), &self.limits, self.preemptions_max, draw)
        }
    }

    /// Goes on with the search that was saved, if one was.
    fn restore(
        &self,
        search: &mut dyn Search,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<(), Fault> {
        let Some(saved) = &self.saved else {
            return Ok(());
        };
        saved.begin(&self.settings(), program, meter)?;
        search.restore(program, saved.search.clone())
    }

    /// Saves the search, if it is time to, or about to be stopped.
    fn save(
        &self,
        search: &dyn Search,
        program: &dyn Program,
        meter: &Meter,
        stops: bool,
        last: &mut Duration,
    ) {
        let Some(saver) = &self.saver else {
            return;
        };
        let elapsed = meter.elapsed();
        if elapsed.saturating_sub(*last) < saver.every && !stops {
            return;
        }
        let Some(stopped) = search.save() else {
            return;
        };
        (saver.keep)(&Saved {
            settings: self.settings(),
            known: program.known(),
            spent: meter.spent(),
            elapsed,
            search: stopped,
        });
        // To save a large search takes long: it is searched at least as long before it is saved again.
        let after = meter.elapsed();
        *last = after + (after - elapsed);
    }
}

/// What was found by a search that came to no end of its own: for a fault, or for want of memory.
fn ended_by(findings: &Findings, fault: Fault) -> (Findings, Option<Fault>) {
    let mut findings = findings.clone();
    match Limit::of_fault(&fault) {
        Some(limit) => {
            findings.hit(limit);
            (findings, None)
        }
        None => (findings, Some(fault)),
    }
}

/// Finds better ways to the first bad ends, those with the fewest steps, as far as the meter allows.
fn shorten(program: &mut dyn Program, findings: &mut Findings, meter: &Meter) -> Result<(), Fault> {
    for (key, bad) in findings.bad.iter_mut().take(SHORTENED_MAX) {
        if let Some(path) = shortest::find(program, key, bad, meter)? {
            bad.path = path;
        }
    }
    Ok(())
}

/// To how many bad ends a shortest way is looked for.
const SHORTENED_MAX: usize = 8;
