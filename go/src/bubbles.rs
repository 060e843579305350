//! Bubbles of `testing/synctest`: who is in one, and when a goroutine of one may go on.
//!
//! A goroutine is in the bubble of the one that started it. The rules are those of Go 1.25: time
//! passes in a bubble, and `Wait` returns, only where all (others) of it are durably blocked. That
//! is by what only the bubble can end: not by a lock, nor by a channel made outside. A bubble ends
//! when all its goroutines have returned. A goroutine of which this never comes true is stuck.

use gordian_checker::model::{
    ChanOp, GoroutineId, Names as _, ObjectId, Op, Pause, Pending, Phase, WaitGroupOp, World,
};

use crate::machine::{Machine, NO_FRAME, Run, Stop};
use crate::natives;
use crate::program::GoProgram;
use crate::value::V;

/// The assumption where not all of a program is in one bubble.
const NOT_ALONE: &str = "time passes in a bubble only when nobody outside of it can move either";

/// The assumption about the time outside.
const OUTSIDE: &str =
    "outside of a bubble time passes only when nobody else can move, and as durations say";

impl Machine {
    /// Returns the goroutine with which the bubble began that this one is in.
    pub(crate) fn bubble_of(&self, id: GoroutineId) -> Option<GoroutineId> {
        let mut at = Some(id).filter(|_| !self.bubbles.is_empty());
        while let Some(id) = at.filter(|id| !self.bubbles.contains(id)) {
            at = self.things.maker_of(id);
        }
        at
    }

    /// Returns the bubble in which an object was made.
    fn bubble_of_object(&self, id: ObjectId) -> Option<GoroutineId> {
        let (cell, _) = self.things.address(id);
        self.bubble_of(self.things.maker_of_cell(cell)?)
    }
}

impl Run<'_> {
    /// Begins a bubble with this goroutine. A bubble that is alone has a clock of its own.
    pub(crate) fn begin_bubble(
        &mut self,
        root: GoroutineId,
    ) -> Result<(), gordian_checker::model::Fault> {
        self.m.bubbles.insert(root);
        match self.m.clock {
            Some(clock) if self.is_alone() => self.set_leaf(clock, 0, V::Int(0)),
            _ => {
                self.assume(NOT_ALONE);
                Ok(())
            }
        }
    }

    /// Returns true if all others are tests that wait for this one.
    fn is_alone(&self) -> bool {
        let mut line = vec![self.me];
        while let Some(maker) = self.m.things.maker_of(line[line.len() - 1]) {
            if !self.m.subtests.contains(&line[line.len() - 1]) {
                return false;
            }
            line.push(maker);
        }
        let mut others = self.look().goroutines().iter().zip(0..);
        others.all(|(goroutine, id)| {
            let is_gone = matches!(goroutine.phase, Phase::Absent | Phase::Returned);
            is_gone || line.contains(&GoroutineId(id))
        })
    }

    /// Notes that a bubble has come to rest or to its end, for which this goroutine has waited.
    /// That is more than memory, so the stretch will be run again.
    pub(crate) fn note_rest(&mut self, bubble: GoroutineId) {
        self.look();
        self.m.settled = Some((bubble, self.me));
    }

    /// Notes that time passes where this goroutine is, if it is in no bubble and others are.
    pub(crate) fn passes_time(&mut self) {
        if self.m.has_bubbles && self.m.bubble_of(self.me).is_none() {
            self.assume(OUTSIDE);
        }
    }

    /// Returns the stop; where that is to use what only a bubble may use, the end that Go has then.
    pub(crate) fn within_its_bubble(&self, stop: Stop) -> Stop {
        let verb = match &stop {
            _ if self.m.bubbles.is_empty() => return stop,
            Stop::Op(Op::Chan(_, ChanOp::Send(_))) => "send on synctest channel",
            Stop::Op(Op::Chan(_, ChanOp::Recv)) => "receive on synctest channel",
            Stop::Op(Op::Chan(_, ChanOp::Close)) => "close of synctest channel",
            Stop::Op(Op::Select { .. }) => "select on synctest channel",
            Stop::Op(Op::Timer(..)) => "stop or reset of synctest timer",
            _ => return stop,
        };
        let own = self.m.bubble_of(self.me);
        let Stop::Op(op) = &stop else { return stop };
        let mut bubbles = op.objects().into_iter();
        let is_foreign = |id| {
            self.m
                .bubble_of_object(id)
                .is_some_and(|it| Some(it) != own)
        };
        match bubbles.any(is_foreign) {
            true => Stop::Panic(format!("{verb} from outside bubble")),
            false => stop,
        }
    }
}

impl GoProgram {
    /// Returns true if a goroutine may go on that sleeps, fires a timer, or waits until others are
    /// at rest or have ended.
    pub(crate) fn lets_go_on(&self, world: &World, id: GoroutineId) -> bool {
        let machine = &self.machine;
        let pause = match world.pending(self, id) {
            Pending::Op(Op::Pause(pause)) => Some(*pause),
            _ => None,
        };
        match (pause, machine.bubble_of(id)) {
            (Some(Pause::Settle), bubble) => match (self.argument_of(world, id), bubble) {
                (V::Int(root), _) => {
                    let root = GoroutineId(u32::try_from(root).unwrap_or(0));
                    self.members(world, root).next().is_none()
                }
                (_, Some(bubble)) => self.are_at_rest(world, bubble, id),
                (_, None) => true,
            },
            (Some(Pause::Verify), _) => self.is_left_alone(world, id),
            (None, Some(bubble)) if self.members(world, bubble).next().is_none() => false,
            (_, Some(bubble)) => self.are_at_rest(world, bubble, id),
            (_, None) => true,
        }
    }

