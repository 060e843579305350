//! A state, and the states to which its steps lead, one after the other.
//!
//! A step changes few parts of a state. So only those are copied back before the next step is
//! taken, and only those are encoded anew.

use super::encode::put_goroutine;
use super::fault::Fault;
use super::program::Program;
use super::step::Step;
use super::world::World;

/// A state whose steps are taken.
#[derive(Debug, Default)]
pub(crate) struct Fork {
    before: World,
    /// The bytes of `before`.
    encoded: Encoded,
    /// The state to which the last step led. It was a copy of `before`.
    after: World,
}

impl Fork {
    /// Makes it the state that these bytes encode.
    ///
    /// # Panics
    /// As [`World::decode`].
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.encoded.bytes.clear();
        self.encoded.bytes.extend_from_slice(bytes);
        let begins = &mut self.encoded.begins;
        begins.clear();
        self.before
            .read(bytes, |left| begins.push(bytes.len() - left));
        self.after.clone_from(&self.before);
    }

    /// Takes a step of the state.
    ///
    /// # Errors
    /// As for [`World::take`].
    pub(crate) fn take(&mut self, program: &mut dyn Program, step: Step) -> Result<(), Fault> {
        self.after.go_back_to(&self.before);
        self.after.advance(program, step)
    }

    /// Returns the state.
    pub(crate) fn before(&self) -> &World {
        &self.before
    }

    /// Returns the state to which the last step led.
    pub(crate) fn after(&self) -> &World {
        &self.after
    }

    /// Appends the bytes of the state to which the last step led.
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

/// The bytes of a state, and where the goroutines and the objects are in them.
#[derive(Debug, Default)]
struct Encoded {
    bytes: Vec<u8>,
    /// The beginning of each goroutine and the end of the last one, and the same of the objects.
    begins: Vec<usize>,
}

impl Encoded {
    /// Appends the bytes of `after`, which was a copy of the state before it was changed.
    fn put_changed(&self, after: &World, out: &mut Vec<u8>) {
        let (goroutines, objects) = (after.goroutines.changed(), after.objects.changed());
        let (Some(goroutines), Some(objects)) = (goroutines, objects) else {
            return after.encode(out);
        };
        if after.cells.changed().is_none_or(|it| it.count() > 0) {
            return after.encode(out);
        }
        let mut copied = 0;
        for index in goroutines {
            self.put_up_to(index, &mut copied, out);
            put_goroutine(out, after.goroutines[index]);
        }
        for index in objects {
            self.put_up_to(after.goroutines.len() + 1 + index, &mut copied, out);
            after.objects[index].encode(out);
        }
        out.extend_from_slice(&self.bytes[copied..]);
    }

    /// Appends the bytes from `copied` on up to a part, and goes on to its end.
    #[inline]
    fn put_up_to(&self, part: usize, copied: &mut usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes[*copied..self.begins[part]]);
        *copied = self.begins[part + 1];
    }
}
