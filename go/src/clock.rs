//! The clock of quiet time, where time passes as durations say.
//!
//! Each timer keeps the moment at which it is due, in nanoseconds from the start: in the leaf at
//! its address. A goroutine that sleeps keeps its own in its topmost frame. Where nobody else can
//! move, what is due first comes first, and the clock is set to that moment. The clock is a
//! variable behind those of the package.

use gordian_checker::model::{
    CellId, GoroutineId, Next, ObjectId, Op, Pause, Pending, Phase, Stage, Step, ValueId, World,
};

use crate::machine::{Machine, NO_FRAME, Run};
use crate::program::GoProgram;
use crate::value::V;

impl Run<'_> {
    /// Returns the time that has passed, in nanoseconds, if there is a clock.
    pub(crate) fn clock(&mut self) -> Option<i64> {
        let cell = self.m.clock?;
        Some(match self.leaf(cell, 0) {
            Ok(V::Int(at)) => at,
            _ => 0,
        })
    }

    /// Returns the moment that is this long from now; nothing if there is no clock.
    pub(crate) fn due_in(&mut self, nanos: i64) -> V {
        self.passes_time();
        self.clock()
            .map_or(V::Nil, |now| V::Int(now.saturating_add(nanos.max(0))))
    }
}

impl Machine {
    /// Returns a leaf of memory, as it is in a state.
    fn leaf_in(&self, world: &World, cell: u32, off: u32) -> V {
        let value = world.cell(CellId(cell));
        let leaves = value.map(|value| self.pool.leaves_of(value.0 - 1));
        let leaf = leaves.and_then(|leaves| leaves.get(off as usize).copied());
        leaf.unwrap_or(V::Nil)
    }

    fn set_leaf_in(&mut self, world: &mut World, cell: u32, off: u32, v: V) {
        let Some(value) = world.cell(CellId(cell)) else {
            return;
        };
        let mut leaves = self.pool.leaves_of(value.0 - 1).to_vec();
        if let Some(leaf) = leaves.get_mut(off as usize) {
            *leaf = v;
        }
        let id = self.pool.agg_id(&leaves);
        world.set_cell(CellId(cell), Some(ValueId(id + 1)));
    }
}

impl GoProgram {
    /// Returns what orders the steps of time. Of one moment a wait for others is the last.
    pub(crate) fn order_of(&self, world: &World, step: Step) -> Option<i64> {
        let due = self.due_at(world, step)?.saturating_mul(2);
        let pending = world.pending(self, step.actor);
        let waits = matches!(
            pending,
            Pending::Op(Op::Pause(Pause::Settle | Pause::Verify))
        );
        Some(due.saturating_add(i64::from(waits)))
    }

    /// Returns the moment at which a step of time is due; `None` if that is not known.
    pub(crate) fn due_at(&self, world: &World, step: Step) -> Option<i64> {
        self.machine.clock?;
        // When main has returned the clock stops, and any timer may fire: a ticker would go on and
        // on, and no state would come twice.
        let main = world.goroutine(GoroutineId::MAIN)?;
        if main.phase == Phase::Returned {
            return None;
        }
        if step.choice.stage() == Some(Stage::Send) {
            // It has expired, and sends at once.
            return Some(i64::MIN);
        }
        let at = match self.timer_of(world, step.actor) {
            Some(timer) => {
                let (cell, off) = self.machine.things.address(timer);
                self.machine.leaf_in(world, cell, off)
            }
            None => self.wakes_at(world, step.actor)?,
        };
        match at {
            V::Int(at) => Some(at),
            _ => None,
        }
    }

    fn timer_of(&self, world: &World, id: GoroutineId) -> Option<ObjectId> {
        match world.goroutine(id)?.phase {
            Phase::Timer(timer) => Some(timer),
            _ => None,
        }
    }

    /// Returns the moment at which a goroutine wakes that sleeps.
    fn wakes_at(&self, world: &World, id: GoroutineId) -> Option<V> {
        let (top, next) = self.stands_at(world.goroutine(id)?.local);
        if matches!(next, Next::Op(Op::Pause(Pause::Settle | Pause::Verify))) {
            // It takes no time.
            return self
                .machine
                .clock
                .map(|clock| self.machine.leaf_in(world, clock, 0));
        }
        let sleeps = matches!(next, Next::Op(Op::Pause(Pause::Sleep)));
        if !sleeps || top == NO_FRAME {
            return None;
        }
        self.machine.frames.get(top).values.first().copied()
    }

    /// Sets the clock to the moment of a step of time that is about to be taken. A ticker is due
    /// again.
    pub(crate) fn pass_time(&mut self, world: &mut World, step: Step) {
        let Some(clock) = self.machine.clock else {
            return;
        };
        let Some(at) = self.due_at(world, step).filter(|&at| at != i64::MIN) else {
            return;
        };
        let now = match self.machine.leaf_in(world, clock, 0) {
            V::Int(now) => now.max(at),
            _ => at,
        };
        self.machine.set_leaf_in(world, clock, 0, V::Int(now));
        if let Some(timer) = self.timer_of(world, step.actor) {
            let (cell, off) = self.machine.things.address(timer);
            if let V::Int(period) = self.machine.leaf_in(world, cell, off + 1)
                && off == 0
            {
                let next = V::Int(at.saturating_add(period.max(1)));
                self.machine.set_leaf_in(world, cell, off, next);
            }
        }
    }
}
