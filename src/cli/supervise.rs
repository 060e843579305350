//! Runs kernels on a thread of their own. So another thread can show progress, react to Ctrl-C, and
//! detect a goroutine that never comes back.

use std::sync::Arc;
use std::time::Duration;

use gordian_checker::execution::words;
use gordian_checker::explore::Watch;
use gordian_checker::supervise::{self, SuperviseError};

use super::failure::Failure;
use super::signals;

/// The time that a goroutine may run on after Ctrl-C without a visible operation.
const GRACE: Duration = Duration::from_secs(1);

/// Runs `work` on a thread of its own, with this watch as the heartbeat of all its goroutines.
/// Calls `look` now and then with the elapsed time.
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
        SuperviseError::Stalled(stall) => Failure::NoAnswer(format!(
            "{}\n  {}",
            words::stall(&stall),
            words::stall_advice(stall.cause)
        )),
        SuperviseError::NoThread(error) => {
            Failure::Usage(format!("cannot start a thread: {error}"))
        }
    })
}
