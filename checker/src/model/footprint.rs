//! The footprint of a step: the part of the state on which it depends and which it changes.
//!
//! This module gives the footprint of each step that is enabled in a state.
//! [`Event::depends_on`](super::Event::depends_on) rests on it. An operation that only looks, or
//! takes part in what several may do at once, is [`Access::Shared`]. When in doubt it is
//! [`Access::Exclusive`], which costs executions and never loses one.

use super::id::{GoroutineId, ObjectId};
use super::op::{Op, on_object};
use super::primitive::Primitive;
use super::program::Program;
use super::step::{Access, Footprint, Step};
use super::world::{Pending, World};

impl World {
    /// Returns the footprint of this step, if it is taken in this state.
    #[must_use]
    pub fn footprint(&self, program: &dyn Program, step: Step) -> Footprint {
        let mut footprint = Footprint::new();
        let pending = self.pending(program, step.actor);
        self.touch_pending(program, pending, step, &mut footprint);
        footprint
    }

    /// Adds the footprint of a step, if its actor is about to do this.
    pub(super) fn touch_pending(
        &self,
        program: &dyn Program,
        pending: Pending<'_>,
        step: Step,
        footprint: &mut Footprint,
    ) {
        match pending {
            Pending::Nothing => {}
            Pending::Fire(timer) => self.touch_fire(step, timer, footprint),
            Pending::Op(op) => {
                self.touch_op(step, op, footprint);
                if let Some((partner, _)) = step.partner {
                    self.touch_meeting(program, op, partner, footprint);
                }
            }
        }
    }

    /// Adds the footprint of an operation that is enabled and taken without a partner.
    pub(crate) fn touch_op(&self, step: Step, op: &Op, footprint: &mut Footprint) {
        let by = step.actor;
        on_object!(op, K, |object, op| self.touch::<K>(*object, op, by, footprint), {
            Op::Go(_) | Op::Choose(..) | Op::Pause(_) | Op::Exited | Op::Chan(None, _) => {}
            Op::Touch(object, changes) => footprint.push((*object, Access::shared_if(!changes))),
            Op::Select { cases, .. } => self.touch_select(cases, step, footprint),
            Op::CondWait { cond, mutex, .. } => {
                self.touch_cond_wait(by, (*cond, *mutex), footprint);
            }
            Op::CtxDerive(parent, child) => self.touch_derive(*parent, *child, footprint),
            Op::CtxCancel(context) => self.touch_cancel(*context, footprint),
        })
    }

    /// Adds the access of an operation to its object.
    pub(super) fn touch<P: Primitive>(
        &self,
        object: ObjectId,
        op: &P::Op,
        by: GoroutineId,
        footprint: &mut Footprint,
    ) {
        let state = self.state::<P>(object);
        let access = state.map_or(Access::Exclusive, |state| state.access(op, by));
        footprint.push((object, access));
    }
}
