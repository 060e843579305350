//! Steps of one operation that are kept together. The numbers of a choice differ only in the
//! number, so thousands of them are one range.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::model::{Choice, Event, Step};

/// A set of numbers that a choice yields.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Numbers {
    /// The first and the last number of each run, in order. Between two runs at least one number is
    /// missing.
    runs: SmallVec<[(u32, u32); 1]>,
}

impl Numbers {
    /// Returns the set of one number.
    pub(super) fn of(number: u32) -> Self {
        Self {
            runs: SmallVec::from_slice(&[(number, number)]),
        }
    }

    /// Returns the set of all numbers below this one.
    pub(super) fn below(limit: u32) -> Self {
        let last = limit.checked_sub(1);
        Self {
            runs: last.map(|last| (0, last)).into_iter().collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns the smallest number.
    pub(super) fn first(&self) -> Option<u32> {
        self.runs.first().map(|(first, _)| *first)
    }

    /// Returns the number of elements.
    pub(super) fn len(&self) -> usize {
        let lengths = self.runs.iter().map(|(first, last)| last - first);
        lengths.map(|more| more as usize + 1).sum()
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        let after = self.runs.partition_point(|(first, _)| *first <= number);
        after > 0 && number <= self.runs[after - 1].1
    }

    /// Adds a number.
    pub(super) fn insert(&mut self, number: u32) {
        if self.contains(number) {
            return;
        }
        let at = self.runs.partition_point(|(first, _)| *first < number);
        let follows = at > 0 && self.runs[at - 1].1.checked_add(1) == Some(number);
        let next = self.runs.get(at).map(|(first, _)| *first);
        let precedes = next.is_some_and(|next| next - 1 == number);
        match (follows, precedes) {
            (true, true) => {
                let (_, last) = self.runs.remove(at);
                self.runs[at - 1].1 = last;
            }
            (true, false) => self.runs[at - 1].1 = number,
            (false, true) => self.runs[at].0 = number,
            (false, false) => self.runs.insert(at, (number, number)),
        }
    }

    /// Removes all numbers that the other set has.
    pub(super) fn subtract(&mut self, others: &Self) {
        for &(low, high) in &others.runs {
            let mut left = SmallVec::new();
            for &(first, last) in &self.runs {
                if high < first || last < low {
                    left.push((first, last));
                    continue;
                }
                if first < low {
                    left.push((first, low - 1));
                }
                if high < last {
                    left.push((high + 1, last));
                }
            }
            self.runs = left;
        }
    }

    /// Returns true if the runs are in order, apart from each other, and not empty. A set that was
    /// read from a file need not be so.
    fn is_sound(&self) -> bool {
        let ordered = self.runs.iter().all(|(first, last)| first <= last);
        let apart = |pair: &[(u32, u32)]| pair[0].1.checked_add(1).is_some_and(|it| it < pair[1].0);
        !self.is_empty() && ordered && self.runs.windows(2).all(apart)
    }
}

/// An event that was or is to be taken in a state, or several events of one choice among numbers.
///
/// A step of a choice touches nothing. So it depends on the other steps of its goroutine and on
/// nothing more, whichever number it is. (A timer that is made after it is one of its actors. But
/// in a state in which the choice is still to be made there is no such timer.)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Ways {
    /// The event. For several events, one that differs from them only in the number.
    pub(super) event: Event,
    /// The numbers that it chooses, if it is a choice among numbers.
    pub(super) numbers: Numbers,
}

impl Ways {
    /// Returns the ways of one event.
    pub(super) fn of(event: Event) -> Self {
        let number = event.step.choice.number();
        Self {
            numbers: number.map_or_else(Numbers::default, Numbers::of),
            event,
        }
    }

    /// Returns true if this step is one of them.
    pub(super) fn has(&self, step: Step) -> bool {
        match step.choice.number() {
            Some(number) => self.event.step.actor == step.actor && self.numbers.contains(number),
            None => self.event.step == step,
        }
    }

    /// Returns true if another event in the same state is one of the same choice.
    pub(super) fn is_choice_of(&self, other: &Event) -> bool {
        let (own, its) = (self.event.step, other.step);
        own.actor == its.actor && own.choice.number().is_some() && its.choice.number().is_some()
    }

    /// Makes its event the one that has its number, if it has one number. The event of several
    /// numbers may have one that is no longer among them.
    pub(super) fn settle_on_one(&mut self) {
        if let (Some(number), 1) = (self.numbers.first(), self.numbers.len()) {
            self.event.step.choice = Choice::Number(number);
        }
    }

    /// Returns the ways of each of its numbers.
    pub(super) fn each(&self) -> impl Iterator<Item = Self> + '_ {
        let numbers = self.numbers.runs.iter();
        let numbers = numbers.flat_map(|(first, last)| *first..=*last);
        numbers.map(|number| {
            let mut ways = Self {
                event: self.event.clone(),
                numbers: Numbers::of(number),
            };
            ways.settle_on_one();
            ways
        })
    }

