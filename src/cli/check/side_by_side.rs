//! Work on several threads at once, whose answers come in the order of the tasks.
//!
//! The answers are those of one thread. A search shares nothing with another one but the memory of
//! the process. So one that lack of memory has stopped is done again while no other runs.

use std::any::Any;
use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::{thread, vec};

use crate::cli::failure::Failure;
use crate::cli::signals;

/// Work that threads share.
pub(super) trait Work: Send + Sync + 'static {
    type Task: Send + 'static;
    type Answer: Send + 'static;

    /// Does a task.
    fn work(&self, number: usize, task: &Self::Task) -> Result<Self::Answer, Failure>;

    /// Returns what comes after an answer.
    fn after(&self, answer: &Self::Answer) -> After;

    /// Is told the number of the task whose answer is waited for.
    fn awaits(&self, _number: usize) {}

    /// Is told that a thread has no more tasks.
    fn leaves(&self) {}
}

/// The next thing to do after an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// The next task.
    Next,
    /// The same task while no other is worked on.
    Alone,
    /// No more tasks.
    Nothing,
}

/// An answer, or the panic of a defect.
type Done<W> = Result<Result<<W as Work>::Answer, Failure>, Box<dyn Any + Send>>;

/// The state that threads share.
struct Shared<W: Work> {
    work: W,
    threads: usize,
    /// The tasks that are left.
    tasks: Mutex<Enumerate<vec::IntoIter<W::Task>>>,
    /// True if no more tasks are to be begun.
    over: AtomicBool,
    /// Read by whoever works beside others; to write by one that must be alone.
    company: RwLock<()>,
}

/// Does all tasks on at most `jobs` threads. Hands over the answers in the order of the tasks,
/// until `take` wants no more, nothing comes after an answer, or a signal arrives.
///
/// # Errors
/// If a task cannot be done, or an answer cannot be taken.
pub(super) fn in_order<W: Work>(
    work: W,
    jobs: usize,
    tasks: Vec<W::Task>,
    mut take: impl FnMut(W::Answer) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let count = tasks.len();
    let shared = Arc::new(Shared {
        work,
        threads: jobs.min(count),
        tasks: Mutex::new(tasks.into_iter().enumerate()),
        over: AtomicBool::new(false),
        company: RwLock::new(()),
    });
    // Threads whose answers nobody wants any more are left behind: the process is about to end.
    let _over = Over(shared.clone());
    let (tell, told) = channel();
    for _ in 0..shared.threads {
        let (shared, tell) = (shared.clone(), tell.clone());
        let thread = thread::Builder::new().name("row".to_owned());
        let started = thread.spawn(move || shared.run(&tell));
        started.map_err(|error| Failure::Usage(format!("cannot start a thread: {error}")))?;
    }
    drop(tell);
    let mut early: BTreeMap<usize, Done<W>> = BTreeMap::new();
    for next in 0..count {
        shared.work.awaits(next);
        while !early.contains_key(&next) {
            match told.recv() {
                Ok((number, done)) => early.insert(number, done),
                // A signal arrived before this one was begun.
                Err(_) => return Ok(()),
            };
        }
        let done = early.remove(&next).expect("it has arrived");
        let answer = done.unwrap_or_else(|payload| panic::resume_unwind(payload))?;
        let goes_on = shared.work.after(&answer) != After::Nothing;
        if !take(answer)? || !goes_on || signals::interrupted() {
            return Ok(());
        }
    }
    Ok(())
}

/// Lets no more tasks begin once it is dropped.
struct Over<W: Work>(Arc<Shared<W>>);

impl<W: Work> Drop for Over<W> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

impl<W: Work> Shared<W> {
    /// Does one task after another.
    fn run(&self, tell: &Sender<(usize, Done<W>)>) {
        while let Some((number, task)) = self.next() {
            let work = || self.answer(number, &task);
            let done = panic::catch_unwind(AssertUnwindSafe(work));
            let goes_on = match &done {
                Ok(Ok(answer)) => self.work.after(answer) != After::Nothing,
                Ok(Err(_)) | Err(_) => false,
            };
            if !goes_on {
                self.over.store(true, Ordering::Relaxed);
            }
            if tell.send((number, done)).is_err() {
                return;
            }
        }
        self.work.leaves();
    }

