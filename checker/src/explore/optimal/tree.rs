//! Wakeup trees: what must still be explored from a node, as sequences of events.
//!
//! They come from Abdulla, Aronis, Jonsson and Sagonas, "Source Sets: A Foundation for Optimal
//! Dynamic Partial Order Reduction" (JACM 2017), section 6. A branch is taken from its root on.
//! What lies below its first event is handed down to the node that the event leads to.
//!
//! Inserting a sequence v walks down the tree. It follows the first branch whose event is a weak
//! initial of v, and removes the event from v if it is there. If that branch ends there, or nothing
//! is left of v, the tree covers v. If no branch fits, the rest of v becomes the last branch at
//! that point.
//!
//! For example, a tree has the one sequence `b1 c1`, and v is `b1 b2`. `b1` is a weak initial of v,
//! so the walk goes below it, and `b2` is left. If `c1` and `b2` are independent, `c1` is a weak
//! initial of `b2`, and its branch ends there: v is covered. Otherwise `b2` becomes a second branch
//! below `b1`.

use super::backtrack_sink::{Member, Sequence};
use super::raced;
use super::ways::{Numbers, Ways};
use crate::model::step::conflict;
use crate::model::{Choice, Event, Fault, Program, Step, World};

/// A tree of sequences. The branches are explored in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) branches: Vec<Branch>,
}

/// The first event of some sequences, and what follows it. Nothing follows several numbers of a
/// choice.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) ways: Ways,
    pub(super) below: Tree,
}

impl Drop for Tree {
    /// Drops the branches in a loop. A branch may be as long as an execution, too deep for
    /// recursion.
    fn drop(&mut self) {
        let mut todo = std::mem::take(&mut self.branches);
        while let Some(mut branch) = todo.pop() {
            todo.append(&mut branch.below.branches);
        }
    }
}

impl Tree {
    /// Returns the number of events that its sequences begin with.
    pub(super) fn width(&self) -> usize {
        let widths = self.branches.iter().map(|branch| &branch.ways.numbers);
        widths.map(|numbers| numbers.len().max(1)).sum()
    }

    /// Takes out the first event, and what follows it.
    pub(super) fn take_first(&mut self) -> Option<(Step, Self)> {
        let ways = &mut self.branches.first_mut()?.ways;
        let mut step = ways.event.step;
        if let Some(number) = ways.numbers.first() {
            step.choice = Choice::Number(number);
            ways.numbers.subtract(&Numbers::of(number));
            if !ways.numbers.is_empty() {
                return Some((step, Self::default()));
            }
        }
        let first = self.branches.remove(0);
        Some((step, first.below))
    }

    /// Returns the events with their depths, parents before children, in the order of the branches.
    pub(super) fn flat(&self) -> Vec<(u32, Ways)> {
        let mut flat = Vec::new();
        let mut todo: Vec<(u32, &Branch)> = self.branches.iter().rev().map(|it| (0, it)).collect();
        while let Some((depth, branch)) = todo.pop() {
            flat.push((depth, branch.ways.clone()));
            let below = branch.below.branches.iter().rev();
            todo.extend(below.map(|it| (depth + 1, it)));
        }
        flat
    }

    /// Returns the tree of these events and depths; `None` if they do not form one.
    pub(super) fn of_flat(flat: Vec<(u32, Ways)>) -> Option<Self> {
        let mut tree = Self::default();
        // The branches from the root to the last event.
        let mut open: Vec<Branch> = Vec::new();
        for (depth, ways) in flat {
            let depth = depth as usize;
            let several_above = depth > 0 && open.get(depth - 1)?.ways.numbers.len() > 1;
            if !ways.is_sound() || several_above {
                return None;
            }
            tree.close(&mut open, depth);
            open.push(Branch {
                ways,
                below: Self::default(),
            });
        }
        tree.close(&mut open, 0);
        Some(tree)
    }

    /// Attaches the open branches from this depth on to their parents.
    fn close(&mut self, open: &mut Vec<Branch>, depth: usize) {
        while open.len() > depth
            && let Some(branch) = open.pop()
        {
            let above = open.last_mut().map_or(&mut *self, |above| &mut above.below);
            above.branches.push(branch);
        }
    }

