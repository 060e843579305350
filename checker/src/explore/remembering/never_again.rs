//! Goroutines that can never move again while others run on for ever.
//!
//! Where a program runs for ever no state is an end, and still a goroutine may be stuck. It is, in a state from which no state can be reached in which it
//! moves. Such a state is of interest if an infinite run begins there; runs that end are judged by their ends.

use rustc_hash::FxHashSet;

use super::store::Store;
use crate::model::{Fault, Goroutine, GoroutineId, Phase, Program, Step};

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

/// The steps between the states of a store.
struct Graph {
    /// Where the edges of each state begin; one more at the end.
    begins: Vec<usize>,
    edges: Vec<(u32, Step)>,
    /// The same the other way round: where the edges into each state begin, and where they come from.
    leading_begins: Vec<usize>,
    into: Vec<u32>,
}

/// Looks for them in all states: one for each set of goroutines, a nearest one. The second is whether somebody is stuck only since a ticker has come
/// to its limit: then nobody can say what would come next, as at such an end. After a panic nothing goes on for ever, since it ends the program.
pub(super) fn find(
    program: &mut dyn Program,
    store: &mut Store,
) -> Result<(Vec<NeverAgain>, bool), Fault> {
    let graph = Graph::of(program, store)?;
    let endless = graph.endless();
    if !endless.contains(&true) {
        return Ok((Vec::new(), false));
    }
    let goroutines: FxHashSet<GoroutineId> = graph
        .edges
        .iter()
        .flat_map(|(_, step)| step.movers())
        .collect();
    let count = (0..store.len())
        .map(|s| store.world(s).goroutines().len())
        .max()
        .unwrap_or(0);
    let movable: Vec<Vec<bool>> = (0..count)
        .map(GoroutineId::from_index)
        .map(|id| {
            if goroutines.contains(&id) {
                graph.can_move(id)
            } else {
                Vec::new()
            }
        })
        .collect();
    let mut found: Vec<NeverAgain> = Vec::new();
    let mut cut = false;
    for state in (0..store.len()).filter(|&state| endless[state]) {
        let world = store.world(state);
        let has_panicked = |it: &Goroutine| matches!(it.phase, Phase::Panicked(_));
        if world.goroutines().iter().any(has_panicked) {
            continue;
        }
        let is_stuck = |id: &GoroutineId| {
            let phase = world.goroutines()[id.index()].phase;
            let waits = matches!(
                phase,
                Phase::Ready | Phase::Announced | Phase::Waiting | Phase::Woken
            );
            waits && !movable[id.index()].get(state).copied().unwrap_or(false)
        };
        let stuck: Vec<GoroutineId> = (0..world.goroutines().len())
            .map(GoroutineId::from_index)
            .filter(is_stuck)
            .collect();
        if stuck
            .iter()
            .any(|&id| world.waits_for_a_cut_ticker(program, id))
        {
            cut = true;
            continue;
        }
        if !stuck.is_empty() && found.iter().all(|known| known.stuck != stuck) {
            let (run, cycle) = graph.run_from(state, &endless);
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
    fn of(program: &mut dyn Program, store: &mut Store) -> Result<Self, Fault> {
        let mut graph = Self {
            begins: vec![0],
            edges: Vec::new(),
            leading_begins: vec![0; store.len() + 1],
            into: Vec::new(),
        };
        let mut enabled = Vec::new();
        for state in 0..store.len() {
            let world = store.world(state);
            world.enabled(program, &mut enabled);
            for &step in &enabled {
                let mut next = world.clone();
                next.take(program, step)?;
                let (next, new) = store.insert(&next, None, (0, step))?;
                assert!(!new, "a step leads out of the states that were met");
                graph
                    .edges
                    .push((u32::try_from(next).expect("an index of a state"), step));
            }
            graph.begins.push(graph.edges.len());
        }
        for &(next, _) in &graph.edges {
            graph.leading_begins[next as usize + 1] += 1;
        }
        for state in 0..store.len() {
            graph.leading_begins[state + 1] += graph.leading_begins[state];
        }
        let mut at = graph.leading_begins.clone();
        graph.into = vec![0; graph.edges.len()];
        for state in 0..store.len() {
            for edge in graph.begins[state]..graph.begins[state + 1] {
                let next = graph.edges[edge].0 as usize;
                graph.into[at[next]] = u32::try_from(state).expect("an index of a state");
                at[next] += 1;
            }
        }
        Ok(graph)
    }

    fn of_state(&self, state: usize) -> &[(u32, Step)] {
        &self.edges[self.begins[state]..self.begins[state + 1]]
    }

    fn leading_to(&self, state: usize) -> &[u32] {
        &self.into[self.leading_begins[state]..self.leading_begins[state + 1]]
    }

    /// Of each state, whether an infinite run begins there: what is left when states without a way on are taken away, again and
    /// again.
    fn endless(&self) -> Vec<bool> {
        let count = self.begins.len() - 1;
        let mut ways: Vec<usize> = (0..count).map(|state| self.of_state(state).len()).collect();
        let mut endless = vec![true; count];
        let mut ended: Vec<usize> = (0..count).filter(|&state| ways[state] == 0).collect();
        while let Some(state) = ended.pop() {
            endless[state] = false;
            for &before in self.leading_to(state) {
                ways[before as usize] -= 1;
                if ways[before as usize] == 0 {
                    ended.push(before as usize);
                }
            }
        }
        endless
    }

    /// Of each state, whether the goroutine moves in some run from there.
    fn can_move(&self, id: GoroutineId) -> Vec<bool> {
        let count = self.begins.len() - 1;
        let mut can: Vec<bool> = (0..count)
            .map(|state| self.of_state(state).iter().any(|(_, step)| step.moves(id)))
            .collect();
        let mut todo: Vec<usize> = (0..count).filter(|&state| can[state]).collect();
        while let Some(state) = todo.pop() {
            for &before in self.leading_to(state) {
                if !std::mem::replace(&mut can[before as usize], true) {
                    todo.push(before as usize);
                }
            }
        }
        can
    }

    /// A run from this state that goes on for ever: into a cycle and once round it, and the length of the cycle.
    fn run_from(&self, mut state: usize, endless: &[bool]) -> (Vec<Step>, usize) {
        let mut visited = vec![state];
        let mut run = Vec::new();
        loop {
            let (next, step) = self
                .of_state(state)
                .iter()
                .find(|(next, _)| endless[*next as usize])
                .expect("an endless state has an endless successor");
            run.push(*step);
            state = *next as usize;
            if let Some(first) = visited.iter().position(|&seen| seen == state) {
                let cycle = run.len() - first;
                return (run, cycle);
            }
            visited.push(state);
        }
    }
}
