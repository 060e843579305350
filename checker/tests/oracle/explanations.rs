//! An independent judge of explanations: every claim of a trace about who waits for whom, and why,
//! is checked against what the program can do, found out by force.
//!
//! What the judge knows is all states, what each goroutine did in each local state in some
//! execution (its finished automaton), and what its code would do where no execution passes, told
//! anything that was ever at an object. It has its own account of which operation releases which,
//! and asks nothing of `explain`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use gordian_checker::explain::Releasers;
use gordian_checker::explain::missing::{Ground, Missing, Now};
use gordian_checker::explain::trace::{Standing, State, Trace};
use gordian_checker::explain::wait_for_graph::{Edge, Reason, ReasonKind, WayOut};
use gordian_checker::explore::Cycle;
use gordian_checker::model::{
    Action, Case, Chan, ChanOp, Choice, CondOp, ContextOp, End, GoroutineId, Local, MutexOp, Next,
    Object, ObjectId, Once, OnceOp, Op, Outcome, Pending, Phase, Program, RwLockOp, SemaphoreOp,
    Step, Timer, TimerOp, TimerRules, ValueId, WaitGroupOp, World,
};
use gordian_checker::script::{Memory, Script, Start};

/// Ends of one program that are judged.
const ENDS_MAX: usize = 6;

/// What is told to goroutines that no execution lets go on, at most.
const OUTCOMES_MAX: usize = 4_000;

/// A goroutine, where it stands, and whether it has begun its operation.
type Node = (GoroutineId, Local, bool);

/// Something that was done, or would be: with which object, what, in the report's words, by whom,
/// and the line.
type Deed = (ObjectId, &'static str, GoroutineId, u32);

/// Judges the explanations of bad ends of a script: the number of claims, or `None` if it has more
/// than `max` states.
///
/// # Errors
/// The first claim that is untrue, in words.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    max: usize,
) -> Result<Option<usize>, String> {
    let mut program = script.interpreter_with(Start::Together, Memory::Remembering, timers);
    judge_program(&mut program, max)
}

/// The same of any program.
///
/// # Errors
/// The first claim that is untrue, in words.
pub(crate) fn judge_program(
    program: &mut dyn Program,
    max: usize,
) -> Result<Option<usize>, String> {
    let Some(known) = Known::of(program, max) else {
        return Ok(None);
    };
    let mut claims = 0;
    for states_max in [Releasers::STATES_MAX, 3] {
        let releasers = Releasers::collect(program, states_max).map_err(|it| format!("{it:?}"))?;
        for end in known.bad_ends(program) {
            let path = known.path(end);
            let trace = Trace::play(program, &path, &Cycle::default(), &releasers);
            let trace = trace.map_err(|it| format!("{it:?}"))?;
            let mut judge = Judge {
                program,
                known: &known,
                world: &known.worlds[end],
                trace: &trace,
                claims: 0,
            };
            judge.all().map_err(|claim| {
                let waits = &trace.waits;
                format!("untrue: {claim}\n{:#?}\n{}", waits, trace.schedule)
            })?;
            claims += judge.claims;
        }
    }
    Ok(Some(claims))
}

/// What somebody does in a local state.
#[derive(Clone, Debug, Default)]
struct Does {
    deeds: BTreeSet<Deed>,
    next: BTreeSet<Node>,
}

/// All that there is to know of a program.
#[derive(Default)]
struct Known {
    worlds: Vec<World>,
    from: Vec<Option<(usize, Step)>>,
    finals: Vec<usize>,
    does: BTreeMap<Node, Does>,
    /// What was at each object, or was sent to it.
    values: BTreeMap<ObjectId, BTreeSet<ValueId>>,
    numbers: BTreeMap<ObjectId, BTreeSet<i64>>,
}

