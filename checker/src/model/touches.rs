//! What a step touches: the part of the state on which it depends and which it changes.
//!
//! A step that is enabled in a state touches there what this module says; [`Event::depends_on`](super::Event::depends_on) rests on it. An
//! operation that only looks, or takes part in what several may do at once, is [`Access::Shared`]; when in doubt, it is
//! [`Access::Exclusive`], which costs executions and never loses one.

use super::id::{GoroutineId, ObjectId};
use super::object::Object;
use super::once::Once;
use super::op::{Case, Op};
use super::program::Program;
use super::step::{Access, Step, Touches};
use super::world::{Pending, Phase, World};

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
                    self.touch_readiness(program, op, partner, &mut touches);
                }
            }
        }
        touches
    }

    /// When two selects meet, one of them has been waiting, so that none of its cases was ready: the meeting depends on all their
    /// channels.
    fn touch_readiness(
        &self,
        program: &dyn Program,
        op: &Op,
        partner: GoroutineId,
        touches: &mut Touches,
    ) {
        let (Op::Select { cases, .. }, Pending::Op(Op::Select { cases: others, .. })) =
            (op, self.pending(program, partner))
        else {
            return;
        };
        for channel in cases.iter().chain(others).filter_map(|case| case.channel()) {
            if !touches.iter().any(|(touched, _)| *touched == channel) {
                touches.push((channel, Access::Shared));
            }
        }
    }

    fn touch_op(&self, step: Step, op: &Op, touches: &mut Touches) {
        let by = step.actor;
        match op {
            Op::Go(_) | Op::Choose(_) | Op::Pause(_) => {}
            Op::Send(channel, value) => self.touch_case(Case::Send(*channel, *value), touches),
            Op::Recv(channel) => self.touch_case(Case::Recv(*channel), touches),
            Op::Select { cases, .. } if step.case == Step::DEFAULT => {
                for channel in cases.iter().filter_map(|case| case.channel()) {
                    if !touches.iter().any(|(touched, _)| *touched == channel) {
                        touches.push((channel, Access::Shared));
                    }
                }
            }
            Op::Select { cases, .. } => self.touch_case(cases[step.case as usize], touches),
            Op::CondWait { cond, mutex, .. } => {
                if self.goroutines[by.index()].phase != Phase::Woken {
                    touches.push((*cond, Access::Exclusive));
                }
                touches.push((*mutex, Access::Exclusive));
            }
            Op::CtxDerive(parent, child) => {
                touches.push((*parent, Access::Shared));
                touches.push((*child, Access::Exclusive));
                if let Object::Context(state) = self.object(*child)
                    && let Some(deadline) = state.timer
                {
                    touches.push((deadline, Access::Exclusive));
                }
            }
            Op::CtxCancel(context) => self.touch_cancel(*context, touches),
            Op::Close(None) => {}
            Op::Close(Some(channel)) => touches.push((*channel, self.access(by, op, *channel))),
            _ => {
                if let Some(object) = op.object() {
                    touches.push((object, self.access(by, op, object)));
                }
            }
        }
    }

    /// How an operation on a single object touches it.
    pub(crate) fn access(&self, by: GoroutineId, op: &Op, object: ObjectId) -> Access {
        let shared = match (op, self.object(object)) {
            (Op::TryLock(_), Object::Mutex(mutex)) => mutex.holder.is_some(),
            // A reader that lets itself out was counted in; one that lets another out may find nobody in.
            (Op::RUnlock(_), Object::RwLock(lock)) => lock.readers.contains(&by),
            (Op::RLock(_) | Op::TryRLock(_), _) => true,
            // One that fails for the readers depends on each of them.
            (Op::TryWLock(_), Object::RwLock(lock)) => lock.writer.is_some(),
            (Op::WgAdd(_, delta), Object::WaitGroup(group)) => {
                return match group.count.checked_add(*delta) {
                    Some(after) if *delta < 0 && after >= 0 => Access::Lowers { after, by: -delta },
                    _ => Access::Exclusive,
                };
            }
            (Op::OnceBegin(_), Object::Once(once)) => *once == Once::Done,
            (Op::CondSignal(_) | Op::CondBroadcast(_), Object::Cond(cond)) => {
                cond.waiters.is_empty()
            }
            (Op::Atomic(_, atomic_op), Object::Atomic(atomic)) => atomic.only_reads(*atomic_op),
            (Op::Close(_), Object::Chan(chan)) => chan.closed,
            (Op::Touch(_, changes), _) => !changes,
            (Op::Len(_) | Op::WgWait(_) | Op::CtxErr(_) | Op::Get(_), _) => true,
            _ => false,
        };
        if shared {
            Access::Shared
        } else {
            Access::Exclusive
        }
    }

    /// A communication. One with a channel that it does not change (a rendezvous, a receive that finds it closed, a send that
    /// panics) only looks whether it is closed.
    fn touch_case(&self, case: Case, touches: &mut Touches) {
        let Some(channel) = case.channel() else {
            return;
        };
        let changes = match (case, self.object(channel)) {
            (Case::Send(..), Object::Chan(chan)) => !chan.closed && chan.capacity > 0,
            (Case::Recv(_), Object::Chan(chan)) => !chan.buffer.is_empty(),
            _ => true,
        };
        touches.push((
            channel,
            if changes {
                Access::Exclusive
            } else {
                Access::Shared
            },
        ));
    }

    /// A cancellation: the context and all below it that it ends, their done channels and their timers.
    pub(super) fn touch_cancel(&self, context: ObjectId, touches: &mut Touches) {
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
