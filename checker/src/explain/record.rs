//! Plays a path of steps and records them: the first half of building a
//! [`Trace`](super::trace::Trace).

use std::collections::{BTreeMap, BTreeSet};

use super::object_state::{self, ObjectChange, ObjectState, Waiters};
use super::trace::{Act, Step as TraceStep, TakenCase};
use crate::execution::schedule;
use crate::execution::words;
use crate::model::op::on_object;
use crate::model::primitive::{Mode, ObjectStep, Primitive};
use crate::model::{
    Case, CellOp, Chan, Cond, Event, Fault, GoroutineId, ObjectId, Op, Pending, Phase, Program,
    Site, Step, Verb, World,
};

/// A lock that is held, and the step that took it.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) goroutine: GoroutineId,
    pub(super) lock: ObjectId,
    pub(super) mode: Mode,
    /// The step in which it was taken, from 1; 0 if the way to the state is not known.
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
    /// The steps that can be taken.
    pub(super) enabled: Vec<Step>,
    /// The waiters of each object.
    pub(super) waiters: Waiters,
    /// Each object as it was last told.
    pub(super) known: BTreeMap<ObjectId, ObjectState>,
    /// The objects of the start, as they were told there.
    pub(super) start: Vec<ObjectChange>,
    /// Signals that found nobody: of which condition, and in which step.
    pub(super) idle_signals: Vec<(ObjectId, usize)>,
}

impl<'a> Recorder<'a> {
    /// Starts at the beginning of the program.
    pub(super) fn new(program: &'a mut dyn Program) -> Result<Self, Fault> {
        let world = World::start(program)?;
        Ok(Self::at(program, world))
    }

    /// Starts in a state, with no word about the way to it.
    pub(super) fn at(program: &'a mut dyn Program, world: World) -> Self {
        let holds = holds_of(&world);
        let mut recorder = Self {
            program,
            world,
            path: Vec::new(),
            events: Vec::new(),
            steps: Vec::new(),
            holds,
            enabled: Vec::new(),
            waiters: Waiters::new(),
            known: BTreeMap::new(),
            start: Vec::new(),
            idle_signals: Vec::new(),
        };
        recorder.start = recorder.changes(&World::default());
        recorder
    }

    /// Returns true if the goroutine has moved, or was started, on the way here. If it is not there
    /// any more, it has returned.
    pub(super) fn has_acted(&self, id: GoroutineId) -> bool {
        self.events.iter().any(|event| event.actors.contains(&id))
    }

    /// Returns true if a goroutine that is not there may have returned before the way began.
    pub(super) fn forgets(&self) -> bool {
        self.events.is_empty() && self.program.forgets_returned()
    }

    /// Looks anew at what can be done, and tells what is not as it was.
    fn changes(&mut self, before: &World) -> Vec<ObjectChange> {
        self.world.enabled(self.program, &mut self.enabled);
        let now = object_state::waiters(self.program, &self.world, &self.enabled);
        let waiters = std::mem::replace(&mut self.waiters, now);
        object_state::changes(self, before, &waiters)
    }

    /// Takes one step and records it. Returns false if it is not enabled here.
    pub(super) fn take(&mut self, step: Step) -> Result<bool, Fault> {
        if !self.enabled.contains(&step) {
            return Ok(false);
        }
        let before = self.world.clone();
        // A schedule is read in the state before the step, so its words are chosen there, too.
        let choice = schedule::token(self.program, step, &self.enabled);
        let enabled = schedule::tokens(self.program, &schedule::shown(&self.enabled));
        let event = self.world.take(self.program, step)?;
        let number = self.steps.len() + 1;
        let mut by: Vec<Act> = step
            .movers()
            .map(|id| self.act(&before, step, id))
            .collect();
        self.note_locks(&before, &event, number, &mut by);
        self.note_idle_signal(&before, step, number);
        // A colon stands only where the names do not settle the choice.
        if choice.contains(':') {
            for (act, id) in by.iter_mut().zip(step.movers()) {
                act.case = self.taken_case(&before, step, id);
            }
        }
        let op = match step.partner {
            Some(_) => "rendezvous".to_owned(),
            None => by[0].op.to_string(),
        };
        let mut wakes: Vec<GoroutineId> = event.actors.to_vec();
        wakes.retain(|&id| {
            matches!(before.goroutine(id), Some(state) if state.phase == Phase::Waiting)
                && !step.moves(id)
        });
        let changes = self.changes(&before);
        self.steps.push(TraceStep {
            n: number,
            op,
            choice,
            by,
            enabled,
            wakes: wakes.into_iter().map(|id| self.name(id)).collect(),
            held: self.held(),
            changes,
            quiet: false,
        });
        self.path.push(step);
        self.events.push(event);
        Ok(true)
    }

