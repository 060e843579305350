//! `golang.org/x/sync/errgroup`: goroutines that work on parts of one task.

use crate::sync::{
    Chan, Context, Once, Shared, Value, WaitGroup, chan, go, once, shared, waitgroup,
};

/// A group of goroutines of which the first error counts.
///
/// ```
/// use gordian_checker::blocks::errgroup::Group;
/// use gordian_checker::sync::background;
///
/// let report = gordian_checker::check(|| {
///     let (group, ctx) = Group::with_context("group", background());
///     group.go("fails", || Err("no"));
///     group.go("waits", move || {
///         ctx.done().recv();
///         Ok(())
///     });
///     assert_eq!(group.wait(), Err("no"));
/// });
/// report.assert_proved();
/// ```
#[derive(Debug)]
pub struct Group<E: Value> {
    wg: WaitGroup,
    once: Once,
    error: Shared<Option<E>>,
    ctx: Option<Context>,
    /// A value for each goroutine that runs, if there is a limit.
    running: Option<Chan<()>>,
}

impl<E: Value> Clone for Group<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E: Value> Copy for Group<E> {}

impl<E: Value> Group<E> {
    /// A group without a context. Its objects are named after it: `group.wg`, `group.errOnce`,
    /// `group.err`.
    #[track_caller]
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            wg: waitgroup(&format!("{name}.wg")),
            once: once(&format!("{name}.errOnce")),
            error: shared(&format!("{name}.err"), None),
            ctx: None,
            running: None,
        }
    }

    /// `WithContext`: a group, and a context that is cancelled at the first error, or when
    /// [`wait`](Self::wait) returns.
    #[track_caller]
    #[must_use]
    pub fn with_context(name: &str, parent: Context) -> (Self, Context) {
        let ctx = parent.with_cancel(&format!("{name}.ctx"));
        let group = Self {
            ctx: Some(ctx),
            ..Self::new(name)
        };
        (group, ctx)
    }

    /// `SetLimit`: at most so many goroutines run at once. It is to be called before the first.
    #[track_caller]
    #[must_use]
    pub fn with_limit(self, name: &str, limit: u32) -> Self {
        Self {
            running: Some(chan(&format!("{name}.sem"), limit)),
            ..self
        }
    }

    /// `Go`: starts a goroutine of this name, once the limit allows it.
    #[track_caller]
    pub fn go(self, name: &str, f: impl FnOnce() -> Result<(), E> + 'static) {
        if let Some(running) = self.running {
            running.send(());
        }
        self.start(name, f);
    }

    /// `TryGo`: starts a goroutine of this name if the limit allows it now.
    #[track_caller]
    pub fn try_go(self, name: &str, f: impl FnOnce() -> Result<(), E> + 'static) -> bool {
        if self.running.is_some_and(|running| !running.try_send(())) {
            return false;
        }
        self.start(name, f);
        true
    }

    #[track_caller]
    fn start(self, name: &str, f: impl FnOnce() -> Result<(), E> + 'static) {
        self.wg.add(1);
        go(name, move || {
            if let Err(error) = f() {
                self.once.do_once(|| {
                    self.error.set(Some(error));
                    if let Some(ctx) = self.ctx {
                        ctx.cancel();
                    }
                });
            }
            if let Some(running) = self.running {
                running.recv();
            }
            self.wg.done();
        });
    }

    /// `Wait`: waits for all goroutines.
    ///
    /// # Errors
    /// The first error of any of them.
    #[track_caller]
    pub fn wait(self) -> Result<(), E> {
        self.wg.wait();
        if let Some(ctx) = self.ctx {
            ctx.cancel();
        }
        self.error.get().map_or(Ok(()), Err)
    }
}
