//! Tidying: the parts that no goroutine can come to again are taken out of a state.

use super::id::{GoroutineId, LocalState, ObjectId, ValueId};
use super::object::Object;
use super::world::{Goroutine, Phase, World};

/// The parts of a state that stay.
pub struct Kept<'a> {
    /// The cells that stay, by their ids: bits, from the lowest of the first word on.
    pub cells: &'a [u64],
    /// The test for objects that stay. A timer that goes takes its hidden goroutine with it.
    pub object: &'a dyn Fn(ObjectId) -> bool,
    /// The test for goroutines that have returned and stay, by where they stand.
    pub returned: &'a dyn Fn(LocalState) -> bool,
}

impl World {
    /// Takes out all parts that do not stay, and goroutines that have returned. The rest keeps its
    /// numbers.
    pub fn keep_only(&mut self, kept: &Kept<'_>) {
        for index in 0..self.cells.len() {
            let word = kept.cells.get(index / 64).copied().unwrap_or(0);
            let stays = word >> (index % 64) & 1 == 1;
            if !stays && self.cells[index] != ValueId::UNIT {
                self.cells[index] = ValueId::UNIT;
            }
        }
        let forgets = |child: &ObjectId| !(kept.object)(*child);
        for index in 0..self.objects.len() {
            let is_there = !matches!(self.objects[index], Object::Absent);
            if is_there && forgets(&ObjectId::from_index(index)) {
                self.objects[index] = Object::Absent;
            } else if let Object::Context(context) = &self.objects[index]
                && context.children.iter().any(forgets)
                && let Object::Context(context) = &mut self.objects[index]
            {
                context.children.retain(|child| !forgets(child));
            }
        }
        for index in 0..self.goroutines.len() {
            let is_main = GoroutineId::from_index(index) == GoroutineId::MAIN;
            let goroutine = self.goroutines[index];
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
                self.goroutines[index] = Goroutine {
                    local: LocalState(0),
                    phase: Phase::Absent,
                };
            }
        }
        // What is absent at the end goes, so the state equals one that never had it.
        self.cells.pop_while(|cell| *cell == ValueId::UNIT);
        self.objects.pop_while(|it| *it == Object::Absent);
        self.forget_absent();
    }

    /// Takes out the goroutines at the end that are absent.
    pub(super) fn forget_absent(&mut self) {
        self.goroutines.pop_while(|it| it.phase == Phase::Absent);
    }
}
