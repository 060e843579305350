//! `sync.Cond`. The rules are in [`model::cond`].

use super::handle::{Handle, handle, here, intern, perform, perform_done, value};
use super::mutex::{Mutex, MutexGuard};
use crate::model::{self, CondOp, Object, Op, Outcome};
use crate::runtime::backend::current;
use crate::runtime::interner::Value;

handle! {
    /// A condition variable that is used with a [`Mutex`].
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{cond, go, mutex};
    ///
    /// let report = gordian::check(|| {
    ///     let (items, filled) = (mutex("items", 0), cond("filled"));
    ///     go("producer", move || {
    ///         *items.lock() += 1;
    ///         filled.signal();
    ///     });
    ///     let mut items = filled.wait_while(items.lock(), |items| *items == 0);
    ///     *items -= 1;
    ///     items.unlock();
    /// });
    /// report.assert_proved();
    /// ```
    Cond
}

/// `sync.NewCond`. The guard passed to [`Cond::wait`] names the mutex.
#[track_caller]
pub fn cond(name: &str) -> Cond {
    Cond(Handle::create(Object::Cond(model::Cond::default()), name))
}

impl Cond {
    /// `Wait`: in one step unlocks and begins to wait for a signal; then locks again.
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

    /// `for condition() { c.Wait() }`: waits until the condition on the data is false.
    ///
    /// The search knows that an iteration hands nothing but the data to the next. So a wait that
    /// may be woken any number of times has few states. The condition may read the data only, which
    /// is why it is an `Fn`.
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

    /// `Wait`, for a mutex that was locked elsewhere and left locked with
    /// [`MutexGuard::leave_locked`]. Returns the data, and leaves the mutex locked again. The
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

    /// `Signal`: wakes any one of the waiting goroutines. Does nothing if none waits.
    #[track_caller]
    pub fn signal(self) {
        perform_done(Op::Cond(self.0.id(), CondOp::Signal));
    }

    /// `Broadcast`: wakes all waiting goroutines.
    #[track_caller]
    pub fn broadcast(self) {
        perform_done(Op::Cond(self.0.id(), CondOp::Broadcast));
    }
}
