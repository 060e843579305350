//! States read back from strings of bytes, as [`encode`](super::encode) wrote them.

use smallvec::SmallVec;

use super::encode::TAGS;
use super::id::{LocalState, ObjectId, ValueId};
use super::object::Object;
use super::world::{Goroutine, Phase, World};

impl World {
    /// Returns the state that these bytes encode.
    ///
    /// # Panics
    /// If they are not a state that [`World::encode`] wrote.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let mut world = Self::default();
        world.decode_from(bytes);
        world
    }

    /// Does the same as [`World::decode`], in place of this state, and keeps its allocations.
    ///
    /// # Panics
    /// As [`World::decode`].
    pub fn decode_from(&mut self, bytes: &[u8]) {
        self.read(bytes, |_| ());
    }

    /// Does the same. It tells how many bytes are left before each goroutine, after the last one,
    /// before each object, and after the last one.
    pub(super) fn read(&mut self, bytes: &[u8], mut tell: impl FnMut(usize)) {
        let mut input = Input::of(bytes);
        let count = input.number();
        let goroutines = self.goroutines.list_mut();
        goroutines.clear();
        goroutines.extend((0..count).map(|_| {
            tell(input.bytes.len());
            input.goroutine()
        }));
        tell(input.bytes.len());
        input.cells(self.cells.list_mut());
        let objects = self.objects.list_mut();
        objects.clear();
        while !input.bytes.is_empty() {
            tell(input.bytes.len());
            objects.push(Object::decode(&mut input));
        }
        tell(0);
    }
}

/// The rest of an encoded state that must still be read.
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
}

pub(super) fn to_id(number: u64) -> u32 {
    u32::try_from(number).expect("ids have 32 bits")
}

/// Returns the id of which [`number_of`](super::encode::number_of) made this number.
pub(super) fn to_option(number: u64) -> Option<u32> {
    number.checked_sub(1).map(to_id)
}

/// Returns the number of which [`unsigned`](super::encode::unsigned) made this one.
pub(super) fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

impl<'a> Input<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Returns the number of bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().expect("a state is cut short");
        self.bytes = rest;
        *first
    }

    #[inline]
    pub(super) fn number(&mut self) -> u64 {
        if let [number @ 0..0x80, rest @ ..] = self.bytes {
            self.bytes = rest;
            return (*number).into();
        }
        self.long_number()
    }

    // Most numbers are short, and each place that has one stays so.
    #[inline(never)]
    fn long_number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return number;
            }
            shift += 7;
        }
    }

    /// Returns the number of an object of this form, as [`put_form`](super::encode::put_form)
    /// wrote it.
    #[inline]
    pub(super) fn number_with(&mut self, form: u8, forms: u8) -> u64 {
        let number = form.into();
        let is_last = form == forms - 1;
        if is_last {
            number + self.number()
        } else {
            number
        }
    }

    #[inline]
    pub(super) fn id(&mut self) -> u32 {
        to_id(self.number())
    }

    pub(super) fn signed(&mut self) -> i64 {
        signed(self.number())
    }

    pub(super) fn option(&mut self) -> Option<u32> {
        to_option(self.number())
    }

    pub(super) fn ids<T, const N: usize>(&mut self, make: impl Fn(u32) -> T) -> SmallVec<[T; N]>
    where
        [T; N]: smallvec::Array<Item = T>,
    {
        let count = self.number();
        (0..count).map(|_| make(self.id())).collect()
    }

    /// Returns a goroutine, as [`put_goroutine`](super::encode::put_goroutine) wrote it.
    #[inline]
    pub(super) fn goroutine(&mut self) -> Goroutine {
        let number = self.number();
        match number.checked_sub(TAGS) {
            Some(number) => Goroutine {
                local: LocalState(to_id(number / 2)),
                phase: [Phase::Ready, Phase::Returned][usize::from(number % 2 == 1)],
            },
            None => self.goroutine_in(number),
        }
    }

    /// Reads the memory beside the objects.
    pub(super) fn cells(&mut self, cells: &mut Vec<ValueId>) {
        let count = self.number();
        cells.clear();
        cells.extend((0..count).map(|_| ValueId(self.id())));
    }

    /// Returns a goroutine in the phase with this tag.
    #[inline(never)]
    fn goroutine_in(&mut self, tag: u64) -> Goroutine {
        let phase = match tag {
            0 => {
                return Goroutine {
                    local: LocalState(0),
                    phase: Phase::Absent,
                };
            }
            1 => Phase::Announced,
            2 => Phase::Waiting,
            3 => Phase::Woken,
            4 => Phase::Timer(ObjectId(self.id())),
            tag => Phase::Panicked(self.panic(tag)),
        };
        Goroutine {
            local: LocalState(self.id()),
            phase,
        }
    }
}
