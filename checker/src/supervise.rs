//! Runs kernels on a thread of their own, so that another thread can notice a goroutine that never
//! comes back.
//!
//! A goroutine in a loop without a visible operation (`loop {}`) keeps the thread for ever. Nothing
//! inside the search can stop it, since goroutines yield only at their operations. Another thread
//! can notice it by the [heartbeat](crate::explore::Watch::heartbeat) that stops, and report its
//! name and the place where it was last seen. The searching thread is then left behind, and runs on
//! until the process ends.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{io, panic, thread};

use crate::explore::Watch;
use crate::model::{Stall, StallCause};

/// The default time that a goroutine may run without a visible operation.
pub const STALL_MAX: Duration = Duration::from_secs(10);

/// Polling interval.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The stack of the thread that searches. `Debug` and `Drop` of a kernel's values run on it.
const STACK_BYTES: usize = 16 << 20;

/// The reason why there is no result.
#[derive(Debug)]
pub enum SuperviseError {
    /// A goroutine has run for too long.
    Stalled(Stall),
    /// No thread can be started.
    NoThread(io::Error),
}

/// Runs `work` on a thread of its own, with this watch as the heartbeat of all goroutines there. It
/// checks at intervals if a goroutine runs too long without a visible operation. `allow` gets the
/// time since the start, and returns the time allowed; `None` is no limit.
///
/// # Errors
/// If a goroutine ran longer than that, or no thread can be started.
///
/// # Panics
/// If `work` does, with the same payload.
pub fn supervise<T: Send + 'static>(
    watch: &Arc<Watch>,
    mut allow: impl FnMut(Duration) -> Option<Duration>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SuperviseError> {
    let (done, outcome) = channel();
    watch.heartbeat.is_watched_from_now_on();
    let of_thread = watch.clone();
    let worker = thread::Builder::new()
        .name("search".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let result = of_thread.over(work);
            // The receiver is gone only if nobody waits for the result any more.
            let _ = done.send(result);
        })
        .map_err(SuperviseError::NoThread)?;
    let start = Instant::now();
    let mut last_beat = (watch.heartbeat.beats(), start);
    loop {
        match outcome.recv_timeout(LOOK_EVERY) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(payload) => panic::resume_unwind(payload),
                Ok(()) => unreachable!("a thread that ends has sent its result"),
            },
            Err(RecvTimeoutError::Timeout) => {}
        }
        let allowed = allow(start.elapsed());
        let beats = watch.heartbeat.beats();
        if beats != last_beat.0 || beats.is_multiple_of(2) {
            last_beat = (beats, Instant::now());
        }
        let time = last_beat.1.elapsed();
        if let Some(cause) = watch.heartbeat.lost() {
            return Err(SuperviseError::Stalled(stall(watch, time, cause)));
        }
        if allowed.is_some_and(|allowed| time >= allowed) {
            return Err(SuperviseError::Stalled(stall(
                watch,
                time,
                StallCause::Runs,
            )));
        }
    }
}

fn stall(watch: &Watch, time: Duration, cause: StallCause) -> Stall {
    let local_run = watch.heartbeat.local_run();
    let name = local_run
        .as_ref()
        .map_or("?", |local_run| &local_run.goroutine);
    Stall {
        goroutine: name.to_owned(),
        from: local_run
            .as_ref()
            .map(|local_run| local_run.from.place())
            .unwrap_or_default(),
        time,
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_comes_back() {
        let watch = Arc::default();
        assert!(matches!(supervise(&watch, |_| None, || 7), Ok(7)));
    }

    #[test]
    fn a_panic_of_the_work_is_a_panic_of_the_caller() {
        let watch = Arc::default();
        let result = panic::catch_unwind(|| {
            supervise(&watch, |_| None, || panic::resume_unwind(Box::new(7)))
        });
        assert!(result.is_err_and(|payload| payload.downcast_ref() == Some(&7)));
    }

    #[test]
    fn work_outside_the_goroutines_is_no_stall() {
        let watch = Arc::default();
        let allow = |_| Some(Duration::from_millis(60));
        let work = || thread::sleep(Duration::from_millis(200));
        assert!(supervise(&watch, allow, work).is_ok());
    }
}
