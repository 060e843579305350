//! The hypothetical future of a stuck goroutine, where no observed execution passes that point.
//!
//! A deadlock that always happens hides everything after it: the holder of a lock would have
//! unlocked it, or a signal would have come. A goroutine is an automaton that accepts any outcome.
//! So it is given the outcomes that it waits for. A lock yields data that it protected at some
//! time. A channel yields a value that was sent to it at some time, or its close. A choice yields
//! each number. The goroutine's reaction is no behaviour of the program; it shows only what the
//! code says. It is used where no goroutine was seen to pass, and is marked as hypothetical.

use std::collections::{BTreeMap, HashSet, VecDeque};

use smallvec::SmallVec;

use super::releasers::{At, Node, Releasers, node};
use crate::model::primitive::Kind as _;
use crate::model::{
    Action, Atomic, AtomicOp, AtomicType, Case, Chan, ChanOp, Choice, Context, ContextOp, Fault,
    GoroutineId, LocalState, Next, Object, ObjectId, Op, Outcome, Pending, Phase, Program, Tells,
    Timer, TimerOp, ValueId, Way, World,
};

/// Most outcomes that are imagined for one goroutine and the goroutines that it would start.
const OUTCOMES_MAX: usize = 256;

/// Most numbers of a choice that are imagined; beyond them the choice is cut off.
const CHOICES_MAX: u32 = 4;

/// The outcomes that an operation could have.
type Told = SmallVec<[Outcome; 4]>;

/// The same outcomes, each with the choice that leads to it.
type Outcomes = SmallVec<[(Choice, Outcome); 4]>;

/// A goroutine that is imagined to go on, and the objects as it would find them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Imagined {
    node: Node,
    objects: BTreeMap<ObjectId, Object>,
    /// Its memory, on which it works alone.
    memory: World,
}

/// Imagines how this goroutine would go on.
///
/// # Errors
/// If the program has a fault.
pub(super) fn imagine(
    releasers: &mut Releasers,
    program: &mut dyn Program,
    world: &World,
    goroutine: GoroutineId,
) -> Result<(), Fault> {
    let (Pending::Op(_), Some(here)) = (
        world.pending(program, goroutine),
        node(program, world, goroutine),
    ) else {
        return Ok(());
    };
    let mut todo = VecDeque::from([Imagined {
        node: here,
        objects: BTreeMap::new(),
        memory: world.memory(),
    }]);
    for id in world.ids() {
        if let Some(Phase::Timer(timer)) = world.goroutine(id).map(|state| state.phase) {
            releasers.note_timer(Some(id), timer);
        }
    }
    let mut known: HashSet<Imagined> = HashSet::new();
    let mut left = OUTCOMES_MAX;
    while let Some(one) = todo.pop_front() {
        if !known.insert(one.clone()) {
            continue;
        }
        // The observed part needs no imagination; it goes on from the ends of that part.
        if releasers.was_passed(one.node) {
            let ends = releasers.ends_of_what_was_seen(one.node);
            todo.extend(ends.map(|node| one.at(node)));
            continue;
        }
        let (At::Op(local) | At::Begun(local)) = one.node.1 else {
            one.fire(releasers, program, world);
            continue;
        };
        let arrival = program.arrival(local);
        let (Next::Op(op), site) = (arrival.next.clone(), arrival.site) else {
            continue;
        };
        if releasers.is_truncated(&op.objects()) || has_too_many_choices(&op) {
            releasers.gave_up_imagining();
        }
        let told = outcomes(releasers, world, &one, &op).into_iter();
        let panics = op.may_panic().into_iter();
        let panics = panics.map(|(choice, panic)| (choice, Outcome::Panics(panic)));
        for (choice, outcome) in told.chain(panics) {
            if left == 0 {
                releasers.gave_up_imagining();
                return Ok(());
            }
            let next = one.go_on(releasers, program, world, (local, &op, outcome))?;
            if next.is_empty() && matches!(outcome, Outcome::Panics(_)) {
                // Nobody recovers it.
                continue;
            }
            left -= 1;
            let releases = one.releases(releasers, world, &op, choice);
            let nodes: Vec<Node> = next.iter().map(|next| next.node).collect();
            releasers.note_imagined((one.node, site), &releases, op.lock(), &nodes);
            todo.extend(next);
        }
    }
    Ok(())
}

impl Imagined {
    /// Returns the same objects with the goroutine at another node.
    fn at(&self, node: Node) -> Self {
        Self {
            node,
            ..self.clone()
        }
    }

    /// Gives its operation this outcome. Returns its next position, and the goroutines and timers
    /// that start with the operation. There are none if it was told what cannot come to it, such as
    /// an address of what is gone.
    fn go_on(
        &self,
        releasers: &mut Releasers,
        program: &mut dyn Program,
        world: &World,
        done: (LocalState, &Op, Outcome),
    ) -> Result<Vec<Self>, Fault> {
        match self.resume(releasers, program, world, done) {
            Err(Fault::Unsupported { .. } | Fault::EmptyLoop { .. } | Fault::TooMany { .. }) => {
                releasers.gave_up_imagining();
                Ok(Vec::new())
            }
            next => next,
        }
    }

