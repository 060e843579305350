//! Philosophers as a transition system: a state is the progress of each philosopher.

use super::{NOBODY_IS_STUCK, width};
use gordian_peers::family::Table;
use stateright::{Model, Property};

/// Steps in one round: two locks, two unlocks.
const STEPS_PER_ROUND: usize = 4;

/// A table of philosophers. A state is one number, with a field of bits for each one's steps so
/// far.
pub(super) struct Philosophers {
    seats: Vec<Seat>,
    /// Bits of one field.
    width: u32,
    /// The steps of a philosopher that is done.
    steps: u64,
}

/// The forks of one philosopher as masks, by the next step of the round.
struct Seat {
    /// The forks that it holds before that step.
    holds: [u64; STEPS_PER_ROUND],
    /// The forks that must be free for that step; none for an unlock.
    needs: [u64; STEPS_PER_ROUND],
}

impl Philosophers {
    /// Returns the model, or `None` if a state does not fit 64 bits.
    pub(super) fn new(table: &Table) -> Option<Philosophers> {
        let steps = STEPS_PER_ROUND * table.rounds;
        let width = width(steps);
        if width as usize * table.seats > u64::BITS as usize {
            return None;
        }
        let seat = |seat| {
            let (first, second) = table.forks(seat);
            let (first, second) = (1 << first, 1 << second);
            Seat {
                holds: [0, first, first | second, first],
                needs: [first, second, 0, 0],
            }
        };
        Some(Philosophers {
            seats: (0..table.seats).map(seat).collect(),
            width,
            steps: steps as u64,
        })
    }

    /// Returns the number of steps that philosopher `seat` has taken.
    fn at(&self, state: u64, seat: usize) -> u64 {
        (state >> (self.width * seat as u32)) & ((1 << self.width) - 1)
    }

    /// Returns the forks that somebody holds.
    fn held(&self, state: u64) -> u64 {
        let mine = |(index, seat): (usize, &Seat)| seat.holds[phase(self.at(state, index))];
        self.seats
            .iter()
            .enumerate()
            .map(mine)
            .fold(0, |all, forks| all | forks)
    }

    /// Returns the philosophers that can take a step.
    fn movers(&self, state: u64) -> impl Iterator<Item = u8> + '_ {
        let held = self.held(state);
        self.seats
            .iter()
            .enumerate()
            .filter_map(move |(index, seat)| {
                let at = self.at(state, index);
                (at < self.steps && seat.needs[phase(at)] & held == 0).then_some(index as u8)
            })
    }

    fn is_done(&self, state: u64) -> bool {
        (0..self.seats.len()).all(|seat| self.at(state, seat) == self.steps)
    }
}

/// Returns the step of its round that a philosopher takes next.
fn phase(at: u64) -> usize {
    at as usize % STEPS_PER_ROUND
}

impl Model for Philosophers {
    type State = u64;
    /// The philosopher that takes its next step.
    type Action = u8;

    fn init_states(&self) -> Vec<u64> {
        vec![0]
    }

    fn actions(&self, state: &u64, actions: &mut Vec<u8>) {
        actions.extend(self.movers(*state));
    }

    fn next_state(&self, state: &u64, seat: u8) -> Option<u64> {
        Some(state + (1 << (self.width * u32::from(seat))))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(NOBODY_IS_STUCK, |model: &Self, state| {
            model.movers(*state).next().is_some() || model.is_done(*state)
        })]
    }
}
