//! `sync.WaitGroup`, `sync.Once` and `sync.Cond`.

use super::{Primitive, kind};
use crate::loom::choices::Choices;
use crate::loom::execution::{Act, Execution, Told};
use crate::model::{Choice, GoroutineId, ObjectId, Outcome, Panic, ValueId};

#[derive(Default)]
pub(in crate::loom) struct WaitGroup {
    pub(super) count: i64,
    waiters: Vec<GoroutineId>,
}

#[derive(Default)]
pub(in crate::loom) struct Once {
    stage: Stage,
    waiters: Vec<GoroutineId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Fresh,
    Running,
    Done,
}

#[derive(Default)]
pub(in crate::loom) struct Cond {
    waiters: Vec<GoroutineId>,
}

impl Execution {
    kind!(waitgroup, WaitGroup);
    kind!(once, Once);
    kind!(cond, Cond);

    pub(super) fn wg_add(&mut self, me: GoroutineId, id: ObjectId, delta: i64) -> Act {
        self.took(me, Choice::Only);
        let group = self.waitgroup(id);
        // What is below zero stays there for those who come while the program dies.
        match group.count.checked_add(delta) {
            Some(count) => group.count = count,
            None => return Act::Panics(Panic::NegativeCounter(id)),
        }
        if group.count < 0 {
            return Act::Panics(Panic::NegativeCounter(id));
        }
        if group.count == 0 {
            for waiter in std::mem::take(&mut group.waiters) {
                self.complete(waiter, Choice::Only, Told::Outcome(Outcome::Done));
            }
        }
        Act::Done(Outcome::Done)
    }

    pub(super) fn wg_wait(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        let group = self.waitgroup(id);
        if group.count != 0 {
            group.waiters.push(me);
            return Act::Waits;
        }
        self.took(me, Choice::Only);
        Act::Done(Outcome::Done)
    }

    pub(super) fn once_begin(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        let once = self.once(id);
        let first = match once.stage {
            Stage::Running => {
                once.waiters.push(me);
                return Act::Waits;
            }
            Stage::Fresh => {
                once.stage = Stage::Running;
                1
            }
            Stage::Done => 0,
        };
        self.took(me, Choice::Only);
        Act::Done(Outcome::Number(first))
    }

    pub(super) fn once_end(&mut self, me: GoroutineId, id: ObjectId) -> Act {
        self.took(me, Choice::Only);
        let once = self.once(id);
        once.stage = Stage::Done;
        for waiter in std::mem::take(&mut once.waiters) {
            self.complete(waiter, Choice::Only, Told::Outcome(Outcome::Number(0)));
        }
        Act::Done(Outcome::Done)
    }

    pub(super) fn cond_wait(
        &mut self,
        me: GoroutineId,
        cond: ObjectId,
        mutex: ObjectId,
        content: Option<ValueId>,
    ) -> Act {
        self.took(me, Choice::Only);
        if self.mutex(mutex).holder.is_none() {
            return Act::Panics(Panic::UnlockOfUnlocked(mutex));
        }
        self.release(mutex, content);
        self.cond(cond).waiters.push(me);
        Act::Waits
    }

    pub(super) fn cond_signal(
        &mut self,
        me: GoroutineId,
        cond: ObjectId,
        choices: &mut Choices,
    ) -> Act {
        let open: Vec<(u32, u32)> = self.cond(cond).waiters.iter().map(|id| (id.0, 0)).collect();
        if open.is_empty() {
            self.took(me, Choice::Only);
            return Act::Done(Outcome::Done);
        }
        let chosen = self.choose(me, choices, &open);
        let waiter = self.cond(cond).waiters.remove(chosen);
        self.took(me, Choice::Wakes(waiter));
        self.tell(waiter, Told::Again);
        Act::Done(Outcome::Done)
    }

    pub(super) fn cond_broadcast(&mut self, me: GoroutineId, cond: ObjectId) -> Act {
        self.took(me, Choice::Only);
        for waiter in std::mem::take(&mut self.cond(cond).waiters) {
            self.tell(waiter, Told::Again);
        }
        Act::Done(Outcome::Done)
    }
}
