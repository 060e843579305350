//! Wait groups that are used in rounds. Go refuses a group that is used again before all have
//! returned that have waited for it.
//!
//! Who waits when the counter becomes zero has been woken, and stands at a position of its own
//! until it goes on. That changes nothing that a program does, so a reuse is told like a race.
//!
//! Who has come to its `Wait` by then can depend on the order of steps that have no object in
//! common. So a search may leave out steps only as long as nobody counts a group up again for which
//! somebody else waits.

use gordian_checker::model::{GoroutineId, LocalState, ObjectId, Phase, Site, World};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::program::GoProgram;

/// The wait groups of all states so far.
#[derive(Default)]
pub(crate) struct Rounds {
    /// The positions at which a goroutine waits: for which group, and the place.
    waits: FxHashMap<LocalState, (ObjectId, Site)>,
    /// The positions of those at which it has been woken.
    woken: FxHashSet<LocalState>,
    /// The group whose counter has just become zero.
    pub(crate) emptied: Option<ObjectId>,
    waiters: FxHashSet<(ObjectId, GoroutineId)>,
    /// Pairs of a group and who has counted it up from zero, after somebody had before.
    adders: FxHashSet<(ObjectId, GoroutineId)>,
    /// True if one counts a group up again for which another one waits.
    pub(crate) are_mixed: bool,
}

impl Rounds {
    /// Notes a position at which a goroutine waits for a group.
    pub(crate) fn note_wait(
        &mut self,
        (id, local): (GoroutineId, LocalState),
        (group, site): (ObjectId, Site),
    ) {
        self.waits.insert(local, (group, site));
        self.waiters.insert((group, id));
        self.are_mixed |= is_of_another(&self.adders, group, id);
    }

    /// Notes that a goroutine has counted a group up again.
    pub(crate) fn note_again(&mut self, group: ObjectId, id: GoroutineId) {
        self.adders.insert((group, id));
        self.are_mixed |= is_of_another(&self.waiters, group, id);
    }

    /// Returns a goroutine that has been woken and has not gone on, with the place where it waits.
    pub(crate) fn woken(&self, world: &World, group: ObjectId) -> Option<(GoroutineId, Site)> {
        world.ids().find_map(|id| {
            let goroutine = world.goroutine(id)?;
            let (its, site) = self.waits.get(&goroutine.local)?;
            let is_woken = *its == group && self.woken.contains(&goroutine.local);
            is_woken.then_some((id, *site))
        })
    }
}

fn is_of_another(
    noted: &FxHashSet<(ObjectId, GoroutineId)>,
    group: ObjectId,
    id: GoroutineId,
) -> bool {
    noted.iter().any(|it| it.0 == group && it.1 != id)
}

impl GoProgram {
    /// Moves those who wait for a group to where they have been woken.
    pub(crate) fn wake(&mut self, world: &mut World, group: ObjectId) {
        for id in world.ids() {
            let goroutine = world.goroutines()[id.index()];
            let waits = self.machine.rounds.waits.get(&goroutine.local).copied();
            if let Some(wait) = waits.filter(|it| it.0 == group)
                && goroutine.phase == Phase::Ready
            {
                let local = self.position(goroutine.local, |key| key.woken = true);
                self.machine.rounds.waits.insert(local, wait);
                self.machine.rounds.woken.insert(local);
                world.set_local(id, local);
            }
        }
    }
}
