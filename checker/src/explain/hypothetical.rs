//! What a goroutine that is stuck would do if it were let go on, where no execution was seen in which it is.
//!
//! A deadlock that always happens hides all that comes after it: that the holder of a lock would have given it back, that a signal would have
//! come. A goroutine is an automaton that can be told any outcome; so it is told what it waits for: the lock, a value that was sent to the channel
//! at some time or else that it is closed, each number of a choice. What it then does is no behaviour of the program, only what its code says. It is used for
//! positions that nobody was seen to pass, and is marked as what it is.

use std::collections::BTreeMap;

use super::releasers::{Position, Releasers, ways};
use crate::execution::words;
use crate::model::{
    AtomicOp, Case, Fault, GoroutineId, Local, Next, Object, ObjectId, Op, Outcome, Pending,
    Program, ValueId, World,
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
    /// For its memory: the goroutine works on it alone.
    world: World,
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
        world: world.clone(),
    }];
    let mut left = OPERATIONS_MAX;
    while let Some(one) = todo.pop() {
        let arrival = program.arrival(one.local);
        let Next::Op(op) = arrival.next.clone() else {
            continue;
        };
        let here = (one.goroutine, arrival.site, words::verb(&op));
        for (case, outcome) in outcomes(releasers, world, &one, &op) {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            let mut then = one.clone();
            then.change(world, &op);
            then.local = program.resume(one.local, outcome, &mut then.world)?;
            then.make(program);
            let mut next = vec![then];
            if let Op::Go(child) = op {
                let mut born = one.clone();
                born.goroutine = child;
                born.local = program.child(one.local, &mut born.world)?;
                born.make(program);
                next.push(born);
            }
            if !releasers.was_passed(here) {
                let ways = ways(&op, case, |id| one.object(world, id));
                let positions: Vec<Position> = next
                    .iter()
                    .filter_map(|one| one.position(program))
                    .collect();
                releasers.note_imagined(here, &ways, &op, positions.into_iter());
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
            Next::Op(op) => Some((self.goroutine, arrival.site, words::verb(op))),
            Next::Return | Next::Panic(_) => None,
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
        let (id, value) = match op {
            Op::Unlock(id, Some(value)) | Op::WUnlock(id, Some(value)) | Op::Set(id, value) => {
                (*id, *value)
            }
            Op::Atomic(id, op) => {
                let mut object = self.object(world, *id).clone();
                if let Object::Atomic(atomic) = &mut object {
                    atomic.apply(*op);
                }
                self.objects.insert(*id, object);
                return;
            }
            _ => return,
        };
        let mut object = self.object(world, id).clone();
        match &mut object {
            Object::Mutex(mutex) => mutex.content = value,
            Object::RwLock(lock) => lock.content = value,
            Object::Cell(cell) => cell.value = value,
            _ => {}
        }
        self.objects.insert(id, object);
    }

    /// The data of a lock or of a cell.
    fn content(&self, world: &World, id: ObjectId) -> Option<ValueId> {
        match self.object(world, id) {
            Object::Mutex(mutex) => Some(mutex.content),
            Object::RwLock(lock) => Some(lock.content),
            Object::Cell(cell) => Some(cell.value),
            _ => None,
        }
    }
}

/// What the goroutine could be told of its operation, each with the case that it would be. Empty if nothing can be imagined.
fn outcomes(releasers: &Releasers, world: &World, one: &Imagined, op: &Op) -> Vec<(u32, Outcome)> {
    let only = |outcome: Outcome| vec![(0, outcome)];
    let received = |channel: ObjectId| match one.object(world, channel) {
        Object::Chan(chan) => chan.buffer.first().copied().or(releasers.value_of(channel)),
        _ => None,
    };
    match op {
        Op::Lock(id)
        | Op::TryLock(id)
        | Op::RLock(id)
        | Op::TryRLock(id)
        | Op::WLock(id)
        | Op::TryWLock(id)
        | Op::Get(id)
        | Op::CondWait { mutex: id, .. } => match one.content(world, *id) {
            Some(content) => only(Outcome::Value(content)),
            None => Vec::new(),
        },
        Op::Send(None, _) | Op::Recv(None) | Op::Close(None) => Vec::new(),
        Op::Recv(Some(channel)) => {
            only(received(*channel).map_or(Outcome::Nothing, Outcome::Value))
        }
        Op::Select { cases, default } => {
            let mut all: Vec<(u32, Outcome)> = Vec::new();
            for (case, index) in cases.iter().zip(0..) {
                match case {
                    Case::Send(Some(_), _) => all.push((index, Outcome::Sent(index))),
                    Case::Recv(Some(channel)) => {
                        all.push((index, Outcome::Received(index, received(*channel))));
                    }
                    Case::Send(None, _) | Case::Recv(None) => {}
                }
            }
            if *default {
                all.push((crate::model::Step::DEFAULT, Outcome::Default));
            }
            all
        }
        Op::Choose(below) => (0..(*below).min(CHOICES_MAX))
            .map(|number| (number, Outcome::Number(i64::from(number))))
            .collect(),
        Op::Atomic(_, AtomicOp::Store(_)) => only(Outcome::Done),
        Op::Atomic(id, op) => match one.object(world, *id) {
            Object::Atomic(atomic) => only(Outcome::Number(atomic.clone().apply(*op))),
            _ => Vec::new(),
        },
        Op::OnceBegin(_) | Op::Len(_) | Op::CtxErr(_) | Op::TimerStop(_) | Op::TimerReset(_) => {
            only(Outcome::Number(0))
        }
        _ => only(Outcome::Done),
    }
}
