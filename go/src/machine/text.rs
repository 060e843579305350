//! The bytes of strings and of slices of bytes, looked at where they are.

use gordian_checker::model::Fault;

use super::memory::How;
use super::{Run, as_int};
use crate::value::V;

/// The factor of the hash by which a part is looked for.
const FACTOR: u32 = 16_777_619;

/// Some bytes.
#[derive(Clone, Copy)]
pub(crate) enum Text<'a> {
    Bytes(&'a [u8]),
    Leaves(&'a [V]),
}

impl Text<'_> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Leaves(leaves) => leaves.len(),
        }
    }

    fn at(self, at: usize) -> u8 {
        match self {
            Self::Bytes(bytes) => bytes[at],
            Self::Leaves(leaves) => as_int(leaves[at]) as u8,
        }
    }

    pub(crate) fn bytes(self) -> impl DoubleEndedIterator<Item = u8> + ExactSizeIterator {
        (0..self.len()).map(move |at| self.at(at))
    }

    /// Returns the place at which some bytes are first: by a hash that rolls on, so that it takes
    /// no longer than the text.
    pub(crate) fn find(self, part: &[u8]) -> Option<usize> {
        let len = part.len();
        let last = self.len().checked_sub(len)?;
        let add = |hash: u32, byte: u8| hash.wrapping_mul(FACTOR).wrapping_add(u32::from(byte));
        let wanted = part.iter().copied().fold(0, add);
        let mut hash = self.bytes().take(len).fold(0, add);
        let power = (0..len).fold(1_u32, |power, _| power.wrapping_mul(FACTOR));
        for at in 0..=last {
            if hash == wanted && (0..len).all(|i| self.at(at + i) == part[i]) {
                return Some(at);
            }
            if at < last {
                let gone = power.wrapping_mul(u32::from(self.at(at)));
                hash = add(hash, self.at(at + len)).wrapping_sub(gone);
            }
        }
        None
    }
}

impl Run<'_> {
    /// Returns the bytes of a string, or of a slice of bytes, which are read.
    pub(crate) fn text(&mut self, v: V) -> Result<Text<'_>, Fault> {
        if let V::Str(_) = v {
            return Ok(Text::Bytes(self.m.pool.bytes(v)));
        }
        let Some(slice) = self.m.pool.slice_of(v) else {
            return Ok(Text::Bytes(&[]));
        };
        if slice.len > 0 {
            self.touch(slice.cell, slice.off, slice.len, How::Read);
        }
        let range = slice.off as usize..(slice.off + slice.len) as usize;
        let leaves = self.leaves(slice.cell)?;
        Ok(Text::Leaves(leaves.get(range).unwrap_or_default()))
    }

    /// Charges for so many bytes that were looked at.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) -> Result<(), Fault> {
        self.charge(bytes as u64 / 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_where_it_is_first() {
        let text = b"abracadabra, abracadabra";
        let leaves: Vec<V> = text.iter().map(|&byte| V::Int(i64::from(byte))).collect();
        for from in 0..text.len() {
            for to in from..=text.len() {
                let part = &text[from..to];
                let first = (0..).find(|&at| text[at..].starts_with(part));
                assert_eq!(Text::Bytes(text).find(part), first);
                assert_eq!(Text::Leaves(&leaves).find(part), first);
            }
        }
        assert_eq!(Text::Bytes(text).find(b"abracadabrb"), None);
        assert_eq!(Text::Bytes(b"a").find(b"ab"), None);
    }
}
