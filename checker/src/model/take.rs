//! What a step does.

use smallvec::SmallVec;

use super::context::Reason;
use super::id::{GoroutineId, ObjectId, ValueId};
use super::object::Object;
use super::op::{AtomicOp, Case, Op, Outcome};
use super::program::{Fault, Program};
use super::step::{Event, Step, Touches};
use super::world::{Panic, Pending, Phase, World};

type Actors = SmallVec<[GoroutineId; 3]>;

/// What a step does to the goroutine whose operation it is.
enum Effect {
    /// The operation is done.
    Done(Outcome),
    /// The operation has more steps to come.
    Now(Phase),
    /// The goroutine panics.
    Panics(Panic),
}

impl Effect {
    /// Done if it went well, else a panic.
    fn done_unless(panic: Panic, went_well: bool) -> Self {
        if went_well {
            Self::Done(Outcome::Done)
        } else {
            Self::Panics(panic)
        }
    }

    /// Done, with what a try-lock yields.
    fn tried(content: Option<ValueId>) -> Self {
        Self::Done(content.map_or(Outcome::Nothing, Outcome::Value))
    }
}

/// The object that was not there when it was used.
struct Missing(ObjectId);

/// The state of an object of the kind that the operation needs. That it is of no other kind is the business of the handles.
macro_rules! object {
    ($world:expr, $id:expr, $kind:ident) => {
        match $world.objects.get_mut($id.index()) {
            Some(Object::$kind(object)) => object,
            Some(Object::Absent) | None => return Err(Missing($id)),
            Some(other) => panic!("{:?} is not of the kind that is needed: {other:?}", $id),
        }
    };
}

impl World {
    /// Takes a step.
    ///
    /// # Errors
    /// If a goroutine cannot go on for a reason that is no behaviour of it.
    ///
    /// # Panics
    /// If the step is not enabled, or an invariant of an object does not hold after it.
    pub fn take(&mut self, program: &mut dyn Program, step: Step) -> Result<Event, Fault> {
        let touches = self.touches(program, step);
        let mut actors = Actors::new();
        actors.push(step.actor);
        if let Some((partner, _)) = step.partner {
            actors.push(partner);
        }
        match self.pending(program, step.actor) {
            Pending::Nothing => panic!("{step:?} is not enabled: its goroutine has nothing to do"),
            Pending::Fire(timer) => {
                self.fire(step, timer);
                if let Some((partner, case)) = step.partner {
                    let received = self.received(program, (partner, case), ValueId::UNIT);
                    self.move_on(program, partner, received, &mut actors)?;
                }
            }
            Pending::Op(op) => match step.partner {
                Some((partner, case)) => {
                    let (value, sent) = sent(op, step.case);
                    let received = self.received(program, (partner, case), value);
                    self.move_on(program, step.actor, sent, &mut actors)?;
                    self.move_on(program, partner, received, &mut actors)?;
                }
                None => {
                    let effect = self.effect(op, step, &mut actors);
                    let effect = effect
                        .map_err(|Missing(object)| self.stale(program, step.actor, object))?;
                    self.apply(program, step.actor, effect, &mut actors)?;
                }
            },
        }
        self.assert_invariants(&touches);
        program.tidy(self);
        Ok(Event {
            step,
            actors,
            touches,
        })
    }

    /// What the receiver of a rendezvous is told, in its case.
    fn received(
        &self,
        program: &dyn Program,
        (receiver, case): (GoroutineId, u32),
        value: ValueId,
    ) -> Outcome {
        match self.pending(program, receiver) {
            Pending::Op(Op::Select { .. }) => Outcome::Received(case, Some(value)),
            _ => Outcome::Value(value),
        }
    }

    fn apply(
        &mut self,
        program: &mut dyn Program,
        id: GoroutineId,
        effect: Effect,
        actors: &mut Actors,
    ) -> Result<(), Fault> {
        match effect {
            Effect::Done(outcome) => return self.move_on(program, id, outcome, actors),
            Effect::Now(phase) => self.goroutines[id.index()].phase = phase,
            Effect::Panics(panic) => self.goroutines[id.index()].phase = Phase::Panicked(panic),
        }
        Ok(())
    }

