//! Drives a search to its end, slice by slice, saves it now and then, and makes the report.

use std::time::Duration;

use super::Checker;
use crate::engine::Engine;
use crate::explore::auto::Auto;
use crate::explore::exhaustive::Exhaustive;
use crate::explore::optimal::Optimal;
use crate::explore::random::Random;
use crate::explore::shortest;
use crate::explore::stateful::Stateful;
use crate::explore::stubborn::Stubborn;
use crate::explore::{Activity, Checkpoint, Findings, Limit, Meter, Progress, Search};
#[cfg(feature = "loom")]
use crate::loom::{Enough, Loom};
use crate::model::{Fault, Program};
use crate::report::{self, Report, Turns};
use crate::runtime::stack_overflow;
use crate::subject::Subject;
use crate::verdict::Verdict;

/// Units of work after which a search that has found something bad stops unless asked to go on.
/// Smaller programs are explored whole, so that their bad executions can be counted.
const WORK_AFTER_BAD: u64 = 2_000_000;

/// Units of work between two looks at the findings and at the time to save: some hundredths of a
/// second.
const SLICE: u64 = 20_000;

impl Checker {
    pub(super) fn explore(&self, subject: &dyn Subject) -> Report {
        match self.search(subject) {
            Ok(search) => self.explore_by(subject, search),
            Err(reason) => self.unsupported(reason),
        }
    }

