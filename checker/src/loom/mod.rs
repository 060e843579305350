//! Kernels that really run under loom's scheduler: a second account of the semantics, which shares
//! no rule with [`model`](crate::model).
//!
//! Goroutines are loom `threads`. Their effects on each other are built anew in `primitives`, with
//! one scheduling point for each operation (`threads` explains it). So loom's own reduction
//! (dynamic partial-order reduction: Flanagan and Godefroid, POPL 2005) decides which schedules are
//! run. Choices that loom does not know are enumerated around it: `choices`. Objects that one
//! operation touches together share a scheduling point: `groups`.
//!
//! Loom has no sleep sets: most of what it runs is equivalent to what it has run. `sleep_sets`
//! sees that, and such an execution is left where it is seen. `arrivals` leaves out those in which
//! a goroutine waits though it could as well have come later. `executions` counts the others, and
//! `discarded` those that were left. A timer is no thread: when it fires is a choice
//! (`primitives/time.rs`).
//!
//! Loom's own Mutex serves as the scheduling point, and not as the kernel's mutex. In that role it
//! would need as many points (one for a lock, none for an unlock: see `threads`). A deadlock would
//! be an assertion within loom's scheduler, a `try_lock` would never fail where it could, and no
//! other goroutine could unlock.
//!
//! A pass means that every schedule and every choice of the kernel was executed, up to these
//! reductions. Each distinct end was also found to be one by the rules (`conclude`).
//!
//! Limits: five goroutines, else the kernel is unsupported; 20,000 steps an execution. A slice of
//! work is the whole search: loom cannot be paused.

mod arrivals;
mod choices;
mod conclude;
mod execution;
mod groups;
mod history;
mod primitives;
mod record;
mod sleep_sets;
mod threads;

use std::collections::BTreeSet;
use std::rc::Rc;

use self::threads::{Halt, THREADS_MAX, Threads, too_many};
use crate::execution::end_state::EndState;
use crate::explore::{Findings, Meter, Progress, Search};
use crate::model::{Fault, Goroutine, Phase, Program, TimerRules, World};
use crate::subject::Subject;

/// The total units of work after which a search has done enough. Loom cannot be paused, so the
/// limits are set beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Enough {
    /// The limit once something bad was found.
    pub after_bad: u64,
    /// The limit once another limit cut an execution short, if there is one.
    pub after_limit: Option<u64>,
}

/// Work units charged per loom step: roughly its cost relative to a step of the other searches.
const STEP_COST: u64 = 20;

/// The search under loom.
pub struct Loom {
    /// The body of main, if it has one.
    kernel: Option<Rc<dyn Fn()>>,
    stack_bytes: usize,
    timers: TimerRules,
    enough: Option<Enough>,
    leaves_out: bool,
    findings: Findings,
    ends: BTreeSet<EndState>,
    unsupported: Option<String>,
    /// The threads, once they have run.
    threads: Option<Rc<Threads>>,
    done: bool,
}

/// The reason why a program that is not Rust cannot be run.
const NO_BODY: &str = "loom runs Rust closures, and this program is none";

impl Loom {
    /// Returns a search that has not begun. Each goroutine gets a stack of this many bytes.
    ///
    /// For a subject without a body it ends as unsupported.
    #[must_use]
    pub fn of(subject: &dyn Subject, stack_bytes: usize) -> Self {
        Self {
            kernel: subject.body(),
            stack_bytes,
            timers: TimerRules::default(),
            enough: None,
            leaves_out: true,
            findings: Findings::default(),
            ends: BTreeSet::new(),
            unsupported: None,
            threads: None,
            done: false,
        }
    }

    /// Sets the rules of timers.
    #[must_use]
    pub fn timers(mut self, rules: TimerRules) -> Self {
        self.timers = rules;
        self
    }

    /// Sets an end before everything is explored.
    #[must_use]
    pub fn enough(mut self, enough: Enough) -> Self {
        self.enough = Some(enough);
        self
    }

    /// Runs every execution that loom comes to, also if it is equivalent to another. For tests of
    /// what is left out otherwise.
    #[must_use]
    pub fn leave_nothing_out(mut self) -> Self {
        self.leaves_out = false;
        self
    }

    /// Returns all distinct ends of the executions, good and bad.
    #[must_use]
    pub fn end_states(&self) -> &BTreeSet<EndState> {
        &self.ends
    }

    /// Lets loom explore under one list of choices after the other. Returns true if nothing is
    /// left.
    fn explore(&mut self, threads: &Rc<Threads>) -> Result<bool, Fault> {
        loop {
            match threads.explore() {
                Some(Halt::Restart) => continue,
                Some(Halt::Fault(fault)) => return Err(fault),
                Some(Halt::Unsupported(reason)) => {
                    self.unsupported = Some(reason);
                    return Ok(false);
                }
                Some(Halt::Limit(limit)) => {
                    threads.record.borrow_mut().record_limit(limit);
                    return Ok(false);
                }
                None => {}
            }
            if !threads.choices.borrow_mut().next_list() {
                return Ok(true);
            }
        }
    }
}

impl Drop for Loom {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Search for Loom {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(Progress::Done);
        }
        let Some(kernel) = &self.kernel else {
            self.unsupported = Some(NO_BODY.to_owned());
            return Ok(Progress::Done);
        };
        let needed = count_threads(program, meter)?;
        if needed > THREADS_MAX {
            self.unsupported = Some(too_many(&needed.to_string()));
            return Ok(Progress::Done);
        }
        let own_meter = Meter::new(meter.limits.clone(), meter.watch.clone());
        let threads = Rc::new(Threads::new(
            kernel.clone(),
            self.stack_bytes,
            self.timers,
            own_meter,
            self.enough,
            self.leaves_out,
        ));
        let explored = self.explore(&threads);
        let (ends, findings, disagreement) = threads.conclude(program, explored == Ok(true), meter);
        (self.ends, self.findings) = (ends, findings);
        self.threads = Some(threads);
        match explored.err().or(disagreement) {
            Some(fault) => Err(fault),
            None => Ok(Progress::Done),
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn unsupported(&self) -> Option<&str> {
        self.unsupported.as_deref()
    }

    fn finish(&mut self) -> usize {
        self.threads.take().map_or(0, |threads| threads.finish())
    }
}

/// Returns the number of threads that the kernel needs, in one execution of it by the rules. It
/// also makes the names of goroutines known before the first schedule is played.
fn count_threads(program: &mut dyn Program, meter: &Meter) -> Result<usize, Fault> {
    let mut world = World::start(program)?;
    let mut enabled = Vec::new();
    for _ in 0..meter.limits.steps_max {
        if meter.must_stop() {
            break;
        }
        world.enabled(program, &mut enabled);
        let Some(&step) = enabled.first() else {
            break;
        };
        world.take(program, step)?;
    }
    let is_thread =
        |goroutine: &&Goroutine| !matches!(goroutine.phase, Phase::Absent | Phase::Timer(_));
    Ok(world.goroutines().iter().filter(is_thread).count())
}
