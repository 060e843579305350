//! The searches of a Go program, one after another.
//!
//! A search finds races, and the next round takes what raced in every order. A search that is large
//! pauses once, and some executions are drawn at random: that takes seconds, where all states may
//! take minutes. A test that fails is searched in quiet time, and by the clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gordian_checker::explore::{Findings, Limit};
use gordian_checker::{Checker, Engine, Report, Verdict};
use gordian_go::{GoSubject, STANDS_STILL};

use super::failure::Failure;
use super::findings::take_the_clock;
use super::findings::{self, doubt_failures, excuse_early_timers, excuses, fails, only_fails};
use super::go::Entry;
use super::progress::ProgressLine;
use super::search::{Plan, search_subject};
use super::signals;

/// Most rounds of one target. Each explores more of the accesses that race.
const ROUNDS_MAX: u32 = 3;

/// States after which a search counts as large.
const FEW_STATES: u64 = 300_000;

/// Number of executions that are drawn.
const DRAWN: u64 = 300;

/// The time in which they are drawn.
const DRAWN_WITHIN: Duration = Duration::from_secs(5);

/// The time for an execution that shows a race.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

/// Searches a Go program, and makes its worst finding the verdict.
///
/// # Errors
/// If a goroutine never comes back, or the checkpoint is not one of this search.
pub(super) fn search(
    plan: &Plan,
    engine: Engine,
    entry: &Entry,
    progress: &mut ProgressLine,
) -> Result<Report, Failure> {
    let by_states = matches!(engine, Engine::Stateful | Engine::Stubborn);
    let draws = by_states && entry.twin.is_none();
    let draws_after = draws.then_some(FEW_STATES);
    let mut round = Round::new(plan, engine, draws_after, entry.subject.clone());
    let mut report = round.search(progress)?;
    for _ in 1..ROUNDS_MAX {
        let refined = round.subject.refined();
        let Some(refined) = refined.filter(|_| !signals::interrupted()) else {
            break;
        };
        round = Round::new(plan, engine, draws_after, refined);
        report = round.search(progress)?;
    }
    let mut report = round.answer(report, progress)?;
    let subject = &round.subject;
    findings::excuse_leaks(&mut report, entry.leaks);
    findings::judge(&mut report, &subject.races(), &subject.reuses());
    findings::note_endless(&mut report, subject.returns());
    if looks_at_time(subject) {
        doubt_failures(&mut report);
    }
    show_race(&entry.subject, &mut report);
    Ok(report)
}

/// Returns true if it looks at the time, which stands still.
fn looks_at_time(subject: &GoSubject) -> bool {
    let assumed = subject.assumptions();
    assumed.iter().any(|it| it.starts_with(STANDS_STILL))
}

/// Puts an execution before the others that shows a race, or a wait group that is used again too
/// early, if that is the verdict.
fn show_race(subject: &GoSubject, report: &mut Report) {
    let name = report.verdict.name();
    let is_shown = report.traces.iter().any(|it| it.end.name() == name);
    if let (Verdict::Race | Verdict::Misuse, false) = (report.verdict, is_shown) {
        let until = Instant::now() + SHOWN_WITHIN;
        let stop = || signals::interrupted() || Instant::now() > until;
        let shown = gordian_go::witness(subject, report.timers, &stop);
        report.traces.splice(0..0, shown);
    }
}

/// A search, and others beside it that are done at most once.
#[derive(Clone)]
struct Round {
    plan: Plan,
    engine: Engine,
    /// The states after which executions are drawn, if they are.
    draws_after: Option<u64>,
    subject: GoSubject,
    drawn: Once,
    in_quiet: Once,
    by_clock: Once,
}

impl Round {
    fn new(plan: &Plan, engine: Engine, draws_after: Option<u64>, subject: GoSubject) -> Self {
        Self {
            plan: plan.clone(),
            engine,
            draws_after,
            subject,
            drawn: Once::default(),
            in_quiet: Once::default(),
            by_clock: Once::default(),
        }
    }

    /// Searches the subject as it is.
    fn search(&self, progress: &mut ProgressLine) -> Result<Report, Failure> {
        let mut checker = self.checker(&self.plan, self.engine);
        if !self.plan.is_saved() {
            let round = self.clone();
            let after = self.draws_after.unwrap_or(u64::MAX);
            checker = checker.ask_after(after, move |found| round.goes_on(found));
        }
        let subject = self.subject.clone();
        let report = search_subject(&self.plan, checker, move || Box::new(subject), progress)?;
        Ok(self.drawn.done().filter(is_answer).unwrap_or(report))
    }