    /// The goroutine's operation is done: starts the goroutine that it starts, if any, and arrives at the next one.
    fn move_on(
        &mut self,
        program: &mut dyn Program,
        id: GoroutineId,
        outcome: Outcome,
        actors: &mut Actors,
    ) -> Result<(), Fault> {
        let local = self.goroutines[id.index()].local;
        if let Pending::Op(Op::Go(child)) = self.pending(program, id) {
            let child = *child;
            let begin = program.child(local, self)?;
            self.arrive(program, child, begin, actors)?;
            actors.push(child);
        }
        let next = program.resume(local, outcome, self)?;
        self.arrive(program, id, next, actors)
    }

    fn stale(&self, program: &dyn Program, id: GoroutineId, object: ObjectId) -> Fault {
        Fault::StaleObject {
            goroutine: program.goroutine(id).name,
            object: program.object(object).name,
            site: program.arrival(self.goroutines[id.index()].local).site,
        }
    }

    fn assert_invariants(&self, touches: &Touches) {
        for (object, _) in touches {
            self.object(*object).assert_invariants();
        }
    }

    /// What an operation of one goroutine does to the objects.
    fn effect(&mut self, op: &Op, step: Step, actors: &mut Actors) -> Result<Effect, Missing> {
        let by = step.actor;
        Ok(match op {
            Op::Go(_) | Op::Pause(_) | Op::Touch(..) => Effect::Done(Outcome::Done),
            Op::Choose(_) => Effect::Done(Outcome::Number(i64::from(step.case))),
            Op::Lock(_)
            | Op::TryLock(_)
            | Op::Unlock(..)
            | Op::RLock(_)
            | Op::TryRLock(_)
            | Op::RUnlock(_)
            | Op::WLock(_)
            | Op::TryWLock(_)
            | Op::WUnlock(..) => return self.lock_effect(op, by),
            Op::Send(..) | Op::Recv(_) | Op::Select { .. } | Op::Close(_) | Op::Len(_) => {
                return self.chan_effect(op, step);
            }
            Op::CondWait { .. } | Op::CondSignal(_) | Op::CondBroadcast(_) => {
                return self.cond_effect(op, step, actors);
            }
            Op::WgAdd(group, delta) => Effect::done_unless(
                Panic::NegativeCounter(*group),
                object!(self, *group, WaitGroup).add(*delta),
            ),
            Op::WgWait(group) => {
                let _ = object!(self, *group, WaitGroup);
                Effect::Done(Outcome::Done)
            }
            Op::OnceBegin(once) => {
                let first = object!(self, *once, Once).begin(by);
                Effect::Done(Outcome::Number(i64::from(first)))
            }
            Op::OnceEnd(once) => {
                object!(self, *once, Once).end();
                Effect::Done(Outcome::Done)
            }
            Op::CtxDerive(..) | Op::CtxCancel(_) | Op::CtxErr(_) => return self.ctx_effect(op),
            Op::TimerStop(timer) => {
                let was_pending = object!(self, *timer, Timer).stop();
                Effect::Done(Outcome::Number(i64::from(was_pending)))
            }
            Op::TimerReset(timer) => {
                let was_pending = object!(self, *timer, Timer).reset();
                Effect::Done(Outcome::Number(i64::from(was_pending)))
            }
            Op::Atomic(atomic, op) => {
                let number = object!(self, *atomic, Atomic).apply(*op);
                Effect::Done(match op {
                    AtomicOp::Store(_) => Outcome::Done,
                    _ => Outcome::Number(number),
                })
            }
            Op::Get(cell) => Effect::Done(Outcome::Value(object!(self, *cell, Cell).value)),
            Op::Set(cell, value) => {
                object!(self, *cell, Cell).value = *value;
                Effect::Done(Outcome::Done)
            }
        })
    }

