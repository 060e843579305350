//! What a goroutine that is stuck would do if it were let go on, where no execution was seen in
//! which it is.
//!
//! A deadlock that always happens hides all that comes after it: that the holder of a lock would
//! have given it back, that a signal would have come. A goroutine is an automaton that can be told
//! any outcome; so it is told what it waits for: the lock with the data that was under it at some
//! time, a value that was sent to the channel at some time, that the channel is closed, each number
//! of a choice. What it then does is no behaviour of the program, only what its code says. It is
//! used where nobody was seen to pass, and is marked as what it is.

use std::collections::{BTreeMap, HashSet, VecDeque};

use smallvec::SmallVec;

use super::releasers::{At, Node, Releasers, node};
use crate::model::primitive::Kind as _;
use crate::model::{
    Action, Atomic, AtomicOp, Case, Chan, ChanOp, Choice, Context, ContextOp, Fault, GoroutineId,
    Local, Next, Object, ObjectId, Op, Outcome, Pending, Phase, Program, Tells, Timer, TimerOp,
    ValueId, Way, World,
};

/// How many outcomes are imagined of one goroutine's operations, and of those that it would start.
const OUTCOMES_MAX: usize = 256;

/// Of a choice among more than so many only the first are imagined.
const CHOICES_MAX: u32 = 4;

/// What a goroutine could be told of its operation.
type Told = SmallVec<[Outcome; 4]>;

/// The same, with the choice that it would be.
type Outcomes = SmallVec<[(Choice, Outcome); 4]>;

/// A goroutine that is imagined to go on, and the objects as it would find them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Imagined {
    node: Node,
    objects: BTreeMap<ObjectId, Object>,
    /// The timers that it made, by their hidden goroutines.
    timers: BTreeMap<GoroutineId, ObjectId>,
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
        timers: BTreeMap::new(),
        memory: world.memory(),
    }]);
    let mut known: HashSet<Imagined> = HashSet::new();
    let mut left = OUTCOMES_MAX;
    while let Some(one) = todo.pop_front() {
        if !known.insert(one.clone()) {
            continue;
        }
        // What was seen needs no imagination, but where it comes to an end.
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
        for (choice, outcome) in outcomes(releasers, world, &one, &op) {
            if left == 0 {
                releasers.gave_up_imagining();
                return Ok(());
            }
            left -= 1;
            let next = one.go_on(releasers, program, world, (local, &op, outcome))?;
            let releases = one.releases(releasers, world, &op, choice);
            let nodes: Vec<Node> = next.iter().map(|next| next.node).collect();
            releasers.note_imagined((one.node, site), &releases, op.lock(), &nodes);
            todo.extend(next);
        }
    }
    Ok(())
}

impl Imagined {
    /// The same objects, and this one stands there.
    fn at(&self, node: Node) -> Self {
        Self {
            node,
            ..self.clone()
        }
    }

    /// Is told this of its operation: where it comes, and who begins with that.
    fn go_on(
        &self,
        releasers: &Releasers,
        program: &mut dyn Program,
        world: &World,
        (local, op, outcome): (Local, &Op, Outcome),
    ) -> Result<Vec<Self>, Fault> {
        let mut then = self.clone();
        then.change(releasers, world, op);
        then.node.1 = At::Op(program.resume(local, outcome, &mut then.memory)?);
        let mut next: Vec<Self> = then.make(program).collect();
        next.extend(self.armed(releasers, world, op).map(|node| self.at(node)));
        if let Op::Go(child) = *op {
            let mut born = self.clone();
            born.node = (child, At::Op(program.child(local, &mut born.memory)?));
            next.extend(born.make(program));
            next.push(born);
        }
        if then.has_more_to_do(program) {
            next.push(then);
        }
        Ok(next)
    }

