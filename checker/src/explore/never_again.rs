//! Goroutines that can never move again while others run on for ever.
//!
//! Where a program runs for ever no state is an end, and still a goroutine may be stuck. It is, in a state from which no state can be reached in which it
//! moves. Such a state is of interest if an infinite run begins there; runs that end are judged by their ends. A panic ends the
//! program: what the others could do after it is no part of a run.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Cut, Meter};
use crate::memory::reserve;
use crate::model::{Fault, Goroutine, GoroutineId, Phase, Program, Step, World};

/// A state from which some goroutines can never move again, and a run from it that goes on for ever.
pub(super) struct NeverAgain {
    /// The state.
    pub(super) state: usize,
    /// Those who are stuck.
    pub(super) stuck: Vec<GoroutineId>,
    /// Steps from the state into a cycle and once round it.
    pub(super) run: Vec<Step>,
    /// How many of the last steps of the run are the cycle.
    pub(super) cycle: usize,
}

/// The cycle at the end of a path in which others run on while some goroutines can never move again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cycle {
    /// How many of the last steps are the cycle; 0 if there is none.
    pub steps: usize,
    /// Those who can never move again, by their names.
    pub stuck: Vec<String>,
}

impl Cycle {
    /// Finds the cycle at the end of a path that a program can take. There is none where the path does not come
    /// back to a state that it went through, where nobody is stuck beside it, and where more than `states_max`
    /// states follow, since then nobody knows who can move again.
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
            end.take(program, step)?;
        }
        // The states on the way are made again and not kept: a path may be long.
        let (mut world, mut before) = (World::start(program)?, None);
        for (index, &step) in path.iter().enumerate() {
            if world == end {
                before = Some(index);
            }
            world.take(program, step)?;
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

/// Returns those who can never move again after a state in which others can; nobody if more than `states_max` states follow,
/// if somebody has panicked, or if a ticker that has come to its limit would wake one of them.
fn stuck_after(
    program: &mut dyn Program,
    world: &World,
    states_max: usize,
) -> Result<Vec<GoroutineId>, Fault> {
    let mut known = FxHashSet::from_iter([world.clone()]);
    let mut todo = vec![world.clone()];
    let mut movers: FxHashSet<GoroutineId> = FxHashSet::default();
    let mut enabled = Vec::new();
    while let Some(state) = todo.pop() {
        if has_panicked(&state) {
            continue;
        }
        state.enabled(program, &mut enabled);
        movers.extend(enabled.iter().flat_map(Step::movers));
        for &step in &enabled {
            let mut next = state.clone();
            next.take(program, step)?;
            if known.insert(next.clone()) {
                todo.push(next);
            }
        }
        if known.len() > states_max {
            return Ok(Vec::new());
        }
    }
    let stuck = waiting(world, |id| !movers.contains(&id));
    let uncertain = |id: &GoroutineId| world.waits_for_a_cut_ticker(program, *id);
    if has_panicked(world) || stuck.iter().any(uncertain) {
        return Ok(Vec::new());
    }
    Ok(stuck)
}

/// Returns true if a goroutine has panicked, which ends the program.
pub(super) fn has_panicked(world: &World) -> bool {
    let panicked = |it: &Goroutine| matches!(it.phase, Phase::Panicked(_));
    world.goroutines().iter().any(panicked)
}

/// Returns the goroutines that are about to do something, as far as the test holds of them.
fn waiting(world: &World, test: impl Fn(GoroutineId) -> bool) -> Vec<GoroutineId> {
    let waits = |id: &GoroutineId| {
        matches!(
            world.goroutines()[id.index()].phase,
            Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken
        )
    };
    (0..world.goroutines().len())
        .map(GoroutineId::from_index)
        .filter(|id| waits(id) && test(*id))
        .collect()
}

/// The steps between the states of a program, which have numbers.
pub(super) struct Graph {
    /// Where the edges of each state begin; one more at the end.
    begins: Vec<usize>,
    edges: Vec<(u32, Step)>,
    /// The same the other way round: where the edges into each state begin, and where they come from.
    leading_begins: Vec<usize>,
    into: Vec<u32>,
}

/// The states from which infinite runs begin, and those from which each goroutine can still move.
pub(super) struct Futures {
    pub(super) endless: Vec<bool>,
    movable: Vec<Vec<bool>>,
}

impl Futures {
    /// Finds both.
    ///
    /// # Errors
    /// If it is stopped, or there is no memory for it.
    pub(super) fn of(graph: &Graph, meter: &Meter) -> Result<Self, Cut> {
        let endless = graph.endless(meter)?;
        let mut movers: Vec<GoroutineId> = Vec::new();
        if endless.contains(&true) {
            let moving = graph.edges.iter().flat_map(|(_, step)| step.movers());
            movers = moving.collect::<FxHashSet<_>>().into_iter().collect();
        }
        let count = movers.iter().map(|id| id.index() + 1).max().unwrap_or(0);
        let mut movable = vec![Vec::new(); count];
        for id in movers {
            movable[id.index()] = graph.can_move(id, meter)?;
        }
        Ok(Self { endless, movable })
    }

    /// Returns those who can never move again though others run on for ever.
    pub(super) fn stuck(&self, state: usize, world: &World) -> Vec<GoroutineId> {
        if !self.endless[state] {
            return Vec::new();
        }
        let can_move = |id: GoroutineId| {
            let of_goroutine = self.movable.get(id.index());
            of_goroutine.and_then(|states| states.get(state)).copied()
        };
        waiting(world, |id| can_move(id) != Some(true))
    }
}

/// Looks for them in all states: one for each set of goroutines, a nearest one. The second is whether somebody is stuck only since a ticker has come
/// to its limit: then nobody can say what would come next, as at such an end.
///
/// # Errors
/// If it is stopped, or there is no memory for it.
pub(super) fn find(
    program: &dyn Program,
    graph: &Graph,
    world: impl Fn(usize) -> World,
    meter: &Meter,
) -> Result<(Vec<NeverAgain>, bool), Cut> {
    let futures = Futures::of(graph, meter)?;
    let mut found: Vec<NeverAgain> = Vec::new();
    let mut cut = false;
    for state in (0..graph.len()).filter(|&state| futures.endless[state]) {
        meter.go_on()?;
        let world = world(state);
        let stuck = futures.stuck(state, &world);
        let uncertain = |id: &GoroutineId| world.waits_for_a_cut_ticker(program, *id);
        if stuck.iter().any(uncertain) {
            cut = true;
        } else if !stuck.is_empty() && found.iter().all(|known| known.stuck != stuck) {
            let (run, cycle) = graph.run_from(state, &futures.endless, meter)?;
            found.push(NeverAgain {
                state,
                stuck,
                run,
                cycle,
            });
        }
    }
    Ok((found, cut))
}

impl Graph {
    /// Makes a graph of the edges of each state, one state after the other. A state in which
    /// somebody has panicked has none.
    ///
    /// # Errors
    /// If it is stopped, or there is no memory for it.
    pub(super) fn of(
        begins: Vec<usize>,
        edges: Vec<(u32, Step)>,
        meter: &Meter,
    ) -> Result<Self, Cut> {
        let mut graph = Self {
            leading_begins: filled(0, begins.len())?,
            into: filled(0, edges.len())?,
            begins,
            edges,
        };
        for &(next, _) in &graph.edges {
            graph.leading_begins[next as usize + 1] += 1;
        }
        for state in 0..graph.len() {
            graph.leading_begins[state + 1] += graph.leading_begins[state];
        }
        let mut at = filled(0, graph.begins.len())?;
        at.copy_from_slice(&graph.leading_begins);
        for state in 0..graph.len() {
            meter.go_on()?;
            for edge in graph.begins[state]..graph.begins[state + 1] {
                let next = graph.edges[edge].0 as usize;
                graph.into[at[next]] = u32::try_from(state).expect("an index of a state");
                at[next] += 1;
            }
        }
        Ok(graph)
    }

    fn len(&self) -> usize {
        self.begins.len() - 1
    }

    fn of_state(&self, state: usize) -> &[(u32, Step)] {
        &self.edges[self.begins[state]..self.begins[state + 1]]
    }

    fn leading_to(&self, state: usize) -> &[u32] {
        &self.into[self.leading_begins[state]..self.leading_begins[state + 1]]
    }

    /// Of each state, whether an infinite run begins there: what is left when states without a way on are taken away, again and
    /// again.
    fn endless(&self, meter: &Meter) -> Result<Vec<bool>, Cut> {
        let count = self.len();
        let (mut ways, mut endless) = (filled(0, count)?, filled(true, count)?);
        let mut ended = Vec::new();
        for (state, ways) in ways.iter_mut().enumerate() {
            *ways = self.of_state(state).len();
            if *ways == 0 {
                reserve(&mut ended, 1)?;
                ended.push(state);
            }
        }
        while let Some(state) = ended.pop() {
            meter.go_on()?;
            endless[state] = false;
            for &before in self.leading_to(state) {
                ways[before as usize] -= 1;
                if ways[before as usize] == 0 {
                    reserve(&mut ended, 1)?;
                    ended.push(before as usize);
                }
            }
        }
        Ok(endless)
    }

    /// Of each state, whether the goroutine moves in some run from there.
    fn can_move(&self, id: GoroutineId, meter: &Meter) -> Result<Vec<bool>, Cut> {
        let mut can = filled(false, self.len())?;
        let mut todo = Vec::new();
        for (state, can) in can.iter_mut().enumerate() {
            meter.go_on()?;
            *can = self.of_state(state).iter().any(|(_, step)| step.moves(id));
            if *can {
                reserve(&mut todo, 1)?;
                todo.push(state);
            }
        }
        while let Some(state) = todo.pop() {
            meter.go_on()?;
            for &before in self.leading_to(state) {
                if !std::mem::replace(&mut can[before as usize], true) {
                    reserve(&mut todo, 1)?;
                    todo.push(before as usize);
                }
            }
        }
        Ok(can)
    }

    /// A run from this state that goes on for ever: into a cycle and once round it, and the length of the cycle.
    fn run_from(
        &self,
        mut state: usize,
        endless: &[bool],
        meter: &Meter,
    ) -> Result<(Vec<Step>, usize), Cut> {
        let mut visited = FxHashMap::from_iter([(state, 0)]);
        let mut run = Vec::new();
        loop {
            meter.go_on()?;
            let (next, step) = self
                .of_state(state)
                .iter()
                .find(|(next, _)| endless[*next as usize])
                .expect("an endless state has an endless successor");
            run.push(*step);
            state = *next as usize;
            if let Some(first) = visited.insert(state, run.len()) {
                let cycle = run.len() - first;
                return Ok((run, cycle));
            }
        }
    }
}

/// So many times the same.
fn filled<T: Clone>(item: T, count: usize) -> Result<Vec<T>, Fault> {
    let mut items = Vec::new();
    reserve(&mut items, count)?;
    items.resize(count, item);
    Ok(items)
}
