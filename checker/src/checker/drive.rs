//! Drives a search to its end: slice by slice, saving it now and then, and makes the report.

use std::time::Duration;

use super::Checker;
use crate::engine::Engine;
use crate::explore::auto::Auto;
use crate::explore::exhaustive::Exhaustive;
use crate::explore::optimal::Optimal;
use crate::explore::random::Random;
use crate::explore::remembering::Remembering;
use crate::explore::shortest;
use crate::explore::{Checkpoint, Findings, Limit, Meter, Progress, Search};
use crate::loom::{Enough, Loom};
use crate::model::{Fault, Program};
use crate::report::{self, Report};
use crate::runtime::overflow;
use crate::subject::Subject;
use crate::verdict::Verdict;

/// Units of work after which a search that has found something bad goes on only if it is asked to:
/// smaller programs are explored whole, so that it can be said how many of their executions are
/// bad.
const WORK_AFTER_BAD: u64 = 2_000_000;

/// Units of work between two looks at what was found, and at whether to save: some hundredths of a
/// second.
const SLICE: u64 = 20_000;

impl Checker {
    pub(super) fn explore(&self, subject: &dyn Subject) -> Report {
        // A kernel may itself run a search, on the stack of its goroutine.
        let _held = overflow::hold();
        let mut program = if self.runs_the_body() {
            subject.program_of_body(self.stack_bytes, self.timers)
        } else {
            subject.program_with(self.stack_bytes, self.timers)
        };
        let program = program.as_mut();
        let mut meter = Meter::new(self.limits.clone(), self.watch.clone());
        let mut search = self.search(subject);
        let (mut findings, mut fault) = self.run(search.as_mut(), program, &mut meter);
        let finished_by = search.finished_by();
        let reason = search.unsupported().map(str::to_owned);
        let time = meter.elapsed();
        meter.pause_before_it_stops(false);
        if self.engine == Engine::Auto && fault.is_none() {
            fault = shorten(program, &mut findings, &meter).err();
        }
        if fault.is_none() {
            fault = program.recheck().err();
        }
        let traces = report::traces(program, &findings, &meter).unwrap_or_else(|found| {
            fault.get_or_insert(found);
            Vec::new()
        });
        if let Some(limit) = fault.as_ref().and_then(Limit::of_fault) {
            findings.hit(limit);
            fault = None;
        }
        let verdict = match (&reason, &fault) {
            (Some(_), _) | (_, Some(Fault::Unsupported { .. })) => Verdict::Unsupported,
            (None, _) => Verdict::of(&findings, fault.is_some()),
        };
        // Last of all, since destructors of the kernel run then.
        program.finish();
        let lost_in_search = search.finish();
        Report {
            engine: self.engine,
            finished_by,
            timers: self.timers,
            verdict,
            findings,
            traces,
            fault,
            reason,
            time,
            lost_stack_bytes: program.lost_stack_bytes() + lost_in_search,
        }
    }

    /// The search that was asked for.
    fn search(&self, subject: &dyn Subject) -> Box<dyn Search> {
        if let Some(max) = self.preemptions_max {
            return Box::new(Remembering::with_preemptions(max));
        }
        match self.engine {
            Engine::Auto => Box::new(Auto::new()),
            Engine::Optimal => Box::new(Optimal::new()),
            Engine::Remembering => Box::new(Remembering::new()),
            Engine::Exhaustive => Box::new(Exhaustive::new()),
            Engine::Random => Box::new(Random::new(self.seed, self.draw)),
            Engine::Loom => {
                let search = Loom::of(subject, self.stack_bytes).timers(self.timers);
                if self.keep_going {
                    return Box::new(search);
                }
                Box::new(search.enough(Enough {
                    after_bad: WORK_AFTER_BAD,
                    after_limit: self.limits.work_max,
                }))
            }
        }
    }

    /// Runs a search to its end, or until something bad was found and enough has been looked at.
    fn run(
        &self,
        search: &mut dyn Search,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> (Findings, Option<Fault>) {
        if let Err(fault) = self.restore(search, program, meter) {
            return ended_by(search.findings(), fault);
        }
        let mut last = meter.elapsed();
        meter.pause_before_it_stops(self.saver.is_some());
        loop {
            // Slices begin at the same points, however often the search was saved and gone on with:
            // so it also stops at the same point, if it is to stop early.
            meter.begin_slice(SLICE - meter.spent() % SLICE);
            match search.advance(program, meter) {
                Err(fault) => return ended_by(search.findings(), fault),
                Ok(Progress::Done) => return (search.findings().clone(), None),
                Ok(Progress::Paused) => {}
            }
            let findings = search.findings();
            let enough = if findings.found_bad() {
                (meter.spent() > WORK_AFTER_BAD).then_some(Limit::FoundBad)
            } else if search.is_limited() {
                let max = self.limits.work_max;
                max.filter(|max| meter.spent() > *max).map(Limit::Work)
            } else {
                None
            };
            if let Some(limit) = enough.filter(|_| !self.keep_going) {
                let mut findings = findings.clone();
                findings.hit(limit);
                return (findings, None);
            }
            let stops = meter.is_about_to_stop();
            self.save(search, program, meter, stops, &mut last);
            if stops {
                meter.pause_before_it_stops(false);
            }
        }
    }

    /// Goes on with the search that was saved, if one was.
    fn restore(
        &self,
        search: &mut dyn Search,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<(), Fault> {
        let Some(saved) = &self.saved else {
            return Ok(());
        };
        saved.begin(&self.checkpoint_key(), program, meter)?;
        search.restore(program, saved.search.clone())
    }

    /// Saves the search, if it is time to, or about to be stopped.
    fn save(
        &self,
        search: &dyn Search,
        program: &dyn Program,
        meter: &Meter,
        stops: bool,
        last: &mut Duration,
    ) {
        let Some(saver) = &self.saver else {
            return;
        };
        let elapsed = meter.elapsed();
        if elapsed.saturating_sub(*last) < saver.every && !stops {
            return;
        }
        let Some(stopped) = search.save() else {
            return;
        };
        (saver.keep)(&Checkpoint {
            key: self.checkpoint_key(),
            known: program.known(),
            spent: meter.spent(),
            elapsed,
            search: stopped,
        });
        // To save a large search takes long: it is searched at least as long before it is saved
        // again.
        let after = meter.elapsed();
        *last = after + (after - elapsed);
    }
}

/// What was found by a search that came to no end of its own: for a fault, or for want of memory.
fn ended_by(findings: &Findings, fault: Fault) -> (Findings, Option<Fault>) {
    let mut findings = findings.clone();
    match Limit::of_fault(&fault) {
        Some(limit) => {
            findings.hit(limit);
            (findings, None)
        }
        None => (findings, Some(fault)),
    }
}

/// Finds better ways to the first bad ends, those with the fewest steps, as far as the meter
/// allows.
fn shorten(program: &mut dyn Program, findings: &mut Findings, meter: &Meter) -> Result<(), Fault> {
    for (key, bad) in findings.bad.iter_mut().take(SHORTENED_MAX) {
        if let Some(path) = shortest::find(program, key, bad, meter)? {
            bad.path = path;
        }
    }
    Ok(())
}

/// To how many bad ends a shortest way is looked for.
const SHORTENED_MAX: usize = 8;
