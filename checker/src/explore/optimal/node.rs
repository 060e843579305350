//! What is to be done from a state on the path.

use super::tree::{Initial, Tree, is_weak_initial};
use super::ways::Ways;
use super::witness::{Rival, Sequence, Witness};
use crate::model::{Fault, GoroutineId, Program, Step, World};

/// What is to be done, and what is done elsewhere, from a state on the path.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Events whose executions from here are explored already, or elsewhere.
    pub(super) asleep: Vec<Ways>,
    /// What must still be explored from here. The branch on which the path goes on is not among it.
    pub(super) tree: Tree,
    /// How many branches were explored from here, in this process: for the estimate of what is
    /// left.
    pub(super) explored: usize,
    /// Rivals of the event that was taken here for which nothing more is to be done.
    settled: Vec<Settled>,
    /// All its rivals have been found in executions that share the events up to this one, and what
    /// it cost.
    pub(super) done: Option<(u32, u64)>,
}

/// A rival for which nothing more is to be done: it is asleep, or in the tree.
#[derive(Clone, Copy, Debug)]
struct Settled {
    rival: Rival,
    /// The last event of the execution on which this rests.
    upto: u32,
    /// What it cost to see.
    cost: u64,
}

impl Node {
    /// A node with this asleep and that to be explored.
    pub(super) fn of(asleep: Vec<Ways>, tree: Tree) -> Self {
        Self {
            asleep,
            tree,
            ..Self::default()
        }
    }

    /// Resets it, and keeps its allocations.
    pub(super) fn clear(&mut self) {
        self.asleep.clear();
        self.settled.clear();
        (self.done, self.explored) = (None, 0);
    }

    /// Whether all the rivals of its event have been found, in executions that share the first so
    /// many events: on what that rests, and what it cost.
    pub(super) fn done(&mut self, known: u32) -> Option<(u32, u64)> {
        self.settled.retain(|settled| settled.upto < known);
        self.done = self.done.filter(|&(upto, _)| upto < known);
        self.done
    }

    /// The first step that is enabled and not asleep.
    pub(super) fn first_awake(
        &self,
        program: &dyn Program,
        world: &World,
        enabled: &mut Vec<Step>,
    ) -> Option<Step> {
        (0..world.goroutines().len())
            .map(GoroutineId::from_index)
            .find_map(|id| {
                enabled.clear();
                world.enabled_of(program, id, enabled);
                let awake = |step: &&Step| self.asleep.iter().all(|ways| !ways.has(**step));
                enabled.iter().find(awake).copied()
            })
    }
}

impl Witness for Node {
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

    fn settled(&self, rival: &Rival) -> Option<u64> {
        let settled = self.settled.iter().find(|known| known.rival == *rival)?;
        Some(settled.cost)
    }

    fn settle(&mut self, rival: Rival, upto: u32, cost: u64) {
        self.settled.push(Settled { rival, upto, cost });
    }
}
