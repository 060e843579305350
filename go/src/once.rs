//! One execution of a subject, for its output.

use gordian_checker::model::{
    End, GoroutineId, Next, Op, Pause, Pending, Phase, Program as _, World,
};

use crate::GoSubject;

/// The result of one execution.
#[derive(Clone, Debug)]
pub struct Once {
    /// The output of the program.
    pub output: String,
    /// The end.
    pub end: End,
    /// The message of the first goroutine that panicked.
    pub panic: Option<String>,
    /// True if main is blocked for ever.
    pub deadlock: bool,
}

/// Runs a subject once: in each state the first goroutine that can goes on, or, if one has just
/// yielded, the next. A program ends with its main; what a test has started runs on.
///
/// # Errors
/// If the program cannot go on for a reason that is no behaviour of it, in words.
pub fn run_once(subject: &GoSubject) -> Result<Once, String> {
    const STEPS_MAX: usize = 20_000_000;
    /// A single execution may take longer than each of many.
    const PATIENCE: u64 = 25;
    let mut program = subject.go_program(subject.timers());
    program.keep_output(PATIENCE);
    let words = |fault| gordian_checker::execution::words::fault(&fault);
    let mut world = World::start(&mut program).map_err(words)?;
    let mut steps = Vec::new();
    let has_returned = |world: &World| {
        let main = world.goroutine(GoroutineId::MAIN);
        main.is_some_and(|main| main.phase == Phase::Returned)
    };
    let mut yielded = None;
    for taken in 0.. {
        if subject.is_main() && has_returned(&world) {
            break;
        }
        world.enabled(&program, &mut steps);
        let later = steps.iter().find(|it| Some(it.actor) > yielded);
        let Some(&step) = later.or(steps.first()) else {
            break;
        };
        let pending = world.pending(&program, step.actor);
        let yields = matches!(pending, Pending::Op(Op::Pause(Pause::Yield)));
        yielded = yields.then_some(step.actor);
        world.take(&mut program, step).map_err(words)?;
        if taken == STEPS_MAX {
            return Err(format!("takes more than {STEPS_MAX} steps"));
        }
    }
    let panic = world.goroutines().iter().find_map(|goroutine| {
        matches!(goroutine.phase, Phase::Panicked(_)).then(|| {
            match (&program.arrival(goroutine.local).next, goroutine.phase) {
                (Next::Panic(message), _) => message.clone(),
                (_, Phase::Panicked(panic)) => panic.message().unwrap_or("").to_owned(),
                _ => String::new(),
            }
        })
    });
    Ok(Once {
        output: program.output().to_owned(),
        end: world.end(&program),
        deadlock: panic.is_none() && !has_returned(&world),
        panic,
    })
}
