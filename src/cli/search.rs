//! One search of one variant, watched.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "go")]
use gordian_checker::Verdict;
use gordian_checker::catalogue::{Kernel, TimerRules};
use gordian_checker::explain::trace::Facts;
#[cfg(feature = "go")]
use gordian_checker::explore::Limit;
use gordian_checker::explore::random::Draw;
use gordian_checker::explore::{Helpers, Limits, Meter, Watch};
use gordian_checker::{Checker, Engine, Report, Subject};

use super::args::{SearchArgs, TimersArgs};
use super::checkpoint::CheckpointFile;
use super::failure::Failure;
#[cfg(feature = "go")]
use super::findings::{doubt_failures, excuse_early_timers, fails, take_the_clock};
use super::memory::Memory;
use super::progress::ProgressLine;
use super::signals;
use super::supervise::supervise;
use super::target::Target;

/// Most searches of one target. Each explores more of the accesses that race.
const ROUNDS_MAX: u32 = 3;

/// The settings of a search.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    limits: Limits,
    preemptions_max: Option<u32>,
    keep_going: bool,
    seed: u64,
    draw: Draw,
    /// The time that a goroutine may run without a visible operation.
    pub(crate) stall_max: Option<Duration>,
    /// The rules of timers.
    pub(crate) timers: TimersArgs,
    /// The file in which the search is saved.
    checkpoint: Option<CheckpointFile>,
    /// The threads that searches use beside their own.
    pub(crate) helpers: Arc<Helpers>,
}

impl Plan {
    /// Makes the plan from the flags.
    pub(crate) fn new(args: &SearchArgs) -> Result<Self, Failure> {
        refuse_zero(&[args.steps_max, args.goroutines_max])?;
        let limits = Limits {
            steps_max: args.steps_max,
            executions_max: args.executions_max.0,
            states_max: args.states_max.0,
            goroutines_max: args.goroutines_max,
            time_max: args
                .time_max
                .map_or(Limits::default().time_max, |time| time.0),
            memory_max: Memory::or_half(args.memory_max),
            work_max: args.work_max.0,
        };
        let draw = match args.priorities {
            None => Draw::Uniform,
            Some(depth) => Draw::Priorities { depth },
        };
        Ok(Self {
            limits,
            preemptions_max: args.preemptions.0,
            keep_going: args.keep_going,
            seed: args.seed,
            draw,
            stall_max: args.stall_max.0,
            timers: args.timers,
            checkpoint: None,
            helpers: Arc::default(),
        })
    }

    /// Returns the plan with this file for the search.
    pub(crate) fn with_checkpoint(self, checkpoint: Option<CheckpointFile>) -> Self {
        Self { checkpoint, ..self }
    }

    /// Returns the plan with this many threads for a search.
    pub(crate) fn with_threads(self, count: usize) -> Self {
        let helpers = Helpers::new(count.saturating_sub(1));
        Self { helpers, ..self }
    }

    /// Returns the plan to find every distinct bad end.
    pub(crate) fn thorough(self) -> Self {
        let keep_going = true;
        Self { keep_going, ..self }
    }

    /// Returns the plan with at most this much time for a search.
    pub(crate) fn within(&self, left: Duration) -> Self {
        let mut plan = self.clone();
        let max = plan.limits.time_max;
        plan.limits.time_max = Some(max.map_or(left, |max| max.min(left)));
        plan
    }

    /// Returns the plan by which a package is searched at first, if that is another one.
    #[cfg(feature = "go")]
    fn at_first(&self, engine: Engine, target: &Target) -> Option<Self> {
        let states_max = self.limits.states_max.unwrap_or(u64::MAX);
        let is_of_it = engine == Engine::Stateful && target.is_package();
        if !is_of_it || states_max <= FEW_STATES || self.checkpoint.is_some() {
            return None;
        }
        let mut few = self.clone();
        few.limits.states_max = Some(FEW_STATES);
        Some(few)
    }

