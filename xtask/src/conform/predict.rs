//! Predicts the outcomes of a script by the rules: a plain search through all states.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use gordian_checker::TimerRules;
use gordian_checker::model::{
    ChanOp, Fault, GoroutineId, Known, KnownThing, Learner, MutexOp, Names as _, Next, Object,
    OnceOp, Op, Panic, Pending, Phase, Program, Reason, RwLockOp, WaitGroupOp, World,
};
use gordian_checker::script::{Interpreter, Memory, Script, Start};

use super::judge::MISUSES;
use super::outcome::Outcome;

/// The possible outcomes of a script.
pub(super) struct Predicted {
    /// Every end at which no goroutine has panicked, and every first panic.
    pub(super) outcomes: BTreeSet<Outcome>,
    /// True if an unlocked RWMutex may be unlocked in a way that Go's counters cannot tell from the
    /// unlock of a goroutine that waits.
    pub(super) unnoticed: bool,
    /// The number of states.
    pub(super) states: usize,
    /// The rules of timers that are assumed.
    pub(super) timers: TimerRules,
}

/// Explores a script, with timers by these rules. Returns `None` if it has more states than this.
///
/// # Errors
/// Returns the fault if the script has one.
pub(super) fn predict(
    script: &Script,
    timers: TimerRules,
    states_max: usize,
) -> Result<Option<Predicted>, Fault> {
    let mut program = script.interpreter_with(Start::Together, Memory::Full, timers);
    let first = World::start(&mut program)?;
    let (mut ends, mut panicked) = (Vec::new(), BTreeSet::new());
    let mut seen = HashSet::from([first.clone()]);
    let mut todo = vec![first];
    let mut enabled = Vec::new();
    let mut unnoticed = false;
    while let Some(world) = todo.pop() {
        // The others run on. Of several goroutines that panic, each may be the first, since nobody
        // sees that another is about to.
        let panics = panics(&program, &world);
        world.enabled(&program, &mut enabled);
        if enabled.is_empty() && panics.is_empty() {
            ends.push(world.clone());
        }
        panicked.extend(panics);
        for &step in &enabled {
            let mut next = world.clone();
            next.take(&mut program, step)?;
            if let Phase::Panicked(panic) = next.goroutines()[step.actor.index()].phase {
                unnoticed |= goes_unnoticed(&program, &world, panic);
            }
            if seen.insert(next.clone()) {
                todo.push(next);
            }
        }
        if seen.len() > states_max {
            return Ok(None);
        }
    }
    let names = Names::new(&program.ids());
    let ends = ends.iter().map(|world| end(&program, &names, world));
    let panics = panicked.into_iter().map(|(id, message)| Outcome::Panic {
        goroutine: names.of_panicked(id, &message),
        message,
    });
    Ok(Some(Predicted {
        outcomes: ends.chain(panics).collect(),
        unnoticed,
        states: seen.len(),
        timers,
    }))
}

/// The names that the harness gives.
struct Names {
    /// The name of each goroutine: its starter, its own name, and its number among those of that
    /// name. Goroutines that exist from the start have no starter.
    goroutines: Vec<String>,
    /// The maker of each object, its name, and a number for all but the first.
    objects: Vec<(String, String, String)>,
}

impl Names {
    fn new(known: &Known) -> Self {
        let number = |nth: u32| match nth {
            0 => String::new(),
            nth => format!("#{}", nth + 1),
        };
        let mut goroutines: Vec<String> = Vec::new();
        for thing in &known.goroutines {
            // The starter of a goroutine is met before it.
            let maker = thing
                .maker
                .map(|maker| format!("{}/", goroutines[maker as usize]));
            let maker = maker.unwrap_or_default();
            goroutines.push(format!("{maker}{}{}", thing.name, number(thing.nth)));
        }
        let maker = |thing: &KnownThing| match thing.maker {
            None | Some(0) => String::new(),
            Some(maker) => format!("{}/", goroutines[maker as usize]),
        };
        let objects = known.objects.iter();
        let objects = objects.map(|it| (maker(it), it.name.clone(), number(it.nth)));
        Self {
            objects: objects.collect(),
            goroutines,
        }
    }

    fn goroutine(&self, id: GoroutineId) -> &str {
        &self.goroutines[id.index()]
    }

    /// Returns the name under which a panic is reported. An error that kills the program at once is
    /// reported by the function's name only.
    fn of_panicked(&self, id: GoroutineId, message: &str) -> String {
        let name = self.goroutine(id);
        if !MISUSES.contains(&message) {
            return name.to_owned();
        }
        let last = name.rsplit('/').next().unwrap_or(name);
        last.split('#').next().unwrap_or(last).to_owned()
    }
}

/// Returns the goroutines that have panicked, with their messages.
pub(super) fn panics(program: &dyn Program, world: &World) -> Vec<(GoroutineId, String)> {
    let mut panics = Vec::new();
    for (index, goroutine) in world.goroutines().iter().enumerate() {
        let Phase::Panicked(panic) = goroutine.phase else {
            continue;
        };
        let message = match (panic.message(), &program.arrival(goroutine.local).next) {
            (Some(message), _) => message.to_owned(),
            (None, Next::Panic(message)) => message.clone(),
            (None, _) => unreachable!("a panic of its own has a message"),
        };
        panics.push((GoroutineId::from_index(index), message));
    }
    panics
}

