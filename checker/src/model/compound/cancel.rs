//! Cancellation, and deriving a context from another (package context, "WithCancel").
//!
//! A cancellation is one step. It ends a context and all below it that have not ended, closes their
//! done channels and stops their timers. A context that is derived from one that has ended is
//! cancelled at once, for its parent's reason.

use crate::model::dependence::{Classes, Concerns};
use crate::model::id::ObjectId;
use crate::model::object::Object;
use crate::model::primitive::{Effect, Facts, Tells};
use crate::model::step::{Access, Footprint};
use crate::model::take::Missing;
use crate::model::verb::Verb;
use crate::model::world::World;
use crate::model::{Chan, Context, Reason, Timer, Way};

pub(in crate::model) const DERIVE: Facts = Facts::wide(Verb::Derive, Tells::Nothing, None);

pub(in crate::model) const CANCEL: Facts =
    Facts::wide(Verb::Cancel, Tells::Nothing, Some(Way::Cancel));

impl World {
    /// Makes `child` a child of `parent`, and starts its deadline.
    pub(in crate::model) fn derive(
        &mut self,
        parent: ObjectId,
        child: ObjectId,
    ) -> Result<Effect, Missing> {
        let deadline = self.change(child, |child: &mut Context| child.timer)?;
        let ended = self.change(parent, |parent: &mut Context| {
            if parent.ended.is_none() {
                parent.adopt(child);
            }
            parent.ended
        })?;
        if let Some(reason) = ended {
            self.cancel(child, reason)?;
        } else if let Some(timer) = deadline {
            self.change(timer, Timer::reset)?;
        }
        Ok(Effect::DONE)
    }

    /// Cancels a context and all below it, unless it is cancelled already.
    pub(in crate::model) fn cancel(
        &mut self,
        context: ObjectId,
        reason: Reason,
    ) -> Result<Effect, Missing> {
        let ended = self.change(context, |state: &mut Context| {
            if state.ended.is_some() {
                return None;
            }
            state.ended = Some(reason);
            let children = std::mem::take(&mut state.children);
            Some((state.done, state.timer, children))
        })?;
        let Some((done, timer, children)) = ended else {
            return Ok(Effect::DONE);
        };
        let first = self.change(done, Chan::close)?;
        assert!(
            first,
            "the done channel of {context:?} was closed before it was cancelled"
        );
        if let Some(timer) = timer {
            self.change(timer, Timer::stop)?;
        }
        for child in children {
            self.cancel(child, reason)?;
        }
        Ok(Effect::DONE)
    }

    /// Cancels a context because its deadline has passed.
    pub(in crate::model) fn pass_deadline(&mut self, context: ObjectId) {
        let cancelled = self.cancel(context, Reason::DeadlineExceeded);
        assert!(
            cancelled.is_ok(),
            "{context:?} has parts that were not made"
        );
    }

    /// Adds all that a cancellation may do: to the context and to all below it.
    pub(in crate::model) fn tree_concerns(&self, context: ObjectId, concerns: &mut Concerns) {
        let mut footprint = Footprint::new();
        self.touch_cancel(context, &mut footprint);
        concerns.extend(footprint.iter().map(|(object, _)| (*object, Classes::ALL)));
    }

    /// Adds the footprint of deriving. The child's deadline begins to run.
    pub(in crate::model) fn touch_derive(
        &self,
        parent: ObjectId,
        child: ObjectId,
        footprint: &mut Footprint,
    ) {
        footprint.push((parent, Access::Shared));
        footprint.push((child, Access::Exclusive));
        let deadline = self.state::<Context>(child).and_then(|state| state.timer);
        footprint.extend(deadline.map(|timer| (timer, Access::Exclusive)));
    }

    /// Adds the footprint of a cancellation: the context and all below it that it ends, their done
    /// channels and their timers.
    pub(in crate::model) fn touch_cancel(&self, context: ObjectId, footprint: &mut Footprint) {
        let Object::Context(state) = self.object(context) else {
            return;
        };
        if state.ended.is_some() {
            footprint.push((context, Access::Shared));
            return;
        }
        footprint.push((context, Access::Exclusive));
        footprint.push((state.done, Access::Exclusive));
        if let Some(timer) = state.timer
            && !footprint.iter().any(|(touched, _)| *touched == timer)
        {
            footprint.push((timer, Access::Exclusive));
        }
        for child in &state.children {
            self.touch_cancel(*child, footprint);
        }
    }
}
