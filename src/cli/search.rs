//! One search of one variant, watched.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gordian_checker::TimerRules;
use gordian_checker::catalogue::Variant;
use gordian_checker::explore::random::Draw;
use gordian_checker::explore::{Limits, Watch};
use gordian_checker::{Checker, Engine, Report, Subject};

use super::args::SearchArgs;
use super::checkpoint::Checkpoint;
use super::failure::Failure;
use super::progress::Progress;
use super::signals;
use super::supervise::supervise;

/// The stack of a goroutine where only a schedule is played.
pub(crate) const STACK_BYTES: usize = gordian_checker::check::STACK_BYTES;

/// How to search.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    limits: Limits,
    preemptions_max: Option<u32>,
    pub(crate) timers: TimerRules,
    keep_going: bool,
    seed: u64,
    draw: Draw,
    /// How long a goroutine may run without a visible operation.
    pub(crate) stall_max: Option<Duration>,
    /// Where the search is written down.
    checkpoint: Option<Checkpoint>,
}

impl Plan {
    /// What the flags say.
    pub(crate) fn new(args: &SearchArgs) -> Result<Self, Failure> {
        if args.steps_max == 0 || args.goroutines_max == 0 {
            return Err(Failure::Usage(
                "a limit of 0 leaves nothing to look at".to_owned(),
            ));
        }
        let limits = Limits {
            steps_max: args.steps_max,
            executions_max: args.executions_max.0,
            states_max: args.states_max.0,
            goroutines_max: args.goroutines_max,
            time_max: args.time_max.0,
            memory_max: args.memory_max.0,
            work_max: args.work_max.0,
        };
        let draw = match args.priorities {
            None => Draw::Uniform,
            Some(depth) => Draw::Priorities { depth },
        };
        Ok(Self {
            limits,
            preemptions_max: args.preemptions.0,
            timers: args.timers,
            keep_going: args.keep_going,
            seed: args.seed,
            draw,
            stall_max: args.stall_max.0,
            checkpoint: None,
        })
    }

    /// The same, with the search written down there.
    pub(crate) fn with_checkpoint(self, checkpoint: Option<Checkpoint>) -> Self {
        Self { checkpoint, ..self }
    }

    /// A checker that does as the flags say.
    fn checker(&self, engine: Option<Engine>, watch: &Arc<Watch>) -> Checker {
        let mut checker = Checker::new()
            .limits(self.limits.clone())
            .keep_going(self.keep_going)
            .timers(self.timers)
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

/// Searches a variant.
///
/// # Errors
/// If a goroutine never comes back, or the checkpoint is not one of this search.
pub(crate) fn search(
    plan: &Plan,
    engine: Option<Engine>,
    variant: &Variant,
    progress: &mut Progress,
) -> Result<Report, Failure> {
    let main = variant.main;
    search_subject(plan, engine, move || Box::new(Rc::new(main)), progress)
}

/// Searches a subject that `make` makes on the thread that searches.
///
/// # Errors
/// If a goroutine never comes back, or the checkpoint is not one of this search.
pub(crate) fn search_subject(
    plan: &Plan,
    engine: Option<Engine>,
    make: impl FnOnce() -> Box<dyn Subject> + Send + 'static,
    progress: &mut Progress,
) -> Result<Report, Failure> {
    let watch: Arc<Watch> = Arc::default();
    let mut checker = plan.checker(engine, &watch);
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
