//! Ctrl-C and SIGTERM: the running searches end with the results so far.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gordian_checker::explore::Watch;

use super::exit;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static SEARCHES: Mutex<Vec<Arc<Watch>>> = Mutex::new(Vec::new());

fn searches() -> MutexGuard<'static, Vec<Arc<Watch>>> {
    SEARCHES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the signal handler. The first signal ends the running searches. The second one, or one
/// outside a search, ends the program.
pub(crate) fn listen() {
    // It fails only if a calling program has already set a handler: then that one decides.
    let _ = ctrlc::set_handler(|| {
        let searches = searches();
        if searches.is_empty() || INTERRUPTED.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(exit::NO_ANSWER));
        }
        for watch in &*searches {
            watch.interrupt.store(true, Ordering::Relaxed);
        }
    });
}

/// Returns true if a signal has arrived.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Lets a signal end the search with this watch, until it is dropped. One that has arrived already
/// ends it at once.
pub(crate) struct Guard(Arc<Watch>);

impl Guard {
    pub(crate) fn new(watch: &Arc<Watch>) -> Self {
        let mut searches = searches();
        if interrupted() {
            watch.interrupt.store(true, Ordering::Relaxed);
        }
        searches.push(watch.clone());
        Self(watch.clone())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        searches().retain(|watch| !Arc::ptr_eq(watch, &self.0));
    }
}
