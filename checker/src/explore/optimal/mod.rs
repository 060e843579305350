//! The search that explores exactly one execution of each class of equivalent ones, and throws none
//! away.
//!
//! # Steps, and which commute
//!
//! A step is one visible operation that was enabled when it was taken; a rendezvous is one step of
//! two goroutines. Two steps commute unless they share a goroutine or touch an object in ways that
//! conflict: [`step`](crate::model::step) and [`touches`](crate::model::touches) say when.
//! Executions that differ only in the order of adjacent steps that commute are equivalent
//! (Mazurkiewicz): they have the same end, so one of them is enough.
//!
//! # An example
//!
//! Goroutine a does `a1: lock m`, `a2: unlock m`, `a3: send x`, goroutine b does `b1: lock m`, `b2:
//! unlock m`, `b3: send y`, with x and y buffered. There are eight interleavings, in two classes: a
//! has the lock first, or b has it first. The search executes the two that are not struck out:
//!
//! ```text
//! a1 a2 a3 b1 b2 b3     ~a1 a2 b1 a3 b2 b3~     ~a1 a2 b1 b2 a3 b3~     ~a1 a2 b1 b2 b3 a3~
//! b1 b2 a1 a2 a3 b3     ~b1 b2 a1 a2 b3 a3~     ~b1 b2 a1 b3 a2 a3~     ~b1 b2 b3 a1 a2 a3~
//! ```
//!
//! After the first it looks at each step in turn. `a1` has a rival, `b1`: it conflicts with `a1`
//! and could have been taken in its place. So the sequence `b1` goes into the tree of what is still
//! to be explored from the start. `a2` has none: before it m is locked. Nor has any other step.
//! Back at the start `a1` goes to sleep, and `b1` is taken. After the second execution `b1` has the
//! rival `a1`, but whatever begins with `a1` is asleep: it is explored already.
//!
//! # How it works
//!
//! Depth first, over the nodes of the current path. From each maximal execution E, for each of its
//! events e, `races.rs` finds the rivals f of e: steps built from operations that were executed in
//! E *or that goroutines are left with at its end*, which do not arrive after e. A blocked
//! operation is never executed, and still has to be tried where it could have come first. The
//! sequence v = all of E after e that is independent of e and does not conflict with f, then f, is
//! inserted into the wakeup tree (`tree.rs`) of the node where e was taken, unless an event that is
//! asleep there, or a branch of the tree, is a weak initial of v: then what v leads to is explored
//! elsewhere.
//!
//! **Invariant: a step that is asleep at a node is never taken from it.** It is asserted in
//! `step_down`. Together with v being a sequence that can be taken whole, it makes every execution
//! that is begun one of a class that was not explored before; [`Findings::discarded`] counts the
//! executions that would have to be given up since all that is enabled is asleep, and stays 0.
//!
//! Most of a path is shared by many executions, one after the other, and is not looked at again
//! each time. At each node is kept for which rivals nothing more is to be done, with the last event
//! on which that rests (`Settled`), and whether every goroutine has taken a step after the node's
//! event: whatever comes later is after it in happens-before, so that it has no rivals but those
//! that were found (`Order::followed_by`). Both hold as long as executions share those events.
//!
//! A choice among thousands of numbers is thousands of rivals that differ in nothing but the
//! number. Those that are asleep and those that are still to be chosen are each one entry
//! (`ways.rs`), so that a number costs no more for the others.
//!
//! What is kept is the path, its states, and the trees along it: memory grows with the length of an
//! execution and not with their number. (A program that learns, as kernels written in closures do,
//! is asked to [forget](Program::forget) now and then.)
//!
//! # What a pass means
//!
//! That an execution of every class was taken to its end and none was bad. It rests on the
//! dependence of steps being right and on no class being missed. Neither is argued here in full;
//! both are tested against brute force, on the standard families and on random programs: see
//! `tests/agreement.rs` and `tests/oracle`. It does not mean that the program ends: an execution
//! that comes to the limit of steps makes the verdict `bounded`.
//!
//! # Where it comes from
//!
//! Dynamic partial-order reduction is of Flanagan and Godefroid (POPL 2005). Wakeup trees, weak
//! initials and optimality are of Abdulla, Aronis, Jonsson and Sagonas ("Source Sets: A Foundation
//! for Optimal Dynamic Partial Order Reduction", JACM 2017, sections 5 and 6); sleep sets of
//! Godefroid (1996). We differ in the races: the papers reverse a race of two events that were both
//! executed and are adjacent in happens-before, which misses what blocking hides (for `lock,
//! unlock, lock` the rivals are the two locks, and between them stands an unlock; in a deadlock the
//! second lock is never executed). Rivals from pending operations, and a rendezvous having rivals
//! on both sides, are the answer here; Must (Enea and others, OOPSLA 2024) treats messages, and
//! TruSt (POPL 2022) reads and writes, in another way to the same end.

