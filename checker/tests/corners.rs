//! Asserts that running the random programs reaches their corners, which are not only written in
//! them.
//!
//! Each corner is a fact about a state: an operation that is about to be done to an object in a
//! certain condition.

use std::collections::{BTreeMap, HashSet};

use gordian_checker::model::{
    Case, GoroutineId, Known, Learner, MutexOp, Object, ObjectId, Once, OnceOp, Op, Outcome,
    Pending, Phase, RwLockOp, Semaphore, SemaphoreOp, World,
};
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::{Interpreter, Memory, Script, Start};

/// The number of programs that are run.
const PROGRAMS: u64 = 1_000;

/// The most states that are looked at in a program.
const STATES_MAX: usize = 1_000;

/// The least number of programs that must reach a corner.
const REACHED_MIN: u32 = 5;

/// A corner: its name, and its condition.
type Corner = (&'static str, fn(&World, GoroutineId, &Op, &Known) -> bool);

const CORNERS: &[Corner] = &[
    (
        "a mutex is unlocked by the guard that another took",
        |world, id, op, _| match op {
            Op::Mutex(lock, MutexOp::Unlock(Some(_))) => match world.object(*lock) {
                Object::Mutex(mutex) => mutex.holder.is_some_and(|holder| holder != id),
                _ => false,
            },
            _ => false,
        },
    ),
    (
        "a writer's lock is unlocked by the guard that another took",
        |world, id, op, _| match op {
            Op::RwLock(lock, RwLockOp::Unlock(Some(_))) => match world.object(*lock) {
                Object::RwLock(lock) => {
                    lock.writer.is_some_and(|it| it.holds && it.goroutine != id)
                }
                _ => false,
            },
            _ => false,
        },
    ),
    (
        "a reader's lock is unlocked by another",
        |world, id, op, _| match op {
            Op::RwLock(lock, RwLockOp::RUnlock) => match world.object(*lock) {
                Object::RwLock(lock) => !lock.readers.is_empty() && !lock.readers.contains(&id),
                _ => false,
            },
            _ => false,
        },
    ),
    (
        "a context is derived from one that is cancelled",
        |world, _, op, _| match op {
            Op::CtxDerive(parent, _) => match world.object(*parent) {
                Object::Context(context) => context.ended.is_some(),
                _ => false,
            },
            _ => false,
        },
    ),
    (
        "a once is called from its own function",
        |world, id, op, _| match op {
            Op::Once(once, OnceOp::Begin) => {
                *world.object(*once) == Object::Once(Once::Running(id))
            }
            _ => false,
        },
    ),
    (
        "somebody uses what another goroutine than main has made, and is not that one",
        |_, id, op, known| {
            let maker = |object: ObjectId| known.objects[object.index()].maker;
            op.objects()
                .into_iter()
                .filter_map(maker)
                .any(|maker| maker > 0 && maker != id.0)
        },
    ),
    ("main uses what it has made anew", |_, id, op, known| {
        let again = |object: ObjectId| {
            let thing = &known.objects[object.index()];
            thing.maker == Some(0) && thing.nth > 0
        };
        id == GoroutineId::MAIN && op.objects().into_iter().any(again)
    }),
    (
        "a goroutine of a body that runs already is started",
        |world, _, op, known| match op {
            Op::Go(child) => {
                let name = &known.goroutines[child.index()].name;
                let runs = |index: usize| {
                    let id = GoroutineId::from_index(index);
                    world.goroutine(id).is_some() && known.goroutines[index].name == *name
                };
                (0..world.goroutines().len()).any(runs)
            }
            _ => false,
        },
    ),
    (
        "who asks for little waits in line, and there is room for it",
        |world, id, op, _| match op {
            Op::Semaphore(of, SemaphoreOp::Acquire(permits)) => {
                let semaphore = semaphore(world, *of);
                semaphore.parties.queue.iter().any(|(it, _)| *it == id)
                    && semaphore.free() >= i64::from(*permits)
            }
            _ => false,
        },
    ),
    (
        "a try fails, and there is room for it",
        |world, _, op, _| match op {
            Op::Semaphore(of, SemaphoreOp::TryAcquire(permits)) => {
                let semaphore = semaphore(world, *of);
                !semaphore.admits_at_once(*permits) && semaphore.free() >= i64::from(*permits)
            }
            _ => false,
        },
    ),
    (
        "who was served by a release has not gone on",
        |world, id, op, _| match op {
            Op::Semaphore(of, SemaphoreOp::Acquire(_)) => {
                semaphore(world, *of).parties.served.contains(&id)
            }
            _ => false,
        },
    ),
    (
        "permits are given back by somebody who has none",
        |world, id, op, _| match op {
            Op::Semaphore(of, SemaphoreOp::Release(1..)) => {
                let holders = &semaphore(world, *of).parties.holders;
                !holders.is_empty() && holders.iter().all(|(holder, _)| *holder != id)
            }
            _ => false,
        },
    ),
    (
        "a select could send to a channel and receive from it",
        |_, _, op, _| match op {
            Op::Select { cases, .. } => cases.iter().any(|case| match case {
                Case::Send(Some(channel), _) => cases.contains(&Case::Recv(Some(*channel))),
                _ => false,
            }),
            _ => false,
        },
    ),
];

fn semaphore(world: &World, id: ObjectId) -> &Semaphore {
    match world.object(id) {
        Object::Semaphore(semaphore) => semaphore,
        other => panic!("{other:?} is no semaphore"),
    }
}

#[test]
fn the_corners_of_random_programs_are_reached() {
    let mut reached = BTreeMap::<&str, u32>::new();
    for seed in 0..PROGRAMS {
        let script = random::script(seed, Mix::default());
        for corner in corners(&script) {
            *reached.entry(corner).or_default() += 1;
        }
    }
    let count = |name: &str| reached.get(name).copied().unwrap_or(0);
    let rare: Vec<(&str, u32)> = CORNERS
        .iter()
        .map(|(name, _)| (*name, count(name)))
        .filter(|(_, count)| *count < REACHED_MIN)
        .collect();
    assert!(rare.is_empty(), "too few of {PROGRAMS} reach {rare:?}");
}

/// Returns the corners that a program reaches.
fn corners(script: &Script) -> HashSet<&'static str> {
    let mut program = script.interpreter(Start::Together, Memory::Forgetful);
    let seen = worlds(&mut program);
    let known = program.ids();
    let mut reached = HashSet::new();
    for world in &seen {
        note(&program, &known, world, &mut reached);
    }
    reached
}

