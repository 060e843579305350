//! `sync/atomic`. The rules are in [`model::atomic`].

use super::handle::{Handle, handle, perform_done, perform_number};
use crate::model::{self, AtomicOp, Object, Op};

handle! {
    /// An integer that is read and changed in one step.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{atomic, go};
    ///
    /// let report = gordian::check(|| {
    ///     let owner = atomic("owner", 0);
    ///     go("two", move || drop(owner.compare_and_swap(0, 2)));
    ///     owner.compare_and_swap(0, 1);
    ///     let first = owner.load();
    ///     assert!(first == 1 || first == 2);
    ///     assert_eq!(owner.load(), first);
    /// });
    /// report.assert_proved();
    /// ```
    Atomic
}

/// Makes an atomic integer.
#[track_caller]
pub fn atomic(name: &str, value: i64) -> Atomic {
    Atomic(Handle::create(
        Object::Atomic(model::Atomic { value }),
        name,
    ))
}

impl Atomic {
    /// `Load`.
    #[track_caller]
    pub fn load(self) -> i64 {
        perform_number(Op::Atomic(self.0.id(), AtomicOp::Load))
    }

    /// `Store`.
    #[track_caller]
    pub fn store(self, value: i64) {
        perform_done(Op::Atomic(self.0.id(), AtomicOp::Store(value)));
    }

    /// `Add`, wrapping: returns the new value.
    #[expect(
        clippy::should_implement_trait,
        reason = "Go's name, and no sum of two atomics"
    )]
    #[track_caller]
    pub fn add(self, delta: i64) -> i64 {
        perform_number(Op::Atomic(self.0.id(), AtomicOp::Add(delta)))
    }

    /// `Swap`: returns the old value.
    #[track_caller]
    pub fn swap(self, value: i64) -> i64 {
        perform_number(Op::Atomic(self.0.id(), AtomicOp::Swap(value)))
    }

    /// `CompareAndSwap`: returns true if it found the old value and swapped it.
    #[track_caller]
    pub fn compare_and_swap(self, old: i64, new: i64) -> bool {
        perform_number(Op::Atomic(self.0.id(), AtomicOp::CompareAndSwap(old, new))) == 1
    }
}
