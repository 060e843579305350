//! The body of a goroutine, on a coroutine of its own.
//!
//! Code of the kernel runs on coroutines only, as under the other engines. So a stack that is too
//! small and a goroutine that is abandoned have the same effect as there. A loom thread lets its
//! coroutine run to the next operation, does that operation with loom on the thread's own stack,
//! and goes on. So no coroutine ever runs while loom switches threads.
//!
//! A goroutine that blocks for ever, or has panicked in an operation, is left where it stands. The
//! last [`LEFT_MAX`] are unwound when the search is over. A destructor that panics meanwhile spoils
//! the thread, but by then it does no harm.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use super::{Halt, Threads, Unwound};
use crate::explore::Limit;
use crate::model::{Fault, GoroutineId, Op, Outcome};
use crate::runtime::backend::{Body, with_backend};
use crate::runtime::coroutine::{
    Abandoned, Coroutine, DestructorPanicked, Finished, Resume, suspend,
};
use crate::runtime::goroutine::{STAYING_BYTES, destructor_panicked, too_much_lost};
use crate::runtime::heartbeat::{self, LocalRun};
use crate::runtime::panic_hook;
use crate::runtime::site::StaticSite;

/// Most goroutines that are kept where they were left.
const LEFT_MAX: usize = 64;

/// A goroutine that runs, or has been left.
pub(super) struct Goroutine {
    coroutine: Coroutine,
    /// Its name, and its current operation.
    local_run: LocalRun,
}

/// A request of a goroutine to its loom thread.
pub(super) enum Asked {
    /// To do this operation.
    Op(Op, StaticSite),
    /// To start a goroutine.
    Go(GoroutineId, Body, StaticSite),
    /// A request to abandon the search.
    Fault(Fault),
}

impl Threads {
    /// Sends a request to the goroutine's thread and waits for the outcome. The goroutine calls it.
    pub(super) fn ask(&self, asked: Asked) -> Outcome {
        self.asked.replace(Some(asked));
        match suspend() {
            Resume::Told(outcome) => outcome,
            Resume::GoOn | Resume::Entered(_) => unreachable!("what is asked for has an outcome"),
        }
    }

    /// Lets a goroutine run to its end. Returns `None` if it is left before that.
    pub(super) fn run(&self, me: GoroutineId, body: Body) -> Option<Finished> {
        if let Some(fault) = too_much_lost(self.lost_bytes.get()) {
            self.bodies.borrow_mut().insert(me, body);
            self.halt(Halt::Fault(fault));
        }
        let coroutine = match Coroutine::new(body, self.stack_bytes, 0) {
            Ok(coroutine) => coroutine,
            Err(body) => {
                self.bodies.borrow_mut().insert(me, body);
                self.halt(Halt::Limit(Limit::NoStack(self.stack_bytes as u64)));
            }
        };
        let local_run = self.local_run(me, StaticSite::NONE);
        let mut goroutine = Goroutine {
            coroutine,
            local_run,
        };
        let mut resume = Resume::GoOn;
        loop {
            if let Some(finished) = goroutine.coroutine.resume(resume) {
                if let Err(payload) = &finished
                    && payload.is::<DestructorPanicked>()
                {
                    self.abandon(destructor_panicked(&goroutine.local_run));
                }
                goroutine.coroutine.abandon();
                return Some(finished);
            }
            let asked = self.asked.take().expect("it suspends to ask");
            if let Asked::Op(_, site) | Asked::Go(_, _, site) = &asked {
                goroutine.local_run.from = *site;
            }
            // While the thread waits the search may be abandoned. What is on the thread's stack is
            // lost then.
            self.standing.borrow_mut().insert(me, goroutine);
            let served = catch_unwind(AssertUnwindSafe(|| self.serve(me, asked)));
            let stood = self.standing.borrow_mut().remove(&me);
            goroutine = stood.expect("only its own thread takes it away");
            match served {
                Ok(outcome) => resume = Resume::Told(outcome),
                Err(payload) => {
                    self.leave(goroutine);
                    if !payload.is::<Unwound>() {
                        resume_unwind(payload);
                    }
                    return None;
                }
            }
        }
    }

    fn serve(&self, me: GoroutineId, asked: Asked) -> Outcome {
        match asked {
            Asked::Op(op, site) => self.operate(me, &op, site),
            Asked::Go(child, body, site) => {
                self.bodies.borrow_mut().insert(child, body);
                self.start(me, child, site)
            }
            Asked::Fault(fault) => self.halt(Halt::Fault(fault)),
        }
    }

    /// Returns true if the goroutine, which has asked for an operation, recovers from its panic.
    pub(super) fn recovers(&self, me: GoroutineId) -> bool {
        let standing = self.standing.borrow();
        standing.get(&me).is_some_and(|it| it.coroutine.recovers())
    }

    pub(super) fn local_run(&self, me: GoroutineId, from: StaticSite) -> LocalRun {
        LocalRun {
            goroutine: self.goroutine_name(me).into(),
            from,
        }
    }

    /// Leaves a goroutine where it stands.
    fn leave(&self, goroutine: Goroutine) {
        let oldest = {
            let mut left = self.left.borrow_mut();
            left.push_back(goroutine);
            let is_full = left.len() > LEFT_MAX;
            is_full.then(|| left.pop_front()).flatten()
        };
        if let Some(goroutine) = oldest {
            self.unwind_left(goroutine);
        }
        if let Some(fault) = self.spoiled.take() {
            self.abandon(fault);
        }
    }

    /// Unwinds a goroutine that was left.
    fn unwind_left(&self, goroutine: Goroutine) {
        let Goroutine {
            coroutine,
            local_run,
        } = goroutine;
        let outer = self.leaving.replace(true);
        let abandoned = heartbeat::beating(local_run.clone(), || coroutine.abandon());
        self.leaving.set(outer);
        // A goroutine that cannot be unwound may have made a request.
        if let Some(asked) = self.asked.take() {
            panic_hook::dispose(asked);
        }
        if abandoned != Abandoned::Ended {
            self.lost_bytes.set(self.lost_bytes.get() + STAYING_BYTES);
        }
        if abandoned == Abandoned::DestructorPanicked {
            self.spoiled.replace(Some(destructor_panicked(&local_run)));
        }
    }

    /// Drops the bodies of goroutines that have not begun.
    pub(super) fn drop_bodies(&self) {
        let bodies = self.bodies.take();
        let outer = self.leaving.replace(true);
        for (id, body) in bodies {
            heartbeat::beating(self.local_run(id, StaticSite::NONE), || {
                panic_hook::dispose(body)
            });
        }
        self.leaving.set(outer);
    }

    /// Releases everything that is left of the kernel once the search is over. Returns the bytes of
    /// stacks that cannot be freed.
    pub(in crate::loom) fn finish(self: &Rc<Self>) -> usize {
        let (standing, left) = (self.standing.take(), self.left.take());
        let goroutines = standing.into_values().chain(left);
        with_backend(self.clone(), || {
            panic_hook::capture_panics(|| {
                for goroutine in goroutines {
                    self.unwind_left(goroutine);
                }
                self.drop_bodies();
                self.leaving.set(true);
                let mut values = self.values.take();
                let main = self.local_run(GoroutineId::MAIN, StaticSite::NONE);
                heartbeat::beating(main, || values.dispose());
            });
        });
        self.lost_bytes.get()
    }
}