/// Returns the first states of a program.
fn worlds(program: &mut Interpreter) -> HashSet<World> {
    let start = World::start(program).expect("it starts");
    let mut seen = HashSet::from([start.clone()]);
    let mut todo = vec![start];
    let mut enabled = Vec::new();
    while let Some(world) = todo.pop() {
        world.enabled(program, &mut enabled);
        for &step in &enabled {
            let mut next = world.clone();
            next.take(program, step).expect("it goes on");
            if seen.len() < STATES_MAX && seen.insert(next.clone()) {
                todo.push(next);
            }
        }
    }
    seen
}

/// Records the corners that are reached in this state.
fn note(program: &Interpreter, known: &Known, world: &World, reached: &mut HashSet<&'static str>) {
    for index in 0..world.goroutines().len() {
        let id = GoroutineId::from_index(index);
        let Pending::Op(op) = world.pending(program, id) else {
            continue;
        };
        for (name, is) in CORNERS {
            if is(world, id, op, known) {
                reached.insert(name);
            }
        }
    }
}

/// The panics that Go lets a deferred call recover.
const RECOVERED: [&str; 5] = [
    "send on closed channel",
    "close of closed channel",
    "close of nil channel",
    "sync: negative WaitGroup counter",
    "semaphore: released more than held",
];

/// Asserts that goroutines of random programs run on after each panic that Go can recover, and
/// after no other.
#[test]
fn panics_of_every_kind_are_recovered() {
    let mut recovered = BTreeMap::<&str, u32>::new();
    let mix = Mix {
        recover: true,
        ..Mix::default()
    };
    for seed in 0..PROGRAMS {
        let mut program = random::script(seed, mix).interpreter(Start::Together, Memory::Full);
        let mut messages = HashSet::new();
        for world in worlds(&mut program) {
            let run_on = world.goroutines().iter().filter(|goroutine| {
                !matches!(
                    goroutine.phase,
                    Phase::Absent | Phase::Timer(_) | Phase::Panicked(_)
                )
            });
            for outcome in run_on.flat_map(|goroutine| program.history(goroutine.local)) {
                if let Outcome::Panics(panic) = outcome {
                    messages.extend(panic.message());
                }
            }
        }
        for message in messages {
            *recovered.entry(message).or_default() += 1;
        }
    }
    let enough = recovered.iter().filter(|(_, count)| **count >= REACHED_MIN);
    let enough: HashSet<&str> = enough.map(|(message, _)| *message).collect();
    assert_eq!(enough, HashSet::from(RECOVERED), "{recovered:?}");
}
