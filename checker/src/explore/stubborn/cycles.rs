//! The work that is left when nothing is left to visit. It is the cure of ignoring, and the search
//! for goroutines that are stuck while others run on. The [module](super) gives the reasons.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use smallvec::SmallVec;

use super::sets::Goroutines;
use super::walks::{Before, STEPS_MAX, SoFar, list_locals, note_started};
use super::{Stubborn, Work};
use crate::explore::graph::Graph;
use crate::explore::starvation::{Starvation, Stuck, has_panicked};
use crate::explore::{Activity, Interrupted, Limit, Meter};
use crate::memory::reserve;
use crate::model::{Fault, Fork, GoroutineId, Program, Step, World};

impl Stubborn {
    /// Returns the steps that were taken, without those after a panic.
    fn graph(&mut self, program: &mut dyn Program, meter: &Meter) -> Result<Graph, Interrupted> {
        let mut exchange = std::mem::take(&mut self.exchange);
        let keep = |state: usize, world: &World, steps: &mut Vec<Step>| {
            let set = self.nodes[state].set;
            steps.retain(|step| set.moves_in(step) && !has_panicked(world));
        };
        let (mut before, mut scratch) = (Before::default(), Vec::new());
        let mut since = Vec::new();
        let graph = Graph::of_store(
            program,
            &self.store,
            meter,
            keep,
            |program, (state, fork), step, rest| {
                before.begin(fork);
                list_locals(fork.before(), &mut since);
                let depth = self.nodes[state].depth as usize;
                let mut step = step;
                loop {
                    let (earlier, next) = before.and_after(fork);
                    next.advance(program, step)?;
                    note_started(&mut since, step.actor, [earlier, next]);
                    let order = exchange.sort(program, next);
                    exchange.permute(order, &mut since);
                    let met = self
                        .store
                        .find_by(&mut scratch, |bytes| fork.encode_after(bytes));
                    if let Some(index) = met {
                        return Ok(index);
                    }
                    let so_far = SoFar {
                        depth,
                        steps: rest.len() + 1,
                        steps_max: STEPS_MAX,
                        last: exchange.new_id(order, step.actor),
                        since: &since,
                    };
                    // It decides as the search did: nothing that it asks has changed since. Of more
                    // that is stored by now, it comes to one sooner.
                    let only = self.only_step(program, meter, so_far, fork.after());
                    (step, _) = only.expect("a state that is not stored was passed over");
                    rest.push(step);
                    before.go_on(fork);
                }
            },
        );
        self.exchange = exchange;
        graph
    }

    /// Returns true if no step that was taken is a part of a cycle. Where ids were exchanged, a
    /// cycle of the program is one here: it leads to the same state but for these.
    fn has_no_cycle(
        &mut self,
        program: &mut dyn Program,
        meter: &Meter,
    ) -> Result<bool, Interrupted> {
        let graph = self.graph(program, meter)?;
        let is_itself = |state: usize| {
            graph
                .of_state(state)
                .iter()
                .any(|it| it.0 as usize == state)
        };
        let is_longer = components(&graph).iter().any(|states| states.len() > 1);
        Ok(!is_longer && !(0..graph.len()).any(is_itself))
    }

