//! An execution that is played by its schedule.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gordian_checker::catalogue::Variant;
use gordian_checker::execution::replay::{self, Misfit};
use gordian_checker::execution::{schedule, words};
use gordian_checker::explain::trace::Ending;
use gordian_checker::explain::{Releasers, Trace};
use gordian_checker::model::Fault;
use gordian_checker::{Subject, Verdict};

use super::failure::Failure;
use super::search::STACK_BYTES;
use super::supervise::supervise;

/// An execution that was played.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) trace: Trace,
    /// Where the schedule stopped fitting, if it did.
    pub(crate) misfit: Option<Misfit>,
    /// Whether going on was given up, at the limit on steps.
    pub(crate) cut: bool,
}

/// How a schedule is played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// Whether to go on with the first that can move, where the schedule ends or stops fitting.
    pub(crate) go_on: bool,
    /// How many steps may be played.
    pub(crate) steps_max: usize,
    pub(crate) stall_max: Option<Duration>,
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
    let mut program = subject.program(STACK_BYTES);
    let program = program.as_mut();
    let first = replay::play(program, tokens)?;
    let mut path = first.path;
    let mut world = first.world;
    let mut enabled = Vec::new();
    let mut cut = false;
    if how.go_on {
        world.enabled(program, &mut enabled);
        while let Some(&step) = enabled.first() {
            cut = path.len() >= how.steps_max;
            if cut {
                break;
            }
            world.take(program, step)?;
            path.push(step);
            world.enabled(program, &mut enabled);
        }
    }
    let releasers = Releasers::collect(program, Releasers::STATES_MAX)?;
    Ok(Played {
        trace: Trace::play(program, &path, 0, &releasers)?,
        misfit: first.misfit,
        cut,
    })
}

impl Played {
    /// The verdict on this one execution; `None` if it has not come to its end.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        Some(match self.trace.end {
            Ending::Complete => Verdict::Proved,
            Ending::Leak => Verdict::Leak,
            Ending::Deadlock => Verdict::Deadlock,
            Ending::Panic => Verdict::Panic,
            Ending::Bounded => Verdict::Bounded,
            Ending::Open => return None,
        })
    }
}