    /// Returns true if a search goes on that has found this: failures that a timer excuses, or
    /// nothing, as the executions that are drawn.
    fn goes_on(&self, found: &Findings) -> bool {
        let progress = &mut ProgressLine::new(false);
        // A failure makes `stubborn` take all steps, so it rather begins again.
        let is_excused = |progress: &mut ProgressLine| {
            let may_be = only_fails(found) && !self.subject.is_quiet();
            let may_be = may_be && self.engine != Engine::Stubborn;
            may_be && self.in_quiet(progress).is_ok_and(|it| excuses(&it))
        };
        if found.found_bad() && !is_excused(progress) {
            return false;
        }
        self.draws_after.is_none() || self.draw(progress).is_ok_and(|drawn| !is_answer(&drawn))
    }
}

/// Returns true if executions that were drawn are the answer. A failure may be one only because a
/// timer is early, so it is none yet.
fn is_answer(drawn: &Report) -> bool {
    drawn.findings.found_bad() && !fails(&drawn.findings)
}

impl Round {
    /// Draws some executions. They find what is frequent, however far it is from the start.
    fn draw(&self, progress: &mut ProgressLine) -> Result<Report, Failure> {
        self.drawn.get(|| {
            let mut few = self.plan.within(DRAWN_WITHIN);
            few.limits.executions_max = Some(DRAWN);
            // One execution at a time takes little memory, so it may be long and wide.
            few.limits.steps_max = few.limits.steps_max.saturating_mul(50);
            few.limits.goroutines_max = few.limits.goroutines_max.saturating_mul(16);
            self.look(&few, Engine::Random, self.subject.clone(), progress)
        })
    }

    /// Searches in quiet time.
    fn in_quiet(&self, progress: &mut ProgressLine) -> Result<Report, Failure> {
        let quiet = self.subject.in_quiet_time();
        let search = || self.look(&self.plan, Engine::Stubborn, quiet, progress);
        self.in_quiet.get(search)
    }

    /// Searches again and takes each failure of the test for an end like another.
    fn excused(&self, progress: &mut ProgressLine) -> Result<Report, Failure> {
        let subject = self.subject.excusing_failures();
        self.look(&self.plan, self.engine, subject, progress)
    }

    /// Searches in quiet time that passes as durations say.
    fn by_clock(&self, progress: &mut ProgressLine) -> Result<Report, Failure> {
        let clock = self.subject.by_the_clock();
        let search = || self.look(&self.plan, Engine::Stubborn, clock, progress);
        self.by_clock.get(search)
    }

    /// Returns the answer of a round whose search has this report. Only if it came to no answer
    /// does it ask what was drawn.
    fn answer(&self, mut searched: Report, progress: &mut ProgressLine) -> Result<Report, Failure> {
        self.judge_failures(&mut searched, progress)?;
        let draws = self.draws_after.is_some();
        if !draws || searched.verdict != Verdict::Bounded || signals::interrupted() {
            return Ok(searched);
        }
        let mut drawn = self.draw(progress)?;
        if drawn.findings.bad.is_empty() {
            return Ok(searched);
        }
        self.judge_failures(&mut drawn, progress)?;
        // If nothing is left of what was drawn, the search has looked at more.
        if drawn.findings.bad.is_empty() && drawn.engine == Engine::Random {
            searched.reason = searched.reason.or(drawn.reason);
            return Ok(searched);
        }
        Ok(drawn)
    }

    /// Looks at a test that fails in quiet time: a failure that is not there is none. The test may
    /// still fail, or have no end, since time does not pass as durations say. If it passes where
    /// time does, the answer is the one of that time.
    fn judge_failures(
        &self,
        report: &mut Report,
        progress: &mut ProgressLine,
    ) -> Result<(), Failure> {
        if fails(&report.findings) && !self.subject.is_quiet() {
            let in_quiet = self.in_quiet(progress)?;
            let has_stopped = report.findings.limits.contains(&Limit::FoundBad);
            if has_stopped && only_fails(&report.findings) && excuses(&in_quiet) {
                *report = self.excused(progress)?;
            }
            excuse_early_timers(report, &in_quiet);
        }
        // Where the time stands still, a loop until some time has passed has no end.
        let is_endless = report.findings.bad.is_empty()
            && report.verdict == Verdict::Bounded
            && looks_at_time(&self.subject);
        // A bubble has the time of the clock already.
        if (fails(&report.findings) || is_endless) && !self.subject.has_bubbles() {
            let by_clock = self.by_clock(progress)?;
            let answers = by_clock.findings.complete || !is_endless;
            if answers && take_the_clock(report, by_clock) {
                self.subject.assume_the_clock();
            }
        }
        Ok(())
    }

    fn checker(&self, plan: &Plan, engine: Engine) -> Checker {
        let timers = plan.timers.asked.unwrap_or(self.subject.timers());
        plan.checker(engine).timers(timers)
    }

