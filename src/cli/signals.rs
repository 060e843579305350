//! Ctrl-C and SIGTERM: a search that is going on ends with what is known so far.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gordian_checker::explore::Watch;

use super::exit;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static SEARCH: Mutex<Option<Arc<Watch>>> = Mutex::new(None);

/// From now on the first signal ends the search that is going on, the second, or one outside a
/// search, the program.
pub(crate) fn listen() {
    // It fails only where a handler is set already, by a program that calls this one: then that
    // handler decides.
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

/// Whether a signal has come.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// While this lives, a signal ends the search of this watch.
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
