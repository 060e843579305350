//! The operations of an execution: those that were executed, and those that goroutines are left
//! with. Rivals are built from both.

use std::cell::Cell;

use smallvec::SmallVec;

use super::order::{Order, index_u32};
use super::trail::Trail;
use crate::model::{
    Action, Event, Goroutine, GoroutineId, Object, ObjectId, Op, Pending, Program, Scope, World,
};

/// An operation that a goroutine executed, or is left with.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpOf {
    pub(super) goroutine: GoroutineId,
    /// Where the goroutine stands while it waits for it to be executed, or is left with it.
    pub(super) stands: Goroutine,
    pub(super) sort: Sort,
    /// The event in which the goroutine arrived at it; `None` if it stood there from the start.
    pub(super) arrival: Option<u32>,
    /// The event that executed it; `None` if the goroutine is left with it.
    pub(super) done: Option<u32>,
}

/// The sort of an operation, as far as rivals go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    /// It looks at one object.
    Looks,
    /// It changes one object, in one way.
    Changes,
    /// It has one way. It may concern more than one object, or move other goroutines.
    Wide,
    /// It is a send or a receive, and no select.
    Talks,
    /// It has several ways, and is not of the sort before.
    Several,
}

impl Sort {
    fn of(pending: Pending<'_>) -> Self {
        let op = match pending {
            Pending::Nothing => return Self::Wide,
            // A timer may meet one receiver or another, or it may expire or send.
            Pending::Fire(_) => return Self::Several,
            Pending::Op(op) => op,
        };
        match op.facts().scope {
            Scope::Simple if op.only_looks() => Self::Looks,
            Scope::Simple => Self::Changes,
            Scope::Wide => Self::Wide,
            Scope::Several if matches!(op, Op::Chan(..)) => Self::Talks,
            Scope::Several => Self::Several,
        }
    }
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
    /// For each object, the events that are not known in which goroutines arrived at operations on
    /// it.
    arrivals: Vec<Vec<u32>>,
    /// Those that were executed and could have taken another way, in the order of their events.
    several: Vec<OpOf>,
}

impl Ops {
    /// Lists the operations of an execution. Those of the first `known` events are listed already.
    pub(super) fn update(
        &mut self,
        program: &dyn Program,
        events: &[Event],
        trail: &mut Trail,
        end: &World,
        order: &Order,
        known: usize,
    ) {
        for ops in self.on_object.iter_mut().flatten() {
            ops.keep(known);
        }
        self.arrivals.iter_mut().for_each(Vec::clear);
        let is_known = |op: &OpOf| op.done.is_some_and(|done| (done as usize) < known);
        while self.several.pop_if(|op| !is_known(op)).is_some() {}
        for (index, event) in events.iter().enumerate().skip(known) {
            trail.go_to(index);
            let world = trail.state(index);
            for goroutine in event.step.movers() {
                let arrival = order.arrival(goroutine, index);
                let done = Some(index_u32(index));
                self.add(program, end, (goroutine, world, arrival), done, known);
            }
        }
        for goroutine in end.ids() {
            let arrival = order.of_goroutine(goroutine).last().copied();
            self.add(program, end, (goroutine, end, arrival), None, known);
        }
    }

    /// Adds the operation of a goroutine in this state. It has arrived there, and has done it, in
    /// these events.
    fn add(
        &mut self,
        program: &dyn Program,
        end: &World,
        (goroutine, world, arrival): (GoroutineId, &World, Option<u32>),
        done: Option<u32>,
        known: usize,
    ) {
        let stands = world.goroutines()[goroutine.index()];
        let pending = stands.pending(program);
        let op = OpOf {
            goroutine,
            stands,
            sort: Sort::of(pending),
            arrival,
            done,
        };
        if done.is_some() && matches!(op.sort, Sort::Talks | Sort::Several) {
            self.several.push(op);
        }
        for &object in &reach(pending, end) {
            if self.on_object.len() <= object.index() {
                self.on_object.resize_with(object.index() + 1, Vec::new);
                self.arrivals.resize_with(object.index() + 1, Vec::new);
            }
            self.arrivals[object.index()].extend(arrival.filter(|&it| it as usize >= known));
            let on_it = &mut self.on_object[object.index()];
            let place = on_it.partition_point(|of| of.goroutine < op.goroutine);
            match on_it.get_mut(place) {
                Some(of) if of.goroutine == op.goroutine => of.ops.push(op),
                _ => on_it.insert(place, OpsOf::of(op)),
            }
        }
    }

    /// Returns the operations that this event executed and that could have taken another way.
    pub(super) fn several(&self, event: usize) -> &[OpOf] {
        let event = Some(index_u32(event));
        let from = self.several.partition_point(|op| op.done < event);
        let later = &self.several[from..];
        let count = later.iter().take_while(|op| op.done == event).count();
        &later[..count]
    }

    /// Returns true if goroutines arrive after this event, which is known, at all new operations on
    /// the objects that it touches.
    pub(super) fn are_new_after(&self, order: &Order, event: &Event, index: usize) -> bool {
        let after = |&arrival: &u32| order.is_before(index, arrival as usize);
        event.footprint.iter().all(|(object, _)| {
            let arrivals = self.arrivals.get(object.index());
            arrivals.is_none_or(|arrivals| arrivals.iter().all(after))
        })
    }

    /// Returns the operations on an object, grouped by goroutine.
    pub(super) fn on(&self, object: ObjectId) -> &[OpsOf] {
        self.on_object
            .get(object.index())
            .map_or(&[], Vec::as_slice)
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
