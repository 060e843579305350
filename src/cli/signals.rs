//! Ctrl-C and SIGTERM: the running search ends with the results so far.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gordian_checker::explore::Watch;

use super::exit;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static SEARCH: Mutex<Option<Arc<Watch>>> = Mutex::new(None);

/// Installs the signal handler. The first signal ends the running search. The second one, or one
/// outside a search, ends the program.
pub(crate) fn listen() {
    // It fails only if a calling program has already set a handler: then that one decides.
    let _ = ctrlc::set_handler(|| {
        let search = SEARCH
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match search {
            Some(watch) if !INTERRUPTED.swap(true, Ordering::Relaxed) => {
                watch.interrupt.store(true, Ordering::Relaxed);
            }
            _ => process::exit(i32::from(exit::NO_ANSWER)),
        }
    });
}

/// Returns true if a signal has arrived.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Lets a signal end the search with this watch, until it is dropped.
pub(crate) struct Guard(());

impl Guard {
    pub(crate) fn new(watch: &Arc<Watch>) -> Self {
        *SEARCH.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch.clone());
        Self(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        *SEARCH.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
