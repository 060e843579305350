//! A state, and the states to which its steps lead, one after the other.
//!
//! A step changes few parts of a state. So only those are copied back before the next step is
//! taken, and only those are encoded anew. A search by levels met its states one after the other,
//! often from the same state. So two that follow each other have most parts in common, too, and
//! only the others are decoded.

use std::iter;

use super::decode::Input;
use super::encode::{put_cells, put_goroutine};
use super::fault::Fault;
use super::object::Object;
use super::program::Program;
use super::step::Step;
use super::world::{Phase, World};

/// A state whose steps are taken.
#[derive(Debug, Default)]
pub(crate) struct Fork {
    before: World,
    /// The bytes of `before`.
    encoded: Encoded,
    /// The state to which steps led. It knows in which parts it may differ from `before`.
    after: World,
}

impl Fork {
    /// Makes it the state that these bytes encode.
    ///
    /// # Panics
    /// As [`World::decode`].
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        if !self.encoded.read_changed(bytes, &mut self.before) {
            self.encoded.read(bytes, &mut self.before);
        }
        debug_assert_eq!(self.before, World::decode(bytes), "it is read as another");
        self.after.note_changes(&self.before);
        self.before.forget_changes();
    }

    /// Takes a step of the state.
    ///
    /// # Errors
    /// As for [`World::take`].
    pub(crate) fn take(&mut self, program: &mut dyn Program, step: Step) -> Result<(), Fault> {
        self.go_back();
        self.after.advance(program, step)
    }

    /// Makes the state to which steps lead equal to the one before them again.
    pub(crate) fn go_back(&mut self) {
        self.after.go_back_to(&self.before);
    }

    /// Returns the state, and the one to which steps lead, for taking one more.
    pub(crate) fn both(&mut self) -> (&World, &mut World) {
        (&self.before, &mut self.after)
    }

    /// Returns the state.
    pub(crate) fn before(&self) -> &World {
        &self.before
    }

    /// Returns the state to which steps led.
    pub(crate) fn after(&self) -> &World {
        &self.after
    }

    /// Returns true if a goroutine has panicked with the last step.
    pub(crate) fn panics(&self) -> bool {
        let phase = |world: &World, index: usize| world.goroutines().get(index).map(|it| it.phase);
        let has_panicked = |index: usize| {
            let after = phase(&self.after, index);
            matches!(after, Some(Phase::Panicked(_))) && after != phase(&self.before, index)
        };
        match self.after.goroutines.changed() {
            Some(mut changed) => changed.any(has_panicked),
            None => (0..self.after.goroutines.len()).any(has_panicked),
        }
    }

    /// Appends the bytes of the state to which steps led.
    pub(crate) fn encode_after(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        self.encoded.put_changed(&self.after, out);
        debug_assert_eq!(
            World::decode(&out[begin..]),
            self.after,
            "it is encoded as another"
        );
    }
}

/// The bytes of a state, and where its parts are in them: the goroutines, the cells as one, and the
/// objects.
#[derive(Debug, Default)]
struct Encoded {
    bytes: Vec<u8>,
    /// The beginning of each goroutine, of the cells and of each object, and the end of the last.
    begins: Vec<usize>,
}

/// Most parts of another length for which it is worth moving all parts behind them.
const MOVES_MAX: usize = 8;

impl Encoded {
    /// Makes `world` the state that these bytes encode.
    fn read(&mut self, bytes: &[u8], world: &mut World) {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.begins.clear();
        world.read(bytes, |left| self.begins.push(bytes.len() - left));
    }

    /// Does the same if `world` is the state that was encoded so far, has as many parts, and few of
    /// other lengths. Returns false if not. Then all must be read.
    fn read_changed(&mut self, bytes: &[u8], world: &mut World) -> bool {
        if self.begins.is_empty() {
            return false;
        }
        let goroutines = world.goroutines.len();
        let (mut part, mut at, mut moves) = (0, 0, 0);
        // All before `at` is read. So the part that holds the next other byte begins where it did.
        while let Some(same) = same_until(&bytes[at..], &self.bytes[at..]) {
            at += same;
            let ends = &self.begins[part + 1..];
            part += ends.iter().take_while(|end| **end <= at).count();
            let (begin, end) = (self.begins[part], self.begins[part + 1]);
            if at < begin {
                return false;
            }
            let mut input = Input::of(&bytes[begin..]);
            match part.checked_sub(goroutines) {
                None => world.goroutines[part] = input.goroutine(),
                Some(0) => input.cells(world.cells.list_mut()),
                Some(index) => world.objects[index - 1] = Object::decode(&mut input),
            }
            at = bytes.len() - input.left();
            if at != end {
                moves += 1;
                if moves > MOVES_MAX {
                    return false;
                }
                self.bytes
                    .splice(begin..end, bytes[begin..at].iter().copied());
                for begin in &mut self.begins[part + 1..] {
                    *begin = *begin + at - end;
                }
            }
        }
        let is_whole = self.bytes.len() == bytes.len();
        if is_whole {
            self.bytes.copy_from_slice(bytes);
        }
        is_whole
    }

    /// Appends the bytes of `after`, which was a copy of the state before it was changed.
    fn put_changed(&self, after: &World, out: &mut Vec<u8>) {
        let (goroutines, objects) = (after.goroutines.changed(), after.objects.changed());
        let (Some(goroutines), Some(objects)) = (goroutines, objects) else {
            return after.encode(out);
        };
        out.extend_from_slice(&self.bytes);
        for index in goroutines {
            self.replace(index, out, |out| {
                put_goroutine(out, after.goroutines[index]);
            });
        }
        let cells = after.goroutines.len();
        if !after.cells.is_unchanged() {
            self.replace(cells, out, |out| put_cells(out, &after.cells));
        }
        for index in objects {
            let part = cells + 1 + index;
            self.replace(part, out, |out| after.objects[index].encode(out));
        }
    }

    /// Replaces a part by what `put` appends. The parts behind it are those of the bytes.
    #[inline]
    fn replace(&self, part: usize, out: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
        let tail = out.len();
        let place = |begin| tail - (self.bytes.len() - begin);
        let (at, end) = (place(self.begins[part]), place(self.begins[part + 1]));
        put(out);
        let length = out.len() - tail;
        if at + length == end {
            for offset in 0..length {
                out[at + offset] = out[tail + offset];
            }
            out.truncate(tail);
        } else {
            out[at..].rotate_right(length);
            out.drain(at + length..end + length);
        }
    }
}

/// Returns how many bytes are the same before the first that differs, if one does.
#[inline]
fn same_until(bytes: &[u8], others: &[u8]) -> Option<usize> {
    iter::zip(bytes, others).position(|(byte, other)| byte != other)
}
