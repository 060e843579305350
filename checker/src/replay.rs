//! Replays of a schedule that a user gives: [`replay`]. [`twin`] asks if it was explored.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::execution::escape::visible;
use crate::execution::escape::visible_lines;
use crate::execution::replay::{Divergence, GivenUp, go_on, play};
use crate::execution::schedule;
use crate::execution::words;
use crate::explain::Trace;
use crate::explain::twin::{NoTwin, Twin};
use crate::explore::{Limits, Meter};
use crate::model::Fault;
use crate::model::TimerRules;
use crate::render::Look;
use crate::render::list;
use crate::subject::Subject;

/// The reason why a schedule could not be played.
#[derive(Clone)]
pub enum ReplayError {
    /// It cannot be read, for this reason.
    Schedule(String),
    /// It does not fit the kernel from some step on.
    Divergence {
        /// The step, and what could have been done there.
        divergence: Divergence,
        /// The trace up to that step.
        trace: Box<Trace>,
    },
    /// The kernel has a fault that is not a behaviour of it.
    Fault(Fault),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule(why) => {
                write!(f, "the schedule cannot be read: {}", visible(why))
            }
            Self::Divergence { divergence, trace } => {
                let what = if divergence.ambiguous {
                    "means more than one step"
                } else {
                    "cannot be taken"
                };
                let enabled = match divergence.enabled.len() {
                    0 => "nothing can".to_owned(),
                    _ => format!("these can: {}", divergence.enabled.join(", ")),
                };
                let (step, token) = (divergence.step, visible(&divergence.token));
                writeln!(
                    f,
                    "step {step} of the schedule, `{token}`, {what}; {enabled}"
                )?;
                f.write_str(&list::render(trace, &Look::default()))
            }
            Self::Fault(fault) => f.write_str(&visible_lines(&words::fault(fault))),
        }
    }
}

/// Writes the same as [`Display`](fmt::Display), since a test that expects a schedule to fit shows
/// it.
impl fmt::Debug for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ReplayError {}

/// Plays a schedule on a kernel, such as the one that a failed check has printed, and yields the
/// trace of it.
///
/// # Errors
/// If the schedule cannot be read or does not fit the kernel.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::{replay, explain::trace::Ending, sync::{chan, go}};
///
/// let kernel = || {
///     let done = chan::<()>("done", 0);
///     go("worker", move || done.send(()));
///     done.recv();
/// };
/// let trace = replay(kernel, "main,worker+main").expect("it fits");
/// assert_eq!(trace.end, Ending::Complete);
/// assert!(replay(kernel, "main*3").is_err());
/// ```
pub fn replay(kernel: impl Fn() + 'static, schedule: &str) -> Result<Trace, ReplayError> {
    replay_with(kernel, schedule, TimerRules::default())
}

/// Does the same with these rules of timers.
///
/// # Errors
/// As for [`replay`].
pub fn replay_with(
    kernel: impl Fn() + 'static,
    schedule: &str,
    timers: TimerRules,
) -> Result<Trace, ReplayError> {
    replay_subject(&Rc::new(kernel), schedule, timers)
}

/// Does the same as [`replay_with`] for a subject of any kind.
///
/// # Errors
/// As for [`replay`].
pub fn replay_subject(
    subject: &dyn Subject,
    text: &str,
    timers: TimerRules,
) -> Result<Trace, ReplayError> {
    let tokens = schedule::split(text).map_err(ReplayError::Schedule)?;
    let played = play_subject(subject, &tokens, timers, None).map_err(ReplayError::Fault)?;
    match played.divergence {
        None => Ok(played.trace),
        Some(divergence) => Err(ReplayError::Divergence {
            divergence,
            trace: Box::new(played.trace),
        }),
    }
}

/// A schedule that was played on a subject, as far as it fits.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The trace of what happened.
    pub trace: Trace,
    /// The point at which the schedule stopped fitting, if it did.
    pub divergence: Option<Divergence>,
    /// Why going on was given up before the end, if it was.
    pub given_up: Option<GivenUp>,
}

/// Plays the choices of a schedule on a subject. If that is asked for, it goes on where they end or
/// stop fitting. Then the first that can move moves, up to so many steps in all.
///
/// # Errors
/// If the subject has a fault.
pub fn play_subject(
    subject: &dyn Subject,
    tokens: &[String],
    timers: TimerRules,
    steps_max: Option<usize>,
) -> Result<Replayed, Fault> {
    let mut program = subject.program_with(crate::STACK_BYTES, timers);
    let program = program.as_mut();
    let played = play(program, tokens)?;
    let mut path = played.path;
    let given_up = match steps_max {
        Some(max) => go_on(program, played.world, &mut path, max)?,
        None => None,
    };
    Ok(Replayed {
        trace: Trace::replay(program, &path)?,
        divergence: played.divergence,
        given_up,
    })
}

/// Finds the execution that the search `optimal` explores in place of a schedule's, and the swaps
/// of independent steps that lead there. With the limits of a search and the default rules for
/// timers.
///
/// # Errors
/// If the schedule is not that of a whole execution, or a limit is hit first.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::replay::twin;
/// use gordian::sync::{chan, go};
///
/// let kernel = || {
///     for name in ["one", "other"] {
///         let own = chan(name, 1);
///         go(name, move || own.send(1));
///     }
/// };
/// // Two sends to two channels: their order makes no difference, and one is explored.
/// let explored = twin(kernel, "main*2,one,other").expect("it is a whole execution");
/// let left_out = twin(kernel, "main,one,main,other").expect("it is a whole execution");
/// assert!(explored.is_itself() && !left_out.is_itself());
/// assert_eq!(left_out.explored, explored.explored);
/// ```
pub fn twin(kernel: impl Fn() + 'static, schedule: &str) -> Result<Twin, NoTwin> {
    let meter = Meter::new(Limits::default(), Arc::default());
    twin_of_subject(&Rc::new(kernel), schedule, TimerRules::default(), meter)
}

/// Does the same for a subject of any kind, with these rules of timers and the limits of a meter.
///
/// # Errors
/// As for [`twin`].
pub fn twin_of_subject(
    subject: &dyn Subject,
    schedule: &str,
    timers: TimerRules,
    meter: Meter,
) -> Result<Twin, NoTwin> {
    let mut program = subject.program_with(crate::STACK_BYTES, timers);
    Twin::find(program.as_mut(), schedule, meter)
}
