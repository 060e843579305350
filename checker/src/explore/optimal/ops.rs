//! The operations of an execution: those that were executed, and those that goroutines are left
//! with. Rivals are built from both.

use std::cell::Cell;

use smallvec::SmallVec;

use super::order::{Order, index_u32};
use crate::model::{
    Action, ChanOp, Event, Goroutine, GoroutineId, Object, ObjectId, Op, Pending, Program, Step,
    World,
};

/// An operation that a goroutine executed, or is left with.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpOf {
    pub(super) goroutine: GoroutineId,
    /// Where the goroutine stands while it waits for it to be executed, or is left with it.
    pub(super) stands: Goroutine,
    /// True if it is a send or a receive, and no select.
    pub(super) talks: bool,
    /// The event in which the goroutine arrived at it; `None` if it stood there from the start.
    pub(super) arrival: Option<u32>,
    /// The event that executed it; `None` if the goroutine is left with it.
    pub(super) done: Option<u32>,
}

/// Where the movers of an event stood before it. An event of one mover has its place twice.
pub(super) type Stood = [Goroutine; 2];

/// Returns where the movers of a step stand in this state.
pub(super) fn stood(world: &World, step: Step) -> Stood {
    let place = |id: GoroutineId| world.goroutines()[id.index()];
    let partner = step.partner.map_or(step.actor, |(partner, _)| partner);
    [place(step.actor), place(partner)]
}

/// The operations of a goroutine on an object.
#[derive(Clone, Debug)]
pub(super) struct OpsOf {
    pub(super) goroutine: GoroutineId,
    /// The operations that were executed, in the order of their events, and then the one that the
    /// goroutine is left with.
    ops: Vec<OpOf>,
    /// The position where the last lookup ended. The next one is for the same event or a later one.
    cursor: Cell<usize>,
}

impl OpsOf {
    fn of(op: OpOf) -> Self {
        Self {
            goroutine: op.goroutine,
            ops: vec![op],
            cursor: Cell::new(0),
        }
    }

    /// Returns the operations that are executed in this event or later, or not at all.
    pub(super) fn executed_from(&self, event: usize) -> &[OpOf] {
        let before = |op: &OpOf| op.done.is_some_and(|done| (done as usize) < event);
        let mut cursor = self.cursor.get();
        if cursor > self.ops.len() || cursor > 0 && !before(&self.ops[cursor - 1]) {
            cursor = 0;
        }
        while self.ops.get(cursor).is_some_and(before) {
            cursor += 1;
        }
        self.cursor.set(cursor);
        &self.ops[cursor..]
    }

    /// Keeps the operations that were executed in one of the first `known` events.
    fn keep(&mut self, known: usize) {
        let is_known = |op: &OpOf| op.done.is_some_and(|done| (done as usize) < known);
        while self.ops.pop_if(|op| !is_known(op)).is_some() {}
    }
}

/// The operations of an execution, by the objects that they may touch and by their goroutines.
#[derive(Clone, Debug, Default)]
pub(super) struct Ops {
    /// The operations on each object, in the order of the goroutines. So what is left of earlier
    /// executions makes no difference.
    on_object: Vec<Vec<OpsOf>>,
}

impl Ops {
    /// Lists the operations of an execution. Those of the first `known` events are listed already.
    pub(super) fn update(
        &mut self,
        program: &dyn Program,
        events: &[Event],
        stood: &[Stood],
        end: &World,
        order: &Order,
        known: usize,
    ) {
        for ops in self.on_object.iter_mut().flatten() {
            ops.keep(known);
        }
        for (index, event) in events.iter().enumerate().skip(known) {
            for (goroutine, stands) in event.step.movers().zip(stood[index]) {
                let op = order.op_at(goroutine, index, stands);
                self.add(program, end, op);
            }
        }
        for goroutine in end.ids() {
            let op = OpOf {
                goroutine,
                stands: end.goroutines()[goroutine.index()],
                talks: false,
                arrival: order.of_goroutine(goroutine).last().copied(),
                done: None,
            };
            self.add(program, end, op);
        }
    }

    fn add(&mut self, program: &dyn Program, end: &World, mut op: OpOf) {
        op.talks = matches!(
            op.pending(program),
            Pending::Op(Op::Chan(_, ChanOp::Send(_) | ChanOp::Recv))
        );
        for object in op.reach(program, end) {
            if self.on_object.len() <= object.index() {
                self.on_object.resize_with(object.index() + 1, Vec::new);
            }
            let on_it = &mut self.on_object[object.index()];
            let place = on_it.partition_point(|of| of.goroutine < op.goroutine);
            match on_it.get_mut(place) {
                Some(of) if of.goroutine == op.goroutine => of.ops.push(op),
                _ => on_it.insert(place, OpsOf::of(op)),
            }
        }
    }

    /// Returns the operations on an object, grouped by goroutine.
    pub(super) fn on(&self, object: ObjectId) -> &[OpsOf] {
        self.on_object
            .get(object.index())
            .map_or(&[], Vec::as_slice)
    }
}

impl Order {
    /// Returns the operation of this goroutine that an event executed. The goroutine stood here.
    pub(super) fn op_at(&self, goroutine: GoroutineId, event: usize, stands: Goroutine) -> OpOf {
        let own = self.of_goroutine(goroutine);
        let position = own.partition_point(|&other| (other as usize) < event);
        let arrival = position.checked_sub(1).map(|before| own[before]);
        OpOf {
            goroutine,
            stands,
            talks: false,
            arrival,
            done: Some(index_u32(event)),
        }
    }
}

impl OpOf {
    /// Returns the operation.
    pub(super) fn pending<'a>(&self, program: &'a dyn Program) -> Pending<'a> {
        self.stands.pending(program)
    }

    /// Returns the objects that the operation may touch, each once. A cancellation may touch every
    /// context, its done channel and its timer. Which of them are below the cancelled one can
    /// differ between executions.
    pub(super) fn reach(&self, program: &dyn Program, end: &World) -> SmallVec<[ObjectId; 2]> {
        reach(self.pending(program), end)
    }
}

fn reach(pending: Pending<'_>, end: &World) -> SmallVec<[ObjectId; 2]> {
    let (mut objects, cancels) = match pending {
        Pending::Nothing => return SmallVec::new(),
        Pending::Op(op) => (op.objects(), matches!(op, Op::CtxCancel(_))),
        Pending::Fire(timer) => match end.object(timer) {
            Object::Timer(state) => match state.action {
                Action::Send(channel) => (SmallVec::from_slice(&[timer, channel]), false),
                Action::Cancel(_) => (SmallVec::from_slice(&[timer]), true),
            },
            _ => (SmallVec::new(), false),
        },
    };
    if cancels {
        for (index, object) in end.objects().iter().enumerate() {
            if let Object::Context(context) = object {
                objects.extend([ObjectId::from_index(index), context.done]);
                objects.extend(context.timer);
            }
        }
    }
    if objects.len() > 1 {
        objects.sort_unstable();
        objects.dedup();
    }
    objects
}
