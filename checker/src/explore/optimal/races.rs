//! Which executions does a maximal one bear witness to, that have not been explored: its races, reversed.
//!
//! For each event e of the execution, a **rival** f is a step that conflicts with e and could be taken before it: one built from operations that were executed
//! in the execution, or that some goroutine is left with at its end, and that do not arrive after e. A blocked operation is never executed
//! and still a rival: else a deadlock would hide the executions in which its locks were taken in the other order. f may need more than the arrival of
//! its operations: that a channel was closed, or something sent into its buffer. So f is tried after each [`Cut`]
//! of the events that touch its objects and do not come after e.

use smallvec::SmallVec;

use super::order::{Cut, Order, index_u32};
use crate::model::{
    Access, Case, Event, Fault, GoroutineId, ObjectId, Op, Pending, Phase, Program, Step, World,
};

/// An execution that has come to its end.
pub(super) struct Execution<'a> {
    pub(super) events: &'a [Event],
    /// Before each event, the state.
    pub(super) worlds: &'a [World],
    /// The state at the end.
    pub(super) end: &'a World,
    pub(super) order: &'a Order,
    pub(super) ops: &'a Ops,
}

/// An operation that a goroutine executed, or is left with.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpOf {
    pub(super) goroutine: GoroutineId,
    /// The event in which the goroutine arrived at it; `None` if it stood there from the start.
    arrival: Option<u32>,
    /// The event that executed it; `None` if the goroutine is left with it.
    done: Option<u32>,
}

impl OpOf {
    /// Whether it may be executed before event `i`: it was not before, and does not arrive after `i`.
    fn is_open(&self, execution: &Execution<'_>, i: usize) -> bool {
        self.done.is_none_or(|done| done as usize >= i)
            && self.arrival.is_none_or(|arrival| {
                (arrival as usize) < i
                    || !execution.order.is_before(execution.events, i, arrival as usize)
            })
    }
}

/// The operations of an execution, by the objects that they name.
#[derive(Clone, Debug, Default)]
pub(super) struct Ops {
    on_object: Vec<Vec<OpOf>>,
}

impl Ops {
    /// Lists them.
    pub(super) fn collect(
        &mut self,
        program: &dyn Program,
        events: &[Event],
        worlds: &[World],
        end: &World,
        order: &Order,
    ) {
        self.on_object.iter_mut().for_each(Vec::clear);
        for index in 0..end.goroutines().len() {
            let goroutine = GoroutineId::from_index(index);
            let mut arrival = None;
            for &event in order.of_goroutine(goroutine) {
                if events[event as usize].step.moves(goroutine) {
                    let op = OpOf { goroutine, arrival, done: Some(event) };
                    self.add(program, &worlds[event as usize], op);
                }
                arrival = Some(event);
            }
            self.add(program, end, OpOf { goroutine, arrival, done: None });
        }
    }

    fn add(&mut self, program: &dyn Program, world: &World, op: OpOf) {
        let objects: SmallVec<[ObjectId; 2]> = match world.pending(program, op.goroutine) {
            Pending::Nothing => return,
            Pending::Op(op) => op.objects(),
            Pending::Fire(_) => world
                .touches(program, Step::of(op.goroutine))
                .iter()
                .map(|(object, _)| *object)
                .collect(),
        };
        for (position, object) in objects.iter().enumerate() {
            if objects[..position].contains(object) {
                continue;
            }
            if self.on_object.len() <= object.index() {
                self.on_object.resize_with(object.index() + 1, Vec::new);
            }
            self.on_object[object.index()].push(op);
        }
    }

    fn on(&self, object: ObjectId) -> &[OpOf] {
        self.on_object.get(object.index()).map_or(&[], Vec::as_slice)
    }
}

