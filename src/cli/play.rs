//! A replayed execution. It has an ending but no verdict: only a search has one.

use std::sync::Arc;
use std::time::Duration;

use gordian_checker::catalogue::TimerRules;
use gordian_checker::execution::{schedule, words};
use gordian_checker::replay::{Replayed, play_subject};

use super::failure::Failure;
use super::supervise::supervise;
use super::target::Target;

/// The way in which a schedule is played.
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

/// Plays a schedule on a target.
///
/// # Errors
/// If the schedule cannot be read, or the kernel has a fault.
pub(crate) fn play(target: &Target, text: &str, how: How) -> Result<Replayed, Failure> {
    let tokens = schedule::split(text)
        .map_err(|what| Failure::Usage(format!("the schedule cannot be read: {what}")))?;
    let target = target.clone();
    let go_on = how.go_on.then_some(how.steps_max);
    let work = move || play_subject(target.subject().as_ref(), &tokens, how.timers, go_on);
    let played = supervise(&Arc::default(), how.stall_max, |_| (), work)?;
    played.map_err(|fault| Failure::NoAnswer(words::fault(&fault)))
}
