//! What a goroutine that is stuck would do if it were let go on, where no execution was seen in
//! which it is.
//!
//! A deadlock that always happens hides all that comes after it: that the holder of a lock would
//! have given it back, that a signal would have come. A goroutine is an automaton that can be told
//! any outcome; so it is told what it waits for: the lock, a value that was sent to the channel at
//! some time or else that it is closed, each number of a choice. What it then does is no behaviour
//! of the program, only what its code says. It is used for positions that nobody was seen to pass,
//! and is marked as what it is.

#![warn(clippy::wildcard_enum_match_arm)]

use std::collections::BTreeMap;

use super::releasers::{Position, Releasers};
use crate::model::primitive::{Kind as _, Primitive as _};
use crate::model::{
    Atomic, Case, Chan, Choice, Fault, GoroutineId, Local, Next, Object, ObjectId, Op, Outcome,
    Pending, Program, Tells, World,
};

/// How many operations are imagined of one goroutine, and of those that it would start.
const OPERATIONS_MAX: usize = 64;

/// Of a choice among more than so many only the first are imagined.
const CHOICES_MAX: u32 = 4;

/// A goroutine that is imagined to go on, and the objects as it would find them.
#[derive(Clone)]
struct Imagined {
    goroutine: GoroutineId,
    local: Local,
    objects: BTreeMap<ObjectId, Object>,
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
    let (Some(state), Pending::Op(_)) = (
        world.goroutine(goroutine),
        world.pending(program, goroutine),
    ) else {
        return Ok(());
    };
    let mut todo = vec![Imagined {
        goroutine,
        local: state.local,
        objects: BTreeMap::new(),
    }];
    let mut left = OPERATIONS_MAX;
    while let Some(one) = todo.pop() {
        let arrival = program.arrival(one.local);
        let Next::Op(op) = arrival.next.clone() else {
            continue;
        };
        let here = (one.goroutine, arrival.site, op.facts().verb);
        for (choice, outcome) in outcomes(releasers, world, &one, &op) {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            let mut then = one.clone();
            then.change(world, &op);
            then.local = program.resume(one.local, outcome)?;
            then.make(program);
            let mut next = vec![then];
            if let Op::Go(child) = op {
                let mut born = one.clone();
                born.goroutine = child;
                born.local = program.child(one.local)?;
                born.make(program);
                next.push(born);
            }
            if !releasers.was_passed(here) {
                let releases = op.releases(choice, |id| one.object(world, id));
                let positions: Vec<Position> = next
                    .iter()
                    .filter_map(|one| one.position(program))
                    .collect();
                releasers.note_imagined(here, releases, &op, positions.into_iter());
            }
            todo.extend(next);
        }
    }
    Ok(())
}

impl Imagined {
    fn object<'a>(&'a self, world: &'a World, id: ObjectId) -> &'a Object {
        self.objects.get(&id).unwrap_or_else(|| world.object(id))
    }

    fn position(&self, program: &dyn Program) -> Option<Position> {
        let arrival = program.arrival(self.local);
        match &arrival.next {
            Next::Op(op) => Some((self.goroutine, arrival.site, op.facts().verb)),
            Next::Return | Next::Panic(_) | Next::Unrecovered(_) => None,
        }
    }

    /// Has what the goroutine made on its way to where it stands.
    fn make(&mut self, program: &dyn Program) {
        for creation in &program.arrival(self.local).created {
            self.objects.insert(creation.id, creation.object.clone());
        }
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

/// What the goroutine could be told of its operation, each with the choice that it would be. Empty
/// if nothing can be imagined.
fn outcomes(
    releasers: &Releasers,
    world: &World,
    one: &Imagined,
    op: &Op,
) -> Vec<(Choice, Outcome)> {
    let received = |channel: ObjectId| {
        let chan = Chan::of(one.object(world, channel));
        let first = chan.and_then(|chan| chan.buffer.first().copied());
        first.or(releasers.value_of(channel))
    };
    if let Op::Choose(below) = op {
        let number = |number: u32| {
            let outcome = Outcome::Number(number.into());
            (Choice::Number(number), outcome)
        };
        return (0..(*below).min(CHOICES_MAX)).map(number).collect();
    }
    if let Op::Select { cases, default } = op {
        let taken = cases.iter().zip(0..).filter_map(|(case, index)| {
            let channel = case.channel()?;
            let outcome = match case {
                Case::Send(..) => Outcome::Sent(index),
                Case::Recv(_) => Outcome::Received(index, received(channel)),
            };
            Some((Choice::Case(index), outcome))
        });
        let default = default.then_some((Choice::Default, Outcome::Default));
        return taken.chain(default).collect();
    }
    if let Op::Atomic(id, op) = op
        && let Some(atomic) = Atomic::of(one.object(world, *id))
        && Atomic::facts(op).tells == Tells::Number
    {
        return vec![(Choice::Only, Outcome::Number(atomic.clone().update(*op)))];
    }
    let Some(&id) = op.objects().last() else {
        // A nil channel lets nobody go on; a goroutine starts, a pause ends.
        let blocks = matches!(op, Op::Chan(..));
        return (!blocks)
            .then_some((Choice::Only, Outcome::Done))
            .into_iter()
            .collect();
    };
    let object = one.object(world, id);
    let outcome = match op.facts().tells {
        Tells::Nothing => Some(Outcome::Done),
        Tells::Content | Tells::ContentIfFree => object.content().map(Outcome::Value),
        Tells::Received => Some(received(id).map_or(Outcome::Nothing, Outcome::Value)),
        Tells::Number => Some(Outcome::Number(0)),
        Tells::Case => None,
    };
    outcome
        .map(|outcome| (Choice::Only, outcome))
        .into_iter()
        .collect()
}
