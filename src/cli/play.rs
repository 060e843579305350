//! A replayed execution. It has an ending but no verdict: only a search has one.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gordian_checker::Subject;
use gordian_checker::catalogue::{TimerRules, Variant};
use gordian_checker::execution::replay::{self, Divergence};
use gordian_checker::execution::{schedule, words};
use gordian_checker::explain::Trace;
use gordian_checker::model::Fault;
use gordian_checker::model::Program;
use gordian_checker::model::Step;
use gordian_checker::model::World;

use super::failure::Failure;
use super::search::STACK_BYTES;
use super::supervise::supervise;

/// A replayed execution.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) trace: Trace,
    /// The point where the schedule stopped fitting, if it did.
    pub(crate) divergence: Option<Divergence>,
    /// The reason why it was not continued to its end, if it was not.
    pub(crate) given_up: Option<GivenUp>,
}

/// The reason why an execution is not continued to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GivenUp {
    /// The limit on steps was reached.
    Steps,
    /// A state was repeated: continuing in the same way runs for ever.
    Round,
}

/// The settings of a replay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// True to continue with the first enabled step when the schedule ends or does not fit.
    pub(crate) go_on: bool,
    /// Most steps to play.
    pub(crate) steps_max: usize,
    pub(crate) stall_max: Option<Duration>,
    /// The rules of timers.
    pub(crate) timers: TimerRules,
}

/// Plays a schedule on a variant.
///
/// # Errors
/// If the schedule cannot be read, or the kernel has a fault.
pub(crate) fn play(variant: &Variant, text: &str, how: How) -> Result<Played, Failure> {
    let tokens = schedule::split(text)
        .map_err(|what| Failure::Usage(format!("the schedule cannot be read: {what}")))?;
    let main = variant.main;
    let watch = Arc::default();
    let work = move || follow(&Rc::new(main), &tokens, how);
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
        divergence: first.divergence,
        given_up,
    })
}

/// Continues with the first enabled step, to the end or until it gives up.
fn go_on(
    program: &mut dyn Program,
    mut world: World,
    path: &mut Vec<Step>,
    steps_max: usize,
) -> Result<Option<GivenUp>, Fault> {
    // Each state is compared with an earlier one, which is replaced at growing intervals (Brent's
    // algorithm). A repeated state is found eventually, and only one earlier state is kept.
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
