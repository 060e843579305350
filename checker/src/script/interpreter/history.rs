//! The history of a goroutine of a script: what it has observed so far.

use super::{Interpreter, Memory};
use crate::model::{LocalState, Outcome, Panic};
use crate::script::code::CodeIndex;

/// One entry of a history.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum HistoryEntry {
    Outcome(Outcome),
    /// The operation at this position panicked. An operation that yields nothing leaves no entry,
    /// and a panic may leave a body after any number of them.
    Panics(Panic, CodeIndex),
    /// It entered the endless loop with its head at this position. The entries after it are dropped
    /// with each iteration.
    Entered(CodeIndex),
}

impl Interpreter {
    /// Returns the outcomes that the goroutine at `local` got, the oldest first; empty unless it
    /// keeps them. Within an endless loop only the current iteration is kept.
    #[must_use]
    pub fn history(&self, local: LocalState) -> Vec<Outcome> {
        let mut told = Vec::new();
        let mut history = self.automaton.node(local).data.history;
        while history > 0 {
            let (before, entry) = self.histories[history as usize - 1];
            match entry {
                HistoryEntry::Outcome(outcome) => told.push(outcome),
                HistoryEntry::Panics(panic, _) => told.push(Outcome::Panics(panic)),
                HistoryEntry::Entered(_) => {}
            }
            history = before;
        }
        told.reverse();
        told
    }

    pub(super) fn add_history(&mut self, before: u32, told: HistoryEntry) -> u32 {
        if self.memory == Memory::Forgetful {
            return 0;
        }
        let histories = &mut self.histories;
        *self.by_told.entry((before, told)).or_insert_with(|| {
            histories.push((before, told));
            u32::try_from(histories.len()).expect("more than 2^32 histories")
        })
    }

    /// Returns the history at the entry to the loop with its head at this position.
    pub(super) fn history_at(&self, mut history: u32, head: CodeIndex) -> u32 {
        while history > 0 && self.histories[history as usize - 1].1 != HistoryEntry::Entered(head) {
            history = self.histories[history as usize - 1].0;
        }
        history
    }
}
