//! The accesses to memory on the way to where goroutines stand, by numbers.

use std::rc::Rc;

use gordian_checker::model::{CellId, Classes, Goroutine, GoroutineId, Phase, RegionId, World};

use crate::bits::{Word, set_of};
use crate::machine::{Access, How, Things};
use crate::program::GoProgram;
use crate::value::Interner;

/// Sets of accesses, each once.
#[derive(Default)]
pub(crate) struct Touched {
    sets: Interner<Rc<[Access]>>,
    /// For each set the regions, with how they are used.
    regions: Vec<Box<[(RegionId, How)]>>,
    /// The sets of the goroutines that had returned before the last state was tidied.
    returned: Vec<(GoroutineId, u32)>,
    /// For each set the leaves, with how they are used.
    uses: Vec<Box<[Uses]>>,
}

/// Bits of a cell. Leaves share one if their places are equal but for a multiple of this.
const BITS: u32 = 8;

/// Returns the bits of the leaves that an access uses.
fn bits_of(access: &Access) -> impl Iterator<Item = u32> + use<> {
    let Access { cell, off, len, .. } = *access;
    (0..len.min(BITS)).map(move |nth| cell * BITS + off.wrapping_add(nth) % BITS)
}

/// The ways in which a set of accesses uses the leaves of a word of bits.
pub(crate) struct Uses {
    /// The place of the word.
    at: u32,
    /// For each effect, the leaves to which an access has it.
    leaves: [u64; How::EACH.len()],
    /// For each effect, the leaves to which an access with it may not be at once.
    rivals: [u64; How::EACH.len()],
}

impl Uses {
    /// Returns the uses of leaves by these accesses.
    fn of(accesses: &[Access]) -> Box<[Self]> {
        let all = set_of(accesses.iter().flat_map(bits_of));
        let uses = all.iter().map(|word| {
            let by = |has: &dyn Fn(How) -> bool| {
                let accesses = accesses.iter().filter(|access| has(access.how));
                let words = accesses.flat_map(bits_of).map(Word::of);
                let same = words.filter(|it| it.at == word.at);
                same.fold(0, |bits, it| bits | it.bits)
            };
            Self {
                at: word.at,
                leaves: How::EACH.map(|how| by(&|its| its == how)),
                rivals: How::EACH.map(|how| by(&|its| its.conflicts(how))),
            }
        });
        uses.collect()
    }
}

/// The uses of leaves by some goroutines.
#[derive(Default)]
pub(crate) struct AllUses(Vec<[u64; How::EACH.len()]>);

impl AllUses {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds those of a goroutine. Returns true if they may conflict with those that were added
    /// before.
    pub(crate) fn add(&mut self, uses: &[Uses]) -> bool {
        let mut conflict = 0;
        for Uses { at, leaves, rivals } in uses {
            let at = *at as usize;
            if self.0.len() <= at {
                self.0.resize(at + 1, Default::default());
            }
            for ((all, leaves), rivals) in self.0[at].iter_mut().zip(leaves).zip(rivals) {
                conflict |= *all & rivals;
                *all |= leaves;
            }
        }
        conflict != 0
    }
}

impl Touched {
    /// Returns the number of a set, which is in order.
    pub(crate) fn intern(&mut self, accesses: &[Access], things: &mut Things) -> u32 {
        let number = self.sets.intern(accesses, || accesses.into());
        if number as usize == self.regions.len() {
            let regions = accesses.iter().map(|access| {
                let Access { cell, off, len, .. } = *access;
                (things.region([cell, off, len]), access.how)
            });
            let mut regions: Vec<_> = regions.collect();
            regions.sort_unstable();
            regions.dedup();
            self.regions.push(regions.into());
            self.uses.push(Uses::of(accesses));
        }
        number
    }

    pub(crate) fn get(&self, number: u32) -> &[Access] {
        self.sets.get(number)
    }

