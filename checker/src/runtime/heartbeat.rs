//! Whether the code of a kernel comes back: a [`Heartbeat`] that beats each time a goroutine starts to run and each time it stops.
//!
//! A goroutine that never comes to a visible operation cannot be stopped from within, since it never gives the thread back. Somebody on another thread
//! can see it, though: the heart stands still while a goroutine runs. There is no clock here; how long is too long is for the watcher to say.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::Site;

/// The heart of one search: odd while a goroutine's own code runs.
#[derive(Debug, Default)]
pub struct Heartbeat {
    beats: AtomicU64,
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

impl Heartbeat {
    /// How often it has beaten: an odd number while a goroutine's own code runs.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Which goroutine runs, or ran last.
    #[must_use]
    pub fn stretch(&self) -> Option<Stretch> {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Heartbeat>>> = const { RefCell::new(None) };
}

/// Runs `f`; all goroutines that run on this thread meanwhile beat in this heart.
pub(crate) fn with<R>(heartbeat: Arc<Heartbeat>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<Heartbeat>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _restore = Restore(CURRENT.replace(Some(heartbeat)));
    f()
}

/// Runs a stretch of a goroutine's own code.
pub(crate) fn beating<R>(stretch: Stretch, f: impl FnOnce() -> R) -> R {
    struct Stopped(Arc<Heartbeat>);
    impl Drop for Stopped {
        fn drop(&mut self) {
            self.0.beats.fetch_add(1, Ordering::Relaxed);
        }
    }
    let Some(heartbeat) = CURRENT.with_borrow(Clone::clone) else {
        return f();
    };
    *heartbeat
        .running
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(stretch);
    heartbeat.beats.fetch_add(1, Ordering::Relaxed);
    let _stopped = Stopped(heartbeat);
    f()
}

/// A goroutine has come to an operation and goes on: for who lets many run in turn within one stretch.
pub(crate) fn beat(stretch: impl FnOnce() -> Stretch) {
    let Some(heartbeat) = CURRENT.with_borrow(Clone::clone) else {
        return;
    };
    *heartbeat
        .running
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(stretch());
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
            });
            assert_eq!(heartbeat.beats(), 6);
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
