//! One search of one variant, watched.

use std::sync::Arc;
use std::time::Duration;

use gordian_checker::catalogue::Kernel;
use gordian_checker::explain::trace::Facts;
use gordian_checker::explore::random::Draw;
use gordian_checker::explore::{Helpers, Limits, Meter, Watch};
use gordian_checker::{Checker, Engine, Report, Subject};

use super::args::{SearchArgs, TimersArgs};
use super::checkpoint::CheckpointFile;
use super::failure::Failure;
use super::memory::Memory;
use super::progress::ProgressLine;
#[cfg(feature = "go")]
use super::rounds;
use super::signals;
use super::supervise::supervise;
use super::target::Target;

/// The settings of a search.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) limits: Limits,
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

    /// Returns true if the search is saved in a file.
    #[cfg(feature = "go")]
    pub(crate) fn is_saved(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// Returns the meter of a walk with the limits of the flags.
    pub(crate) fn meter(&self, watch: &Arc<Watch>) -> Meter {
        Meter::new(self.limits.clone(), watch.clone())
    }

    /// Returns a checker with the settings of the flags.
    pub(crate) fn checker(&self, engine: Engine) -> Checker {
        let mut checker = Checker::new()
            .limits(self.limits.clone())
            .keep_going(self.keep_going)
            .helpers(self.helpers.clone());
        if let Some(max) = self.preemptions_max {
            checker = checker.preemptions_max(max);
        }
        match engine {
            Engine::Random => checker.random(self.seed, self.draw),
            engine => checker.engine(engine),
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
    #[cfg(feature = "go")]
    if let Target::Go(entry) = target {
        return rounds::search(plan, engine, entry, progress);
    }
    let checker = plan.checker(engine).timers(plan.timers.of(target));
    let target = target.clone();
    search_subject(plan, checker, move || target.subject(), progress)
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
    checker: Checker,
    make: impl FnOnce() -> Box<dyn Subject> + Send + 'static,
    progress: &mut ProgressLine,
) -> Result<Report, Failure> {
    let watch: Arc<Watch> = Arc::default();
    let mut checker = checker.watch(watch.clone());
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
