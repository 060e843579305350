//! `context.Context`. The rules are in [`model::context`](crate::model::context).

use super::chan::Chan;
use super::handle::{Handle, perform_done, perform_number};
use crate::model::{self, ContextOp, Object, Op, Reason, Timer};
use crate::runtime::backend::current;

/// A context: `context.Background()`, or one that can be cancelled.
///
/// A context of the name `ctx` has the channel `ctx.Done` and, with a deadline, the timer
/// `ctx.deadline`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Context(Option<Live>);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Live {
    handle: Handle<()>,
    done: Chan<()>,
}

/// `context.Background()`: never cancelled; its done channel is nil.
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

    /// `context.WithTimeout(self, ..)` or `WithDeadline`. The deadline passes at any time from now
    /// on.
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
            // Made again, now that the timer has an id: the two name each other.
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
            done: Chan(Some(done)),
        }))
    }

    /// `ctx.Done()`: the channel that is closed when the context is cancelled; nil for the
    /// background.
    #[must_use]
    pub fn done(self) -> Chan<()> {
        self.0.map_or_else(Chan::nil, |live| live.done)
    }

    /// Calls the cancel function. Does nothing if the context is cancelled already, or is the
    /// background.
    #[track_caller]
    pub fn cancel(self) {
        if let Some(live) = self.0 {
            perform_done(Op::CtxCancel(live.handle.id()));
        }
    }

    /// `ctx.Err()`: why the context is cancelled, if it is.
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
}
