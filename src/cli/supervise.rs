//! Runs kernels on a thread of their own, so that another one can watch: show progress, hear
//! Ctrl-C, and see that a goroutine never comes back.

use std::sync::Arc;
use std::time::Duration;

use gordian_checker::execution::words;
use gordian_checker::explore::Watch;
use gordian_checker::supervise::{self, Loss};

use super::failure::Failure;
use super::signals;

/// How long after Ctrl-C a goroutine may still run on without a visible operation.
const GRACE: Duration = Duration::from_secs(1);

/// Runs `work` on a thread of its own, where all goroutines beat in this watch's heart, and calls
/// `look` now and then, with the time that has passed.
///
/// # Errors
/// If a goroutine ran for `stall_max` without a visible operation.
pub(crate) fn supervise<T: Send + 'static>(
    watch: &Arc<Watch>,
    stall_max: Option<Duration>,
    mut look: impl FnMut(Duration),
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let allow = |elapsed| {
        look(elapsed);
        if signals::interrupted() {
            Some(GRACE)
        } else {
            stall_max
        }
    };
    supervise::supervise(watch, allow, work).map_err(|loss| match loss {
        Loss::Stalled(stall) => Failure::NoAnswer(format!(
            "{}\n  {}",
            words::stall(&stall),
            words::stall_advice(stall.cause)
        )),
        Loss::NoThread(error) => Failure::Usage(format!("cannot start a thread: {error}")),
    })
}
