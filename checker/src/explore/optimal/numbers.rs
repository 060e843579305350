//! The rivals of a choice among numbers: the other numbers.

use smallvec::SmallVec;

use super::super::Interrupted;
use super::backtrack_sink::{BacktrackSink, Rival, Sequence};
use super::ops::OpOf;
use super::order::index_u32;
use super::races::Execution;
use super::ways::Numbers;
use crate::model::{Event, Program};

impl Execution<'_> {
    /// Tries the other numbers that could have been chosen in event `i`. A choice touches nothing,
    /// so no cut makes a difference, and what is in between is independent of all of them. One
    /// sequence serves them all but for the number.
    pub(super) fn other_numbers(
        &self,
        program: &mut dyn Program,
        i: usize,
        op: OpOf,
        below: u32,
        sink: &mut dyn BacktrackSink,
    ) -> Result<(), Interrupted> {
        let chosen = self.events[i].step;
        // The step chosen stands for the other numbers, since no event is a rival of itself.
        let rival = Rival {
            step: chosen,
            arrivals: [op.arrival, None],
        };
        if self.settled(&rival, sink).is_some() {
            return Ok(());
        }
        let mut need = self.order.empty();
        if let Some(arrival) = op.arrival {
            self.order.extend(&mut need, arrival as usize);
        }
        let f = Event {
            step: chosen,
            actors: SmallVec::from_slice(&[op.goroutine]),
            footprint: SmallVec::new(),
        };
        let mut numbers = Numbers::below(below);
        if let Some(number) = chosen.choice.number() {
            numbers.subtract(&Numbers::of(number));
        }
        self.work.set(self.work.get() + 2);
        let mut asleep = sink.asleep().iter();
        let covered = asleep.find_map(|ways| self.is_next(i, &need, &f, ways));
        let seen = match covered {
            Some(seen) => Some(seen),
            None if numbers.is_empty() => Some(0),
            None => {
                let sequence = Sequence {
                    members: self.instead(i, &need, &f),
                    numbers: Some(numbers),
                };
                sink.found(program, &self.world(i), sequence)?
            }
        };
        if let Some(seen) = seen {
            let seen = seen.max(rival.arrived()).max(index_u32(i));
            sink.settle(rival, seen, 2);
        }
        Ok(())
    }
}