mod checkpoint;
mod node;
mod numbers;
mod ops;
mod order;
mod races;
mod rendezvous;
mod timers;
mod tree;
mod ways;
mod witness;

use std::cell::Cell;

pub use self::checkpoint::{SavedNode, Snapshot};
use self::node::Node;
use self::ops::Ops;
use self::order::{Order, index_u32};
use self::races::Execution;
use self::tree::Tree;
pub use self::ways::{Numbers, Ways};
use super::checkpoint::of_another_kind;
use super::estimate::share_done;
use super::{Cut, Findings, Limit, Meter, Progress, Search, SearchSnapshot, renumber};
use crate::memory::reserve;
use crate::model::{Access, End, Event, Fault, Program, Step, World};

/// The search.
#[derive(Debug, Default)]
pub struct Optimal {
    /// The states on the path, each before the event of the same index.
    worlds: Vec<World>,
    nodes: Vec<Node>,
    events: Vec<Event>,
    path: Vec<Step>,
    order: Order,
    ops: Ops,
    /// States that are not needed any more, for their memory.
    spare: Vec<World>,
    spare_nodes: Vec<Node>,
    enabled: Vec<Step>,
    /// How many of the first events are those of the execution before.
    known: usize,
    /// The first nodes that are done, up to one that is not: for each the last event on which it
    /// rests that it is done and all before it, and what these cost.
    done: Vec<(u32, u64)>,
    phase: Phase,
    findings: Findings,
}

/// How far the search is with the current execution.
#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    /// It has not begun.
    #[default]
    Start,
    /// The path is to be gone on with.
    Descend,
    /// The execution is at its end, and its events are still to be ordered, before the rivals of
    /// those from this one on are looked for.
    Order(usize),
    /// The execution is at its end, and the rivals of the events from this one on are still to be
    /// looked for.
    Reverse(usize),
}

impl Optimal {
    /// A search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps all executions in [`Findings::kept`].
    #[must_use]
    pub fn keeping_executions(mut self) -> Self {
        self.findings.kept = Some(Vec::new());
        self
    }