    /// Adds an event to a list of events of the same state. It joins an entry of the same choice if
    /// there is one.
    pub(super) fn add(all: &mut Vec<Self>, event: Event) {
        let same = all.iter_mut().find(|ways| ways.is_choice_of(&event));
        match same.zip(event.step.choice.number()) {
            Some((ways, number)) => ways.numbers.insert(number),
            None => all.push(Self::of(event)),
        }
    }

    /// Returns true if a search can have written this. What was read from a file need not be so.
    pub(super) fn is_sound(&self) -> bool {
        match self.event.step.choice.number() {
            Some(_) => self.numbers.is_sound(),
            None => self.numbers.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::rc::Rc;
    use std::sync::Arc;

    use super::super::Optimal;
    use super::*;
    use crate::explore::{Limits, Meter, Progress, Search};
    use crate::model::{Access, GoroutineId, ObjectId};
    use crate::subject::Subject;
    use crate::sync::{choose, go, shared};

    fn listed(numbers: &Numbers) -> BTreeSet<u32> {
        let runs = numbers.runs.iter();
        runs.flat_map(|(first, last)| *first..=*last).collect()
    }

    /// All operations agree with those of plain sets.
    #[test]
    fn they_are_sets() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..2000 {
            let (mut cases, mut set) = (Numbers::default(), BTreeSet::new());
            let (mut others, mut other_set) = (Numbers::default(), BTreeSet::new());
            for _ in 0..rng.usize(1..12) {
                let (case, other) = (rng.u32(0..12), rng.u32(0..12));
                cases.insert(case);
                set.insert(case);
                others.insert(other);
                other_set.insert(other);
            }
            assert_eq!(listed(&cases), set);
            assert!(cases.is_sound(), "{cases:?}");
            assert_eq!(cases.len(), set.len());
            assert_eq!(cases.first(), set.first().copied());
            assert!((0..13).all(|case| cases.contains(case) == set.contains(&case)));
            cases.subtract(&others);
            let left: BTreeSet<u32> = set.difference(&other_set).copied().collect();
            assert_eq!(listed(&cases), left);
            assert_eq!(cases.is_sound(), !left.is_empty(), "{cases:?}");
        }
    }

    #[test]
    fn the_first_and_the_last_case_of_all_are_cases() {
        let mut ends = Numbers::of(u32::MAX);
        ends.insert(u32::MAX - 1);
        ends.insert(0);
        assert_eq!(ends.runs[..], [(0, 0), (u32::MAX - 1, u32::MAX)]);
        let mut all = Numbers::below(u32::MAX);
        all.insert(u32::MAX);
        assert_eq!(all.runs[..], [(0, u32::MAX)]);
        all.subtract(&ends);
        assert_eq!(all.runs[..], [(1, u32::MAX - 2)]);
        assert!(Numbers::below(0).is_empty());
    }

    #[test]
    fn what_no_search_writes_is_not_sound() {
        let sound = |runs: &[(u32, u32)]| {
            let runs = SmallVec::from_slice(runs);
            Numbers { runs }.is_sound()
        };
        assert!(sound(&[(0, 3), (5, 5)]));
        assert!(!sound(&[]));
        assert!(!sound(&[(3, 0)]));
        assert!(!sound(&[(0, 3), (4, 5)]));
        assert!(!sound(&[(5, 5), (0, 3)]));
        assert!(!sound(&[(0, u32::MAX), (0, 3)]));
    }

    #[test]
    fn the_numbers_of_a_choice_are_kept_together_and_nothing_else_is() {
        let event = |actor: u32, choice: Choice, footprint: &[(ObjectId, Access)]| Event {
            step: Step::to(GoroutineId(actor), choice),
            actors: SmallVec::from_slice(&[GoroutineId(actor)]),
            footprint: SmallVec::from_slice(footprint),
        };
        let chosen = |number| event(1, Choice::Number(number), &[]);
        let mut all = Vec::new();
        for number in [3, 1, 2, 7] {
            Ways::add(&mut all, chosen(number));
        }
        assert_eq!(all.len(), 1);
        assert_eq!(listed(&all[0].numbers), [1, 2, 3, 7].into());
        assert!(all[0].has(chosen(2).step) && !all[0].has(chosen(4).step));
        Ways::add(&mut all, event(2, Choice::Number(1), &[]));
        let select = [(ObjectId(0), Access::Exclusive)];
        Ways::add(&mut all, event(3, Choice::Case(0), &select));
        Ways::add(&mut all, event(3, Choice::Case(1), &select));
        assert_eq!(all.len(), 4);
        assert!(all[2].has(event(3, Choice::Case(0), &[]).step));
        assert!(!all[2].has(event(3, Choice::Number(0), &[]).step));
        assert!(all.iter().all(Ways::is_sound));
    }

    /// The numbers that are explored are one entry of each list, and so are those still to be
    /// explored.
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
            for node in search.nodes.iter() {
                assert!(node.asleep.len() <= 3, "{:?}", node.asleep);
                assert!(node.tree.branches.len() <= 3, "{:?}", node.tree);
            }
            if progress == Progress::Done {
                break;
            }
        }
        assert_eq!(search.findings.discarded, 0);
        // Either read may come first; the write comes before both, between them, or after both.
        assert_eq!(search.findings.executions, 4 * 300);
    }
}
