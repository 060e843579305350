//! The search that visits each state once, breadth first.
//!
//! A state is a [`World`]: the objects, and where each goroutine stands in its automaton
//! ([`Local`](crate::model::Local)). Two ways to the same state have the same futures, so only the
//! first is followed. Of two goroutines with steps a1 a2 and b1 b2 that do not touch each other the
//! six interleavings have nine states; each is visited once, and the second arrow into a state ends
//! there (`x`):
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
//! Nothing is hashed away: states are compared whole. Since a goroutine's local is a function of
//! all that it has been told, merging equal states loses nothing.
//!
//! Invariant: the states are stored in the order of their distance from the start; all before
//! `next` have had each of their steps taken. So the way to the first bad end is a shortest one. A
//! pass means that no reachable state is a bad end, and that no goroutine can come to where it
//! never moves again while others run on for ever: with a finite number of states a program that
//! never ends is proved, too.
//!
//! Explicit-state search with exact storage is as old as the field (Holzmann, "The Model Checker
//! SPIN", 1997, section III); here no reduction is mixed into it.

use serde::{Deserialize, Serialize};

use super::checkpoint::{misfit, of_another_kind, take_again};
use super::never_again::{Edges, Graph, NeverAgain, Stuck, has_panicked};
use super::store::{Store, Turn};
use super::{Cut, Findings, Limit, Meter, Progress, Search, SearchSnapshot};
use crate::model::{Fault, GoroutineId, Phase, Program, Step, World};

/// So many steps of one state are taken, at least, before the end of a slice is heeded.
const STEPS_A_SLICE: usize = 1024;

/// How far the search was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// Of each state, the one from which it was met first, and the step.
    pub from: Vec<(u32, Step)>,
    /// The first state whose steps have not all been taken.
    pub next: usize,
    /// How many of them have.
    pub at: usize,
    /// How far that one is from the start.
    pub depth: usize,
    /// The first state that is farther.
    pub farther: usize,
    /// Whether a step may have led to a state that is no farther from the start.
    pub may_cycle: bool,
    /// What it had found.
    pub findings: Findings,
}

/// The search.
#[derive(Debug, Default)]
pub struct Remembering {
    store: Store,
    /// The first state whose steps have not all been taken.
    next: usize,
    /// How many of them have.
    at: usize,
    /// The distance of the state `next` from the start, and the first state that is farther.
    depth: usize,
    farther: usize,
    enabled: Vec<Step>,
    /// A state that is not needed any more, for its memory.
    spare: World,
    /// The state that is looked at.
    current: World,
    /// Whether a step may have led to a state that is no farther from the start than where it was
    /// taken, as one of each cycle does.
    may_cycle: bool,
    /// Only executions with at most so many preemptions.
    preemptions_max: Option<u32>,
    findings: Findings,
}

impl Remembering {
    /// A search that has not begun.
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

    /// A search through the executions with at most so many preemptions: a switch away from a
    /// goroutine that could have gone on. A state counts once for each number of preemptions on the
    /// way to it, and for each goroutine that was running last.
    #[must_use]
    pub fn with_preemptions(max: u32) -> Self {
        Self {
            preemptions_max: Some(max),
            ..Self::default()
        }
    }

    /// Makes `world` the state of this index. Returns whose turn it is there, if that is counted.
    fn copy_state(&self, index: usize, world: &mut World) -> Option<Turn> {
        if self.preemptions_max.is_none() {
            self.store.copy_world(index, world);
            return None;
        }
        Some(self.store.copy_world_with_turn(index, world))
    }

    /// Whose turn it is after a step; `Err` if the step is one preemption too many.
    fn turn_after(
        &self,
        turn: Option<&Turn>,
        world: &World,
        step: Step,
        enabled: &[Step],
    ) -> Result<Option<Turn>, Limit> {
        let (Some(turn), Some(max)) = (turn, self.preemptions_max) else {
            return Ok(None);
        };
        let preempts = turn.running.preempts(world, step, enabled);
        let preemptions = turn.preemptions + u32::from(preempts);
        if preemptions > max {
            return Err(Limit::Preemptions(max));
        }
        Ok(Some(Turn {
            running: turn.running.after(world, step),
            preemptions,
        }))
    }

    /// The state that this step led to from the state of this index.
    fn meet_again(
        &self,
        program: &mut dyn Program,
        before: usize,
        step: Step,
    ) -> Result<(World, Option<Turn>), Fault> {
        let mut world = World::default();
        let turn = self.copy_state(before, &mut world);
        let mut enabled = Vec::new();
        if turn.is_some() {
            world.enabled(program, &mut enabled);
        }
        let turn = self
            .turn_after(turn.as_ref(), &world, step, &enabled)
            .map_err(|limit| misfit(limit.to_string()))?;
        take_again(program, &mut world, step)?;
        Ok((world, turn))
    }