    /// Goes down from the state at the end of the path, along the first branch of each tree, to the
    /// end of an execution. Returns false if the search is to stop before.
    fn descend(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<bool, Fault> {
        loop {
            let world = self.worlds.last().expect("the first state is there");
            if let Some(limit) = meter.limits.cut(world, self.path.len())
                && world.can_move(program)
            {
                self.note_end(program, Some(limit))?;
                return Ok(true);
            }
            let node = self.nodes.last_mut().expect("a node a state");
            let awake = match node.tree.branches[..] {
                [] => node.first_awake(program, world, &mut self.enabled),
                _ => None,
            };
            if node.tree.branches.is_empty() && awake.is_none() {
                if world.can_move(program) {
                    self.findings.discarded += 1;
                } else {
                    self.note_end(program, None)?;
                }
                return Ok(true);
            }
            if meter.must_stop() {
                return Ok(false);
            }
            let planned = node.tree.take_first();
            let next = planned.or_else(|| awake.map(|step| (step, Tree::default())));
            let (step, below) = next.expect("one of the two");
            self.step_down(program, step, below)?;
            meter.spend();
        }
    }

    /// Counts the execution at whose end the path is, or which this limit cuts short. What is bad
    /// about it is told in the numbers that all others use.
    fn note_end(&mut self, program: &mut dyn Program, limit: Option<Limit>) -> Result<(), Fault> {
        let world = self.worlds.last().expect("the first state is there");
        let bad = limit.is_some() || world.end(program) != End::Complete;
        let renumbered = match bad && program.number_by_count(true) {
            true => Some(renumber::renumbered(program, &self.path)?),
            false => None,
        };
        let (world, path) = match &renumbered {
            Some((world, path)) => (world, path),
            None => (world, &self.path),
        };
        match limit {
            Some(limit) => self.findings.cut(program, world, path, limit),
            None => {
                self.findings.ended(program, world, path);
            }
        }
        Ok(())
    }

    fn step_down(
        &mut self,
        program: &mut dyn Program,
        step: Step,
        below: Tree,
    ) -> Result<(), Fault> {
        reserve(&mut self.path, 1)?;
        reserve(&mut self.events, 1)?;
        reserve(&mut self.worlds, 1)?;
        reserve(&mut self.nodes, 1)?;
        let before = self.worlds.last().expect("the first state is there");
        let mut world = self.spare.pop().unwrap_or_default();
        world.clone_from(before);
        let event = world.take(program, step)?;
        let mut below_node = self.spare_nodes.pop().unwrap_or_default();
        below_node.tree = below;
        let node = self.nodes.last().expect("a node a state");
        assert!(
            node.asleep.iter().all(|ways| !ways.has(step)),
            "a step that is asleep at a node is never taken from it: {step:?}"
        );
        let independent = |other: &&Ways| !other.event.depends_on(&event);
        let asleep = node.asleep.iter().filter(independent).cloned();
        below_node.asleep.extend(asleep);
        for Ways { event, .. } in &mut below_node.asleep {
            // How a counter is lowered depends on where it stands.
            if event
                .touches
                .iter()
                .any(|(_, how)| matches!(how, Access::Lowers { .. }))
            {
                event.touches = world.touches(program, event.step);
            }
        }
        self.findings.steps += 1;
        self.path.push(step);
        self.events.push(event);
        self.worlds.push(world);
        self.nodes.push(below_node);
        Ok(())
    }

    /// Orders the events of the execution at whose end the path is.
    fn order_events(&mut self, program: &dyn Program, meter: &Meter) -> Result<(), Cut> {
        let (worlds, end) = self.worlds.split_at(self.events.len());
        let end = &end[0];
        let known = self.order.update(&self.events, self.known, end, meter)?;
        self.ops
            .update(program, &self.events, worlds, end, &self.order, known);
        Ok(())
    }

    /// Puts into the trees of the path's nodes what the execution at its end bears witness to: for
    /// the events from `first` on, as far as the meter allows. Returns the event at which it
    /// stopped, for which not all need have been done.
    fn reverse_races(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        first: usize,
    ) -> Result<usize, Fault> {
        let work = Cell::new(self.events.len() as u64 / 16);
        let (worlds, end) = self.worlds.split_at(self.events.len());
        let known = index_u32(self.known);
        let common = self.order.common(self.known, &self.worlds[self.known]);
        let mut first = first;
        if first == 0 {
            while self.done.pop_if(|(upto, _)| *upto >= known).is_some() {}
            first = self.done.len();
            work.set(work.get() + self.done.last().map_or(0, |(_, cost)| *cost));
        }
        for i in first..self.events.len() {
            if let Some((upto, cost)) = self.nodes[i].done(known) {
                work.set(work.get() + cost);
                if self.done.len() == i {
                    let (before, sum) = self.done.last().copied().unwrap_or_default();
                    self.done.push((upto.max(before), sum + cost));
                }
                continue;
            }
            let execution = Execution {
                events: &self.events,
                worlds,
                end: &end[0],
                order: &self.order,
                ops: &self.ops,
                work: &work,
                meter,
            };
            let node = &mut self.nodes[i];
            let before = work.get();
            let whole = execution.reversals(program, i, node);
            if Cut::unless_stopped(whole)?.is_none() {
                meter.spend_many(work.take());
                return Ok(i);
            }
            if i < self.known && self.order.contains(&common, &self.events, i) {
                // Whatever comes later is after the event, and no rival.
                let followed = self.order.followed_by(&self.events, i, self.known);
                node.done = followed.map(|upto| (upto, work.get() - before));
            }
            meter.spend_many(work.take());
            if meter.slice_is_over() || meter.must_stop() {
                return Ok(i + 1);
            }
        }
        Ok(self.events.len())
    }

    /// Goes back to the last node with something left to explore; false if there is none.
    fn ascend(&mut self) -> bool {
        while let Some(event) = self.events.pop() {
            self.path.pop();
            self.spare.extend(self.worlds.pop());
            if let Some(mut node) = self.nodes.pop() {
                node.clear();
                self.spare_nodes.push(node);
            }
            let node = self.nodes.last_mut().expect("a node a state");
            Ways::add(&mut node.asleep, event);
            node.explored += 1;
            if !node.tree.branches.is_empty() {
                self.known = self.events.len();
                return true;
            }
        }
        false
    }
}

impl Optimal {
    fn go_on(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        loop {
            match self.phase {
                Phase::Start => {
                    self.worlds.push(World::start(program)?);
                    self.nodes.push(Node::default());
                    self.phase = Phase::Descend;
                }
                Phase::Descend => {
                    if !self.descend(program, meter)? {
                        return Ok(self.broken_off(meter));
                    }
                    self.phase = Phase::Order(0);
                }
                Phase::Order(first) => {
                    if Cut::unless_stopped(self.order_events(program, meter))?.is_none() {
                        return Ok(self.broken_off(meter));
                    }
                    self.phase = Phase::Reverse(first);
                    if !self.findings.limits.is_empty() {
                        // What follows may take long: whoever thinks better of it has an occasion
                        // to say so.
                        return Ok(Progress::Paused);
                    }
                }
                Phase::Reverse(first) => {
                    let next = self.reverse_races(program, meter, first)?;
                    self.phase = Phase::Reverse(next);
                    if let Some(progress) = self.after_reversal(program, meter, next) {
                        return Ok(progress);
                    }
                }
            }
        }
    }
}

impl Search for Optimal {
    /// Things are numbered by count meanwhile: equivalent executions are equal.
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        program.number_by_count(true);
        let progress = self.go_on(program, meter);
        program.number_by_count(false);
        progress
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn save(&self) -> Option<SearchSnapshot> {
        Some(SearchSnapshot::Optimal(self.snapshot()))
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        match stopped {
            SearchSnapshot::Optimal(snapshot) => self.restore_snapshot(program, snapshot),
            _ => Err(of_another_kind()),
        }
    }
}

impl Optimal {
    /// What to do in the middle of something if the search is to stop.
    fn broken_off(&mut self, meter: &Meter) -> Progress {
        match meter.over_now() {
            Some(limit) => {
                self.findings.hit(limit);
                Progress::Done
            }
            None => Progress::Paused,
        }
    }

