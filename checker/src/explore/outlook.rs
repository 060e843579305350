//! All states of a program up to a limit, the steps between them, and what can still come of each.
//!
//! A bad end can still be reached, or is certain, or cannot be reached any more. The last two are
//! points of no return. They are known only if all states were met, since one more state could be
//! a way out.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::breadth_first::{Bounds, Reached, walk};
use super::graph::{Edges, Graph};
use super::reach::{Route, bad_ends, stuck_beside, way_back};
use super::starvation::{STEPS_A_STATE, Stuck, has_panicked};
use super::{Interrupted, Meter};
use crate::model::{End, Fault, GoroutineId, Program, Step, World};

/// The bad ends that can still come of a state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outlook {
    /// Every way from here ends badly.
    Doomed,
    /// A bad end can be reached, and another end or an endless run as well.
    Avoidable,
    /// No bad end can be reached any more.
    Safe,
    /// A bad end can be reached. It is unknown if anything else can.
    Possible,
    /// No bad end is known, and not all states were met.
    Unknown,
}

impl Outlook {
    /// Returns true if a bad end can be reached.
    #[must_use]
    pub fn is_bad(self) -> bool {
        match self {
            Self::Doomed | Self::Avoidable | Self::Possible => true,
            Self::Safe | Self::Unknown => false,
        }
    }
}

/// The states that were met, with all steps between them.
pub(crate) struct Explored {
    reached: Reached,
    /// The steps of each state, and the state to which each leads, if it was met.
    steps: Vec<Vec<(Step, Option<usize>)>>,
    outlooks: Vec<Outlook>,
    /// A shortest way from each state to a bad end.
    routes: Vec<Option<Route>>,
    stuck: Option<Stuck>,
}

impl Explored {
    /// Visits at most `states_max` states, as far as the meter allows.
    ///
    /// # Errors
    /// If the program has a fault.
    pub(crate) fn of(
        program: &mut dyn Program,
        states_max: usize,
        meter: &Meter,
    ) -> Result<Self, Fault> {
        let start = World::start(program)?;
        let bounds = Bounds {
            states_max,
            steps_max: states_max.saturating_mul(STEPS_A_STATE),
        };
        let mut steps: Vec<Vec<(Step, Option<usize>)>> = Vec::new();
        let mut edges = Edges::default();
        let reached = walk(program, &start, bounds, meter, |_, taken| {
            steps.resize(taken.from + 1, Vec::new());
            steps[taken.from].push((taken.step, taken.to));
            match taken.to {
                Some(to) if !has_panicked(taken.before) => {
                    Ok(edges.push(taken.from, to, taken.step)?)
                }
                _ => Ok(()),
            }
        })?;
        steps.resize(reached.states.len(), Vec::new());
        let mut explored = Self {
            outlooks: vec![Outlook::Unknown; steps.len()],
            routes: vec![None; steps.len()],
            stuck: None,
            reached,
            steps,
        };
        let judged = explored.judge(program, edges, meter);
        explored.reached.complete &= Interrupted::unless_cut(judged)?.is_some();
        Ok(explored)
    }

    /// Finds what can still come of each state.
    fn judge(
        &mut self,
        program: &dyn Program,
        edges: Edges,
        meter: &Meter,
    ) -> Result<(), Interrupted> {
        let graph = Graph::of(edges, self.len(), meter)?;
        let stuck = stuck_beside(program, &self.reached, &graph, meter)?;
        let bad = bad_ends(program, &self.reached, stuck.as_ref(), meter)?;
        (self.routes, self.outlooks) = futures(&graph, bad, self.is_complete(), meter)?;
        self.stuck = stuck;
        Ok(())
    }

    /// Returns the number of states that were met.
    pub(crate) fn len(&self) -> usize {
        self.reached.states.len()
    }

    /// Returns true if these are all, and each is judged.
    pub(crate) fn is_complete(&self) -> bool {
        self.reached.complete
    }

    /// Returns the number of a state, if it was met.
    pub(crate) fn find(&self, world: &World) -> Option<usize> {
        self.reached.states.find(world)
    }

    /// Returns the steps of a state, and the states to which they lead, as far as they were met.
    pub(crate) fn steps(&self, state: usize) -> &[(Step, Option<usize>)] {
        &self.steps[state]
    }

    /// Returns what can still come of a state.
    pub(crate) fn outlook(&self, state: usize) -> Outlook {
        self.outlooks[state]
    }

    /// Returns a shortest way from a state to a bad end, if one is known.
    pub(crate) fn route(&self, state: usize) -> Option<Route> {
        self.routes[state]
    }