impl Known {
    fn of(program: &mut dyn Program, max: usize) -> Option<Self> {
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

    /// Final states that are a deadlock or a leak: the first few.
    fn bad_ends(&self, program: &dyn Program) -> Vec<usize> {
        let bad = |&&at: &&usize| matches!(self.worlds[at].end(program), End::Deadlock | End::Leak);
        self.finals
            .iter()
            .filter(bad)
            .copied()
            .take(ENDS_MAX)
            .collect()
    }

    fn path(&self, mut at: usize) -> Vec<Step> {
        let mut path = Vec::new();
        while let Some((before, step)) = self.from[at] {
            path.push(step);
            at = before;
        }
        path.reverse();
        path
    }

    /// What is done from there on, in some execution.
    fn future(&self, here: Node, after: bool) -> BTreeSet<Deed> {
        let (mut deeds, _) = self.ahead(here);
        if !after && let Some(does) = self.does.get(&here) {
            deeds.extend(&does.deeds);
        }
        deeds
    }

    /// What is done after the operation there, in some execution, and where those are that nobody
    /// lets go on.
    fn ahead(&self, here: Node) -> (BTreeSet<Deed>, Vec<Node>) {
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

fn node(program: &dyn Program, world: &World, id: GoroutineId) -> Option<Node> {
    match world.pending(program, id) {
        Pending::Nothing => None,
        Pending::Fire(timer) => {
            let timer = timer_of(world.object(timer))?;
            let is_armed = timer.is_pending() || timer.sending > 0;
            is_armed.then_some((id, Local(0), true))
        }
        Pending::Op(_) => {
            let state = world.goroutine(id)?;
            Some((id, state.local, state.phase != Phase::Ready))
        }
    }
}

fn timer_of(object: &Object) -> Option<&Timer> {
    match object {
        Object::Timer(timer) => Some(timer),
        _ => None,
    }
}

fn chan_of(object: &Object) -> Option<&Chan> {
    match object {
        Object::Chan(chan) => Some(chan),
        _ => None,
    }
}

/// What the first in line for a semaphore has to do.
const TURN: &str = "take its turn at";

/// Who has to be served first gives back later what it then has.
fn verb_fits(verb: &str, what: &str) -> bool {
    verb.ends_with(what) || (verb == TURN && what == "release")
}

/// What one of the movers does in a step, as far as it can release somebody.
fn deeds(
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
    let done = of_op(op, choice, state.phase != Phase::Ready);
    // A send to a closed channel panics.
    let is_closed = |id: &ObjectId| chan_of(world.object(*id)).is_some_and(|chan| chan.closed);
    done.into_iter()
        .filter(|(object, what)| *what != "send to" || !is_closed(object))
        .map(|(object, what)| (object, what, id, line))
        .collect()
}

/// The channels that are closed by the step, with the contexts that they belong to.
fn closed_by(
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

/// What an operation can release, that went this way.
fn of_op(op: &Op, choice: Choice, begun: bool) -> Vec<(ObjectId, &'static str)> {
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

/// What releases a goroutine that is blocked: of each object what has to be done, and whether that
/// ends in a panic.
fn wanted(
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

struct Judge<'a> {
    program: &'a mut dyn Program,
    known: &'a Known,
    world: &'a World,
    trace: &'a Trace,
    claims: usize,
}

impl Judge<'_> {
    fn all(&mut self) -> Result<(), String> {
        let trace = self.trace;
        for standing in &trace.last {
            self.standing(standing)?;
        }
        for object in &trace.objects {
            let id = self.object(&object.name)?;
            let mut holders: Vec<String> = Vec::new();
            for holder in self.holders(id) {
                holders.push(self.program.goroutine(holder).name);
            }
            let mut said = object.holders.clone();
            holders.sort();
            said.sort();
            self.claim(holders == said, || {
                format!("{} is held by {said:?}", object.name)
            })?;
        }
        for edge in &trace.waits.edges {
            self.edge(edge)?;
        }
        for reason in &trace.waits.reasons {
            self.reason(reason)?;
        }
        self.outside()
    }

    fn claim(&mut self, is_true: bool, what: impl Fn() -> String) -> Result<(), String> {
        self.claims += 1;
        if is_true { Ok(()) } else { Err(what()) }
    }

    fn goroutine(&self, name: &str) -> Result<GoroutineId, String> {
        (0..64)
            .map(GoroutineId::from_index)
            .take_while(|id| id.index() < self.world.goroutines().len() + 32)
            .find(|id| {
                self.world.goroutines().len() > id.index()
                    && self.program.goroutine(*id).name == name
            })
            .ok_or_else(|| format!("there is no goroutine {name}"))
    }

    fn object(&self, name: &str) -> Result<ObjectId, String> {
        (0..self.world.objects().len())
            .map(ObjectId::from_index)
            .find(|id| {
                *self.world.object(*id) != Object::Absent && self.program.object(*id).name == name
            })
            .ok_or_else(|| format!("there is no object {name}"))
    }

    /// Who holds a lock in this state, once for each time.
    fn holders(&self, id: ObjectId) -> Vec<GoroutineId> {
        match self.world.object(id) {
            Object::Mutex(mutex) => mutex.holder.into_iter().collect(),
            Object::RwLock(lock) => {
                let writer = lock.writer.filter(|writer| writer.holds);
                let writer = writer.map(|writer| writer.goroutine);
                lock.readers.iter().copied().chain(writer).collect()
            }
            Object::Semaphore(semaphore) => {
                let holders = semaphore.parties.holders.iter();
                holders.map(|(holder, _)| *holder).collect()
            }
            _ => Vec::new(),
        }
    }

    fn standing(&mut self, standing: &Standing) -> Result<(), String> {
        let id = self.goroutine(&standing.goroutine)?;
        let name = &standing.goroutine;
        let blocked = matches!(self.world.pending(self.program, id), Pending::Op(_));
        self.claim((standing.state == State::Stuck) == blocked, || {
            format!("{name} is {:?}", standing.state)
        })?;
        for held in &standing.holds {
            let lock = self.object(&held.lock)?;
            let holds = self.holders(lock).contains(&id);
            self.claim(holds, || format!("{name} holds {}", held.lock))?;
            let step = &self.trace.steps[held.step - 1];
            let took = step
                .by
                .iter()
                .any(|act| act.goroutine == *name && act.takes.contains(&held.lock))
                || step.wakes.contains(name);
            self.claim(took, || {
                format!("{name} took {} in step {}", held.lock, held.step)
            })?;
        }
        let locks = (0..self.world.objects().len()).map(ObjectId::from_index);
        let holds = locks.map(|lock| {
            let holders = self.holders(lock);
            holders.iter().filter(|holder| **holder == id).count()
        });
        let holds: usize = holds.sum();
        self.claim(holds == standing.holds.len(), || {
            format!("{name} holds so much")
        })
    }

    fn edge(&mut self, edge: &Edge) -> Result<(), String> {
        let (from, to) = (self.goroutine(&edge.from)?, self.goroutine(&edge.to)?);
        let object = self.object(&edge.object)?;
        let text = format!("{} waits for {} at {}", edge.from, edge.to, edge.object);
        let wanted = wanted(self.program, self.world, from);
        let fits = |way: &WayOut| {
            let found = wanted
                .iter()
                .filter(|(id, what, _)| *id == object && verb_fits(&way.verb, what));
            let panics: Vec<bool> = found.map(|(.., panics)| *panics).collect();
            panics.contains(&way.panics)
        };
        self.claim(!edge.ways.is_empty(), || {
            format!("{text}, and nothing can be done")
        })?;
        for way in &edge.ways {
            self.claim(fits(way), || format!("{text}: {} releases it", way.verb))?;
        }
        if edge.certain {
            let is_holder = self.holders(object).contains(&to);
            let is_announced = match self.world.object(object) {
                Object::RwLock(lock) => lock
                    .writer
                    .is_some_and(|writer| writer.goroutine == to && !writer.holds),
                _ => false,
            };
            let runs =
                matches!(self.world.object(object), Object::Once(Once::Running(it)) if *it == to);
            let takes_first = edge.ways.iter().any(|way| way.verb == "take and unlock");
            let in_line = edge.ways.iter().any(|way| way.verb == TURN);
            let is_first = match self.world.object(object) {
                Object::Semaphore(semaphore) => {
                    let mut queue = semaphore.parties.queue.iter();
                    let waits = queue.any(|(waiter, _)| *waiter == from);
                    waits && semaphore.next().is_some_and(|(first, _)| first == to)
                }
                _ => false,
            };
            let sure = if in_line {
                is_first
            } else if edge.behind_writer || takes_first {
                is_announced
            } else {
                is_holder || runs
            };
            return self.claim(sure, || format!("{text}, certainly"));
        }
        for way in &edge.ways {
            let by = way.by.as_ref().unwrap_or(&edge.to);
            let line = way.place.as_ref().map_or(0, |place| place.line);
            let seen = self.seen(to, to == from);
            let would = || format!("{text}: {by} could {} it at :{line}", way.verb);
            let deeds = match way.imagined {
                false => seen,
                true => self.imagined(to, to == from, false)?,
            };
            let is_it = |deed: &Deed| {
                deed.0 == object
                    && deed.1 == way.verb
                    && deed.3 == line
                    && self.program.goroutine(deed.2).name == *by
            };
            let is_true = deeds.iter().any(is_it);
            self.claim(is_true, || {
                format!("{}, imagined: {}", would(), way.imagined)
            })?;
        }
        match &edge.missing {
            Some(missing) => self.missing(missing, from),
            None => Ok(()),
        }
    }

    /// Goroutines of this name, also those that are not there yet.
    fn later(&self, name: &str) -> Result<Vec<GoroutineId>, String> {
        let known = self.known.does.keys().map(|node| node.0);
        let ids: BTreeSet<GoroutineId> = known.collect();
        let here = (0..self.world.goroutines().len()).map(GoroutineId::from_index);
        let ids = ids.into_iter().chain(here);
        Ok(ids
            .filter(|id| self.program.goroutine(*id).name == name)
            .collect())
    }

    fn seen(&self, id: GoroutineId, after: bool) -> BTreeSet<Deed> {
        match node(self.program, self.world, id) {
            Some(node) => self.known.future(node, after),
            None => BTreeSet::new(),
        }
    }

    /// What the goroutine would do from here on, whatever it is told; with `seen` only what it was
    /// told in some execution, where there is one.
    fn imagined(
        &mut self,
        id: GoroutineId,
        after: bool,
        seen: bool,
    ) -> Result<BTreeSet<Deed>, String> {
        let Some(here) = node(self.program, self.world, id) else {
            return Ok(BTreeSet::new());
        };
        imagine(self.program, self.known, self.world, here, (after, seen))
    }

    fn reason(&mut self, reason: &Reason) -> Result<(), String> {
        let waits = &self.trace.waits;
        let text = format!("{:?} of {}", reason.kind, reason.members.join(", "));
        for name in &reason.members {
            let standing = self.trace.standing(name);
            let stuck = standing.is_some_and(|standing| standing.state == State::Stuck);
            self.claim(stuck, || format!("{text}: {name} is stuck"))?;
        }
        if let Some(missing) = &reason.missing {
            let id = self.goroutine(&reason.members[0])?;
            return self.missing(missing, id);
        }
        if !reason.kind.is_cycle() {
            return Ok(());
        }
        let cycle = &reason.members[..reason.cycle];
        let mut onward = Vec::new();
        for (index, from) in cycle.iter().enumerate() {
            let to = &cycle[(index + 1) % cycle.len()];
            let edge = waits.edges.iter().find(|e| e.from == *from && e.to == *to);
            self.claim(edge.is_some(), || format!("{text}: {from} waits for {to}"))?;
            onward.extend(edge);
        }
        self.claim(!cycle.is_empty(), || format!("{text}: a cycle of nobody"))?;
        let inner: Vec<&Edge> = waits.within(reason).collect();
        let behind = inner.iter().any(|edge| edge.behind_writer);
        let certain = inner.iter().all(|edge| edge.certain);
        let kind = match (reason.kind, reason.members.len()) {
            (ReasonKind::SelfLock, 1) => certain,
            (ReasonKind::SelfWait, 1) => !certain,
            (ReasonKind::Cycle, 2..) => certain,
            (ReasonKind::Knot, 2..) => !certain,
            (ReasonKind::StarvedByWriter, 2..) => behind,
            _ => false,
        };
        self.claim(kind, || format!("{text}: of this kind"))?;
        for name in &reason.members {
            let mut own = waits.edges.iter().filter(|edge| edge.from == *name);
            let inside = |edge: &Edge| reason.members.contains(&edge.to);
            let closed = own.clone().any(|edge| edge.all && inside(edge))
                || own.all(|edge| !edge.all && inside(edge));
            self.claim(closed, || format!("{text}: no way leads {name} out"))?;
        }
        Ok(())
    }

    /// Nobody who is alive releases this one as it should be.
    fn missing(&mut self, missing: &Missing, from: GoroutineId) -> Result<(), String> {
        let text = missing.sentence();
        let wanted = wanted(self.program, self.world, from);
        let healthy = |deed: &Deed| {
            let is_it = |(id, what, panics): &(ObjectId, &str, bool)| {
                *id == deed.0 && *what == deed.1 && !panics
            };
            wanted.iter().any(is_it)
        };
        let stuck: Vec<GoroutineId> = (0..self.world.goroutines().len())
            .map(GoroutineId::from_index)
            .filter(|&id| matches!(self.world.pending(self.program, id), Pending::Op(_)))
            .collect();
        if missing.ground == Ground::Futures {
            for &id in &stuck {
                let mut future = self.seen(id, id == from);
                future.extend(self.imagined(id, id == from, true)?);
                // Who has to take a lock first cannot give it back.
                let deed = future
                    .iter()
                    .find(|deed| healthy(deed) && !["unlock", "release"].contains(&deed.1));
                let name = self.program.goroutine(id).name;
                self.claim(deed.is_none(), || {
                    format!("{text}, but {name} does: {deed:?}")
                })?;
            }
        }
        for one in &missing.elsewhere {
            let ids = self.later(&one.goroutine)?;
            let does = |does: &Does| {
                does.deeds
                    .iter()
                    .any(|deed| healthy(deed) && ids.contains(&deed.2) && deed.3 == one.place.line)
            };
            let does = self.known.does.values().any(does);
            self.claim(does, || {
                format!("{text}: {} does so elsewhere", one.goroutine)
            })?;
            let phase = |id: &GoroutineId| self.world.goroutine(*id).map(|state| state.phase);
            let fits = ids.iter().any(|id| match one.now {
                Now::NotStarted => phase(id).is_none(),
                Now::Ended => matches!(phase(id), Some(Phase::Returned | Phase::Panicked(_))),
                Now::Spent => node(self.program, self.world, *id).is_none(),
                Now::Past => {
                    let future = self.seen(*id, false);
                    stuck.contains(id)
                        && !future
                            .iter()
                            .any(|deed| healthy(deed) && deed.2 == *id && deed.3 == one.place.line)
                }
                Now::RunsOn => false,
            });
            self.claim(fits, || {
                format!("{text}: {} is {:?}", one.goroutine, one.now)
            })?;
        }
        Ok(())
    }

    /// Whoever is stuck is in a reason or outside of all.
    fn outside(&mut self) -> Result<(), String> {
        let waits = &self.trace.waits;
        let mut said: Vec<&String> = waits.reasons.iter().flat_map(|r| &r.members).collect();
        said.extend(&waits.outside);
        said.sort();
        let stuck = self.trace.stuck().map(|standing| &standing.goroutine);
        let mut stuck: Vec<&String> = stuck.collect();
        stuck.sort();
        self.claim(said == stuck, || format!("stuck are {said:?}"))
    }
}

/// A goroutine that is let go on, and what it would find at the objects that it has changed.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Let {
    node: Node,
    objects: BTreeMap<ObjectId, Object>,
}

/// What a goroutine would do from there on, whatever it is told.
fn imagine(
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
                deeds.extend(
                    done.into_iter()
                        .map(|(object, what)| (object, what, id, line)),
                );
                if let Op::CtxCancel(context) = &op {
                    let mut contexts = vec![*context];
                    while let Some(context) = contexts.pop() {
                        if let Object::Context(context) = one.object(world, context) {
                            deeds.insert((context.done, "cancel", id, line));
                            contexts.extend(&context.children);
                        }
                    }
                }
            }
            let mut then = one.clone();
            then.change(world, &op);
            let local = program
                .resume(local, outcome)
                .map_err(|it| format!("{it:?}"))?;
            then.node = (id, local, false);
            then.make(program, &mut deeds);
            if let Op::Go(child) = op {
                let mut born = one.clone();
                let local = program.child(one.node.1).map_err(|it| format!("{it:?}"))?;
                born.node = (child, local, false);
                born.make(program, &mut deeds);
                todo.push_back(born);
            }
            if let Op::Timer(timer, TimerOp::Reset) = op {
                let goroutines = world.goroutines().iter().enumerate();
                for (index, state) in goroutines {
                    if state.phase == Phase::Timer(timer) {
                        let id = GoroutineId::from_index(index);
                        deeds.extend(known.future((id, Local(0), true), false));
                    }
                }
            }
            todo.push_back(then);
        }
    }
    Ok(deeds)
}

