//! `sync.Cond.Wait`, which is about a condition and a mutex (package sync, "Cond.Wait").
//!
//! It unlocks the mutex and joins the waiters in one step. Whoever is signalled locks the mutex
//! again in a second step.

use crate::model::id::{GoroutineId, ObjectId, ValueId};
use crate::model::op::Outcome;
use crate::model::primitive::{Effect, Facts, Tells};
use crate::model::step::{Access, Touches};
use crate::model::take::Missing;
use crate::model::waits::{WaitsFor, Way, Ways};
use crate::model::world::{Panic, Phase, World};
use crate::model::{Cond, Mutex, MutexOp};

pub(in crate::model) const FACTS: Facts =
    Facts::wide("wait", Tells::Content, Some(Way::Unlock)).locks();

const SIGNAL: Ways = Ways::new("signals {}", &[Way::Signal, Way::Broadcast]);

impl World {
    /// Whether `by`, which waits for a condition or is about to, can take a step.
    pub(in crate::model) fn cond_wait_is_enabled(&self, by: GoroutineId, mutex: ObjectId) -> bool {
        match self.goroutines[by.index()].phase {
            Phase::Ready => true,
            Phase::Woken => self.admits_on::<Mutex>(mutex, &MutexOp::Lock, by),
            Phase::Waiting
            | Phase::Announced
            | Phase::Absent
            | Phase::Returned
            | Phase::Panicked(_)
            | Phase::Timer(_) => false,
        }
    }

    /// What `by` waits for, which waits for a condition or has to take its mutex again.
    pub(in crate::model) fn cond_wait_waits_for(
        &self,
        by: GoroutineId,
        cond: ObjectId,
        mutex: ObjectId,
    ) -> WaitsFor {
        match self.goroutines[by.index()].phase {
            Phase::Waiting => WaitsFor::any(cond, SIGNAL),
            Phase::Woken => WaitsFor::Holders(mutex, Ways::UNLOCK),
            Phase::Ready
            | Phase::Announced
            | Phase::Absent
            | Phase::Returned
            | Phase::Panicked(_)
            | Phase::Timer(_) => WaitsFor::Unknown,
        }
    }

    /// Takes a step of a wait.
    pub(in crate::model) fn cond_wait(
        &mut self,
        by: GoroutineId,
        (cond, mutex): (ObjectId, ObjectId),
        content: Option<ValueId>,
    ) -> Result<Effect, Missing> {
        if self.goroutines[by.index()].phase == Phase::Woken {
            let content = self.state_mut::<Mutex>(mutex)?.lock(by);
            return Ok(Effect::Done(Outcome::Value(content)));
        }
        if !self.state_mut::<Mutex>(mutex)?.unlock(content) {
            return Ok(Effect::Panics(Panic::UnlockOfUnlocked(mutex)));
        }
        self.state_mut::<Cond>(cond)?.join(by);
        Ok(Effect::Now(Phase::Waiting))
    }

    /// Adds what a step of a wait touches.
    pub(in crate::model) fn touch_cond_wait(
        &self,
        by: GoroutineId,
        (cond, mutex): (ObjectId, ObjectId),
        touches: &mut Touches,
    ) {
        if self.goroutines[by.index()].phase != Phase::Woken {
            touches.push((cond, Access::Exclusive));
        }
        touches.push((mutex, Access::Exclusive));
    }
}
