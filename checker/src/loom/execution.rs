//! The state of one execution, in plain memory: the actors, the contents of the objects, and the
//! steps that were taken.
//!
//! An operation on it is one uninterrupted section of a loom thread. Before it the thread passes
//! the [scheduling point](super::threads) of the objects that the operation touches.

use super::choices::{ChoicePoint, Choices, ChosenWay};
use super::history::HistoryId;
use super::primitives::Primitive;
use crate::model::{Choice, GoroutineId, ObjectId, Op, Outcome, Panic, ValueId};
use crate::runtime::registry::Counts;

/// The state of one execution.
#[derive(Default)]
pub(super) struct Execution {
    /// The objects, indexed by id; `None` was not made.
    pub(super) objects: Vec<Option<Primitive>>,
    /// Goroutines, indexed by id; `None` was not started.
    pub(super) actors: Vec<Option<Actor>>,
    /// The timers that were made.
    pub(super) timers: Vec<ObjectId>,
    /// The steps that were taken.
    pub(super) steps: Vec<Taken>,
    /// Most steps that may be taken.
    pub(super) steps_max: usize,
    /// True if a step beyond that was attempted.
    pub(super) too_long: bool,
    /// Number of actors that neither wait nor have ended.
    pub(super) runnable: usize,
    /// True if the execution is over, so that whoever still runs must unwind.
    pub(super) ending: bool,
    /// Loom threads that were started, main's included.
    pub(super) threads: usize,
}

/// A goroutine.
pub(super) struct Actor {
    pub(super) thread: loom::thread::Thread,
    /// True if it may outlive main.
    pub(super) is_daemon: bool,
    /// True if it recovers from a panic of the operation in which it waits.
    pub(super) recovers: bool,
    pub(super) status: Status,
    /// The event that ended its wait, until it takes notice.
    pub(super) told: Option<WaitEnd>,
    /// The number of things of each name and kind that it has made.
    pub(super) made: Counts,
    /// The number of choices that it has made.
    pub(super) choices: u32,
    /// Number of loops that it has entered.
    pub(super) loops: u32,
    /// The heads of loops that it has passed since its last operation, each with its state.
    pub(super) heads: Vec<(u32, ValueId)>,
    /// Its place in its history.
    pub(super) node: HistoryId,
}

/// The status of an actor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Status {
    /// It runs.
    Running,
    /// It waits in this operation, at this line.
    Waiting(Option<(Op, u32)>),
    /// It has returned.
    Returned,
    /// It has panicked. The message is set if it is the kernel's own panic.
    Panicked(Panic, Option<String>),
}

/// The event that ends a wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum WaitEnd {
    /// The operation is done.
    Outcome(Outcome),
    /// The goroutine panics.
    Panic(Panic),
    /// The first half of the operation is done, and the second can be tried.
    Again,
}

/// The result of the first attempt of an operation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attempt {
    /// It is done.
    Done(Outcome),
    /// The goroutine panics.
    Panics(Panic),
    /// It waits until it is woken.
    Waits,
}

/// The position in which no goroutine can go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Settled {
    /// It is an end.
    End,
    /// It is none: a timer would go on.
    Unless,
}

/// A step that was taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Taken {
    /// The actor that moved; the sender of a rendezvous.
    pub(super) actor: (GoroutineId, Choice),
    /// The receiver of a rendezvous.
    pub(super) partner: Option<(GoroutineId, Choice)>,
}

/// Returns the choice of a select's case, or the only way of a plain send or receive.
pub(super) fn case_or_only(case: Option<u32>) -> Choice {
    case.map_or(Choice::Only, Choice::Case)
}

impl Execution {
    /// Records a step of this actor.
    pub(super) fn took(&mut self, actor: GoroutineId, choice: Choice) {
        self.step(Taken {
            actor: (actor, choice),
            partner: None,
        });
    }

    /// Records a step.
    pub(super) fn step(&mut self, step: Taken) {
        if self.steps.len() >= self.steps_max {
            self.too_long = true;
        } else {
            self.steps.push(step);
        }
    }

    /// Ends the wait of an actor.
    pub(super) fn tell(&mut self, id: GoroutineId, told: WaitEnd) {
        let actor = self.actor(id);
        assert!(
            matches!(actor.status, Status::Waiting(_)) && actor.told.is_none(),
            "{id:?} is told {told:?} and does not wait"
        );
        actor.told = Some(told);
        actor.status = match told {
            WaitEnd::Panic(panic) if !actor.recovers => Status::Panicked(panic, None),
            WaitEnd::Panic(_) | WaitEnd::Outcome(_) | WaitEnd::Again => Status::Running,
        };
        actor.thread.unpark();
        self.runnable += 1;
    }

    /// Records the step that ends an actor's wait, and ends the wait.
    pub(super) fn complete(&mut self, id: GoroutineId, choice: Choice, told: WaitEnd) {
        self.took(id, choice);
        self.tell(id, told);
    }

    pub(super) fn actor(&mut self, id: GoroutineId) -> &mut Actor {
        self.actors[id.index()].as_mut().expect("was started")
    }

    /// Returns an object.
    pub(super) fn object(&mut self, id: ObjectId) -> &mut Primitive {
        self.objects[id.index()]
            .as_mut()
            .expect("looked for before the operation began")
    }

    /// Decides a choice of this goroutine among these ways. Returns the index of the way.
    pub(super) fn choose(
        &mut self,
        by: GoroutineId,
        choices: &mut Choices,
        open: &[ChosenWay],
    ) -> usize {
        if open.len() == 1 {
            return 0;
        }
        choices.decide(self.next_choice(by), open)
    }

    /// Decides which number below this one the goroutine chooses.
    pub(super) fn choose_number(
        &mut self,
        by: GoroutineId,
        choices: &mut Choices,
        below: u32,
    ) -> u32 {
        if below == 1 {
            return 0;
        }
        choices.decide_number(self.next_choice(by), below)
    }

    fn next_choice(&mut self, by: GoroutineId) -> ChoicePoint {
        let nth = &mut self.actor(by).choices;
        *nth += 1;
        ChoicePoint {
            goroutine: by,
            nth: *nth - 1,
        }
    }
}
