//! The exchange of goroutines that only their ids tell apart.
//!
//! Three readers of one cell stand at two places, before the read and behind it. That makes eight
//! states, and only the number of those who have read matters. So one state is stored for all that
//! become equal when [identical ones](crate::model::Program::exchange_groups) exchange their ids:
//! the one in which these stand in a fixed order. Four states are left (Ip and Dill, "Better
//! verification through symmetry", 1996).
//!
//! Only those are identical that nothing else in the state names but holders and queues. Each
//! program knows its own: a script by their bodies, a kernel by
//! [`go_many`](crate::sync::go_many), Go by what there is in memory.
//!
//! The order is by local state, by phase, and by who comes first in the objects. If two states
//! differ in these ids only and are not put into the same order, both are stored: nothing is lost.
//!
//! Futures belong to local states, which identical goroutines share. So what one was seen to do,
//! the search knows of all, and the argument for stubborn sets holds of a state with other ids as
//! it holds of the state (Emerson, Jha and Peled, "Combining partial order and symmetry
//! reductions", 1997).
//!
//! A way that is shown is a real one. Each of its moves has the permutation that has put the state
//! behind it in order. The way there is walked again beside the one with the ids of the store. The
//! permutations on it tell who did what.
//!
//! Who is stuck while others run on cannot be seen where ids were exchanged. And all bad ends are
//! to be told, also those that differ in who is who. So the search begins again without exchange if
//! there are cycles, or something bad is found. If the program has something to tell of goroutines,
//! such as a race, it withholds it until then. The search also begins again if the order of ids
//! decides on a step: `RUnlock` by a goroutine that holds no read lock lets out the reader with the
//! smallest id.

use rustc_hash::FxHashMap;

use crate::explore::renumber::{Numbers, born};
use crate::explore::store::Store;
use crate::explore::ways::Move;
use crate::model::{Fault, GoroutineId, LocalState, Permutation, Phase, Program, Step, World};

/// The order of identical goroutines, and how each state was put into it.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// True if there may be identical goroutines.
    pub(super) on: bool,
    /// True if a state was put in order.
    pub(super) used: bool,
    /// The places of local states in the order. They are given as states are met.
    ranks: FxHashMap<LocalState, u32>,
    /// A list that is no longer needed, kept for its allocation.
    groups: Vec<(u32, GoroutineId)>,
    permutations: Vec<Permutation>,
    by_permutation: FxHashMap<Permutation, u32>,
    /// The number of the permutation that has put the first state in order, as in a
    /// [move](crate::explore::ways::Move).
    pub(super) of_start: u32,
}

impl Exchange {
    /// Puts the identical goroutines of a state in order. Returns the number of the permutation,
    /// from 1; 0 if they were in order.
    pub(super) fn sort(&mut self, program: &dyn Program, world: &mut World) -> u32 {
        if !self.on {
            return 0;
        }
        let mut groups = std::mem::take(&mut self.groups);
        groups.clear();
        program.exchange_groups(world, &mut groups);
        groups.sort_unstable();
        let number = match groups.windows(2).any(|two| two[0].0 == two[1].0) {
            true => self.sort_groups(&groups, world),
            false => 0,
        };
        self.groups = groups;
        number
    }

    /// Puts the goroutines of each group in order, which are listed by group and id.
    fn sort_groups(&mut self, groups: &[(u32, GoroutineId)], world: &mut World) -> u32 {
        let mut first_named = FxHashMap::default();
        world.visit_parties(|id| {
            let next = first_named.len();
            first_named.entry(id).or_insert(next);
        });
        let mut permutation = Permutation::default();
        for group in groups.chunk_by(|a, b| a.0 == b.0) {
            let mut ordered: Vec<GoroutineId> = group.iter().map(|(_, id)| *id).collect();
            ordered.sort_by_cached_key(|id| {
                let place = self.place(world, *id);
                let named = first_named.get(id).copied().unwrap_or(usize::MAX);
                (place, named)
            });
            permutation = permutation.then(&Permutation::sorted(&ordered));
        }
        if permutation.is_identity() {
            return 0;
        }
        self.used = true;
        world.permute(&permutation);
        self.number(permutation)
    }

