//! The work that is left when nothing is left to visit. It is the cure of ignoring, and the search
//! for goroutines that are stuck while others run on. The [module](super) gives the reasons.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::Stubborn;
use super::sets::Goroutines;
use crate::explore::starvation::{Graph, Starvation, Stuck, has_panicked};
use crate::explore::{Activity, Interrupted, Meter};
use crate::model::{Fault, Program, Step};

impl Stubborn {
    /// Returns the steps that were taken.
    fn graph(&self, program: &mut dyn Program, meter: &Meter) -> Result<Graph, Interrupted> {
        Graph::of_store(program, &self.store, meter, |state, _, steps| {
            let set = self.nodes[state].set;
            steps.retain(|step| set.moves_in(step));
        })
    }

    /// Returns a state of each component without a way out in which a step is enabled that nobody
    /// takes who moves in the component.
    fn ignoring(
        &self,
        program: &mut dyn Program,
        meter: &Meter,
    ) -> Result<Vec<usize>, Interrupted> {
        let graph = self.graph(program, meter)?;
        let pairs = (0..graph.len()).flat_map(|state| {
            let of_state = graph.of_state(state).iter();
            of_state.map(move |(next, _)| (u32::try_from(state).expect("an index"), *next))
        });
        let mut drawn: DiGraph<(), ()> = DiGraph::from_edges(pairs);
        while drawn.node_count() < graph.len() {
            drawn.add_node(());
        }
        let mut of_state = vec![0; graph.len()];
        let components = kosaraju_scc(&drawn);
        for (number, component) in components.iter().enumerate() {
            for state in component {
                of_state[state.index()] = number;
            }
        }
        let mut found = Vec::new();
        for (number, component) in components.iter().enumerate() {
            meter.go_on()?;
            let states = component.iter().map(|state| state.index());
            let mut steps = states.flat_map(|state| graph.of_state(state));
            let mut movers = Goroutines::default();
            let stays = steps.all(|(next, step)| {
                for mover in step
                    .movers()
                    .filter(|mover| mover.index() < Goroutines::MAX)
                {
                    movers.0 |= Goroutines::one(mover).0;
                }
                of_state[*next as usize] == number
            });
            // A step of goroutines that do not move here commutes with all that are taken. So it
            // stays enabled all round the component, and one state tells for all.
            let Some(first) = component.first().filter(|_| stays) else {
                continue;
            };
            let state = first.index();
            let ignores = |step: &Step| !movers.moves_in(step);
            let partly = self.nodes[state].set != Goroutines::ALL;
            if partly && self.store.world(state).steps(program).iter().any(ignores) {
                found.push(state);
            }
        }
        Ok(found)
    }

    fn is_acyclic(&self, program: &mut dyn Program) -> bool {
        let learner = program.learner();
        !self.may_cycle || learner.is_some_and(|learner| !learner.may_cycle())
    }

    /// Visits states with all their steps where a cycle would put a goroutine off for ever. Returns
    /// true if there was none.
    pub(super) fn cure(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<bool, Interrupted> {
        if !self.findings.limits.is_empty() || self.is_acyclic(program) {
            return Ok(true);
        }
        let ignoring = self.ignoring(program, meter)?;
        for &state in &ignoring {
            let world = self.store.world(state);
            self.grow(program, meter, (state, &world), Goroutines::ALL)?;
        }
        Ok(ignoring.is_empty())
    }

    /// Looks for executions that never end, once nothing is left to visit. A panic ends the
    /// program, but a step that was put off may stand behind one. So a goroutine is stuck only if
    /// it does not move there either.
    fn starvation(
        &self,
        program: &mut dyn Program,
        meter: &Meter,
    ) -> Result<(Vec<Starvation>, bool), Interrupted> {
        let graph = self.graph(program, meter)?;
        let world = |state| self.store.world(state);
        let panicked: Vec<bool> = (0..graph.len())
            .map(|state| has_panicked(&world(state)))
            .collect();
        let stuck = Stuck::of(program, &graph, |state| panicked[state], world, meter)?;
        Ok((stuck.ends(&graph, meter)?, stuck.cut))
    }

    /// Does what is left when each state has its final set. Returns false if that was stopped.
    pub(super) fn finish(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<bool, Fault> {
        if !self.findings.limits.is_empty() || self.is_acyclic(program) {
            return Ok(true);
        }
        meter.watch.begin(Activity::LooksForCycles);
        let found = self.starvation(program, meter);
        meter.watch.begin(Activity::Explores);
        self.findings.record_starvation(program, &self.store, found)
    }
}
