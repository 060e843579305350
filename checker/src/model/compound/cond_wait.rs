//! `sync.Cond.Wait`, an operation on a condition and a mutex (package sync, "Cond.Wait").
//!
//! It unlocks the mutex and joins the waiters in one step. A goroutine that is signalled locks the
//! mutex again in a second step.

use smallvec::smallvec;

use crate::model::cond::{SIGNAL as SIGNALLED, WAIT};
use crate::model::dependence::{Classes, Concerns};
use crate::model::id::{GoroutineId, ObjectId, ValueId};
use crate::model::op::{Op, Outcome};
use crate::model::primitive::{Effect, Facts, Primitive as _, Tells};
use crate::model::step::{Access, Footprint};
use crate::model::take::Missing;
use crate::model::verb::Verb;
use crate::model::waits::{WaitsFor, Way, Ways};
use crate::model::world::{Panic, Phase, World};
use crate::model::{Cond, Mutex, MutexOp};

pub(in crate::model) const FACTS: Facts =
    Facts::wide(Verb::Wait, Tells::Content, Some(Way::Unlock)).locks();

const SIGNAL: Ways = Ways::new("signals {}", &[Way::Signal, Way::Broadcast]);

impl Op {
    /// Returns the classes of a wait: it unlocks the mutex and locks it again.
    pub(in crate::model) fn cond_wait_classes(cond: ObjectId, mutex: ObjectId) -> Concerns {
        let locks = Mutex::class(&MutexOp::Unlock(None)) | Mutex::class(&MutexOp::Lock);
        smallvec![(cond, WAIT), (mutex, locks)]
    }
}

impl World {
    /// Returns true if `by`, which waits for a condition or is about to, can take a step.
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

    /// Returns what `by` waits for, which waits for a condition or must take its mutex again.
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
            let content = self.change(mutex, |mutex: &mut Mutex| mutex.lock(by))?;
            return Ok(Effect::Done(Outcome::Value(content)));
        }
        if !self.change(mutex, |mutex: &mut Mutex| mutex.unlock(content))? {
            return Ok(Effect::Panics(Panic::UnlockOfUnlocked(mutex)));
        }
        self.change(cond, |cond: &mut Cond| cond.join(by))?;
        Ok(Effect::Now(Phase::Waiting))
    }

    /// Returns what a step of a wait depends on.
    pub(in crate::model) fn cond_wait_depends_on(
        &self,
        by: GoroutineId,
        cond: ObjectId,
        mutex: ObjectId,
    ) -> Concerns {
        match self.goroutines[by.index()].phase {
            Phase::Waiting => smallvec![(cond, SIGNALLED)],
            Phase::Woken => smallvec![self.depends::<Mutex>(mutex, &MutexOp::Lock, by)],
            Phase::Ready
            | Phase::Announced
            | Phase::Absent
            | Phase::Returned
            | Phase::Panicked(_)
            | Phase::Timer(_) => smallvec![
                (cond, Classes::ALL),
                self.depends::<Mutex>(mutex, &MutexOp::Unlock(None), by)
            ],
        }
    }

    /// Adds the footprint of a step of a wait.
    pub(in crate::model) fn touch_cond_wait(
        &self,
        by: GoroutineId,
        (cond, mutex): (ObjectId, ObjectId),
        footprint: &mut Footprint,
    ) {
        if self.goroutines[by.index()].phase != Phase::Woken {
            footprint.push((cond, Access::Exclusive));
        }
        footprint.push((mutex, Access::Exclusive));
    }
}
