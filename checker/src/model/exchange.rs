//! The exchange of goroutines: the same state with other ids for some of them.
//!
//! Goroutines that [stand at the same local states](super::Program::share_locals) differ in nothing
//! but their ids. So two states that differ in these ids only have the same futures, with the same
//! ids exchanged.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::id::GoroutineId;
use super::object::Object;
use super::op::Op;
use super::program::Program;
use super::rwlock::RwLockOp;
use super::semaphore::SemaphoreOp;
use super::step::Step;
use super::world::{Pending, World};

/// New ids for the goroutines of a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Permutation {
    /// The new ids, by the old ones. Those beyond the end stay as they are.
    new: SmallVec<[GoroutineId; 8]>,
}

impl Permutation {
    /// Returns the permutation in which the goroutines of `order` take each other's places: the
    /// first of them gets the least id of all, and so on.
    #[must_use]
    pub fn sorted(order: &[GoroutineId]) -> Self {
        let mut places: SmallVec<[GoroutineId; 8]> = order.into();
        places.sort_unstable();
        let mut sorted = Self::default();
        for (id, place) in order.iter().zip(places) {
            sorted.set(*id, place);
        }
        sorted
    }

    /// Returns the new id of a goroutine.
    #[must_use]
    pub fn of(&self, id: GoroutineId) -> GoroutineId {
        self.new.get(id.index()).copied().unwrap_or(id)
    }

    /// Returns true if nobody gets another id.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        let mut ids = self.new.iter().enumerate();
        ids.all(|(index, id)| id.index() == index)
    }

    /// Returns the goroutines that may get another id.
    pub fn ids(&self) -> impl Iterator<Item = GoroutineId> + use<> {
        (0..self.new.len()).map(GoroutineId::from_index)
    }

    /// Returns the permutation that does this one and then the other.
    #[must_use]
    pub fn then(&self, other: &Self) -> Self {
        let count = self.new.len().max(other.new.len());
        let ids = (0..count).map(GoroutineId::from_index);
        Self {
            new: ids.map(|id| other.of(self.of(id))).collect(),
        }
    }

    fn set(&mut self, id: GoroutineId, new: GoroutineId) {
        for index in self.new.len()..=id.index() {
            self.new.push(GoroutineId::from_index(index));
        }
        self.new[id.index()] = new;
    }
}

impl World {
    /// Gives the goroutines their new ids.
    pub fn permute(&mut self, permutation: &Permutation) {
        let before = self.goroutines.to_vec();
        for (index, goroutine) in before.into_iter().enumerate() {
            let id = permutation.of(GoroutineId::from_index(index));
            self.goroutines[id.index()] = goroutine;
        }
        self.forget_absent();
        self.rename(&mut |id| permutation.of(id));
    }

    /// Returns true if the order of ids decides on what a step does: it lets one of several others
    /// out of a lock, or takes permits from them. With other ids it may do something else.
    pub(crate) fn is_decided_by_ids(&self, program: &dyn Program, step: Step) -> bool {
        let by = step.actor;
        match self.pending(program, by) {
            Pending::Op(Op::RwLock(lock, RwLockOp::RUnlock)) => {
                matches!(self.object(*lock), Object::RwLock(lock) if lock.lets_out_by_id(by))
            }
            Pending::Op(Op::Semaphore(semaphore, SemaphoreOp::Release(permits))) => {
                let object = self.object(*semaphore);
                matches!(object, Object::Semaphore(it) if it.takes_by_id(by, *permits))
            }
            Pending::Op(_) | Pending::Nothing | Pending::Fire(_) => false,
        }
    }

    /// Calls `visit` for each goroutine that an object names, one object after the other. Of the
    /// goroutines in a queue the first comes first.
    pub(crate) fn visit_parties(&mut self, mut visit: impl FnMut(GoroutineId)) {
        self.rename(&mut |id| {
            visit(id);
            id
        });
    }

    fn rename(&mut self, new: &mut dyn FnMut(GoroutineId) -> GoroutineId) {
        for object in self.objects.list_mut() {
            object.rename(new);
        }
    }
}