    /// Adds a sequence that can be taken from the state `world`, unless a branch covers it. A
    /// branch covers it if some execution that is equivalent to one that begins with `sequence`
    /// begins with the branch. Returns the last event of the execution on which that rests, as
    /// [`BacktrackSink::found`](super::backtrack_sink::BacktrackSink::found) does.
    pub(super) fn insert(
        &mut self,
        program: &mut dyn Program,
        world: &World,
        mut sequence: Sequence<'_>,
    ) -> Result<Option<u32>, Fault> {
        let mut tree = self;
        let mut taken = Vec::new();
        let mut seen = Some(0);
        loop {
            let mut covering = None;
            for (index, branch) in tree.branches.iter().enumerate() {
                // A number with which a branch begins is going to be chosen. Whatever may come
                // before it may come after it, too, and its races are found there.
                if sequence.strike(&branch.ways) {
                    seen = both(seen, sequence.last_seen());
                    if sequence.is_covered() {
                        return Ok(seen);
                    }
                    continue;
                }
                match is_weak_initial(program, world, &taken, &branch.ways, &sequence.members)? {
                    Initial::No => continue,
                    Initial::At(at) => seen = both(seen, Some(sequence.members.remove(at).0)),
                    Initial::Apart => seen = None,
                }
                covering = Some(index);
                break;
            }
            let Some(covering) = covering else { break };
            let branch = &mut tree.branches[covering];
            if branch.below.branches.is_empty() || sequence.members.is_empty() {
                return Ok(seen);
            }
            taken.push(branch.ways.event.step);
            tree = &mut branch.below;
        }
        let last = sequence.members.len().saturating_sub(1);
        for (at, (index, event)) in sequence.members.into_iter().enumerate() {
            seen = both(seen, Some(index));
            let mut ways = Ways::of(event.clone());
            if let Some(numbers) = sequence.numbers.take_if(|_| at == last) {
                ways.numbers = numbers;
            }
            tree.branches.push(Branch {
                ways,
                below: Self::default(),
            });
            tree = &mut tree.branches.last_mut().expect("just pushed").below;
        }
        Ok(seen)
    }
}

/// Returns the later of the events on which two things rest; `None` if one of them rests on all.
pub(super) fn both(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    Some(one?.max(other?))
}

/// The way in which an event is, or is not, a weak initial of a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Initial {
    /// It is not a weak initial.
    No,
    /// It is in the sequence at this position and depends on nothing before it there.
    At(usize),
    /// It depends on nothing in the sequence.
    Apart,
}

