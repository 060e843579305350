//! The tree of all parts of a search, and what they have found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::backtrack_sink::Sequence;
use super::super::tree::{Initial, is_weak_initial};
use super::super::{Optimal, Ways};
use super::ids::Renumbering;
use super::{ExploredPart, Part, ids_of};
use crate::execution::end_state::EndState;
use crate::explore::Findings;
use crate::explore::checkpoint::{mismatch, take_again};
use crate::explore::findings::Bad;
use crate::model::{Fault, Known, Program, Step, World};

/// The tree of all parts of a search, and what they have found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frontier {
    /// The first one is the start of the program.
    nodes: Vec<Node>,
    /// The ids in which it is written.
    known: Known,
    /// What was found so far. It is [complete](Findings::complete) if that is all.
    findings: Findings,
}

/// A node of the tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Node {
    /// The node before it, and the event that leads from there to it; `None` at the start.
    before: Option<(usize, Ways)>,
    /// The nodes after it.
    after: Vec<usize>,
    state: State,
}

/// What is known of a node of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum State {
    /// Something goes on from it.
    Inner,
    /// A part that is still to be explored.
    Open,
    /// A part that somebody explores.
    Given,
    /// A part that was explored.
    Explored,
}

impl Frontier {
    const ROOT: usize = 0;

    /// Returns the tree of a search between two executions.
    pub(super) fn of(program: &mut dyn Program, search: &Optimal) -> Self {
        let root = Node {
            before: None,
            after: Vec::new(),
            state: State::Inner,
        };
        let mut frontier = Self {
            nodes: vec![root],
            known: ids_of(program),
            findings: search.findings.clone(),
        };
        let mut at = Self::ROOT;
        for (depth, node) in search.nodes.iter().enumerate() {
            for asleep in &node.asleep {
                frontier.add(at, asleep.clone(), State::Explored);
            }
            let own = search.events.get(depth);
            let below = own.map(|event| frontier.add(at, Ways::of(event.clone()), State::Inner));
            frontier.add_tree(at, node.tree.flat());
            at = below.unwrap_or(at);
        }
        frontier
    }

    /// Adds a wakeup tree, whose leaves are open.
    fn add_tree(&mut self, at: usize, flat: Vec<(u32, Ways)>) {
        let mut path = vec![at];
        for (depth, ways) in flat {
            path.truncate(depth as usize + 1);
            let before = path[depth as usize];
            self.nodes[before].state = State::Inner;
            path.push(self.add(before, ways, State::Open));
        }
    }

    fn add(&mut self, before: usize, ways: Ways, state: State) -> usize {
        let number = self.nodes.len();
        self.nodes.push(Node {
            before: Some((before, ways)),
            after: Vec::new(),
            state,
        });
        self.nodes[before].after.push(number);
        number
    }

    /// Returns the number of open parts.
    #[must_use]
    pub fn open(&self) -> usize {
        self.count(State::Open)
    }

    fn count(&self, state: State) -> usize {
        self.nodes.iter().filter(|node| node.state == state).count()
    }

