//! The state of one execution, in plain memory: who does what, what the objects hold, which steps
//! were taken.
//!
//! An operation on it is one uninterrupted stretch of a loom thread, after that thread has passed
//! the
//! [scheduling point](super::threads) of the objects that it touches.

use rustc_hash::FxHashMap;

use super::choices::{Choices, Place, Way};
use super::history::Node;
use super::primitives::Primitive;
use crate::model::{Choice, GoroutineId, ObjectId, Op, Outcome, Panic, ValueId};

/// The state of one execution.
#[derive(Default)]
pub(super) struct Execution {
    /// By their ids; `None` was not made.
    pub(super) objects: Vec<Option<Primitive>>,
    /// Goroutines and the hidden ones of timers, by their ids; `None` was not started.
    pub(super) actors: Vec<Option<Actor>>,
    /// The steps that were taken.
    pub(super) steps: Vec<Taken>,
    /// How many steps may be taken.
    pub(super) steps_max: usize,
    /// Whether there was one more.
    pub(super) too_long: bool,
    /// How many actors neither wait nor have ended.
    pub(super) runnable: usize,
    /// Whether it is over: whoever still runs is to unwind.
    pub(super) ending: bool,
    /// Loom threads that were started, main's included.
    pub(super) threads: usize,
}

/// A goroutine, or the hidden one of a timer.
pub(super) struct Actor {
    pub(super) thread: loom::thread::Thread,
    pub(super) is_timer: bool,
    pub(super) status: Status,
    /// What it was told while it waited, until it takes notice.
    pub(super) told: Option<Told>,
    /// How many of each name and kind it has made.
    pub(super) made: FxHashMap<(String, &'static str), u32>,
    /// How many choices it has made.
    pub(super) choices: u32,
    /// How many loops it has entered.
    pub(super) loops: u32,
    /// The heads of loops that it has passed since its last operation, with their states.
    pub(super) heads: Vec<(u32, ValueId)>,
    /// Where it stands in its history.
    pub(super) node: Node,
}

/// What an actor is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Status {
    /// It runs.
    Running,
    /// It waits in this operation, at this line. Of a timer: it has nothing to fire.
    Waiting(Option<(Op, u32)>),
    /// It has returned.
    Returned,
    /// It has panicked; with its message, if it is the kernel's own panic.
    Panicked(Panic, Option<String>),
}

/// What ends a wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told {
    /// The operation is done.
    Outcome(Outcome),
    /// The goroutine panics.
    Panic(Panic),
    /// The first half of the operation is done, and the second can be tried.
    Again,
}

/// How far an operation has come by its first attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// It is done.
    Done(Outcome),
    /// The goroutine panics.
    Panics(Panic),
    /// It waits to be told.
    Waits,
}

/// A step that was taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Taken {
    /// Who moved; of a rendezvous the sender.
    pub(super) actor: (GoroutineId, Choice),
    /// The receiver of a rendezvous.
    pub(super) partner: Option<(GoroutineId, Choice)>,
}

/// The case of a select, or the only way of a plain send or receive.
pub(super) fn case_or_only(case: Option<u32>) -> Choice {
    case.map_or(Choice::Only, Choice::Case)
}

impl Execution {
    /// Notes a step of this actor.
    pub(super) fn took(&mut self, actor: GoroutineId, choice: Choice) {
        self.step(Taken {
            actor: (actor, choice),
            partner: None,
        });
    }

    /// Notes a step.
    pub(super) fn step(&mut self, step: Taken) {
        if self.steps.len() >= self.steps_max {
            self.too_long = true;
        } else {
            self.steps.push(step);
        }
    }

    /// Ends somebody's wait.
    pub(super) fn tell(&mut self, id: GoroutineId, told: Told) {
        let actor = self.actor(id);
        assert!(
            matches!(actor.status, Status::Waiting(_)) && actor.told.is_none(),
            "{id:?} is told {told:?} and does not wait"
        );
        actor.told = Some(told);
        actor.status = match told {
            Told::Panic(panic) => Status::Panicked(panic, None),
            Told::Outcome(_) | Told::Again => Status::Running,
        };
        actor.thread.unpark();
        self.runnable += 1;
    }

    /// Notes the step with which somebody's wait ends, and ends it.
    pub(super) fn complete(&mut self, id: GoroutineId, choice: Choice, told: Told) {
        self.took(id, choice);
        self.tell(id, told);
    }

    pub(super) fn actor(&mut self, id: GoroutineId) -> &mut Actor {
        self.actors[id.index()].as_mut().expect("was started")
    }

    /// An object.
    pub(super) fn object(&mut self, id: ObjectId) -> &mut Primitive {
        self.objects[id.index()]
            .as_mut()
            .expect("looked for before the operation began")
    }

    /// Decides a choice of this goroutine among these ways: the index of one.
    pub(super) fn choose(&mut self, by: GoroutineId, choices: &mut Choices, open: &[Way]) -> usize {
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

    fn next_choice(&mut self, by: GoroutineId) -> Place {
        let nth = &mut self.actor(by).choices;
        *nth += 1;
        Place {
            goroutine: by,
            nth: *nth - 1,
        }
    }
}
