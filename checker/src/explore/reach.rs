//! The future of a state: whether a bad end can be reached from it, and in how few steps.
//!
//! It walks breadth first over all states that are reachable from the start, up to a limit. Then it
//! goes back from the bad ends. It serves a user who makes the choices by hand and wants to know at
//! each point if a bad end is still possible. A state in which a goroutine can never move again
//! while others can run on for ever is a bad end, too. Such a state is known only if all states
//! were met.

use std::collections::VecDeque;

use super::breadth_first::Reached;
use super::graph::{Edges, Graph};
use super::outlook::{Outlook, futures};
pub use super::starvation::STEPS_A_STATE;
use super::starvation::{Stuck, walk_noting_steps};
use super::{Interrupted, Meter};
use crate::model::{End, Fault, Program, Step, World};

/// The states that were met, and the distance of each from a bad end.
#[derive(Debug, Default)]
pub struct Reach {
    reached: Reached,
    /// The nearest bad end of each state, and the first step on a shortest way to it.
    nearest: Vec<Option<Route>>,
    outlooks: Vec<Outlook>,
}

/// A shortest way to a bad end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route {
    /// The end.
    pub end: End,
    /// Number of steps to it.
    pub steps: usize,
    /// The first of these steps; `None` if the end is reached.
    pub first: Option<Step>,
}

/// The future of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ahead {
    /// This bad end can be reached. If [`Reach::is_complete`], no way to a bad end is shorter.
    Bad(Route),
    /// No bad end can be reached: every state from here on was visited.
    Nothing,
    /// No bad end is known, and not all states were visited. If the meter cut the walk, nothing is
    /// known of any state.
    Unknown,
}

impl Reach {
    /// Walks over the states of a program, as far as the meter allows. It visits at most
    /// `states_max` states and takes at most [`STEPS_A_STATE`] times as many steps.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn explore(
        program: &mut dyn Program,
        states_max: usize,
        meter: &Meter,
    ) -> Result<Self, Fault> {
        let start = World::start(program)?;
        let (mut reached, edges) = walk_noting_steps(program, &start, states_max, meter)?;
        let judged = Interrupted::unless_cut(judge(program, &reached, edges, meter))?;
        reached.complete &= judged.is_some();
        let (nearest, outlooks) = judged.unwrap_or_default();
        Ok(Self {
            reached,
            nearest,
            outlooks,
        })
    }

    /// Returns the future of this state.
    #[must_use]
    pub fn ahead(&self, world: &World) -> Ahead {
        let Some(state) = self.reached.states.find(world) else {
            return Ahead::Unknown;
        };
        match self.nearest.get(state).copied().flatten() {
            Some(way) => Ahead::Bad(way),
            None if self.is_complete() => Ahead::Nothing,
            None => Ahead::Unknown,
        }
    }

    /// Returns what can still come of this state, where it matters if a bad end is certain.
    #[must_use]
    pub fn outlook(&self, world: &World) -> Outlook {
        let state = self.reached.states.find(world);
        let known = state.and_then(|state| self.outlooks.get(state));
        known.copied().unwrap_or(Outlook::Unknown)
    }

    /// Returns the number of states that were met.
    #[must_use]
    pub fn states(&self) -> usize {
        self.reached.states.len()
    }

    /// Returns true if these are all.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.reached.complete
    }
}

/// Returns the nearest bad end of each state, and what can still come of it. An end in which others
/// can run on for ever is known only if all states were met.
fn judge(
    program: &dyn Program,
    reached: &Reached,
    edges: Edges,
    meter: &Meter,
) -> Result<(Vec<Option<Route>>, Vec<Outlook>), Interrupted> {
    let graph = Graph::of(edges, reached.states.len(), meter)?;
    let stuck = stuck_beside(program, reached, &graph, meter)?;
    let bad = bad_ends(program, reached, stuck.as_ref(), meter)?;
    futures(&graph, bad, reached.complete, meter)
}

/// Returns the goroutines that get stuck while others run on; `None` if not all states were met.
pub(super) fn stuck_beside(
    program: &dyn Program,
    reached: &Reached,
    graph: &Graph,
    meter: &Meter,
) -> Result<Option<Stuck>, Interrupted> {
    if !reached.complete {
        return Ok(None);
    }
    let world = |state| reached.states.world(state);
    Stuck::of(program, graph, world, meter).map(Some)
}

/// Returns the states that are bad ends.
pub(super) fn bad_ends(
    program: &dyn Program,
    reached: &Reached,
    stuck: Option<&Stuck>,
    meter: &Meter,
) -> Result<Vec<(usize, End)>, Interrupted> {
    let states = &reached.states;
    let mut bad = Vec::new();
    let mut world = World::default();
    for state in 0..states.len() {
        meter.go_on()?;
        states.copy_world(state, &mut world);
        let end = world.end(program);
        if end == End::Panic || (end.is_bad() && !world.can_move(program)) {
            bad.push((state, end));
        }
    }
    let mut beside = |state: usize| {
        let stuck = stuck.and_then(|stuck| stuck.at(state))?;
        states.copy_world(state, &mut world);
        Some((state, world.end_of_blocked(program, stuck.iter().copied())))
    };
    bad.extend((0..states.len()).filter_map(&mut beside));
    Ok(bad)
}

