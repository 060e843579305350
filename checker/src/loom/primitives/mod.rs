//! The primitives, built a second time: from flags, counters and queues of waiters.
//!
//! Nothing here comes from the rules in [`model`](crate::model): the two check each other. Where the rules
//! say which steps are enabled, this says who waits in which queue and who is woken. Who arrives takes what
//! it can get or waits in line; who makes room serves those in line, in their order. It is enough to serve
//! the first: an execution in which another is served is one in which that other arrived first, and loom
//! explores it.

mod chan;
mod data;
mod mutex;
mod rwlock;
mod time;
mod waits;

use chan::Chan;
use data::{Atomic, Cell};
use mutex::Mutex;
use rwlock::{RwLock, Writer};
use time::{Context, Timer};
use waits::{Cond, Once, WaitGroup};

use super::choices::Choices;
use super::execution::{Act, Case, Execution};
use crate::model::{self, GoroutineId, Object, ObjectId, Op, Outcome, ValueId};

/// An object of an execution.
pub(super) enum Primitive {
    Mutex(Mutex),
    RwLock(RwLock),
    Chan(Chan),
    WaitGroup(WaitGroup),
    Once(Once),
    Cond(Cond),
    Context(Context),
    Timer(Timer),
    Atomic(Atomic),
    Cell(Cell),
}

/// Makes the method that finds an object of this kind.
macro_rules! kind {
    ($name:ident, $kind:ident) => {
        pub(in $crate::loom) fn $name(&mut self, id: ObjectId) -> &mut $kind {
            match self.object(id) {
                Primitive::$kind(object) => object,
                _ => {
                    unreachable!("{id:?} is of another kind: the handles see to it that it is not")
                }
            }
        }
    };
}
use kind;

impl Primitive {
    /// The object of this description. `goroutine` fires it, if it is a timer.
    pub(super) fn new(object: &Object, goroutine: Option<GoroutineId>) -> Self {
        match object {
            Object::Mutex(mutex) => Self::Mutex(Mutex::new(mutex.content)),
            Object::RwLock(lock) => Self::RwLock(RwLock::new(lock.content)),
            Object::Chan(chan) => Self::Chan(Chan::new(chan.capacity)),
            Object::WaitGroup(_) => Self::WaitGroup(WaitGroup::default()),
            Object::Once(_) => Self::Once(Once::default()),
            Object::Cond(_) => Self::Cond(Cond::default()),
            Object::Context(context) => Self::Context(Context::new(context.done, context.timer)),
            Object::Timer(timer) => {
                let goroutine = goroutine.expect("a timer has a goroutine");
                Self::Timer(Timer::new(timer, goroutine))
            }
            Object::Atomic(atomic) => Self::Atomic(Atomic {
                value: atomic.value,
            }),
            Object::Cell(cell) => Self::Cell(Cell { value: cell.value }),
            Object::Absent => unreachable!("what is not there is made"),
        }
    }

    /// What is left in it, as [`EndState`](crate::execution::end_state::EndState) writes it. `value` writes a
    /// value.
    pub(super) fn left(&self, value: impl Fn(ValueId) -> String) -> Option<String> {
        Some(match self {
            Self::Mutex(mutex) => {
                let locked = if mutex.holder.is_some() {
                    "locked "
                } else {
                    ""
                };
                format!("{locked}{}", value(mutex.content))
            }
            Self::RwLock(lock) => {
                let locked = if lock.writer.is_some() {
                    "write-locked "
                } else {
                    ""
                };
                format!(
                    "{locked}{} readers {}",
                    lock.readers.len(),
                    value(lock.content)
                )
            }
            Self::Chan(chan) => {
                let values: Vec<String> = chan.buffer.iter().map(|&id| value(id)).collect();
                let closed = if chan.closed { " closed" } else { "" };
                format!("[{}]{closed}", values.join(", "))
            }
            Self::WaitGroup(group) => group.count.to_string(),
            Self::Context(context) => format!("{:?}", context.ended),
            Self::Atomic(atomic) => atomic.value.to_string(),
            Self::Cell(cell) => value(cell.value),
            Self::Once(_) | Self::Cond(_) | Self::Timer(_) => return None,
        })
    }

    /// The channel of a ticker that would go on but for its limit.
    pub(super) fn cut_ticker(&self) -> Option<ObjectId> {
        match self {
            Self::Timer(timer) if timer.is_cut() => match timer.action {
                model::Action::Send(channel) => Some(channel),
                model::Action::Cancel(_) => None,
            },
            _ => None,
        }
    }
}

