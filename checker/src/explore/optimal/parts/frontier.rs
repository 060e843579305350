//! The tree of all parts of a search, and what they have found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::Ways;
use super::super::backtrack_sink::Sequence;
use super::super::tree::{Initial, is_weak_initial};
use super::ids::Renumbering;
use super::{ExploredPart, Left, Part, adopt};
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
    /// The findings so far. They are never [complete](Findings::complete) here.
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

/// The state of a node of the tree.
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

    /// A part that begins with more numbers of a choice than this is not divided.
    pub const NUMBERS_MAX: usize = 64;

    /// Returns the tree of a search that has not begun. All of it is one part.
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Node {
                before: None,
                after: Vec::new(),
                state: State::Open,
            }],
            known: Known::default(),
            findings: Findings::default(),
        }
    }

    /// Adds what is left of a part below its node.
    fn add_left(&mut self, part: usize, left: &[Left], ids: &Renumbering) {
        let mut at = part;
        for node in left {
            for ways in &node.explored {
                self.add(at, ids.ways(ways), State::Explored);
            }
            let own = node.own.as_ref();
            let below = own.map(|own| self.add(at, ids.ways(own), State::Inner));
            let mut path = vec![at];
            for (index, (depth, ways)) in node.tree.iter().enumerate() {
                let (depth, next) = (*depth as usize, node.tree.get(index + 1));
                let state = match next {
                    Some((next, _)) if *next as usize > depth => State::Inner,
                    _ => State::Open,
                };
                path.truncate(depth + 1);
                path.push(self.add(path[depth], ids.ways(ways), state));
            }
            at = below.unwrap_or(at);
        }
    }

    /// Adds a node, or several if it is open and has few numbers. Returns the number of the last.
    fn add(&mut self, before: usize, mut ways: Ways, state: State) -> usize {
        ways.settle_on_one();
        let count = ways.numbers.len();
        if state == State::Open && (2..=Self::NUMBERS_MAX).contains(&count) {
            let each = ways.each();
            return each.fold(before, |_, ways| self.add(before, ways, state));
        }
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

    /// Returns true if a limit was hit.
    pub(super) fn is_limited(&self) -> bool {
        !self.findings.limits.is_empty()
    }

    /// Returns what was found so far. It is complete if nothing is left, and no part was cut short.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let left = self.open() + self.count(State::Given);
        let findings = self.findings.clone();
        Findings {
            complete: left == 0 && !self.is_limited(),
            ..findings
        }
    }

    /// Returns the ids in which it is written.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Gives at most this many open parts to somebody who explores them: they are open no longer.
    /// They are those that are open longest.
    pub fn give(&mut self, count: usize) {
        let open = self.nodes.iter_mut();
        let open = open.filter(|node| node.state == State::Open);
        open.take(count).for_each(|node| node.state = State::Given);
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

    /// Takes what parts have found. What is new is open then. The program has not started, or it
    /// has the ids of this tree.
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
        adopt(program, &self.known);
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
            self.findings = std::mem::take(&mut self.findings).merge(findings);
            self.nodes[number].state = match part.left.is_empty() {
                true => State::Explored,
                false => State::Inner,
            };
            self.add_left(number, &part.left, ids);
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
            let before = self.nodes[next].before.iter();
            taken.extend(before.map(|(_, ways)| ways.event.step));
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
