//! The ends of the executions, in ids. Names are put in when the search is over and all are known.

use rustc_hash::FxHashMap;

use super::execution::{Execution, Status, Taken};
use super::primitives::Primitive;
use super::{Enough, STEP_COST};
use crate::explore::Limit;
use crate::model::{Case, ChanOp, End, GoroutineId, ObjectId, Op, ValueId};

/// The position of every goroutine and object at the end of an execution.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Position {
    pub(super) end: End,
    /// True if a limit cut the execution here.
    pub(super) cut: bool,
    /// The goroutines, in the order of their ids.
    pub(super) goroutines: Vec<(GoroutineId, Status)>,
    /// The contents left in the objects, in the order of their ids.
    pub(super) objects: Vec<(ObjectId, String)>,
}

/// The record of one position.
pub(super) struct Met {
    pub(super) count: u64,
    /// The shortest way to it; the first of those.
    pub(super) steps: Vec<Taken>,
}

/// Everything met so far.
#[derive(Default)]
pub(super) struct Record {
    pub(super) executions: u64,
    pub(super) discarded: u64,
    pub(super) steps: u64,
    /// Number of steps, those of executions that were given up included.
    pub(super) work: u64,
    pub(super) steps_max: usize,
    pub(super) goroutines: usize,
    pub(super) limits: Vec<Limit>,
    pub(super) bad_executions: u64,
    pub(super) first_bad: Option<u64>,
    pub(super) positions: FxHashMap<Position, Met>,
    /// A limit that ends the search, if anything is left to explore.
    pub(super) last: Option<Limit>,
}

impl Record {
    /// Records a limit, once.
    pub(super) fn record_limit(&mut self, limit: Limit) {
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }

    /// Records the end of an execution, or the position where a limit cut it.
    pub(super) fn ended(
        &mut self,
        execution: &Execution,
        value: impl Fn(ValueId) -> String,
        cut: Option<Limit>,
    ) {
        self.executions += 1;
        self.steps += execution.steps.len() as u64;
        self.work += execution.steps.len() as u64;
        self.steps_max = self.steps_max.max(execution.steps.len());
        self.goroutines = self.goroutines.max(execution.count_goroutines());
        let mut end = execution.end();
        if let Some(limit) = cut {
            self.record_limit(limit);
            // A panic stays an end wherever a limit cuts. Otherwise the end is not known.
            if end != End::Panic {
                return;
            }
        }
        if end == End::Cut {
            self.record_limit(Limit::Ticks);
        }
        if end.is_bad() {
            self.bad_executions += 1;
            self.first_bad.get_or_insert(self.executions);
        }
        if cut.is_some() {
            end = End::Panic;
        }
        let position = Position {
            end,
            cut: cut.is_some(),
            goroutines: execution.statuses(),
            objects: execution.left(value),
        };
        let met = self.positions.entry(position).or_insert_with(|| Met {
            count: 0,
            steps: execution.steps.clone(),
        });
        met.count += 1;
        if execution.steps.len() < met.steps.len() {
            met.steps.clone_from(&execution.steps);
        }
    }
}

impl Enough {
    /// Returns the limit that ends the search, if enough was done.
    pub(super) fn of(self, record: &Record) -> Option<Limit> {
        let spent = record.work.saturating_mul(STEP_COST);
        if record.bad_executions > 0 {
            (spent > self.after_bad).then_some(Limit::FoundBad)
        } else if record.limits.is_empty() {
            None
        } else {
            let max = self.after_limit.filter(|max| spent > *max);
            max.map(Limit::Work)
        }
    }
}

impl Execution {
    /// Returns the number of goroutines that were started.
    pub(super) fn count_goroutines(&self) -> usize {
        let actors = self.actors.iter().flatten();
        actors.count()
    }

    fn statuses(&self) -> Vec<(GoroutineId, Status)> {
        let actors = self.actors.iter().enumerate();
        actors
            .filter_map(|(index, actor)| {
                let actor = actor.as_ref()?;
                Some((GoroutineId::from_index(index), actor.status.clone()))
            })
            .collect()
    }

    fn left(&self, value: impl Fn(ValueId) -> String) -> Vec<(ObjectId, String)> {
        let objects = self.objects.iter().enumerate();
        objects
            .filter_map(|(index, object)| {
                let text = object.as_ref()?.left(&value)?;
                Some((ObjectId::from_index(index), text))
            })
            .collect()
    }

    /// Returns true of a daemon that only waits.
    fn may_wait(&self, id: GoroutineId, op: &Op) -> bool {
        let actor = self.actors[id.index()].as_ref();
        actor.is_some_and(|actor| actor.is_daemon) && self.only_waits(id, op)
    }

    /// Returns the kind of end. A panic is worst, and a ticker that was cut makes a block
    /// uncertain.
    fn end(&self) -> End {
        let cut: Vec<ObjectId> = self
            .objects
            .iter()
            .flatten()
            .filter_map(Primitive::cut_ticker)
            .collect();
        let awaits_cut = |op: &Op| match op {
            Op::Chan(Some(channel), ChanOp::Recv) => cut.contains(channel),
            Op::Select { cases, .. } => cases
                .iter()
                .any(|case| matches!(case, Case::Recv(Some(channel)) if cut.contains(channel))),
            _ => false,
        };
        let (mut panicked, mut uncertain, mut blocked) = (false, false, Vec::new());
        for (id, status) in self.statuses() {
            match status {
                Status::Panicked(..) => panicked = true,
                Status::Waiting(Some((op, _))) if awaits_cut(&op) => uncertain = true,
                Status::Waiting(Some((op, _))) if self.may_wait(id, &op) => {}
                Status::Waiting(_) => blocked.push(id),
                Status::Running | Status::Returned => {}
            }
        }
        if panicked {
            End::Panic
        } else if uncertain {
            End::Cut
        } else {
            End::of_blocked(blocked)
        }
    }
}