    /// Takes the steps of a state that have not been taken, as far as the meter allows. Returns
    /// true if these were all.
    fn expand(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<bool, Fault> {
        let mut world = std::mem::take(&mut self.current);
        let turn = self.copy_state(self.next, &mut world);
        self.findings.see(&world);
        let mut enabled = std::mem::take(&mut self.enabled);
        let mut after = std::mem::take(&mut self.spare);
        world.enabled(program, &mut enabled);
        let mut whole = true;
        if enabled.is_empty() {
            let (store, next) = (&self.store, self.next);
            self.findings
                .end_state(program, &world, &mut || store.path(next));
        } else if let Some(limit) = meter.limits.cut(&world, self.depth) {
            self.findings.hit(limit);
        } else {
            for &step in &enabled[self.at.min(enabled.len())..] {
                let pauses =
                    self.at > 0 && self.at.is_multiple_of(STEPS_A_SLICE) && meter.slice_is_over();
                if pauses || meter.must_stop() {
                    break;
                }
                self.at += 1;
                let turn = match self.turn_after(turn.as_ref(), &world, step, &enabled) {
                    Ok(turn) => turn,
                    Err(limit) => {
                        self.findings.hit(limit);
                        continue;
                    }
                };
                after.clone_from(&world);
                after.take(program, step)?;
                self.findings.steps += 1;
                meter.spend_many(2);
                let from = u32::try_from(self.next).expect("an index of a state");
                let (index, new) = self.store.insert(&after, turn.as_ref(), (from, step))?;
                self.may_cycle |= index < self.farther;
                if new {
                    self.look_for_panic(program, &world, &after, index);
                }
            }
            whole = self.at >= enabled.len();
        }
        (self.enabled, self.spare, self.current) = (enabled, after, world);
        Ok(whole)
    }

    /// A panic ends a program at once, so it is noted where it happens and not where the others
    /// have run on to.
    fn look_for_panic(
        &mut self,
        program: &dyn Program,
        before: &World,
        after: &World,
        index: usize,
    ) {
        for (id, goroutine) in after.goroutines().iter().enumerate() {
            let id = GoroutineId::from_index(id);
            if matches!(goroutine.phase, Phase::Panicked(_))
                && before
                    .goroutine(id)
                    .is_none_or(|was| was.phase != goroutine.phase)
            {
                let store = &self.store;
                self.findings
                    .note_panic(program, after, id, &mut || store.path(index));
            }
        }
    }

    /// All states have been met: what never ends remains to be looked at. Returns false if that was
    /// broken off.
    fn finish(&mut self, program: &mut dyn Program, meter: &Meter) -> Result<bool, Fault> {
        let acyclic = !self.may_cycle || !program.may_cycle();
        if !self.findings.limits.is_empty() || acyclic {
            return Ok(true);
        }
        if let Some(max) = self.preemptions_max {
            // An endless run has preemptions without number, and none such was looked at.
            self.findings.hit(Limit::Preemptions(max));
            return Ok(true);
        }
        let found = self.never_again(program, meter);
        let Some((found, cut)) = Cut::unless_stopped(found)? else {
            return Ok(false);
        };
        if cut {
            self.findings.hit(Limit::Ticks);
        }
        for never in found {
            let world = self.store.world(never.state);
            let mut path = self.store.path(never.state);
            path.extend(&never.run);
            self.findings
                .note_never_again(program, &world, &never.stuck, path, never.cycle);
        }
        Ok(true)
    }
}

impl Remembering {
    fn never_again(
        &self,
        program: &mut dyn Program,
        meter: &Meter,
    ) -> Result<(Vec<NeverAgain>, bool), Cut> {
        let graph = self.graph(program, meter)?;
        let stuck = Stuck::of(program, &graph, |state| self.store.world(state), meter)?;
        Ok((stuck.ends(&graph, meter)?, stuck.cut))
    }

    /// The steps between all states that were met.
    fn graph(&self, program: &mut dyn Program, meter: &Meter) -> Result<Graph, Cut> {
        let mut edges = Edges::default();
        let mut enabled = Vec::new();
        for state in 0..self.store.len() {
            let world = self.store.world(state);
            if has_panicked(&world) {
                continue;
            }
            world.enabled(program, &mut enabled);
            for &step in &enabled {
                meter.go_on()?;
                let mut next = world.clone();
                next.take(program, step)?;
                let next = self.store.find(&next);
                let next = next.expect("a step leads to a state that was met");
                edges.push(state, next, step)?;
            }
        }
        Graph::of(edges, self.store.len(), meter)
    }
}

impl Search for Remembering {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        if self.store.len() == 0 {
            let start = World::start(program)?;
            let turn = self.preemptions_max.map(|_| Turn::default());
            self.store
                .insert(&start, turn.as_ref(), (0, Step::of(GoroutineId::MAIN)))?;
            self.farther = 1;
            let nobody = World::default();
            self.look_for_panic(program, &nobody, &start, 0);
        }
        while self.next < self.store.len() {
            if self.next == self.farther {
                self.farther = self.store.len();
                self.depth += 1;
            }
            if self.expand(program, meter)? {
                (self.next, self.at) = (self.next + 1, 0);
            }
            self.findings.states = Some(self.store.len() as u64);
            self.findings.steps_max = self.depth;
            meter.states_left((self.store.len() - self.next) as u64);
            let limit = meter
                .states(self.store.len() as u64, self.depth)
                .or_else(|| meter.out_of_time());
            if let Some(limit) = limit
                && self.next < self.store.len()
            {
                self.findings.hit(limit);
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
            self.findings.hit(limit);
        }
        self.findings.complete = self.findings.limits.is_empty();
        Ok(Progress::Done)
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn save(&self) -> Option<SearchSnapshot> {
        let mut from = Vec::new();
        from.try_reserve_exact(self.store.len()).ok()?;
        from.extend_from_slice(self.store.ways());
        Some(SearchSnapshot::Remembering(Snapshot {
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
        let SearchSnapshot::Remembering(stopped) = stopped else {
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
                let turn = self.preemptions_max.map(|_| Turn::default());
                (World::start(program)?, turn)
            } else if (before as usize) < index {
                self.meet_again(program, before as usize, step)?
            } else {
                return Err(misfit("a state was met before the one that it comes from"));
            };
            if self.store.insert(&world, turn.as_ref(), (before, step))? != (index, true) {
                return Err(misfit("two of its states are the same"));
            }
        }
        (self.next, self.at) = (next, at);
        (self.depth, self.farther) = (depth, farther);
        (self.findings, self.may_cycle) = (findings, may_cycle);
        Ok(())
    }
}
