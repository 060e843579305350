//! Plays a path of steps and writes down what happens: the first half of building a [`Trace`](super::trace::Trace).

use std::collections::{BTreeMap, BTreeSet};

use super::trace::{Act, Place, Step as TraceStep};
use crate::execution::schedule;
use crate::execution::words;
use crate::model::{
    AtomicOp, Case, Event, Fault, GoroutineId, Object, ObjectId, Once, Op, Pending, Phase, Program,
    Site, Step, ValueId, World,
};

/// How a lock is held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Mode {
    /// For writing, or a mutex.
    Write,
    /// For reading.
    Read,
}

/// A lock that is held, and since when.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) goroutine: GoroutineId,
    pub(super) lock: ObjectId,
    pub(super) mode: Mode,
    /// The step in which it was taken, from 1.
    pub(super) step: usize,
    pub(super) site: Site,
}

/// A path that is being played.
pub(super) struct Recorder<'a> {
    pub(super) program: &'a mut dyn Program,
    pub(super) world: World,
    pub(super) path: Vec<Step>,
    pub(super) events: Vec<Event>,
    pub(super) steps: Vec<TraceStep>,
    pub(super) holds: Vec<Hold>,
    /// Signals that found nobody: of which condition, and in which step.
    pub(super) idle_signals: Vec<(ObjectId, usize)>,
}

impl<'a> Recorder<'a> {
    /// At the start of the program.
    pub(super) fn new(program: &'a mut dyn Program) -> Result<Self, Fault> {
        let world = World::start(program)?;
        Ok(Self {
            program,
            world,
            path: Vec::new(),
            events: Vec::new(),
            steps: Vec::new(),
            holds: Vec::new(),
            idle_signals: Vec::new(),
        })
    }

    /// Takes one step and writes it down; false if it cannot be taken here.
    pub(super) fn take(&mut self, step: Step) -> Result<bool, Fault> {
        let mut enabled = Vec::new();
        self.world.enabled(self.program, &mut enabled);
        if !enabled.contains(&step) {
            return Ok(false);
        }
        let before = self.world.clone();
        let choice = schedule::token(self.program, &before, step, &enabled);
        let enabled = schedule::shown(self.program, &before, &enabled);
        let enabled = schedule::tokens(self.program, &before, &enabled);
        let event = self.world.take(self.program, step)?;
        let number = self.steps.len() + 1;
        let mut by: Vec<Act> = step
            .movers()
            .map(|id| self.act(&before, step, id))
            .collect();
        self.note_locks(&before, &event, number, &mut by);
        self.note_idle_signal(&before, step, number);
        let op = match step.partner {
            Some(_) => "rendezvous".to_owned(),
            None => by[0].op.clone(),
        };
        let mut wakes: Vec<GoroutineId> = event.actors.to_vec();
        wakes.retain(|&id| {
            matches!(before.goroutine(id), Some(state) if state.phase == Phase::Waiting)
                && !step.moves(id)
        });
        self.steps.push(TraceStep {
            n: number,
            op,
            choice,
            by,
            enabled,
            wakes: wakes.into_iter().map(|id| self.name(id)).collect(),
            held: self.held(),
            quiet: false,
        });
        self.path.push(step);
        self.events.push(event);
        Ok(true)
    }

    pub(super) fn name(&self, id: GoroutineId) -> String {
        self.program.goroutine(id).name
    }

    /// What this one of the movers did. `before` is the state in which the step was taken, `self.world` the one after it.
    fn act(&self, before: &World, step: Step, id: GoroutineId) -> Act {
        let mut act = Act {
            goroutine: self.name(id),
            op: String::new(),
            object: None,
            note: None,
            value: None,
            select: false,
            place: place(self.site(before, id)),
            takes: Vec::new(),
            releases: Vec::new(),
        };
        let case = if step.actor == id {
            step.case
        } else {
            step.partner.map_or(0, |(_, case)| case)
        };
        match before.pending(self.program, id) {
            Pending::Nothing => {}
            Pending::Fire(timer) => {
                let (verb, object) = words::of_timer(before, timer, case);
                act.op = verb.to_owned();
                act.object = Some(words::object(self.program, Some(object)));
                let full = before.object(object) == self.world.object(object);
                act.note = (object != timer && full).then(|| "lost".to_owned());
                act.place = place(self.program.goroutine(id).site);
            }
            Pending::Op(op) => self.describe(before, step, case, op, id, &mut act),
        }
        act
    }