    /// Returns the meter of a walk with the limits of the flags.
    pub(crate) fn meter(&self, watch: &Arc<Watch>) -> Meter {
        Meter::new(self.limits.clone(), watch.clone())
    }

    /// Returns a checker with the settings of the flags.
    fn checker(&self, engine: Option<Engine>, watch: &Arc<Watch>) -> Checker {
        let mut checker = Checker::new()
            .limits(self.limits.clone())
            .keep_going(self.keep_going)
            .helpers(self.helpers.clone())
            .watch(watch.clone());
        if let Some(max) = self.preemptions_max {
            checker = checker.preemptions_max(max);
        }
        match engine {
            Some(Engine::Random) => checker.random(self.seed, self.draw),
            Some(engine) => checker.engine(engine),
            None => checker,
        }
    }
}

/// Refuses a limit of 0.
pub(crate) fn refuse_zero(limits: &[usize]) -> Result<(), Failure> {
    match limits.contains(&0) {
        true => Err(Failure::Usage(
            "a limit of 0 leaves nothing to look at".to_owned(),
        )),
        false => Ok(()),
    }
}

/// Returns the facts of a kernel for a trace.
pub(crate) fn facts(kernel: &Kernel) -> Facts {
    Facts {
        mechanism: kernel.mechanism.to_owned(),
        fix: kernel.fix.to_owned(),
        upstream: kernel.upstream.to_owned(),
        bound: kernel.bound.to_owned(),
    }
}

/// Searches a target.
///
/// # Errors
/// If a goroutine never comes back, or the checkpoint is not one of this search.
pub(crate) fn search(
    plan: &Plan,
    engine: Option<Engine>,
    target: &Target,
    progress: &mut ProgressLine,
) -> Result<Report, Failure> {
    let engine = engine.unwrap_or(target.engine());
    if target.is_quiet() && !knows_quiet_time(engine) {
        return Err(Failure::Usage(format!(
            "{} takes the engines stateful, exhaustive and random, not {}",
            target.asks_for_quiet_time(),
            engine.name()
        )));
    }
    let mut refined = target.clone();
    for round in 1.. {
        let mut report = search_round(plan, engine, &refined, progress)?;
        // A search finds races, and the next one takes what raced in every order.
        match refined.refined().filter(|_| round < ROUNDS_MAX) {
            Some(next) if !signals::interrupted() => refined = next,
            _ => {
                #[cfg(feature = "go")]
                judge_failures(plan, &refined, &mut report, progress)?;
                #[cfg(feature = "go")]
                if engine == Engine::Stateful
                    && refined.is_package()
                    && draw_some(plan, &refined, &mut report, progress)?
                {
                    judge_failures(plan, &refined, &mut report, progress)?;
                }
                refined.judge(&mut report);
                #[cfg(feature = "go")]
                if refined.looks_at_time() {
                    doubt_failures(&mut report);
                }
                target.show_race(&mut report);
                return Ok(report);
            }
        }
    }
    unreachable!("a loop without an end")
}

/// States after which a package counts as large.
#[cfg(feature = "go")]
const FEW_STATES: u64 = 300_000;

/// Searches a target as it is. A package that is large is first searched a little, and some
/// executions are drawn: that takes seconds, where all its states may take minutes.
fn search_round(
    plan: &Plan,
    engine: Engine,
    target: &Target,
    progress: &mut ProgressLine,
) -> Result<Report, Failure> {
    let timers = plan.timers.of(target);
    let make = || {
        let target = target.clone();
        move || target.subject()
    };
    #[cfg(feature = "go")]
    if let Some(few) = plan.at_first(engine, target) {
        let mut report = search_subject(&few, Some(engine), timers, make(), progress)?;
        let is_large = report.verdict == Verdict::Bounded
            && report.findings.limits.contains(&Limit::States(FEW_STATES));
        // A failure may be one only because a timer is early, so it is no answer yet.
        let is_found = is_large && draw_some(plan, target, &mut report, progress)?;
        if !is_large || is_found && !fails(&report) {
            return Ok(report);
        }
    }
    search_subject(plan, Some(engine), timers, make(), progress)
}

