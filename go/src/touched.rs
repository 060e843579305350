//! The accesses to memory on the way to where goroutines stand, by numbers.

use std::rc::Rc;

use gordian_checker::model::{CellId, Classes, Phase, RegionId, World};

use crate::machine::{Access, How, Things};
use crate::program::GoProgram;
use crate::value::Interner;

/// Sets of accesses, each once.
#[derive(Default)]
pub(crate) struct Touched {
    sets: Interner<Rc<[Access]>>,
    /// For each set the regions, with how they are used.
    regions: Vec<Box<[(RegionId, How)]>>,
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
        }
        number
    }

    pub(crate) fn get(&self, number: u32) -> &[Access] {
        self.sets.get(number)
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
