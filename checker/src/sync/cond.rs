//! `sync.Cond`. The rules are in [`model::cond`](crate::model::cond).

use super::handle::{Handle, handle, here, intern, perform, perform_done, value};
use super::mutex::{Mutex, MutexGuard};
use crate::model::{self, CondOp, Object, Op, Outcome};
use crate::runtime::backend::current;
use crate::runtime::values::Value;

handle! {
    /// A condition to wait for, under a [`Mutex`].
    Cond
}

/// `sync.NewCond`. The mutex is named by the guard that [`Cond::wait`] is given.
#[track_caller]
pub fn cond(name: &str) -> Cond {
    Cond(Handle::create(Object::Cond(model::Cond::default()), name))
}

impl Cond {
    /// `Wait`: unlocks and waits for a signal, in one step; then locks again.
    #[track_caller]
    pub fn wait<T: Value>(self, guard: MutexGuard<T>) -> MutexGuard<T> {
        let lock: Mutex<T> = guard.lock;
        let content = Some(intern(guard.into_content()));
        let op = Op::CondWait {
            cond: self.0.id(),
            mutex: lock.0.id(),
            content,
        };
        match perform(op) {
            Outcome::Value(content) => MutexGuard::new(lock, value(content)),
            outcome => unreachable!("a wait yields {outcome:?}"),
        }
    }

    /// `for condition() { c.Wait() }`: waits until the condition does not hold of the data any
    /// more.
    ///
    /// A search sees that nothing goes from turn to turn but the data, so a wait that may be woken
    /// any number of times has few states. The condition may look at the data only, which is why
    /// it is an `Fn`.
    #[track_caller]
    pub fn wait_while<T: Value>(
        self,
        mut guard: MutexGuard<T>,
        condition: impl Fn(&T) -> bool,
    ) -> MutexGuard<T> {
        let site = here();
        let looped = current().enter_loop(site);
        loop {
            let carried = intern((*guard).clone());
            current().loop_head(looped, carried, site);
            if !condition(&guard) {
                return guard;
            }
            guard = self.wait(guard);
        }
    }

    /// `Wait`, with a mutex that was taken elsewhere and left locked with
    /// [`MutexGuard::leave_locked`]. It is left locked again, with the data that is returned. The
    /// kernel panics if nobody holds the mutex.
    #[track_caller]
    pub fn wait_unguarded<T: Value>(self, lock: Mutex<T>) -> T {
        let op = Op::CondWait {
            cond: self.0.id(),
            mutex: lock.0.id(),
            content: None,
        };
        match perform(op) {
            Outcome::Value(content) => value(content),
            outcome => unreachable!("a wait yields {outcome:?}"),
        }
    }

    /// `Signal`: wakes one of those who wait, any of them; does nothing if nobody waits.
    #[track_caller]
    pub fn signal(self) {
        perform_done(Op::Cond(self.0.id(), CondOp::Signal));
    }

    /// `Broadcast`: wakes all who wait.
    #[track_caller]
    pub fn broadcast(self) {
        perform_done(Op::Cond(self.0.id(), CondOp::Broadcast));
    }
}