    /// Returns the steps of a shortest way from a state to a good end; `None` if none is known.
    pub(crate) fn to_good_end(&self, from: usize) -> Option<Vec<Step>> {
        let is_good = |at: usize| self.outlook(at) == Outlook::Safe && self.steps(at).is_empty();
        let mut before: FxHashMap<usize, (usize, Step)> = FxHashMap::default();
        let mut todo = VecDeque::from([from]);
        let mut at = loop {
            let at = todo.pop_front()?;
            if is_good(at) {
                break at;
            }
            for &(step, to) in self.steps(at) {
                let new = to.filter(|to| *to != from && !before.contains_key(to));
                if let Some(to) = new {
                    before.insert(to, (at, step));
                    todo.push_back(to);
                }
            }
        };
        let mut way = Vec::new();
        while at != from {
            let (earlier, step) = before[&at];
            way.push(step);
            at = earlier;
        }
        way.reverse();
        Some(way)
    }

    /// Returns the goroutines that can never move again in a state from which others run on for
    /// ever.
    pub(crate) fn stuck(&self, state: usize) -> &[GoroutineId] {
        let stuck = self.stuck.as_ref();
        stuck.and_then(|stuck| stuck.at(state)).unwrap_or_default()
    }
}

/// Returns, for each state of a graph, a shortest way to a bad end, and what can still come. `all`
/// is true if the graph has every state.
pub(super) fn futures(
    graph: &Graph,
    bad: Vec<(usize, End)>,
    all: bool,
    meter: &Meter,
) -> Result<(Vec<Option<Route>>, Vec<Outlook>), Interrupted> {
    let mut is_bad = vec![false; graph.len()];
    bad.iter().for_each(|&(state, _)| is_bad[state] = true);
    let routes = way_back(graph, bad);
    let may_end_well = match all {
        true => may_end_well(graph, &is_bad, meter)?,
        false => Vec::new(),
    };
    let outlook = |state: usize| match (routes[state].is_some(), all) {
        (true, true) if may_end_well[state] => Outlook::Avoidable,
        (true, true) => Outlook::Doomed,
        (true, false) => Outlook::Possible,
        (false, true) => Outlook::Safe,
        (false, false) => Outlook::Unknown,
    };
    let outlooks = (0..routes.len()).map(outlook).collect();
    Ok((routes, outlooks))
}

/// Returns, for each state of a whole graph, true if a way from it ends well, or goes on for ever
/// without a bad end.
fn may_end_well(graph: &Graph, is_bad: &[bool], meter: &Meter) -> Result<Vec<bool>, Interrupted> {
    let mut may = graph.endless(|state, next| !is_bad[state] && !is_bad[next], meter)?;
    let mut todo = Vec::new();
    for (state, may) in may.iter_mut().enumerate() {
        *may |= !is_bad[state] && graph.of_state(state).is_empty();
        if *may {
            todo.push(state);
        }
    }
    while let Some(state) = todo.pop() {
        meter.go_on()?;
        for before in graph.leading_to(state).iter().map(|&id| id as usize) {
            // What comes after a bad end does not count.
            if !is_bad[before] && !std::mem::replace(&mut may[before], true) {
                todo.push(before);
            }
        }
    }
    Ok(may)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::explore::Limits;
    use crate::explore::tests::crossed;
    use crate::model::TimerRules;
    use crate::subject::Subject;
    use crate::sync::{ControlFlow, chan, forever, go, gosched, mutex};

    fn outlooks(kernel: impl Fn() + 'static, max: usize) -> Vec<Outlook> {
        let mut program = Rc::new(kernel).program_with(1 << 16, TimerRules::default());
        let meter = Meter::new(Limits::default(), Arc::default());
        let explored = Explored::of(program.as_mut(), max, &meter).unwrap();
        (0..explored.len()).map(|it| explored.outlook(it)).collect()
    }

    #[test]
    fn two_locks_in_opposite_orders_have_both_points_of_no_return() {
        let all = outlooks(crossed, 1000);
        assert_eq!(all[0], Outlook::Avoidable);
        let count = |outlook| all.iter().filter(|it| **it == outlook).count();
        // The one state in which each holds a lock.
        assert_eq!(count(Outlook::Doomed), 1);
        assert!(count(Outlook::Safe) > 0);
        assert_eq!(outlooks(crossed, 4), [Outlook::Unknown; 4]);
    }

    #[test]
    fn what_always_happens_is_doomed_from_the_start() {
        let alone = || {
            chan::<()>("c", 0).recv();
        };
        assert_eq!(outlooks(alone, 1000), [Outlook::Doomed]);
    }

    fn turn() -> ControlFlow<()> {
        gosched();
        ControlFlow::Continue(())
    }

    /// One runs on for ever, and nobody is stuck.
    #[test]
    fn a_run_without_end_is_a_good_one() {
        let all = outlooks(|| forever(turn), 1000);
        assert!(all.iter().all(|it| *it == Outlook::Safe));
    }

    /// Main can take the lock for ever, or the other one takes it first and keeps it.
    #[test]
    fn a_run_without_end_keeps_a_bad_end_avoidable() {
        let all = outlooks(
            || {
                let m = mutex("m", ());
                go("other", move || std::mem::forget(m.lock()));
                forever(move || {
                    drop(m.lock());
                    ControlFlow::Continue(())
                })
            },
            1000,
        );
        assert_eq!(all[0], Outlook::Avoidable);
        assert!(all.contains(&Outlook::Doomed));
    }
}
