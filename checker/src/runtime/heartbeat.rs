//! Detects goroutines that never return: a [`Heartbeat`] counts each time a goroutine starts or
//! stops running.
//!
//! A goroutine that never reaches a visible operation cannot be stopped from within, since it never
//! gives the thread back. But another thread can see that the count stands still while a goroutine
//! runs. There is no clock here; the watcher decides how long is too long.
//! say.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::site::StaticSite;
use crate::model::StallCause;

/// The heartbeat of one search: odd while a goroutine's own code runs.
#[derive(Debug, Default)]
pub struct Heartbeat {
    beats: AtomicU64,
    /// True if another thread watches it.
    watched: AtomicBool,
    /// The number of the cause for which the thread is lost; 0 if it is not lost.
    lost: AtomicU8,
    running: Mutex<Option<LocalRun>>,
}

/// A goroutine's run between two of its visible operations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalRun {
    /// The name that the `go` statement gives to the goroutine.
    pub goroutine: Arc<str>,
    /// The operation that it had done last, if it had done any: no place at its start.
    pub(crate) from: StaticSite,
}

/// The causes for which a thread is lost, each numbered by its position.
const CAUSES: [StallCause; 3] = [
    StallCause::Runs,
    StallCause::DestructorPanics,
    StallCause::StackOverflow,
];

impl Heartbeat {
    /// Returns the number of beats: odd while a goroutine's own code runs.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Records that another thread watches, which goes on without this thread if it is lost.
    pub(crate) fn is_watched_from_now_on(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Returns the cause for which the thread that runs the goroutines will never return, if it is
    /// lost.
    #[must_use]
    pub fn lost(&self) -> Option<StallCause> {
        CAUSES
            .get(usize::from(self.lost.load(Ordering::Acquire)).checked_sub(1)?)
            .copied()
    }

    /// Records that the thread will never return, if another thread watches. Returns true if one
    /// does. It only stores to atomics, so that a signal handler may call it.
    pub(super) fn lose(&self, cause: StallCause) -> bool {
        let watched = self.watched.load(Ordering::Relaxed);
        if watched && let Some(index) = CAUSES.iter().position(|known| *known == cause) {
            let number = u8::try_from(index + 1).unwrap_or(u8::MAX);
            self.lost.store(number, Ordering::Release);
        }
        watched
    }

    /// Returns the goroutine that runs, or that ran last.
    #[must_use]
    pub fn local_run(&self) -> Option<LocalRun> {
        self.running().clone()
    }

    fn running(&self) -> MutexGuard<'_, Option<LocalRun>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Heartbeat>>> = const { RefCell::new(None) };
    /// The address of the heartbeat in [`CURRENT`].
    static ADDRESS: Cell<*const Heartbeat> = const { Cell::new(ptr::null()) };
}

fn set(heartbeat: Option<Arc<Heartbeat>>) {
    ADDRESS.set(heartbeat.as_ref().map_or(ptr::null(), Arc::as_ptr));
    CURRENT.set(heartbeat);
}

/// Runs `f` with this heartbeat for all goroutines that run on this thread meanwhile.
pub(crate) fn with<R>(heartbeat: Arc<Heartbeat>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<Heartbeat>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            set(self.0.take());
        }
    }
    let outer = CURRENT.with_borrow(Clone::clone);
    let _restore = Restore(outer);
    set(Some(heartbeat));
    f()
}

/// Returns true if another thread would see that this one is lost.
pub(super) fn is_watched() -> bool {
    CURRENT.with_borrow(|heartbeat| {
        heartbeat
            .as_ref()
            .is_some_and(|heartbeat| heartbeat.watched.load(Ordering::Relaxed))
    })
}

/// Returns the heartbeat of this thread, for a signal handler; null if there is none. It lives at
/// least until the running goroutine stops.
pub(super) fn current() -> *const Heartbeat {
    ADDRESS.get()
}

/// Runs a segment of a goroutine's own code. Within another segment, it belongs to a goroutine that
/// is unwound or dropped meanwhile.
pub(crate) fn beating<R>(local_run: LocalRun, f: impl FnOnce() -> R) -> R {
    struct Stopped(Arc<Heartbeat>, Option<LocalRun>);
    impl Drop for Stopped {
        fn drop(&mut self) {
            let beats = if self.1.is_some() {
                *self.0.running() = self.1.take();
                2
            } else {
                1
            };
            self.0.beats.fetch_add(beats, Ordering::Relaxed);
        }
    }
    let Some(heartbeat) = CURRENT.with_borrow(Clone::clone) else {
        return f();
    };
    let outer = heartbeat.running().replace(local_run);
    let (beats, outer) = match heartbeat.beats() % 2 {
        0 => (1, None),
        _ => (2, outer),
    };
    heartbeat.beats.fetch_add(beats, Ordering::Relaxed);
    let _stopped = Stopped(heartbeat, outer);
    f()
}

/// Tells that a goroutine has come to an operation and goes on. This is for who lets many run in
/// turn within one stretch.
#[cfg(any(feature = "loom", test))]
pub(crate) fn beat(local_run: impl FnOnce() -> LocalRun) {
    let Some(heartbeat) = CURRENT.with_borrow(Clone::clone) else {
        return;
    };
    *heartbeat.running() = Some(local_run());
    heartbeat.beats.fetch_add(2, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local_run() -> LocalRun {
        LocalRun {
            goroutine: "loop".into(),
            from: StaticSite::NONE,
        }
    }

    #[test]
    fn odd_while_a_goroutine_runs() {
        let heartbeat = Arc::new(Heartbeat::default());
        with(heartbeat.clone(), || {
            assert_eq!(heartbeat.beats(), 0);
            beating(local_run(), || assert_eq!(heartbeat.beats(), 1));
            assert_eq!(heartbeat.beats(), 2);
            beating(local_run(), || {
                beat(local_run);
                assert_eq!(heartbeat.beats(), 5);
                let inner = LocalRun {
                    goroutine: "inner".into(),
                    from: StaticSite::NONE,
                };
                beating(inner.clone(), || {
                    assert_eq!(heartbeat.beats(), 7, "it runs within the other");
                    assert_eq!(heartbeat.local_run(), Some(inner));
                });
                assert_eq!(heartbeat.beats(), 9);
                assert_eq!(heartbeat.local_run(), Some(local_run()));
            });
            assert_eq!(heartbeat.beats(), 10);
        });
        assert_eq!(heartbeat.local_run(), Some(local_run()));
    }

    #[test]
    fn a_goroutine_that_panics_has_stopped() {
        let heartbeat = Arc::new(Heartbeat::default());
        let panicked = std::panic::catch_unwind(|| {
            with(heartbeat.clone(), || {
                beating(local_run(), || std::panic::resume_unwind(Box::new(())))
            })
        });
        assert!(panicked.is_err());
        assert_eq!(heartbeat.beats(), 2);
    }

    #[test]
    fn without_a_heart_nothing_beats() {
        let heartbeat = Arc::new(Heartbeat::default());
        beating(local_run(), || ());
        assert_eq!(heartbeat.beats(), 0);
    }
}
