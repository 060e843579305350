//! The deeds of a goroutine's code where no execution goes on, given any value that was ever at an
//! object.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use gordian_checker::model::{
    Action, Atomic, AtomicType, Case, CellOp, ChanOp, Choice, ContextOp, GoroutineId, LocalState,
    MutexOp, Next, Object, ObjectId, OnceOp, Op, Outcome, Panic, Program, RwLockOp, SemaphoreOp,
    TimerOp, ValueId, WaitGroupOp, World,
};

use super::known::{Deed, Known, Node, of_op, timer_of};

/// Most outcomes that are given to goroutines that no execution lets go on.
const OUTCOMES_MAX: usize = 4_000;

/// A goroutine that is let go on, and the objects as it has changed them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Let {
    node: Node,
    objects: BTreeMap<ObjectId, Object>,
    /// The timers that it made, by their hidden goroutines.
    timers: BTreeMap<GoroutineId, ObjectId>,
}

/// Returns the deeds of a goroutine from there on, for any outcomes.
pub(super) fn imagine(
    program: &mut dyn Program,
    known: &Known,
    world: &World,
    here: Node,
    (after, seen): (bool, bool),
) -> Result<BTreeSet<Deed>, String> {
    let mut deeds = BTreeSet::new();
    let mut todo = VecDeque::from([Let {
        node: here,
        objects: BTreeMap::new(),
        timers: BTreeMap::new(),
    }]);
    let mut met: HashSet<Let> = HashSet::new();
    let mut left = OUTCOMES_MAX;
    while let Some(one) = todo.pop_front() {
        if !met.insert(one.clone()) {
            continue;
        }
        if known.does.contains_key(&one.node) {
            let (future, ends) = known.ahead(one.node);
            if !(after && one.node == here) {
                deeds.extend(&known.does[&one.node].deeds);
            }
            deeds.extend(future);
            todo.extend(ends.into_iter().map(|node| Let {
                node,
                ..one.clone()
            }));
            if seen {
                continue;
            }
        }
        let (id, local, begun) = one.node;
        let Some(local) = local else {
            one.fire(known, world, program, &mut deeds);
            continue;
        };
        let arrival = program.arrival(local);
        let (Next::Op(op), line) = (arrival.next.clone(), arrival.site.line) else {
            continue;
        };
        for (choice, outcome) in told(known, world, &one, &op) {
            if left == 0 {
                return Ok(deeds);
            }
            left -= 1;
            if !(after && one.node == here) {
                let done = of_op(&op, choice, begun);
                let done = done.into_iter();
                deeds.extend(done.map(|(object, what)| (object, what, id, line)));
                if let Op::CtxCancel(context) = &op {
                    let done = one.done_channels(known, world, *context).into_iter();
                    deeds.extend(done.map(|channel| (channel, "cancel", id, line)));
                }
            }
            one.go_on(program, known, world, (local, &op, outcome), &mut todo)?;
        }
    }
    Ok(deeds)
}

impl Let {
    /// Gives its operation this outcome. Adds its next position, and the goroutines and timers that
    /// start with the operation.
    fn go_on(
        &self,
        program: &mut dyn Program,
        known: &Known,
        world: &World,
        (local, op, outcome): (LocalState, &Op, Outcome),
        todo: &mut VecDeque<Self>,
    ) -> Result<(), String> {
        let id = self.node.0;
        let mut then = self.clone();
        then.change(known, world, op);
        let after = program.resume(id, local, outcome, &mut World::default());
        let after = after.map_err(|it| format!("{it:?}"))?;
        then.node = (id, Some(after), false);
        then.make(program, todo);
        if let Op::Go(child) = *op {
            let mut born = self.clone();
            let first = program.child(id, local, &mut World::default());
            let first = first.map_err(|it| format!("{it:?}"))?;
            born.node = (child, Some(first), false);
            born.make(program, todo);
            todo.push_back(born);
        }
        if let Op::Timer(timer, TimerOp::Reset) = *op {
            let all = known.timers.iter().chain(&self.timers);
            let fires = all.filter(|(_, fired)| **fired == timer);
            todo.extend(fires.map(|(&id, _)| Self {
                node: (id, None, false),
                ..self.clone()
            }));
        }
        todo.push_back(then);
        Ok(())
    }

