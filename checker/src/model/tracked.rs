//! A list of the parts of a state that can be made equal to another one again in a short time.
//!
//! A search takes each step of a state on a copy of the state. A step changes a few parts. So only
//! those are copied back before the next step.

use std::hash::{Hash, Hasher};
use std::iter;
use std::num::NonZeroU64;
use std::ops::{Deref, Index, IndexMut};

/// A list that knows which of its parts were changed since it was a copy of another list.
#[derive(Debug)]
pub(super) struct Tracked<T> {
    items: Vec<T>,
    /// A bit for each of the first parts, and one for all others.
    changed: u64,
}

/// The bit for all parts that have no bit of their own.
const LAST: u32 = u64::BITS - 1;

impl<T> Tracked<T> {
    /// Returns the indices of the parts that were changed, in order; `None` if there may be others.
    #[inline]
    pub(super) fn changed(&self) -> Option<impl Iterator<Item = usize> + use<T>> {
        if self.changed >> LAST != 0 {
            return None;
        }
        let mut left = self.changed;
        Some(iter::from_fn(move || {
            let index = NonZeroU64::new(left)?.trailing_zeros();
            left &= left - 1;
            Some(index as usize)
        }))
    }

    /// Returns true if no part was changed.
    #[inline]
    pub(super) fn is_unchanged(&self) -> bool {
        self.changed == 0
    }

    /// Returns the list for changing more than a part.
    pub(super) fn list_mut(&mut self) -> &mut Vec<T> {
        self.changed = u64::MAX;
        &mut self.items
    }

    /// Removes parts from the end, as long as one is of this kind.
    pub(super) fn pop_while(&mut self, mut goes: impl FnMut(&T) -> bool) {
        while self.items.last().is_some_and(&mut goes) {
            self.list_mut().pop();
        }
    }

    /// Returns a part for changing, if there is one.
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        (index < self.items.len()).then(|| &mut self[index])
    }
}

impl<T: Clone> Tracked<T> {
    /// Notes all changes of `other`, of which this list was a copy before either was changed.
    pub(super) fn note_changes(&mut self, other: &Self) {
        self.changed |= other.changed;
    }

    /// Forgets which parts were changed: all copies have noted it.
    pub(super) fn forget_changes(&mut self) {
        self.changed = 0;
    }

    /// Makes the list equal to `other`, of which it was a copy before it was changed.
    pub(super) fn go_back_to(&mut self, other: &Self) {
        let Some(changed) = self.changed() else {
            return self.clone_from(other);
        };
        for index in changed {
            self.items[index].clone_from(&other.items[index]);
        }
        self.changed = 0;
    }
}

impl<T> Default for Tracked<T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<T> From<Vec<T>> for Tracked<T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            changed: u64::MAX,
        }
    }
}

impl<T: Clone> Clone for Tracked<T> {
    fn clone(&self) -> Self {
        Self {
            items: self.items.clone(),
            changed: 0,
        }
    }

    /// Copies the other list and keeps the allocation of this one.
    fn clone_from(&mut self, source: &Self) {
        self.items.clone_from(&source.items);
        self.changed = 0;
    }
}

impl<T> Deref for Tracked<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> Index<usize> for Tracked<T> {
    type Output = T;

    #[inline]
    fn index(&self, index: usize) -> &T {
        &self.items[index]
    }
}

impl<T> IndexMut<usize> for Tracked<T> {
    #[inline]
    fn index_mut(&mut self, index: usize) -> &mut T {
        self.changed |= 1 << index.min(LAST as usize);
        &mut self.items[index]
    }
}

impl<T: PartialEq> PartialEq for Tracked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl<T: Eq> Eq for Tracked<T> {}

impl<T: Hash> Hash for Tracked<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.items.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes of each kind: of parts with a bit, of those without, and of how many there are.
    #[test]
    fn a_list_goes_back_to_the_one_of_which_it_was_a_copy() {
        let first = Tracked::from((0..100).collect::<Vec<u32>>());
        let mut list = first.clone();
        for index in [0, 1, 62, 63, 64, 99] {
            for index in [index, 5] {
                list[index] = 1000;
            }
            assert_ne!(list, first);
            list.go_back_to(&first);
            assert_eq!(list, first);
        }
        list.list_mut().truncate(3);
        list.go_back_to(&first);
        assert_eq!(list, first);
        list.pop_while(|it| *it > 90);
        assert_eq!(list.len(), 91);
        list.go_back_to(&first);
        assert_eq!(list, first);
        list.list_mut().push(0);
        list.go_back_to(&first);
        assert_eq!(list, first);
        let mut other = first.clone();
        (list[3], other[4]) = (1, 1);
        list.note_changes(&other);
        other.forget_changes();
        list.go_back_to(&other);
        assert_eq!(list, other);
        list.clone_from(&first);
        *list.get_mut(7).unwrap() = 0;
        list.go_back_to(&first);
        assert_eq!(list, first);
        assert_eq!(list.get_mut(100), None);
    }
}
