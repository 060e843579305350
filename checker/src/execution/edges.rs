//! The outgoing edges of a place in a goroutine's code, by the outcome that the goroutine gets
//! there.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::model::{LocalState, Outcome};

/// Most edges that are searched linearly: most places have one edge or two.
const FEW: usize = 8;

/// The outgoing edges of a place.
#[derive(Clone, Debug)]
pub(crate) enum Edges {
    Few(SmallVec<[(Outcome, LocalState); 2]>),
    Many(Box<FxHashMap<Outcome, LocalState>>),
}

impl Default for Edges {
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

impl Edges {
    /// Returns the target of the edge with this outcome, if it is known.
    #[inline]
    pub(crate) fn get(&self, outcome: Outcome) -> Option<LocalState> {
        match self {
            Self::Few(few) => {
                let known = few.iter().find(|(known, _)| *known == outcome);
                known.map(|(_, next)| *next)
            }
            Self::Many(many) => many.get(&outcome).copied(),
        }
    }

    /// Adds an edge that is not known yet.
    pub(crate) fn insert(&mut self, outcome: Outcome, next: LocalState) {
        match self {
            Self::Few(few) if few.len() < FEW => few.push((outcome, next)),
            Self::Few(few) => {
                let mut many: FxHashMap<Outcome, LocalState> = few.drain(..).collect();
                many.insert(outcome, next);
                *self = Self::Many(Box::new(many));
            }
            Self::Many(many) => {
                many.insert(outcome, next);
            }
        }
    }

    /// Keeps only the edges to targets for which `keeps` returns true.
    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(LocalState) -> bool) {
        match self {
            Self::Few(few) => few.retain(|(_, next)| keeps(*next)),
            Self::Many(many) => many.retain(|_, next| keeps(*next)),
        }
    }

    /// Returns all edges, in an order that depends only on those that were inserted.
    pub(crate) fn ways(&self) -> Vec<(Outcome, LocalState)> {
        match self {
            Self::Few(few) => few.to_vec(),
            Self::Many(many) => {
                let mut ways: Vec<_> = many
                    .iter()
                    .map(|(outcome, next)| (*outcome, *next))
                    .collect();
                ways.sort_unstable_by_key(|(_, next)| *next);
                ways
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Few(few) => few.is_empty(),
            Self::Many(many) => many.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_or_many_they_are_found_and_forgotten() {
        let mut edges = Edges::default();
        assert!(edges.is_empty());
        let outcome = |number| Outcome::Number(number as i64);
        for number in 0..4000 {
            assert_eq!(edges.get(outcome(number)), None);
            edges.insert(outcome(number), LocalState::from_index(number));
            assert_eq!(matches!(edges, Edges::Few(_)), number < FEW);
        }
        for number in 0..4000 {
            assert_eq!(
                edges.get(outcome(number)),
                Some(LocalState::from_index(number))
            );
        }
        edges.retain(|next| next.index() == 7);
        assert_eq!(edges.get(outcome(7)), Some(LocalState::from_index(7)));
        assert_eq!(edges.get(outcome(8)), None);
        edges.retain(|_| false);
        assert!(edges.is_empty());
    }
}
