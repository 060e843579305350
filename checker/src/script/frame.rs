//! The variables of a goroutine of an interpreted script.

use super::code::CodeIndex;
use super::{Grip, Object, Var};
use crate::model::{GoroutineId, ObjectId};

/// The actual objects of declarations, sorted, if they differ from those at the start.
pub(super) type Bindings = Vec<(Object, ObjectId)>;

/// Everything in a goroutine's state except its position and its history.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Frame {
    /// The goroutine.
    pub(super) goroutine: GoroutineId,
    pub(super) bindings: Bindings,
    /// Its variables and their contents, sorted.
    held: Vec<(Var, Held)>,
    /// The onces whose functions are running, the innermost last.
    pub(super) onces: Vec<ObjectId>,
    /// The bindings captured by the running deferred call, if there is one.
    pub(super) captured: Option<Bindings>,
    /// The number of objects that it has made of each declaration, sorted.
    made: Vec<(Object, u32)>,
    /// The number of goroutines of each sort that it has started, sorted.
    started: Vec<(usize, u32)>,
    /// The objects that it has made since its last operation: declaration and number.
    pub(super) fresh: Vec<(Object, u32)>,
    /// The panic or the Goexit that leaves one scope after the other, if there is one.
    pub(super) unwinding: Option<Unwinding>,
}

/// A panic or a Goexit on its way out of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Unwinding {
    /// A panic that will be recovered.
    Panic,
    /// The Goexit at this position.
    Goexit(CodeIndex),
}

/// The content of a variable.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Held {
    /// The guard of a lock.
    Guard {
        grip: Grip,
        lock: ObjectId,
        /// The integer under the lock.
        content: i64,
    },
    /// A deferred call, with the bindings that it has captured.
    Deferred(Bindings),
}

impl Frame {
    /// Makes the frame of a goroutine at its start.
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
            unwinding: None,
        }
    }

    /// Makes the frame of a goroutine that this one starts.
    pub(super) fn child(&self, goroutine: GoroutineId, takes: &[Var]) -> Self {
        let mut child = Self::new(goroutine);
        child.bindings.clone_from(&self.bindings);
        let taken = self.held.iter().filter(|(var, _)| takes.contains(var));
        child.held.extend(taken.cloned());
        child
    }

    /// Records that it has made the objects that exist from the start. These are the ones among
    /// `declarations` declarations for which `is` returns true.
    pub(super) fn has_made_first(&mut self, declarations: usize, is: impl Fn(Object) -> bool) {
        for object in (0..declarations).map(Object).filter(|it| is(*it)) {
            count(&mut self.made, object);
        }
    }

    /// Returns the actual object of a declaration, if it differs from the one at the start.
    pub(super) fn binding(&self, object: Object) -> Option<ObjectId> {
        let bindings = self.captured.as_ref().unwrap_or(&self.bindings);
        let at = bindings.binary_search_by_key(&object, |(of, _)| *of).ok()?;
        Some(bindings[at].1)
    }

    /// Binds the declaration to this object. `first` is the object at the start.
    pub(super) fn bind(&mut self, object: Object, id: ObjectId, first: Option<ObjectId>) {
        if first == Some(id) {
            self.bindings.retain(|(of, _)| *of != object);
        } else {
            put(&mut self.bindings, object, id);
        }
    }

    /// Records that it makes an object. Returns its number among those of this declaration.
    pub(super) fn makes(&mut self, object: Object) -> u32 {
        let nth = count(&mut self.made, object);
        self.fresh.push((object, nth));
        nth
    }

    /// Returns the number of the next goroutine of this sort that it starts.
    pub(super) fn starts(&self, place: usize) -> u32 {
        let started = self.started.iter().find(|(of, _)| *of == place);
        started.map_or(0, |(_, count)| *count)
    }

    /// Records that it has started a goroutine that took these variables along.
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

    /// Removes and returns the content of the variable.
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

/// Increments the count of a key. Returns the previous count.
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
