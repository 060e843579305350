//! The futures of goroutines, as far as the search has learned them: all that they may still do.
//!
//! The future of a local state is the union of the classes of all operations that are reachable
//! from it. These are operations in its automaton, and in those of the goroutines that are started
//! on the way. The search learns the automata step by step. A local state has the classes of its
//! own operation, and those that were seen when the operation was done. Each step leads from one
//! local state to the next. A future only grows. It is up to date at any time: a class is handed
//! back along the steps that lead to its local state.
//!
//! Accesses to memory beside the objects are made on the way to a local state. So they are in the
//! futures of those before it, and not in its own.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::model::{
    Classes, Concerns, Event, Goroutine, GoroutineId, LocalState, Next, ObjectId, Pending, Phase,
    Program, RegionId, World,
};

/// The number of changes to all futures so far.
pub(super) type Version = u64;

/// The futures of all local states that were met.
#[derive(Debug, Default)]
pub(in crate::explore) struct Futures {
    /// The futures, by the number of the local state.
    pub(super) locals: Vec<Future>,
    /// The objects that the hidden goroutine of each timer was seen to touch.
    pub(super) timers: FxHashMap<ObjectId, Concerns>,
    /// The version at which a timer was last seen to do something new.
    pub(super) timers_changed: Version,
    pub(super) version: Version,
    /// The number of classes of all futures, by thing and local state.
    pub(super) entries: usize,
    /// Local states with a part of their futures that is to be handed back.
    todo: Vec<(u32, Thing, Classes)>,
}

/// The part of a program that several goroutines may use.
#[derive(Clone, Copy, Debug)]
enum Thing {
    Object(ObjectId),
    Region(RegionId),
}

/// The future of one local state.
#[derive(Clone, Debug, Default)]
pub(super) struct Future {
    /// True if the search has met it.
    pub(super) met: bool,
    /// The local states of which this one is a successor.
    pub(super) before: SmallVec<[u32; 2]>,
    /// The classes of operations, by the number of the object.
    pub(super) classes: Vec<Classes>,
    /// The classes of accesses to memory, by the number of the region.
    pub(super) memory: Vec<Classes>,
    /// The version at which it changed last.
    pub(super) changed: Version,
}

impl Futures {
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Returns the number of entries, which is a measure of its memory.
    pub(super) fn entries(&self) -> usize {
        self.entries
    }

    /// Forgets all but the version.
    pub(super) fn forget(&mut self) {
        *self = Self {
            version: self.version,
            ..Self::default()
        };
    }

    /// Meets the local states of a state.
    pub(in crate::explore) fn meet_all(&mut self, program: &dyn Program, world: &World) {
        for id in world.ids() {
            self.meet(program, world, id);
        }
        self.hand_back();
    }

    /// Learns from a step that was taken.
    pub(in crate::explore) fn learn(
        &mut self,
        program: &dyn Program,
        before: &World,
        after: &World,
        event: &Event,
    ) {
        let by = event.step.actor;
        let from = before.goroutines()[by.index()].local;
        match before.pending(program, by) {
            Pending::Nothing => {}
            Pending::Op(op) => {
                for (object, classes) in op.classes_seen(event) {
                    self.add(from.0, Thing::Object(object), classes);
                }
            }
            Pending::Fire(timer) => {
                let seen = self.timers.entry(timer).or_default();
                let new = |(object, _): &&(ObjectId, _)| !seen.iter().any(|it| it.0 == *object);
                let new: Vec<ObjectId> =
                    event.footprint.iter().filter(new).map(|it| it.0).collect();
                if !new.is_empty() {
                    seen.extend(new.into_iter().map(|object| (object, Classes::ALL)));
                    self.version += 1;
                    self.timers_changed = self.version;
                }
            }
        }
        for id in after.ids() {
            let was = before.goroutine(id);
            let is = after.goroutine(id);
            let Some(now) = is.filter(|it| was != is && !is_timer(it.phase)) else {
                continue;
            };
            self.meet(program, after, id);
            // Who was not there was started by this step.
            let was = was.map_or(from, |it| it.local);
            self.lead(program, was, now.local);
        }
        // Who has returned may be gone by now, or stand behind less than it has used on its way.
        program.visit_returned(&mut |id, region, classes| {
            let from = match before.goroutine(id) {
                None => from,
                Some(was) if may_move(was) => was.local,
                Some(_) => return,
            };
            self.add(from.0, Thing::Region(region), classes);
        });
        self.hand_back();
    }

    /// Returns the classes of operations to an object that a goroutine may still do from a local
    /// state on, without those of [`Futures::beside`]. It may do all if that one is unknown.
    pub(super) fn of(&self, from: Option<LocalState>, object: ObjectId) -> Classes {
        let classes = |future: &Future| future.classes.get(object.index()).copied();
        self.known(from, classes)
    }