    /// Returns how the leaves of a set are used.
    pub(crate) fn uses(&self, number: u32) -> &[Uses] {
        &self.uses[number as usize]
    }

    /// Tells the regions of a set, with the classes of the accesses to them.
    pub(crate) fn visit(&self, number: u32, tell: &mut dyn FnMut(RegionId, Classes)) {
        for (region, how) in &self.regions[number as usize] {
            tell(*region, how.class());
        }
    }

    /// Tells the regions of the sets of those that had returned, with the classes of the accesses.
    pub(crate) fn visit_returned(&self, tell: &mut dyn FnMut(GoroutineId, RegionId, Classes)) {
        for &(id, number) in &self.returned {
            self.visit(number, &mut |region, classes| tell(id, region, classes));
        }
    }

    /// Tells the regions that overlap with those of a set, with the classes of the accesses that
    /// conflict.
    pub(crate) fn visit_conflicts(
        &self,
        number: u32,
        things: &Things,
        tell: &mut dyn FnMut(RegionId, Classes),
    ) {
        for (region, how) in &self.regions[number as usize] {
            for other in things.overlapping(*region) {
                tell(other, how.conflicting());
            }
        }
    }
}

impl GoProgram {
    /// Notes what the goroutines that have returned have touched last.
    pub(crate) fn note_returned(&mut self, world: &World) {
        self.touched.returned.clear();
        for id in world.ids() {
            let Goroutine { local, phase } = world.goroutines()[id.index()];
            if phase == Phase::Returned {
                let number = self.nodes[local.index()].touched;
                self.touched.returned.push((id, number));
            }
        }
    }

    /// Takes out what goroutines that have returned have touched and nobody can come to again: the
    /// number of a cell that is gone may be that of another one soon.
    pub(crate) fn forget_dead_accesses(&mut self, world: &mut World) {
        for id in world.ids() {
            let goroutine = world.goroutines()[id.index()];
            if goroutine.phase != Phase::Returned {
                continue;
            }
            let touched = self.touched_at(goroutine.local);
            let is_there = |access: &&Access| world.cell(CellId(access.cell)).is_some();
            if !touched.iter().all(|access| is_there(&access)) {
                let left: Vec<Access> = touched.iter().filter(is_there).copied().collect();
                let left = self.touched.intern(&left, &mut self.machine.things);
                let local = self.position(goroutine.local, |key| key.touched = left);
                world.set_local(id, local);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(cell: u32, (off, len): (u32, u32), how: How) -> Access {
        Access {
            cell,
            off,
            len,
            how,
            ordered: false,
            func: 0,
            pc: 0,
        }
    }

    /// Two goroutines may conflict if they do on a leaf, whatever else they have touched. No
    /// conflict is overlooked, and none is seen where leaves are near each other and not the same.
    #[test]
    fn who_may_conflict_is_seen_by_the_leaves() {
        let ranges = [(0, 1), (1, 1), (0, 8), (7, 2), (9, 1), (5, 100), (90, 1)];
        let of_cell = |cell| ranges.map(|range| How::EACH.map(|how| access(cell, range, how)));
        let accesses = [0, 7, 8, 200].map(of_cell);
        let accesses = accesses.as_flattened().as_flattened();
        let apart = [How::Write, How::Read].map(|how| access(1, (3, 1), how));
        for one in accesses {
            for other in accesses {
                let mut uses = AllUses::default();
                assert!(!uses.add(&Uses::of(&[*one, apart[1]])));
                let may_conflict = uses.add(&Uses::of(&[apart[1], *other]));
                assert!(may_conflict || !one.conflicts(other), "{one:?}, {other:?}");
                let near = [one, other].iter().all(|it| it.off + it.len <= BITS);
                if near || one.cell != other.cell {
                    assert_eq!(may_conflict, one.conflicts(other), "{one:?}, {other:?}");
                }
                assert!(uses.add(&Uses::of(&apart[..1])));
            }
        }
    }
}
