//! The search that visits each state once, breadth first.
//!
//! A state is a [`World`]: the objects, and where each goroutine stands in its automaton
//! ([`LocalState`](crate::model::LocalState)). Two ways to the same state have the same futures, so
//! only the first is followed. Take two goroutines with steps a1 a2 and b1 b2 that share no object.
//! Their six interleavings have nine states. Each is visited once, and the second arrow into a
//! state ends there (`x`):
//!
//! ```text
//! start ─a1─▶ 10 ─a2─▶ 20 ─b1─▶ 21 ─b2─▶ 22
//!   │b1        │b1              ▲x       ▲x
//!   ▼          ▼                │        │
//!  01 ──a1x─▶ 11 ──────a2x──────┘        │
//!   │b2        │b2                       │
//!   ▼          ▼                         │
//!  02 ──a1x─▶ 12 ──────a2x───────────────┘
//! ```
//!
//!
//! States are compared whole, and not by a hash. A goroutine's local state is a function of the
//! outcomes of all its operations, so merging equal states loses nothing.
//!
//! Invariant: the states are stored in the order of their distance from the start. All before
//! `next` have had each of their steps taken. So the first way found to a bad end is a shortest
//! one.
//!
//! A pass means that no reachable state is a bad end. It also means that no goroutine can get stuck
//! for ever while others run on. So a program that never ends is proved, too, if its states are
//! finitely many.
//!
//! Explicit-state search with exact storage is as old as the field (Holzmann, "The Model Checker
//! SPIN", 1997, section III). Here it is combined with no reduction.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::checkpoint::{mismatch, of_another_kind, take_again};
use super::graph::Graph;
use super::levels::{Helpers, Levels, Taken};
use super::starvation::{Starvation, Stuck, has_panicked};
use super::store::{SchedulerState, Store, hash};
use super::{Activity, Findings, Interrupted, Limit, Meter, Progress, Search, SearchSnapshot};
use crate::model::{Fault, Fork, GoroutineId, Program, Step, World};

/// Least number of steps taken from one state before the end of a slice is heeded.
const STEPS_A_SLICE: usize = 1024;

/// The state of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The state from which each one was first met, and the step.
    pub from: Vec<(u32, Step)>,
    /// The first state whose steps have not all been taken.
    pub next: usize,
    /// Number of its steps that have been taken.
    pub at: usize,
    /// The distance of that state from the start.
    pub depth: usize,
    /// The first state that is farther from the start.
    pub farther: usize,
    /// True if a step may have led to a state that is no farther from the start.
    pub may_cycle: bool,
    /// The findings so far.
    pub findings: Findings,
}

/// The stateful search.
#[derive(Debug, Default)]
pub struct Stateful {
    store: Store,
    /// The first state whose steps have not all been taken.
    next: usize,
    /// Number of its steps that have been taken.
    at: usize,
    /// The distance of the state `next` from the start, and the first state that is farther.
    depth: usize,
    farther: usize,
    /// True if a step may have led to a state that is no farther from the start than the one before
    /// it. Every cycle has such a step.
    may_cycle: bool,
    /// Most preemptions of an execution, if they are bounded.
    preemptions_max: Option<u32>,
    hand: Hand,
    findings: Findings,
}

/// The tools with which a search takes steps.
#[derive(Debug, Default)]
struct Hand {
    /// The state whose steps are taken, and the steps.
    fork: Fork,
    enabled: Vec<Step>,
    /// The bytes of the state to which a step leads.
    encoded: Vec<u8>,
    /// The steps that other threads took ahead. They are known to be those of these states.
    levels: Levels,
}

impl Stateful {
    /// Returns a search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps all executions in [`Findings::kept`].
    #[must_use]
    pub fn keeping_executions(mut self) -> Self {
        self.findings.kept = Some(Vec::new());
        self
    }

    /// Returns a search of the executions with at most `max` preemptions. A preemption is a switch
    /// away from a goroutine that could have gone on. A state counts once for each number of
    /// preemptions on the way to it and each goroutine that ran last.
    #[must_use]
    pub fn with_preemptions(max: u32) -> Self {
        Self {
            preemptions_max: Some(max),
            ..Self::default()
        }
    }

