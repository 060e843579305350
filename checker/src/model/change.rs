//! The difference between two states, so that the one can be made from the other.
//!
//! A step changes a few parts of a state. So a path of many steps is kept as one state and a
//! [`Change`] for each step. That takes memory by the steps and not by the steps times the size of
//! a state.

use smallvec::SmallVec;

use super::id::{LocalState, ObjectId, ValueId};
use super::object::Object;
use super::world::{Goroutine, Phase, World};

/// The parts of a state that differ in another one, with what they are there.
#[derive(Debug)]
pub(crate) struct Change {
    goroutines: Parts<Goroutine, 2>,
    objects: Parts<Object, 1>,
    cells: Parts<ValueId, 0>,
}

/// The items of a list that differ in another list, and the length of the other one.
#[derive(Debug)]
struct Parts<T, const N: usize>
where
    [(u32, T); N]: smallvec::Array<Item = (u32, T)>,
{
    items: SmallVec<[(u32, T); N]>,
    length: u32,
}

/// An item that stands where a list has none.
trait Absent: Clone + PartialEq {
    const ABSENT: Self;
}

impl Absent for Goroutine {
    const ABSENT: Self = Self {
        local: LocalState(0),
        phase: Phase::Absent,
    };
}

impl Absent for Object {
    const ABSENT: Self = Self::Absent;
}

impl Absent for ValueId {
    const ABSENT: Self = Self::UNIT;
}

impl<T: Absent, const N: usize> Parts<T, N>
where
    [(u32, T); N]: smallvec::Array<Item = (u32, T)>,
{
    /// Makes `before` equal to `now`. Returns the parts that were different.
    fn since(now: &[T], before: &mut Vec<T>) -> Self {
        let mut items = SmallVec::new();
        let (length, absent) = (index(before.len()), T::ABSENT);
        if before.len() < now.len() {
            before.resize(now.len(), absent.clone());
        }
        for (at, own) in before.iter_mut().enumerate() {
            let new = now.get(at).unwrap_or(&absent);
            if own != new {
                items.push((index(at), std::mem::replace(own, new.clone())));
            }
        }
        before.truncate(now.len());
        Self { items, length }
    }

    /// Exchanges these parts and those of the list.
    fn swap(&mut self, list: &mut Vec<T>) {
        let length = self.length as usize;
        if self.items.is_empty() && length == list.len() {
            return;
        }
        self.length = index(list.len());
        if list.len() < length {
            list.resize(length, T::ABSENT);
        }
        for (at, item) in &mut self.items {
            std::mem::swap(item, &mut list[*at as usize]);
        }
        list.truncate(length);
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("ids have 32 bits")
}

impl World {
    /// Makes `before` equal to this state. Returns the change from this state to what it was.
    pub(crate) fn change_since(&self, before: &mut Self) -> Change {
        Change {
            goroutines: Parts::since(&self.goroutines, before.goroutines.list_mut()),
            objects: Parts::since(&self.objects, before.objects.list_mut()),
            cells: Parts::since(&self.cells, before.cells.list_mut()),
        }
    }

    /// Applies the change, which becomes the one that leads back.
    pub(crate) fn swap(&mut self, change: &mut Change) {
        change.goroutines.swap(self.goroutines.list_mut());
        change.objects.swap(self.objects.list_mut());
        change.cells.swap(self.cells.list_mut());
    }
}

impl Change {
    /// Returns true if an object differs.
    pub(crate) fn has(&self, object: ObjectId) -> bool {
        let objects = &self.objects.items;
        objects.iter().any(|(at, _)| *at as usize == object.index())
    }

    /// Returns the local states of the goroutines that differ.
    pub(crate) fn locals(&self) -> impl Iterator<Item = LocalState> + '_ {
        let started = |(_, goroutine): &&(u32, Goroutine)| goroutine.phase != Phase::Absent;
        let there = self.goroutines.items.iter().filter(started);
        there.map(|(_, goroutine)| goroutine.local)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mutex;
    use super::super::tracked::Tracked;
    use super::*;

    /// States that differ in what is there, what it is, and how much there is.
    #[test]
    fn a_change_leads_from_one_state_to_the_other_and_back() {
        let goroutine = |local, phase| Goroutine {
            local: LocalState(local),
            phase,
        };
        let mutex = |content| {
            Object::Mutex(Mutex {
                holder: None,
                content: ValueId(content),
            })
        };
        let few = World {
            goroutines: vec![goroutine(1, Phase::Ready), goroutine(2, Phase::Ready)].into(),
            objects: vec![mutex(1), mutex(2)].into(),
            cells: vec![ValueId(7)].into(),
        };
        let many = World {
            goroutines: vec![
                goroutine(1, Phase::Ready),
                goroutine(2, Phase::Waiting),
                goroutine(9, Phase::Returned),
            ]
            .into(),
            objects: vec![mutex(1), Object::Absent, Object::Absent, mutex(3)].into(),
            cells: Tracked::default(),
        };
        for (before, now) in [(&few, &many), (&many, &few), (&few, &few)] {
            let (mut same, mut world) = (before.clone(), now.clone());
            let mut change = now.change_since(&mut same);
            assert_eq!(same, *now);
            world.swap(&mut change);
            assert_eq!(world, *before);
            world.swap(&mut change);
            assert_eq!(world, *now);
        }
        let change = many.change_since(&mut few.clone());
        let has = [0, 1, 2, 3, 4].map(|at| change.has(ObjectId(at)));
        assert_eq!(has, [false, true, false, true, false]);
        assert_eq!(change.locals().collect::<Vec<_>>(), [LocalState(2)]);
    }
}
