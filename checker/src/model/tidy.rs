//! Tidying: the parts that no goroutine can come to again are taken out of a state.

use super::id::{CellId, GoroutineId, LocalState, ObjectId, ValueId};
use super::object::Object;
use super::world::{Goroutine, Phase, World};

/// The parts of a state that stay.
pub struct Kept<'a> {
    /// The test for cells that stay.
    pub cell: &'a dyn Fn(CellId) -> bool,
    /// The test for objects that stay. A timer that goes takes its hidden goroutine with it.
    pub object: &'a dyn Fn(ObjectId) -> bool,
    /// The test for goroutines that have returned and stay, by where they stand.
    pub returned: &'a dyn Fn(LocalState) -> bool,
}

impl World {
    /// Takes out all parts that do not stay, and goroutines that have returned. The rest keeps its
    /// numbers.
    pub fn keep_only(&mut self, kept: &Kept<'_>) {
        for (index, cell) in self.cells.list_mut().iter_mut().enumerate() {
            if *cell != ValueId::UNIT && !(kept.cell)(CellId::from_index(index)) {
                *cell = ValueId::UNIT;
            }
        }
        for index in 0..self.objects.len() {
            if self.objects[index] != Object::Absent && !(kept.object)(ObjectId::from_index(index))
            {
                self.objects[index] = Object::Absent;
            }
        }
        for object in self.objects.list_mut() {
            if let Object::Context(context) = object {
                context.children.retain(|child| (kept.object)(*child));
            }
        }
        for (index, goroutine) in self.goroutines.list_mut().iter_mut().enumerate() {
            let is_main = GoroutineId::from_index(index) == GoroutineId::MAIN;
            let goes = match goroutine.phase {
                Phase::Returned => !is_main && !(kept.returned)(goroutine.local),
                Phase::Timer(timer) => !(kept.object)(timer),
                Phase::Absent
                | Phase::Ready
                | Phase::Announced
                | Phase::Waiting
                | Phase::Woken
                | Phase::Panicked(_) => false,
            };
            if goes {
                *goroutine = Goroutine {
                    local: LocalState(0),
                    phase: Phase::Absent,
                };
            }
        }
        // What is absent at the end goes, so the state equals one that never had it.
        let cells = self.cells.list_mut();
        while cells.pop_if(|cell| *cell == ValueId::UNIT).is_some() {}
        let objects = self.objects.list_mut();
        while objects.pop_if(|it| *it == Object::Absent).is_some() {}
        self.forget_absent();
    }

    /// Takes out the goroutines at the end that are absent.
    pub(super) fn forget_absent(&mut self) {
        let goroutines = self.goroutines.list_mut();
        while goroutines.pop_if(|it| it.phase == Phase::Absent).is_some() {}
    }
}