    /// Returns the next task, with its number.
    fn next(&self) -> Option<(usize, W::Task)> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = !self.over.load(Ordering::Relaxed) && !signals::interrupted();
        goes_on.then(|| tasks.next()).flatten()
    }

    fn answer(&self, number: usize, task: &W::Task) -> Result<W::Answer, Failure> {
        let answer = {
            let _beside = self.company.read();
            self.work.work(number, task)?
        };
        if self.threads == 1 || self.work.after(&answer) != After::Alone {
            return Ok(answer);
        }
        let _alone = self.company.write();
        self.work.work(number, task)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Work on numbers: the function is given the task and how many others are worked on.
    struct Fake<F> {
        of_task: F,
        running: AtomicUsize,
    }

    impl<F: Fn(usize, usize) -> (usize, After) + Send + Sync + 'static> Work for Fake<F> {
        type Task = usize;
        type Answer = (usize, After);

        fn work(&self, number: usize, task: &usize) -> Result<Self::Answer, Failure> {
            assert_eq!(number, *task);
            let others = self.running.fetch_add(1, Ordering::SeqCst);
            let answer = (self.of_task)(*task, others);
            self.running.fetch_sub(1, Ordering::SeqCst);
            Ok(answer)
        }

        fn after(&self, answer: &Self::Answer) -> After {
            answer.1
        }
    }

    /// Returns the answers to ten tasks.
    fn answers(
        jobs: usize,
        of_task: impl Fn(usize, usize) -> (usize, After) + Send + Sync + 'static,
    ) -> Vec<usize> {
        let running = AtomicUsize::new(0);
        let (mut taken, tasks) = (Vec::new(), (0..10).collect());
        let take = |(answer, _)| {
            taken.push(answer);
            Ok(true)
        };
        let work = Fake { of_task, running };
        in_order(work, jobs, tasks, take).unwrap();
        taken
    }

    /// The first task waits for the second one, which is begun after it.
    #[test]
    fn answers_come_in_order_though_a_later_one_is_known_first() {
        let both = Barrier::new(2);
        let done = answers(2, move |task, _| {
            if task < 2 {
                both.wait();
            }
            thread::sleep(std::time::Duration::from_millis(u64::from(task == 0) * 20));
            (task * 10, After::Next)
        });
        assert_eq!(done, (0..10).map(|task| task * 10).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_short_of_memory_is_done_again_alone() {
        for jobs in [1, 2, 4] {
            let both = Barrier::new(2);
            let tried = AtomicUsize::new(0);
            let done = answers(jobs, move |task, others| match task {
                3 if tried.fetch_add(1, Ordering::SeqCst) == 0 => (0, After::Alone),
                // With several threads two tasks meet here, so they are really side by side.
                4 | 5 if jobs > 1 => {
                    both.wait();
                    (task, After::Next)
                }
                3 => (100 + others, After::Next),
                _ => (task, After::Next),
            });
            let again = if jobs == 1 { 0 } else { 100 };
            assert_eq!(done, [0, 1, 2, again, 4, 5, 6, 7, 8, 9], "{jobs}");
        }
    }

    #[test]
    fn nothing_comes_after_a_goroutine_that_is_lost() {
        for jobs in [1, 3] {
            let done = answers(jobs, |task, _| match task {
                4 => (task, After::Nothing),
                _ => (task, After::Next),
            });
            assert_eq!(done, [0, 1, 2, 3, 4], "{jobs}");
        }
    }

    #[test]
    fn a_defect_is_a_panic_of_the_caller() {
        let panics = |task, _| match task {
            4 => panic::resume_unwind(Box::new(7)),
            _ => (task, After::Next),
        };
        let caught = panic::catch_unwind(|| answers(2, panics));
        assert!(caught.is_err_and(|payload| payload.downcast_ref() == Some(&7)));
    }
}
