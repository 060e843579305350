//! Whether a loop hides state: loops that came back to where they were go round again.
//!
//! The graph of a goroutine holds one turn of a loop for all turns in which the loop's state is the
//! same. That is right only if nothing else changes from turn to turn. So each way round such a
//! loop is gone [`TURNS`] times, and then all ways in turn as often; what the goroutine does is
//! compared with the graph.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Closures, Origin};
use crate::model::{Fault, Local, Outcome, Site};
use crate::runtime::coroutine::Resume;

/// Loops that are gone round again, at most: of more, so many that lie evenly among them.
const LOOPS_MAX: usize = 64;

/// How often each way round a loop is gone.
const TURNS: usize = 16;

/// Operations of all turns of one loop, about: ways that would take more are left out.
const STEPS_MAX: usize = 1 << 15;

/// A way round a loop: outcomes, and where each leads.
type Round = Vec<(Outcome, Local)>;

/// The edges that lead to each node.
type Before = FxHashMap<Local, Vec<(Local, Outcome)>>;

impl Closures {
    /// Goes round the loops that came back to where they were, and compares each turn with the
    /// graph.
    pub(super) fn go_round(&mut self) -> Result<(), Fault> {
        if self.turned.is_empty() {
            return Ok(());
        }
        let turned: Vec<(Local, Site)> = self.turned.clone().into_iter().collect();
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
        for (local, node) in self.used_nodes() {
            for (outcome, next) in node.edges.ways() {
                before.entry(next).or_default().push((local, outcome));
            }
        }
        before
    }

    /// Ways round the loop from this node back to it, which together take each edge of the loop.
    fn rounds(&self, head: Local, before: &Before) -> Vec<Round> {
        let home = ways_home(head, before);
        let mut way: FxHashMap<Local, Option<(Local, Outcome)>> = FxHashMap::default();
        way.insert(head, None);
        let (mut covered, mut rounds, mut length) = (FxHashSet::default(), Vec::new(), 0);
        let mut todo = VecDeque::from([head]);
        while let Some(at) = todo.pop_front() {
            for (outcome, next) in self.node(at).edges.ways() {
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

    /// Brings a goroutine to the head of a loop and goes on this way, which is in the graph.
    fn walk(&mut self, head: Local, site: Site, way: &[(Outcome, Local)]) -> Result<(), Fault> {
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
            self.keep_body(next, body);
            self.compare_turn(next, &now, site, turn)?;
            at = next;
            turn += usize::from(at == head);
        }
        self.keep_to_the_end(running);
        Ok(())
    }
}

/// From each node of which the loop's head can be come to: the next edge of a shortest way there.
fn ways_home(head: Local, before: &Before) -> FxHashMap<Local, (Outcome, Local)> {
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

/// The way from the head to this edge, along it, and home.
fn round(
    (from, outcome, to): (Local, Outcome, Local),
    way: &FxHashMap<Local, Option<(Local, Outcome)>>,
    home: &FxHashMap<Local, (Outcome, Local)>,
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