    fn describe(
        &self,
        before: &World,
        step: Step,
        case: u32,
        op: &Op,
        id: GoroutineId,
        act: &mut Act,
    ) {
        act.op = words::verb(op).to_owned();
        act.object = match op {
            Op::Go(child) => Some(self.name(*child)),
            Op::Select { .. } | Op::Choose(_) | Op::Pause(_) => None,
            Op::Send(channel, _) | Op::Recv(channel) | Op::Close(channel) => {
                Some(words::object(self.program, *channel))
            }
            _ => op
                .objects()
                .first()
                .map(|&object| words::object(self.program, Some(object))),
        };
        let sent_here = |channel: Option<ObjectId>| match step.partner {
            Some(_) => self.sent(before, step),
            None => channel.and_then(|channel| match before.object(channel) {
                Object::Chan(chan) => chan.buffer.first().map(|&v| self.program.value(v)),
                _ => None,
            }),
        };
        match op {
            Op::Select { .. } if case == Step::DEFAULT => act.note = Some("default".to_owned()),
            Op::Select { cases, .. } => {
                act.select = true;
                let chosen = cases[case as usize];
                act.object = Some(words::object(self.program, chosen.channel()));
                match chosen {
                    Case::Send(_, value) => {
                        act.op = "send".to_owned();
                        act.value = Some(self.program.value(value));
                    }
                    Case::Recv(channel) => {
                        act.op = "recv".to_owned();
                        act.value = sent_here(channel);
                    }
                }
            }
            Op::Send(_, value) | Op::Set(_, value) => act.value = Some(self.program.value(*value)),
            Op::Recv(channel) => act.value = sent_here(*channel),
            _ => {}
        }
        let closed = act.op == "recv" && act.value.is_none();
        if closed {
            act.note = Some("closed".to_owned());
        } else if act.note.is_none() {
            act.note = self.note(before, step, op, id);
        }
        if let Some(Phase::Panicked(panic)) = self.world.goroutine(id).map(|state| state.phase)
            && panic.message().is_some()
        {
            act.note = Some("panics".to_owned());
        }
    }

