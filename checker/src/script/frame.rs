//! The variables of a goroutine of an interpreted script.

use super::{Grip, Object, Var};
use crate::model::{GoroutineId, ObjectId};

/// Objects for which declared ones stand, where those are others than at the start; in order.
pub(super) type Bindings = Vec<(Object, ObjectId)>;

/// All that a goroutine has but its place and what it was told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Frame {
    /// The goroutine.
    pub(super) goroutine: GoroutineId,
    pub(super) bindings: Bindings,
    /// Its variables, in order, and what they hold.
    held: Vec<(Var, Held)>,
    /// The onces whose functions it is in, the innermost last.
    pub(super) onces: Vec<ObjectId>,
    /// While it does a deferred call: what that has captured.
    pub(super) captured: Option<Bindings>,
    /// The numbers of objects of each declaration that it has made; in order.
    made: Vec<(Object, u32)>,
    /// The numbers of goroutines of each sort that it has started; in order.
    started: Vec<(usize, u32)>,
    /// The objects it has made since its last operation: the declaration, and its
    /// number.
    pub(super) fresh: Vec<(Object, u32)>,
}

/// The content of a variable.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Held {
    /// The guard of a lock.
    Guard {
        grip: Grip,
        lock: ObjectId,
        /// The integer under it.
        content: i64,
    },
    /// A deferred call, with what it has captured.
    Deferred(Bindings),
}

impl Frame {
    /// That of a goroutine at its start.
    pub(super) fn new(goroutine: GoroutineId) -> Self {
        Self {
            goroutine,
            bindings: Vec::new(),
            held: Vec::new(),
            onces: Vec::new(),
            captured: None,
            made: Vec::new(),
            started: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// That of a goroutine which this one starts.
    pub(super) fn child(&self, goroutine: GoroutineId, takes: &[Var]) -> Self {
        let mut child = Self::new(goroutine);
        child.bindings.clone_from(&self.bindings);
        let taken = self.held.iter().filter(|(var, _)| takes.contains(var));
        child.held.extend(taken.cloned());
        child
    }

    /// Notes that it has made what there is from the start: of so many declarations those of which
    /// there is something.
    pub(super) fn has_made_first(&mut self, declarations: usize, is: impl Fn(Object) -> bool) {
        for object in (0..declarations).map(Object).filter(|it| is(*it)) {
            count(&mut self.made, object);
        }
    }

    /// Returns what the object stands for, if it is not what it stood for at the start.
    pub(super) fn binding(&self, object: Object) -> Option<ObjectId> {
        let bindings = self.captured.as_ref().unwrap_or(&self.bindings);
        let at = bindings.binary_search_by_key(&object, |(of, _)| *of).ok()?;
        Some(bindings[at].1)
    }

    /// From here on the object stands for this one; `first` is what it stood for at the start.
    pub(super) fn bind(&mut self, object: Object, id: ObjectId, first: Option<ObjectId>) {
        if first == Some(id) {
            self.bindings.retain(|(of, _)| *of != object);
        } else {
            put(&mut self.bindings, object, id);
        }
    }

    /// Notes that it makes an object: its number among those of this declaration.
    pub(super) fn makes(&mut self, object: Object) -> u32 {
        let nth = count(&mut self.made, object);
        self.fresh.push((object, nth));
        nth
    }

    /// The number of the next goroutine of this sort that it starts.
    pub(super) fn starts(&self, place: usize) -> u32 {
        let started = self.started.iter().find(|(of, _)| *of == place);
        started.map_or(0, |(_, count)| *count)
    }

    /// Notes that it has started one, which has taken these along.
    pub(super) fn started(&mut self, place: usize, takes: &[Var]) {
        count(&mut self.started, place);
        self.held.retain(|(var, _)| !takes.contains(var));
    }

    pub(super) fn held(&self, var: Var) -> Option<&Held> {
        let held = self.held.iter().find(|(of, _)| *of == var);
        held.map(|(_, held)| held)
    }

    pub(super) fn held_mut(&mut self, var: Var) -> Option<&mut Held> {
        let held = self.held.iter_mut().find(|(of, _)| *of == var);
        held.map(|(_, held)| held)
    }

    pub(super) fn hold(&mut self, var: Var, held: Held) {
        put(&mut self.held, var, held);
    }

    /// Takes out what the variable holds.
    pub(super) fn release(&mut self, var: Var) -> Option<Held> {
        let at = self.held.iter().position(|(of, _)| *of == var)?;
        Some(self.held.remove(at).1)
    }
}

fn put<K: Ord + Copy, V>(list: &mut Vec<(K, V)>, key: K, value: V) {
    match list.binary_search_by_key(&key, |(of, _)| *of) {
        Ok(at) => list[at].1 = value,
        Err(at) => list.insert(at, (key, value)),
    }
}

/// Counts one more, and yields how many there were.
fn count<K: Ord + Copy>(list: &mut Vec<(K, u32)>, key: K) -> u32 {
    match list.binary_search_by_key(&key, |(of, _)| *of) {
        Ok(at) => {
            list[at].1 += 1;
            list[at].1 - 1
        }
        Err(at) => {
            list.insert(at, (key, 1));
            0
        }
    }
}
