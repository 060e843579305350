//! What a search has found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::limits::Limit;
use crate::model::{End, GoroutineId, Phase, Program, Step, World};
use crate::report::end_state::EndState;

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
    /// The executions that came to their ends (of a search that remembers states, a way to each state that is an end), if they are to be kept:
    /// this grows with their number.
    pub kept: Option<Vec<Vec<Step>>>,
}

/// A way to a bad end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bad {
    /// What is bad about it.
    pub end: End,
    /// The steps that lead there.
    pub path: Vec<Step>,
    /// If others run on for ever while a goroutine can never move again: how many of the last steps are the cycle in which they run.
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

    /// Looks at a state in which no step is enabled. The panics in it are noted apart: see [`Findings::note_panic`].
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

    /// Notes that these goroutines can never move again, while the last steps of the path are a cycle in which others run on.
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
        self.note(key, End::Leak, cycle, &mut || path.clone());
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
