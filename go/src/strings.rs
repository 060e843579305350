//! Strings: those that are kept, each once, and those that a stretch only works with.
//!
//! A kept string is known by its number: equal ones have equal numbers. To cut a long string or to
//! join two would cost its whole length each time. So within a stretch a long string may be
//! *loose*: a part of another, or of a buffer to whose end more is put. A loose string becomes a
//! kept one where its value is stored with others, compared by its bits, or outlives the stretch.

use std::ops::Range;
use std::rc::Rc;

use crate::value::Interner;

/// The bit that numbers of loose strings have.
const LOOSE: u32 = 1 << 31;

/// The length up to which a string is kept at once.
const SHORT: usize = 64;

/// The text that a loose string is a part of.
#[derive(Clone, Copy, Debug)]
enum Whole {
    Kept(u32),
    Buffer(usize),
}

#[derive(Clone, Debug)]
struct Loose {
    whole: Whole,
    range: Range<usize>,
    /// The kept string of the same bytes, once it was wanted.
    kept: Option<u32>,
}

/// All strings.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    kept: Interner<Rc<[u8]>>,
    loose: Vec<Loose>,
    buffers: Vec<Vec<u8>>,
    /// Bytes that are kept, about, and bytes in buffers.
    size: usize,
    loose_size: usize,
}

/// Returns true if a number is one of a loose string.
pub(crate) fn is_loose(id: u32) -> bool {
    id & LOOSE != 0
}

impl Strings {
    /// Returns the number of a string that is kept.
    pub(crate) fn keep(&mut self, bytes: &[u8]) -> u32 {
        let size = &mut self.size;
        self.kept.intern(bytes, || {
            *size += bytes.len() + 32;
            bytes.into()
        })
    }

    pub(crate) fn get(&self, id: u32) -> &[u8] {
        if !is_loose(id) {
            return self.kept.get(id);
        }
        let loose = &self.loose[(id & !LOOSE) as usize];
        let whole: &[u8] = match loose.whole {
            Whole::Kept(id) => self.kept.get(id),
            Whole::Buffer(at) => &self.buffers[at],
        };
        &whole[loose.range.clone()]
    }

    /// Returns the kept string that is equal to this one.
    pub(crate) fn kept(&mut self, id: u32) -> u32 {
        if !is_loose(id) {
            return id;
        }
        let at = (id & !LOOSE) as usize;
        if let Some(kept) = self.loose[at].kept {
            return kept;
        }
        let bytes = self.get(id).to_vec();
        let kept = self.keep(&bytes);
        self.loose[at].kept = Some(kept);
        kept
    }

    /// Returns a part of a string.
    pub(crate) fn part(&mut self, id: u32, range: Range<usize>) -> u32 {
        if range.len() <= SHORT {
            let bytes = self.get(id)[range].to_vec();
            return self.keep(&bytes);
        }
        let (whole, from) = self.place(id);
        self.add(whole, from + range.start..from + range.end)
    }

    /// Returns a string that nobody has yet.
    pub(crate) fn fresh(&mut self, bytes: Vec<u8>) -> u32 {
        if bytes.len() <= SHORT {
            return self.keep(&bytes);
        }
        self.loose_size += bytes.len();
        let range = 0..bytes.len();
        self.buffers.push(bytes);
        self.add(Whole::Buffer(self.buffers.len() - 1), range)
    }

    /// Returns one string behind another. If the first is the end of a buffer, which others may see
    /// the beginning of, the second is put behind it there.
    pub(crate) fn join(&mut self, x: u32, y: u32) -> u32 {
        let (first, second) = (self.get(x), self.get(y));
        if second.is_empty() {
            return x;
        }
        let len = first.len() + second.len();
        let second = second.to_vec();
        if let (Whole::Buffer(at), from) = self.place(x)
            && from + len - second.len() == self.buffers[at].len()
        {
            self.loose_size += second.len();
            self.buffers[at].extend(second);
            return self.add(Whole::Buffer(at), from..from + len);
        }
        let joined = [self.get(x), &second].concat();
        self.fresh(joined)
    }

    /// Returns the text that a string is a part of, and where it begins there.
    fn place(&self, id: u32) -> (Whole, usize) {
        if !is_loose(id) {
            return (Whole::Kept(id), 0);
        }
        let loose = &self.loose[(id & !LOOSE) as usize];
        (loose.whole, loose.range.start)
    }

    fn add(&mut self, whole: Whole, range: Range<usize>) -> u32 {
        let id = u32::try_from(self.loose.len()).expect("fewer than 2^31 loose strings");
        self.loose.push(Loose {
            whole,
            range,
            kept: None,
        });
        id | LOOSE
    }

    /// Forgets all loose strings: a stretch begins.
    pub(crate) fn forget_loose(&mut self) {
        self.loose.clear();
        self.buffers.clear();
        self.loose_size = 0;
    }

    /// Estimates the number of bytes that there are.
    pub(crate) fn size(&self) -> usize {
        self.size + self.loose_size + self.loose.len() * size_of::<Loose>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_strings_are_what_their_bytes_are() {
        let mut strings = Strings::default();
        let text: Vec<u8> = (0..200).collect();
        let whole = strings.keep(&text);
        let part = strings.part(whole, 10..150);
        assert!(is_loose(part));
        assert_eq!(strings.get(part), &text[10..150]);
        let inner = strings.part(part, 5..100);
        assert_eq!(strings.get(inner), &text[15..110]);
        assert_eq!(strings.kept(inner), strings.keep(&text[15..110]));
        let rest = strings.part(whole, 150..200);
        assert!(!is_loose(rest));
        let both = strings.join(part, rest);
        assert_eq!(strings.get(both), &text[10..]);
    }

    #[test]
    fn what_is_joined_twice_is_not_changed() {
        let mut strings = Strings::default();
        let start = strings.fresh(vec![b'a'; 100]);
        let (x, y) = (strings.keep(b"x"), strings.keep(b"y"));
        let (with_x, with_y) = (strings.join(start, x), strings.join(start, y));
        assert_eq!(strings.get(start), &[b'a'; 100]);
        assert_eq!(strings.get(with_x)[100..], *b"x");
        assert_eq!(strings.get(with_y)[100..], *b"y");
        let twice = strings.join(with_x, with_x);
        assert_eq!(strings.get(twice).len(), 202);
        assert_eq!(strings.buffers.len(), 2);
    }
}
