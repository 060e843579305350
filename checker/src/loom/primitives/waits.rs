//! `sync.WaitGroup`, `sync.Once` and `sync.Cond`.

use super::{Primitive, kind};
use crate::loom::choices::Choices;
use crate::loom::execution::{Attempt, Execution, WaitEnd};
use crate::model::{
    ChanOp, Choice, GoroutineId, ObjectId, Op, Outcome, Panic, ValueId, WaitGroupOp,
};

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

    pub(super) fn wg_add(&mut self, me: GoroutineId, id: ObjectId, delta: i64) -> Attempt {
        self.took(me, Choice::Only);
        let group = self.waitgroup(id);
        // A count below zero stays there for goroutines that come while the program dies.
        match group.count.checked_add(delta) {
            Some(count) => group.count = count,
            None => return Attempt::Panics(Panic::NegativeCounter(id)),
        }
        if group.count < 0 {
            return Attempt::Panics(Panic::NegativeCounter(id));
        }
        if group.count == 0 {
            for waiter in std::mem::take(&mut group.waiters) {
                self.complete(waiter, Choice::Only, WaitEnd::Outcome(Outcome::Done));
            }
        }
        Attempt::Done(Outcome::Done)
    }

    pub(super) fn wg_wait(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        let group = self.waitgroup(id);
        if group.count != 0 {
            group.waiters.push(me);
            return Attempt::Waits;
        }
        self.took(me, Choice::Only);
        Attempt::Done(Outcome::Done)
    }

    pub(super) fn once_begin(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        let once = self.once(id);
        let first = match once.stage {
            Stage::Running => {
                once.waiters.push(me);
                return Attempt::Waits;
            }
            Stage::Fresh => {
                once.stage = Stage::Running;
                1
            }
            Stage::Done => 0,
        };
        self.took(me, Choice::Only);
        Attempt::Done(Outcome::Number(first))
    }

    pub(super) fn once_end(&mut self, me: GoroutineId, id: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        let once = self.once(id);
        once.stage = Stage::Done;
        for waiter in std::mem::take(&mut once.waiters) {
            self.complete(waiter, Choice::Only, WaitEnd::Outcome(Outcome::Number(0)));
        }
        Attempt::Done(Outcome::Done)
    }

    pub(super) fn cond_wait(
        &mut self,
        me: GoroutineId,
        cond: ObjectId,
        mutex: ObjectId,
        content: Option<ValueId>,
    ) -> Attempt {
        self.took(me, Choice::Only);
        if self.mutex(mutex).holder.is_none() {
            return Attempt::Panics(Panic::UnlockOfUnlocked(mutex));
        }
        self.release(mutex, content);
        self.cond(cond).waiters.push(me);
        Attempt::Waits
    }

    /// Returns true if this is the wait of a goroutine for others to communicate with it or to
    /// signal it.
    pub(in crate::loom) fn only_waits(&self, me: GoroutineId, op: &Op) -> bool {
        match op {
            Op::Chan(_, ChanOp::Send(_) | ChanOp::Recv) | Op::Select { .. } => true,
            Op::WaitGroup(_, WaitGroupOp::Wait) => true,
            Op::CondWait { cond, .. } => match &self.objects[cond.index()] {
                Some(Primitive::Cond(cond)) => cond.waiters.contains(&me),
                _ => false,
            },
            _ => false,
        }
    }

    pub(super) fn cond_signal(
        &mut self,
        me: GoroutineId,
        cond: ObjectId,
        choices: &mut Choices,
    ) -> Attempt {
        let open: Vec<(u32, u32)> = self.cond(cond).waiters.iter().map(|id| (id.0, 0)).collect();
        if open.is_empty() {
            self.took(me, Choice::Only);
            return Attempt::Done(Outcome::Done);
        }
        let chosen = self.choose(me, choices, &open);
        let waiter = self.cond(cond).waiters.remove(chosen);
        self.took(me, Choice::Wakes(waiter));
        self.tell(waiter, WaitEnd::Again);
        Attempt::Done(Outcome::Done)
    }

    pub(super) fn cond_broadcast(&mut self, me: GoroutineId, cond: ObjectId) -> Attempt {
        self.took(me, Choice::Only);
        for waiter in std::mem::take(&mut self.cond(cond).waiters) {
            self.tell(waiter, WaitEnd::Again);
        }
        Attempt::Done(Outcome::Done)
    }
}
