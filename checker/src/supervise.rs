//! Runs kernels on a thread of their own, so that another one can see that a goroutine never comes
//! back.
//!
//! A goroutine in a loop without a visible operation (`loop {}`) has the thread for ever: nothing
//! inside the search can stop it, since goroutines yield at their operations only. From another
//! thread it can be seen, by the [heart](crate::explore::Watch::heartbeat) that stands still, and
//! be told with its name and the place that it was last seen at. The thread is then left behind,
//! and runs on until the process ends.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{io, panic, thread};

use crate::explore::Watch;
use crate::model::{Site, Stall, StallCause};

/// How long a goroutine may run without a visible operation, unless something else is said.
pub const STALL_MAX: Duration = Duration::from_secs(10);

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The stack of the thread that searches: `Debug` and `Drop` of a kernel's values run on it.
const STACK_BYTES: usize = 16 << 20;

/// Why there is no result.
#[derive(Debug)]
pub enum Loss {
    /// A goroutine has run for too long.
    Stalled(Stall),
    /// There is no thread to be had.
    NoThread(io::Error),
}

/// Runs `work` on a thread of its own, where all goroutines beat in this watch's heart. Looks now
/// and then how long a goroutine may run without a visible operation: `allow` is given the time
/// that has passed since the start, and yields `None` for "as long as it likes".
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
) -> Result<T, Loss> {
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
        .map_err(Loss::NoThread)?;
    let start = Instant::now();
    let mut heart = (watch.heartbeat.beats(), start);
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
        if beats != heart.0 || beats.is_multiple_of(2) {
            heart = (beats, Instant::now());
        }
        let time = heart.1.elapsed();
        if let Some(cause) = watch.heartbeat.lost() {
            return Err(Loss::Stalled(stall(watch, time, cause)));
        }
        if allowed.is_some_and(|allowed| time >= allowed) {
            return Err(Loss::Stalled(stall(watch, time, StallCause::Runs)));
        }
    }
}

fn stall(watch: &Watch, time: Duration, cause: StallCause) -> Stall {
    let stretch = watch.heartbeat.stretch();
    let name = stretch.as_ref().map_or("?", |stretch| &stretch.goroutine);
    Stall {
        goroutine: name.to_owned(),
        from: stretch.as_ref().map_or(Site::NONE, |stretch| stretch.from),
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