    pub(super) fn name(&self, id: GoroutineId) -> String {
        self.program.goroutine(id).name
    }

    /// Describes the part that one mover has in the step. `before` is the state before the step,
    /// `self.world` the state after it.
    fn act(&self, before: &World, step: Step, id: GoroutineId) -> Act {
        let act = |op: Verb, object: Option<String>, site: Site| Act {
            goroutine: self.name(id),
            op,
            object,
            label: None,
            case: None,
            note: None,
            value: None,
            select: false,
            place: self.program.place(site),
            takes: Vec::new(),
            releases: Vec::new(),
        };
        match before.pending(self.program, id) {
            Pending::Nothing => unreachable!("who moves is about to do something"),
            Pending::Fire(timer) => {
                let (verb, object) = words::of_timer(before, timer, step.choice);
                let name = words::object(self.program, Some(object));
                let full = before.object(object) == self.world.object(object);
                Act {
                    note: (object != timer && full).then(|| "lost".to_owned()),
                    ..act(verb, Some(name), self.program.goroutine(id).site)
                }
            }
            Pending::Op(op) => {
                let object = words::subject(self.program, op);
                let mut act = act(op.facts().verb, object, self.site(before, id));
                self.describe(before, step, op, id, &mut act);
                act
            }
        }
    }

    /// Returns the case of a `select` that this mover takes.
    fn taken_case(&self, before: &World, step: Step, id: GoroutineId) -> Option<TakenCase> {
        let Pending::Op(Op::Select { cases, .. }) = before.pending(self.program, id) else {
            return None;
        };
        Some(TakenCase {
            number: step.choice_of(id).case()?,
            of: u32::try_from(cases.len()).ok()?,
        })
    }

    fn describe(&self, before: &World, step: Step, op: &Op, id: GoroutineId, act: &mut Act) {
        let sent_here = |channel: Option<ObjectId>| match step.partner {
            Some(_) => {
                let (_, value) = before.sends(self.program, step)?;
                Some(self.program.value(value))
            }
            None => {
                let chan = before.state::<Chan>(channel?)?;
                chan.buffer.first().map(|&value| self.program.value(value))
            }
        };
        act.label = words::label(self.program, op);
        if let Some(chosen) = op.case(step.choice_of(id)) {
            act.select = matches!(op, Op::Select { .. });
            act.op = chosen.verb();
            act.object = Some(words::object(self.program, chosen.channel()));
            act.value = match chosen {
                Case::Send(_, value) => Some(self.program.value(value)),
                Case::Recv(channel) => sent_here(channel),
            };
        } else if matches!(op, Op::Select { .. }) {
            act.note = Some("default".to_owned());
        } else if let Op::Cell(_, CellOp::Set(value)) = op {
            act.value = Some(self.program.value(*value));
        }
        let closed = act.op == Verb::Recv && act.value.is_none();
        if closed {
            act.note = Some("closed".to_owned());
        } else if act.note.is_none() {
            act.note = self.note(before, step, op, id);
        }
        if let Some(Phase::Panicked(panic)) = self.world.goroutine(id).map(|state| state.phase)
            && panic.message().is_some()
        {
            act.note = Some(Act::PANICS.to_owned());
        }
    }

    /// Returns the result of an operation where it is not obvious.
    fn note(&self, before: &World, step: Step, op: &Op, id: GoroutineId) -> Option<String> {
        on_object!(op, K, |object, op| self.note_at::<K>(before, step, *object, op), {
            Op::Choose(..) => words::chosen(step.choice),
            Op::CondWait { mutex, .. } => {
                let woken = before.goroutines()[id.index()].phase == Phase::Woken;
                let does = if woken { "locks" } else { "unlocks" };
                Some(format!("{does} {}", self.program.object(*mutex).name))
            }
            Op::Go(_)
            | Op::Pause(_)
            | Op::Exited
            | Op::Select { .. }
            | Op::CtxDerive(..)
            | Op::CtxCancel(_)
            | Op::Touch(..)
            | Op::Chan(None, _) => None,
        })
    }

