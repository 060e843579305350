//! Which steps can be taken in a state.

use super::id::{GoroutineId, ObjectId};
use super::object::Object;
use super::once::Once;
use super::op::{Case, Op};
use super::program::Program;
use super::step::Step;
use super::world::{Pending, Phase, World};

impl World {
    /// Every step that can be taken, in the order of the goroutines that take it and then of their cases.
    pub fn enabled(&self, program: &dyn Program, steps: &mut Vec<Step>) {
        steps.clear();
        for index in 0..self.goroutines.len() {
            self.enabled_of(program, GoroutineId::from_index(index), steps);
        }
    }

    /// Whether any step can be taken.
    #[must_use]
    pub fn can_move(&self, program: &dyn Program) -> bool {
        let mut steps = Vec::new();
        (0..self.goroutines.len())
            .map(GoroutineId::from_index)
            .any(|id| {
                self.enabled_of(program, id, &mut steps);
                !steps.is_empty()
            })
    }

    /// Whether this step can be taken.
    #[must_use]
    pub fn is_enabled(&self, program: &dyn Program, step: Step) -> bool {
        if let Pending::Op(Op::Choose(below)) = self.pending(program, step.actor) {
            return step.case < *below && step.partner.is_none();
        }
        let mut steps = Vec::new();
        self.enabled_of(program, step.actor, &mut steps);
        steps.contains(&step)
    }

    /// Adds the steps that this goroutine can take, rendezvous in which it sends among them.
    pub fn enabled_of(&self, program: &dyn Program, id: GoroutineId, steps: &mut Vec<Step>) {
        let op = match self.pending(program, id) {
            Pending::Nothing => return,
            Pending::Fire(timer) => return self.enabled_fire(program, id, timer, steps),
            Pending::Op(op) => op,
        };
        match op {
            Op::Send(channel, _) => self.enabled_send(program, id, 0, *channel, steps),
            Op::Recv(channel) => self.enabled_receive(id, 0, *channel, steps),
            Op::Select { cases, default } => {
                self.enabled_select(program, id, cases, *default, steps);
            }
            Op::CondSignal(cond) => match self.object(*cond) {
                Object::Cond(cond) if !cond.waiters.is_empty() => {
                    steps.extend(cond.waiters.iter().map(|waiter| Step {
                        actor: id,
                        case: waiter.0 + 1,
                        partner: None,
                    }));
                }
                _ => steps.push(Step::of(id)),
            },
            Op::Choose(below) => {
                steps.extend((0..*below).map(|case| Step {
                    actor: id,
                    case,
                    partner: None,
                }));
            }
            _ if self.can_go_on(id, op) => steps.push(Step::of(id)),
            _ => {}
        }
    }

    /// Whether an operation that has only one way is enabled.
    fn can_go_on(&self, id: GoroutineId, op: &Op) -> bool {
        let Op::CondWait { mutex, .. } = op else {
            return self.object_admits(id, op);
        };
        match self.goroutines[id.index()].phase {
            Phase::Waiting => false,
            Phase::Woken => self.is_free(*mutex),
            _ => true,
        }
    }

    /// Whether the objects let an operation of `id` pass that has only one way and one step, wherever the goroutine stands.
    pub(crate) fn object_admits(&self, id: GoroutineId, op: &Op) -> bool {
        match op {
            Op::Lock(lock) => self.is_free(*lock),
            Op::RLock(lock) => {
                !matches!(self.object(*lock), Object::RwLock(lock) if !lock.admits_reader())
            }
            Op::WLock(lock) => {
                !matches!(self.object(*lock), Object::RwLock(lock) if !lock.admits_writer(id))
            }
            Op::WgWait(group) => {
                !matches!(self.object(*group), Object::WaitGroup(group) if !group.is_done())
            }
            Op::OnceBegin(once) => !matches!(self.object(*once), Object::Once(Once::Running(_))),
            _ => true,
        }
    }

    fn is_free(&self, lock: ObjectId) -> bool {
        !matches!(self.object(lock), Object::Mutex(mutex) if mutex.holder.is_some())
    }

