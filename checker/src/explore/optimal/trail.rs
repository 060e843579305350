//! The states along the path.
//!
//! A state has a part for each goroutine and object, and an execution may have a million steps. So
//! only the first states are kept as copies, as many as take little memory. After them one state is
//! there at a time, and for each step only the parts are kept that it has changed.

use super::stack::Stack;
use crate::memory::reserve;
use crate::model::{Change, Event, Fault, LocalState, ObjectId, Program, Step, World};

/// Most parts of all copies.
const PARTS_MAX: usize = 1 << 16;

/// The states along a path.
#[derive(Debug)]
pub(super) struct Trail {
    /// The states at the start of the path.
    copies: Stack<World>,
    parts_max: usize,
    /// The state after the first `at` steps. It is there if there are changes.
    world: World,
    at: usize,
    /// A change for each step after the last copy. It leads from the state after the step to the
    /// one before it if the step is one of the first `at`, and else the other way.
    changes: Vec<Change>,
    /// A state to compare the next one with. It is equal to `world` if `is_equal`.
    other: World,
    is_equal: bool,
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            copies: Stack::default(),
            parts_max: PARTS_MAX,
            world: World::default(),
            at: 0,
            changes: Vec::new(),
            other: World::default(),
            is_equal: false,
        }
    }
}

impl Trail {
    /// Begins at the start of the program.
    pub(super) fn start(&mut self, program: &mut dyn Program) -> Result<(), Fault> {
        let start = World::start(program)?;
        *self.copies.push()?.0 = start;
        Ok(())
    }

    /// Returns the number of steps.
    fn len(&self) -> usize {
        self.copied() + self.changes.len()
    }

    /// Returns the number of steps before the last copy.
    fn copied(&self) -> usize {
        self.copies.len().saturating_sub(1)
    }

    /// Returns the state after this many steps. The trail must have [gone](Trail::go_to) there.
    pub(super) fn state(&self, at: usize) -> &World {
        match self.copies.get(at) {
            Some(copy) => copy,
            None => {
                debug_assert_eq!(self.at, at);
                &self.world
            }
        }
    }

    /// Returns the state at the end of the path. The trail must have gone there.
    pub(super) fn last(&self) -> &World {
        self.state(self.len())
    }

    /// Returns true if a step has changed an object.
    pub(super) fn changes(&self, step: usize, object: ObjectId) -> bool {
        match step.checked_sub(self.copied()) {
            Some(later) => self.changes[later].has(object),
            None => self.copies[step].object(object) != self.copies[step + 1].object(object),
        }
    }

    /// Takes a step from the end of the path, and goes there.
    pub(super) fn take(&mut self, program: &mut dyn Program, step: Step) -> Result<Event, Fault> {
        let copied = self.copied();
        let last = &self.copies[copied];
        let parts = last.goroutines().len() + last.objects().len();
        if self.changes.is_empty() && self.copies.len() * parts < self.parts_max {
            let (world, before) = self.copies.push()?;
            world.clone_from(&before[copied]);
            return world.take(program, step);
        }
        reserve(&mut self.changes, 1)?;
        if self.changes.is_empty() {
            self.world.clone_from(last);
            (self.at, self.is_equal) = (copied, false);
        }
        self.go_to(self.len());
        if !self.is_equal {
            self.other.clone_from(&self.world);
        }
        self.is_equal = false;
        let event = self.world.take(program, step)?;
        self.changes.push(self.world.change_since(&mut self.other));
        self.at += 1;
        self.is_equal = true;
        Ok(event)
    }

    /// Goes to the state after this many steps.
    #[inline]
    pub(super) fn go_to(&mut self, at: usize) {
        if at >= self.copies.len() {
            self.walk_to(at);
        }
    }

    /// Does the same, behind the last copy.
    fn walk_to(&mut self, at: usize) {
        let copied = self.copied();
        self.is_equal &= self.at == at;
        while self.at > at {
            self.at -= 1;
            self.world.swap(&mut self.changes[self.at - copied]);
        }
        while self.at < at {
            self.world.swap(&mut self.changes[self.at - copied]);
            self.at += 1;
        }
    }

    /// Removes the last step.
    pub(super) fn pop(&mut self) {
        let before = self.len().saturating_sub(1);
        if self.changes.is_empty() {
            self.copies.pop();
        } else if self.at > before {
            self.at = before;
            self.is_equal = false;
            let change = self.changes.pop();
            change
                .into_iter()
                .for_each(|mut it| self.world.swap(&mut it));
        } else {
            self.changes.pop();
        }
    }

    /// Returns the local states of all goroutines in all states.
    pub(super) fn locals(&self) -> impl Iterator<Item = LocalState> + '_ {
        let changed = self.changes.iter().flat_map(Change::locals);
        let copied = self.copies.iter().flat_map(World::locals);
        copied.chain(self.world.locals()).chain(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::families::Family;
    use crate::script::{Memory, Start};

    /// All states of a path are there again, from wherever, and also after steps were removed.
    #[test]
    fn it_goes_to_each_state_of_the_path() {
        let script = Family::of("workers").unwrap().script(&[3]).unwrap();
        let mut program = script.interpreter(Start::Together, Memory::Full);
        let mut trail = Trail::default();
        trail.start(&mut program).unwrap();
        let mut worlds = vec![trail.last().clone()];
        let parts = worlds[0].goroutines().len() + worlds[0].objects().len();
        trail.parts_max = 3 * parts;
        let mut rng = fastrand::Rng::with_seed(1);
        let mut longest = 0;
        for _ in 0..400 {
            let mut steps = Vec::new();
            worlds[worlds.len() - 1].enabled(&program, &mut steps);
            if let Some(&step) = steps.get(rng.usize(0..4)) {
                trail.take(&mut program, step).unwrap();
                let mut world = worlds[worlds.len() - 1].clone();
                world.take(&mut program, step).unwrap();
                assert_eq!(*trail.last(), world);
                worlds.push(world);
            } else if worlds.len() > 1 {
                trail.pop();
                worlds.pop();
            }
            longest = longest.max(worlds.len());
            let at = rng.usize(0..worlds.len());
            trail.go_to(at);
            assert_eq!(*trail.state(at), worlds[at]);
            for (step, pair) in worlds.windows(2).enumerate() {
                for object in (0..4).map(ObjectId) {
                    let changed = pair[0].object(object) != pair[1].object(object);
                    assert_eq!(trail.changes(step, object), changed);
                }
            }
            for local in worlds.iter().flat_map(World::locals) {
                assert!(trail.locals().any(|it| it == local));
            }
        }
        assert!(longest > 5 && trail.copies.len() <= 4, "{longest}");
    }
}