impl Let {
    fn object<'a>(&'a self, world: &'a World, id: ObjectId) -> &'a Object {
        match self.objects.get(&id) {
            Some(object) => object,
            None => world.object(id),
        }
    }

    fn make(&mut self, program: &dyn Program, deeds: &mut BTreeSet<Deed>) {
        for creation in &program.arrival(self.node.1).created {
            self.objects.insert(creation.id, creation.object.clone());
        }
        for creation in &program.arrival(self.node.1).created {
            let Some(id) = creation.timer else { continue };
            let line = program.goroutine(id).site.line;
            let action = timer_of(&creation.object).map(|timer| timer.action);
            let channel = match action {
                Some(Action::Send(channel)) => Some(channel),
                Some(Action::Cancel(context)) => match self.objects.get(&context) {
                    Some(Object::Context(context)) => Some(context.done),
                    _ => None,
                },
                None => None,
            };
            deeds.extend(channel.map(|channel| (channel, "fire into", id, line)));
        }
    }

    fn change(&mut self, world: &World, op: &Op) {
        let (id, left) = match op {
            Op::Mutex(id, MutexOp::Unlock(Some(it))) => (*id, *it),
            Op::RwLock(id, RwLockOp::Unlock(Some(it))) => (*id, *it),
            Op::Cell(id, gordian_checker::model::CellOp::Set(it)) => (*id, *it),
            Op::Atomic(id, op) => {
                let mut object = self.object(world, *id).clone();
                if let Object::Atomic(atomic) = &mut object {
                    atomic.update(*op);
                }
                self.objects.insert(*id, object);
                return;
            }
            _ => return,
        };
        let mut object = self.object(world, id).clone();
        match &mut object {
            Object::Mutex(it) => it.content = left,
            Object::RwLock(it) => it.content = left,
            Object::Cell(it) => it.value = left,
            _ => return,
        }
        self.objects.insert(id, object);
    }
}

