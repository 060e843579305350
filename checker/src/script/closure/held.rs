//! Real guards and deferred calls, which run when they are dropped, wherever they are.

use std::any::Any;

use super::handles::Handle;
use super::runner::{Flow, Runner};
use crate::script::{Grip, GuardEnd, Object, Statement, Var};
use crate::sync::{self, MutexGuard, ReadGuard, WriteGuard};

/// The content of a variable.
pub(super) enum Held {
    Mutex(MutexGuard<i64>),
    Read(ReadGuard<i64>),
    Write(WriteGuard<i64>),
    /// The value returned by `defer`, which is needed only for its drop. Its type has no name.
    Deferred {
        _call: Box<dyn Any>,
    },
}

/// The scope of a variable, at whose end its content is dropped.
pub(super) struct Scope<'a>(pub(super) &'a Runner, pub(super) Var);

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        drop(self.0.take(self.1));
    }
}

impl Runner {
    pub(super) fn variable(&self, statement: &Statement, last: &mut i64) -> Flow {
        match statement {
            Statement::Hold(var, grip, lock, body) => {
                return self.hold(*var, *grip, *lock, body, last);
            }
            Statement::Release(var, way) => self.release(*var, *way),
            Statement::AddHeld(var, delta) => self.add_held(*var, *delta),
            Statement::WaitHeld(cond, var) => self.wait_held(*cond, *var, last),
            Statement::Defer(var, deferred, body) => {
                let later = self.copy();
                let deferred = deferred.clone();
                let call = sync::defer(move || {
                    later.body(&deferred, &mut 0);
                });
                self.keep(
                    *var,
                    Held::Deferred {
                        _call: Box::new(call),
                    },
                );
                return self.scoped(*var, body, last);
            }
            _ => unreachable!("{statement:?} has to do with no variable"),
        }
        Flow::Next
    }

    fn hold(&self, var: Var, grip: Grip, lock: Object, body: &[Statement], last: &mut i64) -> Flow {
        let held = match (grip, self.handle(lock)) {
            (Grip::Lock, Handle::Mutex(mutex)) => Some(Held::Mutex(mutex.lock())),
            (Grip::TryLock, Handle::Mutex(mutex)) => mutex.try_lock().map(Held::Mutex),
            (Grip::RLock, Handle::RwLock(lock)) => Some(Held::Read(lock.rlock())),
            (Grip::TryRLock, Handle::RwLock(lock)) => lock.try_rlock().map(Held::Read),
            (Grip::WLock, Handle::RwLock(lock)) => Some(Held::Write(lock.lock())),
            (Grip::TryWLock, Handle::RwLock(lock)) => lock.try_lock().map(Held::Write),
            _ => panic!("{} is no such lock", self.name(lock)),
        };
        let Some(held) = held else {
            *last = 0;
            return Flow::Next;
        };
        *last = match &held {
            Held::Mutex(guard) => **guard,
            Held::Read(guard) => **guard,
            Held::Write(guard) => **guard,
            Held::Deferred { .. } => unreachable!("a lock was taken"),
        };
        self.keep(var, held);
        self.scoped(var, body, last)
    }

    /// Runs statements, at the end of which a variable goes out of scope.
    fn scoped(&self, var: Var, body: &[Statement], last: &mut i64) -> Flow {
        let _scope = Scope(self, var);
        self.body(body, last)
    }

    fn release(&self, var: Var, way: GuardEnd) {
        match (self.take(var), way) {
            (Some(Held::Mutex(guard)), GuardEnd::Unlock) => guard.unlock(),
            (Some(Held::Read(guard)), GuardEnd::Unlock) => guard.runlock(),
            (Some(Held::Write(guard)), GuardEnd::Unlock) => guard.unlock(),
            (Some(Held::Mutex(guard)), GuardEnd::Leave) => guard.leave_locked(),
            (Some(Held::Read(guard)), GuardEnd::Leave) => guard.leave_locked(),
            (Some(Held::Write(guard)), GuardEnd::Leave) => guard.leave_locked(),
            (Some(call @ Held::Deferred { .. }), GuardEnd::Leave) => std::mem::forget(call),
            (held, GuardEnd::Unlock | GuardEnd::Drop) => drop(held),
            (None, GuardEnd::Leave) => {}
        }
    }

    fn add_held(&self, var: Var, delta: i64) {
        let mut all = self.held.borrow_mut();
        let Some((_, held)) = all.iter_mut().find(|(of, _)| *of == var) else {
            return;
        };
        match held {
            Held::Mutex(guard) => **guard = guard.wrapping_add(delta),
            Held::Write(guard) => **guard = guard.wrapping_add(delta),
            Held::Read(_) | Held::Deferred { .. } => {}
        }
    }

    fn wait_held(&self, cond: Object, var: Var, last: &mut i64) {
        let held = match (self.take(var), self.handle(cond)) {
            (Some(Held::Mutex(guard)), Handle::Cond(cond)) => {
                let guard = cond.wait(guard);
                *last = *guard;
                Held::Mutex(guard)
            }
            (None, _) => return,
            _ => panic!("a wait needs a condition and the guard of a mutex"),
        };
        self.keep(var, held);
    }

    fn keep(&self, var: Var, held: Held) {
        self.held.borrow_mut().push((var, held));
    }

    /// Removes and returns the content of the variable.
    pub(super) fn take(&self, var: Var) -> Option<Held> {
        let mut all = self.held.borrow_mut();
        let at = all.iter().position(|(of, _)| *of == var)?;
        Some(all.remove(at).1)
    }
}