/// Goes from the bad ends back along the steps, breadth first. The first way to come to a state is
/// a shortest one.
pub(super) fn way_back(graph: &Graph, bad: Vec<(usize, End)>) -> Vec<Option<Route>> {
    let mut nearest: Vec<Option<Route>> = vec![None; graph.len()];
    let mut queue = VecDeque::new();
    for (state, end) in bad {
        nearest[state] = Some(Route {
            end,
            steps: 0,
            first: None,
        });
        queue.push_back(state);
    }
    while let Some(state) = queue.pop_front() {
        let Some(way) = nearest[state] else { continue };
        for earlier in graph.leading_to(state).iter().map(|&id| id as usize) {
            if nearest[earlier].is_none() {
                let leads = |(next, _): &&(u32, Step)| *next as usize == state;
                nearest[earlier] = Some(Route {
                    end: way.end,
                    steps: way.steps + 1,
                    first: graph
                        .of_state(earlier)
                        .iter()
                        .find(leads)
                        .map(|edge| edge.1),
                });
                queue.push_back(earlier);
            }
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::explore::tests::crossed;
    use crate::explore::{Limits, Watch};
    use crate::subject::Subject;
    use crate::sync::choose;

    fn meter() -> Meter {
        Meter::new(Limits::default(), Arc::default())
    }

    #[test]
    fn the_shortest_way_to_a_deadlock_leads_there() {
        let mut program = Rc::new(crossed).program(1 << 16);
        let program = program.as_mut();
        let reach = Reach::explore(program, 1000, &meter()).unwrap();
        assert!(reach.is_complete());
        let mut world = World::start(program).unwrap();
        for left in (0..=3).rev() {
            let Ahead::Bad(way) = reach.ahead(&world) else {
                panic!("no bad end {left} steps before it");
            };
            assert_eq!((way.steps, way.end), (left, End::Deadlock));
            let certain = left == 0;
            assert_eq!(reach.outlook(&world) == Outlook::Doomed, certain, "{left}");
            if let Some(step) = way.first {
                world.take(program, step).unwrap();
            }
        }
        let enabled = world.steps(program);
        assert!(enabled.is_empty());
    }

    #[test]
    fn once_both_locks_are_taken_in_turn_nothing_bad_can_come() {
        let mut program = Rc::new(crossed).program(1 << 16);
        let program = program.as_mut();
        let reach = Reach::explore(program, 1000, &meter()).unwrap();
        let mut world = World::start(program).unwrap();
        let main = Step::of(crate::model::GoroutineId::MAIN);
        for _ in 0..3 {
            assert!(matches!(reach.ahead(&world), Ahead::Bad(_)));
            world.take(program, main).unwrap();
        }
        assert_eq!(reach.ahead(&world), Ahead::Nothing);
        assert_eq!(reach.outlook(&world), Outlook::Safe);
    }

    #[test]
    fn so_many_states_may_be_met_and_no_more() {
        let mut program = Rc::new(crossed).program(1 << 16);
        let mut explore = |max| {
            let reach = Reach::explore(program.as_mut(), max, &meter()).unwrap();
            (reach.states(), reach.is_complete())
        };
        let (all, complete) = explore(1000);
        assert!(complete);
        assert_eq!(explore(all), (all, true));
        assert_eq!(explore(all - 1), (all - 1, false));
    }

    #[test]
    fn with_too_few_states_it_does_not_know() {
        let mut program = Rc::new(crossed).program(1 << 16);
        let reach = Reach::explore(program.as_mut(), 2, &meter()).unwrap();
        assert!(!reach.is_complete());
        let world = World::start(program.as_mut()).unwrap();
        assert_eq!(reach.ahead(&world), Ahead::Unknown);
    }

    /// Each choice has a thousand steps.
    #[test]
    fn so_many_steps_are_taken_and_no_more() {
        let kernel = || {
            choose(1000);
            choose(1000);
        };
        let mut program = Rc::new(kernel).program(1 << 16);
        let reach = Reach::explore(program.as_mut(), 30, &meter()).unwrap();
        assert_eq!((reach.states(), reach.is_complete()), (30, false));
        let reach = Reach::explore(program.as_mut(), 5000, &meter()).unwrap();
        assert!(!reach.is_complete());
        assert_eq!(
            reach.ahead(&World::start(program.as_mut()).unwrap()),
            Ahead::Unknown
        );
    }

    #[test]
    fn an_interrupt_ends_the_walk() {
        let watch: Arc<Watch> = Arc::default();
        let meter = Meter::new(Limits::default(), watch.clone());
        watch.interrupt.store(true, Ordering::Relaxed);
        let mut program = Rc::new(crossed).program(1 << 16);
        let reach = Reach::explore(program.as_mut(), 1000, &meter).unwrap();
        assert_eq!((reach.states(), reach.is_complete()), (1, false));
    }
}