    fn object<'a>(&'a self, known: &'a Known, world: &'a World, id: ObjectId) -> &'a Object {
        match (self.objects.get(&id), world.object(id)) {
            (Some(object), _) => object,
            (None, Object::Absent) => known.objects.get(&id).unwrap_or(&Object::Absent),
            (None, object) => object,
        }
    }

    fn make(&mut self, program: &dyn Program, todo: &mut VecDeque<Self>) {
        let Some(local) = self.node.1 else { return };
        for creation in &program.arrival(local).created {
            self.objects.insert(creation.id, creation.object.clone());
            if let Some(id) = creation.timer {
                self.timers.insert(id, creation.id);
            }
        }
        for creation in &program.arrival(local).created {
            todo.extend(creation.timer.map(|id| Self {
                node: (id, None, false),
                ..self.clone()
            }));
        }
    }

    /// Returns the done channels of a context and of all contexts below it.
    fn done_channels(&self, known: &Known, world: &World, context: ObjectId) -> Vec<ObjectId> {
        let (mut contexts, mut done) = (vec![context], Vec::new());
        while let Some(context) = contexts.pop() {
            if let Object::Context(context) = self.object(known, world, context) {
                done.push(context.done);
                contexts.extend(&context.children);
            }
        }
        done
    }

    /// Fires the timer of this hidden goroutine.
    fn fire(
        &self,
        known: &Known,
        world: &World,
        program: &dyn Program,
        deeds: &mut BTreeSet<Deed>,
    ) {
        let id = self.node.0;
        let Some(timer) = self.timers.get(&id).or_else(|| known.timers.get(&id)) else {
            return;
        };
        let line = program.goroutine(id).site.line;
        let mut fired = |channel| deeds.extend([(channel, "fire into", id, line)]);
        match timer_of(self.object(known, world, *timer)).map(|timer| timer.action) {
            Some(Action::Send(channel)) => fired(channel),
            Some(Action::Cancel(context)) => {
                let done = self.done_channels(known, world, context);
                done.into_iter().for_each(fired);
            }
            None => {}
        }
    }

    fn change(&mut self, known: &Known, world: &World, op: &Op) {
        let (id, left) = match op {
            Op::Mutex(id, MutexOp::Unlock(Some(it))) => (*id, *it),
            Op::RwLock(id, RwLockOp::Unlock(Some(it))) => (*id, *it),
            Op::Cell(id, CellOp::Set(it)) => (*id, *it),
            Op::Atomic(id, op) => {
                let mut object = self.object(known, world, *id).clone();
                if let Object::Atomic(atomic) = &mut object {
                    atomic.update(*op);
                }
                self.objects.insert(*id, object);
                return;
            }
            _ => return,
        };
        let mut object = self.object(known, world, id).clone();
        match &mut object {
            Object::Mutex(it) => it.content = left,
            Object::RwLock(it) => it.content = left,
            Object::Cell(it) => it.value = left,
            _ => return,
        }
        self.objects.insert(id, object);
    }
}

/// Returns all choices and outcomes that a goroutine could get.
fn told(known: &Known, world: &World, one: &Let, op: &Op) -> Vec<(Choice, Outcome)> {
    let values = |id: &ObjectId| -> BTreeSet<ValueId> {
        let mut values = known.values.get(id).cloned().unwrap_or_default();
        match one.object(known, world, *id) {
            Object::Mutex(it) => drop(values.insert(it.content)),
            Object::RwLock(it) => drop(values.insert(it.content)),
            Object::Cell(it) => drop(values.insert(it.value)),
            _ => {}
        }
        values
    };
    let only = |all: Vec<Outcome>| all.into_iter().map(|it| (Choice::Only, it)).collect();
    let or_panics = |panic: Panic| only(vec![Outcome::Done, Outcome::Panics(panic)]);
    let content = |id: &ObjectId| {
        values(id)
            .into_iter()
            .map(Outcome::Value)
            .collect::<Vec<_>>()
    };
    let numbers = |range: std::ops::Range<i64>| only(range.map(Outcome::Number).collect());
    match op {
        Op::Choose(below, _) => (0..*below)
            .map(|it| (Choice::Number(it), Outcome::Number(it.into())))
            .collect(),
        Op::Select { cases, default, .. } => {
            let mut all = Vec::new();
            for (case, index) in cases.iter().zip(0..) {
                let told: Vec<Outcome> = match case {
                    Case::Send(Some(id), _) => {
                        vec![
                            Outcome::Sent(index),
                            Outcome::Panics(Panic::SendOnClosed(*id)),
                        ]
                    }
                    Case::Recv(Some(id)) => {
                        let values = values(id).into_iter().map(Some).chain([None]);
                        values.map(|it| Outcome::Received(index, it)).collect()
                    }
                    _ => Vec::new(),
                };
                all.extend(told.into_iter().map(|it| (Choice::Case(index), it)));
            }
            all.extend(default.then_some((Choice::Default, Outcome::Default)));
            all
        }
        Op::Mutex(id, MutexOp::Lock)
        | Op::RwLock(id, RwLockOp::Lock | RwLockOp::RLock)
        | Op::Cell(id, CellOp::Get) => only(content(id)),
        Op::CondWait { mutex, .. } => only(content(mutex)),
        Op::Mutex(id, MutexOp::TryLock)
        | Op::RwLock(id, RwLockOp::TryLock | RwLockOp::TryRLock)
        | Op::Chan(Some(id), ChanOp::Recv) => {
            let mut all = content(id);
            all.push(Outcome::Nothing);
            only(all)
        }
        Op::Chan(Some(_), ChanOp::Len) => numbers(0..4),
        Op::Chan(None, ChanOp::Close) => only(vec![Outcome::Panics(Panic::CloseOfNil)]),
        Op::Chan(None, _) | Op::Exited => Vec::new(),
        Op::Chan(Some(id), ChanOp::Send(_)) => or_panics(Panic::SendOnClosed(*id)),
        Op::Chan(Some(id), ChanOp::Close) => or_panics(Panic::CloseOfClosed(*id)),
        Op::WaitGroup(id, WaitGroupOp::Add(_)) => or_panics(Panic::NegativeCounter(*id)),
        Op::Semaphore(id, SemaphoreOp::Release(_)) => or_panics(Panic::ReleasedMoreThanHeld(*id)),
        Op::Once(_, OnceOp::Begin)
        | Op::Timer(..)
        | Op::Semaphore(_, SemaphoreOp::TryAcquire(_)) => numbers(0..2),
        Op::Context(_, ContextOp::Err) => numbers(0..3),
        Op::Atomic(id, op) => {
            let mut all = known.numbers.get(id).cloned().unwrap_or_default();
            let mut shown_as = AtomicType::I64;
            if let Object::Atomic(atomic) = one.object(known, world, *id) {
                all.insert(atomic.value);
                shown_as = atomic.shown_as;
            }
            let updated = all.into_iter().map(|value| {
                let mut atomic = Atomic { value, shown_as };
                Outcome::Number(atomic.update(*op))
            });
            let updated: BTreeSet<Outcome> = updated.collect();
            only(updated.into_iter().collect())
        }
        _ => only(vec![Outcome::Done]),
    }
}
