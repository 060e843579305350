//! What the handles of [`sync`](crate::sync) stand on: the [`Backend`] that runs the calling
//! goroutine.

use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;

use super::overflow;
use crate::model::Object;
use crate::model::ObjectId;
use crate::model::Op;
use crate::model::Outcome;
use crate::model::Site;
use crate::model::TimerRules;
use crate::runtime::unwinding::is_without_effect;
use crate::runtime::values;
use crate::runtime::values::Values;

/// The body of a goroutine.
pub(crate) type Body = Box<dyn FnOnce()>;

/// That which runs a kernel: it makes objects, starts goroutines, and blocks a goroutine until its
/// operation is done.
pub(crate) trait Backend {
    /// Does a visible operation for the calling goroutine. Returns when it is done.
    fn perform(&self, op: Op, site: Site) -> Outcome;

    /// Starts a goroutine: the visible operation [`Op::Go`].
    fn go(&self, name: &str, body: Body, site: Site);

    /// Makes an object. A timer gets its hidden goroutine.
    fn create(&self, object: Object, name: &str, site: Site) -> ObjectId;

    /// Changes the first state of an object that the calling goroutine has just made.
    fn amend(&self, id: ObjectId, object: Object);

    /// Gives the run up: an operation is asked for within `Eq`, `Hash`, `Clone` or `Debug` of a
    /// value of this type.
    fn operation_of_value(&self, type_name: &'static str, site: Site) -> !;

    /// By which rules timers go.
    fn timers(&self) -> TimerRules;

    /// The values of this run.
    fn values(&self) -> &RefCell<Values>;

    /// The number of this run: a handle knows the run that it belongs to.
    fn run(&self) -> u32;

    /// The name of an object, to be printed.
    fn name(&self, id: ObjectId) -> String;

    /// The calling goroutine enters a loop that says it is one; yields a number for it.
    fn enter_loop(&self, site: Site) -> u32;

    /// The calling goroutine is at the head of this loop; all that it carries from turn to turn is
    /// `state`.
    fn loop_head(&self, looped: u32, state: crate::model::ValueId, site: Site);
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<dyn Backend>>> = const { RefCell::new(None) };
}

/// The backend of the calling goroutine.
///
/// # Panics
/// If the caller is no goroutine of a kernel, or has hardly any stack left. Gives the run up if the
/// caller is within `Eq`, `Hash`, `Clone` or `Debug` of a value.
#[track_caller]
pub(crate) fn current() -> Rc<dyn Backend> {
    overflow::check_room();
    match CURRENT.with_borrow(Clone::clone) {
        Some(backend) => {
            if let Some(type_name) = values::at_work()
                && !is_without_effect()
            {
                backend.operation_of_value(type_name, Location::caller().into());
            }
            backend
        }
        None => panic!(
            "a sync object was used outside a run: locks, channels and the like of Gordian live \
             only within a kernel that is being checked; make and use them inside the closure that \
             is given to the checker"
        ),
    }
}

/// The backend of the calling goroutine, if it is one.
///
/// # Panics
/// If the caller has hardly any stack left.
#[track_caller]
pub(crate) fn try_current() -> Option<Rc<dyn Backend>> {
    overflow::check_room();
    CURRENT.with_borrow(Clone::clone)
}

/// Runs `f` with this backend as the current one; afterwards the one before is back.
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
