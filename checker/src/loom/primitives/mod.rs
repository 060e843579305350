//! The primitives, built a second time: from flags, counters and queues of waiters.
//!
//! Nothing here comes from the rules in [`model`]: the two check each other. The rules say which
//! steps are enabled. This says who waits in which queue and who is woken. A goroutine that arrives
//! takes what it can get or waits in line. A goroutine that makes room serves those in line, in
//! their order. Serving the first is enough: an execution in which another is served is one in
//! which that other arrived first, and loom explores it.

mod chan;
mod data;
mod mutex;
mod rwlock;
mod semaphore;
mod time;
mod waits;

use chan::Chan;
use data::{Atomic, Cell};
use mutex::Mutex;
use rwlock::{RwLock, Writer};
use semaphore::Semaphore;
use time::{Context, Timer};
use waits::{Cond, Once, WaitGroup};

use super::choices::Choices;
use super::execution::{Attempt, Execution};
use crate::model::{
    self, CellOp, ChanOp, Choice, CondOp, ContextOp, GoroutineId, MutexOp, Object, ObjectId,
    OnceOp, Op, Outcome, RwLockOp, SemaphoreOp, TimerOp, ValueId, WaitGroupOp,
};

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
    Semaphore(Semaphore),
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
    /// Returns the object of this description. `goroutine` fires it, if it is a timer.
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
                shown_as: atomic.shown_as,
            }),
            Object::Cell(cell) => Self::Cell(Cell { value: cell.value }),
            Object::Semaphore(semaphore) => Self::Semaphore(Semaphore::new(semaphore.size)),
            Object::Absent => unreachable!("what is not there is made"),
        }
    }

    /// Returns what is left in it, as [`EndState`](crate::execution::end_state::EndState) writes
    /// it. `value` writes a value.
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
            Self::Atomic(atomic) => atomic.shown_as.text(atomic.value),
            Self::Cell(cell) => value(cell.value),
            Self::Semaphore(semaphore) => format!("{} of {}", semaphore.taken, semaphore.size),
            Self::Once(_) | Self::Cond(_) | Self::Timer(_) => return None,
        })
    }

    /// Returns the channel of a ticker that only its limit keeps from going on.
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
    /// Makes the first attempt of an operation.
    pub(super) fn attempt(&mut self, me: GoroutineId, op: &Op, choices: &mut Choices) -> Attempt {
        match op {
            Op::Go(_) | Op::Pause(_) | Op::Touch(..) => {
                self.took(me, Choice::Only);
                Attempt::Done(Outcome::Done)
            }
            // Main has left by `Goexit`, and never goes on.
            Op::Exited => Attempt::Waits,
            Op::Choose(below, _) => {
                let number = self.choose_number(me, choices, *below);
                self.took(me, Choice::Number(number));
                Attempt::Done(Outcome::Number(i64::from(number)))
            }
            Op::Mutex(id, MutexOp::Lock) => self.lock(me, *id),
            Op::Mutex(id, MutexOp::TryLock) => self.try_lock(me, *id),
            Op::Mutex(id, MutexOp::Unlock(content)) => self.unlock(me, *id, *content),
            Op::RwLock(id, RwLockOp::RLock) => self.rlock(me, *id),
            Op::RwLock(id, RwLockOp::TryRLock) => self.try_rlock(me, *id),
            Op::RwLock(id, RwLockOp::RUnlock) => self.runlock(me, *id),
            Op::RwLock(id, RwLockOp::Lock) => self.wlock(me, *id),
            Op::RwLock(id, RwLockOp::TryLock) => self.try_wlock(me, *id),
            Op::RwLock(id, RwLockOp::Unlock(content)) => self.wunlock(me, *id, *content),
            Op::Chan(_, ChanOp::Send(_)) | Op::Chan(_, ChanOp::Recv) | Op::Select { .. } => {
                self.communicate(me, op, choices)
            }
            Op::Chan(channel, ChanOp::Close) => self.close(me, *channel),
            Op::Chan(channel, ChanOp::Len) => self.len(me, *channel),
            Op::WaitGroup(id, WaitGroupOp::Add(delta)) => self.wg_add(me, *id, *delta),
            Op::WaitGroup(id, WaitGroupOp::Wait) => self.wg_wait(me, *id),
            Op::Once(id, OnceOp::Begin) => self.once_begin(me, *id),
            Op::Once(id, OnceOp::End) => self.once_end(me, *id),
            Op::CondWait {
                cond,
                mutex,
                content,
            } => self.cond_wait(me, *cond, *mutex, *content),
            Op::Cond(id, CondOp::Signal) => self.cond_signal(me, *id, choices),
            Op::Cond(id, CondOp::Broadcast) => self.cond_broadcast(me, *id),
            Op::CtxDerive(parent, child) => self.ctx_derive(me, *parent, *child),
            Op::CtxCancel(id) => self.ctx_cancel(me, *id),
            Op::Context(id, ContextOp::Err) => self.ctx_err(me, *id),
            Op::Timer(id, TimerOp::Stop) => self.timer_stop(me, *id),
            Op::Timer(id, TimerOp::Reset) => self.timer_reset(me, *id),
            Op::Atomic(id, op) => self.atomic_op(me, *id, *op),
            Op::Cell(id, CellOp::Get) => self.get(me, *id),
            Op::Cell(id, CellOp::Set(value)) => self.set(me, *id, *value),
            Op::Semaphore(id, SemaphoreOp::Acquire(permits)) => self.acquire(me, *id, *permits),
            Op::Semaphore(id, SemaphoreOp::TryAcquire(permits)) => {
                self.try_acquire(me, *id, *permits)
            }
            Op::Semaphore(id, SemaphoreOp::Release(permits)) => {
                self.release_permits(me, *id, *permits)
            }
        }
    }

    /// Returns the lock that this operation releases, if `me` does not hold it.
    pub(super) fn undoes_of_another(&mut self, me: GoroutineId, op: &Op) -> Option<ObjectId> {
        let (id, mine) = match op {
            Op::Mutex(id, MutexOp::Unlock(_)) | Op::CondWait { mutex: id, .. } => {
                (*id, self.mutex(*id).holder == Some(me))
            }
            Op::RwLock(id, RwLockOp::RUnlock) => (*id, self.rwlock(*id).readers.contains(&me)),
            Op::RwLock(id, RwLockOp::Unlock(_)) => {
                (*id, self.rwlock(*id).writer == Some(Writer::Holds(me)))
            }
            _ => return None,
        };
        (!mine).then_some(id)
    }

    /// Attempts the second half of an operation that has two.
    pub(super) fn attempt_again(&mut self, me: GoroutineId, op: &Op) -> Attempt {
        match op {
            Op::RwLock(id, RwLockOp::Lock) => self.wlock_again(me, *id),
            Op::CondWait { mutex, .. } => self.lock(me, *mutex),
            _ => unreachable!("{op:?} has one half"),
        }
    }
}