/// Draws some executions of a program that is too large to be explored. They find what is frequent,
/// however far it is from the start. Returns true if they find something.
#[cfg(feature = "go")]
fn draw_some(
    plan: &Plan,
    target: &Target,
    report: &mut Report,
    progress: &mut ProgressLine,
) -> Result<bool, Failure> {
    const DRAWN: u64 = 300;
    const TIME: Duration = Duration::from_secs(5);
    if report.verdict != Verdict::Bounded || signals::interrupted() {
        return Ok(false);
    }
    let timers = plan.timers.of(target);
    let mut few = plan.within(TIME).with_checkpoint(None);
    few.limits.executions_max = Some(DRAWN);
    // One execution at a time takes little memory, so it may be long and wide.
    few.limits.steps_max = few.limits.steps_max.saturating_mul(50);
    few.limits.goroutines_max = few.limits.goroutines_max.saturating_mul(16);
    let target = target.clone();
    let make = move || target.subject();
    let drawn = search_subject(&few, Some(Engine::Random), timers, make, progress)?;
    let finds = !drawn.findings.bad.is_empty();
    if finds {
        *report = drawn;
    }
    Ok(finds)
}

/// Looks at a test that fails in quiet time: a failure that is not there is none. The test may
/// still fail, or have no end, since time does not pass as durations say. If it passes where time
/// does, the answer is the one of that time.
#[cfg(feature = "go")]
fn judge_failures(
    plan: &Plan,
    target: &Target,
    report: &mut Report,
    progress: &mut ProgressLine,
) -> Result<(), Failure> {
    let timers = plan.timers.of(target);
    let engine = Some(Engine::Stateful);
    if let (true, Some(quiet)) = (fails(report), target.in_quiet_time())
        && !target.is_quiet()
    {
        let make = move || quiet.subject();
        let in_quiet = search_subject(plan, engine, timers, make, progress)?;
        excuse_early_timers(report, &in_quiet);
    }
    // Where the time stands still, a loop until some time has passed has no end.
    let is_endless = report.findings.bad.is_empty()
        && report.verdict == Verdict::Bounded
        && target.looks_at_time();
    if let (true, Some(clock)) = (fails(report) || is_endless, target.by_the_clock()) {
        let make = move || clock.subject();
        let by_clock = search_subject(plan, engine, timers, make, progress)?;
        let answers = by_clock.findings.complete || !is_endless;
        if answers && take_the_clock(report, by_clock) {
            target.assume_the_clock();
        }
    }
    Ok(())
}

/// Returns true of a search that asks for all steps of a state, as quiet time takes it.
fn knows_quiet_time(engine: Engine) -> bool {
    match engine {
        Engine::Stateful | Engine::Stubborn | Engine::Exhaustive | Engine::Random => true,
        Engine::Auto | Engine::Optimal | Engine::Loom => false,
    }
}

/// Searches the subject that `make` makes on the searching thread.
///
/// # Errors
/// If a goroutine never comes back, or the checkpoint is not one of this search.
pub(crate) fn search_subject(
    plan: &Plan,
    engine: Option<Engine>,
    timers: TimerRules,
    make: impl FnOnce() -> Box<dyn Subject> + Send + 'static,
    progress: &mut ProgressLine,
) -> Result<Report, Failure> {
    let watch: Arc<Watch> = Arc::default();
    let mut checker = plan.checker(engine, &watch).timers(timers);
    if let Some(checkpoint) = &plan.checkpoint {
        checker = checkpoint.apply(checker)?;
    }
    let _interruptible = signals::Guard::new(&watch);
    let looked = watch.clone();
    let found = supervise(
        &watch,
        plan.stall_max,
        |elapsed| progress.show(&looked, elapsed),
        move || checker.check_subject(make().as_ref()),
    );
    progress.clear();
    if let (Some(checkpoint), Ok(report)) = (&plan.checkpoint, &found) {
        checkpoint.finish(report);
    }
    found
}
