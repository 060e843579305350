//! Wakeup trees: what must still be explored from a node, as sequences of events.
//!
//! From Abdulla, Aronis, Jonsson and Sagonas, "Source Sets: A Foundation for Optimal Dynamic
//! Partial Order Reduction" (JACM 2017), section 6. A branch is taken from its root on; what lies
//! below it is handed down to the node that it leads to.

use super::ways::{Numbers, Ways};
use super::witness::{Member, Sequence};
use crate::model::step::conflict;
use crate::model::{Access, Choice, Event, Fault, Program, Step, World};

/// A tree of sequences. The branches are explored in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) branches: Vec<Branch>,
}

/// The first event of some sequences, and what follows it; nothing does where that is several
/// numbers of a choice.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) ways: Ways,
    pub(super) below: Tree,
}

impl Drop for Tree {
    /// A branch may be as long as an execution: it is not to be taken apart on the stack.
    fn drop(&mut self) {
        let mut todo = std::mem::take(&mut self.branches);
        while let Some(mut branch) = todo.pop() {
            todo.append(&mut branch.below.branches);
        }
    }
}

impl Tree {
    /// How many events it begins with.
    pub(super) fn width(&self) -> usize {
        let widths = self.branches.iter().map(|branch| &branch.ways.numbers);
        widths.map(|numbers| numbers.len().max(1)).sum()
    }

    /// Takes the first event out that it begins with, and what follows it.
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

    /// The events with their depths, from the root on and the first branch first.
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

    /// The tree of these events and depths; `None` if they are those of no tree.
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

    /// Puts the branches from this depth on where they belong.
    fn close(&mut self, open: &mut Vec<Branch>, depth: usize) {
        while open.len() > depth
            && let Some(branch) = open.pop()
        {
            let above = open.last_mut().map_or(&mut *self, |above| &mut above.below);
            above.branches.push(branch);
        }
    }

    /// Adds a sequence that can be taken from the state `world`, unless a branch covers it: one
    /// whose sequence is, as far as it goes, a way to begin an execution equivalent to one that
    /// begins with `sequence`. Returns the last event of the execution on which that rests, as
    /// [`Witness::found`](super::witness::Witness::found) does.
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
                // A number with which a branch begins is going to be chosen; whatever may come
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

/// The later of the events on which two things rest; `None` if one of them rests on all.
fn both(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    Some(one?.max(other?))
}

/// Whether an event is a weak initial of a sequence, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Initial {
    /// It is none.
    No,
    /// It stands in the sequence at this place, with nothing before it on which it depends.
    At(usize),
    /// It depends on nothing in the sequence.
    Apart,
}

/// Whether some execution equivalent to `sequence`, or to `sequence` and more, begins with `ways`:
/// one of them stands in the sequence with nothing before it on which it depends, or depends on
/// nothing in it. The sequence begins in the state to which the steps `taken` lead from `world`.
pub(super) fn is_weak_initial(
    program: &mut dyn Program,
    world: &World,
    taken: &[Step],
    ways: &Ways,
    sequence: &[Member<'_>],
) -> Result<Initial, Fault> {
    let event = &ways.event;
    let lowers = event
        .touches
        .iter()
        .any(|(_, how)| matches!(how, Access::Lowers { .. }));
    if lowers {
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

/// The same where `event` lowers a counter: whether it commutes with another that does depends on
/// where the counter stands, so the sequence is taken.
fn is_weak_initial_from(
    program: &mut dyn Program,
    world: &World,
    taken: &[Step],
    event: &Event,
    sequence: &[Member<'_>],
) -> Result<Initial, Fault> {
    let mut world = world.clone();
    for &before in taken {
        world.take(program, before)?;
    }
    for (at, (_, other)) in sequence.iter().enumerate() {
        if other.step == event.step {
            return Ok(Initial::At(at));
        }
        let own = world.touches(program, event.step);
        let its = world.touches(program, other.step);
        let shared_actor = event
            .actors
            .iter()
            .any(|actor| other.actors.contains(actor));
        if shared_actor || conflict(&own, &its) {
            return Ok(Initial::No);
        }
        world.take(program, other.step)?;
    }
    Ok(Initial::Apart)
}

#[cfg(test)]
mod tests {
    use smallvec::SmallVec;

    use super::*;
    use crate::model::GoroutineId;

    fn event(number: u32) -> Ways {
        Ways::of(Event {
            step: Step::of(GoroutineId(number)),
            actors: SmallVec::new(),
            touches: SmallVec::new(),
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
}