    /// Does the same, where nothing is in the way.
    fn resume(
        &self,
        releasers: &mut Releasers,
        program: &mut dyn Program,
        world: &World,
        (local, op, outcome): (LocalState, &Op, Outcome),
    ) -> Result<Vec<Self>, Fault> {
        let mut then = self.clone();
        then.change(releasers, world, op);
        then.node.1 = At::Op(program.resume(then.node.0, local, outcome, &mut then.memory)?);
        let mut next = then.make(releasers, program);
        if let Op::Timer(timer, TimerOp::Reset) = *op {
            let hidden = releasers.hidden_of(timer);
            next.extend(hidden.map(|id| self.at((id, At::Timer))));
        }
        if let Op::Go(child) = *op {
            let mut born = self.clone();
            born.node = (
                child,
                At::Op(program.child(self.node.0, local, &mut born.memory)?),
            );
            next.extend(born.make(releasers, program));
            next.push(born);
        }
        if then.has_more_to_do(program) {
            next.push(then);
        }
        Ok(next)
    }

    /// Returns the object as this goroutine would find it. That is the state in which it left the
    /// object, the state in this world, or the state in which some execution made it.
    fn object<'a>(
        &'a self,
        releasers: &'a Releasers,
        world: &'a World,
        id: ObjectId,
    ) -> &'a Object {
        let here = || Some(world.object(id)).filter(|object| **object != Object::Absent);
        let found = self.objects.get(&id).or_else(here);
        let found = found.or_else(|| releasers.made(id));
        found.unwrap_or(&Object::Absent)
    }

    fn has_more_to_do(&self, program: &dyn Program) -> bool {
        let (At::Op(local) | At::Begun(local)) = self.node.1 else {
            return true;
        };
        match program.arrival(local).next {
            Next::Op(_) => true,
            Next::Return | Next::Panic(_) | Next::Unrecovered(_) => false,
        }
    }

    /// Adds the objects that the goroutine made on its way to its position. Returns the timers
    /// among them, which may fire.
    fn make(&mut self, releasers: &mut Releasers, program: &dyn Program) -> Vec<Self> {
        let (At::Op(local) | At::Begun(local)) = self.node.1 else {
            return Vec::new();
        };
        let created = &program.arrival(local).created;
        for made in created {
            self.objects.insert(made.id, made.object.clone());
            releasers.note_timer(made.timer, made.id);
        }
        let timers = created.iter().filter_map(|made| made.timer);
        timers.map(|id| self.at((id, At::Timer))).collect()
    }

    /// Fires the timer that belongs to this hidden goroutine.
    fn fire(&self, releasers: &mut Releasers, program: &dyn Program, world: &World) {
        let goroutine = self.node.0;
        let timer = releasers.timer_of(goroutine);
        let object = |id: ObjectId| self.object(releasers, world, id);
        let mut fires = Vec::new();
        match timer.and_then(|timer| Timer::of(object(timer))) {
            Some(timer) => match timer.action {
                Action::Send(channel) => fires.push(channel),
                Action::Cancel(context) => {
                    self.add_done_channels(releasers, world, context, &mut fires);
                }
            },
            None => releasers.gave_up_imagining(),
        }
        let fires: Vec<(ObjectId, Way)> = fires.into_iter().map(|it| (it, Way::Fire)).collect();
        let site = program.goroutine(goroutine).site;
        releasers.note_imagined((self.node, site), &fires, None, &[]);
    }

    /// Returns the releases of the operation if this choice is taken.
    fn releases(
        &self,
        releasers: &Releasers,
        world: &World,
        op: &Op,
        choice: Choice,
    ) -> Vec<(ObjectId, Way)> {
        if let Op::CtxCancel(context) = op {
            let mut done = Vec::new();
            self.add_done_channels(releasers, world, *context, &mut done);
            return done.into_iter().map(|it| (it, Way::Cancel)).collect();
        }
        // A wait that has begun has already unlocked the mutex.
        let begun = matches!(self.node.1, At::Begun(_));
        let releases = op.releases(choice, |id| self.object(releasers, world, id));
        releases.into_iter().filter(|_| !begun).collect()
    }

    /// Adds the channels that a cancellation of the context closes: its own and those of all its
    /// descendants.
    fn add_done_channels(
        &self,
        releasers: &Releasers,
        world: &World,
        context: ObjectId,
        done: &mut Vec<ObjectId>,
    ) {
        if let Some(context) = Context::of(self.object(releasers, world, context)) {
            done.push(context.done);
            for &child in &context.children {
                self.add_done_channels(releasers, world, child, done);
            }
        }
    }

    /// Updates the data that the goroutine would read later.
    fn change(&mut self, releasers: &Releasers, world: &World, op: &Op) {
        let Some(&id) = op.objects().first() else {
            return;
        };
        let mut object = self.object(releasers, world, id).clone();
        if let (Op::Atomic(_, op), Some(atomic)) = (op, Atomic::of_mut(&mut object)) {
            atomic.update(*op);
        } else if let (Some(leaves), Some(content)) = (op.facts().leaves, object.content_mut()) {
            *content = leaves;
        } else {
            return;
        }
        self.objects.insert(id, object);
    }
}

