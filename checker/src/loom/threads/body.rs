//! The body of a goroutine, on a coroutine of its own.
//!
//! Code of the kernel runs on coroutines only, as under the other engines: what it does when its
//! stack is too small, or when it is abandoned, is what it does there. A loom thread lets its
//! coroutine run to the next operation, does that with loom on the thread's own stack, and goes on.
//! So no coroutine ever runs while loom switches threads.
//!
//! A goroutine that blocks for ever, and one that has panicked in an operation, is left where it
//! stands. The last [`LEFT_MAX`] are unwound when the search is over: a destructor that panics
//! meanwhile spoils the thread, and by then it does no harm.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use super::{Halt, Threads, Unwound};
use crate::explore::Limit;
use crate::model::{Fault, GoroutineId, ObjectId, Op, Outcome, Site};
use crate::runtime::backend::{Body, with_backend};
use crate::runtime::coroutine::{
    Abandoned, Coroutine, DestructorPanicked, Finished, Resume, suspend,
};
use crate::runtime::goroutine::{STAYING_BYTES, destructor_panicked, too_much_lost};
use crate::runtime::heartbeat::{self, Stretch};
use crate::runtime::quiet;

/// Goroutines that are kept where they were left.
const LEFT_MAX: usize = 64;

/// A goroutine that runs, or has been left.
pub(super) struct Goroutine {
    coroutine: Coroutine,
    /// Its name, and the operation that it stands at.
    stretch: Stretch,
}

/// What a goroutine asks its loom thread for.
pub(super) enum Asked {
    /// To do this operation.
    Op(Op, Site),
    /// To start a goroutine.
    Go(GoroutineId, Body, Site),
    /// To start the hidden goroutine of a timer.
    Timer(GoroutineId, ObjectId),
    /// To give the search up.
    Fault(Fault),
}

impl Threads {
    /// Called by a goroutine: asks its thread for something, and waits for it.
    pub(super) fn ask(&self, asked: Asked) -> Outcome {
        self.asked.replace(Some(asked));
        match suspend() {
            Resume::Told(outcome) => outcome,
            Resume::GoOn | Resume::Entered(_) => unreachable!("what is asked for has an outcome"),
        }
    }

    /// Lets a goroutine run to its end; `None` if it is left before.
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
        let stretch = self.stretch(me, Site::NONE);
        let mut goroutine = Goroutine { coroutine, stretch };
        let mut resume = Resume::GoOn;
        loop {
            if let Some(finished) = goroutine.coroutine.resume(resume) {
                if let Err(payload) = &finished
                    && payload.is::<DestructorPanicked>()
                {
                    self.abandon(destructor_panicked(&goroutine.stretch));
                }
                goroutine.coroutine.abandon();
                return Some(finished);
            }
            let asked = self.asked.take().expect("it suspends to ask");
            if let Asked::Op(_, site) | Asked::Go(_, _, site) = &asked {
                goroutine.stretch.from = *site;
            }
            // While the thread waits the search may be given up, and what is on its stack is lost.
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
            Asked::Timer(timer, id) => self.start_timer(timer, id),
            Asked::Fault(fault) => self.halt(Halt::Fault(fault)),
        }
    }

    pub(super) fn stretch(&self, me: GoroutineId, from: Site) -> Stretch {
        Stretch {
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

    /// Lets a goroutine unwind that was left.
    fn unwind_left(&self, goroutine: Goroutine) {
        let Goroutine { coroutine, stretch } = goroutine;
        let outer = self.leaving.replace(true);
        let abandoned = heartbeat::beating(stretch.clone(), || coroutine.abandon());
        self.leaving.set(outer);
        // One that does not let itself be unwound may have asked for something.
        if let Some(asked) = self.asked.take() {
            quiet::dispose(asked);
        }
        if abandoned != Abandoned::Ended {
            self.lost_bytes.set(self.lost_bytes.get() + STAYING_BYTES);
        }
        if abandoned == Abandoned::DestructorPanicked {
            self.spoiled.replace(Some(destructor_panicked(&stretch)));
        }
    }

    /// Drops the bodies that nobody has begun.
    pub(super) fn drop_bodies(&self) {
        let bodies = self.bodies.take();
        let outer = self.leaving.replace(true);
        for (id, body) in bodies {
            heartbeat::beating(self.stretch(id, Site::NONE), || quiet::dispose(body));
        }
        self.leaving.set(outer);
    }

    /// Lets go of all that is left of the kernel's, once the search is over. Returns the bytes of
    /// stacks that are lost for good.
    pub(in crate::loom) fn finish(self: &Rc<Self>) -> usize {
        let (standing, left) = (self.standing.take(), self.left.take());
        let goroutines = standing.into_values().chain(left);
        with_backend(self.clone(), || {
            quiet::quietly(|| {
                for goroutine in goroutines {
                    self.unwind_left(goroutine);
                }
                self.drop_bodies();
                self.leaving.set(true);
                let mut values = self.values.take();
                let main = self.stretch(GoroutineId::MAIN, Site::NONE);
                heartbeat::beating(main, || values.dispose());
            });
        });
        self.lost_bytes.get()
    }
}
