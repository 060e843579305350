//! The steps that are enabled in a state.

use super::compound::{Case, Receiver, Sender};
use super::id::{GoroutineId, ObjectId};
use super::op::{Op, Pause, on_object};
use super::primitive::Primitive;
use super::program::Program;
use super::step::{Choice, Step};
use super::world::{Pending, World};
use super::{ChanOp, CondOp};

impl World {
    /// Adds every enabled step, in the order of the goroutines that take it and then of their
    /// cases.
    pub fn enabled(&self, program: &dyn Program, steps: &mut Vec<Step>) {
        steps.clear();
        let receivers = self.receivers_of_many(program);
        for id in self.ids() {
            self.enabled_among(program, (id, receivers.as_deref()), steps);
        }
        if program.is_quiet() {
            let waits = |step: &Step| self.is_of_time(program, step.actor);
            if !steps.iter().all(waits) {
                steps.retain(|step| !waits(step));
            } else if let Some(first) = steps.iter().filter_map(|&it| program.due(self, it)).min() {
                steps.retain(|&step| program.due(self, step).is_none_or(|at| at == first));
            }
        }
    }

    /// Returns true if time passes with the next step of this goroutine.
    pub(crate) fn is_of_time(&self, program: &dyn Program, id: GoroutineId) -> bool {
        match self.pending(program, id) {
            Pending::Fire(_) => true,
            Pending::Op(op) => {
                matches!(op, Op::Pause(Pause::Sleep | Pause::Settle | Pause::Verify))
            }
            Pending::Nothing => false,
        }
    }

    /// Returns the same in a list of its own, for who looks once.
    #[must_use]
    pub fn steps(&self, program: &dyn Program) -> Vec<Step> {
        let mut steps = Vec::new();
        self.enabled(program, &mut steps);
        steps
    }

    /// Returns true if any step can be taken.
    #[must_use]
    pub fn can_move(&self, program: &dyn Program) -> bool {
        let mut steps = Vec::new();
        self.ids().any(|id| {
            self.enabled_of(program, id, &mut steps);
            !steps.is_empty()
        })
    }

    /// Returns true if this step is enabled.
    #[must_use]
    pub fn is_enabled(&self, program: &dyn Program, step: Step) -> bool {
        if let Pending::Op(Op::Choose(below, _)) = self.pending(program, step.actor) {
            let is_below = matches!(step.choice, Choice::Number(number) if number < *below);
            return is_below && step.partner.is_none();
        }
        let mut steps = Vec::new();
        self.enabled_of(program, step.actor, &mut steps);
        steps.contains(&step)
    }

    /// Adds the enabled steps of this goroutine, including rendezvous in which it sends.
    pub fn enabled_of(&self, program: &dyn Program, id: GoroutineId, steps: &mut Vec<Step>) {
        self.enabled_among(program, (id, None), steps);
    }

    /// Returns the goroutines that are about to receive, by channel, if there are many goroutines.
    /// Each sender looks for its partners among them.
    fn receivers_of_many(&self, program: &dyn Program) -> Option<Vec<Receiver>> {
        const MANY: usize = 16;
        if self.goroutines.len() <= MANY {
            return None;
        }
        let mut receivers = Vec::new();
        for id in self.ids() {
            match self.pending(program, id) {
                Pending::Op(Op::Chan(Some(channel), ChanOp::Recv)) => {
                    receivers.push((*channel, id));
                }
                Pending::Op(Op::Select { cases, .. }) => {
                    let awaited = |case: &Case| match case {
                        Case::Recv(channel) => *channel,
                        Case::Send(..) => None,
                    };
                    receivers.extend(cases.iter().filter_map(awaited).map(|it| (it, id)));
                }
                Pending::Op(_) | Pending::Fire(_) | Pending::Nothing => {}
            }
        }
        // Those of a channel keep their order.
        receivers.sort_by_key(|(channel, _)| *channel);
        receivers.dedup();
        Some(receivers)
    }