impl Execution {
    /// The first attempt of an operation.
    pub(super) fn attempt(&mut self, me: GoroutineId, op: &Op, choices: &mut Choices) -> Act {
        match op {
            Op::Go(_) | Op::Pause(_) | Op::Touch(..) => {
                self.took(me, Case::Only);
                Act::Done(Outcome::Done)
            }
            Op::Choose(below) => {
                let number = self.choose_number(me, choices, *below);
                self.took(me, Case::Number(number));
                Act::Done(Outcome::Number(i64::from(number)))
            }
            Op::Lock(id) => self.lock(me, *id),
            Op::TryLock(id) => self.try_lock(me, *id),
            Op::Unlock(id, content) => self.unlock(me, *id, *content),
            Op::RLock(id) => self.rlock(me, *id),
            Op::TryRLock(id) => self.try_rlock(me, *id),
            Op::RUnlock(id) => self.runlock(me, *id),
            Op::WLock(id) => self.wlock(me, *id),
            Op::TryWLock(id) => self.try_wlock(me, *id),
            Op::WUnlock(id, content) => self.wunlock(me, *id, *content),
            Op::Send(..) | Op::Recv(_) | Op::Select { .. } => self.communicate(me, op, choices),
            Op::Close(channel) => self.close(me, *channel),
            Op::Len(channel) => self.len(me, *channel),
            Op::WgAdd(id, delta) => self.wg_add(me, *id, *delta),
            Op::WgWait(id) => self.wg_wait(me, *id),
            Op::OnceBegin(id) => self.once_begin(me, *id),
            Op::OnceEnd(id) => self.once_end(me, *id),
            Op::CondWait {
                cond,
                mutex,
                content,
            } => self.cond_wait(me, *cond, *mutex, *content),
            Op::CondSignal(id) => self.cond_signal(me, *id, choices),
            Op::CondBroadcast(id) => self.cond_broadcast(me, *id),
            Op::CtxDerive(parent, child) => self.ctx_derive(me, *parent, *child),
            Op::CtxCancel(id) => self.ctx_cancel(me, *id),
            Op::CtxErr(id) => self.ctx_err(me, *id),
            Op::TimerStop(id) => self.timer_stop(me, *id),
            Op::TimerReset(id) => self.timer_reset(me, *id),
            Op::Atomic(id, op) => self.atomic_op(me, *id, *op),
            Op::Get(id) => self.get(me, *id),
            Op::Set(id, value) => self.set(me, *id, *value),
        }
    }

    /// The lock that this operation lets go and that another has taken, or nobody.
    pub(super) fn undoes_of_another(&mut self, me: GoroutineId, op: &Op) -> Option<ObjectId> {
        let (id, mine) = match op {
            Op::Unlock(id, _) | Op::CondWait { mutex: id, .. } => {
                (*id, self.mutex(*id).holder == Some(me))
            }
            Op::RUnlock(id) => (*id, self.rwlock(*id).readers.contains(&me)),
            Op::WUnlock(id, _) => (*id, self.rwlock(*id).writer == Some(Writer::Holds(me))),
            _ => return None,
        };
        (!mine).then_some(id)
    }

    /// The second half of an operation that has two.
    pub(super) fn attempt_again(&mut self, me: GoroutineId, op: &Op) -> Act {
        match op {
            Op::WLock(id) => self.wlock_again(me, *id),
            Op::CondWait { mutex, .. } => self.lock(me, *mutex),
            _ => unreachable!("{op:?} has one half"),
        }
    }

    /// What an operation yields that a destructor of the kernel's own asks for while its goroutine unwinds:
    /// something of the right form. Nobody acts on it, since the goroutine is over.
    pub(super) fn idle_outcome(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Lock(id) | Op::CondWait { mutex: id, .. } => {
                Outcome::Value(self.mutex(*id).content)
            }
            Op::RLock(id) | Op::WLock(id) => Outcome::Value(self.rwlock(*id).content),
            Op::Get(id) => Outcome::Value(self.cell(*id).value),
            Op::TryLock(_) | Op::TryRLock(_) | Op::TryWLock(_) | Op::Recv(_) => Outcome::Nothing,
            Op::Select { cases, default } => match cases.first() {
                Some(model::Case::Send(..)) if !default => Outcome::Sent(0),
                Some(model::Case::Recv(_)) if !default => Outcome::Received(0, None),
                _ => Outcome::Default,
            },
            Op::Len(_)
            | Op::OnceBegin(_)
            | Op::CtxErr(_)
            | Op::TimerStop(_)
            | Op::TimerReset(_)
            | Op::Choose(_) => Outcome::Number(0),
            Op::Atomic(_, model::AtomicOp::Store(_)) => Outcome::Done,
            Op::Atomic(id, _) => Outcome::Number(self.atomic(*id).value),
            _ => Outcome::Done,
        }
    }
}
