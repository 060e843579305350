//! The places where local states were first met. A local state has another number in each run. So a
//! saved search names it by its place.

use super::futures::is_timer;
use crate::explore::ways::Move;
use crate::model::{GoroutineId, LocalState, Step, World};

/// Where each local state was first met.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The walks on which one was: the state from which each began, and its moves.
    pub(super) walks: Vec<(u32, Vec<Move>)>,
    of_locals: Vec<Option<Place>>,
    /// True if the last of them goes on.
    in_walk: bool,
}

/// The number of a walk and of its moves, and the goroutine that stands at the local state then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) walk: u32,
    pub(super) moves: u32,
    pub(super) goroutine: GoroutineId,
}

impl Places {
    /// Begins a walk.
    pub(super) fn begin_walk(&mut self) {
        self.in_walk = false;
    }

    /// Notes the local states that are new in a state, to which these moves lead from another.
    pub(super) fn note(&mut self, world: &World, state: u32, way: &[Move]) {
        self.note_behind(world, state, (way.len(), &|at| way[at]));
    }

    /// Does the same for the state to which these steps lead from the first one.
    pub(super) fn note_drawn(&mut self, world: &World, way: &[Step]) {
        if way.len() == 1 {
            self.begin_walk();
        }
        self.note_behind(world, 0, (way.len(), &|at| Move::of(way[at])));
    }

    fn note_behind(
        &mut self,
        world: &World,
        state: u32,
        (count, nth): (usize, &dyn Fn(usize) -> Move),
    ) {
        for id in world.ids() {
            let Some(goroutine) = world.goroutine(id).filter(|it| !is_timer(it.phase)) else {
                continue;
            };
            let known = self.of_locals.get(goroutine.local.index());
            if known.is_some_and(Option::is_some) {
                continue;
            }
            if !std::mem::replace(&mut self.in_walk, true) {
                self.walks.push((state, Vec::new()));
            }
            let walk = self.walks.len() - 1;
            let moves = &mut self.walks[walk].1;
            moves.extend((moves.len()..count).map(nth));
            let place = (walk as u32, count as u32, id);
            self.put(goroutine.local, place);
        }
    }

    /// Puts a local state at a place.
    pub(super) fn put(
        &mut self,
        local: LocalState,
        (walk, moves, goroutine): (u32, u32, GoroutineId),
    ) {
        let count = self.of_locals.len().max(local.index() + 1);
        self.of_locals.resize(count, None);
        self.of_locals[local.index()] = Some(Place {
            walk,
            moves,
            goroutine,
        });
    }

    /// Returns the local states that were met, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (LocalState, &Place)> {
        let all = self.of_locals.iter().enumerate();
        all.filter_map(|(index, it)| Some((LocalState::from_index(index), it.as_ref()?)))
    }
}