    /// The ways in which `id` can send on this channel in its case `case`.
    fn enabled_send(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        case: u32,
        channel: Option<ObjectId>,
        steps: &mut Vec<Step>,
    ) {
        let Some(channel) = channel else { return };
        let Object::Chan(chan) = self.object(channel) else {
            return steps.push(Step {
                actor: id,
                case,
                partner: None,
            });
        };
        if chan.send_is_ready() {
            steps.push(Step {
                actor: id,
                case,
                partner: None,
            });
        } else {
            self.enabled_meetings(program, id, case, channel, steps);
        }
    }

    /// The ways in which `id`, which sends on this channel in its case `case`, can meet a receiver.
    pub(super) fn enabled_meetings(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        case: u32,
        channel: ObjectId,
        steps: &mut Vec<Step>,
    ) {
        if !matches!(self.object(channel), Object::Chan(chan) if chan.is_rendezvous()) {
            return;
        }
        for index in 0..self.goroutines.len() {
            let other = GoroutineId::from_index(index);
            if other != id && self.may_meet(program, id, other) {
                self.receives(program, other, channel, |its_case| {
                    steps.push(Step {
                        actor: id,
                        case,
                        partner: Some((other, its_case)),
                    });
                });
            }
        }
    }

    /// Whether one of the two can have been waiting when the other came: a select that has a default or another case that is ready never
    /// waits.
    fn may_meet(&self, program: &dyn Program, id: GoroutineId, other: GoroutineId) -> bool {
        [id, other]
            .into_iter()
            .any(|who| match self.pending(program, who) {
                Pending::Op(Op::Select { cases, default }) => {
                    !default && !cases.iter().any(|case| self.is_ready(*case))
                }
                _ => true,
            })
    }

    /// Whether a case of a select is ready with no partner at hand.
    fn is_ready(&self, case: Case) -> bool {
        let Some(Object::Chan(chan)) = case.channel().map(|id| self.object(id)) else {
            return false;
        };
        match case {
            Case::Send(..) => chan.send_is_ready(),
            Case::Recv(_) => chan.receive_is_ready(),
        }
    }

    /// The ways in which `id` can receive from this channel without a sender at hand.
    fn enabled_receive(
        &self,
        id: GoroutineId,
        case: u32,
        channel: Option<ObjectId>,
        steps: &mut Vec<Step>,
    ) {
        let Some(channel) = channel else { return };
        match self.object(channel) {
            Object::Chan(chan) if !chan.receive_is_ready() => {}
            _ => steps.push(Step {
                actor: id,
                case,
                partner: None,
            }),
        }
    }

    /// The ways of a `select`. A `default` case is enabled when no case is ready. A partner for a rendezvous does not make a case
    /// ready, since it may not have arrived yet: then both are enabled. Two with `default` cases never meet, since neither waits.
    fn enabled_select(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        cases: &[Case],
        default: bool,
        steps: &mut Vec<Step>,
    ) {
        let mut ready = false;
        for (case, index) in cases.iter().zip(0..) {
            let before = steps.len();
            match *case {
                Case::Send(channel, _) => self.enabled_send(program, id, index, channel, steps),
                Case::Recv(channel) => self.enabled_receive(id, index, channel, steps),
            }
            ready |= steps[before..].iter().any(|step| step.partner.is_none());
        }
        if default && !ready {
            steps.push(Step {
                actor: id,
                case: Step::DEFAULT,
                partner: None,
            });
        }
    }

    /// Calls `found` with each case in which a goroutine is about to receive from this channel.
    fn receives(
        &self,
        program: &dyn Program,
        id: GoroutineId,
        channel: ObjectId,
        mut found: impl FnMut(u32),
    ) {
        match self.pending(program, id) {
            Pending::Op(Op::Recv(Some(awaited))) if *awaited == channel => found(0),
            Pending::Op(Op::Select { cases, .. }) => {
                for (case, index) in cases.iter().zip(0..) {
                    if *case == Case::Recv(Some(channel)) {
                        found(index);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::check::Subject;
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
        let other_case = Step { case: 1, ..lock };
        assert!(!world.is_enabled(program, other_case));
        world.take(program, lock).unwrap();
        assert!(!world.is_enabled(program, lock) && !world.can_move(program));
    }
}