    /// Orders what the goroutines of a bubble have done so far before what the one does that has
    /// waited for them: none of it is a race.
    pub(crate) fn order_before(
        &mut self,
        world: &mut World,
        bubble: GoroutineId,
        waited: GoroutineId,
    ) {
        for id in world.ids() {
            let goroutine = &world.goroutines()[id.index()];
            let counts = !matches!(goroutine.phase, Phase::Absent | Phase::Timer(_));
            if counts && id != waited && self.machine.bubble_of(id) == Some(bubble) {
                let local = self.untouched(goroutine.local);
                world.set_local(id, local);
            }
        }
    }

    /// Returns the first value that a native keeps in its frame, which is on top.
    fn argument_of(&self, world: &World, id: GoroutineId) -> V {
        let goroutine = world.goroutine(id);
        let top = goroutine.map_or(NO_FRAME, |it| self.stands_at(it.local).0);
        match top {
            NO_FRAME => V::Nil,
            top => {
                let values = &self.machine.frames.get(top).values;
                values.first().copied().unwrap_or(V::Nil)
            }
        }
    }

    /// Returns the goroutines of the program that have not ended.
    fn alive(&self, world: &World) -> impl Iterator<Item = GoroutineId> {
        world
            .ids()
            .filter(|&id| match world.goroutines()[id.index()].phase {
                Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken => true,
                Phase::Absent | Phase::Returned | Phase::Panicked(_) | Phase::Timer(_) => false,
            })
    }

    /// Returns the goroutines of a bubble that have not ended. The one that waits for a timer of
    /// `time.AfterFunc` is none in Go.
    fn members(&self, world: &World, bubble: GoroutineId) -> impl Iterator<Item = GoroutineId> {
        self.alive(world).filter(move |&id| {
            self.machine.bubble_of(id) == Some(bubble) && !self.waits_for_a_timer(id)
        })
    }

    fn waits_for_a_timer(&self, id: GoroutineId) -> bool {
        let name = self.machine.things.started_as(id);
        name.is_some_and(|name| self.machine.code.names[name as usize] == natives::GO_FUNC_NAME)
    }

    /// Returns true if all goroutines of a bubble but one are durably blocked, where no step can be
    /// taken with which no time passes.
    fn are_at_rest(&self, world: &World, bubble: GoroutineId, but: GoroutineId) -> bool {
        let mut others = self.members(world, bubble).filter(|&id| id != but);
        others.all(|id| self.is_durably_blocked(world, bubble, id))
    }

    fn is_durably_blocked(&self, world: &World, bubble: GoroutineId, id: GoroutineId) -> bool {
        let is_of_it = |object| self.machine.bubble_of_object(object) == Some(bubble);
        let Pending::Op(op) = world.pending(self, id) else {
            return true;
        };
        match op {
            Op::Chan(Some(channel), ChanOp::Send(_) | ChanOp::Recv) => is_of_it(*channel),
            Op::Chan(None, _) | Op::Pause(_) => true,
            Op::Select { cases, .. } => {
                cases.iter().filter_map(|case| case.channel()).all(is_of_it)
            }
            Op::WaitGroup(group, WaitGroupOp::Wait) => is_of_it(*group),
            Op::CondWait { .. } => world.goroutines()[id.index()].phase == Phase::Waiting,
            _ => false,
        }
    }

    /// Returns true if all others have ended that `goleak` would find: no daemons, and no tests.
    fn is_left_alone(&self, world: &World, id: GoroutineId) -> bool {
        let spared = match self.argument_of(world, id) {
            V::Agg(spared) => self.machine.pool.leaves_of(spared).clone(),
            _ => [].into(),
        };
        self.alive(world).all(|other| {
            other == id
                || other == GoroutineId::MAIN
                || self.machine.subtests.contains(&other)
                || self.is_daemon(other)
                || self.is_spared(world, other, &spared)
        })
    }

    /// Returns true if the options of `goleak` spare a goroutine.
    fn is_spared(&self, world: &World, id: GoroutineId, spared: &[V]) -> bool {
        if spared.is_empty() {
            return false;
        }
        let (machine, code) = (&self.machine, &self.machine.code);
        let mut functions = Vec::new();
        let mut at = world
            .goroutine(id)
            .map_or(NO_FRAME, |it| self.stands_at(it.local).0);
        while at != NO_FRAME {
            let frame = machine.frames.get(at);
            let func = &code.funcs[frame.func as usize];
            if !func.synthetic {
                functions.push(natives::name_in_go(&func.name, &code.program));
            }
            at = frame.below;
        }
        natives::is_spared(&machine.pool, spared, id, &functions)
    }
}
