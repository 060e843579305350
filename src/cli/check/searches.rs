//! The searches of `check`, a row each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gordian_checker::Engine;

use super::row::{About, Answer, Row, Task};
use super::side_by_side::{After, Work, in_order};
use crate::cli::failure::Failure;
use crate::cli::progress::ProgressLine;
use crate::cli::search::{Plan, search};
use crate::cli::signals;

/// The time that a row gets under loom unless a flag says otherwise. Loom cannot say how far it is
/// from its end, and may be far.
const LOOM_SHARE: Duration = Duration::from_secs(2);

/// The searches of all rows.
pub(super) struct Searches {
    pub(super) plan: Plan,
    /// True if a search under loom has as much time as the others.
    pub(super) loom_has_time: bool,
    /// The time for all searches together.
    pub(super) total: Option<Duration>,
    pub(super) start: Instant,
    /// The number of rows.
    pub(super) count: usize,
    /// True if progress is to be shown.
    pub(super) shows_progress: bool,
    /// The number of the row that is waited for. It alone shows its progress.
    pub(super) awaited: Arc<AtomicUsize>,
}

impl Searches {
    /// Does all searches, and hands over the answers in the order of the tasks. They end with a
    /// goroutine that never came back, or with the first search that a signal has stopped.
    pub(super) fn run(
        self,
        jobs: usize,
        tasks: Vec<Task>,
        take: impl FnMut(Answer) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        // A signal between two searches ends the command as one within a search.
        let _interruptible = signals::Guard::new(&Arc::default());
        in_order(self, jobs, tasks, take)
    }

    /// Returns the time that is left of all.
    fn left(&self) -> Option<Duration> {
        let total = self.total?;
        Some(total.saturating_sub(self.start.elapsed()))
    }
}

impl Work for Searches {
    type Task = Task;
    type Answer = Answer;

    fn work(&self, number: usize, task: &Task) -> Result<Answer, Failure> {
        let has_share = task.engine == Engine::Loom && !self.loom_has_time;
        let share = has_share.then(|| self.plan.within(LOOM_SHARE));
        let plan = share.as_ref().unwrap_or(&self.plan);
        let left = self.left();
        if let (Some(Duration::ZERO), Some(total)) = (left, self.total) {
            return Ok(Answer::Row(Box::new(Row::not_run(task, plan, total))));
        }
        let plan = left.map_or_else(|| plan.clone(), |left| plan.within(left));
        let progress = ProgressLine::new(self.shows_progress);
        let mut progress = progress.in_turn(self.awaited.clone(), number);
        let (name, form) = (task.target.name(), task.target.form());
        progress.label(format!("{}/{}  {name} {form}", number + 1, self.count));
        match search(&plan, Some(task.engine), &task.target, &mut progress) {
            Ok(report) => Ok(Answer::Row(Box::new(Row::new(task, report, left)))),
            Err(Failure::NoAnswer(reason)) => Ok(Answer::Stalled(About::new(task), reason)),
            Err(failure) => Err(failure),
        }
    }

    fn after(&self, answer: &Answer) -> After {
        match answer {
            Answer::Row(row) if row.is_out_of_memory() => After::Alone,
            Answer::Row(_) => After::Next,
            // Its goroutine keeps its thread until the process ends: no more searches.
            Answer::Stalled(..) => After::Nothing,
        }
    }

    /// Helps with the rows that are left.
    fn leaves(&self) {
        self.plan.helpers.add(1);
    }

    fn awaits(&self, number: usize) {
        self.awaited.store(number, Ordering::Relaxed);
    }
}