    /// Searches another subject than that of the round, or in another way.
    fn look(
        &self,
        plan: &Plan,
        engine: Engine,
        subject: GoSubject,
        progress: &mut ProgressLine,
    ) -> Result<Report, Failure> {
        let plan = plan.clone().with_checkpoint(None);
        let checker = self.checker(&plan, engine);
        search_subject(&plan, checker, move || Box::new(subject), progress)
    }
}

/// The report of a search that is done at most once.
#[derive(Clone, Default)]
struct Once(Arc<Mutex<Option<Report>>>);

impl Once {
    /// Returns the report, if the search is done.
    fn done(&self) -> Option<Report> {
        let report = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        report.clone()
    }

    /// Returns the report. If the search is not done yet, it is done now.
    fn get(&self, search: impl FnOnce() -> Result<Report, Failure>) -> Result<Report, Failure> {
        match self.done() {
            Some(report) => Ok(report),
            None => {
                let report = search()?;
                let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(done.insert(report).clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use clap::Parser;

    use super::*;
    use crate::cli::args::SearchArgs;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        search: SearchArgs,
    }

    fn round(json: &str, test: &str, draws_after: Option<u64>) -> Round {
        let package = gordian_go::load(json).expect("an export");
        let subject = package.test(test).expect("a test of it");
        let plan = Plan::new(&Flags::parse_from(["gordian"]).search).expect("limits");
        Round::new(&plan, Engine::Stateful, draws_after, subject)
    }

    const QUIET: &str = include_str!("../../go/tests/programs/quiet/export.json");
    const WIDE: &str = include_str!("../../go/tests/wide/export.json");

    fn progress() -> ProgressLine {
        ProgressLine::new(false)
    }

    #[test]
    fn a_search_is_done_once() {
        let once = Once::default();
        assert!(once.done().is_none());
        let mut times = 0;
        for _ in 0..2 {
            let report = once.clone().get(|| {
                times += 1;
                Ok(Checker::new().check_subject(&Rc::new(|| ())))
            });
            assert!(report.is_ok() && once.done().is_some());
        }
        assert_eq!(times, 1);
    }

    #[test]
    fn a_large_search_goes_on_after_a_draw_that_found_nothing() {
        let count = |draws_after| {
            let mut round = round(WIDE, "TestServed", draws_after);
            round.subject = round.subject.in_quiet_time();
            let searched = round.search(&mut progress()).expect("a report");
            let drawn = round.drawn.done();
            let answer = round.answer(searched, &mut progress()).expect("one");
            assert_eq!(answer.verdict, Verdict::Proved);
            let drawn = drawn.map(|drawn| drawn.findings.executions);
            (answer.findings.states, answer.findings.steps, drawn)
        };
        let (states, steps, drawn) = count(Some(1000));
        assert_eq!(drawn, Some(DRAWN));
        assert_eq!(count(None), (states, steps, None));
    }

    /// A failure that a timer excuses does not end a search, and one that is there in quiet time
    /// does.
    #[test]
    fn a_search_that_has_found_failures_goes_on_if_they_are_excused() {
        for (test, goes_on) in [("TestRight", true), ("TestHangs", false)] {
            let round = round(QUIET, test, Some(FEW_STATES));
            let searched = round.search(&mut progress()).expect("a report");
            assert!(fails(&searched.findings));
            assert_eq!(round.goes_on(&searched.findings), goes_on, "{test}");
            assert_eq!(round.drawn.done().is_some(), goes_on, "{test}");
        }
    }

    /// Were a failure a finding there, it would be told, and all steps would be taken.
    #[test]
    fn where_failures_are_excused_they_are_ends_like_others() {
        let round = round(QUIET, "TestRight", None);
        let searched = round.search(&mut progress()).expect("a report").findings;
        let excused = round.excused(&mut progress()).expect("a report").findings;
        assert!(fails(&searched) && searched.complete);
        assert!(!excused.found_bad() && excused.complete);
        assert!(excused.states <= searched.states);
    }

    /// An execution that was drawn fails, and quiet time excuses it.
    #[test]
    fn the_row_of_a_draw_that_is_excused_has_the_counts_of_the_search() {
        let mut round = round(QUIET, "TestRight", Some(FEW_STATES));
        round.plan.limits.states_max = Some(10);
        let searched = round.search(&mut progress()).expect("a report");
        assert!(!searched.findings.found_bad());
        let answer = round.answer(searched, &mut progress()).expect("a report");
        let drawn = round.drawn.done().expect("drawn at the end");
        assert!(fails(&drawn.findings));
        assert_eq!(answer.verdict, Verdict::Bounded);
        assert_eq!(answer.findings.states, Some(11));
        assert_eq!(answer.findings.limits, [Limit::States(10)]);
        assert!(
            answer
                .reason
                .is_some_and(|it| it.contains("a timer is early"))
        );
    }
}