/// Returns true if Go may fail to notice this panic, which a step in this state leads to. Its
/// `RUnlock` counts the readers that a writer keeps waiting as readers. Its `Unlock` cannot tell a
/// writer that holds the lock from one that waits for readers.
fn goes_unnoticed(program: &Interpreter, world: &World, panic: Panic) -> bool {
    match panic {
        Panic::RUnlockOfUnlocked(lock) => (0..world.goroutines().len()).any(|index| {
            let pending = world.pending(program, GoroutineId::from_index(index));
            matches!(pending, Pending::Op(Op::RwLock(awaited, RwLockOp::RLock)) if *awaited == lock)
        }),
        Panic::WUnlockOfUnlocked(lock) => {
            matches!(world.object(lock), Object::RwLock(lock) if lock.writer.is_some())
        }
        _ => false,
    }
}

fn end(program: &Interpreter, names: &Names, world: &World) -> Outcome {
    let mut goroutines = BTreeMap::new();
    for (index, goroutine) in world.goroutines().iter().enumerate() {
        let id = GoroutineId::from_index(index);
        let standing = match goroutine.phase {
            Phase::Absent | Phase::Timer(_) => continue,
            Phase::Returned => "returned".to_owned(),
            phase => {
                let Pending::Op(op) = world.pending(program, id) else {
                    unreachable!("{id:?} is blocked in nothing")
                };
                let statement = program
                    .statement(goroutine.local)
                    .expect("only the first operation of a statement blocks");
                match op {
                    // For the harness main is a goroutine like any other.
                    Op::Exited => "returned".to_owned(),
                    _ => format!("{} #{statement}", blocked(op, phase)),
                }
            }
        };
        let last = program.last(goroutine.local);
        let name = names.goroutine(id).to_owned();
        goroutines.insert(name, format!("{standing}, last {last}"));
    }
    let mut objects = BTreeMap::new();
    for (index, object) in world.objects().iter().enumerate() {
        if let Some(text) = left(program, object) {
            let (maker, name, number) = &names.objects[index];
            match (name.strip_suffix(".C"), object) {
                // The number of times in its channel stands for a timer.
                (Some(timer), Object::Chan(chan)) => {
                    let left = chan.buffer.len().to_string();
                    objects.insert(format!("{maker}{timer}{number}"), left);
                }
                // A context has an entry of its own.
                _ if name.ends_with(".Done") => {}
                _ => {
                    objects.insert(format!("{maker}{name}{number}"), text);
                }
            }
        }
    }
    Outcome::End {
        goroutines,
        objects,
    }
}

/// Returns the operation in which a goroutine is blocked, in the words of the harness.
fn blocked(op: &Op, phase: Phase) -> &'static str {
    match op {
        Op::Chan(_, ChanOp::Send(_)) => "send",
        Op::Chan(_, ChanOp::Recv) => "recv",
        // It is printed with a nil case if it has one case only, so it is a select in Go, too.
        Op::Select { .. } => "select",
        Op::Mutex(_, MutexOp::Lock) => "lock",
        Op::RwLock(_, RwLockOp::RLock) => "rlock",
        Op::RwLock(_, RwLockOp::Lock) if phase == Phase::Announced => "wlock-announced",
        Op::RwLock(_, RwLockOp::Lock) => "wlock",
        Op::WaitGroup(_, WaitGroupOp::Wait) => "wgwait",
        Op::Once(_, OnceOp::Begin) => "once",
        Op::CondWait { .. } if phase == Phase::Woken => "cond-woken",
        Op::CondWait { .. } => "cond",
        _ => unreachable!("{op:?} never blocks"),
    }
}

/// Returns the contents of an object, in the words of the harness.
fn left(program: &Interpreter, object: &Object) -> Option<String> {
    Some(match object {
        Object::Absent
        | Object::Once(_)
        | Object::Cond(_)
        | Object::Timer(_)
        | Object::WaitGroup(_)
        // A script with one is not printed as Go.
        | Object::Semaphore(_) => return None,
        Object::Mutex(mutex) => {
            let state = if mutex.holder.is_some() {
                "locked"
            } else {
                "free"
            };
            format!("{state} {}", program.value(mutex.content))
        }
        Object::RwLock(lock) => {
            let state = match (lock.writer, lock.readers.is_empty()) {
                (Some(_), _) => "write",
                (None, false) => "read",
                (None, true) => "free",
            };
            format!("{state} {}", program.value(lock.content))
        }
        Object::Chan(chan) => {
            let values: Vec<String> = chan.buffer.iter().map(|&v| program.value(v)).collect();
            let closed = if chan.closed { " closed" } else { "" };
            format!("[{}]{closed}", values.join(" "))
        }
        Object::Context(context) => match context.ended {
            None => "0".to_owned(),
            Some(Reason::Canceled) => "1".to_owned(),
            Some(Reason::DeadlineExceeded) => "2".to_owned(),
        },
        Object::Atomic(atomic) => atomic.value.to_string(),
        Object::Cell(cell) => program.value(cell.value),
    })
}
