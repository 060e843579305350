//! Panics of kernels are results, not noise: a hook that records them and prints nothing.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use super::{heartbeat, overflow, unwinding};
use crate::model::Site;

thread_local! {
    static IN_KERNEL: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<(String, Site)>> = const { RefCell::new(None) };
}

/// Runs `f`; a panic in it is recorded for [`last`] and not printed.
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    // A thread that panics may not change the hook: whoever comes next does.
    if !std::thread::panicking() {
        install();
    }
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            IN_KERNEL.set(self.0);
        }
    }
    let _restore = Restore(IN_KERNEL.replace(true));
    f()
}

fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let outer = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IN_KERNEL.get() {
                outer(info);
            } else if is_the_end(info) {
                // Nobody leaves from here: the lock of the hook is held.
                if !overflow::is_left_at_the_end() && !heartbeat::is_watched() {
                    outer(info);
                }
            } else {
                record(info);
            }
        }));
    });
}

/// The message of the panic with this payload, and its place.
///
/// One that was begun with `resume_unwind` passes no hook, so its place is not known.
pub(crate) fn told(payload: Box<dyn Any + Send>) -> (String, Site) {
    let message = text_of(payload.as_ref()).unwrap_or_else(|| NO_MESSAGE.to_owned());
    let site = match LAST.take() {
        Some((last, site)) if last == message => site,
        _ => Site::NONE,
    };
    // A payload of the kernel's own type may have a destructor.
    dispose(payload);
    (message, site)
}

/// Drops something of the kernel's. Its destructor is code of the kernel: its operations have no
/// effect, and a panic of it is ignored.
pub(crate) fn dispose<T>(value: T) {
    let drop = || unwinding::disposing(|| drop(value));
    let dropped = quietly(|| panic::catch_unwind(AssertUnwindSafe(drop)));
    if let Err(payload) = dropped {
        std::mem::forget(payload);
    }
}

const NO_MESSAGE: &str = "a panic with no message";

fn text_of(payload: &dyn Any) -> Option<String> {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}

fn record(info: &PanicHookInfo<'_>) {
    let message = text_of(info.payload()).unwrap_or_else(|| NO_MESSAGE.to_owned());
    let site = info.location().map_or(Site::NONE, |place| {
        // A `Location` of a hook borrows from the hook's argument; its file name is kept for the
        // rest of the program, once for each file.
        Site {
            file: keep(place.file()),
            line: place.line(),
            column: place.column(),
        }
    });
    LAST.set(Some((message, site)));
}

/// Whether this is what the language panics with before it ends the process, since a destructor has
/// panicked in a panic. Whoever watches the search from another thread gets a result all the same,
/// without this thread; else it is told as usual, with the places that led there.
fn is_the_end(info: &PanicHookInfo<'_>) -> bool {
    text_of(info.payload()).is_some_and(|text| text.starts_with("panic in a "))
        && info
            .location()
            .is_some_and(|place| place.file().contains("panicking.rs"))
}

/// The same text with a `'static` lifetime.
pub(crate) fn keep(text: &str) -> &'static str {
    thread_local! {
        static KEPT: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }
    KEPT.with_borrow_mut(|kept| {
        if let Some(found) = kept.iter().find(|known| **known == text) {
            return *found;
        }
        let leaked: &'static str = text.to_owned().leak();
        kept.push(leaked);
        leaked
    })
}