fn has_too_many_choices(op: &Op) -> bool {
    matches!(op, Op::Choose(below, _) if *below > CHOICES_MAX)
}

/// Returns the possible outcomes of the operation; empty if none can be imagined.
fn outcomes(releasers: &Releasers, world: &World, one: &Imagined, op: &Op) -> Outcomes {
    let at = |id: ObjectId| Found {
        object: one.object(releasers, world, id),
        values: releasers.values_of(id),
        numbers: releasers.numbers_of(id),
    };
    let told = match op {
        Op::Choose(below, _) => {
            let number = |number: u32| (Choice::Number(number), Outcome::Number(number.into()));
            return (0..(*below).min(CHOICES_MAX)).map(number).collect();
        }
        Op::Select { cases, default, .. } => {
            let taken = cases.iter().zip(0..).flat_map(|(case, index)| {
                let told: Told = match (case.channel(), case) {
                    (None, _) => Told::new(),
                    (Some(_), Case::Send(..)) => Told::from_iter([Outcome::Sent(index)]),
                    (Some(id), Case::Recv(_)) => {
                        let received = at(id).received().into_iter();
                        received.map(|it| Outcome::Received(index, it)).collect()
                    }
                };
                told.into_iter().map(move |it| (Choice::Case(index), it))
            });
            let default = default.then_some((Choice::Default, Outcome::Default));
            return taken.chain(default).collect();
        }
        Op::Go(_) | Op::Pause(_) | Op::CtxDerive(..) | Op::CtxCancel(_) | Op::Touch(..) => {
            Told::from_iter([Outcome::Done])
        }
        // A nil channel never lets a goroutine go on.
        Op::Chan(None, _) | Op::Exited => Told::new(),
        Op::CondWait { mutex, .. } => at(*mutex).told(Tells::Content),
        Op::Atomic(id, op) => at(*id).updated(*op),
        Op::Context(id, ContextOp::Err) => at(*id).numbers(0..3),
        Op::Chan(Some(id), ChanOp::Len) => at(*id).numbers(0..i64::from(CHOICES_MAX)),
        Op::Mutex(id, _)
        | Op::RwLock(id, _)
        | Op::Chan(Some(id), _)
        | Op::WaitGroup(id, _)
        | Op::Once(id, _)
        | Op::Cond(id, _)
        | Op::Timer(id, _)
        | Op::Semaphore(id, _)
        | Op::Cell(id, _) => at(*id).told(op.facts().tells),
    };
    told.into_iter().map(|it| (Choice::Only, it)).collect()
}

/// The contents that a goroutine could find at an object.
struct Found<'a> {
    object: &'a Object,
    /// The values that the object held, or that were sent to it, at some time.
    values: &'a [ValueId],
    numbers: &'a [i64],
}

impl Found<'_> {
    fn told(&self, tells: Tells) -> Told {
        match tells {
            Tells::Nothing => Told::from_iter([Outcome::Done]),
            Tells::Content => self.contents().map(Outcome::Value).collect(),
            Tells::ContentIfFree => {
                let contents = self.contents().map(Outcome::Value);
                contents.chain([Outcome::Nothing]).collect()
            }
            Tells::Received => {
                let told = |it: Option<ValueId>| it.map_or(Outcome::Nothing, Outcome::Value);
                self.received().into_iter().map(told).collect()
            }
            Tells::Number => self.numbers(0..2),
            Tells::Case => Told::new(),
        }
    }

    fn contents(&self) -> impl Iterator<Item = ValueId> {
        distinct(self.object.content(), self.values).into_iter()
    }

    /// Returns the values that may be received, and `None` for a closed channel.
    fn received(&self) -> SmallVec<[Option<ValueId>; 4]> {
        let first = Chan::of(self.object).and_then(|chan| chan.buffer.first().copied());
        let values = distinct(first, self.values).into_iter().map(Some);
        values.chain([None]).collect()
    }

    fn updated(&self, op: AtomicOp) -> Told {
        let atomic = Atomic::of(self.object);
        let now = atomic.map(|atomic| atomic.value);
        let shown_as = atomic.map_or(AtomicType::I64, |atomic| atomic.shown_as);
        let updated = |value| Outcome::Number(Atomic { value, shown_as }.update(op));
        let mut told: Told = SmallVec::new();
        for value in distinct(now, self.numbers) {
            if !told.contains(&updated(value)) {
                told.push(updated(value));
            }
        }
        told
    }

    fn numbers(&self, numbers: std::ops::Range<i64>) -> Told {
        numbers.map(Outcome::Number).collect()
    }
}

/// Returns `first` and the others without duplicates.
fn distinct<T: Copy + PartialEq>(first: Option<T>, others: &[T]) -> SmallVec<[T; 4]> {
    let mut all: SmallVec<[T; 4]> = first.into_iter().collect();
    for other in others {
        if !all.contains(other) {
            all.push(*other);
        }
    }
    all
}
