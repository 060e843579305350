//! What a search has found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::limits::Limit;
use crate::execution::end_state::EndState;
use crate::model::{End, GoroutineId, Phase, Program, Step, World};

/// How many distinct bad end states are kept with their ways.
const BAD_MAX: usize = 1000;

/// What a search has found so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Findings {
    /// Executions that were explored to their ends.
    pub executions: u64,
    /// Executions that were begun and thrown away.
    pub discarded: u64,
    /// States that were visited, where the search remembers them.
    pub states: Option<u64>,
    /// Steps that were taken, all in all.
    pub steps: u64,
    /// Steps of the longest execution, or of the longest of the shortest ways to a state.
    pub steps_max: usize,
    /// Goroutines of the execution that has the most, the hidden ones of timers not counted.
    pub goroutines: usize,
    /// Whether nothing is left to explore. With no limit hit, this is a proof.
    pub complete: bool,
    /// The limits that were hit: those that cut an execution first.
    pub limits: Vec<Limit>,
    /// How many executions (or, of a search that remembers states, end states) are bad.
    pub bad_executions: u64,
    /// The first bad execution, counted from 1.
    pub first_bad: Option<u64>,
    /// Each distinct bad end state and the first way to it.
    pub bad: BTreeMap<EndState, Bad>,
    /// The executions that came to their ends (of a search that remembers states, a way to each
    /// state that is an end), if they are to be kept: this grows with their number.
    pub kept: Option<Vec<Vec<Step>>>,
}

/// A way to a bad end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bad {
    /// What is bad about it.
    pub end: End,
    /// The steps that lead there.
    pub path: Vec<Step>,
    /// If others run on for ever while a goroutine can never move again: how many of the last steps
    /// are the cycle in which they run.
    pub cycle: usize,
    /// In how many executions it was met.
    pub count: u64,
}

impl Findings {
    /// Notes a limit, once.
    pub fn hit(&mut self, limit: Limit) {
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }

    /// Whether something bad was found.
    #[must_use]
    pub fn found_bad(&self) -> bool {
        self.bad_executions > 0
    }

    /// Returns true if no other bad end can come than those that are kept.
    #[must_use]
    pub fn knows_all_bad_ends(&self) -> bool {
        self.complete && self.limits.is_empty() && self.bad.len() < BAD_MAX
    }

    /// Counts an execution that has come to its end by this path.
    pub fn ended(&mut self, program: &dyn Program, world: &World, path: &[Step]) -> End {
        self.executions += 1;
        self.steps_max = self.steps_max.max(path.len());
        self.see(world);
        let end = self.end_state(program, world, &mut || path.to_vec());
        self.note_panics(program, world, path);
        end
    }

    /// Counts an execution that a limit cut short.
    pub fn cut(&mut self, program: &dyn Program, world: &World, path: &[Step], limit: Limit) {
        self.executions += 1;
        self.steps_max = self.steps_max.max(path.len());
        self.see(world);
        self.hit(limit);
        if self.note_panics(program, world, path) {
            self.count_bad();
        }
    }

    /// Counts the goroutines of a state.
    pub fn see(&mut self, world: &World) {
        self.goroutines = self.goroutines.max(world.count_goroutines());
    }

    /// Looks at a state in which no step is enabled. The panics in it are noted apart: see
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
            End::Cut => self.hit(Limit::Ticks),
            End::Panic => self.count_bad(),
            End::Leak | End::Deadlock => {
                self.count_bad();
                self.note(EndState::of_bad(program, world, end), end, 0, path);
            }
        }
        end
    }

    /// Notes that a goroutine has panicked, in this state.
    pub fn note_panic(
        &mut self,
        program: &dyn Program,
        world: &World,
        id: GoroutineId,
        path: &mut dyn FnMut() -> Vec<Step>,
    ) {
        self.note(EndState::of_panic(program, world, id), End::Panic, 0, path);
    }

    /// Notes that these goroutines can never move again, while the last steps of the path are a
    /// cycle in which others run on.
    pub fn note_never_again(
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

    fn note_panics(&mut self, program: &dyn Program, world: &World, path: &[Step]) -> bool {
        let panicked =
            |id: &GoroutineId| matches!(world.goroutines()[id.index()].phase, Phase::Panicked(_));
        let all: Vec<GoroutineId> = (0..world.goroutines().len())
            .map(GoroutineId::from_index)
            .filter(panicked)
            .collect();
        for &id in &all {
            self.note_panic(program, world, id, &mut || path.to_vec());
        }
        !all.is_empty()
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
    use crate::explore::{Limits, Meter, Search};
    use crate::subject::Subject;
    use crate::sync::{choose, go, gosched, mutex};

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

    /// Whoever has both locks goes on, and the other can take its first lock before or after the
    /// last unlock: two interleavings of each. In two more each has one lock. Whoever comes first
    /// in the search is main, so that the deadlock comes third.
    #[test]
    fn executions_are_counted_and_bad_ones_apart() {
        let findings = explore(100, || {
            let (a, b) = (mutex("a", ()), mutex("b", ()));
            go("other", move || {
                let of_b = b.lock();
                let of_a = a.lock();
                of_a.unlock();
                of_b.unlock();
            });
            let of_a = a.lock();
            let of_b = b.lock();
            of_b.unlock();
            of_a.unlock();
        });
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
        findings.hit(Limit::Ticks);
        findings.hit(Limit::Interrupt);
        findings.hit(Limit::Ticks);
        assert_eq!(findings.limits, [Limit::Ticks, Limit::Interrupt]);
    }
}