    /// What to do once the rivals of the events before `next` have been found: `None` to go on.
    fn after_reversal(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        next: usize,
    ) -> Option<Progress> {
        let depth = self.path.len();
        let stops = meter.must_stop();
        if next < depth {
            return (stops || meter.slice_is_over()).then(|| self.broken_off(meter));
        }
        let limit = meter.over();
        if meter.wants_estimate(self.findings.executions) {
            let nodes = self.nodes.iter().rev().skip(1);
            let nodes = nodes.map(|node| (node.explored, node.tree.width()));
            meter.done(share_done(nodes));
        }
        let more = self.ascend();
        let limit = meter.executions(self.findings.executions, depth).or(limit);
        if let Some(limit) = limit.filter(|_| more) {
            self.findings.hit(limit);
        }
        if !more || limit.is_some() {
            self.findings.complete = self.findings.limits.is_empty();
            return Some(Progress::Done);
        }
        self.phase = Phase::Descend;
        if program.crowded() {
            program.forget(&mut self.worlds.iter().flat_map(World::locals));
        }
        meter.slice_is_over().then_some(Progress::Paused)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::explore::Limits;
    use crate::subject::Subject;
    use crate::sync::{choose, go, shared};

    /// Thousands of numbers that are explored, and thousands that are still to be, are one entry
    /// each of whatever list is gone through for each of them.
    #[test]
    fn a_choice_is_no_longer_for_its_many_numbers() {
        let kernel = || {
            let last = shared("last", 0);
            for name in ["one", "other"] {
                go(name, move || {
                    last.get();
                });
            }
            let number = choose(300);
            last.set(number);
        };
        let mut program = Rc::new(kernel).program(1 << 16);
        let mut search = Optimal::new();
        let mut meter = Meter::new(Limits::default(), Arc::default());
        loop {
            meter.begin_slice(1);
            let progress = search.advance(program.as_mut(), &mut meter).unwrap();
            for node in &search.nodes {
                assert!(node.asleep.len() <= 3, "{:?}", node.asleep);
                assert!(node.tree.branches.len() <= 3, "{:?}", node.tree);
            }
            if progress == Progress::Done {
                break;
            }
        }
        assert_eq!(search.findings.discarded, 0);
        // Before each of the two reads, between them, and after: with either first.
        assert_eq!(search.findings.executions, 4 * 300);
    }
}
