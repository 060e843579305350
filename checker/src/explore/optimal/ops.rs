//! The operations of an execution: those that were executed, and those that goroutines are left
//! with. Rivals are built from both.

use std::cell::Cell;

use smallvec::SmallVec;

use super::order::{Order, index_u32};
use crate::model::{Action, Event, GoroutineId, Object, ObjectId, Op, Pending, Program, World};

/// An operation that a goroutine executed, or is left with.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpOf {
    pub(super) goroutine: GoroutineId,
    /// The event in which the goroutine arrived at it; `None` if it stood there from the start.
    pub(super) arrival: Option<u32>,
    /// The event that executed it; `None` if the goroutine is left with it.
    pub(super) done: Option<u32>,
}

/// The operations of a goroutine on an object.
#[derive(Clone, Debug)]
pub(super) struct OpsOf {
    pub(super) goroutine: GoroutineId,
    /// Those that were executed, in the order of the events that executed them, and then the one
    /// that the goroutine is left with.
    ops: Vec<OpOf>,
    /// Where the last search in them ended, since the next is for the same or a later event.
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

    /// Those that are executed in this event or later, or not at all.
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

    /// Keeps those that were executed in one of the first so many events.
    fn keep(&mut self, known: usize) {
        let is_known = |op: &OpOf| op.done.is_some_and(|done| (done as usize) < known);
        while self.ops.pop_if(|op| !is_known(op)).is_some() {}
    }
}

/// The operations of an execution, by the objects that they name and by their goroutines.
#[derive(Clone, Debug, Default)]
pub(super) struct Ops {
    /// Of each object, in the order of the goroutines: what is left of executions before makes no
    /// difference.
    on_object: Vec<Vec<OpsOf>>,
}

impl Ops {
    /// Lists them. Of the first `known` events they are listed already.
    pub(super) fn update(
        &mut self,
        program: &dyn Program,
        events: &[Event],
        worlds: &[World],
        end: &World,
        order: &Order,
        known: usize,
    ) {
        for ops in self.on_object.iter_mut().flatten() {
            ops.keep(known);
        }
        for (index, event) in events.iter().enumerate().skip(known) {
            for goroutine in event.step.movers() {
                let op = order.op_at(goroutine, index);
                self.add(program, &worlds[index], end, op);
            }
        }
        for index in 0..end.goroutines().len() {
            let goroutine = GoroutineId::from_index(index);
            let arrival = order.of_goroutine(goroutine).last().copied();
            self.add(
                program,
                end,
                end,
                OpOf {
                    goroutine,
                    arrival,
                    done: None,
                },
            );
        }
    }

    fn add(&mut self, program: &dyn Program, world: &World, end: &World, op: OpOf) {
        for object in reach(program, world, end, op.goroutine) {
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

    /// Those on an object, of one goroutine after the other.
    pub(super) fn on(&self, object: ObjectId) -> &[OpsOf] {
        self.on_object
            .get(object.index())
            .map_or(&[], Vec::as_slice)
    }
}

impl Order {
    /// The operation of this goroutine that an event executed.
    pub(super) fn op_at(&self, goroutine: GoroutineId, event: usize) -> OpOf {
        let own = self.of_goroutine(goroutine);
        let position = own.partition_point(|&other| (other as usize) < event);
        let arrival = position.checked_sub(1).map(|before| own[before]);
        OpOf {
            goroutine,
            arrival,
            done: Some(index_u32(event)),
        }
    }
}

/// The objects that the goroutine's operation may touch, each once. A cancellation may touch every
/// context, its done channel and its timer: which of them are below the one that is cancelled can
/// be different in another execution.
pub(super) fn reach(
    program: &dyn Program,
    world: &World,
    end: &World,
    goroutine: GoroutineId,
) -> SmallVec<[ObjectId; 2]> {
    let (mut objects, cancels) = match world.pending(program, goroutine) {
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
