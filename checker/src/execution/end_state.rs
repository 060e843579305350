//! How an execution ended, in names: what two engines can be compared by.

use serde::{Deserialize, Serialize};

use crate::execution::words;
use crate::model::{End, GoroutineId, Object, ObjectId, Pending, Phase, Program, World};

/// Where everybody stood at the end, and what was left in the objects.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct EndState {
    /// What kind of end it is.
    pub end: End,
    /// Each goroutine by name, with where it stands.
    pub goroutines: Vec<(String, Standing)>,
    /// Each object that holds something by name, with what it holds: the values in a channel and
    /// whether it is closed, the data under a lock, a counter.
    pub objects: Vec<(String, String)>,
}

/// Where a goroutine stands at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Standing {
    /// It has returned.
    Returned,
    /// It is blocked in this operation, at this line.
    Blocked(String, u32),
    /// It has panicked with this message.
    Panicked(String),
}

impl EndState {
    /// The end that this state is.
    #[must_use]
    pub fn of(program: &dyn Program, world: &World) -> Self {
        let mut goroutines = goroutines(program, world);
        goroutines.sort();
        let mut objects = objects(program, world);
        objects.sort();
        Self {
            end: world.end(program),
            goroutines,
            objects,
        }
    }

    /// What makes a deadlock or a leak distinct from another: who is stuck, and where.
    #[must_use]
    pub fn of_bad(program: &dyn Program, world: &World, end: End) -> Self {
        let mut goroutines = goroutines(program, world);
        goroutines.retain(|(_, standing)| matches!(standing, Standing::Blocked(..)));
        goroutines.sort();
        Self {
            end,
            goroutines,
            objects: Vec::new(),
        }
    }

    /// What makes a panic distinct from another: who panicked, and with what message. What the
    /// others do has no part in it.
    #[must_use]
    pub fn of_panic(program: &dyn Program, world: &World, id: GoroutineId) -> Self {
        let message = panic_message(program, world, id).unwrap_or_default();
        let goroutines = vec![(program.goroutine(id).name, Standing::Panicked(message))];
        Self {
            end: End::Panic,
            goroutines,
            objects: Vec::new(),
        }
    }

    /// What makes it distinct that these goroutines can never move again: who they are, and where
    /// they stand.
    #[must_use]
    pub fn of_stuck(program: &dyn Program, world: &World, stuck: &[GoroutineId]) -> Self {
        let names: Vec<String> = stuck.iter().map(|&id| program.goroutine(id).name).collect();
        let mut goroutines = goroutines(program, world);
        goroutines.retain(|(name, _)| names.contains(name));
        goroutines.sort();
        Self {
            end: End::of_blocked(stuck.iter().copied()),
            goroutines,
            objects: Vec::new(),
        }
    }
}

impl EndState {
    /// Returns those who are blocked or have panicked, in the order of their names: each with its
    /// operation, or the message of its panic.
    #[must_use]
    pub fn stuck(&self) -> Vec<(&str, &str)> {
        let mut stuck = Vec::new();
        for (name, standing) in &self.goroutines {
            match standing {
                Standing::Blocked(text, _) | Standing::Panicked(text) => {
                    stuck.push((name.as_str(), text.as_str()));
                }
                Standing::Returned => {}
            }
        }
        stuck
    }

    /// The same with each name as its maker gave it. Names are made unique with the maker's name
    /// only where another thing of that name has been met, so two runs that met different things
    /// may write the same thing in two ways.
    #[must_use]
    pub fn in_given_names(&self) -> Self {
        let given = |text: &str| {
            let last = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
            text.split(' ').map(last).collect::<Vec<_>>().join(" ")
        };
        let standing = |standing: &Standing| match standing {
            Standing::Returned => Standing::Returned,
            Standing::Blocked(operation, line) => Standing::Blocked(given(operation), *line),
            Standing::Panicked(message) => Standing::Panicked(given(message)),
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

/// The message of a goroutine that has panicked.
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

fn goroutines(program: &dyn Program, world: &World) -> Vec<(String, Standing)> {
    let mut all = Vec::new();
    for (index, goroutine) in world.goroutines().iter().enumerate() {
        let id = GoroutineId::from_index(index);
        let standing = match goroutine.phase {
            Phase::Absent | Phase::Timer(_) => continue,
            Phase::Returned => Standing::Returned,
            Phase::Panicked(_) => {
                Standing::Panicked(panic_message(program, world, id).unwrap_or_default())
            }
            Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken => {
                let Pending::Op(op) = world.pending(program, id) else {
                    continue;
                };
                let line = program.arrival(goroutine.local).site.line;
                Standing::Blocked(words::operation(program, op), line)
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
