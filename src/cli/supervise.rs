//! Runs kernels on a thread of their own, so that another one can watch: show progress, hear Ctrl-C, and see that a goroutine never comes back.
//!
//! A goroutine in a loop without a visible operation (`loop {}`) has the thread for ever: nothing inside the checker can stop it, since
//! goroutines yield at their operations only. From here it can be seen, by the heart that stands still, and be told with its name and the place that it was last
//! seen at. The thread is then left behind, and the program ends. A library user has no such watcher; there the test hangs, and its runner says so.

use std::panic;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use gordian_checker::explore::Watch;

use super::failure::Failure;
use super::look::short_time;
use super::signals;

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long after Ctrl-C a goroutine may still run on without a visible operation.
const GRACE: Duration = Duration::from_secs(1);

/// The stack of the thread that searches: `Debug` and `Drop` of a kernel's values run on it.
const STACK_BYTES: usize = 16 << 20;

/// Runs `work` on a thread of its own, where all goroutines beat in this watch's heart, and calls `look` now and then, with the time that has passed.
///
/// # Errors
/// If a goroutine ran for `stall_max` without a visible operation.
pub(crate) fn supervise<T: Send + 'static>(
    watch: &Arc<Watch>,
    stall_max: Option<Duration>,
    mut look: impl FnMut(Duration),
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let (done, outcome) = channel();
    let of_thread = watch.clone();
    let worker = thread::Builder::new()
        .name("search".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let result = of_thread.over(work);
            // The receiver is gone only if the program is about to end.
            let _ = done.send(result);
        })
        .map_err(|error| Failure::Usage(format!("cannot start a thread: {error}")))?;
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
        look(start.elapsed());
        let beats = watch.heartbeat.beats();
        if beats != heart.0 || beats.is_multiple_of(2) {
            heart = (beats, Instant::now());
        }
        let allowed = if signals::interrupted() {
            Some(GRACE)
        } else {
            stall_max
        };
        let stalled = heart.1.elapsed();
        if allowed.is_some_and(|allowed| stalled >= allowed) {
            return Err(Failure::NoAnswer(describe(watch, stalled)));
        }
    }
}

fn describe(watch: &Watch, stalled: Duration) -> String {
    let stretch = watch.heartbeat.stretch();
    let name = stretch.as_ref().map_or("?", |stretch| &stretch.goroutine);
    let seconds = stalled.as_secs_f64();
    let time = if seconds >= 1.0 {
        format!("{seconds:.0} s")
    } else {
        short_time(stalled)
    };
    let since = match stretch
        .as_ref()
        .map(|stretch| stretch.from)
        .filter(|site| site.line > 0)
    {
        Some(site) => format!("since its operation at {}:{}", site.file, site.line),
        None => "since its start".to_owned(),
    };
    format!(
        "goroutine `{name}` has run for {time} without a visible operation, {since}\n  \
         A loop without one never ends under any schedule, and only the goroutine itself could leave it. If it computes for \
         long, allow more with --stall-max; if it spins, let it spin on an operation (gosched, an atomic load)."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_comes_back() {
        let watch = Arc::default();
        assert!(matches!(supervise(&watch, None, |_| (), || 7), Ok(7)));
    }

    #[test]
    fn a_defect_of_the_program_is_a_panic_of_the_program() {
        let watch = Arc::default();
        let result = panic::catch_unwind(|| {
            supervise(&watch, None, |_| (), || panic::resume_unwind(Box::new(7)))
        });
        assert!(result.is_err_and(|payload| payload.downcast_ref() == Some(&7)));
    }

    #[test]
    fn waiting_for_a_person_is_no_stall() {
        let watch = Arc::default();
        let stall_max = Some(Duration::from_millis(60));
        let work = || thread::sleep(Duration::from_millis(200));
        assert!(supervise(&watch, stall_max, |_| (), work).is_ok());
    }
}
