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

use super::releasers::{Node, Releasers, node, timer_node};
use crate::model::primitive::Kind as _;
use crate::model::{
    Action, Atomic, AtomicOp, Case, Chan, ChanOp, Choice, Context, ContextOp, Fault, GoroutineId,
    Next, Object, ObjectId, Op, Outcome, Pending, Phase, Program, Tells, Timer, TimerOp, ValueId,
    Way, World,
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
    /// The hidden goroutines of the timers that it made.
    timers: BTreeMap<ObjectId, GoroutineId>,
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
            todo.extend(
                releasers
                    .ends_of_what_was_seen(one.node)
                    .map(|node| Imagined {
                        node,
                        ..one.clone()
                    }),
            );
            continue;
        }
        let arrival = program.arrival(one.node.1);
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
            let mut then = one.clone();
            then.change(world, &op);
            let local = program.resume(one.node.1, outcome, &mut then.memory)?;
            then.node = (one.node.0, local, false);
            let mut next: Vec<Node> = then.make(releasers, program).collect();
            next.extend(one.armed(world, &op));
            next.extend(then.has_more_to_do(program).then_some(then.node));
            let mut born = None;
            if let Op::Go(child) = op {
                let mut first = one.clone();
                let local = program.child(one.node.1, &mut first.memory)?;
                first.node = (child, local, false);
                next.extend(first.make(releasers, program));
                next.push(first.node);
                born = Some(first);
            }
            let releases = one.releases(world, &op, choice);
            releasers.note_imagined((one.node, site), &releases, op.lock(), &next);
            todo.extend(born);
            todo.push_back(then);
        }
    }
    Ok(())
}

impl Imagined {
    fn object<'a>(&'a self, world: &'a World, id: ObjectId) -> &'a Object {
        self.objects.get(&id).unwrap_or_else(|| world.object(id))
    }

    fn has_more_to_do(&self, program: &dyn Program) -> bool {
        match program.arrival(self.node.1).next {
            Next::Op(_) => true,
            Next::Return | Next::Panic(_) | Next::Unrecovered(_) => false,
        }
    }

    /// Has what the goroutine made on its way to where it stands. Yields the timers among it, which
    /// fire.
    fn make(
        &mut self,
        releasers: &mut Releasers,
        program: &dyn Program,
    ) -> impl Iterator<Item = Node> + use<> {
        let arrival = program.arrival(self.node.1);
        let mut timers = Vec::new();
        for creation in &arrival.created {
            self.objects.insert(creation.id, creation.object.clone());
        }
        for creation in &arrival.created {
            let Some(goroutine) = creation.timer else {
                continue;
            };
            self.timers.insert(creation.id, goroutine);
            let node = timer_node(goroutine);
            timers.push(node);
            if let Some(channel) = self.fires_into(&creation.object) {
                let site = program.goroutine(goroutine).site;
                releasers.note_imagined((node, site), &[(channel, Way::Fire)], None, &[]);
            }
        }
        timers.into_iter()
    }

    /// The channel at which the firing of a timer is seen.
    fn fires_into(&self, timer: &Object) -> Option<ObjectId> {
        match Timer::of(timer)?.action {
            Action::Send(channel) => Some(channel),
            Action::Cancel(context) => Some(Context::of(self.objects.get(&context)?)?.done),
        }
    }

    /// What the operation would release if it went this way.
    fn releases(&self, world: &World, op: &Op, choice: Choice) -> Vec<(ObjectId, Way)> {
        if let Op::CtxCancel(context) = op {
            let mut done = Vec::new();
            self.add_done_channels(world, *context, &mut done);
            return done.into_iter().map(|it| (it, Way::Cancel)).collect();
        }
        // Who has begun a wait has given the lock back already.
        let begun = self.node.2;
        let releases = op.releases(choice, |id| self.object(world, id));
        releases.into_iter().filter(|_| !begun).collect()
    }

    /// Adds the channels that are closed when the context is cancelled: its own, and those of all
    /// below it.
    fn add_done_channels(&self, world: &World, context: ObjectId, done: &mut Vec<ObjectId>) {
        if let Some(context) = Context::of(self.object(world, context)) {
            done.push(context.done);
            for &child in &context.children {
                self.add_done_channels(world, child, done);
            }
        }
    }

    /// The timer that the operation would arm.
    fn armed(&self, world: &World, op: &Op) -> Option<Node> {
        let Op::Timer(timer, TimerOp::Reset) = op else {
            return None;
        };
        let fires = |id: &GoroutineId| {
            let state = world.goroutine(*id);
            state.is_some_and(|state| state.phase == Phase::Timer(*timer))
        };
        let mut ids = (0..world.goroutines().len()).map(GoroutineId::from_index);
        let made = self.timers.get(timer).copied();
        made.or_else(|| ids.find(fires)).map(timer_node)
    }

    /// Changes the data that the goroutine would find again.
    fn change(&mut self, world: &World, op: &Op) {
        let Some(&id) = op.objects().first() else {
            return;
        };
        let mut object = self.object(world, id).clone();
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
    let at = |id: ObjectId| At {
        object: one.object(world, id),
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
struct At<'a> {
    object: &'a Object,
    /// What was there, or was sent to it, at some time.
    values: &'a [ValueId],
    numbers: &'a [i64],
}

impl At<'_> {
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