    /// Returns a state of each component without a way out in which a step is enabled that nobody
    /// takes who moves in the component.
    fn ignored(
        &self,
        program: &dyn Program,
        graph: &Graph,
        meter: &Meter,
    ) -> Result<Vec<usize>, Interrupted> {
        let components = components(graph);
        let mut of_state = vec![0; graph.len()];
        for (number, component) in components.iter().enumerate() {
            for state in component {
                of_state[state.index()] = number;
            }
        }
        let mut found = Vec::new();
        for (number, component) in components.iter().enumerate() {
            meter.go_on()?;
            let mut movers = Goroutines::default();
            let states = component.iter().map(|state| state.index());
            let mut ways = states.flat_map(|state| graph.ways(state));
            let stays = ways.all(|(next, steps)| {
                for mover in steps.flat_map(|step| step.movers().collect::<SmallVec<[_; 2]>>()) {
                    if mover.index() < Goroutines::MAX {
                        movers.0 |= Goroutines::one(mover).0;
                    }
                }
                of_state[next] == number
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

    /// Returns true if the program may have states that are not stored. Then it is not known which
    /// of all states with a stuck goroutine is the nearest.
    fn hides(&self) -> bool {
        self.leaves_out() || self.walks.pass
    }

    fn is_acyclic(&self, program: &mut dyn Program) -> bool {
        let learner = program.learner();
        !self.may_cycle || learner.is_some_and(|learner| !learner.may_cycle())
    }

    /// Looks at all steps between the states, once nothing is left to visit.
    fn look(&mut self, program: &mut dyn Program, meter: &Meter) -> Result<Look, Interrupted> {
        let graph = self.graph(program, meter)?;
        if self.leaves_out() {
            let ignored = self.ignored(program, &graph, meter)?;
            if !ignored.is_empty() {
                return Ok(Look::Ignored(ignored));
            }
        }
        if !self.findings.limits.is_empty() {
            return Ok(Look::Nothing);
        }
        let world = |state| self.store.world(state);
        let stuck = Stuck::of(program, &graph, world, meter)?;
        if self.hides() && (stuck.is_any() || stuck.cut) {
            return Ok(Look::Hidden);
        }
        let nearest = match stuck.is_any() {
            true => Nearest::of(&graph, meter)?,
            false => Nearest::default(),
        };
        let states = nearest.order.iter().map(|state| *state as usize);
        let ends = stuck.ends(&graph, states, meter)?;
        Ok(Look::Never(ends, stuck.cut, nearest))
    }

    /// Gives the exchange up, unless there are no cycles where ids were exchanged.
    fn settle_exchange(&mut self, program: &mut dyn Program, meter: &Meter) -> Result<Work, Fault> {
        if self.exchange.used {
            meter.watch.begin(Activity::LooksForCycles);
            let acyclic = self.has_no_cycle(program, meter);
            meter.watch.begin(Activity::Explores);
            match Interrupted::unless_stopped(acyclic)? {
                None => return Ok(Work::Stopped),
                Some(true) => return Ok(Work::Done),
                Some(false) => {}
            }
        }
        self.give_exchange_up(program)?;
        Ok(Work::Goes)
    }

    /// Does what is left when nothing is left to visit, if there may be cycles. It visits states
    /// with all their steps: those where a cycle would put a goroutine off for ever, or all if
    /// something is bad. If there are none, it records who is stuck while others run on.
    pub(super) fn settle(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<Work, Fault> {
        // The limit of a ticker leaves no state out.
        let is_whole = self.findings.limits.iter().all(|it| *it == Limit::Ticks);
        if !is_whole || self.is_acyclic(program) {
            return Ok(Work::Done);
        }
        if self.exchange.on {
            return self.settle_exchange(program, meter);
        }
        let is_bad = !self.findings.bad.is_empty();
        let look = if self.hides() && is_bad {
            Ok(Look::Hidden)
        } else {
            meter.watch.begin(Activity::LooksForCycles);
            let look = self.look(program, meter);
            meter.watch.begin(Activity::Explores);
            look
        };
        Ok(match Interrupted::unless_stopped(look)? {
            None => Work::Stopped,
            Some(Look::Nothing) => Work::Done,
            Some(Look::Ignored(states)) => {
                let mut fork = Fork::default();
                for state in states {
                    fork.read(self.store.encoded(state));
                    let enabled = fork.before().steps(program);
                    let of = (state, &mut fork);
                    self.grow(program, meter, of, &enabled, Goroutines::ALL)?;
                }
                self.again = 0;
                Work::Goes
            }
            Some(Look::Hidden) => {
                self.walks.off = true;
                self.take_all();
                Work::Goes
            }
            Some(Look::Never(ends, cut, nearest)) => {
                let way = |state| nearest.way(state);
                self.findings
                    .record_starvation(program, &self.store, way, Ok((ends, cut)))?;
                Work::Done
            }
        })
    }
}

/// Returns the strongly connected components of a graph.
fn components(graph: &Graph) -> Vec<Vec<NodeIndex>> {
    let pairs = (0..graph.len()).flat_map(|state| {
        let of_state = graph.of_state(state).iter();
        of_state.map(move |(next, _)| (u32::try_from(state).expect("an index"), *next))
    });
    let mut drawn: DiGraph<(), ()> = DiGraph::from_edges(pairs);
    while drawn.node_count() < graph.len() {
        drawn.add_node(());
    }
    kosaraju_scc(&drawn)
}

/// Findings in the steps between all states.
enum Look {
    /// Nothing more.
    Nothing,
    /// States of components that put a goroutine off for ever.
    Ignored(Vec<usize>),
    /// Something bad: what was left out may hide more.
    Hidden,
    /// Goroutines that are stuck while others run on, and true if a ticker's limit hides more.
    Never(Vec<Starvation>, bool, Nearest),
}

/// The states of a graph in the order of their distance from the start.
#[derive(Default)]
struct Nearest {
    order: Vec<u32>,
    /// The state from which each is met first, and the step.
    from: Vec<(u32, Step)>,
}

impl Nearest {
    fn of(graph: &Graph, meter: &Meter) -> Result<Self, Interrupted> {
        const UNKNOWN: u32 = u32::MAX;
        let (mut order, mut from) = (Vec::new(), Vec::new());
        reserve(&mut order, graph.len())?;
        reserve(&mut from, graph.len())?;
        from.resize(graph.len(), (UNKNOWN, Step::of(GoroutineId::MAIN)));
        order.push(0);
        from[0].0 = 0;
        let mut at = 0;
        while let Some(&state) = order.get(at) {
            meter.go_on()?;
            at += 1;
            for &(next, step) in graph.of_state(state as usize) {
                let from = &mut from[next as usize];
                if from.0 == UNKNOWN {
                    *from = (state, step);
                    order.push(next);
                }
            }
        }
        Ok(Self { order, from })
    }

    /// Returns a shortest way from the start to this state.
    fn way(&self, mut state: usize) -> Vec<Step> {
        let mut way = Vec::new();
        while state > 0 {
            let (before, step) = self.from[state];
            way.push(step);
            state = before as usize;
        }
        way.reverse();
        way
    }
}