    /// Adds the enabled steps of a goroutine. It can meet these receivers; any, if none are given.
    #[inline(always)]
    fn enabled_among(
        &self,
        program: &dyn Program,
        (id, receivers): Sender<'_>,
        steps: &mut Vec<Step>,
    ) {
        let by = (id, receivers);
        let op = match self.pending(program, id) {
            Pending::Nothing => return,
            Pending::Fire(_) if !program.may_go_on(self, id) => return,
            Pending::Fire(timer) => return self.enabled_fire(program, by, timer, steps),
            Pending::Op(op) => op,
        };
        let admitted = on_object!(op, K, |object, op| self.admits_on::<K>(*object, op, id), {
            Op::Chan(channel, ChanOp::Send(value)) => {
                let case = Case::Send(*channel, *value);
                return self.enabled_case(program, by, (Choice::Only, case), steps);
            }
            Op::Chan(channel, ChanOp::Recv) => {
                let case = Case::Recv(*channel);
                return self.enabled_case(program, by, (Choice::Only, case), steps);
            }
            Op::Select { cases, default, .. } => {
                return self.enabled_select(program, by, (cases, *default), steps);
            }
            Op::Cond(cond, CondOp::Signal) => return self.enabled_signal(id, *cond, steps),
            Op::Choose(below, _) => {
                let numbers = (0..*below).map(Choice::Number);
                return steps.extend(numbers.map(|number| Step::to(id, number)));
            }
            Op::CondWait { mutex, .. } => self.cond_wait_is_enabled(id, *mutex),
            Op::Exited => false,
            Op::Pause(_) => program.may_go_on(self, id),
            Op::Go(_)
            | Op::CtxDerive(..)
            | Op::CtxCancel(_)
            | Op::Touch(..)
            | Op::Chan(None, ChanOp::Close | ChanOp::Len) => true,
        });
        if admitted {
            steps.push(Step::of(id));
        }
    }

    /// Returns true if an operation of `by` is enabled without a partner.
    pub(crate) fn admits(&self, by: GoroutineId, op: &Op) -> bool {
        on_object!(op, K, |object, op| self.admits_on::<K>(*object, op, by), {
            Op::Exited => false,
            Op::Go(_) | Op::Pause(_) | Op::CtxDerive(..) | Op::CtxCancel(_) | Op::Touch(..) => {
                true
            }
            Op::Choose(below, _) => *below > 0,
            Op::Chan(None, op) => op.on_nil().is_some(),
            Op::Select { cases, default, .. } => {
                *default || cases.iter().any(|case| self.is_ready(*case))
            }
            Op::CondWait { mutex, .. } => self.cond_wait_is_enabled(by, *mutex),
        })
    }

    /// Returns true if an object admits an operation of `by`. An object that was not made admits
    /// all, and taking the step reports it.
    pub(super) fn admits_on<P: Primitive>(
        &self,
        object: ObjectId,
        op: &P::Op,
        by: GoroutineId,
    ) -> bool {
        self.state::<P>(object)
            .is_none_or(|state| state.admits(op, by))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::subject::Subject;
    use crate::sync::mutex;

    #[test]
    fn a_step_is_enabled_if_it_can_be_taken() {
        let locks_twice = || {
            let lock = mutex("lock", ());
            lock.lock().leave_locked();
            lock.lock().leave_locked();
        };
        let mut program = Rc::new(locks_twice).program(1 << 16);
        let program = program.as_mut();
        let mut world = World::start(program).unwrap();
        let lock = Step::of(GoroutineId::MAIN);
        assert!(world.is_enabled(program, lock) && world.can_move(program));
        let other_case = Step::to(lock.actor, Choice::Case(1));
        assert!(!world.is_enabled(program, other_case));
        world.take(program, lock).unwrap();
        assert!(!world.is_enabled(program, lock) && !world.can_move(program));
    }
}