    /// Lets these threads take steps ahead, if all that is known of the program is [`Learned`].
    /// Nothing that the search finds depends on their number. A search with a bound on
    /// [preemptions](Self::with_preemptions) has no use for them.
    ///
    /// [`Learned`]: crate::model::Learned
    #[must_use]
    pub fn with_helpers(mut self, helpers: Arc<Helpers>) -> Self {
        self.hand.levels.set_helpers(helpers);
        self
    }

    /// Lets threads take this many states at once. Few are of use to tests only.
    #[must_use]
    pub fn in_slices_of(mut self, states: usize) -> Self {
        self.hand.levels.set_slice(states);
        self
    }

    /// Returns the number of states whose steps were taken ahead, on whatever thread.
    #[must_use]
    pub fn taken_ahead(&self) -> u64 {
        self.hand.levels.taken
    }

    /// Returns the state of this index: the scheduler's part of it, if preemptions are counted, and
    /// the bytes of the rest.
    fn state(&self, index: usize) -> (Option<SchedulerState>, &[u8]) {
        let mut bytes = self.store.encoded(index);
        let turn = self
            .preemptions_max
            .map(|_| SchedulerState::decode(&mut bytes));
        (turn, bytes)
    }

    /// Returns the scheduler's state after a step; `Err` if the step is one preemption too many.
    fn turn_after(
        &self,
        turn: &SchedulerState,
        world: &World,
        step: Step,
        enabled: &[Step],
    ) -> Result<SchedulerState, Limit> {
        let preempts = turn.running.preempts(world, step, enabled);
        let preemptions = turn.preemptions + u32::from(preempts);
        match self.preemptions_max {
            Some(max) if preemptions > max => Err(Limit::Preemptions(max)),
            _ => Ok(SchedulerState {
                running: turn.running.after(world, step),
                preemptions,
            }),
        }
    }

    /// Returns the state to which this step led from the state of this index.
    fn meet_again(
        &self,
        program: &mut dyn Program,
        before: usize,
        step: Step,
    ) -> Result<(World, Option<SchedulerState>), Fault> {
        let (turn, bytes) = self.state(before);
        let mut world = World::decode(bytes);
        let mut enabled = Vec::new();
        if turn.is_some() {
            world.enabled(program, &mut enabled);
        }
        let turn = turn.map(|turn| self.turn_after(&turn, &world, step, &enabled));
        let turn = turn
            .transpose()
            .map_err(|limit| mismatch(limit.to_string()))?;
        take_again(program, &mut world, step)?;
        Ok((world, turn))
    }

    /// Goes through the remaining steps of a state that has this many, as far as the meter allows.
    /// `take` takes one, unless it is cut short, and returns where it leads. Returns true if none
    /// is left.
    fn take_steps(
        &mut self,
        count: usize,
        meter: &mut Meter,
        mut take: impl FnMut(&mut Self, usize) -> Result<Option<usize>, Fault>,
    ) -> Result<bool, Fault> {
        while self.at < count {
            // A slice takes many steps at least, so that copying the state does not dominate.
            let pauses =
                self.at > 0 && self.at.is_multiple_of(STEPS_A_SLICE) && meter.slice_is_over();
            if pauses || meter.must_stop() {
                return Ok(false);
            }
            self.at += 1;
            let Some(index) = take(self, self.at - 1)? else {
                continue;
            };
            self.findings.steps += 1;
            meter.spend_many(2);
            self.may_cycle |= index < self.farther;
        }
        Ok(true)
    }

    /// Goes through the steps of the next state, which were taken ahead.
    fn enter(&mut self, taken: &Taken<'_>, meter: &mut Meter) -> Result<bool, Fault> {
        self.findings.goroutines = self.findings.goroutines.max(taken.goroutines);
        if let Some(limit) = meter.limits.cut_at(taken.goroutines, self.depth) {
            self.findings.record_limit(limit);
            return Ok(true);
        }
        let from = u32::try_from(self.next).expect("an index of a state");
        let mut new = taken.new_states();
        self.take_steps(taken.len(), meter, |search, nth| {
            if let Some(met) = taken.met(nth) {
                return Ok(Some(met));
            }
            let (step, state) = new.next().expect("each step that meets none is among them");
            let (index, _) = search.store.insert_encoded(state, (from, step))?;
            Ok(Some(index))
        })
    }