    /// Returns the place of a goroutine's local state in the order, and its phase. The ids of those
    /// that are not there come last.
    fn place(&mut self, world: &World, id: GoroutineId) -> (u32, Phase) {
        let Some(goroutine) = world.goroutine(id) else {
            return (u32::MAX, Phase::Absent);
        };
        let next = u32::try_from(self.ranks.len()).expect("more than 2^32 local states");
        let rank = *self.ranks.entry(goroutine.local).or_insert(next);
        (rank, goroutine.phase)
    }

    fn number(&mut self, permutation: Permutation) -> u32 {
        if let Some(&number) = self.by_permutation.get(&permutation) {
            return number;
        }
        self.permutations.push(permutation.clone());
        let number = u32::try_from(self.permutations.len()).expect("few permutations");
        self.by_permutation.insert(permutation, number);
        number
    }

    /// Returns the new id of a goroutine by the permutation of this number.
    pub(super) fn new_id(&self, number: u32, id: GoroutineId) -> GoroutineId {
        self.permutation(number).map_or(id, |it| it.of(id))
    }

    /// Puts what belongs to each goroutine where its new id is.
    pub(super) fn permute<T: Copy>(&self, number: u32, of_ids: &mut Vec<Option<T>>) {
        if let Some(permutation) = self.permutation(number) {
            let before = of_ids.clone();
            for id in permutation.ids() {
                let new = permutation.of(id).index();
                if of_ids.len() <= new {
                    of_ids.resize(new + 1, None);
                }
                of_ids[new] = before.get(id.index()).copied().flatten();
            }
        }
    }

    /// Returns all permutations, by their numbers from 1.
    pub(super) fn permutations(&self) -> &[Permutation] {
        &self.permutations
    }

    /// Returns the place of a local state in the order.
    pub(super) fn rank(&self, local: LocalState) -> Option<u32> {
        self.ranks.get(&local).copied()
    }

    /// Restores the permutations, of a search that has met no state.
    pub(super) fn restore_permutations(&mut self, permutations: Vec<Permutation>) {
        self.by_permutation = permutations.iter().cloned().zip(1..).collect();
        self.permutations = permutations;
    }

    /// Restores the place of a local state in the order.
    pub(super) fn restore_rank(&mut self, local: LocalState, rank: u32) {
        self.ranks.insert(local, rank);
    }

    /// Returns the permutation of this number.
    pub(super) fn permutation(&self, number: u32) -> Option<&Permutation> {
        Some(&self.permutations[number.checked_sub(1)? as usize])
    }

    /// Returns a way from the start to a state of the store, with the goroutines who really took
    /// it. It is walked in both: where a goroutine starts another, that one has other ids, too.
    ///
    /// # Errors
    /// If the program has a fault.
    pub(super) fn real_way(
        &self,
        program: &mut dyn Program,
        store: &Store,
        state: usize,
    ) -> Result<RealWay, Fault> {
        program.withhold(true);
        let real = self.walk(program, store, state);
        program.withhold(false);
        program.withheld();
        real
    }

    fn walk(
        &self,
        program: &mut dyn Program,
        store: &Store,
        state: usize,
    ) -> Result<RealWay, Fault> {
        let mut given = World::start(program)?;
        let mut real = RealWay {
            path: Vec::new(),
            before: World::default(),
            state: given.clone(),
        };
        let mut numbers = Numbers::default();
        let put_in_order = |given: &mut World, numbers: &mut Numbers, order| {
            if let Some(permutation) = self.permutation(order) {
                given.permute(permutation);
                numbers.permute(permutation);
            }
        };
        put_in_order(&mut given, &mut numbers, self.of_start);
        for Move { step, order } in store.ways().path(state) {
            let same = numbers.step(step);
            let (in_path, other) = (born(&given), born(&real.state));
            let event = given.take(program, step)?;
            real.before.clone_from(&real.state);
            let again = real.state.take(program, same)?;
            numbers.note(in_path(&event), other(&again));
            put_in_order(&mut given, &mut numbers, order);
            real.path.push(same);
        }
        Ok(real)
    }
}

/// A way that is possible as it is.
pub(super) struct RealWay {
    pub(super) path: Vec<Step>,
    /// The state before the last step.
    pub(super) before: World,
    /// The state to which it leads.
    pub(super) state: World,
}
