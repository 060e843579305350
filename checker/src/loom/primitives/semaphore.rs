//! The weighted semaphore: a count of what is taken, as in Go's own code, and a list of those who
//! wait. Who cannot be served now goes to the end of the list; a release looks along it from the
//! front and stops at the first for whom there is too little.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::execution::{Act, Execution, Told};
use crate::model::{Choice, GoroutineId, ObjectId, Outcome, Panic};

pub(in crate::loom) struct Semaphore {
    pub(super) size: i64,
    pub(super) taken: i64,
    list: VecDeque<Waiter>,
}

struct Waiter {
    goroutine: GoroutineId,
    wants: i64,
}

impl Semaphore {
    pub(super) fn new(size: u32) -> Self {
        Self {
            size: size.into(),
            taken: 0,
            list: VecDeque::new(),
        }
    }

    /// Takes what is wanted, if nobody waits for it and there is enough.
    fn take(&mut self, wants: i64) -> bool {
        let can = self.size - self.taken >= wants && self.list.is_empty();
        if can {
            self.taken += wants;
        }
        can
    }

    /// Takes the first out of the list for whom there is enough.
    fn next(&mut self) -> Option<GoroutineId> {
        let wants = self.list.front()?.wants;
        if self.size - self.taken < wants {
            return None;
        }
        self.taken += wants;
        Some(self.list.pop_front()?.goroutine)
    }
}

impl Execution {
    kind!(semaphore, Semaphore);

    pub(super) fn acquire(&mut self, me: GoroutineId, id: ObjectId, permits: u32) -> Act {
        self.took(me, Choice::Only);
        let semaphore = self.semaphore(id);
        let wants = permits.into();
        if semaphore.take(wants) {
            return Act::Done(Outcome::Done);
        }
        // Who can never be served is in nobody's way.
        if wants <= semaphore.size {
            semaphore.list.push_back(Waiter {
                goroutine: me,
                wants,
            });
        }
        Act::Waits
    }

    pub(super) fn try_acquire(&mut self, me: GoroutineId, id: ObjectId, permits: u32) -> Act {
        self.took(me, Choice::Only);
        let could = self.semaphore(id).take(permits.into());
        Act::Done(Outcome::Number(could.into()))
    }

    pub(super) fn release_permits(&mut self, me: GoroutineId, id: ObjectId, permits: u32) -> Act {
        self.took(me, Choice::Only);
        let semaphore = self.semaphore(id);
        semaphore.taken -= i64::from(permits);
        if semaphore.taken < 0 {
            return Act::Panics(Panic::ReleasedMoreThanHeld(id));
        }
        while let Some(served) = self.semaphore(id).next() {
            self.complete(served, Choice::Only, Told::Outcome(Outcome::Done));
        }
        Act::Done(Outcome::Done)
    }
}
