//! The remarks about a program.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::busiest::Busiest;
use crate::machine::Machine;
use crate::races::Races;

/// The remarks about a program, beside the findings of a search.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The assumptions and cuts, in words.
    pub(crate) assumptions: BTreeSet<String>,
    /// The data races, in words: one of the same memory on the same two lines.
    pub(crate) races: BTreeSet<String>,
    /// The memory and the lines of each of these.
    lines: BTreeSet<[String; 3]>,
    /// Wait groups that were used again too early, in words.
    pub(crate) reuses: BTreeSet<String>,
    /// True if a group is counted up again for which another goroutine waits, and executions were
    /// told apart by their steps.
    pub(crate) mixes_rounds: bool,
    /// True if main has returned in some execution.
    pub(crate) returns: bool,
    /// The instructions that raced.
    pub(crate) raced: FxHashSet<(u32, u32)>,
    /// The place where goroutines stand in most of their states.
    pub(crate) busiest: Option<Busiest>,
}

impl Told {
    /// Notes what the machine has met, and the races that were found.
    pub(crate) fn note(&mut self, machine: &Machine, races: &Races) {
        let assumptions = machine.assumptions.iter().cloned();
        self.assumptions.extend(assumptions);
        self.reuses.extend(machine.reuses.iter().cloned());
        self.returns |= machine.returns;
        self.mixes_rounds |= machine.rounds.are_mixed && machine.has_counted;
        for (&(a, b), (text, lines)) in &races.found {
            if self.lines.insert(lines.clone()) {
                self.races.insert(text.clone());
            }
            self.raced.extend([a, b]);
        }
    }
}
