//! What can still come of a state: whether a bad end can be reached from it, and in how few steps.
//!
//! A breadth-first walk over all states that can be reached from the start, up to a limit, and then the way back from the bad
//! ends. It is for somebody who makes the choices by hand and wants to know, at each point, whether all is lost already.
//! A state is a bad end, too, in which a goroutine can never move again while others can run on for ever; that is known only
//! where all states were met.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::never_again::{Futures, Graph, has_panicked};
use super::{Cut, Meter};
use crate::memory::reserve;
use crate::model::{End, Fault, Program, Step, World};

/// How many steps are taken of each state, on average, before a walk is given up.
pub const STEPS_A_STATE: usize = 64;

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
    /// Walks over the states of a program, at most `states_max` of them and [`STEPS_A_STATE`] times as many steps, as far as the meter
    /// allows.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn explore(
        program: &mut dyn Program,
        states_max: usize,
        meter: &Meter,
    ) -> Result<Self, Fault> {
        let mut reach = Self::default();
        let (mut before, mut bad) = (Vec::new(), VecDeque::new());
        let walked = reach.walk(program, states_max, meter, &mut before, &mut bad);
        let walked = walked.and_then(|graph| match graph {
            Some(graph) => reach.never_again(program, &graph, meter).map(Some),
            None => Ok(None),
        });
        match walked {
            Ok(never_again) => {
                reach.complete = never_again.is_some();
                bad.extend(never_again.unwrap_or_default());
            }
            Err(Cut::Stopped | Cut::Fault(Fault::NoMemory { .. })) => {}
            Err(Cut::Fault(fault)) => return Err(fault),
        }
        reach.nearest = way_back(&before, bad);
        Ok(reach)
    }

    /// The walk itself: notes the steps before each state, and the ends that are bad. Returns the steps between the states, if these are all.
    fn walk(
        &mut self,
        program: &mut dyn Program,
        states_max: usize,
        meter: &Meter,
        before: &mut Vec<Vec<(usize, Step)>>,
        bad: &mut VecDeque<(usize, End)>,
    ) -> Result<Option<Graph>, Cut> {
        let (mut begins, mut edges) = (vec![0], Vec::new());
        let mut steps_left = states_max.saturating_mul(STEPS_A_STATE);
        let mut complete = true;
        let mut queue = VecDeque::new();
        let start = World::start(program)?;
        self.ids.insert(start.clone(), 0);
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
                meter.go_on()?;
                if steps_left == 0 {
                    return Ok(None);
                }
                steps_left -= 1;
                let mut next = world.clone();
                next.take(program, step)?;
                let to = match self.ids.get(&next) {
                    Some(&known) => known,
                    None if before.len() < states_max => {
                        let new = before.len();
                        self.ids.insert(next.clone(), new);
                        before.push(Vec::new());
                        queue.push_back((new, next));
                        new
                    }
                    None => {
                        complete = false;
                        continue;
                    }
                };
                before[to].push((id, step));
                if !has_panicked(&world) {
                    reserve(&mut edges, 1)?;
                    edges.push((u32::try_from(to).expect("an index of a state"), step));
                }
            }
            // The states are taken out of the queue in the order of their numbers.
            begins.push(edges.len());
        }
        if !complete {
            return Ok(None);
        }
        Ok(Some(Graph::of(begins, edges, meter)?))
    }

    /// Returns the states in which somebody can never move again while others can run on for ever, each with the end that this is.
    fn never_again(
        &self,
        program: &dyn Program,
        graph: &Graph,
        meter: &Meter,
    ) -> Result<Vec<(usize, End)>, Cut> {
        let futures = Futures::of(graph, meter)?;
        let mut found = Vec::new();
        for (world, &id) in &self.ids {
            let stuck = futures.stuck(id, world);
            let uncertain = |id| world.waits_for_a_cut_ticker(program, id);
            if !stuck.is_empty() && !stuck.iter().copied().any(uncertain) {
                found.push((id, End::of_blocked(stuck)));
            }
        }
        found.sort_unstable();
        Ok(found)
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
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::check::Subject;
    use crate::explore::{Limits, Watch};
    use crate::sync::{choose, go, mutex};

    fn meter() -> Meter {
        Meter::new(Limits::default(), Arc::default())
    }

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
        let reach = Reach::explore(program, 1000, &meter()).unwrap();
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
        let reach = Reach::explore(program, 1000, &meter()).unwrap();
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

    /// Every state that is met is one with so many ways on.
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
