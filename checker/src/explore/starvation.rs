//! Goroutines that can never move again while others run on for ever.
//!
//! In a program that runs for ever no state is an end, and still a goroutine may be stuck. It is
//! stuck in a state from which no state can be reached in which it moves. Such a state is a finding
//! if an infinite run begins there on which no more goroutines get stuck. Runs that end are judged
//! by their ends. A panic ends the program: what the others could do after it is not part of a run.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::breadth_first::{Bounds, Reached, walk};
use super::graph::{Edges, Graph, filled};
use super::{Interrupted, Limits, Meter};
use crate::model::{Fault, GoroutineId, Phase, Program, Step, World};

/// A state from which some goroutines can never move again, and an infinite run from it.
pub(super) struct Starvation {
    /// The state.
    pub(super) state: usize,
    /// The goroutines that are stuck.
    pub(super) stuck: Vec<GoroutineId>,
    /// Steps from the state into a cycle and once round it.
    pub(super) run: Vec<Step>,
    /// The number of last steps of the run that form the cycle.
    pub(super) cycle: usize,
}

/// A cycle at the end of a path in which others run on while some goroutines can never move again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cycle {
    /// The number of last steps that form the cycle; 0 if there is none.
    pub steps: usize,
    /// Names of the goroutines that can never move again.
    pub stuck: Vec<String>,
}

impl Cycle {
    /// Finds the cycle at the end of a path that a program can take. There is none if the path does
    /// not come back to a state on it, or if nobody is stuck beside the cycle. There is none either
    /// if more than `states_max` states follow, since then it is unknown who can move again.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn at_end(
        program: &mut dyn Program,
        path: &[Step],
        states_max: usize,
    ) -> Result<Self, Fault> {
        let mut end = World::start(program)?;
        for &step in path {
            end.advance(program, step)?;
        }
        // The states on the way are recomputed and not kept, since a path may be long.
        let (mut world, mut before) = (World::start(program)?, None);
        for (index, &step) in path.iter().enumerate() {
            if world == end {
                before = Some(index);
            }
            world.advance(program, step)?;
        }
        let Some(before) = before else {
            return Ok(Self::default());
        };
        let stuck = stuck_after(program, &end, states_max)?;
        let names = stuck.iter().map(|&id| program.goroutine(id).name);
        Ok(match stuck.len() {
            0 => Self::default(),
            _ => Self {
                steps: path.len() - before,
                stuck: names.collect(),
            },
        })
    }
}

/// Returns the goroutines that can never move again after a state in which others can. Returns none
/// if more than `states_max` states follow, or if a goroutine has panicked. It also returns none if
/// a ticker that has come to its limit would wake one of them.
fn stuck_after(
    program: &mut dyn Program,
    world: &World,
    states_max: usize,
) -> Result<Vec<GoroutineId>, Fault> {
    let mut movers: FxHashSet<GoroutineId> = FxHashSet::default();
    let bounds = Bounds {
        states_max,
        steps_max: usize::MAX,
    };
    let meter = Meter::new(Limits::default(), Arc::default());
    let reached = walk(program, world, bounds, &meter, |_, taken| {
        if !has_panicked(taken.before) {
            movers.extend(taken.step.movers());
        }
        Ok(())
    })?;
    let stuck = waiting(program, world, |id| !movers.contains(&id));
    let uncertain = |id: &GoroutineId| world.waits_for_a_cut_ticker(program, *id);
    if !reached.complete || has_panicked(world) || stuck.iter().any(uncertain) {
        return Ok(Vec::new());
    }
    Ok(stuck)
}

/// Returns true if a goroutine has panicked, which ends the program.
pub(super) fn has_panicked(world: &World) -> bool {
    world.panicked().next().is_some()
}

/// Returns the goroutines that have an operation to do and pass the test. It leaves out those that
/// may be blocked while others run on: daemons that only wait, and main after a `Goexit`.
fn waiting(
    program: &dyn Program,
    world: &World,
    test: impl Fn(GoroutineId) -> bool,
) -> Vec<GoroutineId> {
    let waits = |id: GoroutineId| {
        matches!(
            world.goroutines()[id.index()].phase,
            Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken
        )
    };
    let may = |id| world.may_wait(program, id) || world.has_exited(program, id);
    let is_stuck = |id: &GoroutineId| waits(*id) && test(*id) && !may(*id);
    world.ids().filter(is_stuck).collect()
}

/// Average number of steps per state after which a walk is abandoned.
pub const STEPS_A_STATE: usize = 64;

