//! Wakeup trees: what must still be explored from a node, as sequences of events.
//!
//! From Abdulla, Aronis, Jonsson and Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction" (JACM 2017),
//! section 6. A branch is taken from its root on; what lies below it is handed down to the node that it leads to.

use crate::model::Event;

/// A tree of sequences. The branches are explored in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) branches: Vec<Branch>,
}

/// The first event of some sequences, and what follows it.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) event: Event,
    pub(super) below: Tree,
}

impl Tree {
    /// Adds a sequence, unless a branch covers it: one whose sequence is, as far as it goes, a way to begin an execution equivalent to
    /// one that begins with `sequence`.
    pub(super) fn insert(&mut self, mut sequence: Vec<&Event>) {
        let mut tree = self;
        loop {
            let covering = tree
                .branches
                .iter()
                .position(|branch| is_weak_initial(&branch.event, &sequence));
            let Some(covering) = covering else { break };
            let branch = &mut tree.branches[covering];
            if let Some(at) = sequence
                .iter()
                .position(|event| event.step == branch.event.step)
            {
                sequence.remove(at);
            }
            if branch.below.branches.is_empty() || sequence.is_empty() {
                return;
            }
            tree = &mut branch.below;
        }
        for event in sequence {
            tree.branches.push(Branch {
                event: event.clone(),
                below: Self::default(),
            });
            tree = &mut tree.branches.last_mut().expect("just pushed").below;
        }
    }
}

/// Whether some execution equivalent to `sequence`, or to `sequence` and more, begins with `event`: it stands in the sequence with nothing
/// before it on which it depends, or depends on nothing in it.
pub(super) fn is_weak_initial(event: &Event, sequence: &[&Event]) -> bool {
    for other in sequence {
        if other.step == event.step {
            return true;
        }
        if other.depends_on(event) {
            return false;
        }
    }
    true
}
