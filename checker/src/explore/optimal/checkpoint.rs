//! The search as a value that can be saved and resumed.

use serde::{Deserialize, Serialize};

use super::node::PathNode;
use super::tree::Tree;
use super::{Optimal, Stage, Ways};
use crate::explore::Findings;
use crate::explore::checkpoint::{cannot_be_taken, mismatch};
use crate::model::{Fault, Program, Step};

/// The state of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The steps of the path.
    pub path: Vec<Step>,
    /// The work that is left at each state on the path.
    pub nodes: Vec<SavedNode>,
    /// The next event whose rivals are looked for, if the execution is at its end.
    pub reversing: Option<usize>,
    /// The findings so far.
    pub findings: Findings,
}

/// A node of the path of a saved search.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SavedNode {
    /// Events that are explored already, or elsewhere.
    pub asleep: Vec<Ways>,
    /// The tree of what must still be explored: each event with its depth, parents before children,
    /// in the order of the branches.
    pub tree: Vec<(u32, Ways)>,
    /// Number of branches that were explored from here.
    pub explored: usize,
}

impl Optimal {
    pub(super) fn snapshot(&self) -> Snapshot {
        let node = |node: &PathNode| SavedNode {
            asleep: node.asleep.clone(),
            tree: node.tree.flat(),
            explored: node.explored,
        };
        let reversing = match self.stage {
            Stage::Order(next) | Stage::Reverse(next) => Some(next),
            Stage::Start | Stage::Descend => None,
        };
        Snapshot {
            path: self.path.clone(),
            nodes: self.nodes.iter().map(node).collect(),
            reversing,
            findings: self.findings.clone(),
        }
    }

    /// Takes the steps of a saved path.
    fn walk(&mut self, program: &mut dyn Program, path: &[Step]) -> Result<(), Fault> {
        self.trail.start(program)?;
        self.share(0);
        for &step in path {
            if !self.trail.last().is_enabled(program, step) {
                return Err(cannot_be_taken(step));
            }
            self.take(program, step)?;
        }
        Ok(())
    }

    /// Restores the state of another search. This one has not begun.
    ///
    /// # Errors
    /// If it was a search of another program.
    pub(super) fn restore_snapshot(
        &mut self,
        program: &mut dyn Program,
        snapshot: Snapshot,
    ) -> Result<(), Fault> {
        let Snapshot {
            path,
            nodes,
            reversing,
            findings,
        } = snapshot;
        if nodes.is_empty() {
            return Ok(());
        }
        let sound = |node: &SavedNode| node.asleep.iter().all(Ways::is_sound);
        if !nodes.iter().all(sound) {
            return Err(mismatch("what is asleep in it is nothing"));
        }
        if nodes.len() != path.len() + 1 || reversing.is_some_and(|next| next > path.len()) {
            return Err(mismatch("its path is not as long as it should be"));
        }
        for node in nodes {
            let tree = Tree::of_flat(node.tree).ok_or_else(|| mismatch("a tree is none"))?;
            let (restored, _) = self.nodes.push()?;
            (restored.asleep, restored.tree) = (node.asleep, tree);
            restored.explored = node.explored;
        }
        program.number_by_count(true);
        let walked = self.walk(program, &path);
        program.number_by_count(false);
        walked?;
        (self.path, self.findings) = (path, findings);
        self.stage = Stage::Descend;
        if let Some(next) = reversing {
            self.stage = Stage::Order(next);
        }
        Ok(())
    }
}