/// Walks over the states of a program and records the steps between them, without those after a
/// panic. Visits at most `states_max` states and takes at most [`STEPS_A_STATE`] times as many
/// steps.
///
/// # Errors
/// If the program has a fault.
pub(super) fn walk_noting_steps(
    program: &mut dyn Program,
    start: &World,
    states_max: usize,
    meter: &Meter,
) -> Result<(Reached, Edges), Fault> {
    let bounds = Bounds {
        states_max,
        steps_max: states_max.saturating_mul(STEPS_A_STATE),
    };
    let mut edges = Edges::default();
    let reached = walk(program, start, bounds, meter, |_, taken| {
        if let Some(to) = taken.to
            && !has_panicked(taken.before)
        {
            edges.push(taken.from, to, taken.step)?;
        }
        Ok(())
    })?;
    Ok((reached, edges))
}

/// The goroutines that can never move again, in each state from which an infinite run begins. Along
/// a run the set of stuck goroutines only grows. So each infinite run comes to a state from which
/// on the set stays the same: such a state is a bad end.
pub(super) struct Stuck {
    /// The sets of goroutines that are stuck together. The first is empty.
    sets: Vec<Vec<GoroutineId>>,
    /// The set of each state; empty if no infinite run begins there.
    of_state: Vec<u32>,
    /// True for each state with a stuck goroutine from which an infinite run begins on which the
    /// set stays the same.
    stays: Vec<bool>,
    /// True if a goroutine is stuck only because a ticker has come to its limit. What would come
    /// next is then unknown, as at such an end.
    pub(super) cut: bool,
}

impl Stuck {
    /// Finds them in all states of a graph.
    ///
    /// # Errors
    /// If it is stopped, or there is no memory for it.
    pub(super) fn of(
        program: &dyn Program,
        graph: &Graph,
        world: impl Fn(usize) -> World,
        meter: &Meter,
    ) -> Result<Self, Interrupted> {
        let endless = graph.endless(|_, _| true, meter)?;
        let movable = graph.movable(&endless, meter)?;
        let mut stuck = Self {
            sets: vec![Vec::new()],
            of_state: filled(0, graph.len())?,
            stays: Vec::new(),
            cut: false,
        };
        for state in (0..graph.len()).filter(|&state| endless[state]) {
            meter.go_on()?;
            let world = world(state);
            let can_move = |id: GoroutineId| {
                let states = movable.get(id.index());
                states.and_then(|states| states.get(state)).copied()
            };
            let set = waiting(program, &world, |id| can_move(id) != Some(true));
            let uncertain = |id: &GoroutineId| world.waits_for_a_cut_ticker(program, *id);
            if set.iter().any(uncertain) {
                stuck.cut = true;
            } else {
                stuck.of_state[state] = stuck.number(set);
            }
        }
        let set = &stuck.of_state;
        let stays = |state: usize, next: usize| set[state] != 0 && set[state] == set[next];
        stuck.stays = graph.endless(stays, meter)?;
        Ok(stuck)
    }

    /// Returns the number of a set. There are few sets: one for each end.
    fn number(&mut self, set: Vec<GoroutineId>) -> u32 {
        let known = self.sets.iter().position(|known| *known == set);
        let number = known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        });
        u32::try_from(number).expect("fewer sets than states")
    }

    /// Returns the goroutines that are stuck in a state that is a bad end.
    pub(super) fn at(&self, state: usize) -> Option<&[GoroutineId]> {
        let set = self.of_state[state] as usize;
        self.stays[state].then(|| self.sets[set].as_slice())
    }

    /// Returns true if there are bad ends.
    pub(super) fn is_any(&self) -> bool {
        self.stays.contains(&true)
    }

    /// Returns the bad ends: for each set of goroutines the first of these states.
    ///
    /// # Errors
    /// If it is stopped.
    pub(super) fn ends(
        &self,
        graph: &Graph,
        states: impl Iterator<Item = usize>,
        meter: &Meter,
    ) -> Result<Vec<Starvation>, Interrupted> {
        let mut ends: Vec<Starvation> = Vec::new();
        let mut known = vec![false; self.sets.len()];
        for state in states {
            let Some(stuck) = self.at(state) else {
                continue;
            };
            let set = self.of_state[state];
            if std::mem::replace(&mut known[set as usize], true) {
                continue;
            }
            let stays = |next: usize| self.stays[next] && self.of_state[next] == set;
            let (run, cycle) = graph.run_from(state, stays, meter)?;
            ends.push(Starvation {
                state,
                stuck: stuck.to_vec(),
                run,
                cycle,
            });
        }
        Ok(ends)
    }
}
