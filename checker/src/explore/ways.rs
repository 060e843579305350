//! The way to each state of a store: the state from which it was first met, and the moves from
//! there. Most ways have one move. Those that [pass over](super::stubborn) states have several.

use rustc_hash::FxHashMap;

use crate::memory::{no_memory, reserve};
use crate::model::{Fault, Step};

/// A step, and what is done with the state to which it leads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Move {
    pub(super) step: Step,
    /// The number of the permutation that puts the state in order; 0 if it is.
    pub(super) order: u32,
}

impl Move {
    /// Returns a move that leaves the state as it is.
    pub(super) fn of(step: Step) -> Self {
        Self { step, order: 0 }
    }
}

/// The ways to states, in the order in which these were met.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// The state from which each was met, and the number of the move. From [`CHAIN`] on it is a
    /// place in `chains`. The first state refers to itself.
    from: Vec<(u32, u32)>,
    /// The moves by number, and their numbers. A program has few that differ.
    moves: Vec<Move>,
    numbers: FxHashMap<Move, u32>,
    /// For each way that has not one move, their count and then their numbers.
    chains: Vec<u32>,
}

/// The number that stands for the first place in the chains.
const CHAIN: u32 = 1 << 31;

impl Ways {
    pub(super) fn len(&self) -> usize {
        self.from.len()
    }

    /// Makes room for a way of this many moves.
    pub(super) fn reserve(&mut self, moves: usize) -> Result<(), Fault> {
        reserve(&mut self.from, 1)?;
        reserve(&mut self.moves, moves)?;
        if moves == 1 {
            return Ok(());
        }
        let end = self.chains.len() + moves + 1;
        if end > CHAIN as usize {
            return Err(no_memory(end * size_of::<u32>()));
        }
        reserve(&mut self.chains, moves + 1)
    }

    /// Adds the way to a state, for which there is room.
    pub(super) fn push(&mut self, before: u32, way: &[Move]) {
        let number = match way {
            [one] => self.number(*one),
            _ => {
                let at = u32::try_from(self.chains.len()).expect("room for it");
                let count = u32::try_from(way.len()).expect("room for it");
                self.chains.push(count);
                for it in way {
                    let number = self.number(*it);
                    self.chains.push(number);
                }
                CHAIN + at
            }
        };
        self.from.push((before, number));
    }

    fn number(&mut self, it: Move) -> u32 {
        let next = u32::try_from(self.moves.len()).expect("fewer moves than states");
        *self.numbers.entry(it).or_insert_with(|| {
            self.moves.push(it);
            next
        })
    }

    /// Returns the state from which a state was met.
    pub(super) fn before(&self, index: usize) -> u32 {
        self.from[index].0
    }

    /// Returns the moves from there.
    pub(super) fn moves(&self, index: usize) -> impl DoubleEndedIterator<Item = Move> + '_ {
        let number = &self.from[index].1;
        let numbers = match number.checked_sub(CHAIN) {
            None => std::slice::from_ref(number),
            Some(at) => {
                let begin = at as usize + 1;
                &self.chains[begin..begin + self.chains[at as usize] as usize]
            }
        };
        numbers.iter().map(|number| self.moves[*number as usize])
    }

    /// Returns the states on the way from the start to this one, without the start.
    pub(super) fn states_to(&self, mut index: usize) -> Vec<usize> {
        let mut states = Vec::new();
        while index > 0 {
            states.push(index);
            index = self.before(index) as usize;
        }
        states.reverse();
        states
    }

    /// Returns the moves from the start to a state.
    pub(super) fn path(&self, index: usize) -> impl Iterator<Item = Move> + '_ {
        let states = self.states_to(index);
        states.into_iter().flat_map(|state| self.moves(state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GoroutineId;

    /// The moves of ways of no move, one and several come back, also those that are the same.
    #[test]
    fn a_way_comes_back_as_it_was() {
        let moves: Vec<Move> = (0..5)
            .map(|nth| Move {
                step: Step::of(GoroutineId::from_index(nth % 3)),
                order: nth as u32 / 2,
            })
            .collect();
        let all = [
            &moves[..0],
            &moves[..1],
            &moves[1..],
            &moves[..1],
            &moves[..2],
        ];
        let mut ways = Ways::default();
        for (way, before) in all.iter().zip([0, 0, 1, 0, 2]) {
            ways.reserve(way.len()).unwrap();
            ways.push(before, way);
        }
        for (index, way) in all.iter().enumerate() {
            assert_eq!(ways.moves(index).collect::<Vec<_>>(), *way);
        }
        assert_eq!(ways.len(), 5);
        assert_eq!(ways.states_to(4), [1, 2, 4]);
        let path: Vec<Move> = ways.path(4).collect();
        assert_eq!(path, [&moves[..1], &moves[1..], &moves[..2]].concat());
    }
}