    /// Returns the result of an operation on this object where it is not obvious.
    fn note_at<P: Primitive>(
        &self,
        before: &World,
        step: Step,
        object: ObjectId,
        op: &P::Op,
    ) -> Option<String> {
        let turn = ObjectStep {
            object,
            by: step.actor,
            choice: step.choice,
        };
        let (before, after) = (before.state::<P>(object)?, self.world.state::<P>(object)?);
        before.note(op, after, turn, self.program)
    }

    /// Returns the place in the code where the goroutine stands.
    pub(super) fn site(&self, world: &World, id: GoroutineId) -> Site {
        world
            .goroutine(id)
            .map_or(Site::NONE, |state| self.program.site(id, state.local))
    }

    /// Records the locks that the step took and released.
    fn note_locks(&mut self, before: &World, event: &Event, number: usize, by: &mut [Act]) {
        for (object, _) in &event.footprint {
            let old = before.object(*object).holders();
            let new = self.world.object(*object).holders();
            let lock = self.program.object(*object).name;
            let known = |one: &(GoroutineId, Mode)| {
                let (goroutine, mode) = *one;
                move |hold: &&Hold| {
                    hold.lock == *object && hold.goroutine == goroutine && hold.mode == mode
                }
            };
            let count = |one: &(GoroutineId, Mode)| new.iter().filter(|it| *it == one).count();
            let mut ended: Vec<Hold> = Vec::new();
            for one in &old {
                while self.holds.iter().filter(known(one)).count() > count(one) {
                    let last = self.holds.iter().rposition(|hold| known(one)(&hold));
                    let last = last.expect("there is one more than there should be");
                    ended.push(self.holds.remove(last));
                    by[0].releases.push(lock.clone());
                }
            }
            for one in &new {
                while self.holds.iter().filter(known(one)).count() < count(one) {
                    let (goroutine, mode) = *one;
                    // Some of its permits were given back; the rest has been held since the earlier
                    // step.
                    let rest = ended.iter().position(|hold| hold.goroutine == goroutine);
                    if let Some(rest) = rest {
                        let since = ended.remove(rest);
                        self.holds.push(Hold { mode, ..since });
                        continue;
                    }
                    self.holds.push(Hold {
                        goroutine,
                        lock: *object,
                        mode,
                        step: number,
                        site: self.site(before, goroutine),
                    });
                    // A goroutine that is served by another one takes nothing in this step.
                    if event.step.actor == goroutine {
                        by[0].takes.push(lock.clone());
                    }
                }
            }
        }
    }

    fn note_idle_signal(&mut self, before: &World, step: Step, number: usize) {
        if let Pending::Op(Op::Cond(cond, _)) = before.pending(self.program, step.actor)
            && let Some(state) = before.state::<Cond>(*cond)
            && state.waiters.is_empty()
        {
            self.idle_signals.push((*cond, number));
        }
    }

    /// Returns the locks that are held now, by the names of their holders.
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

    /// Returns the users of each object: those that step on it and those that are about to.
    pub(super) fn users(&self) -> BTreeMap<ObjectId, BTreeSet<GoroutineId>> {
        let mut users: BTreeMap<ObjectId, BTreeSet<GoroutineId>> = BTreeMap::new();
        for event in &self.events {
            for (object, _) in &event.footprint {
                users
                    .entry(*object)
                    .or_default()
                    .extend(event.step.movers());
            }
        }
        for id in self.world.ids() {
            if let Pending::Op(op) = self.world.pending(self.program, id) {
                for object in op.objects() {
                    users.entry(object).or_default().insert(id);
                }
            }
        }
        users
    }

    /// Marks each step with which no other goroutine could have interfered.
    pub(super) fn mark_quiet(&mut self) {
        let users = self.users();
        let kept: BTreeSet<usize> = self.holds.iter().map(|hold| hold.step).collect();
        for (step, event) in self.steps.iter_mut().zip(&self.events) {
            let own = event
                .footprint
                .iter()
                .all(|(object, _)| users.get(object).is_none_or(|users| users.len() <= 1));
            step.quiet = !kept.contains(&step.n) && (step.enabled.len() == 1 || own);
        }
    }
}

/// Returns the locks that are held in a state. It does not tell when and where they were taken.
fn holds_of(world: &World) -> Vec<Hold> {
    let locks = (0..world.objects().len()).map(ObjectId::from_index);
    let held = locks.flat_map(|lock| {
        let holders = world.object(lock).holders().into_iter();
        holders.map(move |(goroutine, mode)| Hold {
            goroutine,
            lock,
            mode,
            step: 0,
            site: Site::NONE,
        })
    });
    held.collect()
}