/// All that a goroutine could be told.
fn told(known: &Known, world: &World, one: &Let, op: &Op) -> Vec<(Choice, Outcome)> {
    let values = |id: &ObjectId| -> BTreeSet<ValueId> {
        let mut values = known.values.get(id).cloned().unwrap_or_default();
        match one.object(world, *id) {
            Object::Mutex(it) => drop(values.insert(it.content)),
            Object::RwLock(it) => drop(values.insert(it.content)),
            Object::Cell(it) => drop(values.insert(it.value)),
            _ => {}
        }
        values
    };
    let only = |all: Vec<Outcome>| all.into_iter().map(|it| (Choice::Only, it)).collect();
    let content = |id: &ObjectId| {
        values(id)
            .into_iter()
            .map(Outcome::Value)
            .collect::<Vec<_>>()
    };
    let numbers = |range: std::ops::Range<i64>| only(range.map(Outcome::Number).collect());
    match op {
        Op::Choose(below) => (0..*below)
            .map(|it| (Choice::Number(it), Outcome::Number(it.into())))
            .collect(),
        Op::Select { cases, default } => {
            let mut all = Vec::new();
            for (case, index) in cases.iter().zip(0..) {
                let told: Vec<Outcome> = match case {
                    Case::Send(Some(_), _) => vec![Outcome::Sent(index)],
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
        | Op::Cell(id, gordian_checker::model::CellOp::Get) => only(content(id)),
        Op::CondWait { mutex, .. } => only(content(mutex)),
        Op::Mutex(id, MutexOp::TryLock)
        | Op::RwLock(id, RwLockOp::TryLock | RwLockOp::TryRLock) => {
            let mut all = content(id);
            all.push(Outcome::Nothing);
            only(all)
        }
        Op::Chan(Some(id), ChanOp::Recv) => {
            let mut all = content(id);
            all.push(Outcome::Nothing);
            only(all)
        }
        Op::Chan(Some(_), ChanOp::Len) => numbers(0..4),
        Op::Chan(None, _) => Vec::new(),
        Op::Once(_, OnceOp::Begin)
        | Op::Timer(..)
        | Op::Semaphore(_, SemaphoreOp::TryAcquire(_)) => numbers(0..2),
        Op::Context(_, ContextOp::Err) => numbers(0..3),
        Op::Atomic(id, op) => {
            let mut all = known.numbers.get(id).cloned().unwrap_or_default();
            if let Object::Atomic(atomic) = one.object(world, *id) {
                all.insert(atomic.value);
            }
            let updated = all.into_iter().map(|value| {
                let mut atomic = gordian_checker::model::Atomic { value };
                Outcome::Number(atomic.update(*op))
            });
            let updated: BTreeSet<Outcome> = updated.collect();
            only(updated.into_iter().collect())
        }
        _ => only(vec![Outcome::Done]),
    }
}
