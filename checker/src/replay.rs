//! Playing a schedule that somebody wrote: [`replay`].

use std::fmt;
use std::rc::Rc;

use crate::execution::escape::visible;
use crate::execution::escape::visible_lines;
use crate::execution::replay::Misfit;
use crate::execution::replay::play;
use crate::execution::schedule;
use crate::execution::words;
use crate::explain::Trace;
use crate::model::Fault;
use crate::model::TimerRules;
use crate::render::Look;
use crate::render::list;
use crate::subject::Subject;

/// Why a schedule could not be played.
#[derive(Clone)]
pub enum ReplayError {
    /// It cannot be read: why.
    Schedule(String),
    /// It does not fit the kernel from some step on.
    Misfit {
        /// Where, and what could have been done there.
        misfit: Misfit,
        /// The trace up to there.
        trace: Box<Trace>,
    },
    /// The kernel has a fault that is no behaviour of it.
    Fault(Fault),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule(why) => {
                write!(f, "the schedule cannot be read: {}", visible(why))
            }
            Self::Misfit { misfit, trace } => {
                let what = if misfit.ambiguous {
                    "means more than one step"
                } else {
                    "cannot be taken"
                };
                let enabled = match misfit.enabled.len() {
                    0 => "nothing can".to_owned(),
                    _ => format!("these can: {}", misfit.enabled.join(", ")),
                };
                let (step, token) = (misfit.step, visible(&misfit.token));
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

/// As [`Display`](fmt::Display): it is what a test shows that expects a schedule to fit.
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
/// use gordian_checker::{replay, explain::trace::Ending, sync::{chan, go}};
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

/// The same with timers by these rules.
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

/// As [`replay_with`], with a subject of any kind.
///
/// # Errors
/// As for [`replay`].
pub fn replay_subject(
    subject: &dyn Subject,
    text: &str,
    timers: TimerRules,
) -> Result<Trace, ReplayError> {
    let tokens = schedule::split(text).map_err(ReplayError::Schedule)?;
    let mut program = subject.program_with(crate::STACK_BYTES, timers);
    let program = program.as_mut();
    let played = play(program, &tokens).map_err(ReplayError::Fault)?;
    let trace = Trace::replay(program, &played.path).map_err(ReplayError::Fault)?;
    match played.misfit {
        None => Ok(trace),
        Some(misfit) => Err(ReplayError::Misfit {
            misfit,
            trace: Box::new(trace),
        }),
    }
}
