//! The receiver of rivals: the node at which they are to be explored.

use super::ways::{Numbers, Ways};
use crate::model::{Event, Fault, Program, Step, World};

/// A rival of an event: the step, and the events in which its movers arrived at their operations.
/// The operations are the same in each execution that begins with the event and these arrivals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rival {
    pub(super) step: Step,
    pub(super) arrivals: [Option<u32>; 2],
}

impl Rival {
    /// Returns the last event that its movers need to arrive; 0 if they need none.
    pub(super) fn arrived(&self) -> u32 {
        let last = self.arrivals.iter().flatten().max();
        last.copied().unwrap_or(0)
    }
}

/// An event of a sequence, and the last event of the execution on which its membership rests.
pub(super) type Member<'f> = (u32, &'f Event);

/// A sequence of events that should be explored.
#[derive(Clone, Debug)]
pub(super) struct Sequence<'f> {
    pub(super) members: Vec<Member<'f>>,
    /// The numbers that are not covered, if the last member stands for several numbers of a choice.
    pub(super) numbers: Option<Numbers>,
}

impl Sequence<'_> {
    /// Removes the numbers that these ways have. Returns false if they are not numbers of its
    /// choice.
    pub(super) fn strike(&mut self, ways: &Ways) -> bool {
        match (&mut self.numbers, self.members.last()) {
            (Some(numbers), Some((_, last))) if ways.is_choice_of(last) => {
                numbers.subtract(&ways.numbers);
                true
            }
            _ => false,
        }
    }

    /// Returns true if the goroutine of its last member has no other member.
    pub(super) fn begins_with_its_choice(&self) -> bool {
        let Some(((_, last), others)) = self.members.split_last() else {
            return false;
        };
        let actor = last.step.actor;
        others
            .iter()
            .all(|(_, event)| !event.actors.contains(&actor))
    }

    /// Returns true if no number is left.
    pub(super) fn is_covered(&self) -> bool {
        self.numbers.as_ref().is_some_and(Numbers::is_empty)
    }

    /// Returns the event on which the last member rests.
    pub(super) fn last_seen(&self) -> Option<u32> {
        self.members.last().map(|(index, _)| *index)
    }
}

/// Receives each rival of an event. Decides whether it is covered already. If not, takes the
/// sequence that should be explored.
pub(super) trait BacktrackSink {
    /// Returns the events that are asleep in the state before the event.
    fn asleep(&self) -> &[Ways];

    /// Takes a sequence to explore from `world`, the state before the event. Nothing more is to be
    /// done for this rival then. Returns the last event of the execution on which that rests;
    /// `None` if it rests on all of them.
    ///
    /// # Errors
    /// If the program has a fault.
    fn found(
        &mut self,
        program: &mut dyn Program,
        world: &World,
        sequence: Sequence<'_>,
    ) -> Result<Option<u32>, Fault>;

    /// If nothing more is to be done for this rival, returns the last event on which that rests,
    /// and the cost of finding it.
    fn settled(&self, rival: &Rival) -> Option<(u32, u64)>;

    /// Records that nothing more is to be done for this rival in executions that share the events
    /// up to `upto`. Also records the cost of finding that.
    fn settle(&mut self, rival: Rival, upto: u32, cost: u64);
}
