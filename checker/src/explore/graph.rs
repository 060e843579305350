//! The steps between the states of a program, and the infinite runs among them.

use std::iter;

use rustc_hash::{FxHashMap, FxHashSet};

use super::store::Store;
use super::{Interrupted, Meter};
use crate::memory::reserve;
use crate::model::{Fault, Fork, GoroutineId, Program, Step, World};

/// The steps that lead from each state to others, recorded one state after the other.
#[derive(Default)]
pub(super) struct Edges {
    /// The index at which the edges of each state begin.
    begins: Vec<usize>,
    edges: Vec<(u32, Step)>,
    /// The further steps of edges that have several.
    rest: FxHashMap<usize, Box<[Step]>>,
}

impl Edges {
    /// Records a step. All steps of states with smaller indices than `from` have been recorded.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn push(&mut self, from: usize, to: usize, step: Step) -> Result<(), Fault> {
        self.begin(from + 1)?;
        reserve(&mut self.edges, 1)?;
        let to = u32::try_from(to).expect("an index of a state");
        self.edges.push((to, step));
        Ok(())
    }

    /// Does the same for a step and those that follow it.
    ///
    /// # Errors
    /// If there is no memory for it.
    fn push_way(
        &mut self,
        from: usize,
        to: usize,
        (step, rest): (Step, &[Step]),
    ) -> Result<(), Fault> {
        if !rest.is_empty() {
            self.rest.insert(self.edges.len(), rest.into());
        }
        self.push(from, to, step)
    }

    /// Begins the edges of the first `states` states.
    fn begin(&mut self, states: usize) -> Result<(), Fault> {
        let more = states.saturating_sub(self.begins.len());
        reserve(&mut self.begins, more)?;
        self.begins.resize(states, self.edges.len());
        Ok(())
    }
}

/// The steps between the states of a program, which have numbers.
pub(super) struct Graph {
    /// The index at which the edges of each state begin, and the total number last.
    begins: Vec<usize>,
    edges: Vec<(u32, Step)>,
    /// The further steps of edges that have several.
    rest: FxHashMap<usize, Box<[Step]>>,
    /// The same in reverse: the index at which the edges into each state begin, and their sources.
    leading_begins: Vec<usize>,
    into: Vec<u32>,
}

impl Graph {
    /// Makes the graph of all states of a store, which has no scheduler states. `keep` takes out of
    /// the steps that are enabled in a state those that the graph is not to have. `lead` takes a
    /// step of a state, and goes on to one of the store. It lists the steps after the first, and
    /// returns the index of that state.
    ///
    /// # Errors
    /// If it is stopped, the program has a fault, or there is no memory for it.
    pub(super) fn of_store(
        program: &mut dyn Program,
        store: &Store,
        meter: &Meter,
        keep: impl Fn(usize, &World, &mut Vec<Step>),
        mut lead: impl FnMut(
            &mut dyn Program,
            (usize, &mut Fork),
            Step,
            &mut Vec<Step>,
        ) -> Result<usize, Fault>,
    ) -> Result<Self, Interrupted> {
        let mut edges = Edges::default();
        let (mut steps, mut rest) = (Vec::new(), Vec::new());
        let mut fork = Fork::default();
        for state in 0..store.len() {
            fork.read(store.encoded(state));
            fork.before().enabled(program, &mut steps);
            keep(state, fork.before(), &mut steps);
            for &step in &steps {
                meter.go_on()?;
                rest.clear();
                let next = lead(program, (state, &mut fork), step, &mut rest)?;
                edges.push_way(state, next, (step, &rest))?;
            }
        }
        Self::of(edges, store.len(), meter)
    }

