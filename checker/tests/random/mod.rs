//! Random scripts as a proptest strategy: a failing one shrinks statement by statement, and shows
//! itself as the source of a kernel.

use std::fmt;

use gordian_checker::script::Script;
use gordian_checker::script::random::{self, Mix};
use gordian_checker::script::smaller;
use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Scripts of this mix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scripts(pub(crate) Mix);

/// A script that is shown as source.
#[derive(Clone)]
pub(crate) struct Shown(pub(crate) Script);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.0.to_rust())
    }
}

/// A script on its way to a smaller one.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The smallest that is known to fail.
    failing: Shown,
    current: Shown,
    /// What is smaller than the failing one and was not tried yet, in the order in which it is
    /// tried.
    untried: Vec<Script>,
}

impl Strategy for Scripts {
    type Tree = Tree;
    type Value = Shown;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let script = Shown(random::script(runner.rng().next_u64(), self.0));
        Ok(Tree {
            failing: script.clone(),
            current: script,
            untried: Vec::new(),
        })
    }
}

impl Tree {
    fn try_next(&mut self) -> bool {
        match self.untried.pop() {
            Some(script) => {
                self.current = Shown(script);
                true
            }
            None => {
                self.current = self.failing.clone();
                false
            }
        }
    }
}

impl ValueTree for Tree {
    type Value = Shown;

    fn current(&self) -> Shown {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.failing = self.current.clone();
        self.untried = smaller::smaller(&self.current.0);
        self.untried.reverse();
        self.try_next()
    }

    fn complicate(&mut self) -> bool {
        self.try_next()
    }
}
