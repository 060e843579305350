//! Whether the code of a kernel comes back: a [`Heartbeat`] that beats each time a goroutine starts
//! to run and each time it stops.
//!
//! A goroutine that never comes to a visible operation cannot be stopped from within, since it
//! never gives the thread back. Somebody on another thread can see it, though: the heart stands
//! still while a goroutine runs. There is no clock here; how long is too long is for the watcher to
//! say.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{Site, StallCause};

/// The heart of one search: odd while a goroutine's own code runs.
#[derive(Debug, Default)]
pub struct Heartbeat {
    beats: AtomicU64,
    /// Somebody on another thread looks at it.
    watched: AtomicBool,
    /// The cause for which the thread is lost, as a number; 0 while it is not.
    lost: AtomicU8,
    running: Mutex<Option<Stretch>>,
}

/// What a goroutine does between two of its visible operations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The goroutine, by the name that its `go` statement gives it.
    pub goroutine: Arc<str>,
    /// The operation that it had done last, if it had done any: [`Site::NONE`] at its start.
    pub from: Site,
}

/// The causes for which a thread is lost, each numbered by its place.
const CAUSES: [StallCause; 3] = [
    StallCause::Runs,
    StallCause::DestructorPanics,
    StallCause::StackOverflow,
];

impl Heartbeat {
    /// How often it has beaten: an odd number while a goroutine's own code runs.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Notes that somebody looks at it, who goes on without the thread if that is lost.
    pub(crate) fn is_watched_from_now_on(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    /// The cause for which the thread that runs the goroutines will never come back, if it will
    /// not.
    #[must_use]
    pub fn lost(&self) -> Option<StallCause> {
        CAUSES
            .get(usize::from(self.lost.load(Ordering::Acquire)).checked_sub(1)?)
            .copied()
    }

    /// Notes that the thread will never come back, if somebody is there to see it. Only stores to
    /// atomics, so that a signal handler may do it.
    pub(super) fn lose(&self, cause: StallCause) -> bool {
        let watched = self.watched.load(Ordering::Relaxed);
        if watched && let Some(index) = CAUSES.iter().position(|known| *known == cause) {
            let number = u8::try_from(index + 1).unwrap_or(u8::MAX);
            self.lost.store(number, Ordering::Release);
        }
        watched
    }

    /// Which goroutine runs, or ran last.
    #[must_use]
    pub fn stretch(&self) -> Option<Stretch> {
        self.running().clone()
    }

    fn running(&self) -> MutexGuard<'_, Option<Stretch>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Heartbeat>>> = const { RefCell::new(None) };
    /// Where [`CURRENT`] is.
    static ADDRESS: Cell<*const Heartbeat> = const { Cell::new(ptr::null()) };
}

fn set(heartbeat: Option<Arc<Heartbeat>>) {
    ADDRESS.set(heartbeat.as_ref().map_or(ptr::null(), Arc::as_ptr));
    CURRENT.set(heartbeat);
}

/// Runs `f`; all goroutines that run on this thread meanwhile beat in this heart.
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

/// Tells that somebody on another thread sees it if this one is lost.
pub(super) fn is_watched() -> bool {
    CURRENT.with_borrow(|heartbeat| {
        heartbeat
            .as_ref()
            .is_some_and(|heartbeat| heartbeat.watched.load(Ordering::Relaxed))
    })
}

/// The heart in which this thread's goroutines beat, for a signal handler; null if there is none.
/// It lives at least until the goroutine that runs stops.
pub(super) fn current() -> *const Heartbeat {
    ADDRESS.get()
}

/// Runs a stretch of a goroutine's own code; within another one, that of whoever is unwound or
/// dropped meanwhile.
pub(crate) fn beating<R>(stretch: Stretch, f: impl FnOnce() -> R) -> R {
    struct Stopped(Arc<Heartbeat>, Option<Stretch>);
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
    let outer = heartbeat.running().replace(stretch);
    let (beats, outer) = match heartbeat.beats() % 2 {
        0 => (1, None),
        _ => (2, outer),
    };
    heartbeat.beats.fetch_add(beats, Ordering::Relaxed);
    let _stopped = Stopped(heartbeat, outer);
    f()
}

/// A goroutine has come to an operation and goes on: for who lets many run in turn within one
/// stretch.
pub(crate) fn beat(stretch: impl FnOnce() -> Stretch) {
    let Some(heartbeat) = CURRENT.with_borrow(Clone::clone) else {
        return;
    };
    *heartbeat.running() = Some(stretch());
    heartbeat.beats.fetch_add(2, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch() -> Stretch {
        Stretch {
            goroutine: "loop".into(),
            from: Site::NONE,
        }
    }

    #[test]
    fn odd_while_a_goroutine_runs() {
        let heartbeat = Arc::new(Heartbeat::default());
        with(heartbeat.clone(), || {
            assert_eq!(heartbeat.beats(), 0);
            beating(stretch(), || assert_eq!(heartbeat.beats(), 1));
            assert_eq!(heartbeat.beats(), 2);
            beating(stretch(), || {
                beat(stretch);
                assert_eq!(heartbeat.beats(), 5);
                let inner = Stretch {
                    goroutine: "inner".into(),
                    from: Site::NONE,
                };
                beating(inner.clone(), || {
                    assert_eq!(heartbeat.beats(), 7, "it runs within the other");
                    assert_eq!(heartbeat.stretch(), Some(inner));
                });
                assert_eq!(heartbeat.beats(), 9);
                assert_eq!(heartbeat.stretch(), Some(stretch()));
            });
            assert_eq!(heartbeat.beats(), 10);
        });
        assert_eq!(heartbeat.stretch(), Some(stretch()));
    }

    #[test]
    fn a_goroutine_that_panics_has_stopped() {
        let heartbeat = Arc::new(Heartbeat::default());
        let panicked = std::panic::catch_unwind(|| {
            with(heartbeat.clone(), || {
                beating(stretch(), || std::panic::resume_unwind(Box::new(())))
            })
        });
        assert!(panicked.is_err());
        assert_eq!(heartbeat.beats(), 2);
    }

    #[test]
    fn without_a_heart_nothing_beats() {
        let heartbeat = Arc::new(Heartbeat::default());
        beating(stretch(), || ());
        assert_eq!(heartbeat.beats(), 0);
    }
}
