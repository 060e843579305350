//! Checks that a search by levels is the same whatever the number of its threads: its findings, and
//! its saved form at each pause.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use gordian_checker::Subject;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::{
    Checkpoint, CheckpointKey, Helpers, Limits, Meter, Progress, Search, Watch,
};
use gordian_checker::model::{Program, TimerRules};
use gordian_checker::script::{AsClosure, Memory, Script, Start};

/// Most states of a program that is compared.
const STATES_MAX: u64 = 2_000;

/// A program at its start.
type Make<'a> = &'a dyn Fn() -> Box<dyn Program>;

/// The limits and the pauses of a search.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The limits.
    pub(crate) limits: Limits,
    /// Units of work between two pauses.
    pub(crate) units: u64,
    /// The pause after which it is interrupted, if it is.
    pub(crate) interrupted: Option<usize>,
}

/// The threads of a search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threads<'a> {
    /// The number of those that help. If there are several numbers, the search is saved at each
    /// pause, and resumed in a new program with the next number.
    pub(crate) helpers: &'a [usize],
    /// Number of states of a slice, if it is not the usual one.
    pub(crate) slice: Option<usize>,
}

impl Threads<'_> {
    fn search(&self, times: usize) -> Stateful {
        let helpers = self.helpers[times % self.helpers.len()];
        let search = Stateful::new().with_helpers(Helpers::new(helpers));
        match self.slice {
            Some(states) => search.in_slices_of(states),
            None => search,
        }
    }
}

/// Runs a search to its end. Returns its saved form at each pause and at the end, or its fault, and
/// the number of states whose steps were taken ahead.
pub(crate) fn run(make: Make<'_>, plan: &Plan, threads: Threads<'_>) -> (Vec<Vec<u8>>, u64) {
    let key = CheckpointKey::new("any", &plan.limits, None, String::new());
    let meter = || {
        let watch: Arc<Watch> = Arc::default();
        Meter::new(plan.limits.clone(), watch)
    };
    let (mut program, mut search, mut meter_now) = (make(), threads.search(0), meter());
    let (mut stops, mut ahead) = (Vec::new(), 0);
    loop {
        meter_now.begin_slice(plan.units);
        let progress = match search.advance(program.as_mut(), &mut meter_now) {
            Ok(progress) => progress,
            Err(fault) => {
                stops.push(format!("{fault:?}").into_bytes());
                Progress::Done
            }
        };
        let saved = Checkpoint {
            key: key.clone(),
            known: program.learner().expect("it is learned").ids(),
            spent: meter_now.spent(),
            elapsed: std::time::Duration::ZERO,
            search: search.save().expect("it can be saved"),
        };
        stops.push(postcard::to_stdvec(&saved).expect("it can be written"));
        if progress == Progress::Done {
            program.learner().expect("it is learned").finish();
            return (stops, ahead + search.taken_ahead());
        }
        if plan.interrupted == Some(stops.len()) {
            meter_now.watch.interrupt.store(true, Ordering::Relaxed);
        }
        if threads.helpers.len() > 1 {
            ahead += search.taken_ahead();
            program.learner().expect("it is learned").finish();
            (program, search) = (make(), threads.search(stops.len()));
            let watch = meter_now.watch.clone();
            meter_now = meter();
            meter_now.watch = watch;
            let begun = saved.begin(&key, program.as_mut(), &mut meter_now);
            begun.expect("the same settings");
            let restored = search.restore(program.as_mut(), saved.search);
            restored.expect("the same program");
        }
    }
}

/// Compares searches with some numbers of threads with one that has one thread. Returns the number
/// of states whose steps were taken ahead.
///
/// # Errors
/// A description of the difference.
pub(crate) fn compare(make: Make<'_>, plan: &Plan, all: &[Threads<'_>]) -> Result<u64, String> {
    let one = Threads {
        helpers: &[0],
        slice: None,
    };
    let (stops, _) = run(make, plan, one);
    let mut ahead = 0;
    for &threads in all {
        let (its, more) = run(make, plan, threads);
        ahead += more;
        let pauses = stops
            .iter()
            .zip(&its)
            .take_while(|(one, other)| one == other);
        let (same, lengths) = (pauses.count(), (stops.len(), its.len()));
        if same < stops.len().max(its.len()) {
            return Err(format!(
                "{threads:?} differ from one thread at pause {same} of {lengths:?}: {plan:?}"
            ));
        }
    }
    Ok(ahead)
}

/// Returns limits and pauses that differ from script to script.
fn plans(script: &Script) -> [Plan; 3] {
    let mut hasher = DefaultHasher::new();
    script.to_rust().hash(&mut hasher);
    let drawn = hasher.finish();
    let draw = |at: u32, below: u64| (drawn >> at) % below;
    let states = |states_max| Limits {
        states_max: Some(states_max),
        ..Limits::default()
    };
    let whole = Plan {
        limits: states(STATES_MAX),
        units: u64::MAX,
        interrupted: None,
    };
    let paused = Plan {
        units: 5 + draw(0, 200),
        interrupted: (draw(8, 3) == 0).then(|| 1 + draw(16, 5) as usize),
        ..whole.clone()
    };
    let limited = Plan {
        limits: Limits {
            steps_max: 3 + draw(24, 40) as usize,
            goroutines_max: 1 + draw(32, 8) as usize,
            ..states(1 + draw(40, 300))
        },
        ..paused.clone()
    };
    [whole, paused, limited]
}

fn check_by(script: &Script, make: Make<'_>) -> Result<Option<usize>, String> {
    let threads = |helpers, slice| Threads {
        helpers,
        slice: Some(slice),
    };
    let all = [threads(&[1], 1), threads(&[2], 3), threads(&[1, 0, 2], 2)];
    let mut ahead = 0;
    for plan in plans(script) {
        ahead += compare(make, &plan, &all)?;
    }
    Ok(usize::try_from(ahead).ok())
}

/// Compares searches of a script. Returns the number of states whose steps were taken ahead.
///
/// # Errors
/// A description of the difference.
pub(crate) fn check(script: &Script, timers: TimerRules) -> Result<Option<usize>, String> {
    check_by(script, &|| {
        let memory = Memory::Full;
        Box::new(script.interpreter_with(Start::Together, memory, timers))
    })
}

/// Does the same on the closures of a script.
///
/// # Errors
/// A description of the difference.
pub(crate) fn check_closures(script: &Script, timers: TimerRules) -> Result<Option<usize>, String> {
    check_by(script, &|| {
        AsClosure(script.clone()).program_with(1 << 18, timers)
    })
}