    /// Takes the remaining steps of a state, as far as the meter allows. Returns true if it took
    /// all.
    fn expand(
        &mut self,
        program: &mut dyn Program,
        hand: &mut Hand,
        meter: &mut Meter,
    ) -> Result<bool, Fault> {
        let Hand {
            fork,
            enabled,
            encoded,
            ..
        } = hand;
        let (turn, bytes) = self.state(self.next);
        fork.read(bytes);
        self.findings.count_goroutines(fork.before());
        fork.before().enabled(program, enabled);
        if enabled.is_empty() {
            let (store, next) = (&self.store, self.next);
            self.findings
                .end_state(program, fork.before(), &mut || store.path(next));
            return Ok(true);
        }
        if let Some(limit) = meter.limits.cut(fork.before(), self.depth) {
            self.findings.record_limit(limit);
            return Ok(true);
        }
        let from = u32::try_from(self.next).expect("an index of a state");
        self.take_steps(enabled.len(), meter, |search, nth| {
            let step = enabled[nth];
            encoded.clear();
            if let Some(turn) = &turn {
                match search.turn_after(turn, fork.before(), step, enabled) {
                    Ok(turn) => turn.encode(encoded),
                    Err(limit) => {
                        search.findings.record_limit(limit);
                        return Ok(None);
                    }
                }
            }
            fork.take(program, step)?;
            fork.encode_after(encoded);
            let state = (hash(encoded), encoded.as_slice());
            let (index, new) = search.store.insert_encoded(state, (from, step))?;
            if new && fork.panics() {
                let (before, after, store) = (fork.before(), fork.after(), &search.store);
                search
                    .findings
                    .note_new_panics(program, before, after, &mut || store.path(index));
            }
            Ok(Some(index))
        })
    }

    /// Does all that is left to do at the next state, as far as the meter allows. Returns true if
    /// that is all.
    fn go_on(
        &mut self,
        program: &mut dyn Program,
        hand: &mut Hand,
        meter: &mut Meter,
    ) -> Result<bool, Fault> {
        if self.preemptions_max.is_none() {
            let states = self.next..self.farther;
            hand.levels.go_ahead(program, &self.store, states, meter);
        }
        // Where it has paused within a state, it goes on by itself.
        match hand.levels.of(self.next).filter(|_| self.at == 0) {
            Some(taken) => self.enter(&taken, meter),
            None => self.expand(program, hand, meter),
        }
    }

    /// Finishes the search once all states have been met: looks for executions that never end.
    /// Returns false if that was stopped.
    fn finish(&mut self, program: &mut dyn Program, meter: &Meter) -> Result<bool, Fault> {
        let may_cycle = program.learner().is_none_or(|learner| learner.may_cycle());
        let acyclic = !self.may_cycle || !may_cycle;
        if !self.findings.limits.is_empty() || acyclic {
            return Ok(true);
        }
        if let Some(max) = self.preemptions_max {
            // An infinite run has infinitely many preemptions, so none was explored.
            self.findings.record_limit(Limit::Preemptions(max));
            return Ok(true);
        }
        meter.watch.begin(Activity::LooksForCycles);
        let found = self.starvation(program, meter);
        meter.watch.begin(Activity::Explores);
        let store = &self.store;
        self.findings
            .record_starvation(program, store, |state| store.path(state), found)
    }
}