    /// Returns what was found so far. It is complete if nothing is left, and no part was cut short.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let left = self.open() + self.count(State::Given);
        let findings = self.findings.clone();
        Findings {
            complete: left == 0 && findings.limits.is_empty(),
            ..findings
        }
    }

    /// Returns the ids in which it is written.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Gives all open parts to somebody who explores them: they are open no longer.
    pub fn give(&mut self) {
        for node in &mut self.nodes {
            if node.state == State::Open {
                node.state = State::Given;
            }
        }
    }

    /// Returns the parts that were given and are not explored.
    pub fn given(&self) -> impl Iterator<Item = Part> + '_ {
        let numbers = 0..self.nodes.len();
        let given = numbers.filter(|&number| self.nodes[number].state == State::Given);
        given.map(|number| Part {
            number,
            path: self.path(number),
            known: self.known.clone(),
        })
    }

    /// Returns the events that lead to a node.
    fn path(&self, mut number: usize) -> Vec<Ways> {
        let mut path = Vec::new();
        while let Some((before, ways)) = &self.nodes[number].before {
            path.push(ways.clone());
            number = *before;
        }
        path.reverse();
        path
    }

    /// Takes what parts have found. What is new is open then. The program has not started, or it is
    /// the one that was split.
    ///
    /// # Errors
    /// If they are not parts of this search that were given, or the program is another one.
    pub fn take(
        &mut self,
        program: &mut dyn Program,
        explored: &[ExploredPart],
    ) -> Result<(), Fault> {
        let mut numbers = Vec::new();
        for part in explored {
            let renumbering = Renumbering::join(&mut self.known, &part.part.known, &part.known);
            numbers.push(renumbering.ok_or_else(|| mismatch("a thing has no maker"))?);
        }
        if let Some(learner) = program.learner() {
            learner.adopt_ids(&self.known);
        }
        for (part, ids) in explored.iter().zip(&numbers) {
            let number = part.part.number;
            let given = self
                .nodes
                .get(number)
                .is_some_and(|node| node.state == State::Given);
            if !given || self.path(number) != part.part.path {
                return Err(mismatch(format!("part {number} is not one that was given")));
            }
            let findings = in_ids(program, &part.findings, ids)?;
            self.findings = self.findings.clone().merge(findings);
            self.nodes[number].state = State::Explored;
        }
        program.number_by_count(true);
        let start = World::start(program);
        let inserted = start.and_then(|start| {
            let mut pairs = explored.iter().zip(&numbers);
            pairs.try_for_each(|(part, ids)| self.insert_all(program, &start, part, ids))
        });
        program.number_by_count(false);
        inserted
    }

    /// Inserts what a part has returned.
    fn insert_all(
        &mut self,
        program: &mut dyn Program,
        start: &World,
        part: &ExploredPart,
        ids: &Renumbering,
    ) -> Result<(), Fault> {
        for reversal in &part.above {
            let before = part.part.path.get(..reversal.depth);
            let before = before.ok_or_else(|| mismatch("a sequence belongs nowhere"))?;
            let rest = reversal.sequence.iter().map(|ways| ids.ways(ways));
            let all: Vec<Ways> = before.iter().cloned().chain(rest).collect();
            self.insert(program, start, &all)?;
        }
        Ok(())
    }

    /// Inserts a sequence from the start of the program, unless a part covers it.
    fn insert(
        &mut self,
        program: &mut dyn Program,
        start: &World,
        all: &[Ways],
    ) -> Result<(), Fault> {
        let numbers = all.last().filter(|last| last.numbers.len() > 1);
        let mut sequence = Sequence {
            members: all.iter().map(|ways| (0, &ways.event)).collect(),
            numbers: numbers.map(|last| last.numbers.clone()),
        };
        let mut taken: Vec<Step> = Vec::new();
        let mut at = Self::ROOT;
        while let Some((next, place)) = self.fitting(program, start, &taken, at, &mut sequence)? {
            if let Some(place) = place {
                sequence.members.remove(place);
            }
            if self.nodes[next].state != State::Inner || sequence.members.is_empty() {
                return Ok(());
            }
            taken.extend(
                self.nodes[next]
                    .before
                    .iter()
                    .map(|(_, ways)| ways.event.step),
            );
            at = next;
        }
        if sequence.is_covered() {
            return Ok(());
        }
        let last = sequence.members.len() - 1;
        for (place, (_, event)) in sequence.members.iter().enumerate() {
            let mut ways = Ways::of((*event).clone());
            let state = if place == last {
                State::Open
            } else {
                State::Inner
            };
            if let Some(numbers) = sequence.numbers.take_if(|_| place == last) {
                ways.numbers = numbers;
            }
            at = self.add(at, ways, state);
        }
        Ok(())
    }

    /// Returns the first node after this one that covers a sequence or leads to where it belongs,
    /// and the place of its event in the sequence, if it is there. Numbers that other nodes choose
    /// are removed from the sequence.
    fn fitting(
        &self,
        program: &mut dyn Program,
        start: &World,
        taken: &[Step],
        at: usize,
        sequence: &mut Sequence<'_>,
    ) -> Result<Option<(usize, Option<usize>)>, Fault> {
        for &next in &self.nodes[at].after {
            let Some((_, ways)) = &self.nodes[next].before else {
                continue;
            };
            if sequence.begins_with_its_choice() && sequence.strike(ways) {
                if sequence.is_covered() {
                    return Ok(None);
                }
                continue;
            }
            match is_weak_initial(program, start, taken, ways, &sequence.members)? {
                Initial::No => {}
                Initial::At(place) => return Ok(Some((next, Some(place)))),
                Initial::Apart => return Ok(Some((next, None))),
            }
        }
        Ok(None)
    }
}

/// Returns the end that is this one in other names, or this one if there is none.
fn in_own_names(end: &EndState, own: &Findings) -> EndState {
    let given = end.in_given_names();
    let mut all = own.bad.keys();
    let same = match own.bad.contains_key(end) {
        true => None,
        false => all.find(|own| own.in_given_names() == given),
    };
    same.unwrap_or(end).clone()
}

/// Returns findings in the ids of a program, and their ends in its names.
fn in_ids(
    program: &mut dyn Program,
    findings: &Findings,
    ids: &Renumbering,
) -> Result<Findings, Fault> {
    let steps = |path: &[Step]| {
        path.iter()
            .map(|&step| ids.step(step))
            .collect::<Vec<Step>>()
    };
    let mut ends: BTreeMap<EndState, Bad> = BTreeMap::new();
    for (end, bad) in &findings.bad {
        let path = steps(&bad.path);
        let mut world = World::start(program)?;
        for &step in &path {
            take_again(program, &mut world, step)?;
        }
        let mut own = Findings::default();
        own.ended(program, &world, &path);
        let end = in_own_names(end, &own);
        let bad = Bad {
            path,
            ..bad.clone()
        };
        let all = match ends.remove(&end) {
            Some(known) => known.merge(bad),
            None => bad,
        };
        ends.insert(end, all);
    }
    let kept = findings.kept.as_ref();
    Ok(Findings {
        bad: ends,
        kept: kept.map(|kept| kept.iter().map(|path| steps(path)).collect()),
        ..findings.clone()
    })
}
