//! The end of an execution, in names, so that two engines can be compared.

use serde::{Deserialize, Serialize};

use crate::execution::words;
use crate::model::{End, GoroutineId, Object, ObjectId, Pending, Phase, Program, World};

/// The positions of all goroutines at the end, and the contents of the objects.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct EndState {
    /// The kind of end.
    pub end: End,
    /// Each goroutine's name and position.
    pub goroutines: Vec<(String, GoroutineStatus)>,
    /// The name and contents of each object that is not empty. Contents are the values in a channel
    /// and if it is closed, the data under a lock, a counter.
    pub objects: Vec<(String, String)>,
}

/// The position of a goroutine at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum GoroutineStatus {
    /// It has returned.
    Returned,
    /// It is blocked in this operation, at this line.
    Blocked(String, u32),
    /// It has panicked with this message.
    Panicked(String),
}

impl EndState {
    /// Returns the end of this state.
    #[must_use]
    pub fn of(program: &dyn Program, world: &World) -> Self {
        let mut goroutines = goroutines(program, world, |_| true);
        goroutines.sort();
        let mut objects = objects(program, world);
        objects.sort();
        Self {
            end: world.end(program),
            goroutines,
            objects,
        }
    }

    /// Returns what distinguishes a deadlock or a leak from another: who is stuck, and where.
    #[must_use]
    pub fn of_bad(program: &dyn Program, world: &World, end: End) -> Self {
        let mut goroutines = goroutines(program, world, |id| !world.may_wait(program, id));
        goroutines.retain(|(_, status)| matches!(status, GoroutineStatus::Blocked(..)));
        goroutines.sort();
        Self {
            end,
            goroutines,
            objects: Vec::new(),
        }
    }

    /// Returns what distinguishes a panic from another: who panicked, and with what message. The
    /// other goroutines do not count.
    #[must_use]
    pub fn of_panic(program: &dyn Program, world: &World, id: GoroutineId) -> Self {
        let message = panic_message(program, world, id).unwrap_or_default();
        let goroutines = vec![(
            program.goroutine(id).name,
            GoroutineStatus::Panicked(message),
        )];
        Self {
            end: End::Panic,
            goroutines,
            objects: Vec::new(),
        }
    }

    /// Returns what distinguishes a set of goroutines that can never move again: their names and
    /// positions.
    #[must_use]
    pub fn of_stuck(program: &dyn Program, world: &World, stuck: &[GoroutineId]) -> Self {
        let names: Vec<String> = stuck.iter().map(|&id| program.goroutine(id).name).collect();
        let mut goroutines = goroutines(program, world, |_| true);
        goroutines.retain(|(name, _)| names.contains(name));
        goroutines.sort();
        Self {
            end: world.end_of_blocked(program, stuck.iter().copied()),
            goroutines,
            objects: Vec::new(),
        }
    }
}

impl EndState {
    /// Returns the goroutines that are blocked or have panicked, sorted by name: each with its
    /// operation, or the message of its panic.
    #[must_use]
    pub fn stuck(&self) -> Vec<(&str, &str)> {
        let mut stuck = Vec::new();
        for (name, standing) in &self.goroutines {
            match standing {
                GoroutineStatus::Blocked(text, _) | GoroutineStatus::Panicked(text) => {
                    stuck.push((name.as_str(), text.as_str()));
                }
                GoroutineStatus::Returned => {}
            }
        }
        stuck
    }

    /// Returns the same end with each name as its maker gave it. A name is made unique with the
    /// maker's name only if another thing of that name was met. So two runs that met different
    /// things may write the same thing in two ways.
    #[must_use]
    pub fn in_given_names(&self) -> Self {
        let given = |text: &str| {
            let last = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
            text.split(' ').map(last).collect::<Vec<_>>().join(" ")
        };
        let standing = |standing: &GoroutineStatus| match standing {
            GoroutineStatus::Returned => GoroutineStatus::Returned,
            GoroutineStatus::Blocked(operation, line) => {
                GoroutineStatus::Blocked(given(operation), *line)
            }
            GoroutineStatus::Panicked(message) => GoroutineStatus::Panicked(given(message)),
        };
        let mut goroutines: Vec<_> = self
            .goroutines
            .iter()
            .map(|(name, at)| (given(name), standing(at)))
            .collect();
        let mut objects: Vec<_> = self
            .objects
            .iter()
            .map(|(name, text)| (given(name), given(text)))
            .collect();
        goroutines.sort();
        objects.sort();
        Self {
            end: self.end,
            goroutines,
            objects,
        }
    }
}

/// Returns the message of a goroutine that has panicked.
#[must_use]
pub fn panic_message(program: &dyn Program, world: &World, id: GoroutineId) -> Option<String> {
    let goroutine = world.goroutine(id)?;
    let Phase::Panicked(panic) = goroutine.phase else {
        return None;
    };
    Some(
        match (panic.message(), &program.arrival(goroutine.local).next) {
            (None, crate::model::Next::Panic(message)) => message.clone(),
            (None, _) => "a panic with no message".to_owned(),
            (Some(message), _) => match panic.object() {
                Some(object) => format!("{message}: {}", program.object(object).name),
                None => message.to_owned(),
            },
        },
    )
}

fn goroutines(
    program: &dyn Program,
    world: &World,
    test: impl Fn(GoroutineId) -> bool,
) -> Vec<(String, GoroutineStatus)> {
    let mut all = Vec::new();
    for (index, goroutine) in world.goroutines().iter().enumerate() {
        let id = GoroutineId::from_index(index);
        if !test(id) {
            continue;
        }
        let standing = match goroutine.phase {
            Phase::Absent | Phase::Timer(_) => continue,
            Phase::Returned => GoroutineStatus::Returned,
            Phase::Panicked(_) => {
                GoroutineStatus::Panicked(panic_message(program, world, id).unwrap_or_default())
            }
            Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken => {
                let Pending::Op(op) = world.pending(program, id) else {
                    continue;
                };
                let site = program.site(id, goroutine.local);
                GoroutineStatus::Blocked(words::operation_at(program, op, site), site.line)
            }
        };
        all.push((program.goroutine(id).name, standing));
    }
    all
}

fn objects(program: &dyn Program, world: &World) -> Vec<(String, String)> {
    let objects = world.objects().iter().enumerate();
    let left = |(index, object): (usize, &Object)| {
        let name = program.object(ObjectId::from_index(index)).name;
        Some((name, object.left(program)?))
    };
    objects.filter_map(left).collect()
}
