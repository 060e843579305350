//! Choices other than which thread moves. Loom only schedules threads, so these are enumerated
//! around it.
//!
//! They are the ready case that a `select` takes, the waiter that a `Signal` wakes, and the number
//! that `choose` yields. A run of loom explores every schedule under one list of decisions. A
//! decision says: "at its k-th choice this goroutine takes this way, if that way is open there,
//! else the first". A choice that is not in the list is decided for the first way, from then on in
//! this run. Until now it did not arise. Each other way that is seen open at a decided choice
//! becomes a list of its own: the decisions before this one, then that way. It is explored in a
//! later run, unless it has been met already.
//!
//! Nothing is lost. Take any execution, and a list that agrees with it. The list's run contains an
//! execution that goes the same way up to the first choice where the list's later decisions differ.
//! Up to there the two are the same program. There the other way is seen open, so the list that
//! goes on with it is explored, too. The rest follows by induction. Executions that meet no choice
//! are explored once for each list: `executions` counts runs of the kernel, not inequivalent ones.

use rustc_hash::FxHashSet;

use crate::model::GoroutineId;

/// A choice: a goroutine, and the number of its choice, from 0. Choices with only one open way are
/// not counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct ChoicePoint {
    pub(super) goroutine: GoroutineId,
    pub(super) nth: u32,
}

/// A way at a choice, by two numbers: a case and the partner's case, a goroutine and 0, or a number
/// and 0.
pub(super) type ChosenWay = (u32, u32);

type Decisions = Vec<(ChoicePoint, ChosenWay)>;

/// The decisions of this run, and the lists that must still be explored.
#[derive(Default)]
pub(super) struct Choices {
    decided: Decisions,
    todo: Vec<Decisions>,
    known: FxHashSet<Decisions>,
}

impl Choices {
    /// Decides a choice among the open ways. Returns the index of the way.
    pub(super) fn decide(&mut self, place: ChoicePoint, open: &[ChosenWay]) -> usize {
        let at = match self.decided.iter().position(|(known, _)| *known == place) {
            Some(at) => at,
            None => {
                self.decided.push((place, open[0]));
                self.decided.len() - 1
            }
        };
        let wanted = self.decided[at].1;
        for &way in open.iter().filter(|way| **way != wanted) {
            let mut other: Decisions = self.decided[..at].to_vec();
            other.push((place, way));
            if self.known.insert(other.clone()) {
                self.todo.push(other);
            }
        }
        open.iter().position(|way| *way == wanted).unwrap_or(0)
    }

    /// Decides which number below this one is chosen. The ways are always the same, so they are not
    /// listed each time.
    pub(super) fn decide_number(&mut self, place: ChoicePoint, below: u32) -> u32 {
        let at = match self.decided.iter().position(|(known, _)| *known == place) {
            Some(at) => at,
            None => {
                self.decided.push((place, (0, 0)));
                self.decided.len() - 1
            }
        };
        let (wanted, _) = self.decided[at].1;
        let chosen = if wanted < below { wanted } else { 0 };
        // No way begins with this number, since no choice has that many.
        let listed = (u32::MAX, below);
        let others = (0..below).filter(|number| *number != wanted);
        let before = &self.decided[..at];
        let list = |way: ChosenWay| [before, &[(place, way)]].concat();
        if self.known.insert(list(listed)) {
            for other in others.map(|number| list((number, 0))) {
                if self.known.insert(other.clone()) {
                    self.todo.push(other);
                }
            }
        }
        chosen
    }

    /// Goes on to the next list. Returns false if there is none.
    pub(super) fn next_list(&mut self) -> bool {
        match self.todo.pop() {
            Some(next) => {
                self.decided = next;
                true
            }
            None => false,
        }
    }
}