    fn lock_effect(&mut self, op: &Op, by: GoroutineId) -> Result<Effect, Missing> {
        Ok(match op {
            Op::Lock(lock) => Effect::Done(Outcome::Value(object!(self, *lock, Mutex).lock(by))),
            Op::TryLock(lock) => {
                let mutex = object!(self, *lock, Mutex);
                Effect::tried(mutex.holder.is_none().then(|| mutex.lock(by)))
            }
            Op::Unlock(lock, content) => Effect::done_unless(
                Panic::UnlockOfUnlocked(*lock),
                object!(self, *lock, Mutex).unlock(*content),
            ),
            Op::RLock(lock) => {
                Effect::Done(Outcome::Value(object!(self, *lock, RwLock).read_lock(by)))
            }
            Op::TryRLock(lock) => {
                let lock = object!(self, *lock, RwLock);
                Effect::tried(lock.admits_reader().then(|| lock.read_lock(by)))
            }
            Op::RUnlock(lock) => Effect::done_unless(
                Panic::RUnlockOfUnlocked(*lock),
                object!(self, *lock, RwLock).read_unlock(by),
            ),
            Op::WLock(lock) => match object!(self, *lock, RwLock).write_lock(by) {
                Some(content) => Effect::Done(Outcome::Value(content)),
                None => Effect::Now(Phase::Announced),
            },
            Op::TryWLock(lock) => {
                let lock = object!(self, *lock, RwLock);
                let free = lock.writer.is_none() && lock.readers.is_empty();
                Effect::tried(if free { lock.write_lock(by) } else { None })
            }
            Op::WUnlock(lock, content) => Effect::done_unless(
                Panic::WUnlockOfUnlocked(*lock),
                object!(self, *lock, RwLock).write_unlock(*content),
            ),
            _ => unreachable!("{op:?} is no operation of a lock"),
        })
    }

    fn chan_effect(&mut self, op: &Op, step: Step) -> Result<Effect, Missing> {
        Ok(match op {
            Op::Select { .. } if step.case == Step::DEFAULT => Effect::Done(Outcome::Default),
            Op::Select { cases, .. } => match cases[step.case as usize] {
                Case::Send(Some(channel), value) => match self.send(channel, value)? {
                    None => Effect::Done(Outcome::Sent(step.case)),
                    Some(panic) => Effect::Panics(panic),
                },
                Case::Recv(Some(channel)) => {
                    let received = object!(self, channel, Chan).pop();
                    Effect::Done(Outcome::Received(step.case, received))
                }
                Case::Send(None, _) | Case::Recv(None) => unreachable!("a nil channel is ready"),
            },
            Op::Send(Some(channel), value) => match self.send(*channel, *value)? {
                None => Effect::Done(Outcome::Done),
                Some(panic) => Effect::Panics(panic),
            },
            Op::Recv(Some(channel)) => Effect::tried(object!(self, *channel, Chan).pop()),
            Op::Close(None) => Effect::Panics(Panic::CloseOfNil),
            Op::Close(Some(channel)) => Effect::done_unless(
                Panic::CloseOfClosed(*channel),
                object!(self, *channel, Chan).close(),
            ),
            Op::Len(channel) => {
                let length = object!(self, *channel, Chan).buffer.len();
                Effect::Done(Outcome::Number(i64::try_from(length).unwrap_or(i64::MAX)))
            }
            _ => unreachable!("{op:?} is no operation of a channel, or is never enabled"),
        })
    }

    /// A send with no receiver at hand: into the buffer, or a panic.
    fn send(&mut self, channel: ObjectId, value: ValueId) -> Result<Option<Panic>, Missing> {
        let chan = object!(self, channel, Chan);
        if chan.closed {
            return Ok(Some(Panic::SendOnClosed(channel)));
        }
        chan.push(value);
        Ok(None)
    }

