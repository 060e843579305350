//! Data races, by clocks.
//!
//! A goroutine uses memory that no footprint names on its way from one operation to the next. Two
//! such ways can be at their ends at once if neither goroutine's next event is before the other's
//! last one. The clocks of an execution tell that, and so all equivalent executions are looked at
//! together. The races are noted before the execution's reversals are found, since those rest on
//! steps that commute.

use smallvec::SmallVec;

use super::Optimal;
use super::order::index_u32;
use crate::model::{Event, GoroutineId, LocalState, Phase, Program, World};

impl Optimal {
    /// Tells the program which goroutines meet in the finished execution. Those that met before the
    /// event `known` have been told.
    pub(super) fn note_meetings(&self, program: &mut dyn Program, known: usize) {
        if !program.shares_memory() {
            return;
        }
        for index in known..self.events.len() {
            for &actor in &self.events[index].actors {
                if let Some(local) = self.used_memory(index, actor) {
                    self.note_meetings_with(program, index, (actor, local));
                }
            }
        }
    }

    /// Tells the program whom a goroutine meets, after this event, that has not moved since an
    /// earlier event or the same one.
    fn note_meetings_with(
        &self,
        program: &mut dyn Program,
        index: usize,
        one: (GoroutineId, LocalState),
    ) {
        let clock = self.order.clock(index);
        for (other, before) in clock.enumerate() {
            let other = GoroutineId::from_index(other);
            if other == one.0 {
                continue;
            }
            // The last event that is before this one, and all that are not.
            let own = self.order.of_goroutine(other);
            let own = own.iter().skip((before as usize).saturating_sub(1));
            for &event in own.take_while(|event| **event <= index_u32(index)) {
                if let Some(local) = self.used_memory(event as usize, other) {
                    program.meet(one, (other, local));
                }
            }
        }
    }

    /// Returns the position of a goroutine after an event, if it has used memory on its way there.
    fn used_memory(&self, event: usize, goroutine: GoroutineId) -> Option<LocalState> {
        let mut used = self.used[event].iter();
        used.find_map(|(who, local)| (*who == goroutine).then_some(*local))
    }
}

/// Goroutines, each with the position to which it came and used memory on its way.
pub(super) type Used = SmallVec<[(GoroutineId, LocalState); 2]>;

/// Returns the goroutines that have used memory on their way from this event to `world`.
pub(super) fn used(program: &dyn Program, world: &World, event: &Event) -> Used {
    let position = |&actor: &GoroutineId| {
        let state = world.goroutine(actor)?;
        // Who has begun to wait for a condition has unlocked its mutex.
        let waits = matches!(state.phase, Phase::Waiting | Phase::Woken);
        let fires = matches!(state.phase, Phase::Timer(_));
        let used = !waits && !fires && program.has_touched(state.local);
        used.then_some((actor, state.local))
    };
    event.actors.iter().filter_map(position).collect()
}