    /// Makes a graph of `states` states and all edges between them. A state in which a goroutine
    /// has panicked has no edges.
    ///
    /// # Errors
    /// If it is stopped, or there is no memory for it.
    pub(super) fn of(mut edges: Edges, states: usize, meter: &Meter) -> Result<Self, Interrupted> {
        edges.begin(states + 1)?;
        let Edges {
            begins,
            edges,
            rest,
        } = edges;
        let mut graph = Self {
            leading_begins: filled(0, begins.len())?,
            into: filled(0, edges.len())?,
            begins,
            edges,
            rest,
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

    pub(super) fn len(&self) -> usize {
        self.begins.len() - 1
    }

    /// Returns the states to which the steps of a state lead, each with the first step.
    pub(super) fn of_state(&self, state: usize) -> &[(u32, Step)] {
        &self.edges[self.begins[state]..self.begins[state + 1]]
    }

    /// Returns the same states, each with all steps on the way there.
    pub(super) fn ways(
        &self,
        state: usize,
    ) -> impl Iterator<Item = (usize, impl Iterator<Item = Step>)> {
        let edges = self.begins[state]..self.begins[state + 1];
        edges.map(|edge| (self.edges[edge].0 as usize, self.steps(edge)))
    }

    fn steps(&self, edge: usize) -> impl Iterator<Item = Step> {
        let rest = self.rest.get(&edge).into_iter().flatten();
        iter::once(self.edges[edge].1).chain(rest.copied())
    }

    pub(super) fn leading_to(&self, state: usize) -> &[u32] {
        &self.into[self.leading_begins[state]..self.leading_begins[state + 1]]
    }

    /// Returns, for each state, true if an infinite run of steps that pass the test begins there.
    /// States without a step are removed, again and again; the rest are those.
    pub(super) fn endless(
        &self,
        test: impl Fn(usize, usize) -> bool,
        meter: &Meter,
    ) -> Result<Vec<bool>, Interrupted> {
        let count = self.len();
        let (mut ways, mut endless) = (filled(0, count)?, filled(true, count)?);
        let mut ended = Vec::new();
        for (state, ways) in ways.iter_mut().enumerate() {
            meter.go_on()?;
            let passing = |(next, _): &&(u32, Step)| test(state, *next as usize);
            *ways = self.of_state(state).iter().filter(passing).count();
            if *ways == 0 {
                reserve(&mut ended, 1)?;
                ended.push(state);
            }
        }
        while let Some(state) = ended.pop() {
            meter.go_on()?;
            endless[state] = false;
            for before in self.leading_to(state).iter().map(|&before| before as usize) {
                if test(before, state) {
                    ways[before] -= 1;
                    if ways[before] == 0 {
                        reserve(&mut ended, 1)?;
                        ended.push(before);
                    }
                }
            }
        }
        Ok(endless)
    }

    /// Returns, for each goroutine and each state, true if the goroutine moves in some run from
    /// there. The entry of a goroutine that never moves is empty. Returns nothing if no run is
    /// infinite.
    pub(super) fn movable(
        &self,
        endless: &[bool],
        meter: &Meter,
    ) -> Result<Vec<Vec<bool>>, Interrupted> {
        if !endless.contains(&true) {
            return Ok(Vec::new());
        }
        let mut movers: FxHashSet<GoroutineId> = FxHashSet::default();
        for step in (0..self.edges.len()).flat_map(|edge| self.steps(edge)) {
            movers.extend(step.movers());
        }
        let count = movers.iter().map(|id| id.index() + 1).max().unwrap_or(0);
        let mut movable = vec![Vec::new(); count];
        for id in movers {
            movable[id.index()] = self.can_move(id, meter)?;
        }
        Ok(movable)
    }

    /// Returns, for each state, true if the goroutine moves in some run from there.
    fn can_move(&self, id: GoroutineId, meter: &Meter) -> Result<Vec<bool>, Interrupted> {
        let mut can = filled(false, self.len())?;
        let mut todo = Vec::new();
        for (state, can) in can.iter_mut().enumerate() {
            meter.go_on()?;
            *can = self
                .ways(state)
                .flat_map(|it| it.1)
                .any(|step| step.moves(id));
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

    /// Returns an infinite run from this state among those that pass the test: into a cycle and
    /// once round it. Returns the length of the cycle, too.
    pub(super) fn run_from(
        &self,
        mut state: usize,
        test: impl Fn(usize) -> bool,
        meter: &Meter,
    ) -> Result<(Vec<Step>, usize), Interrupted> {
        let mut visited = FxHashMap::from_iter([(state, 0)]);
        let mut run = Vec::new();
        loop {
            meter.go_on()?;
            let (next, step) = self
                .of_state(state)
                .iter()
                .find(|(next, _)| test(*next as usize))
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

/// Returns a vector of `count` copies of the item.
pub(super) fn filled<T: Clone>(item: T, count: usize) -> Result<Vec<T>, Fault> {
    let mut items = Vec::new();
    reserve(&mut items, count)?;
    items.resize(count, item);
    Ok(items)
}
