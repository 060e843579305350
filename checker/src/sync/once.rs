//! `sync.Once`. The rules are in [`model::once`](crate::model::once).

use super::handle::{Handle, handle, perform_done, perform_number};
use crate::model::{self, Object, OnceOp, Op};

handle! {
    /// Does a thing once.
    Once
}

/// Makes a once that has not been done.
#[track_caller]
pub fn once(name: &str) -> Once {
    Once(Handle::create(Object::Once(model::Once::Fresh), name))
}

impl Once {
    /// `Do`: calls `f` if it is the first to be called; else blocks until the first call's `f` has
    /// returned.
    #[track_caller]
    pub fn do_once(self, f: impl FnOnce()) {
        if perform_number(Op::Once(self.0.id(), OnceOp::Begin)) == 1 {
            f();
            perform_done(Op::Once(self.0.id(), OnceOp::End));
        }
    }
}
