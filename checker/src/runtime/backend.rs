//! The interface below the handles of [`sync`](crate::sync): the [`Backend`] that runs the calling
//! goroutine.

use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;

use super::site::StaticSite;
use super::stack_overflow;
use crate::model::Object;
use crate::model::ObjectId;
use crate::model::Op;
use crate::model::Outcome;
use crate::model::ThingKind;
use crate::model::TimerRules;
use crate::runtime::interner;
use crate::runtime::interner::Values;
use crate::runtime::unwinding::is_without_effect;

/// The body of a goroutine.
pub(crate) type Body = Box<dyn FnOnce()>;

/// The body of a goroutine that is about to be started.
pub(crate) struct NewBody {
    pub(crate) body: Body,
    /// Its number, from 0, among goroutines of one kind that are started one after the other and
    /// whose bodies have the same code and equal captured values; `None` if it has no such twin.
    pub(crate) twin: Option<u32>,
}

/// A runner of a kernel. It makes objects, starts goroutines, and blocks a goroutine until its
/// operation is done.
pub(crate) trait Backend {
    /// Does a visible operation for the calling goroutine. Returns when it is done.
    fn perform(&self, op: Op, site: StaticSite) -> Outcome;

    /// Starts a goroutine: the visible operation [`Op::Go`].
    /// A daemon may outlive main.
    fn go(&self, name: &str, kind: ThingKind, body: NewBody, site: StaticSite);

    /// Takes note that the calling goroutine has ended by `Goexit`, called at `site`. Main never
    /// goes on.
    fn exited(&self, site: StaticSite);

    /// Makes an object. A timer gets its hidden goroutine.
    fn create(&self, object: Object, name: &str, site: StaticSite) -> ObjectId;

    /// Changes the initial state of an object that the calling goroutine has just made.
    fn amend(&self, id: ObjectId, object: Object);

    /// Gives the run up: an operation is asked for within `Eq`, `Hash`, `Clone` or `Debug` of a
    /// value of this type.
    fn operation_of_value(&self, type_name: &'static str, site: StaticSite) -> !;

    /// Returns the rules of timers.
    fn timers(&self) -> TimerRules;

    /// Returns the values of this run.
    fn values(&self) -> &RefCell<Values>;

    /// Returns the number of this run. A handle stores the number of the run that it belongs to.
    fn run(&self) -> u32;

    /// Returns the name of an object, for printing.
    fn name(&self, id: ObjectId) -> String;

    /// Enters a loop that says it is one, and returns a number for it.
    fn enter_loop(&self, site: StaticSite) -> u32;

    /// Stops the calling goroutine at the head of this loop. All that it carries from turn to turn
    /// is `state`.
    fn loop_head(&self, looped: u32, state: crate::model::ValueId, site: StaticSite);
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<dyn Backend>>> = const { RefCell::new(None) };
}

/// Returns the backend of the calling goroutine. Ends the run with a fault if the caller is within
/// `Eq`, `Hash`, `Clone` or `Debug` of a value.
///
/// # Panics
/// If the caller is no goroutine of a kernel, or has almost no stack left.
#[track_caller]
pub(crate) fn current() -> Rc<dyn Backend> {
    stack_overflow::check_room();
    match CURRENT.with_borrow(Clone::clone) {
        Some(backend) => {
            if let Some(type_name) = interner::at_work()
                && !is_without_effect()
            {
                backend.operation_of_value(type_name, Location::caller().into());
            }
            backend
        }
        None => panic!(
            "a sync object was used outside a run. Locks, channels and the like of Gordian live \
             only within a kernel that is being checked. Make and use them inside the closure that \
             is given to the checker."
        ),
    }
}

/// Returns the backend of the calling goroutine, if the caller is one.
///
/// # Panics
/// If the caller has almost no stack left.
#[track_caller]
pub(crate) fn try_current() -> Option<Rc<dyn Backend>> {
    stack_overflow::check_room();
    CURRENT.with_borrow(Clone::clone)
}

/// Runs `f` with this backend as the current one, and then restores the previous one.
pub(crate) fn with_backend<R>(backend: Rc<dyn Backend>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Rc<dyn Backend>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _restore = Restore(CURRENT.replace(Some(backend)));
    f()
}