impl Stateful {
    /// Does what [`Search::advance`] does.
    fn advance_with(
        &mut self,
        program: &mut dyn Program,
        hand: &mut Hand,
        meter: &mut Meter,
    ) -> Result<Progress, Fault> {
        if self.store.len() == 0 {
            let start = World::start(program)?;
            let turn = self.preemptions_max.map(|_| SchedulerState::default());
            self.store
                .insert(&start, turn.as_ref(), (0, Step::of(GoroutineId::MAIN)))?;
            self.farther = 1;
            let nobody = World::default();
            let store = &self.store;
            self.findings
                .note_new_panics(program, &nobody, &start, &mut || store.path(0));
        }
        while self.next < self.store.len() {
            // States lie in the order of their distance from the start.
            if self.next == self.farther {
                self.farther = self.store.len();
                self.depth += 1;
            }
            if self.go_on(program, hand, meter)? {
                (self.next, self.at) = (self.next + 1, 0);
            }
            self.findings.states = Some(self.store.len() as u64);
            self.findings.steps_max = self.depth;
            meter.states_left((self.store.len() - self.next) as u64);
            let limit = meter
                .states(self.store.len() as u64, self.depth)
                .or_else(|| meter.out_of_time());
            // A limit after the last state leaves nothing out.
            if let Some(limit) = limit
                && self.next < self.store.len()
            {
                self.findings.record_limit(limit);
                return Ok(Progress::Done);
            }
            if meter.slice_is_over() {
                return Ok(Progress::Paused);
            }
        }
        if !self.finish(program, meter)? {
            let Some(limit) = meter.over_now() else {
                return Ok(Progress::Paused);
            };
            self.findings.record_limit(limit);
        }
        self.findings.complete = self.findings.limits.is_empty();
        Ok(Progress::Done)
    }

    fn starvation(
        &self,
        program: &mut dyn Program,
        meter: &Meter,
    ) -> Result<(Vec<Starvation>, bool), Interrupted> {
        let graph = self.graph(program, meter)?;
        let world = |state| self.store.world(state);
        let stuck = Stuck::of(program, &graph, world, meter)?;
        Ok((stuck.ends(&graph, 0..graph.len(), meter)?, stuck.cut))
    }

    /// Returns the steps between all states that were met.
    fn graph(&self, program: &mut dyn Program, meter: &Meter) -> Result<Graph, Interrupted> {
        let keep = |_, world: &World, steps: &mut Vec<Step>| {
            if has_panicked(world) {
                steps.clear();
            }
        };
        let mut scratch = Vec::new();
        Graph::of_store(
            program,
            &self.store,
            meter,
            keep,
            |program, (_, fork), step, _| {
                fork.take(program, step)?;
                let next = self
                    .store
                    .find_by(&mut scratch, |bytes| fork.encode_after(bytes));
                Ok(next.expect("a step leads to a state that was met"))
            },
        )
    }
}

impl Search for Stateful {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        let mut hand = std::mem::take(&mut self.hand);
        let progress = self.advance_with(program, &mut hand, meter);
        self.hand = hand;
        progress
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn save(&self) -> Option<SearchSnapshot> {
        let mut from = Vec::new();
        from.try_reserve_exact(self.store.len()).ok()?;
        let ways = self.store.ways();
        let way = |state| Some((ways.before(state), ways.moves(state).next()?.step));
        from.extend((0..ways.len()).filter_map(way));
        Some(SearchSnapshot::Stateful(Snapshot {
            from,
            next: self.next,
            at: self.at,
            depth: self.depth,
            farther: self.farther,
            may_cycle: self.may_cycle,
            findings: self.findings.clone(),
        }))
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        let SearchSnapshot::Stateful(stopped) = stopped else {
            return Err(of_another_kind());
        };
        let Snapshot {
            from,
            next,
            at,
            depth,
            farther,
            may_cycle,
            findings,
        } = stopped;
        for (index, &(before, step)) in from.iter().enumerate() {
            let (world, turn) = if index == 0 {
                let turn = self.preemptions_max.map(|_| SchedulerState::default());
                (World::start(program)?, turn)
            } else if (before as usize) < index {
                self.meet_again(program, before as usize, step)?
            } else {
                return Err(mismatch(
                    "a state was met before the one that it comes from",
                ));
            };
            if self.store.insert(&world, turn.as_ref(), (before, step))? != (index, true) {
                return Err(mismatch("two of its states are the same"));
            }
        }
        (self.next, self.at) = (next, at);
        (self.depth, self.farther) = (depth, farther);
        (self.findings, self.may_cycle) = (findings, may_cycle);
        Ok(())
    }
}