    /// Returns the classes of accesses to a region that a goroutine may make after its next
    /// operation. It may make all if its local state is unknown.
    pub(super) fn of_memory(&self, from: Option<LocalState>, region: RegionId) -> Classes {
        let classes = |future: &Future| future.memory.get(region.index()).copied();
        self.known(from, classes)
    }

    fn known(
        &self,
        from: Option<LocalState>,
        classes: impl FnOnce(&Future) -> Option<Classes>,
    ) -> Classes {
        let Some(local) = from else {
            return Classes::ALL;
        };
        let future = self.locals.get(local.index());
        future.and_then(classes).unwrap_or_default()
    }

    /// Returns what goroutines may do in this state to objects that their operations do not name.
    pub(super) fn beside(
        &self,
        program: &dyn Program,
        world: &World,
    ) -> Vec<(GoroutineId, ObjectId, Classes)> {
        let mut beside = Vec::new();
        for id in world.ids() {
            let mut concerns = world.classes_now(program, id);
            if let Pending::Fire(timer) = world.pending(program, id) {
                concerns.extend(self.timers.get(&timer).into_iter().flatten().copied());
            }
            beside.extend(
                concerns
                    .into_iter()
                    .map(|(object, classes)| (id, object, classes)),
            );
        }
        beside
    }

    /// Returns true if the future of a goroutine in this state has changed since.
    pub(super) fn has_changed(&self, world: &World, since: Version) -> bool {
        let changed = |local: LocalState| {
            let future = self.locals.get(local.index());
            future.is_some_and(|future| future.changed > since)
        };
        self.timers_changed > since || world.locals().any(changed)
    }

    fn meet(&mut self, program: &dyn Program, world: &World, id: GoroutineId) {
        let Some(goroutine) = world.goroutine(id).filter(|it| !is_timer(it.phase)) else {
            return;
        };
        let local = goroutine.local;
        if self.locals.len() <= local.index() {
            self.locals.resize(local.index() + 1, Future::default());
        }
        if std::mem::replace(&mut self.locals[local.index()].met, true) {
            return;
        }
        if let Next::Op(op) = &program.arrival(local).next {
            for (object, classes) in op.classes() {
                self.add(local.0, Thing::Object(object), classes);
            }
        }
    }

    /// Notes that one local state is the successor of another.
    fn lead(&mut self, program: &dyn Program, from: LocalState, to: LocalState) {
        if from == to || self.locals[to.index()].before.contains(&from.0) {
            return;
        }
        self.locals[to.index()].before.push(from.0);
        program.visit_touched(to, &mut |region, classes| {
            self.add(from.0, Thing::Region(region), classes);
        });
        let future = &self.locals[to.index()];
        let objects = future.classes.iter().enumerate();
        let objects = objects.map(|(at, it)| (Thing::Object(ObjectId::from_index(at)), *it));
        let memory = future.memory.iter().enumerate();
        let memory = memory.map(|(at, it)| (Thing::Region(RegionId::from_index(at)), *it));
        let known: Vec<_> = objects
            .chain(memory)
            .filter(|it| it.1 != Classes::NONE)
            .collect();
        for (thing, classes) in known {
            self.add(from.0, thing, classes);
        }
    }

    /// Adds classes to the future of a local state.
    fn add(&mut self, local: u32, thing: Thing, classes: Classes) {
        let future = &mut self.locals[local as usize];
        let (known, at) = match thing {
            Thing::Object(object) => (&mut future.classes, object.index()),
            Thing::Region(region) => (&mut future.memory, region.index()),
        };
        if known.len() <= at {
            self.entries += at + 1 - known.len();
            known.resize(at + 1, Classes::NONE);
        }
        let new = classes & !known[at];
        if new != Classes::NONE {
            known[at] |= new;
            self.version += 1;
            future.changed = self.version;
            self.todo.push((local, thing, new));
        }
    }

    /// Hands what is new back along the steps.
    fn hand_back(&mut self) {
        while let Some((local, thing, classes)) = self.todo.pop() {
            for at in 0..self.locals[local as usize].before.len() {
                let earlier = self.locals[local as usize].before[at];
                self.add(earlier, thing, classes);
            }
        }
    }
}

pub(super) fn is_timer(phase: Phase) -> bool {
    matches!(phase, Phase::Timer(_))
}

/// Returns true if a goroutine of the program may still do something.
pub(super) fn may_move(goroutine: &Goroutine) -> bool {
    match goroutine.phase {
        Phase::Absent | Phase::Returned | Phase::Panicked(_) | Phase::Timer(_) => false,
        Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken => true,
    }
}
