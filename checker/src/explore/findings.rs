//! The findings of a search.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Interrupted;
use super::limits::Limit;
use super::starvation::Starvation;
use super::store::Store;
use crate::execution::end_state::EndState;
use crate::model::{End, Fault, GoroutineId, Program, Step, World};

/// Most distinct bad end states that are kept with their ways.
const BAD_MAX: usize = 1000;

/// The results of a search so far.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Findings {
    /// Executions that were explored to their ends.
    pub executions: u64,
    /// Executions that were begun and abandoned.
    pub discarded: u64,
    /// States that were stored, if the search stores states.
    pub states: Option<u64>,
    /// True if steps were left out for which others can wait, identical goroutines were exchanged,
    /// or states were passed over. Then the program may have more states than were stored.
    pub reduced: bool,
    /// Steps that were taken in total.
    pub steps: u64,
    /// Steps of the longest execution, or of the longest way on which a state was met first.
    pub steps_max: usize,
    /// Most goroutines of an execution, without the hidden ones of timers.
    pub goroutines: usize,
    /// True if nothing is left to explore. With no limit hit, this is a proof.
    pub complete: bool,
    /// The limits that were hit: those that cut an execution first.
    pub limits: Vec<Limit>,
    /// Number of bad executions, or of bad end states if the search stores states.
    pub bad_executions: u64,
    /// The first bad execution, counted from 1.
    pub first_bad: Option<u64>,
    /// Each distinct bad end state and the first way to it.
    pub bad: BTreeMap<EndState, Bad>,
    /// The finished executions, if they are to be kept. A search that stores states keeps a way to
    /// each end state. Memory grows with their number.
    pub kept: Option<Vec<Vec<Step>>>,
}

/// A way to a bad end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bad {
    /// The kind of bad end.
    pub end: End,
    /// The steps that lead there.
    pub path: Vec<Step>,
    /// The number of last steps that form a cycle in which others run for ever, while a goroutine
    /// can never move again. It is 0 if there is no such cycle.
    pub cycle: usize,
    /// Number of executions in which it was met.
    pub count: u64,
}

impl Bad {
    /// Returns the shorter way to the same end, with the executions of both. Of two that are as
    /// long it is the one whose steps come first in their order.
    pub(super) fn merge(self, other: Self) -> Self {
        let count = self.count + other.count;
        let order = |bad: &Self| (bad.path.len(), bad.path.clone(), bad.cycle);
        let first = if order(&other) < order(&self) {
            other
        } else {
            self
        };
        Self { count, ..first }
    }
}

/// Returns the goroutines that have panicked with the step from one state to the other.
pub(super) fn new_panics(before: &World, after: &World) -> impl Iterator<Item = GoroutineId> {
    let phase = |world: &World, id| world.goroutine(id).map(|goroutine| goroutine.phase);
    after
        .panicked()
        .filter(move |id| phase(before, *id) != phase(after, *id))
}

/// Returns the sum of what is known of two parts.
fn sum(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (known, None) | (None, known) => known,
    }
}

impl Findings {
    /// Records a limit, once.
    pub fn record_limit(&mut self, limit: Limit) {
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }

    /// Puts together what two parts of a search have found. They have no execution in common, and
    /// their goroutines and objects have the same ids.
    ///
    /// The order in which parts are merged makes no difference. Of two ways to a bad end the
    /// shorter one is kept, and of [`first_bad`](Self::first_bad) the smaller one, though each part
    /// counts from 1. The limits are in the order in which [`Limit`] has them, those that cut an
    /// execution first.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.executions += other.executions;
        self.discarded += other.discarded;
        self.states = sum(self.states, other.states);
        self.reduced |= other.reduced;
        self.steps += other.steps;
        self.steps_max = self.steps_max.max(other.steps_max);
        self.goroutines = self.goroutines.max(other.goroutines);
        self.complete &= other.complete;
        self.limits = Limit::merge(self.limits, other.limits);
        self.bad_executions += other.bad_executions;
        let firsts = [self.first_bad, other.first_bad];
        self.first_bad = firsts.into_iter().flatten().min();
        for (key, bad) in other.bad {
            let merged = match self.bad.remove(&key) {
                Some(known) => known.merge(bad),
                None => bad,
            };
            self.bad.insert(key, merged);
        }
        // The last ones go. None of them would be among the first of more parts.
        while self.bad.len() > BAD_MAX {
            self.bad.pop_last();
        }
        self.kept = self.kept.zip(other.kept).map(|(mut kept, others)| {
            kept.extend(others);
            kept.sort();
            kept
        });
        self
    }

    /// Returns true if something bad was found.
    #[must_use]
    pub fn found_bad(&self) -> bool {
        self.bad_executions > 0 || !self.bad.is_empty()
    }

    /// Returns true if there can be no bad ends other than those that are kept.
    #[must_use]
    pub fn knows_all_bad_ends(&self) -> bool {
        self.complete && self.limits.is_empty() && self.bad.len() < BAD_MAX
    }

    /// Counts an execution that has come to its end by this path.
    pub fn ended(&mut self, program: &dyn Program, world: &World, path: &[Step]) -> End {
        self.executions += 1;
        self.steps_max = self.steps_max.max(path.len());
        self.count_goroutines(world);
        let end = self.end_state(program, world, &mut || path.to_vec());
        self.note_panics(program, world, path);
        end
    }

    /// Counts an execution that a limit cut short.
    pub fn cut(&mut self, program: &dyn Program, world: &World, path: &[Step], limit: Limit) {
        self.executions += 1;
        self.steps_max = self.steps_max.max(path.len());
        self.count_goroutines(world);
        self.record_limit(limit);
        if self.note_panics(program, world, path) {
            self.count_bad();
        }
    }

    /// Counts the goroutines of a state.
    pub fn count_goroutines(&mut self, world: &World) {
        self.goroutines = self.goroutines.max(world.count_goroutines());
    }

    /// Records a state in which no step is enabled. Its panics are noted apart: see
    /// [`Findings::note_panic`].
    pub fn end_state(
        &mut self,
        program: &dyn Program,
        world: &World,
        path: &mut dyn FnMut() -> Vec<Step>,
    ) -> End {
        if let Some(kept) = &mut self.kept {
            kept.push(path());
        }
        let end = world.end(program);
        match end {
            End::Complete => {}
            End::Cut => self.record_limit(Limit::Ticks),
            End::Panic => self.count_bad(),
            End::Leak | End::Deadlock => {
                self.count_bad();
                self.note(EndState::of_bad(program, world, end), end, 0, path);
            }
        }
        end
    }

    /// Records that a goroutine has panicked, in this state.
    pub fn note_panic(
        &mut self,
        program: &dyn Program,
        world: &World,
        id: GoroutineId,
        path: &mut dyn FnMut() -> Vec<Step>,
    ) {
        if !program.excuses(world.goroutines()[id.index()].local) {
            self.note(EndState::of_panic(program, world, id), End::Panic, 0, path);
        }
    }

    /// Records each panic that is new in a state. A panic ends the program at once, though the
    /// others may run on after it.
    pub(super) fn note_new_panics(
        &mut self,
        program: &dyn Program,
        before: &World,
        after: &World,
        path: &mut dyn FnMut() -> Vec<Step>,
    ) {
        for id in new_panics(before, after) {
            self.note_panic(program, after, id, path);
        }
    }

    /// Records that these goroutines can never move again, while the last steps of the path are a
    /// cycle in which others run on.
    pub fn note_starvation(
        &mut self,
        program: &dyn Program,
        world: &World,
        stuck: &[GoroutineId],
        path: Vec<Step>,
        cycle: usize,
    ) {
        self.count_bad();
        let key = EndState::of_stuck(program, world, stuck);
        let end = key.end;
        self.note(key, end, cycle, &mut || path.clone());
    }

    /// Records the executions that never end, each with a way to its state, and a ticker's limit
    /// that hides more of them. Returns false if the search for them was stopped.
    ///
    /// # Errors
    /// If the program has a fault.
    pub(super) fn record_starvation(
        &mut self,
        program: &dyn Program,
        store: &Store,
        way: impl Fn(usize) -> Vec<Step>,
        found: Result<(Vec<Starvation>, bool), Interrupted>,
    ) -> Result<bool, Fault> {
        let Some((found, cut)) = Interrupted::unless_stopped(found)? else {
            return Ok(false);
        };
        if cut {
            self.record_limit(Limit::Ticks);
        }
        for never in found {
            let world = store.world(never.state);
            let mut path = way(never.state);
            path.extend(&never.run);
            self.note_starvation(program, &world, &never.stuck, path, never.cycle);
        }
        Ok(true)
    }

    fn note_panics(&mut self, program: &dyn Program, world: &World, path: &[Step]) -> bool {
        for id in world.panicked() {
            self.note_panic(program, world, id, &mut || path.to_vec());
        }
        world.panicked().next().is_some()
    }

    fn count_bad(&mut self) {
        self.bad_executions += 1;
        self.first_bad.get_or_insert(self.executions.max(1));
    }

    fn note(&mut self, key: EndState, end: End, cycle: usize, path: &mut dyn FnMut() -> Vec<Step>) {
        if let Some(known) = self.bad.get_mut(&key) {
            known.count += 1;
        } else if self.bad.len() < BAD_MAX {
            self.bad.insert(
                key,
                Bad {
                    end,
                    path: path(),
                    cycle,
                    count: 1,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::explore::exhaustive::Exhaustive;
    use crate::explore::tests::crossed;
    use crate::explore::{Limits, Meter, Search};
    use crate::subject::Subject;
    use crate::sync::{choose, go, gosched};

    fn explore(steps_max: usize, kernel: impl Fn() + 'static) -> Findings {
        let mut program = Rc::new(kernel).program(1 << 16);
        let mut search = Exhaustive::new();
        let limits = Limits {
            steps_max,
            ..Limits::default()
        };
        let mut meter = Meter::new(limits, Arc::default());
        search.advance(program.as_mut(), &mut meter).unwrap();
        search.findings().clone()
    }

    /// A goroutine that has both locks goes on. The other can take its first lock before or after
    /// the last unlock: two interleavings of each. In two more each has one lock. The search takes
    /// main first, so the deadlock comes third.
    #[test]
    fn executions_are_counted_and_bad_ones_apart() {
        let findings = explore(100, crossed);
        assert_eq!(findings.executions, 6);
        assert_eq!((findings.steps_max, findings.goroutines), (9, 2));
        assert_eq!((findings.bad_executions, findings.first_bad), (2, Some(3)));
        assert!(findings.found_bad() && findings.complete);
        let [bad] = &findings.bad.values().collect::<Vec<_>>()[..] else {
            panic!("one end: {:?}", findings.bad)
        };
        assert_eq!((bad.end, bad.count), (End::Deadlock, 2));
        assert_eq!((bad.path.len(), bad.cycle), (3, 0));
    }

    #[test]
    fn an_execution_that_is_cut_after_a_panic_is_bad() {
        let endless = |panics: bool| {
            move || {
                go("other", move || assert!(!panics, "other's own"));
                loop {
                    gosched();
                }
            }
        };
        let bad = explore(5, endless(true));
        assert_eq!((bad.executions, bad.bad_executions), (1, 1));
        assert_eq!((bad.steps_max, bad.goroutines), (5, 2));
        assert_eq!(bad.limits, [Limit::Steps(5)]);
        let ends: Vec<End> = bad.bad.values().map(|bad| bad.end).collect();
        assert_eq!(ends, [End::Panic]);
        let good = explore(5, endless(false));
        assert_eq!((good.executions, good.bad_executions), (1, 0));
        assert!(!good.found_bad());
    }

    #[test]
    fn a_thousand_bad_ends_are_kept() {
        let findings = explore(100, || {
            let number = choose(1002);
            panic!("number {number}");
        });
        assert_eq!(findings.bad_executions, 1002);
        assert_eq!(findings.bad.len(), 1000);
        assert!(findings.bad.values().all(|bad| bad.count == 1));
    }

    #[test]
    fn a_limit_is_noted_once() {
        let mut findings = Findings::default();
        findings.record_limit(Limit::Ticks);
        findings.record_limit(Limit::Interrupt);
        findings.record_limit(Limit::Ticks);
        assert_eq!(findings.limits, [Limit::Ticks, Limit::Interrupt]);
    }
}
