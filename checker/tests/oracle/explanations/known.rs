//! Complete knowledge of a program, by brute force: its states, what each goroutine did in each
//! local state in some execution, and which operation releases which.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use gordian_checker::model::{
    Action, Case, Chan, ChanOp, Choice, CondOp, End, GoroutineId, LocalState, MutexOp, Object,
    ObjectId, OnceOp, Op, Pending, Phase, Program, RwLockOp, SemaphoreOp, Step, Timer, ValueId,
    WaitGroupOp, World,
};

/// Most ends of one program that are judged.
pub(super) const ENDS_MAX: usize = 6;

/// A goroutine, its local state, and whether it has begun its operation. The hidden goroutine of an
/// armed timer has no local state.
pub(super) type Node = (GoroutineId, Option<LocalState>, bool);

/// Something that was done, or would be: the object, the verb in the report's words, the goroutine,
/// and the line.
pub(super) type Deed = (ObjectId, &'static str, GoroutineId, u32);

/// The deeds of a goroutine in a local state.
#[derive(Clone, Debug, Default)]
pub(super) struct Does {
    pub(super) deeds: BTreeSet<Deed>,
    pub(super) next: BTreeSet<Node>,
}

/// Complete knowledge of a program.
#[derive(Default)]
pub(super) struct Known {
    pub(super) worlds: Vec<World>,
    pub(super) from: Vec<Option<(usize, Step)>>,
    pub(super) finals: Vec<usize>,
    pub(super) does: BTreeMap<Node, Does>,
    /// The values that were at each object, or were sent to it.
    pub(super) values: BTreeMap<ObjectId, BTreeSet<ValueId>>,
    pub(super) numbers: BTreeMap<ObjectId, BTreeSet<i64>>,
    /// Each object as it was when first seen.
    pub(super) objects: BTreeMap<ObjectId, Object>,
    /// The timers, by the hidden goroutines that fire them.
    pub(super) timers: BTreeMap<GoroutineId, ObjectId>,
}

impl Known {
    pub(super) fn of(program: &mut dyn Program, max: usize) -> Option<Self> {
        let mut known = Self::default();
        let start = World::start(program).expect("it starts");
        let mut index = HashMap::from([(start.clone(), 0)]);
        known.worlds.push(start);
        known.from.push(None);
        let mut steps = Vec::new();
        let mut at = 0;
        while at < known.worlds.len() {
            let world = known.worlds[at].clone();
            world.enabled(program, &mut steps);
            if steps.is_empty() {
                known.finals.push(at);
            }
            for &step in &steps {
                let mut next = world.clone();
                next.take(program, step).expect("it goes on");
                known.note(program, &world, step, &next);
                if !index.contains_key(&next) {
                    if index.len() >= max {
                        return None;
                    }
                    index.insert(next.clone(), known.worlds.len());
                    known.worlds.push(next);
                    known.from.push(Some((at, step)));
                }
            }
            at += 1;
        }
        Some(known)
    }

    fn note(&mut self, program: &dyn Program, world: &World, step: Step, next: &World) {
        for (index, object) in next.objects().iter().enumerate() {
            let id = ObjectId::from_index(index);
            self.note_content(id, object);
            if *object != Object::Absent && !self.objects.contains_key(&id) {
                self.objects.insert(id, object.clone());
            }
        }
        for (index, state) in next.goroutines().iter().enumerate() {
            if let Phase::Timer(timer) = state.phase {
                self.timers.insert(GoroutineId::from_index(index), timer);
            }
        }
        let ids = || (0..next.goroutines().len()).map(GoroutineId::from_index);
        let begins: Vec<Node> = ids()
            .filter(|&id| !step.moves(id) && node(program, world, id).is_none())
            .filter_map(|id| node(program, next, id))
            .collect();
        for id in step.movers() {
            let here = node(program, world, id).expect("it moves");
            let deeds = deeds(program, world, next, step, id);
            let does = self.does.entry(here).or_default();
            does.deeds.extend(deeds);
            does.next.extend(node(program, next, id));
            does.next.extend(&begins);
        }
        if let Pending::Op(Op::Chan(Some(id), ChanOp::Send(value))) =
            world.pending(program, step.actor)
        {
            self.values.entry(*id).or_default().insert(*value);
        }
        if let Pending::Op(Op::Select { cases, .. }) = world.pending(program, step.actor)
            && let Choice::Case(index) = step.choice
            && let Case::Send(Some(id), value) = cases[index as usize]
        {
            self.values.entry(id).or_default().insert(value);
        }
    }

    fn note_content(&mut self, id: ObjectId, object: &Object) {
        match object {
            Object::Mutex(it) => drop(self.values.entry(id).or_default().insert(it.content)),
            Object::RwLock(it) => drop(self.values.entry(id).or_default().insert(it.content)),
            Object::Cell(it) => drop(self.values.entry(id).or_default().insert(it.value)),
            Object::Chan(it) => self.values.entry(id).or_default().extend(&it.buffer),
            Object::Atomic(it) => drop(self.numbers.entry(id).or_default().insert(it.value)),
            _ => {}
        }
    }

    /// Returns the first few final states that are a deadlock, a leak or a panic.
    pub(super) fn bad_ends(&self, program: &dyn Program) -> Vec<usize> {
        let bad = |&&at: &&usize| {
            let end = self.worlds[at].end(program);
            matches!(end, End::Deadlock | End::Leak | End::Panic)
        };
        self.finals
            .iter()
            .filter(bad)
            .copied()
            .take(ENDS_MAX)
            .collect()
    }

    pub(super) fn path(&self, mut at: usize) -> Vec<Step> {
        let mut path = Vec::new();
        while let Some((before, step)) = self.from[at] {
            path.push(step);
            at = before;
        }
        path.reverse();
        path
    }

    /// Returns the deeds from there on, in any execution.
    pub(super) fn future(&self, here: Node, after: bool) -> BTreeSet<Deed> {
        let (mut deeds, _) = self.ahead(here);
        if !after && let Some(does) = self.does.get(&here) {
            deeds.extend(&does.deeds);
        }
        deeds
    }

    /// Returns the deeds after the operation there, in any execution, and the nodes at which no
    /// execution goes on.
    pub(super) fn ahead(&self, here: Node) -> (BTreeSet<Deed>, Vec<Node>) {
        let (mut deeds, mut ends) = (BTreeSet::new(), Vec::new());
        let (mut todo, mut known) = (vec![here], HashSet::from([here]));
        while let Some(node) = todo.pop() {
            let Some(does) = self.does.get(&node) else {
                ends.push(node);
                continue;
            };
            if node != here {
                deeds.extend(&does.deeds);
            }
            todo.extend(does.next.iter().filter(|next| known.insert(**next)));
        }
        (deeds, ends)
    }
}

pub(super) fn node(program: &dyn Program, world: &World, id: GoroutineId) -> Option<Node> {
    match world.pending(program, id) {
        Pending::Nothing => None,
        Pending::Fire(timer) => {
            let timer = timer_of(world.object(timer))?;
            let is_armed = timer.is_pending() || timer.sending > 0;
            is_armed.then_some((id, None, false))
        }
        Pending::Op(_) => {
            let state = world.goroutine(id)?;
            Some((id, Some(state.local), state.phase != Phase::Ready))
        }
    }
}

pub(super) fn timer_of(object: &Object) -> Option<&Timer> {
    match object {
        Object::Timer(timer) => Some(timer),
        _ => None,
    }
}

pub(super) fn chan_of(object: &Object) -> Option<&Chan> {
    match object {
        Object::Chan(chan) => Some(chan),
        _ => None,
    }
}

/// The verb for the first in line for a semaphore.
pub(super) const TURN: &str = "take its turn at";

/// Returns true if the verb covers the deed. A goroutine that must be served first later releases
/// its permits.
pub(super) fn verb_fits(verb: &str, what: &str) -> bool {
    verb.ends_with(what) || (verb == TURN && what == "release")
}

/// Returns those deeds of one of the movers in a step that can release somebody.
pub(super) fn deeds(
    program: &dyn Program,
    world: &World,
    next: &World,
    step: Step,
    id: GoroutineId,
) -> Vec<Deed> {
    let state = world.goroutine(id).expect("it is there");
    let choice = match step.partner {
        Some((partner, choice)) if partner == id => choice,
        _ => step.choice,
    };
    let op = match world.pending(program, id) {
        Pending::Nothing => return Vec::new(),
        Pending::Fire(timer) => {
            let line = program.goroutine(id).site.line;
            let timer = timer_of(world.object(timer)).expect("a timer");
            let mut fired = closed_by(world, next, "fire into", id, line);
            if let Action::Send(channel) = timer.action {
                fired.push((channel, "fire into", id, line));
            }
            return fired;
        }
        Pending::Op(op) => op,
    };
    let line = program.arrival(state.local).site.line;
    if let Op::CtxCancel(_) | Op::CtxDerive(..) = op {
        return closed_by(world, next, "cancel", id, line);
    }
    let after = next.goroutine(id).map(|state| state.phase);
    if matches!(after, Some(Phase::Panicked(_))) {
        return Vec::new();
    }
    let done = of_op(op, choice, state.phase != Phase::Ready);
    // A send to a closed channel panics.
    let is_closed = |id: &ObjectId| chan_of(world.object(*id)).is_some_and(|chan| chan.closed);
    done.into_iter()
        .filter(|(object, what)| *what != "send to" || !is_closed(object))
        .map(|(object, what)| (object, what, id, line))
        .collect()
}

/// Returns the channels that are closed by the step, with their contexts.
pub(super) fn closed_by(
    world: &World,
    next: &World,
    what: &'static str,
    id: GoroutineId,
    line: u32,
) -> Vec<Deed> {
    let closed = |world: &World, index: usize| {
        let object = world.objects().get(index);
        object.and_then(chan_of).is_some_and(|chan| chan.closed)
    };
    let all = 0..next.objects().len();
    let now = all.filter(|&index| !closed(world, index) && closed(next, index));
    now.map(|index| (ObjectId::from_index(index), what, id, line))
        .collect()
}

/// Returns what an operation can release that took this choice.
pub(super) fn of_op(op: &Op, choice: Choice, begun: bool) -> Vec<(ObjectId, &'static str)> {
    match op {
        Op::Mutex(id, MutexOp::Unlock(_))
        | Op::RwLock(id, RwLockOp::RUnlock | RwLockOp::Unlock(_)) => vec![(*id, "unlock")],
        Op::CondWait { mutex, .. } if !begun => vec![(*mutex, "unlock")],
        Op::Chan(Some(id), ChanOp::Send(_)) => vec![(*id, "send to")],
        Op::Chan(Some(id), ChanOp::Recv) => vec![(*id, "receive from")],
        Op::Chan(Some(id), ChanOp::Close) => vec![(*id, "close")],
        Op::Select { cases, .. } => match choice {
            Choice::Case(index) => match cases[index as usize] {
                Case::Send(Some(id), _) => vec![(id, "send to")],
                Case::Recv(Some(id)) => vec![(id, "receive from")],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        },
        Op::WaitGroup(id, WaitGroupOp::Add(delta)) if *delta < 0 => vec![(*id, "lower")],
        Op::Once(id, OnceOp::End) => vec![(*id, "finish")],
        Op::Cond(id, CondOp::Signal) => vec![(*id, "signal")],
        Op::Cond(id, CondOp::Broadcast) => vec![(*id, "broadcast to")],
        Op::Semaphore(id, SemaphoreOp::Release(_)) => vec![(*id, "release")],
        _ => Vec::new(),
    }
}

/// Returns the deeds that release a blocked goroutine: the object, the verb, and whether that ends
/// in a panic.
pub(super) fn wanted(
    program: &dyn Program,
    world: &World,
    id: GoroutineId,
) -> Vec<(ObjectId, &'static str, bool)> {
    let Pending::Op(op) = world.pending(program, id) else {
        return Vec::new();
    };
    let phase = world.goroutine(id).expect("it is there").phase;
    let sends = |id: ObjectId| vec![(id, "receive from", false), (id, "close", true)];
    let receives = |id: ObjectId| {
        let ways = ["send to", "close", "cancel", "fire into"];
        ways.into_iter()
            .map(|way| (id, way, false))
            .collect::<Vec<_>>()
    };
    match op {
        Op::Mutex(id, MutexOp::Lock) | Op::RwLock(id, RwLockOp::RLock | RwLockOp::Lock) => {
            vec![(*id, "unlock", false)]
        }
        Op::CondWait { mutex, .. } if phase == Phase::Woken => vec![(*mutex, "unlock", false)],
        Op::CondWait { cond, .. } => {
            vec![(*cond, "signal", false), (*cond, "broadcast to", false)]
        }
        Op::Chan(Some(id), ChanOp::Send(_)) => sends(*id),
        Op::Chan(Some(id), ChanOp::Recv) => receives(*id),
        Op::Select { cases, .. } => {
            let all = cases.iter().flat_map(|case| match case {
                Case::Send(Some(id), _) => sends(*id),
                Case::Recv(Some(id)) => receives(*id),
                _ => Vec::new(),
            });
            all.collect()
        }
        Op::WaitGroup(id, WaitGroupOp::Wait) => vec![(*id, "lower", false)],
        Op::Once(id, OnceOp::Begin) => vec![(*id, "finish", false)],
        Op::Semaphore(id, SemaphoreOp::Acquire(_)) => vec![(*id, "release", false)],
        _ => Vec::new(),
    }
}
