//! A survey of a program's states: its objects, its goroutines, and where they wait under which
//! locks. The changes of a fix and their effects are told by the surveys of both variants.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::releasers::Releasers;
use crate::execution::words;
use crate::explore::breadth_first::{Bounds, walk};
use crate::explore::{Limits, Meter};
use crate::model::primitive::Kind as _;
use crate::model::{
    Chan, Fault, GoroutineId, LocalState, Next, ObjectId, ObjectKind, Pending, Program, World,
};

/// Most steps that are taken.
const STEPS_MAX: usize = 2_000_000;

/// The number of states that a survey visited.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Visited {
    /// States.
    pub states: usize,
    /// True if these are all states of the program.
    pub all: bool,
}

/// The operations of a position, each case of a select as one, and the locks held there. Names are
/// as their makers gave them.
type Wait = (BTreeSet<String>, BTreeSet<String>);

/// An object: its kind, and the number of values that a channel can hold.
pub(super) type Make = (ObjectKind, Option<u32>);

/// The findings of a walk over the states of a program. Names are as their makers gave them.
#[derive(Debug)]
pub(super) struct Survey {
    /// The objects by their names, in the order of their identities, each make once.
    pub(super) objects: Vec<(String, Make)>,
    /// The goroutines by their names, without timers, each with the line where it is started.
    pub(super) goroutines: Vec<(String, u32)>,
    pub(super) waits: BTreeSet<Wait>,
    pub(super) visited: Visited,
}

/// Identities that are noted on the way, for names may still change.
#[derive(Default)]
struct Met {
    objects: BTreeSet<(ObjectId, Make)>,
    goroutines: BTreeSet<GoroutineId>,
    waits: BTreeSet<(LocalState, Vec<ObjectId>)>,
}

impl Survey {
    /// Visits the states of a program breadth first, up to a limit.
    ///
    /// # Errors
    /// If the program has a fault.
    pub(super) fn collect(program: &mut dyn Program) -> Result<Self, Fault> {
        let start = World::start(program)?;
        let mut met = Met::default();
        met.note(program, &start);
        let bounds = Bounds {
            states_max: Releasers::STATES_MAX,
            steps_max: STEPS_MAX,
        };
        let meter = Meter::new(Limits::default(), Arc::default());
        let reached = walk(program, &start, bounds, &meter, |program, taken| {
            met.note(program, taken.after);
            Ok(())
        })?;
        let visited = Visited {
            states: reached.states.len(),
            all: reached.complete,
        };
        Ok(met.survey(program, visited))
    }

    /// Returns true if some state has an object of this name.
    pub(super) fn has_object(&self, name: &str) -> bool {
        self.objects.iter().any(|(known, _)| known == name)
    }

    /// Returns true if some state has a goroutine of this name.
    pub(super) fn has_goroutine(&self, name: &str) -> bool {
        self.goroutines.iter().any(|(known, _)| known == name)
    }

    /// Returns the one make of all objects of this name; `None` if they differ, or if there are
    /// none.
    pub(super) fn make(&self, name: &str) -> Option<Make> {
        let mut makes = self.objects.iter().filter(|(known, _)| known == name);
        let (_, first) = makes.next()?;
        makes.next().is_none().then_some(*first)
    }
}

impl Met {
    fn note(&mut self, program: &dyn Program, world: &World) {
        let mut holds: Vec<(GoroutineId, ObjectId)> = Vec::new();
        for (index, object) in world.objects().iter().enumerate() {
            let id = ObjectId::from_index(index);
            let Some(kind) = object.kind() else { continue };
            let capacity = Chan::of(object).map(|chan| chan.capacity);
            self.objects.insert((id, (kind, capacity)));
            holds.extend(object.holders().iter().map(|(holder, _)| (*holder, id)));
        }
        for id in world.ids() {
            let Some(state) = world.goroutine(id) else {
                continue;
            };
            self.goroutines.insert(id);
            if let Pending::Op(_) = world.pending(program, id) {
                let own = holds.iter().filter(|(holder, _)| *holder == id);
                let locks = own.map(|(_, lock)| *lock).collect();
                self.waits.insert((state.local, locks));
            }
        }
    }

    fn survey(&self, program: &dyn Program, visited: Visited) -> Survey {
        let mut objects: Vec<(String, Make)> = Vec::new();
        for (id, make) in &self.objects {
            let named = (words::given(&program.object(*id).name), *make);
            if !objects.contains(&named) {
                objects.push(named);
            }
        }
        let mut goroutines: Vec<(String, u32)> = Vec::new();
        for id in &self.goroutines {
            let info = program.goroutine(*id);
            let name = words::given(&info.name);
            if !info.timer && !goroutines.iter().any(|(known, _)| *known == name) {
                goroutines.push((name, info.site.line));
            }
        }
        let wait = |(local, locks): &(LocalState, Vec<ObjectId>)| {
            let arrival = program.arrival(*local);
            let op = match &arrival.next {
                Next::Op(op) => op,
                Next::Return | Next::Panic(_) | Next::Unrecovered(_) => return None,
            };
            let cases = words::cases(program, op);
            let ops = match cases.is_empty() {
                true => vec![words::operation_at(program, op, arrival.site)],
                false => cases,
            };
            let locks = locks.iter().map(|lock| program.object(*lock).name);
            Some((given(ops), given(locks)))
        };
        Survey {
            objects,
            goroutines,
            waits: self.waits.iter().filter_map(wait).collect(),
            visited,
        }
    }
}

/// Returns names as their makers gave them.
pub(super) fn given(names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    names.into_iter().map(|name| words::given(&name)).collect()
}