    /// What came of an operation, where that is not plain.
    fn note(&self, before: &World, step: Step, op: &Op, id: GoroutineId) -> Option<String> {
        let phase = |world: &World| world.goroutine(id).map(|state| state.phase);
        let after = |object: ObjectId| self.world.object(object);
        let failed = |object: ObjectId| {
            (*before.object(object) == *after(object)).then(|| "failed".to_owned())
        };
        match op {
            Op::WLock(_) if phase(&self.world) == Some(Phase::Announced) => {
                Some("announced".to_owned())
            }
            Op::TryLock(lock) | Op::TryRLock(lock) | Op::TryWLock(lock) => failed(*lock),
            Op::CondWait { mutex, .. } => {
                let mutex = words::object(self.program, Some(*mutex));
                Some(if phase(before) == Some(Phase::Woken) {
                    format!("locks {mutex}")
                } else {
                    format!("unlocks {mutex}")
                })
            }
            Op::CondSignal(_) if step.case > 0 => {
                Some(format!("wakes {}", self.name(GoroutineId(step.case - 1))))
            }
            Op::CondBroadcast(cond) | Op::CondSignal(cond) => match before.object(*cond) {
                Object::Cond(cond) if !cond.waiters.is_empty() => {
                    let names: Vec<String> = cond.waiters.iter().map(|&id| self.name(id)).collect();
                    Some(format!("wakes {}", names.join(", ")))
                }
                _ => Some("nobody waits".to_owned()),
            },
            Op::WgAdd(group, _) => match after(*group) {
                Object::WaitGroup(group) => Some(format!("counter {}", group.count)),
                _ => None,
            },
            Op::OnceBegin(once) => Some(
                match before.object(*once) {
                    Object::Once(Once::Done) => "done already",
                    _ => "first",
                }
                .to_owned(),
            ),
            Op::Len(channel) => match before.object(*channel) {
                Object::Chan(chan) => Some(format!("= {}", chan.buffer.len())),
                _ => None,
            },
            Op::Atomic(atomic, op) => match before.object(*atomic) {
                Object::Atomic(atomic) => Some(atomic_note(&mut atomic.clone(), *op)),
                _ => None,
            },
            Op::Get(cell) => match before.object(*cell) {
                Object::Cell(cell) => Some(format!("= {}", self.program.value(cell.value))),
                _ => None,
            },
            Op::Set(_, value) => Some(format!("= {}", self.program.value(*value))),
            Op::Choose(_) => Some(format!("= {}", step.case)),
            Op::CtxErr(context) => match before.object(*context) {
                Object::Context(context) => Some(match context.ended {
                    None => "= nil".to_owned(),
                    Some(reason) => format!("= {reason:?}"),
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value that a rendezvous hands over.
    fn sent(&self, before: &World, step: Step) -> Option<String> {
        let value = match before.pending(self.program, step.actor) {
            Pending::Fire(_) => ValueId::UNIT,
            Pending::Op(Op::Send(_, value)) => *value,
            Pending::Op(Op::Select { cases, .. }) => match cases.get(step.case as usize)? {
                Case::Send(_, value) => *value,
                Case::Recv(_) => return None,
            },
            _ => return None,
        };
        Some(self.program.value(value))
    }

    /// Where the goroutine stands in its code.
    pub(super) fn site(&self, world: &World, id: GoroutineId) -> Site {
        world
            .goroutine(id)
            .map_or(Site::NONE, |state| self.program.arrival(state.local).site)
    }

    /// Notes the locks that the step took and gave back.
    fn note_locks(&mut self, before: &World, event: &Event, number: usize, by: &mut [Act]) {
        for (object, _) in &event.touches {
            let old = holders(before.object(*object));
            let new = holders(self.world.object(*object));
            let lock = self.program.object(*object).name;
            for (goroutine, mode) in &old {
                let count = |all: &[(GoroutineId, Mode)]| {
                    all.iter()
                        .filter(|one| *one == &(*goroutine, *mode))
                        .count()
                };
                let known = |hold: &&Hold| {
                    hold.lock == *object && hold.goroutine == *goroutine && hold.mode == *mode
                };
                while self.holds.iter().filter(known).count() > count(&new) {
                    let last = self.holds.iter().rposition(|hold| known(&hold));
                    self.holds
                        .remove(last.expect("there is one more than there should be"));
                    by[0].releases.push(lock.clone());
                }
            }
            for (goroutine, mode) in &new {
                let known = |hold: &&Hold| {
                    hold.lock == *object && hold.goroutine == *goroutine && hold.mode == *mode
                };
                let wanted = new
                    .iter()
                    .filter(|one| *one == &(*goroutine, *mode))
                    .count();
                while self.holds.iter().filter(known).count() < wanted {
                    let site = self.site(before, *goroutine);
                    self.holds.push(Hold {
                        goroutine: *goroutine,
                        lock: *object,
                        mode: *mode,
                        step: number,
                        site,
                    });
                    by[0].takes.push(lock.clone());
                }
            }
        }
    }

    fn note_idle_signal(&mut self, before: &World, step: Step, number: usize) {
        if let Pending::Op(Op::CondSignal(cond) | Op::CondBroadcast(cond)) =
            before.pending(self.program, step.actor)
            && matches!(before.object(*cond), Object::Cond(state) if state.waiters.is_empty())
        {
            self.idle_signals.push((*cond, number));
        }
    }

    /// The locks that are held now, by the names of their holders.
    fn held(&self) -> BTreeMap<String, Vec<String>> {
        let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for hold in &self.holds {
            let lock = self.program.object(hold.lock).name;
            held.entry(self.name(hold.goroutine))
                .or_default()
                .push(lock);
        }
        held
    }

    /// Who uses each object, in a step or as what it is about to do.
    pub(super) fn users(&self) -> BTreeMap<ObjectId, BTreeSet<GoroutineId>> {
        let mut users: BTreeMap<ObjectId, BTreeSet<GoroutineId>> = BTreeMap::new();
        for event in &self.events {
            for (object, _) in &event.touches {
                users
                    .entry(*object)
                    .or_default()
                    .extend(event.step.movers());
            }
        }
        for index in 0..self.world.goroutines().len() {
            let id = GoroutineId::from_index(index);
            if let Pending::Op(op) = self.world.pending(self.program, id) {
                for object in op.objects() {
                    users.entry(object).or_default().insert(id);
                }
            }
        }
        users
    }

    /// Says of each step whether nobody could have interfered with it.
    pub(super) fn mark_quiet(&mut self) {
        let users = self.users();
        let kept: BTreeSet<usize> = self.holds.iter().map(|hold| hold.step).collect();
        for (step, event) in self.steps.iter_mut().zip(&self.events) {
            let own = event
                .touches
                .iter()
                .all(|(object, _)| users.get(object).is_none_or(|users| users.len() <= 1));
            step.quiet = !kept.contains(&step.n) && (step.enabled.len() == 1 || own);
        }
    }
}

/// Who holds an object, once for each time.
pub(super) fn holders(object: &Object) -> Vec<(GoroutineId, Mode)> {
    match object {
        Object::Mutex(mutex) => mutex.holder.iter().map(|&id| (id, Mode::Write)).collect(),
        Object::RwLock(lock) => {
            let writer = lock.writer.filter(|writer| writer.holds);
            let readers = lock.readers.iter().map(|&id| (id, Mode::Read));
            readers
                .chain(writer.map(|writer| (writer.goroutine, Mode::Write)))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A place, as it is written in a trace.
pub(super) fn place(site: Site) -> Place {
    Place {
        file: site.file.to_owned(),
        line: site.line,
        column: site.column,
    }
}

fn atomic_note(atomic: &mut crate::model::Atomic, op: AtomicOp) -> String {
    match op {
        AtomicOp::Store(value) => format!("= {value}"),
        AtomicOp::CompareAndSwap(..) => {
            if atomic.apply(op) == 1 {
                "swapped".to_owned()
            } else {
                "not swapped".to_owned()
            }
        }
        _ => format!("= {}", atomic.apply(op)),
    }
}