impl Execution<'_> {
    /// Calls `found` with each sequence that should be explored instead of event `i`, from the state before it.
    pub(super) fn reversals(
        &self,
        program: &mut dyn Program,
        i: usize,
        found: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Fault> {
        let e = &self.events[i];
        for mover in e.step.movers() {
            let op = self.op_at(mover, i);
            self.ways(program, i, op, found)?;
        }
        for &(object, _) in &e.touches {
            for &op in self.ops.on(object) {
                if !e.step.moves(op.goroutine) && op.is_open(self, i) {
                    self.ways(program, i, op, found)?;
                }
            }
        }
        Ok(())
    }

    /// The operation of this goroutine that event `i` executed.
    fn op_at(&self, goroutine: GoroutineId, i: usize) -> OpOf {
        let own = self.order.of_goroutine(goroutine);
        let position = own.partition_point(|&event| (event as usize) < i);
        let arrival = position.checked_sub(1).map(|before| own[before]);
        OpOf { goroutine, arrival, done: Some(index_u32(i)) }
    }

    /// The state in which an operation waits to be executed, or is left.
    fn world_of(&self, op: OpOf) -> &World {
        op.done.map_or(self.end, |done| &self.worlds[done as usize])
    }

    /// All the steps that the operation could make, as rivals of event `i`.
    fn ways(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        found: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Fault> {
        let world = self.world_of(op);
        let pending = match world.pending(program, op.goroutine) {
            Pending::Nothing => return Ok(()),
            Pending::Fire(_) => {
                let touches = world.touches(program, Step::of(op.goroutine));
                let objects: Vec<ObjectId> = touches.iter().map(|(object, _)| *object).collect();
                return self.try_cuts(program, i, &[op], &objects, found);
            }
            Pending::Op(pending) => pending.clone(),
        };
        let phase = world.goroutine(op.goroutine).map(|goroutine| goroutine.phase);
        match &pending {
            Op::Send(channel, value) => {
                self.way_of_case(program, i, op, Case::Send(*channel, *value), found)
            }
            Op::Recv(channel) => self.way_of_case(program, i, op, Case::Recv(*channel), found),
            Op::Select { cases, default } => {
                let mut tried: Vec<Case> = Vec::new();
                for case in cases {
                    if !tried.contains(case) {
                        self.way_of_case(program, i, op, *case, found)?;
                        tried.push(*case);
                    }
                }
                if *default {
                    self.try_cuts(program, i, &[op], &distinct(&pending), found)?;
                }
                Ok(())
            }
            // Whoever waits for a signal, or has been given one, moves by the signal or takes the mutex.
            Op::CondWait { mutex, .. } if phase == Some(Phase::Woken) => {
                self.try_cuts(program, i, &[op], &[*mutex], found)
            }
            Op::CondWait { .. } if phase == Some(Phase::Waiting) => Ok(()),
            _ => self.try_cuts(program, i, &[op], &distinct(&pending), found),
        }
    }

    /// A communication: alone, and with each partner that it could meet.
    fn way_of_case(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        case: Case,
        found: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Fault> {
        let Some(channel) = case.channel() else { return Ok(()) };
        self.try_cuts(program, i, &[op], &[channel], found)?;
        let unbuffered = matches!(
            self.world_of(op).object(channel),
            crate::model::Object::Chan(chan) if chan.capacity == 0
        );
        if !unbuffered {
            return Ok(());
        }
        for &partner in self.ops.on(channel) {
            if partner.goroutine == op.goroutine || !partner.is_open(self, i) {
                continue;
            }
            let complements = match self.world_of(partner).pending(program, partner.goroutine) {
                Pending::Op(pending) => complements(pending, case),
                _ => false,
            };
            if complements {
                self.try_cuts(program, i, &[op, partner], &[channel], found)?;
            }
        }
        Ok(())
    }

    /// Tries the steps of exactly these movers after each cut of the events that touch these objects.
    fn try_cuts(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        objects: &[ObjectId],
        found: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Fault> {
        let mut need = self.order.empty();
        for op in movers {
            if let Some(arrival) = op.arrival {
                self.order.extend(&mut need, arrival as usize);
            }
        }
        let mut cuts = vec![need];
        for &object in objects {
            self.add_cuts(i, object, &mut cuts);
        }
        for cut in &cuts {
            let executes_a_mover = movers.iter().any(|op| {
                op.done.is_some_and(|done| {
                    self.order.contains(cut, self.events, done as usize)
                })
            });
            if !executes_a_mover {
                self.try_after(program, i, movers, cut, found)?;
            }
        }
        Ok(())
    }

    /// Adds to the cuts those that hold more of the events that touch the object.
    fn add_cuts(&self, i: usize, object: ObjectId, cuts: &mut Vec<Cut>) {
        let e = &self.events[i];
        let exclusive =
            e.touches.iter().any(|&(touched, how)| touched == object && how == Access::Exclusive);
        if exclusive {
            // Whatever else touches it comes after e.
            return;
        }
        let mut grown = Vec::new();
        for cut in cuts.iter() {
            let mut all = cut.clone();
            for &j in self.order.of_object(object) {
                let j = j as usize;
                if j <= i
                    || self.order.is_before(self.events, i, j)
                    || self.order.contains(cut, self.events, j)
                {
                    continue;
                }
                let mut one = cut.clone();
                self.order.extend(&mut one, j);
                self.order.extend(&mut all, j);
                for cut in [one, all.clone()] {
                    if !grown.contains(&cut) {
                        grown.push(cut);
                    }
                }
            }
        }
        cuts.extend(grown);
    }

    /// Takes the events of the cut from the state before event `i`, and looks which steps of the movers are enabled then and
    /// conflict with it.
    fn try_after(
        &self,
        program: &mut dyn Program,
        i: usize,
        movers: &[OpOf],
        cut: &Cut,
        found: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Fault> {
        let e = &self.events[i];
        let mut world = self.worlds[i].clone();
        for j in i + 1..self.events.len() {
            if self.order.contains(cut, self.events, j) {
                world.take(program, self.events[j].step)?;
            }
        }
        let mut steps = Vec::new();
        for op in movers {
            world.enabled_of(program, op.goroutine, &mut steps);
        }
        for f in steps {
            let same_movers = f.movers().count() == movers.len()
                && movers.iter().all(|op| f.moves(op.goroutine));
            if !same_movers || f == e.step {
                continue;
            }
            let f = world.clone().take(program, f)?;
            if f.depends_on(e) {
                found(self.instead(i, cut, f));
            }
        }
        Ok(())
    }

    /// All of the execution after event `i` that is independent of it and does not conflict with `f`, with the cut that `f` needs, and then
    /// `f`. Less than all of it would lose executions: what is asleep would seem to cover it.
    fn instead(&self, i: usize, cut: &Cut, f: Event) -> Vec<Event> {
        let mut gone = vec![i];
        let mut sequence = Vec::new();
        for j in i + 1..self.events.len() {
            let event = &self.events[j];
            let after_gone =
                gone.iter().any(|&before| self.order.is_before(self.events, before, j));
            let in_cut = self.order.contains(cut, self.events, j);
            if after_gone || !in_cut && event.depends_on(&f) {
                gone.push(j);
            } else {
                sequence.push(event.clone());
            }
        }
        sequence.push(f);
        sequence
    }
}

fn distinct(op: &Op) -> Vec<ObjectId> {
    let mut objects = op.objects().to_vec();
    objects.sort_unstable();
    objects.dedup();
    objects
}

/// Whether an operation has a communication that can meet this one.
fn complements(op: &Op, case: Case) -> bool {
    let meets = |other: Case| match (case, other) {
        (Case::Send(a, _), Case::Recv(b)) | (Case::Recv(a), Case::Send(b, _)) => a == b,
        _ => false,
    };
    match op {
        Op::Send(channel, value) => meets(Case::Send(*channel, *value)),
        Op::Recv(channel) => meets(Case::Recv(*channel)),
        Op::Select { cases, .. } => cases.iter().any(|&case| meets(case)),
        _ => false,
    }
}
