//! Detects loops that hide state, by repeating the loops that returned to a known node.
//!
//! The graph of a goroutine has one iteration of a loop for all iterations with the same loop
//! state. That is right only if nothing else changes between iterations. So each path round such a
//! loop is taken [`TURNS`] times, and then all paths in turn as often. The goroutine's actions are
//! compared with the graph.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Closures, Origin};
use crate::model::{Fault, LocalState, Outcome};
use crate::runtime::coroutine::Resume;
use crate::runtime::site::StaticSite;

/// Most loops that are repeated. If there are more, a sample is taken at even intervals.
const LOOPS_MAX: usize = 64;

/// Repetitions of each path round a loop.
const TURNS: usize = 16;

/// Approximate limit of operations for one loop: paths that would exceed it are left out.
const STEPS_MAX: usize = 1 << 15;

/// A path round a loop: outcomes and the nodes to which they lead.
type Round = Vec<(Outcome, LocalState)>;

/// The incoming edges of each node.
type Before = FxHashMap<LocalState, Vec<(LocalState, Outcome)>>;

impl Closures {
    /// Repeats the loops that returned to a known node, and compares each iteration with the graph.
    pub(super) fn go_round(&mut self) -> Result<(), Fault> {
        if self.turned.is_empty() {
            return Ok(());
        }
        let turned: Vec<(LocalState, StaticSite)> = self.turned.clone().into_iter().collect();
        let every = turned.len().div_ceil(LOOPS_MAX);
        let before = self.before();
        for (head, site) in turned.into_iter().step_by(every) {
            let rounds = self.rounds(head, &before);
            for round in &rounds {
                self.walk(head, site, &round.repeat(TURNS))?;
            }
            if rounds.len() > 1 {
                self.walk(head, site, &rounds.concat().repeat(TURNS))?;
            }
        }
        Ok(())
    }

    fn before(&self) -> Before {
        let mut before = Before::default();
        for (local, node) in self.automaton.iter() {
            for (outcome, next) in node.edges.ways() {
                before.entry(next).or_default().push((local, outcome));
            }
        }
        before
    }

    /// Returns paths round the loop from this node, which together cover each edge of the loop.
    fn rounds(&self, head: LocalState, before: &Before) -> Vec<Round> {
        let home = ways_home(head, before);
        let mut way: FxHashMap<LocalState, Option<(LocalState, Outcome)>> = FxHashMap::default();
        way.insert(head, None);
        let (mut covered, mut rounds, mut length) = (FxHashSet::default(), Vec::new(), 0);
        let mut todo = VecDeque::from([head]);
        while let Some(at) = todo.pop_front() {
            for (outcome, next) in self.automaton.node(at).edges.ways() {
                if next != head && !home.contains_key(&next) {
                    continue;
                }
                if !covered.contains(&(at, outcome)) {
                    let round = round((at, outcome, next), &way, &home);
                    length += round.len();
                    if length * TURNS * 2 > STEPS_MAX && !rounds.is_empty() {
                        return rounds;
                    }
                    let mut from = head;
                    for &(outcome, next) in &round {
                        covered.insert((from, outcome));
                        from = next;
                    }
                    rounds.push(round);
                }
                if let std::collections::hash_map::Entry::Vacant(new) = way.entry(next) {
                    new.insert(Some((at, outcome)));
                    todo.push_back(next);
                }
            }
        }
        rounds
    }

    /// Brings a goroutine to the head of a loop and then follows this path, which is in the graph.
    fn walk(
        &mut self,
        head: LocalState,
        site: StaticSite,
        way: &[(Outcome, LocalState)],
    ) -> Result<(), Fault> {
        let goroutine = self.node(head).goroutine;
        let mut running = self.run_again(head)?;
        let (mut at, mut turn) = (head, 2);
        for &(outcome, next) in way {
            let origin = Origin::After(at, outcome);
            let (now, body) = self.run_on(
                goroutine,
                origin,
                &mut running,
                Resume::Told(outcome),
                &mut None,
            )?;
            self.keep_body(next, body.map(|body| body.body));
            self.compare_turn(next, &now, site, turn)?;
            at = next;
            turn += usize::from(at == head);
        }
        self.keep_to_the_end(running);
        Ok(())
    }
}

/// Returns the next edge of a shortest path to the loop's head, for each node that can reach it.
fn ways_home(head: LocalState, before: &Before) -> FxHashMap<LocalState, (Outcome, LocalState)> {
    let mut home = FxHashMap::default();
    let mut todo = VecDeque::from([head]);
    while let Some(at) = todo.pop_front() {
        for &(from, outcome) in before.get(&at).into_iter().flatten() {
            if from != head && !home.contains_key(&from) {
                home.insert(from, (outcome, at));
                todo.push_back(from);
            }
        }
    }
    home
}

/// Returns the path from the head to this edge, along it, and back to the head.
fn round(
    (from, outcome, to): (LocalState, Outcome, LocalState),
    way: &FxHashMap<LocalState, Option<(LocalState, Outcome)>>,
    home: &FxHashMap<LocalState, (Outcome, LocalState)>,
) -> Round {
    let mut round = vec![(outcome, to)];
    let mut at = from;
    while let Some(&Some((before, outcome))) = way.get(&at) {
        round.push((outcome, at));
        at = before;
    }
    round.reverse();
    let mut at = to;
    while let Some(&(outcome, next)) = home.get(&at) {
        round.push((outcome, next));
        at = next;
    }
    round
}