    fn cond_effect(&mut self, op: &Op, step: Step, actors: &mut Actors) -> Result<Effect, Missing> {
        let by = step.actor;
        match op {
            Op::CondWait {
                cond,
                mutex,
                content,
            } => {
                if self.goroutines[by.index()].phase == Phase::Woken {
                    let content = object!(self, *mutex, Mutex).lock(by);
                    return Ok(Effect::Done(Outcome::Value(content)));
                }
                if !object!(self, *mutex, Mutex).unlock(*content) {
                    return Ok(Effect::Panics(Panic::UnlockOfUnlocked(*mutex)));
                }
                object!(self, *cond, Cond).join(by);
                return Ok(Effect::Now(Phase::Waiting));
            }
            Op::CondSignal(cond) => {
                let cond = object!(self, *cond, Cond);
                if step.case > 0 {
                    let waiter = GoroutineId(step.case - 1);
                    cond.wake(waiter);
                    self.goroutines[waiter.index()].phase = Phase::Woken;
                    actors.push(waiter);
                }
            }
            Op::CondBroadcast(cond) => {
                for waiter in std::mem::take(&mut object!(self, *cond, Cond).waiters) {
                    self.goroutines[waiter.index()].phase = Phase::Woken;
                    actors.push(waiter);
                }
            }
            _ => unreachable!("{op:?} is no operation of a condition"),
        }
        Ok(Effect::Done(Outcome::Done))
    }

    fn ctx_effect(&mut self, op: &Op) -> Result<Effect, Missing> {
        match op {
            Op::CtxDerive(parent, child) => {
                let deadline = object!(self, *child, Context).timer;
                match object!(self, *parent, Context) {
                    parent if parent.ended.is_none() => {
                        parent.adopt(*child);
                        if let Some(timer) = deadline {
                            object!(self, timer, Timer).reset();
                        }
                    }
                    parent => {
                        let reason = parent.ended.unwrap_or(Reason::Canceled);
                        self.cancel(*child, reason)?;
                    }
                }
            }
            Op::CtxCancel(context) => self.cancel(*context, Reason::Canceled)?,
            Op::CtxErr(context) => {
                let number = match object!(self, *context, Context).ended {
                    None => 0,
                    Some(Reason::Canceled) => 1,
                    Some(Reason::DeadlineExceeded) => 2,
                };
                return Ok(Effect::Done(Outcome::Number(number)));
            }
            _ => unreachable!("{op:?} is no operation of a context"),
        }
        Ok(Effect::Done(Outcome::Done))
    }

    /// Cancels a context and all below it, unless it is cancelled already.
    fn cancel(&mut self, context: ObjectId, reason: Reason) -> Result<(), Missing> {
        let state = object!(self, context, Context);
        if state.ended.is_some() {
            return Ok(());
        }
        state.ended = Some(reason);
        let (done, timer) = (state.done, state.timer);
        let children = std::mem::take(&mut state.children);
        let first = object!(self, done, Chan).close();
        assert!(
            first,
            "the done channel of {context:?} was closed before it was cancelled"
        );
        if let Some(timer) = timer {
            object!(self, timer, Timer).stop();
        }
        for child in children {
            self.cancel(child, reason)?;
        }
        Ok(())
    }

    /// The deadline of a context has passed.
    pub(super) fn pass_deadline(&mut self, context: ObjectId) {
        let cancelled = self.cancel(context, Reason::DeadlineExceeded);
        assert!(
            cancelled.is_ok(),
            "{context:?} has parts that were not made"
        );
    }
}

/// The value that this operation sends in this case, and what its goroutine is told.
fn sent(op: &Op, case: u32) -> (ValueId, Outcome) {
    match op {
        Op::Send(_, value) => (*value, Outcome::Done),
        Op::Select { cases, .. } => match cases[case as usize] {
            Case::Send(_, value) => (value, Outcome::Sent(case)),
            Case::Recv(_) => unreachable!("a receive is taken for a send"),
        },
        _ => unreachable!("{op:?} is taken for a send"),
    }
}