    /// Explores a subject by a search that has not begun.
    pub(super) fn explore_by(&self, subject: &dyn Subject, mut search: Box<dyn Search>) -> Report {
        // A kernel may itself run a search, on the stack of its goroutine.
        let _held = stack_overflow::hold();
        let mut program = if self.runs_the_body() {
            subject.program_of_body(self.stack_bytes, self.timers)
        } else {
            subject.program_with(self.stack_bytes, self.timers)
        };
        let program = program.as_mut();
        let mut meter = Meter::new(self.limits.clone(), self.watch.clone());
        meter.watch.begin(Activity::Explores);
        let (mut findings, mut fault) = self.run(search.as_mut(), program, &mut meter);
        let finished_by = search.finished_by();
        let reason = search.unsupported().map(str::to_owned);
        let time = meter.elapsed();
        meter.pause_before_it_stops(false);
        if self.engine == Engine::Auto && fault.is_none() {
            meter.watch.begin(Activity::Shortens);
            fault = shorten(program, &mut findings, &meter).err();
        }
        if fault.is_none() {
            meter.watch.begin(Activity::Rechecks);
            fault = recheck(program).err();
        }
        meter.watch.begin(Activity::Explains);
        let traces = report::traces(program, &findings, &meter).unwrap_or_else(|found| {
            fault.get_or_insert(found);
            Vec::new()
        });
        if let Some(limit) = fault.as_ref().and_then(Limit::of_fault) {
            findings.record_limit(limit);
            fault = None;
        }
        let verdict = match (&reason, &fault) {
            (Some(_), _) | (_, Some(Fault::Unsupported { .. })) => Verdict::Unsupported,
            (None, _) => Verdict::of(&findings, fault.is_some()),
        };
        let is_endless =
            verdict == Verdict::Bounded && findings.limits.iter().any(Limit::stops_loops);
        let turns = is_endless.then(|| Turns::of(program)).flatten();
        // Last of all, since destructors of the kernel run then.
        let lost_in_program = program.learner().map_or(0, |learner| {
            learner.finish();
            learner.lost_stack_bytes()
        });
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
            graph: None,
            turns,
            time,
            lost_stack_bytes: lost_in_program + lost_in_search,
        }
    }

    /// Makes the search that was asked for.
    ///
    /// # Errors
    /// The reason why this build has none.
    fn search(&self, subject: &dyn Subject) -> Result<Box<dyn Search>, &'static str> {
        if let Some(max) = self.preemptions_max {
            return Ok(Box::new(Stateful::with_preemptions(max)));
        }
        Ok(match self.engine {
            Engine::Auto => Box::new(Auto::new()),
            Engine::Optimal => Box::new(Optimal::new()),
            Engine::Stateful => Box::new(match &self.helpers {
                Some(helpers) => Stateful::new().with_helpers(helpers.clone()),
                None => Stateful::new(),
            }),
            Engine::Stubborn => Box::new(Stubborn::new()),
            Engine::Exhaustive => Box::new(Exhaustive::new()),
            Engine::Random => Box::new(Random::new(self.seed, self.draw)),
            Engine::Loom => return self.loom(subject),
        })
    }

    #[cfg(feature = "loom")]
    fn loom(&self, subject: &dyn Subject) -> Result<Box<dyn Search>, &'static str> {
        let search = Loom::of(subject, self.stack_bytes).timers(self.timers);
        if self.keep_going {
            return Ok(Box::new(search));
        }
        Ok(Box::new(search.enough(Enough {
            after_bad: WORK_AFTER_BAD,
            after_limit: self.limits.work_max,
        })))
    }

    #[cfg(not(feature = "loom"))]
    fn loom(&self, _: &dyn Subject) -> Result<Box<dyn Search>, &'static str> {
        Err("this build has no loom: add the feature `loom` to the dependency on gordian")
    }

    /// Runs a search to its end, or until something bad was found and enough was explored.
    pub(super) fn run(
        &self,
        search: &mut dyn Search,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> (Findings, Option<Fault>) {
        if let Err(fault) = self.restore(search, program, meter) {
            return ended_by(search.findings(), fault);
        }
        let mut last = meter.elapsed();
        let mut asked = None;
        meter.pause_before_it_stops(self.saver.is_some());
        loop {
            // Slices begin at the same points, however often the search was saved and resumed. So a
            // search that stops early always stops at the same point.
            meter.begin_slice(SLICE - meter.spent() % SLICE);
            match search.advance(program, meter) {
                Err(fault) => return ended_by(search.findings(), fault),
                Ok(Progress::Done) => return (search.findings().clone(), None),
                Ok(Progress::Paused) => {}
            }
            if let Some(limit) = self.enough(search, meter, &mut asked) {
                let mut findings = search.findings().clone();
                findings.record_limit(limit);
                return (findings, None);
            }
            let stops = meter.is_about_to_stop();
            self.save(search, program, meter, stops, &mut last);
            if stops {
                meter.pause_before_it_stops(false);
            }
        }
    }

    /// Returns the limit at which a search ends that has explored enough. `asked` is the number of
    /// bad ends when somebody was [asked](Checker::ask_after) the last time.
    fn enough(
        &self,
        search: &dyn Search,
        meter: &mut Meter,
        asked: &mut Option<usize>,
    ) -> Option<Limit> {
        let findings = search.findings();
        let large = self.asks.as_ref().map(|asks| asks.states);
        let large = large.filter(|&states| findings.states > Some(states));
        let limit = match findings.found_bad() {
            true if self.keep_going || meter.spent() <= WORK_AFTER_BAD => None,
            true => Some(Limit::FoundBad),
            false => large.filter(|_| asked.is_none()).map(Limit::States),
        };
        if limit.is_some() && !self.goes_on(findings, meter, asked) {
            return limit;
        }
        let is_limited = search.is_limited() && !self.keep_going;
        let max = self.limits.work_max.filter(|_| is_limited);
        max.filter(|max| meter.spent() > *max).map(Limit::Work)
    }

    /// Returns true if somebody says that the search goes on. An answer holds until there is
    /// another bad end.
    fn goes_on(&self, findings: &Findings, meter: &mut Meter, asked: &mut Option<usize>) -> bool {
        let Some(asks) = &self.asks else {
            return false;
        };
        let bad = Some(findings.bad.len());
        let is_answered = *asked == bad;
        *asked = bad;
        is_answered || meter.leave_out(|| (asks.goes_on)(findings))
    }

    /// Restores the saved search, if there is one.
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

    /// Saves the search, if it is time to, or if it is about to be stopped.
    fn save(
        &self,
        search: &dyn Search,
        program: &mut dyn Program,
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
            known: program.learner().map(|it| it.ids()).unwrap_or_default(),
            spent: meter.spent(),
            elapsed,
            search: stopped,
        });
        // Saving a large search takes long. It is searched for at least as long before it is saved
        // again.
        let after = meter.elapsed();
        *last = after + (after - elapsed);
    }
}

/// Returns the findings of a search that was ended by a fault or by lack of memory. Lack of memory
/// becomes a limit.
fn ended_by(findings: &Findings, fault: Fault) -> (Findings, Option<Fault>) {
    let mut findings = findings.clone();
    match Limit::of_fault(&fault) {
        Some(limit) => {
            findings.record_limit(limit);
            (findings, None)
        }
        None => (findings, Some(fault)),
    }
}

/// Runs parts of a program again, if it is one that is learned.
pub(super) fn recheck(program: &mut dyn Program) -> Result<(), Fault> {
    program
        .learner()
        .map_or(Ok(()), |learner| learner.recheck())
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

/// Number of bad ends for which a shortest way is looked for.
const SHORTENED_MAX: usize = 8;
