//! A state on the path of the search, with what must still be explored from it.

use super::backtrack_sink::{BacktrackSink, Rival, Sequence};
use super::tree::{Initial, Tree, is_weak_initial};
use super::ways::Ways;
use crate::model::{Fault, Program, Step, World};

/// A state on the path: what must be explored from it, and what is explored elsewhere.
#[derive(Debug, Default)]
pub(super) struct PathNode {
    /// Events whose executions from here are explored already, or elsewhere.
    pub(super) asleep: Vec<Ways>,
    /// The sequences that must still be explored from here, without the branch that the path takes.
    pub(super) tree: Tree,
    /// Number of branches that were explored from here, for the estimate of what is
    /// left.
    pub(super) explored: usize,
    /// Rivals of the event taken here for which nothing more is to be done.
    settled: Vec<Settled>,
    /// The cost of finding the rivals of the event taken here, the last time; `None` if this search
    /// has not done so.
    pub(super) cost: Option<u64>,
    /// The last event on which it rests that all of them were settled; `None` if some are not.
    pub(super) upto: Option<u32>,
}

/// A rival for which nothing more is to be done: it is asleep, or in the tree.
#[derive(Clone, Copy, Debug)]
struct Settled {
    rival: Rival,
    /// The last event of the execution on which this rests.
    upto: u32,
    /// The cost of finding it.
    cost: u64,
}

impl PathNode {
    /// Resets the node except for its tree, and keeps its allocations.
    pub(super) fn clear(&mut self) {
        self.asleep.clear();
        self.settled.clear();
        (self.explored, self.cost, self.upto) = (0, None, None);
    }

    /// Forgets what does not hold for executions that share only the first `known` events.
    pub(super) fn forget(&mut self, known: u32) {
        self.settled.retain(|settled| settled.upto < known);
        self.upto = self.upto.filter(|upto| *upto < known);
    }

    /// Returns the first step that is enabled and not asleep.
    pub(super) fn first_awake(
        &self,
        program: &dyn Program,
        world: &World,
        enabled: &mut Vec<Step>,
    ) -> Option<Step> {
        world.ids().find_map(|id| {
            enabled.clear();
            world.enabled_of(program, id, enabled);
            let awake = |step: &&Step| self.asleep.iter().all(|ways| !ways.has(**step));
            enabled.iter().find(awake).copied()
        })
    }
}

impl BacktrackSink for PathNode {
    fn asleep(&self) -> &[Ways] {
        &self.asleep
    }

    fn found(
        &mut self,
        program: &mut dyn Program,
        world: &World,
        mut sequence: Sequence<'_>,
    ) -> Result<Option<u32>, Fault> {
        for ways in &self.asleep {
            if sequence.strike(ways) {
                if sequence.is_covered() {
                    return Ok(sequence.last_seen());
                }
                continue;
            }
            match is_weak_initial(program, world, &[], ways, &sequence.members)? {
                Initial::No => {}
                Initial::At(at) => return Ok(Some(sequence.members[at].0)),
                Initial::Apart => return Ok(None),
            }
        }
        self.tree.insert(program, world, sequence)
    }

    fn settled(&self, rival: &Rival) -> Option<(u32, u64)> {
        let settled = self.settled.iter().find(|known| known.rival == *rival)?;
        Some((settled.upto, settled.cost))
    }

    fn settle(&mut self, rival: Rival, upto: u32, cost: u64) {
        self.settled.push(Settled { rival, upto, cost });
    }
}
