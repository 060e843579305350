//! An independent judge of explanations. Every claim of a trace about who waits for whom, and why,
//! is checked by brute force against what the program can do.
//!
//! The judge knows all states, and what each goroutine did in each local state in some execution
//! (its finished automaton). Where no execution passes, it knows what the goroutine's code would
//! do, given any value that was ever at an object. It decides for itself which operation releases
//! which, and uses nothing of `explain`.

mod executions;
mod imagine;
mod known;
mod missing;
pub(crate) mod why;

use std::collections::BTreeSet;

use gordian_checker::explain::Releasers;
use gordian_checker::explain::trace::{Ending, Standing, State, Trace};
use gordian_checker::explain::wait_for_graph::{Edge, Reason, ReasonKind, Way, WayOut};
use gordian_checker::explore::Cycle;
use gordian_checker::model::{
    GoroutineId, Object, ObjectId, Once, Op, Pending, Phase, Program, Step, TimerRules, World,
};
use gordian_checker::script::{Memory, Script, Start};

use executions::{Ahead, InCycle, come_to, endless};
use imagine::imagine;
use known::{Deed, Known, TURN, node, verb_fits, wanted};

use super::daemon::only_waits;

/// Judges the explanations of bad ends of a script. Returns the number of claims, or `None` if it
/// has more than `max` states.
///
/// # Errors
/// The first claim that is untrue, in words.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    max: usize,
) -> Result<Option<usize>, String> {
    let mut program = script.interpreter_with(Start::Together, Memory::Full, timers);
    judge_program(&mut program, max)
}

