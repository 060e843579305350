//! What can still come of a state: whether a bad end can be reached from it, and in how few steps.
//!
//! A breadth-first walk over all states that can be reached from the start, up to a limit, and then the way back from the bad
//! ends. It is for somebody who makes the choices by hand and wants to know, at each point, whether all is lost already.
//! A state is a bad end, too, in which a goroutine can never move again while others can run on for ever; that is known only
//! where all states were met.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::never_again::{Futures, Graph, has_panicked};
use crate::model::{End, Fault, Program, Step, World};

/// The states that were met and how far each is from a bad end.
#[derive(Debug, Default)]
pub struct Reach {
    ids: FxHashMap<World, usize>,
    /// Of each state: the end that is nearest and the first step on a shortest way there.
    nearest: Vec<Option<Way>>,
    complete: bool,
}

/// A shortest way to a bad end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Way {
    /// The end.
    pub end: End,
    /// How many steps it is away.
    pub steps: usize,
    /// The first of them; `None` if the end has come.
    pub first: Option<Step>,
}

/// What can come of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ahead {
    /// This bad end can be reached. Where [`Reach::is_complete`], no way to a bad end is shorter.
    Bad(Way),
    /// No bad end can be reached: every state from here on was looked at.
    Nothing,
    /// None was met, but not all was looked at.
    Unknown,
}

impl Reach {
    /// Walks over the states of a program, at most `states_max` of them.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn explore(program: &mut dyn Program, states_max: usize) -> Result<Self, Fault> {
        let mut reach = Self {
            complete: true,
            ..Self::default()
        };
        let mut before: Vec<Vec<(usize, Step)>> = Vec::new();
        let (mut begins, mut edges) = (vec![0], Vec::new());
        let mut bad = VecDeque::new();
        let mut queue = VecDeque::new();
        let start = World::start(program)?;
        reach.ids.insert(start.clone(), 0);
        before.push(Vec::new());
        queue.push_back((0, start));
        let mut enabled = Vec::new();
        while let Some((id, world)) = queue.pop_front() {
            world.enabled(program, &mut enabled);
            let end = world.end(program);
            if end == End::Panic || (enabled.is_empty() && is_bad(end)) {
                bad.push_back((id, end));
            }
            for &step in &enabled {
                let mut next = world.clone();
                next.take(program, step)?;
                let to = match reach.ids.get(&next) {
                    Some(&known) => known,
                    None if before.len() < states_max => {
                        let new = before.len();
                        reach.ids.insert(next.clone(), new);
                        before.push(Vec::new());
                        queue.push_back((new, next));
                        new
                    }
                    None => {
                        reach.complete = false;
                        continue;
                    }
                };
                before[to].push((id, step));
                if !has_panicked(&world) {
                    edges.push((u32::try_from(to).expect("an index of a state"), step));
                }
            }
            // The states are taken out of the queue in the order of their numbers.
            begins.push(edges.len());
        }
        if reach.complete {
            bad.extend(reach.never_again(program, &Graph::of(begins, edges)));
        }
        reach.nearest = way_back(&before, bad);
        Ok(reach)
    }

    /// Returns the states in which somebody can never move again while others can run on for ever, each with the end that this is.
    fn never_again(&self, program: &dyn Program, graph: &Graph) -> Vec<(usize, End)> {
        let futures = Futures::of(graph);
        let mut found = Vec::new();
        for (world, &id) in &self.ids {
            let stuck = futures.stuck(id, world);
            let uncertain = |id| world.waits_for_a_cut_ticker(program, id);
            if !stuck.is_empty() && !stuck.iter().copied().any(uncertain) {
                found.push((id, End::of_blocked(stuck)));
            }
        }
        found.sort_unstable();
        found
    }

    /// What can come of this state.
    #[must_use]
    pub fn ahead(&self, world: &World) -> Ahead {
        match self.ids.get(world).map(|&id| self.nearest[id]) {
            Some(Some(way)) => Ahead::Bad(way),
            Some(None) if self.complete => Ahead::Nothing,
            _ => Ahead::Unknown,
        }
    }

    /// How many states were met.
    #[must_use]
    pub fn states(&self) -> usize {
        self.nearest.len()
    }

    /// Whether these are all.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

fn is_bad(end: End) -> bool {
    matches!(end, End::Leak | End::Deadlock | End::Panic)
}

/// From the bad ends back along the steps, breadth first: the first way that comes to a state is a shortest one.
fn way_back(before: &[Vec<(usize, Step)>], mut bad: VecDeque<(usize, End)>) -> Vec<Option<Way>> {
    let mut nearest: Vec<Option<Way>> = vec![None; before.len()];
    let mut queue = VecDeque::new();
    while let Some((id, end)) = bad.pop_front() {
        nearest[id] = Some(Way {
            end,
            steps: 0,
            first: None,
        });
        queue.push_back(id);
    }
    while let Some(id) = queue.pop_front() {
        let Some(way) = nearest[id] else { continue };
        for &(earlier, step) in &before[id] {
            if nearest[earlier].is_none() {
                nearest[earlier] = Some(Way {
                    end: way.end,
                    steps: way.steps + 1,
                    first: Some(step),
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

    use super::*;
    use crate::check::Subject;
    use crate::sync::{go, mutex};

    /// Two locks taken in opposite orders.
    fn crossed() {
        let (a, b) = (mutex("a", ()), mutex("b", ()));
        go("other", move || {
            let of_b = b.lock();
            let of_a = a.lock();
            of_a.unlock();
            of_b.unlock();
        });
        let of_a = a.lock();
        let of_b = b.lock();
        of_b.unlock();
        of_a.unlock();
    }

    #[test]
    fn the_shortest_way_to_a_deadlock_leads_there() {
        let mut program = Rc::new(crossed).program(1 << 16);
        let program = program.as_mut();
        let reach = Reach::explore(program, 1000).unwrap();
        assert!(reach.is_complete());
        let mut world = World::start(program).unwrap();
        for left in (0..=3).rev() {
            let Ahead::Bad(way) = reach.ahead(&world) else {
                panic!("no bad end {left} steps before it");
            };
            assert_eq!((way.steps, way.end), (left, End::Deadlock));
            if let Some(step) = way.first {
                world.take(program, step).unwrap();
            }
        }
        let mut enabled = Vec::new();
        world.enabled(program, &mut enabled);
        assert!(enabled.is_empty());
    }

    #[test]
    fn once_both_locks_are_taken_in_turn_nothing_bad_can_come() {
        let mut program = Rc::new(crossed).program(1 << 16);
        let program = program.as_mut();
        let reach = Reach::explore(program, 1000).unwrap();
        let mut world = World::start(program).unwrap();
        let main = Step::of(crate::model::GoroutineId::MAIN);
        for _ in 0..3 {
            assert!(matches!(reach.ahead(&world), Ahead::Bad(_)));
            world.take(program, main).unwrap();
        }
        assert_eq!(reach.ahead(&world), Ahead::Nothing);
    }

    #[test]
    fn so_many_states_may_be_met_and_no_more() {
        let mut program = Rc::new(crossed).program(1 << 16);
        let mut explore = |max| {
            let reach = Reach::explore(program.as_mut(), max).unwrap();
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
        let reach = Reach::explore(program.as_mut(), 2).unwrap();
        assert!(!reach.is_complete());
        let world = World::start(program.as_mut()).unwrap();
        assert_eq!(reach.ahead(&world), Ahead::Unknown);
    }
}
