//! Waiting for a number of things to be done: Go's `sync.WaitGroup`.
//!
//! `Wait` is enabled while the counter is zero. A counter that would go below zero is a panic. Go also panics, where it notices, when a
//! group is used again before an earlier `Wait` has returned; that is not modelled.

/// The state of a `sync.WaitGroup`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WaitGroup {
    /// How many things are not done yet.
    pub count: i64,
}

impl WaitGroup {
    /// Adds `delta`, which may be negative; false, and no change, if the counter would go below zero.
    pub fn add(&mut self, delta: i64) -> bool {
        match self.count.checked_add(delta) {
            Some(count) if count >= 0 => {
                self.count = count;
                true
            }
            _ => false,
        }
    }

    pub(super) fn assert_invariants(&self) {
        assert!(self.count >= 0, "negative counter: {self:?}");
    }
}
