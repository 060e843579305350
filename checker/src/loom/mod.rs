//! Kernels that really run under loom's scheduler: a second account of the semantics, which shares
//! no rule with [`model`](crate::model).
//!
//! Goroutines are loom `threads`; what they do to each other is built anew in `primitives`, on one
//! scheduling point an operation, as `threads` says; so loom's own reduction (dynamic partial-order
//! reduction: Flanagan and Godefroid, POPL 2005) decides which schedules are run. What loom has no
//! word for is enumerated around it: `choices`. Objects that one operation touches together share a
//! scheduling point: `groups`.
//!
//! Loom's own Mutex serves as the scheduling point, and not as the kernel's mutex. As the latter it
//! would need as many points (one for a lock, none for an unlock: see `threads`), a deadlock would
//! be an assertion within loom's scheduler, a `try_lock` would never fail where it could, and no
//! other goroutine could unlock.
//!
//! What a pass means: every schedule and every choice of the kernel was executed, up to loom's
//! reduction, and each distinct end was found to be one by the rules as well (`conclude`). Limits:
//! five threads, those of timers included, else the kernel is unsupported; 20,000 steps an
//! execution. `executions` counts runs of the kernel: loom has no sleep sets, so many of them are
//! equivalent. A slice of work is the whole search: loom cannot be paused.

mod choices;
mod conclude;
mod execution;
mod groups;
mod history;
mod primitives;
mod record;
mod threads;

use std::collections::BTreeSet;
use std::rc::Rc;

use self::threads::{Halt, THREADS_MAX, Threads, too_many};
use crate::execution::end_state::EndState;
use crate::explore::{Findings, Meter, Progress, Search};
use crate::model::{Fault, Phase, Program, TimerRules, World};
use crate::subject::Subject;

/// When a search has done enough, in units of work, all in all: loom cannot be paused, so it is
/// told beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Enough {
    /// Once something bad was found.
    pub after_bad: u64,
    /// Once an execution was cut short by a limit, if there is a limit on that.
    pub after_limit: Option<u64>,
}

/// As how many units of work a step under loom counts: it takes about so many times as long as a
/// step of the other searches.
const STEP_COST: u64 = 20;

/// The search.
pub struct Loom {
    /// The body of main, if it has one.
    kernel: Option<Rc<dyn Fn()>>,
    stack_bytes: usize,
    timers: TimerRules,
    enough: Option<Enough>,
    findings: Findings,
    ends: BTreeSet<EndState>,
    unsupported: Option<String>,
    /// What has run, once it has.
    threads: Option<Rc<Threads>>,
    done: bool,
}

/// Why a program that is no Rust cannot be run.
const NO_BODY: &str = "loom runs Rust closures, and this program is none";

impl Loom {
    /// A search that has not begun. Each goroutine gets a stack of so many bytes.
    ///
    /// Of a subject without a body, it ends as one that cannot run it.
    #[must_use]
    pub fn of(subject: &dyn Subject, stack_bytes: usize) -> Self {
        Self {
            kernel: subject.body(),
            stack_bytes,
            timers: TimerRules::default(),
            enough: None,
            findings: Findings::default(),
            ends: BTreeSet::new(),
            unsupported: None,
            threads: None,
            done: false,
        }
    }

    /// With timers by these rules.
    #[must_use]
    pub fn timers(mut self, rules: TimerRules) -> Self {
        self.timers = rules;
        self
    }

    /// With an end before all is explored.
    #[must_use]
    pub fn enough(mut self, enough: Enough) -> Self {
        self.enough = Some(enough);
        self
    }

    /// All distinct ends of the executions, good and bad.
    #[must_use]
    pub fn end_states(&self) -> &BTreeSet<EndState> {
        &self.ends
    }

    /// Lets loom explore under one list of choices after the other; whether nothing is left.
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
                    threads.record.borrow_mut().hit(limit);
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

/// How many threads the kernel needs, in one execution of it by the rules. So the names of
/// goroutines are known, too, before the first schedule is played.
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
    let started = |goroutine: &&crate::model::Goroutine| goroutine.phase != Phase::Absent;
    Ok(world.goroutines().iter().filter(started).count())
}
