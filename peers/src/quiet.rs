//! Runs a rival that reports a bug by panicking, and keeps its report off the terminal.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

/// Runs `search`, and returns a panic as its message.
///
/// The process-wide hook is silent meanwhile: a rival runs alone in its process.
pub fn catch<T>(search: impl FnOnce() -> T) -> Result<T, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let caught = panic::catch_unwind(AssertUnwindSafe(search));
    panic::set_hook(hook);
    caught.map_err(message)
}

fn message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => match payload.downcast::<&'static str>() {
            Ok(text) => (*text).to_string(),
            Err(_) => "a panic without a message".to_string(),
        },
    }
}