/// Finds out if one of `ways` is a weak initial of `sequence`. An event is one if some execution
/// that is equivalent to `sequence`, or to `sequence` with more after it, begins with the event. So
/// it is in the sequence and depends on nothing before it there, or it depends on nothing in the
/// sequence. The sequence begins in the state to which the steps `taken` lead from `world`.
pub(super) fn is_weak_initial(
    program: &mut dyn Program,
    world: &World,
    taken: &[Step],
    ways: &Ways,
    sequence: &[Member<'_>],
) -> Result<Initial, Fault> {
    let event = &ways.event;
    if event.decrements() {
        return is_weak_initial_from(program, world, taken, event, sequence);
    }
    for (at, (_, other)) in sequence.iter().enumerate() {
        if ways.has(other.step) {
            return Ok(Initial::At(at));
        }
        if other.depends_on(event) {
            return Ok(Initial::No);
        }
    }
    Ok(Initial::Apart)
}

/// Does the same for an `event` that decrements a counter. Two decrements commute or not depending
/// on the value of the counter, so the sequence is executed.
fn is_weak_initial_from(
    program: &mut dyn Program,
    world: &World,
    taken: &[Step],
    event: &Event,
    sequence: &[Member<'_>],
) -> Result<Initial, Fault> {
    let mut world = world.clone();
    for &before in taken {
        if !raced::advance(program, &mut world, before)? {
            return Ok(Initial::No);
        }
    }
    for (at, (_, other)) in sequence.iter().enumerate() {
        if other.step == event.step {
            return Ok(Initial::At(at));
        }
        let both = [event.step, other.step];
        if both.iter().any(|it| raced::is_gone(program, &world, *it)) {
            return Ok(Initial::No);
        }
        let own = world.footprint(program, event.step);
        let its = world.footprint(program, other.step);
        let shared_actor = event
            .actors
            .iter()
            .any(|actor| other.actors.contains(actor));
        if shared_actor || conflict(&own, &its) {
            return Ok(Initial::No);
        }
        world.advance(program, other.step)?;
    }
    Ok(Initial::Apart)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::sync::Arc;

    use smallvec::SmallVec;

    use super::super::Optimal;
    use super::super::backtrack_sink::{BacktrackSink, Rival};
    use super::super::node::PathNode;
    use super::super::races::Execution;
    use super::*;
    use crate::explore::{Limits, Meter};
    use crate::model::GoroutineId;
    use crate::script::Operand::Constant;
    use crate::script::Statement::{Lock, Send, Unlock};
    use crate::script::{Memory, Script, Start};

    fn event(number: u32) -> Ways {
        Ways::of(Event {
            step: Step::of(GoroutineId(number)),
            actors: SmallVec::new(),
            footprint: SmallVec::new(),
        })
    }

    #[test]
    fn a_tree_is_written_flat_and_read_again() {
        let shape = [(0, 1), (1, 2), (1, 3), (2, 4), (0, 5), (1, 6)];
        let flat: Vec<(u32, Ways)> = shape.map(|(depth, number)| (depth, event(number))).into();
        let tree = Tree::of_flat(flat.clone()).expect("a tree");
        assert_eq!(tree.branches.len(), 2);
        assert_eq!(tree.branches[0].below.branches.len(), 2);
        assert_eq!(tree.branches[0].below.branches[1].below.branches.len(), 1);
        assert_eq!(tree.flat(), flat);
        assert!(Tree::of_flat(vec![(0, event(1)), (2, event(2))]).is_none());
    }

    #[test]
    fn a_branch_of_a_million_events_is_dropped() {
        let flat = (0..1_000_000).map(|depth| (depth, event(depth)));
        drop(Tree::of_flat(flat.collect()));
    }

    /// A node of the path, and the drawings of its tree after each sequence that it was given.
    #[derive(Default)]
    struct Drawn {
        node: PathNode,
        drawings: Vec<String>,
    }

    impl BacktrackSink for Drawn {
        fn asleep(&self) -> &[Ways] {
            self.node.asleep()
        }

        fn found(
            &mut self,
            program: &mut dyn Program,
            world: &World,
            sequence: Sequence<'_>,
        ) -> Result<Option<u32>, Fault> {
            let seen = self.node.found(program, world, sequence)?;
            let mut lines = vec![String::new()];
            draw(&self.node.tree, &mut Vec::new(), &mut lines);
            self.drawings.push(lines.join("\n"));
            Ok(seen)
        }

        fn settled(&self, rival: &Rival) -> Option<(u32, u64)> {
            self.node.settled(rival)
        }

        fn settle(&mut self, rival: Rival, upto: u32, cost: u64) {
            self.node.settle(rival, upto, cost);
        }
    }

    /// Draws a tree from the end of the last line on. The actors of the events above it are given.
    fn draw(tree: &Tree, above: &mut Vec<GoroutineId>, lines: &mut Vec<String>) {
        let column = lines.last().map_or(0, |line| line.chars().count());
        for (index, branch) in tree.branches.iter().enumerate() {
            let actor = branch.ways.event.step.actor;
            let name = ["a", "b", "c"][actor.index()];
            let number = 1 + above.iter().filter(|&&other| other == actor).count();
            let line = match (above.len(), tree.branches.len(), index) {
                (0, ..) => "",
                (_, 1, _) => " ─ ",
                (_, _, 0) => " ┬ ",
                _ => " └ ",
            };
            if index > 0 {
                lines.push(" ".repeat(column));
            }
            let last = lines.last_mut().expect("there is a line");
            last.push_str(&format!("{line}{name}{number}"));
            above.push(actor);
            draw(&branch.below, above, lines);
            above.pop();
        }
    }

    /// The tree in the module docs, before and after an insertion, is that of the search.
    #[test]
    fn the_drawn_tree_grows_as_drawn() {
        let mut script = Script::new();
        let m = script.mutex("m");
        let (x, y) = (script.chan("x", 1), script.chan("y", 1));
        script.goroutine("a", [Lock(m), Unlock(m)]);
        script.goroutine("b", [Send(x, Constant(1)), Lock(m), Unlock(m)]);
        script.goroutine("c", [Send(y, Constant(1)), Lock(m), Unlock(m)]);
        let mut program = script.interpreter(Start::Together, Memory::Forgetful);
        let mut meter = Meter::new(Limits::default(), Arc::default());
        let mut search = Optimal::new();
        search.trail.start(&mut program).unwrap();
        search.nodes.push().unwrap();
        assert!(search.descend(&mut program, &mut meter).unwrap());
        search.order_events(&mut program, &meter).unwrap();
        let execution = Execution {
            events: &search.events,
            trail: RefCell::new(&mut search.trail),
            end: &search.end,
            order: &search.order,
            ops: &search.ops,
            work: &Cell::new(0),
            meter: &meter,
        };
        let mut sink = Drawn::default();
        execution.reversals(&mut program, 0, &mut sink).unwrap();
        let [before, after] = &sink.drawings[..] else {
            panic!("two rivals: {:?}", sink.drawings);
        };
        let after = after.replace('\n', "\n//!          ");
        let page = include_str!("mod.rs");
        let drawing = format!("//! before:  {before}\n//! after:   {after}\n");
        assert!(page.contains(&drawing), "the tree is now\n{drawing}");
    }
}
