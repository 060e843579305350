//! The stretches that goroutines have run, so that none is run again.
//!
//! A stretch from one operation to the next is a function of who runs it, of the place, of the
//! outcome, and of the cells that it opens. States differ in little, so nearly every stretch has
//! been run before.

use gordian_checker::model::{CellId, GoroutineId, LocalState, Outcome, ValueId, World};
use rustc_hash::FxHashMap;

/// Most stretches that are kept of one place and outcome.
const KEPT_MAX: usize = 8;

/// A cell as a stretch has found it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    Holds(ValueId),
    /// There is none, so that the number was free.
    Free,
    /// The number was not free.
    Taken,
}

/// The part that memory has in a stretch.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) found: Vec<(CellId, Found)>,
    pub(crate) set: Vec<(CellId, ValueId)>,
}

impl Effects {
    /// Returns true if memory is as it was found.
    fn fit(&self, world: &World) -> bool {
        self.found.iter().all(|&(cell, found)| {
            let value = world.cell(cell);
            match found {
                Found::Holds(was) => value == Some(was),
                Found::Free => value.is_none(),
                Found::Taken => value.is_some(),
            }
        })
    }
}

/// The begin of a stretch: who runs it, from where, and with which outcome. The ids of what it
/// makes depend on who runs it.
pub(crate) type Begin = (GoroutineId, LocalState, Outcome);

/// The stretches that are known, with where they lead.
#[derive(Default)]
pub(crate) struct Memo {
    stretches: FxHashMap<Begin, Vec<(Effects, LocalState)>>,
}

impl Memo {
    /// Does a stretch that is known, and returns where it leads.
    pub(crate) fn recall(&self, begin: Begin, world: &mut World) -> Option<LocalState> {
        let known = self.stretches.get(&begin)?;
        let (effects, to) = known.iter().find(|(effects, _)| effects.fit(world))?;
        for &(cell, value) in &effects.set {
            world.set_cell(cell, Some(value));
        }
        Some(*to)
    }

    /// Keeps a stretch, unless there are many from that place.
    pub(crate) fn keep(&mut self, begin: Begin, effects: Effects, to: LocalState) {
        let known = self.stretches.entry(begin).or_default();
        if known.len() < KEPT_MAX {
            known.push((effects, to));
        }
    }
}
