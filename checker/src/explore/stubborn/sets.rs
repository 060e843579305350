//! Stubborn sets of one state.

use super::futures::{Futures, is_timer, may_move};
use crate::model::{Classes, GoroutineId, LocalState, ObjectId, Program, Step, World};

/// A set of goroutines, by their ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::explore) struct Goroutines(pub(super) u64);

impl Goroutines {
    /// All goroutines, those that are not started included.
    pub(super) const ALL: Self = Self(u64::MAX);

    /// Most goroutines that a set can tell apart.
    pub(in crate::explore) const MAX: usize = 64;

    pub(super) fn one(id: GoroutineId) -> Self {
        Self(1 << id.index())
    }

    pub(super) fn has(self, id: GoroutineId) -> bool {
        self == Self::ALL || self.0 >> id.index() & 1 == 1
    }

    /// Returns true if one of them moves in this step.
    pub(in crate::explore) fn moves_in(self, step: &Step) -> bool {
        step.movers().any(|mover| self.has(mover))
    }
}

/// The goroutines on which each goroutine depends in one state, as they are asked for.
pub(in crate::explore) struct Dependences<'a> {
    program: &'a dyn Program,
    world: &'a World,
    enabled: &'a [Step],
    futures: &'a Futures,
    /// The local states from which on goroutines are asked what they may still do, if these are not
    /// those of the state. `None` for one of which nothing is known.
    since: Option<&'a [Option<LocalState>]>,
    beside: Vec<(GoroutineId, ObjectId, Classes)>,
    of: Vec<Option<Goroutines>>,
}

impl<'a> Dependences<'a> {
    pub(in crate::explore) fn new(
        program: &'a dyn Program,
        world: &'a World,
        enabled: &'a [Step],
        futures: &'a Futures,
    ) -> Self {
        Self {
            program,
            world,
            enabled,
            futures,
            since: None,
            beside: futures.beside(program, world),
            of: vec![None; world.goroutines().len()],
        }
    }

    /// Asks what goroutines may still do from these earlier local states on.
    pub(super) fn since(mut self, locals: &'a [Option<LocalState>]) -> Self {
        self.since = Some(locals);
        self
    }

    /// Returns the local state from which on a goroutine is asked what it may still do.
    fn asked(&self, id: GoroutineId) -> Option<LocalState> {
        match self.since {
            None => Some(self.world.goroutines()[id.index()].local),
            Some(locals) => locals.get(id.index()).copied().flatten(),
        }
    }

    /// Returns the stubborn set with the fewest enabled steps among those that begin with one
    /// goroutine that can move.
    pub(in crate::explore) fn smallest(&mut self) -> Goroutines {
        self.smallest_after(None)
    }

    /// Does the same, and begins with the goroutine that has moved last, if there is one.
    pub(super) fn smallest_after(&mut self, last: Option<GoroutineId>) -> Goroutines {
        let mut best = Goroutines::ALL;
        let mut fewest = self.enabled.len();
        let mut tried = Goroutines::default();
        let moves = |id: &GoroutineId| self.enabled.iter().any(|step| step.moves(*id));
        let last = last.filter(moves);
        for id in last
            .into_iter()
            .chain(self.enabled.iter().flat_map(Step::movers))
        {
            if tried.has(id) {
                continue;
            }
            tried.0 |= Goroutines::one(id).0;
            let set = self.closed(Goroutines::one(id));
            let count = self
                .enabled
                .iter()
                .filter(|step| set.moves_in(step))
                .count();
            if count < fewest {
                (best, fewest) = (set, count);
            }
            if fewest == 1 {
                break;
            }
        }
        best
    }

    /// Adds to a set all goroutines on which one of it depends.
    pub(super) fn closed(&mut self, mut set: Goroutines) -> Goroutines {
        let mut done = Goroutines::default();
        loop {
            let todo = set.0 & !done.0;
            if todo == 0 {
                return set;
            }
            let id = GoroutineId::from_index(todo.trailing_zeros() as usize);
            done.0 |= Goroutines::one(id).0;
            set.0 |= self.of(id).0;
        }
    }

    /// Returns the goroutines that may still do something on which the next step of this one
    /// depends.
    fn of(&mut self, id: GoroutineId) -> Goroutines {
        let Some(known) = self.of.get(id.index()) else {
            return Goroutines::default();
        };
        if let Some(known) = *known {
            return known;
        }
        let mut set = Goroutines::default();
        for (object, classes) in self.world.depends_on(self.program, id, self.enabled) {
            for other in self.world.ids().filter(|other| *other != id) {
                let moves = self.world.goroutine(other).is_some_and(may_move);
                if moves && self.futures.of(self.asked(other), object).meets(classes) {
                    set.0 |= Goroutines::one(other).0;
                }
            }
            for (other, touched, its) in &self.beside {
                if *other != id && *touched == object && its.meets(classes) {
                    set.0 |= Goroutines::one(*other).0;
                }
            }
        }
        set.0 |= self.behind_accesses(id).0;
        self.of[id.index()] = Some(set);
        set
    }

    /// Returns the goroutines that may still come to use memory in conflict with what this one has
    /// used last, if it can move. A race is a state in which both stand behind their accesses, and
    /// its next step ends that.
    fn behind_accesses(&self, id: GoroutineId) -> Goroutines {
        let mut set = Goroutines::default();
        let moves = |step: &Step| step.moves(id);
        let can_race = self.program.shares_memory() && self.enabled.iter().any(moves);
        if let Some(goroutine) = self.world.goroutine(id).filter(|_| can_race) {
            let is_there = |id| {
                self.world
                    .goroutine(id)
                    .is_some_and(|it| !is_timer(it.phase))
            };
            let others = self.world.ids();
            let others = others.filter(|other| *other != id && is_there(*other));
            self.program
                .visit_conflicts(goroutine.local, &mut |region, classes| {
                    for other in others.clone() {
                        let future = self.futures.of_memory(self.asked(other), region);
                        if future.meets(classes) {
                            set.0 |= Goroutines::one(other).0;
                        }
                    }
                });
        }
        set
    }
}
