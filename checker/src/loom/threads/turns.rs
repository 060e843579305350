//! The turns of threads: where loom may let another go first, and how an execution ends.

use std::rc::Rc;

use loom::sync::Mutex;

use super::super::execution::{Execution, Settled, Status, WaitEnd};
use super::super::sleep_sets::Fate;
use super::{Halt, Threads, Unwound};
use crate::explore::Limit;
use crate::model::{Fault, GoroutineId, ObjectId, Op};
use std::panic::resume_unwind;

/// The scheduling point of a group of objects.
pub(super) type Point = Rc<Mutex<()>>;

/// Unwinds a goroutine that has nothing more to do.
pub(super) fn unwind() -> ! {
    resume_unwind(Box::new(Unwound::Goroutine))
}

impl Threads {
    /// Passes the scheduling point of these objects, if there are any.
    pub(super) fn pass(&self, me: GoroutineId, objects: &[ObjectId]) {
        let Some((&first, others)) = objects.split_first() else {
            return;
        };
        for &other in others {
            if self.groups.borrow_mut().join(first, other) {
                self.halt.borrow_mut().get_or_insert(Halt::Restart);
            }
        }
        let group = self.groups.borrow_mut().of(first);
        drop(self.point_of(first).lock());
        self.current.set(me);
        if self.execution.borrow().ending {
            self.ask_for_a_turn(me);
            unwind();
        }
        let fate = self.sleep_sets.borrow_mut().moves(me, Some(group));
        match fate {
            Fate::Explored => {}
            _ if !self.leaves_out => {}
            Fate::Asleep => self.leave_to_others(me, first),
            Fate::Covered => self.leave_out(me),
        }
    }

    /// Returns the scheduling point of an object's group.
    fn point_of(&self, object: ObjectId) -> Point {
        let group = self.groups.borrow_mut().of(object);
        let mut points = self.points.borrow_mut();
        let point = points.entry(group);
        point.or_insert_with(|| Rc::new(Mutex::new(()))).clone()
    }

    /// Records that loom lets this thread run up to its next scheduling point.
    pub(super) fn runs_on(&self, me: GoroutineId) {
        if self.execution.borrow().ending {
            return;
        }
        let fate = self.sleep_sets.borrow_mut().moves(me, None);
        if fate != Fate::Explored && self.leaves_out {
            self.leave_out(me);
        }
    }

    /// Leaves this execution, in which the goroutine has moved last: others that were run, or will
    /// be, are equivalent to all that could follow.
    fn leave_out(&self, me: GoroutineId) -> ! {
        loom::skip_branch();
        self.left_out.set(true);
        let mut execution = self.execution.borrow_mut();
        self.give_up(&execution);
        end(&mut execution, me);
        drop(execution);
        unwind()
    }

    /// Does the same, and gives the others their turn where the goroutine has passed the point of
    /// this object.
    pub(super) fn leave_to_others(&self, me: GoroutineId, object: ObjectId) -> ! {
        *self.turns.borrow_mut() = Some(self.point_of(object));
        self.leave_out(me)
    }

    /// Makes loom give this thread a turn where the execution was left, if it needs one: it passes
    /// the point that the thread has passed that moved there. Loom takes that for a race.
    pub(super) fn ask_for_a_turn(&self, me: GoroutineId) {
        let point = self.turns.borrow().clone();
        if let Some(point) = point
            && !self.sleep_sets.borrow().needs_no_turn(me)
        {
            drop(point.lock());
        }
    }

    /// Waits in this operation and at this line until woken.
    pub(super) fn wait(&self, me: GoroutineId, waits_in: Option<(Op, u32)>) -> WaitEnd {
        {
            let mut execution = self.execution.borrow_mut();
            execution.actor(me).recovers = self.recovers(me);
            execution.actor(me).status = Status::Waiting(waits_in);
            self.one_less(&mut execution, me);
        }
        loop {
            let (ending, told) = {
                let mut execution = self.execution.borrow_mut();
                (execution.ending, execution.actor(me).told.take())
            };
            if ending {
                if told.is_some() {
                    self.ask_for_a_turn(me);
                }
                unwind();
            }
            if let Some(told) = told {
                self.runs_on(me);
                return told;
            }
            loom::thread::park();
            self.current.set(me);
        }
    }

    /// Counts one runnable goroutine less. If it was the last, the execution is over.
    pub(super) fn one_less(&self, execution: &mut Execution, me: GoroutineId) {
        execution.runnable -= 1;
        if execution.runnable > 0 {
            return;
        }
        match execution.settle() {
            Settled::Unless => self.give_up(execution),
            Settled::End => {
                let cut = execution.too_long.then_some(Limit::Steps(self.steps_max));
                self.note(execution, cut);
            }
        }
        end(execution, me);
    }

    /// Records the end of the execution, or the position where a limit cuts it. Records, too, if a
    /// limit was hit that ends the search.
    fn note(&self, execution: &Execution, cut: Option<Limit>) {
        let mut record = self.record.borrow_mut();
        let values = self.values.borrow();
        record.ended(execution, |id| values.text(id).to_owned(), cut);
        let meter = self.meter.borrow();
        record.last = meter
            .executions(record.executions, execution.steps.len())
            .or_else(|| meter.over_now())
            .or(self.enough.and_then(|enough| enough.of(&record)));
    }

    /// Records that the execution was given up.
    fn give_up(&self, execution: &Execution) {
        let mut record = self.record.borrow_mut();
        record.discarded += 1;
        record.work += execution.steps.len() as u64;
        let over = self.meter.borrow().over_now();
        record.last = over.or(self.enough.and_then(|enough| enough.of(&record)));
    }

    /// Ends this execution if it has more steps than are allowed.
    pub(super) fn look_at_length(&self) {
        let too_long = self.execution.borrow().too_long;
        if too_long {
            self.cut(Limit::Steps(self.steps_max));
        }
    }

    /// Ends this execution at a limit that holds for one execution.
    pub(super) fn cut(&self, limit: Limit) -> ! {
        let mut execution = self.execution.borrow_mut();
        self.note(&execution, Some(limit));
        end(&mut execution, self.current.get());
        drop(execution);
        unwind()
    }

    /// Ends this execution, and with it the whole search. Loom is not repeating an earlier
    /// execution here, since none of them had a reason to end at this point. So it can go on to the
    /// end of the execution.
    pub(super) fn halt(&self, why: Halt) -> ! {
        self.record.borrow_mut().discarded += 1;
        *self.halt.borrow_mut() = Some(why);
        end(&mut self.execution.borrow_mut(), self.current.get());
        unwind()
    }

    /// Ends the whole search in the middle of an execution whose beginning loom takes for a
    /// repetition of an earlier one.
    pub(super) fn abandon(&self, fault: Fault) -> ! {
        self.record.borrow_mut().discarded += 1;
        *self.halt.borrow_mut() = Some(Halt::Fault(fault));
        self.abandoned.set(true);
        resume_unwind(Box::new(Unwound::Search))
    }
}

/// Ends an execution: wakes all goroutines that wait, so that they unwind.
fn end(execution: &mut Execution, me: GoroutineId) {
    execution.ending = true;
    for (index, actor) in execution.actors.iter().enumerate() {
        if let Some(actor) = actor
            && index != me.index()
            && matches!(actor.status, Status::Waiting(_))
        {
            actor.thread.unpark();
        }
    }
}
