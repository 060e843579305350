//! What is to be told of the rivals of an event, and to whom.

use super::ways::{Numbers, Ways};
use crate::model::{Event, Fault, Program, Step, World};

/// A rival of an event: the step, and the events in which its movers arrived at their operations.
/// The operations are the same in each execution that begins with the event and these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rival {
    pub(super) step: Step,
    pub(super) arrivals: [Option<u32>; 2],
}

impl Rival {
    /// The last event that is needed for its movers to arrive; 0 if none is.
    pub(super) fn arrived(&self) -> u32 {
        let last = self.arrivals.iter().flatten().max();
        last.copied().unwrap_or(0)
    }
}

/// An event of a sequence, and the last event of the execution on which its being there rests.
pub(super) type Member<'f> = (u32, &'f Event);

/// A sequence of events that should be explored.
#[derive(Clone, Debug)]
pub(super) struct Sequence<'f> {
    pub(super) members: Vec<Member<'f>>,
    /// If the last member stands for several numbers of a choice: those that are not covered.
    pub(super) numbers: Option<Numbers>,
}

impl Sequence<'_> {
    /// Strikes the numbers out that these ways have. Returns false if they are no numbers of its
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

    /// Whether all numbers are struck out.
    pub(super) fn is_covered(&self) -> bool {
        self.numbers.as_ref().is_some_and(Numbers::is_empty)
    }

    /// The event on which the last member rests.
    pub(super) fn last_seen(&self) -> Option<u32> {
        self.members.last().map(|(index, _)| *index)
    }
}

/// Receives each rival of an event: decides whether it is covered already, and if not, takes the
/// sequence that should be explored.
pub(super) trait Witness {
    /// The events that are asleep in the state before the event.
    fn asleep(&self) -> &[Ways];

    /// A sequence to be explored from `world`, the state before the event. Returns the last event
    /// of the execution on which it rests that now nothing more is to be done for this rival;
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

    /// What it cost to find that nothing more is to be done for this rival, if that is known.
    fn settled(&self, rival: &Rival) -> Option<u64>;

    /// Nothing more is to be done for this rival in executions that share the events up to this
    /// one. It cost so much to find.
    fn settle(&mut self, rival: Rival, upto: u32, cost: u64);
}
