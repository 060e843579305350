//! Sets of cells, as bits. Cells are numbered, and what refers to some of them refers to cells with
//! numbers nearby. So a set is the words of bits that are not empty.

use std::iter;
use std::rc::Rc;

/// A part of a set of cells: the bits of 64 cells with consecutive numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Word {
    /// The number of the first cell, by 64.
    pub(crate) at: u32,
    pub(crate) bits: u64,
}

impl Word {
    /// Returns the word and the bit of a cell.
    pub(crate) fn of(cell: u32) -> Self {
        Self {
            at: cell / 64,
            bits: 1 << (cell % 64),
        }
    }

    /// Takes out the first cell.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let bit = self.bits.trailing_zeros();
        // Without a cell there is nothing to take out.
        self.bits &= self.bits.checked_sub(1)?;
        Some(64 * self.at + bit)
    }
}

/// Returns the set of these cells.
pub(crate) fn set_of(cells: impl IntoIterator<Item = u32>) -> Rc<[Word]> {
    let mut words: Vec<Word> = cells.into_iter().map(Word::of).collect();
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

/// Returns the cells of a set.
pub(crate) fn cells_of(set: &[Word]) -> impl Iterator<Item = u32> {
    let words = set.iter().copied();
    words.flat_map(|mut word| iter::from_fn(move || word.pop()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_cells_of_which_it_was_made() {
        for cells in [vec![], vec![0], vec![63, 64, 64, 0, 700, 127, 1, 63]] {
            let set = set_of(cells.iter().copied());
            let mut sorted = cells;
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(cells_of(&set).collect::<Vec<_>>(), sorted);
            assert!(set.windows(2).all(|pair| pair[0].at < pair[1].at));
        }
    }
}
