//! Steps of one operation that are kept together: all the numbers of a choice differ in nothing but the number, so that thousands of them
//! are a range.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::model::{Event, Step};

/// A set of [cases](Step::case).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Cases {
    /// The first and the last of each run of them, in order; between two runs there is a case that is none of them.
    runs: SmallVec<[(u32, u32); 1]>,
}

impl Cases {
    /// One case.
    pub(super) fn of(case: u32) -> Self {
        Self {
            runs: SmallVec::from_slice(&[(case, case)]),
        }
    }

    /// All below this one.
    pub(super) fn below(limit: u32) -> Self {
        let last = limit.checked_sub(1);
        Self {
            runs: last.map(|last| (0, last)).into_iter().collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<u32> {
        self.runs.first().map(|(first, _)| *first)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let lengths = self.runs.iter().map(|(first, last)| last - first);
        lengths.map(|more| more as usize + 1).sum()
    }

    pub(super) fn contains(&self, case: u32) -> bool {
        let after = self.runs.partition_point(|(first, _)| *first <= case);
        after > 0 && case <= self.runs[after - 1].1
    }

    /// Adds a case.
    pub(super) fn insert(&mut self, case: u32) {
        if self.contains(case) {
            return;
        }
        let at = self.runs.partition_point(|(first, _)| *first < case);
        let follows = at > 0 && self.runs[at - 1].1.checked_add(1) == Some(case);
        let next = self.runs.get(at).map(|(first, _)| *first);
        let precedes = next.is_some_and(|next| next - 1 == case);
        match (follows, precedes) {
            (true, true) => {
                let (_, last) = self.runs.remove(at);
                self.runs[at - 1].1 = last;
            }
            (true, false) => self.runs[at - 1].1 = case,
            (false, true) => self.runs[at].0 = case,
            (false, false) => self.runs.insert(at, (case, case)),
        }
    }

    /// Takes away all that others have.
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

    /// Whether these are sets as this module makes them, and have a member: what was read from a file need not be.
    fn is_sound(&self) -> bool {
        let ordered = self.runs.iter().all(|(first, last)| first <= last);
        let apart = |pair: &[(u32, u32)]| pair[0].1.checked_add(1).is_some_and(|it| it < pair[1].0);
        !self.is_empty() && ordered && self.runs.windows(2).all(apart)
    }
}

/// An event that was or is to be taken in a state, or several of one choice among numbers.
///
/// A step of a choice touches nothing, so that it depends on whatever else its goroutine does and on nothing more, whichever
/// number it is. (A timer that is made after it is one of its actors; but in a state in which the choice is still to be made there is no such
/// timer.)
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ways {
    /// The event; of several one of them.
    pub(super) event: Event,
    /// The cases of its step.
    pub(super) cases: Cases,
}

impl Ways {
    /// One event.
    pub(super) fn of(event: Event) -> Self {
        Self {
            cases: Cases::of(event.step.case),
            event,
        }
    }

    /// Whether this step is one of them.
    pub(super) fn has(&self, step: Step) -> bool {
        let own = self.event.step;
        own.actor == step.actor && own.partner == step.partner && self.cases.contains(step.case)
    }

    /// Whether another event in the same state is one of the same choice.
    pub(super) fn is_choice_of(&self, other: &Event) -> bool {
        let plain = |event: &Event| event.touches.is_empty() && event.step.partner.is_none();
        self.event.step.actor == other.step.actor && plain(&self.event) && plain(other)
    }

    /// Adds an event to those of the same state, and to its choice, if one of that is among them.
    pub(super) fn add(all: &mut Vec<Self>, event: Event) {
        match all.iter_mut().find(|ways| ways.is_choice_of(&event)) {
            Some(ways) => ways.cases.insert(event.step.case),
            None => all.push(Self::of(event)),
        }
    }

    /// Whether what was read from a file can have been written by a search.
    pub(super) fn is_sound(&self) -> bool {
        self.cases.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{Access, GoroutineId, ObjectId};

    fn listed(cases: &Cases) -> BTreeSet<u32> {
        let runs = cases.runs.iter();
        runs.flat_map(|(first, last)| *first..=*last).collect()
    }

    /// All that is done with them is done with plain sets, too.
    #[test]
    fn they_are_sets() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..2000 {
            let (mut cases, mut set) = (Cases::default(), BTreeSet::new());
            let (mut others, mut other_set) = (Cases::default(), BTreeSet::new());
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
        let mut ends = Cases::of(u32::MAX);
        ends.insert(u32::MAX - 1);
        ends.insert(0);
        assert_eq!(ends.runs[..], [(0, 0), (u32::MAX - 1, u32::MAX)]);
        let mut all = Cases::below(u32::MAX);
        all.insert(u32::MAX);
        assert_eq!(all.runs[..], [(0, u32::MAX)]);
        all.subtract(&ends);
        assert_eq!(all.runs[..], [(1, u32::MAX - 2)]);
        assert!(Cases::below(0).is_empty());
    }

    #[test]
    fn what_no_search_writes_is_not_sound() {
        let sound = |runs: &[(u32, u32)]| {
            let runs = SmallVec::from_slice(runs);
            Cases { runs }.is_sound()
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
        let event = |actor: u32, case: u32, touches: &[(ObjectId, Access)]| Event {
            step: Step {
                case,
                ..Step::of(GoroutineId(actor))
            },
            actors: SmallVec::from_slice(&[GoroutineId(actor)]),
            touches: SmallVec::from_slice(touches),
        };
        let mut all = Vec::new();
        for number in [3, 1, 2, 7] {
            Ways::add(&mut all, event(1, number, &[]));
        }
        assert_eq!(all.len(), 1);
        assert_eq!(listed(&all[0].cases), [1, 2, 3, 7].into());
        assert!(all[0].has(event(1, 2, &[]).step) && !all[0].has(event(1, 4, &[]).step));
        Ways::add(&mut all, event(2, 1, &[]));
        let select = [(ObjectId(0), Access::Exclusive)];
        Ways::add(&mut all, event(3, 0, &select));
        Ways::add(&mut all, event(3, 1, &select));
        assert_eq!(all.len(), 4);
    }
}
