//! The accesses to memory on the way to where goroutines stand, by numbers.

use std::rc::Rc;

use gordian_checker::model::{CellId, Classes, Phase, RegionId, World};

use crate::cells::{Word, set_of};
use crate::machine::{Access, How, Things};
use crate::program::GoProgram;
use crate::value::Interner;

/// Sets of accesses, each once.
#[derive(Default)]
pub(crate) struct Touched {
    sets: Interner<Rc<[Access]>>,
    /// For each set the regions, with how they are used.
    regions: Vec<Box<[(RegionId, How)]>>,
    /// For each set the cells, with how they are used.
    uses: Vec<Box<[Uses]>>,
}

/// The ways in which a set of accesses uses the cells of a word of bits.
pub(crate) struct Uses {
    /// The place of the word.
    at: u32,
    /// For each effect, the cells to which an access has it.
    cells: [u64; How::EACH.len()],
    /// For each effect, the cells that an access with it may not be to at once.
    rivals: [u64; How::EACH.len()],
}

impl Uses {
    /// Returns the uses of cells by these accesses.
    fn of(accesses: &[Access]) -> Box<[Self]> {
        let all = set_of(accesses.iter().map(|access| access.cell));
        let uses = all.iter().map(|word| {
            let by = |has: &dyn Fn(How) -> bool| {
                let of_word = accesses
                    .iter()
                    .filter(|it| has(it.how))
                    .map(|it| Word::of(it.cell));
                let of_word = of_word.filter(|it| it.at == word.at);
                of_word.fold(0, |bits, it| bits | it.bits)
            };
            Self {
                at: word.at,
                cells: How::EACH.map(|how| by(&|its| its == how)),
                rivals: How::EACH.map(|how| by(&|its| its.conflicts(how))),
            }
        });
        uses.collect()
    }
}

/// The uses of cells by some goroutines.
#[derive(Default)]
pub(crate) struct AllUses(Vec<[u64; How::EACH.len()]>);

impl AllUses {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds those of a goroutine. Returns true if accesses to a cell may conflict with those that
    /// were added before.
    pub(crate) fn add(&mut self, uses: &[Uses]) -> bool {
        let mut conflict = 0;
        for Uses { at, cells, rivals } in uses {
            let at = *at as usize;
            if self.0.len() <= at {
                self.0.resize(at + 1, Default::default());
            }
            for ((all, cells), rivals) in self.0[at].iter_mut().zip(cells).zip(rivals) {
                conflict |= *all & rivals;
                *all |= cells;
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

    /// Returns how the cells of a set are used.
    pub(crate) fn uses(&self, number: u32) -> &[Uses] {
        &self.uses[number as usize]
    }

    /// Tells the regions of a set, with the classes of the accesses to them.
    pub(crate) fn visit(&self, number: u32, tell: &mut dyn FnMut(RegionId, Classes)) {
        for (region, how) in &self.regions[number as usize] {
            tell(*region, how.class());
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

    fn access(cell: u32, how: How) -> Access {
        Access {
            cell,
            off: 0,
            len: 1,
            how,
            ordered: false,
            func: 0,
            pc: 0,
        }
    }

    /// Two goroutines may conflict if they do on a cell, whatever else they have touched.
    #[test]
    fn who_may_conflict_is_seen_by_the_cells() {
        let accesses = [0, 1, 63, 64, 200].map(|cell| How::EACH.map(|how| access(cell, how)));
        for one in accesses.as_flattened() {
            for other in accesses.as_flattened() {
                let mut uses = AllUses::default();
                let apart = [access(2, How::Write), access(130, How::Read)];
                assert!(!uses.add(&Uses::of(&[*one, apart[0]])));
                assert!(!uses.add(&Uses::of(&apart[1..])));
                let conflicts = uses.add(&Uses::of(&[apart[1], *other]));
                assert_eq!(conflicts, one.conflicts(other), "{one:?}, {other:?}");
            }
        }
    }
}
