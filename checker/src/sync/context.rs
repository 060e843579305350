//! `context.Context`. The rules are in [`model::context`].

use super::atomic::{AtomicBool, atomic_bool};
use super::chan::Chan;
use super::goroutine::{daemon, go};
use super::handle::{Handle, perform_done, perform_number};
use crate::model::{self, ContextOp, Object, Op, Reason, Timer};
use crate::runtime::backend::current;

/// A context: `context.Background()`, or one that can be cancelled.
///
/// A context named `ctx` has the channel `ctx.Done` and, if it has a deadline, the timer
/// `ctx.deadline`.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::select;
/// use gordian::sync::{Reason, background, chan, go};
///
/// let report = gordian::check(|| {
///     let ctx = background().with_cancel("ctx");
///     let results = chan("results", 0);
///     go("worker", move || {
///         select! {
///             send(results, 7) => {}
///             recv(ctx.done()) => {}
///         }
///     });
///     ctx.cancel();
///     assert_eq!(ctx.err(), Some(Reason::Canceled));
/// });
/// report.assert_proved();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Context(Option<Live>);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Live {
    handle: Handle<()>,
    done: Chan<()>,
}

/// `context.Background()`: never cancelled. Its done channel is nil.
#[must_use]
pub fn background() -> Context {
    Context(None)
}

impl Context {
    /// `context.WithCancel(self)`. Call [`Context::cancel`] where Go calls the cancel function.
    #[track_caller]
    #[must_use]
    pub fn with_cancel(self, name: &str) -> Self {
        self.derive(name, false)
    }

    /// `context.WithTimeout(self, ..)` or `WithDeadline`. The deadline may pass at any time from
    /// now on.
    #[track_caller]
    #[must_use]
    pub fn with_timeout(self, name: &str) -> Self {
        self.derive(name, true)
    }

    #[track_caller]
    fn derive(self, name: &str, deadline: bool) -> Self {
        let done = Handle::create(Object::Chan(model::Chan::new(0)), &format!("{name}.Done"));
        let context = Handle::create(Object::Context(model::Context::new(done.id, None)), name);
        if deadline {
            let timer = Timer::deadline(context.id, self.0.is_some());
            let timer: Handle<()> =
                Handle::create(Object::Timer(timer), &format!("{name}.deadline"));
            // Replaces the object now that the timer has an id, because the two refer to each
            // other.
            current().amend(
                context.id,
                Object::Context(model::Context::new(done.id, Some(timer.id))),
            );
        }
        if let Some(parent) = self.0 {
            perform_done(Op::CtxDerive(parent.handle.id(), context.id));
        }
        Self(Some(Live {
            handle: context,
            done: Chan::of(done, 0),
        }))
    }

    /// `ctx.Done()`: the channel that is closed when the context is cancelled; nil for the
    /// background context.
    #[must_use]
    pub fn done(self) -> Chan<()> {
        self.0.map_or_else(Chan::nil, |live| live.done)
    }

    /// Calls the cancel function. Does nothing if the context is already cancelled or is the
    /// background context.
    #[track_caller]
    pub fn cancel(self) {
        if let Some(live) = self.0 {
            perform_done(Op::CtxCancel(live.handle.id()));
        }
    }

    /// `ctx.Err()`: the reason for the cancellation; `None` if the context is not cancelled.
    #[track_caller]
    #[must_use]
    pub fn err(self) -> Option<Reason> {
        let live = self.0?;
        match perform_number(Op::Context(live.handle.id(), ContextOp::Err)) {
            1 => Some(Reason::Canceled),
            2 => Some(Reason::DeadlineExceeded),
            _ => None,
        }
    }

    /// `context.AfterFunc`: starts a goroutine of this name with the body `f` once the context is
    /// done; at once if it is done already.
    ///
    /// A [`daemon`](super::daemon()) named `name.wait` waits for the context, and then starts `f`.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{background, chan};
    ///
    /// let report = gordian::check(|| {
    ///     let (ctx, called) = (background().with_cancel("ctx"), chan::<()>("called", 0));
    ///     let after = ctx.after_func("after", move || called.close());
    ///     ctx.cancel();
    ///     assert!(!after.stop());
    ///     called.recv();
    /// });
    /// report.assert_proved();
    /// ```
    #[track_caller]
    pub fn after_func(self, name: &str, f: impl FnOnce() + 'static) -> AfterFunc {
        let decided = atomic_bool(&format!("{name}.once"), false);
        let (done, started) = (self.done(), name.to_owned());
        daemon(&format!("{name}.wait"), move || {
            done.recv();
            if decided.compare_and_swap(false, true) {
                go(&started, f);
            }
        });
        AfterFunc {
            context: self,
            decided,
        }
    }
}

/// The result of [`Context::after_func`], to stop it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AfterFunc {
    context: Context,
    /// True once `f` was started or stopped.
    decided: AtomicBool,
}

impl AfterFunc {
    /// Keeps `f` from being started, as the stop function of Go does. Returns true if it has done
    /// so. Returns false if the context is done, so that `f` is started, or if `f` was stopped
    /// before.
    #[track_caller]
    pub fn stop(self) -> bool {
        // `f` counts as started from the moment of the cancellation. If that comes between the two
        // steps, the stop came first.
        self.context.err().is_none() && self.decided.compare_and_swap(false, true)
    }
}