    /// The object as this one would find it: as it left it, as it is in this state, or as it was
    /// made in some execution.
    fn object<'a>(
        &'a self,
        releasers: &'a Releasers,
        world: &'a World,
        id: ObjectId,
    ) -> &'a Object {
        let here = || Some(world.object(id)).filter(|object| **object != Object::Absent);
        let made = || releasers.made(id).map(|(object, _)| object);
        let found = self.objects.get(&id).or_else(here).or_else(made);
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

    /// Has what the goroutine made on its way to where it stands. Yields the timers among it, which
    /// may fire.
    fn make(&mut self, program: &dyn Program) -> impl Iterator<Item = Self> + use<> {
        let (At::Op(local) | At::Begun(local)) = self.node.1 else {
            return Vec::new().into_iter();
        };
        let created = &program.arrival(local).created;
        for made in created {
            self.objects.insert(made.id, made.object.clone());
            if let Some(goroutine) = made.timer {
                self.timers.insert(goroutine, made.id);
            }
        }
        let timers = created.iter().filter_map(|made| made.timer);
        let fires = |goroutine: GoroutineId| self.at((goroutine, At::Timer));
        timers.map(fires).collect::<Vec<_>>().into_iter()
    }

    /// Fires the timer whose hidden goroutine this is.
    fn fire(&self, releasers: &mut Releasers, program: &dyn Program, world: &World) {
        let goroutine = self.node.0;
        let armed = world
            .goroutine(goroutine)
            .and_then(|state| match state.phase {
                Phase::Timer(timer) => Some(timer),
                Phase::Absent
                | Phase::Ready
                | Phase::Announced
                | Phase::Waiting
                | Phase::Woken
                | Phase::Returned
                | Phase::Panicked(_) => None,
            });
        let made = || self.timers.get(&goroutine).copied();
        let timer = armed
            .or_else(made)
            .or_else(|| releasers.timer_of(goroutine));
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

    /// What the operation would release if it went this way.
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
        // Who has begun a wait has given the lock back already.
        let begun = matches!(self.node.1, At::Begun(_));
        let releases = op.releases(choice, |id| self.object(releasers, world, id));
        releases.into_iter().filter(|_| !begun).collect()
    }

    /// Adds the channels that are closed when the context is cancelled: its own, and those of all
    /// below it.
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

    /// The timer that the operation would arm.
    fn armed(&self, releasers: &Releasers, world: &World, op: &Op) -> Option<Node> {
        let Op::Timer(timer, TimerOp::Reset) = op else {
            return None;
        };
        let fires = |id: &GoroutineId| {
            let state = world.goroutine(*id);
            state.is_some_and(|state| state.phase == Phase::Timer(*timer))
        };
        let mut ids = (0..world.goroutines().len()).map(GoroutineId::from_index);
        let mut imagined = self.timers.iter();
        let imagined = imagined.find(|(_, made)| *made == timer).map(|(&id, _)| id);
        let made = || releasers.made(*timer).and_then(|(_, goroutine)| *goroutine);
        let id = imagined.or_else(|| ids.find(fires)).or_else(made);
        id.map(|id| (id, At::Timer))
    }

    /// Changes the data that the goroutine would find again.
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
    matches!(op, Op::Choose(below) if *below > CHOICES_MAX)
}

/// What the goroutine could be told of its operation. Empty if nothing can be imagined.
fn outcomes(releasers: &Releasers, world: &World, one: &Imagined, op: &Op) -> Outcomes {
    let at = |id: ObjectId| Found {
        object: one.object(releasers, world, id),
        values: releasers.values_of(id),
        numbers: releasers.numbers_of(id),
    };
    let told = match op {
        Op::Choose(below) => {
            let number = |number: u32| (Choice::Number(number), Outcome::Number(number.into()));
            return (0..(*below).min(CHOICES_MAX)).map(number).collect();
        }
        Op::Select { cases, default } => {
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
        // A nil channel lets nobody go on.
        Op::Chan(None, _) => Told::new(),
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

/// What a goroutine could find at an object.
struct Found<'a> {
    object: &'a Object,
    /// What was there, or was sent to it, at some time.
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

    /// A value, or `None` for "closed".
    fn received(&self) -> SmallVec<[Option<ValueId>; 4]> {
        let first = Chan::of(self.object).and_then(|chan| chan.buffer.first().copied());
        let values = distinct(first, self.values).into_iter().map(Some);
        values.chain([None]).collect()
    }

    fn updated(&self, op: AtomicOp) -> Told {
        let now = Atomic::of(self.object).map(|atomic| atomic.value);
        let updated = |value: i64| Outcome::Number(Atomic { value }.update(op));
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

/// The first of these and the others, each once.
fn distinct<T: Copy + PartialEq>(first: Option<T>, others: &[T]) -> SmallVec<[T; 4]> {
    let mut all: SmallVec<[T; 4]> = first.into_iter().collect();
    for other in others {
        if !all.contains(other) {
            all.push(*other);
        }
    }
    all
}
