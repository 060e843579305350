//! `sync.Once`. The rules are in [`model::once`].

use super::handle::{Handle, handle, perform_done, perform_number};
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
    /// returned.
    #[track_caller]
    pub fn do_once(self, f: impl FnOnce()) {
        if perform_number(Op::Once(self.0.id(), OnceOp::Begin)) == 1 {
            f();
            perform_done(Op::Once(self.0.id(), OnceOp::End));
        }
    }
}
