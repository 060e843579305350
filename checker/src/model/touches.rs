//! What a step touches: the part of the state on which it depends and which it changes.
//!
//! A step that is enabled in a state touches there what this module says;
//! [`Event::depends_on`](super::Event::depends_on) rests on it. An operation that only looks, or
//! takes part in what several may do at once, is [`Access::Shared`]; when in doubt, it is
//! [`Access::Exclusive`], which costs executions and never loses one.

use super::id::{GoroutineId, ObjectId};
use super::op::{Op, on_object};
use super::primitive::Primitive;
use super::program::Program;
use super::step::{Access, Step, Touches};
use super::world::{Pending, World};

impl World {
    /// What this step touches, if it is taken in this state.
    #[must_use]
    pub fn touches(&self, program: &dyn Program, step: Step) -> Touches {
        let mut touches = Touches::new();
        match self.pending(program, step.actor) {
            Pending::Nothing => {}
            Pending::Fire(timer) => self.touch_fire(step, timer, &mut touches),
            Pending::Op(op) => {
                self.touch_op(step, op, &mut touches);
                if let Some((partner, _)) = step.partner {
                    self.touch_meeting(program, op, partner, &mut touches);
                }
            }
        }
        touches
    }

    /// Adds what an operation touches that is enabled, and taken with no partner.
    pub(crate) fn touch_op(&self, step: Step, op: &Op, touches: &mut Touches) {
        let by = step.actor;
        on_object!(op, K, |object, op| self.touch::<K>(*object, op, by, touches), {
            Op::Go(_) | Op::Choose(_) | Op::Pause(_) | Op::Chan(None, _) => {}
            Op::Touch(object, changes) => touches.push((*object, Access::shared_if(!changes))),
            Op::Select { cases, .. } => self.touch_select(cases, step, touches),
            Op::CondWait { cond, mutex, .. } => self.touch_cond_wait(by, (*cond, *mutex), touches),
            Op::CtxDerive(parent, child) => self.touch_derive(*parent, *child, touches),
            Op::CtxCancel(context) => self.touch_cancel(*context, touches),
        })
    }

    /// Adds how an operation touches its object.
    pub(super) fn touch<P: Primitive>(
        &self,
        object: ObjectId,
        op: &P::Op,
        by: GoroutineId,
        touches: &mut Touches,
    ) {
        let state = self.state::<P>(object);
        let access = state.map_or(Access::Exclusive, |state| state.access(op, by));
        touches.push((object, access));
    }
}
