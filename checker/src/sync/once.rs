//! `sync.Once`. The rules are in [`model::once`].

use super::goroutine::defer;
use super::handle::{Handle, handle, here, perform_at, perform_number};
use crate::model::{self, Object, OnceOp, Op};

handle! {
    /// Runs a function once.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{atomic, go, once};
    ///
    /// let report = gordian::check(|| {
    ///     let (setup, runs) = (once("setup"), atomic("runs", 0));
    ///     let set_up = move || setup.do_once(|| drop(runs.add(1)));
    ///     go("other", set_up);
    ///     set_up();
    ///     assert_eq!(runs.load(), 1);
    /// });
    /// report.assert_proved();
    /// ```
    Once
}

/// Creates a `Once` whose function has not run.
#[track_caller]
pub fn once(name: &str) -> Once {
    Once(Handle::create(Object::Once(model::Once::Fresh), name))
}

impl Once {
    /// `Do`: the first call runs `f`. Every other call blocks until the first call's `f` has
    /// returned, or panicked.
    #[track_caller]
    pub fn do_once(self, f: impl FnOnce()) {
        if perform_number(Op::Once(self.0.id(), OnceOp::Begin)) == 1 {
            let (id, site) = (self.0.id(), here());
            let _end = defer(move || {
                perform_at(Op::Once(id, OnceOp::End), site);
            });
            f();
        }
    }
}
