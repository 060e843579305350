//! Sets of numbers, as bits: of cells, or of leaves of cells. What refers to some cells refers to
//! cells with numbers nearby. So a set is the words of bits that are not empty.

use std::iter;
use std::rc::Rc;

/// A part of a set: the bits of 64 consecutive numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Word {
    /// The first number, by 64.
    pub(crate) at: u32,
    pub(crate) bits: u64,
}

impl Word {
    /// Returns the word and the bit of a number.
    pub(crate) fn of(number: u32) -> Self {
        Self {
            at: number / 64,
            bits: 1 << (number % 64),
        }
    }

    /// Takes out the first number.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let bit = self.bits.trailing_zeros();
        // Without a number there is nothing to take out.
        self.bits &= self.bits.checked_sub(1)?;
        Some(64 * self.at + bit)
    }
}

/// Returns the set of these numbers.
pub(crate) fn set_of(numbers: impl IntoIterator<Item = u32>) -> Rc<[Word]> {
    let mut words: Vec<Word> = numbers.into_iter().map(Word::of).collect();
    words.sort_unstable_by_key(|word| word.at);
    words.dedup_by(|next, word| {
        let same = next.at == word.at;
        if same {
            word.bits |= next.bits;
        }
        same
    });
    words.into()
}

/// Returns the numbers of a set.
pub(crate) fn numbers_of(set: &[Word]) -> impl Iterator<Item = u32> {
    let words = set.iter().copied();
    words.flat_map(|mut word| iter::from_fn(move || word.pop()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_numbers_of_which_it_was_made() {
        for numbers in [vec![], vec![0], vec![63, 64, 64, 0, 700, 127, 1, 63]] {
            let set = set_of(numbers.iter().copied());
            let mut sorted = numbers;
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(numbers_of(&set).collect::<Vec<_>>(), sorted);
            assert!(set.windows(2).all(|pair| pair[0].at < pair[1].at));
        }
    }
}
