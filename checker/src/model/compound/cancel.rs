//! Cancellation, and deriving a context from another (package context, "WithCancel").
//!
//! A cancellation is one step that ends a context and all below it that have not ended, closes
//! their done channels and stops their timers. A context that is derived from one that has ended is
//! cancelled at once, for its parent's reason.

use crate::model::id::ObjectId;
use crate::model::object::Object;
use crate::model::primitive::{Effect, Facts, Tells};
use crate::model::step::{Access, Touches};
use crate::model::take::Missing;
use crate::model::world::World;
use crate::model::{Chan, Context, Reason, Timer, Way};

pub(in crate::model) const DERIVE: Facts = Facts::wide("derive", Tells::Nothing, None);

pub(in crate::model) const CANCEL: Facts = Facts::wide("cancel", Tells::Nothing, Some(Way::Cancel));

impl World {
    /// Makes `child` a child of `parent`, and starts its deadline.
    pub(in crate::model) fn derive(
        &mut self,
        parent: ObjectId,
        child: ObjectId,
    ) -> Result<Effect, Missing> {
        let deadline = self.state_mut::<Context>(child)?.timer;
        let parent = self.state_mut::<Context>(parent)?;
        if let Some(reason) = parent.ended {
            self.cancel(child, reason)?;
            return Ok(Effect::DONE);
        }
        parent.adopt(child);
        if let Some(timer) = deadline {
            self.state_mut::<Timer>(timer)?.reset();
        }
        Ok(Effect::DONE)
    }

    /// Cancels a context and all below it, unless it is cancelled already.
    pub(in crate::model) fn cancel(
        &mut self,
        context: ObjectId,
        reason: Reason,
    ) -> Result<Effect, Missing> {
        let state = self.state_mut::<Context>(context)?;
        if state.ended.is_some() {
            return Ok(Effect::DONE);
        }
        state.ended = Some(reason);
        let (done, timer) = (state.done, state.timer);
        let children = std::mem::take(&mut state.children);
        let first = self.state_mut::<Chan>(done)?.close();
        assert!(
            first,
            "the done channel of {context:?} was closed before it was cancelled"
        );
        if let Some(timer) = timer {
            self.state_mut::<Timer>(timer)?.stop();
        }
        for child in children {
            self.cancel(child, reason)?;
        }
        Ok(Effect::DONE)
    }

    /// The deadline of a context has passed.
    pub(in crate::model) fn pass_deadline(&mut self, context: ObjectId) {
        let cancelled = self.cancel(context, Reason::DeadlineExceeded);
        assert!(
            cancelled.is_ok(),
            "{context:?} has parts that were not made"
        );
    }

    /// Adds what deriving touches: the child's deadline begins to run.
    pub(in crate::model) fn touch_derive(
        &self,
        parent: ObjectId,
        child: ObjectId,
        touches: &mut Touches,
    ) {
        touches.push((parent, Access::Shared));
        touches.push((child, Access::Exclusive));
        let deadline = self.state::<Context>(child).and_then(|state| state.timer);
        touches.extend(deadline.map(|timer| (timer, Access::Exclusive)));
    }

    /// Adds what a cancellation touches: the context and all below it that it ends, their done
    /// channels and their timers.
    pub(in crate::model) fn touch_cancel(&self, context: ObjectId, touches: &mut Touches) {
        let Object::Context(state) = self.object(context) else {
            return;
        };
        if state.ended.is_some() {
            touches.push((context, Access::Shared));
            return;
        }
        touches.push((context, Access::Exclusive));
        touches.push((state.done, Access::Exclusive));
        if let Some(timer) = state.timer
            && !touches.iter().any(|(touched, _)| *touched == timer)
        {
            touches.push((timer, Access::Exclusive));
        }
        for child in &state.children {
            self.touch_cancel(*child, touches);
        }
    }
}