/// Judges those of any program.
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
        let ends = known.bad_ends(program).into_iter();
        let ends: Vec<(Vec<Step>, Cycle)> = ends
            .map(|end| (known.path(end), Cycle::default()))
            .chain(endless(program)?)
            .collect();
        for (path, cycle) in ends {
            let trace = Trace::play(program, &path, &cycle, &releasers);
            let trace = trace.map_err(|it| format!("{it:?}"))?;
            let (world, in_cycle) = come_to(program, &path, cycle.steps);
            let ahead = Ahead::of(program, &world);
            let mut judge = Judge {
                ahead: &ahead,
                in_cycle,
                program,
                known: &known,
                world: &world,
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

/// Operations that give something back: a goroutine that must take it first cannot do so.
const GIVES_BACK: [&str; 2] = ["unlock", "release"];

struct Judge<'a> {
    program: &'a mut dyn Program,
    known: &'a Known,
    world: &'a World,
    trace: &'a Trace,
    ahead: &'a Ahead,
    in_cycle: InCycle,
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
            let mut said = object.now.holders.clone();
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
            for case in trace.waits.unanswered(reason) {
                let (from, object) = (self.goroutine(&case.goroutine)?, self.object(&case.object)?);
                self.missing(&case.missing, from, Some(object))?;
            }
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

    /// Returns the holders of a lock in this state, once for each time.
    fn holders(&self, id: ObjectId) -> Vec<GoroutineId> {
        holders(self.world, id)
    }

    fn standing(&mut self, standing: &Standing) -> Result<(), String> {
        let id = self.goroutine(&standing.goroutine)?;
        let name = &standing.goroutine;
        let state = self.state(id);
        self.claim(standing.state == state, || {
            format!("{name} is {:?} and not {state:?}", standing.state)
        })?;
        let runs_on = standing.reason == "runs on" && !self.in_cycle.movers.contains(&id);
        self.claim(!runs_on, || format!("{name} runs on"))?;
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

    /// Returns how a goroutine stands at the end of the path.
    fn state(&self, id: GoroutineId) -> State {
        let steps = self.world.steps(self.program);
        let can_move =
            steps.iter().any(|step| step.moves(id)) || self.in_cycle.enabled.contains(&id);
        match self.world.goroutine(id).map(|state| state.phase) {
            Some(Phase::Panicked(_)) => State::Panicked,
            Some(Phase::Returned) => State::Returned,
            _ if can_move => State::Ready,
            _ if self.is_stuck(id) => State::Stuck,
            _ => State::Waiting,
        }
    }

    /// Returns true if a goroutine is blocked for ever, and should not be.
    fn is_stuck(&self, id: GoroutineId) -> bool {
        let judged = matches!(self.trace.end, Ending::Deadlock | Ending::Leak);
        // Main that has called Goexit waits for all others, so not for ever while one runs on.
        let exits = matches!(
            self.world.pending(self.program, id),
            Pending::Op(Op::Exited)
        );
        let goes_on = exits && !self.in_cycle.movers.is_empty();
        judged
            && !goes_on
            && self.ahead.blocked.contains(&id)
            && !only_waits(self.program, self.world, id)
    }

    /// Returns true if the state itself says that the one waits for the other.
    fn is_certain(
        &self,
        edge: &Edge,
        (from, to): (GoroutineId, GoroutineId),
        object: ObjectId,
    ) -> bool {
        let is_holder = self.holders(object).contains(&to);
        let is_announced = match self.world.object(object) {
            Object::RwLock(lock) => lock
                .writer
                .is_some_and(|writer| writer.goroutine == to && !writer.holds),
            _ => false,
        };
        let runs =
            matches!(self.world.object(object), Object::Once(Once::Running(it)) if *it == to);
        let takes_first = edge.ways.iter().any(|way| way.verb == Way::TakeAndUnlock);
        let in_line = edge.ways.iter().any(|way| way.verb.word() == TURN);
        let is_first = match self.world.object(object) {
            Object::Semaphore(semaphore) => {
                let mut queue = semaphore.parties.queue.iter();
                let waits = queue.any(|(waiter, _)| *waiter == from);
                waits && semaphore.next().is_some_and(|(first, _)| first == to)
            }
            _ => false,
        };
        if in_line {
            is_first
        } else if edge.behind_writer || takes_first {
            is_announced
        } else {
            is_holder || runs
        }
    }

    fn edge(&mut self, edge: &Edge) -> Result<(), String> {
        let (from, to) = (self.goroutine(&edge.from)?, self.goroutine(&edge.to)?);
        let object = self.object(&edge.object)?;
        let text = format!("{} waits for {} at {}", edge.from, edge.to, edge.object);
        let wanted = wanted(self.program, self.world, from);
        let fits = |way: &WayOut| {
            let found = wanted
                .iter()
                .filter(|(id, what, _)| *id == object && verb_fits(way.verb.word(), what));
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
            let sure = self.is_certain(edge, (from, to), object);
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
                    && deed.1 == way.verb.word()
                    && deed.3 == line
                    && self.program.goroutine(deed.2).name == *by
            };
            let is_true = deeds.iter().any(is_it);
            self.claim(is_true, || {
                format!("{}, imagined: {}", would(), way.imagined)
            })?;
        }
        match &edge.missing {
            Some(missing) => self.missing(missing, from, None),
            None => Ok(()),
        }
    }

    /// Returns the goroutines of this name, including those that do not exist yet.
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

    /// Returns the deeds of the goroutine from here on, for any outcomes. With `seen`, where some
    /// execution goes on, only its outcomes count.
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
        let mut stuck = false;
        for name in &reason.members {
            let state = self.trace.standing(name).map(|standing| standing.state);
            stuck |= state == Some(State::Stuck);
            // A daemon that only waits may be in a cycle with others.
            let blocked = matches!(state, Some(State::Stuck | State::Waiting));
            self.claim(blocked, || format!("{text}: {name} is blocked"))?;
        }
        self.claim(stuck, || format!("{text}: one of them is stuck"))?;
        if let Some(missing) = &reason.missing {
            let id = self.goroutine(&reason.members[0])?;
            return self.missing(missing, id, None);
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
        if reason.kind == ReasonKind::SelfWait
            && waits.looked_at.all
            && waits.looked_at.imagined_all
        {
            self.nobody_else(&reason.members[0])?;
        }
        Ok(())
    }

    /// Claims that only this goroutine itself would do what it waits for.
    fn nobody_else(&mut self, name: &str) -> Result<(), String> {
        let id = self.goroutine(name)?;
        let wanted = wanted(self.program, self.world, id);
        for other in self.stuck().into_iter().filter(|other| *other != id) {
            let mut future = self.seen(other, false);
            future.extend(self.imagined(other, false, true)?);
            let does = |deed: &&Deed| wanted.contains(&(deed.0, deed.1, false));
            let deed = future
                .iter()
                .find(|deed| does(deed) && !GIVES_BACK.contains(&deed.1));
            let who = self.program.goroutine(other).name;
            self.claim(deed.is_none(), || {
                format!("{name} waits for itself only, but {who} does: {deed:?}")
            })?;
        }
        Ok(())
    }

    /// Returns the goroutines that are alive and never move again.
    fn stuck(&self) -> Vec<GoroutineId> {
        self.ahead.blocked.iter().copied().collect()
    }

    /// Claims that every stuck goroutine is in a reason or outside of all. A daemon that only waits
    /// may be in a reason, too.
    fn outside(&mut self) -> Result<(), String> {
        let waits = &self.trace.waits;
        let mut said: Vec<&String> = waits.reasons.iter().flat_map(|r| &r.members).collect();
        let state = |name: &str| self.trace.standing(name).map(|standing| standing.state);
        said.retain(|name| state(name) != Some(State::Waiting));
        said.extend(&waits.outside);
        said.sort();
        let stuck = self.trace.stuck().map(|standing| &standing.goroutine);
        let mut stuck: Vec<&String> = stuck.collect();
        stuck.sort();
        self.claim(said == stuck, || format!("stuck are {said:?}"))
    }
}

/// Returns the holders of a lock, once for each time.
fn holders(world: &World, id: ObjectId) -> Vec<GoroutineId> {
    match world.object(id) {
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
