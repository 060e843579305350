//! The weighted semaphore: a count of the permits taken, as in Go's own code, and a list of the
//! goroutines that wait. A goroutine that cannot be served now goes to the end of the list. A
//! release serves the list from the front and stops at the first goroutine for which there is too
//! little.

use std::collections::VecDeque;

use super::{Primitive, kind};
use crate::loom::execution::{Attempt, Execution, WaitEnd};
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

    /// Takes the permits, if nobody waits and there are enough.
    fn take(&mut self, wants: i64) -> bool {
        let can = self.size - self.taken >= wants && self.list.is_empty();
        if can {
            self.taken += wants;
        }
        can
    }

    /// Takes the first goroutine out of the list, if there is enough for it.
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

    pub(super) fn acquire(&mut self, me: GoroutineId, id: ObjectId, permits: u32) -> Attempt {
        self.took(me, Choice::Only);
        let semaphore = self.semaphore(id);
        let wants = permits.into();
        if semaphore.take(wants) {
            return Attempt::Done(Outcome::Done);
        }
        // A goroutine that can never be served holds up nobody.
        if wants <= semaphore.size {
            semaphore.list.push_back(Waiter {
                goroutine: me,
                wants,
            });
        }
        Attempt::Waits
    }

    pub(super) fn try_acquire(&mut self, me: GoroutineId, id: ObjectId, permits: u32) -> Attempt {
        self.took(me, Choice::Only);
        let could = self.semaphore(id).take(permits.into());
        Attempt::Done(Outcome::Number(could.into()))
    }

    pub(super) fn release_permits(
        &mut self,
        me: GoroutineId,
        id: ObjectId,
        permits: u32,
    ) -> Attempt {
        self.took(me, Choice::Only);
        let semaphore = self.semaphore(id);
        semaphore.taken -= i64::from(permits);
        if semaphore.taken < 0 {
            return Attempt::Panics(Panic::ReleasedMoreThanHeld(id));
        }
        while let Some(served) = self.semaphore(id).next() {
            self.complete(served, Choice::Only, WaitEnd::Outcome(Outcome::Done));
        }
        Attempt::Done(Outcome::Done)
    }
}
