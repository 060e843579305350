//! An execution that is played by its schedule. It has an ending, and no verdict: only a search has
//! one.

use std::sync::Arc;
use std::time::Duration;

use gordian_checker::Subject;
use gordian_checker::catalogue::TimerRules;
use gordian_checker::execution::replay::{self, Misfit};
use gordian_checker::execution::{schedule, words};
use gordian_checker::explain::Trace;
use gordian_checker::model::Fault;
use gordian_checker::model::Program;
use gordian_checker::model::Step;
use gordian_checker::model::World;

use super::failure::Failure;
use super::search::STACK_BYTES;
use super::supervise::supervise;
use super::target::Target;

/// An execution that was played.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) trace: Trace,
    /// Where the schedule stopped fitting, if it did.
    pub(crate) misfit: Option<Misfit>,
    /// Why going on was given up before the end, if it was.
    pub(crate) given_up: Option<GivenUp>,
}

/// Why somebody who goes on gives up before the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GivenUp {
    /// The limit on steps was met.
    Steps,
    /// A state came back: whoever goes on in the same way goes round for ever.
    Round,
}

/// How a schedule is played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// Whether to go on with the first that can move, where the schedule ends or stops fitting.
    pub(crate) go_on: bool,
    /// How many steps may be played.
    pub(crate) steps_max: usize,
    pub(crate) stall_max: Option<Duration>,
    /// By which rules timers go.
    pub(crate) timers: TimerRules,
}

/// Plays a schedule on a target.
///
/// # Errors
/// If the schedule cannot be read, or the kernel has a fault.
pub(crate) fn play(target: &Target, text: &str, how: How) -> Result<Played, Failure> {
    let tokens = schedule::split(text)
        .map_err(|what| Failure::Usage(format!("the schedule cannot be read: {what}")))?;
    let target = target.clone();
    let watch = Arc::default();
    let work = move || follow(target.subject().as_ref(), &tokens, how);
    let played = supervise(&watch, how.stall_max, |_| (), work)?;
    played.map_err(|fault| Failure::NoAnswer(words::fault(&fault)))
}

fn follow(subject: &dyn Subject, tokens: &[String], how: How) -> Result<Played, Fault> {
    let mut program = subject.program_with(STACK_BYTES, how.timers);
    let program = program.as_mut();
    let first = replay::play(program, tokens)?;
    let (mut path, mut given_up) = (first.path, None);
    if how.go_on {
        given_up = go_on(program, first.world, &mut path, how.steps_max)?;
    }
    Ok(Played {
        trace: Trace::replay(program, &path)?,
        misfit: first.misfit,
        given_up,
    })
}

/// Goes on with the first that can move, to the end or until it gives up.
fn go_on(
    program: &mut dyn Program,
    mut world: World,
    path: &mut Vec<Step>,
    steps_max: usize,
) -> Result<Option<GivenUp>, Fault> {
    // Each state is compared with one from before, which is renewed ever more rarely (Brent's
    // algorithm): a state that comes back is found in the end, and no more than one is kept.
    let (mut before, mut taken, mut renew_at) = (world.clone(), 0_usize, 1_usize);
    let mut enabled = Vec::new();
    loop {
        world.enabled(program, &mut enabled);
        let Some(&step) = enabled.first() else {
            return Ok(None);
        };
        if path.len() >= steps_max {
            return Ok(Some(GivenUp::Steps));
        }
        world.take(program, step)?;
        path.push(step);
        taken += 1;
        if world == before {
            return Ok(Some(GivenUp::Round));
        }
        if taken == renew_at {
            before.clone_from(&world);
            renew_at = renew_at.saturating_mul(2);
        }
    }
}
