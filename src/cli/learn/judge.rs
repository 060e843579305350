//! Judges answers by searches. No answer is compared with a text.

use std::collections::BTreeSet;
use std::sync::Arc;

use gordian_checker::catalogue::VariantKind;
use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::outlook::Outlook;
use gordian_checker::explore::reach::Ahead;
use gordian_checker::explore::{Limits, Meter, Watch};
use gordian_checker::render::{Format, Layout, compare_text};
use gordian_checker::session::Session as Played;
use gordian_checker::{Report, Verdict as Found};

use super::exercises::{Exercise, Kind};
use super::target;
use super::work::undone;
use crate::cli::Session;
use crate::cli::args::{Leaks, Passage, SearchArgs, ShowArgs, TargetArgs};
use crate::cli::draw::draw;
use crate::cli::expectation::wanted;
use crate::cli::failure::Failure;
use crate::cli::play::{How, play};
use crate::cli::progress::ProgressLine;
use crate::cli::replay::describe;
use crate::cli::search::{Plan, search};
use crate::cli::states::states;
use crate::cli::stored::Stored;
use crate::cli::stuck::Comparison;
use crate::cli::supervise::supervise;
use crate::cli::target::{self as targets, Target};
use crate::cli::terminal::count;
use crate::cli::why;

/// The judgement on an answer.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is right; a note for the learner's file.
    Right(String),
    /// It is wrong, for this reason.
    Wrong(String),
}

fn wrong(why: impl Into<String>) -> Result<Verdict, Failure> {
    Ok(Verdict::Wrong(why.into()))
}

/// A judge of one exercise.
pub(super) struct Judge<'a> {
    plan: Plan,
    steps_max: usize,
    exercise: &'a Exercise,
}

impl<'a> Judge<'a> {
    pub(super) fn new(args: &SearchArgs, exercise: &'a Exercise) -> Result<Self, Failure> {
        Ok(Self {
            plan: Plan::new(args)?.thorough(),
            steps_max: args.steps_max,
            exercise,
        })
    }

    /// Judges who is said to be stuck, and under which schedules.
    pub(super) fn prediction(
        &self,
        session: &mut Session<'_>,
        words: &[&str],
    ) -> Result<Verdict, Failure> {
        let form = match self.exercise.kind {
            Kind::Predict(form) => form,
            Kind::Schedule | Kind::Fix(_) | Kind::Reduce(_) => VariantKind::Buggy,
        };
        let (under, named) = prediction(words)?;
        let target = target(session, self.exercise, form)?;
        let report = self.search(session, &target)?;
        let Some(trace) = report.traces.first() else {
            return match (report.verdict, under) {
                (Found::Proved, Under::None) => Ok(Verdict::Right(proved(&report))),
                // No more is said, since that would be the answer.
                (Found::Proved, Under::Some | Under::All) => {
                    wrong("there is no bad end at which these are stuck")
                }
                _ => Err(no_answer(&report)),
            };
        };
        if under == Under::None {
            return wrong("there is a schedule under which it ends badly");
        }
        if let Some(why) = misnamed(&report, trace, &named)? {
            return wrong(why);
        }
        let always = self.start(&target)?.0 == Outlook::Doomed;
        match (under, always) {
            (Under::All, false) => wrong("that is who is stuck, but some schedules end well"),
            (Under::Some, true) => wrong("that is who is stuck, but no schedule avoids it"),
            _ => {
                self.show(session, &target, trace)?;
                Ok(Verdict::Right(String::new()))
            }
        }
    }

    /// Judges a schedule by its end.
    pub(super) fn schedule(
        &self,
        session: &mut Session<'_>,
        words: &[&str],
    ) -> Result<Verdict, Failure> {
        let target = target(session, self.exercise, VariantKind::Buggy)?;
        let stored = Stored::of_flag(&words.join(","))?;
        let of_another = |kernel: &String| kernel != target.name();
        if stored.kernel.as_ref().is_some_and(of_another)
            || stored
                .variant
                .as_ref()
                .is_some_and(|it| *it != target.form())
        {
            return wrong(format!("that schedule is not of {}", target.name()));
        }
        let how = How {
            go_on: false,
            steps_max: self.steps_max,
            stall_max: self.plan.stall_max,
            timers: self.plan.timers.of(&target),
        };
        let played = play(&target, &stored.schedule, how)?;
        if let Some(divergence) = &played.divergence {
            // Without the advice for `replay`.
            let text = describe(&target, divergence);
            let lines: Vec<&str> = text.lines().take(2).map(str::trim).collect();
            return wrong(lines.join("; "));
        }
        let trace = played.trace;
        match trace.end {
            Ending::Open => {
                return wrong(format!(
                    "after {} it goes on; what can move: {}",
                    count(trace.steps.len(), "move"),
                    trace.enabled.join(", ")
                ));
            }
            end if !end.is_bad() => return wrong(format!("it ends well: {end}")),
            _ => self.show(session, &target, &trace)?,
        }
        let moves = trace.steps.len();
        let text = count(moves, "move");
        Ok(Verdict::Right(match self.start(&target)? {
            (_, Ahead::Bad(way), true) if way.steps < moves => {
                format!("{text}; the shortest way has {}", way.steps)
            }
            (_, Ahead::Bad(_), true) => format!("{text}, and nobody can do it in fewer"),
            _ => text,
        }))
    }

    /// Judges a change of the buggy variant.
    pub(super) fn fix(
        &self,
        session: &mut Session<'_>,
        words: &[&str],
    ) -> Result<Verdict, Failure> {
        let [name] = words else {
            return Err(Failure::Usage(
                "one program is wanted, and no more".to_owned(),
            ));
        };
        let mine = self.own(session, name, "fixed")?;
        let report = match self.judge_fix(session, &mine)? {
            Ok(report) => report,
            Err(why) => return wrong(why),
        };
        if !mine.is_go() {
            let buggy = target(session, self.exercise, VariantKind::Buggy)?;
            self.compare(session, &buggy, &mine, &report)?;
        }
        Ok(Verdict::Right(proved(&report)))
    }

    /// Judges a kernel of the learner's, with the bug and with the fix.
    pub(super) fn kernel(
        &self,
        session: &mut Session<'_>,
        words: &[&str],
    ) -> Result<Verdict, Failure> {
        let (buggy, fixed) = match words {
            [kernel] if !targets::is_go(session, kernel) => (
                self.own(session, kernel, "buggy")?,
                self.own(session, kernel, "fixed")?,
            ),
            [buggy, fixed] => (
                self.own(session, buggy, "buggy")?,
                self.own(session, fixed, "fixed")?,
            ),
            _ => {
                let text = "a kernel is wanted; in Go, two programs: with the bug, and mended";
                return Err(Failure::Usage(text.to_owned()));
            }
        };
        let upstream = target(session, self.exercise, VariantKind::Buggy)?;
        let report = self.search(session, &buggy)?;
        let expected = wanted(upstream.expected());
        if report.verdict != expected {
            if let Some(trace) = report.traces.first() {
                self.show(session, &buggy, trace)?;
            }
            let verdict = report.verdict;
            return wrong(format!(
                "with the bug it is {verdict}, and upstream's is {expected}"
            ));
        }
        let alike = match buggy.is_go() {
            true => same_verbs(&report, &upstream),
            false => Comparison::new(&upstream, &report).agrees(),
        };
        if !alike {
            if let Some(trace) = report.traces.first() {
                self.show(session, &buggy, trace)?;
            }
            let stuck = Comparison::new(&upstream, &report).text();
            return wrong(format!("it gets stuck, and not as upstream did: {stuck}"));
        }
        let before = report.traces.first().map_or(0, Trace::goroutine_count);
        match self.judge_fix(session, &fixed)? {
            Ok(_) if self.goroutines(&fixed)? < before => wrong(format!(
                "the bug is there; the program with the fix is another one: it has fewer \
                 goroutines than {before}"
            )),
            Ok(report) => Ok(Verdict::Right(format!(
                "stuck as upstream; {}",
                proved(&report)
            ))),
            Err(why) => wrong(format!("the bug is there; of the fix: {why}")),
        }
    }

    /// Judges if a program is proved and does the work. Returns the report, or what is wrong.
    fn judge_fix(
        &self,
        session: &mut Session<'_>,
        mine: &Target,
    ) -> Result<Result<Report, String>, Failure> {
        let report = self.search(session, mine)?;
        if let Some(trace) = report.traces.first() {
            self.show(session, mine, trace)?;
            return Ok(Err(format!("it can still end badly: {}", report.verdict)));
        }
        if report.verdict != Found::Proved {
            return Err(no_answer(&report));
        }
        let (Kind::Fix(work) | Kind::Reduce(work)) = &self.exercise.kind else {
            return Ok(Ok(report));
        };
        let graph = states(&self.plan, mine, self.plan.timers.of(mine), None)?;
        if !graph.is_whole() {
            let states = graph.visited;
            return Ok(Err(format!(
                "it has more states than can be judged: {states}"
            )));
        }
        let missing = undone(&graph, work);
        Ok(match missing.is_empty() {
            true => Ok(report),
            false => Err(format!(
                "it is proved, but no longer does the work: {}",
                missing.join("; ")
            )),
        })
    }

    /// Returns the program that an answer names.
    fn own(&self, session: &Session<'_>, name: &str, form: &str) -> Result<Target, Failure> {
        let is_go = targets::is_go(session, name);
        let variant = (!is_go).then_some(form);
        let mine = targets::one(session, name, variant, &whole())?;
        if mine.name() == self.exercise.kernel {
            let text = "that is upstream's own; hand in yours".to_owned();
            return Err(Failure::Usage(text));
        }
        Ok(mine)
    }

    fn search(&self, session: &Session<'_>, target: &Target) -> Result<Report, Failure> {
        let mut progress = ProgressLine::new(!session.quiet);
        progress.label(format!("{} {}", target.name(), target.form()));
        search(&self.plan, None, target, &mut progress)
    }

    /// Returns what can come of the start of a target, and if all states were looked at.
    fn start(&self, target: &Target) -> Result<(Outlook, Ahead, bool), Failure> {
        let watch: Arc<Watch> = Arc::default();
        let (target, timers) = (target.clone(), self.plan.timers.of(target));
        let meter = Meter::new(Limits::default(), watch.clone());
        let work = move || {
            let subject = target.subject();
            let game = Played::of(subject.as_ref(), timers, Played::REACH_MAX, &meter)?;
            Ok((game.outlook(), game.ahead(), game.reach().is_complete()))
        };
        let known = supervise(&watch, self.plan.stall_max, |_| (), work)?;
        known.map_err(|fault| Failure::NoAnswer(words::fault(&fault)))
    }

    /// Returns the number of goroutines of a program.
    fn goroutines(&self, target: &Target) -> Result<usize, Failure> {
        let graph = states(&self.plan, target, self.plan.timers.of(target), None)?;
        Ok(graph.goroutines.iter().filter(|it| !it.timer).count())
    }

    /// Draws an execution.
    fn show(
        &self,
        session: &mut Session<'_>,
        target: &Target,
        trace: &Trace,
    ) -> Result<(), Failure> {
        let show = ShowArgs {
            format: Format::Human,
            json: false,
            layout: Layout::Auto,
            all: true,
        };
        let mut trace = target.named(trace.clone(), self.plan.timers.of(target));
        // The facts are told once the answer is right.
        trace.facts = None;
        draw(session, &trace, target, &show, None)?;
        Ok(writeln!(session.out)?)
    }

    /// Prints what `why` says of the bug and the learner's fix.
    fn compare(
        &self,
        session: &mut Session<'_>,
        buggy: &Target,
        mine: &Target,
        report: &Report,
    ) -> Result<(), Failure> {
        let of_bug = self.search(session, buggy)?;
        let Some(trace) = of_bug.traces.first() else {
            return Ok(());
        };
        let mut trace = buggy.named(trace.clone(), self.plan.timers.of(buggy));
        trace.facts = None;
        let why = why::compare(&self.plan, (buggy, trace), (mine, report))?;
        let text = compare_text::render(&why, &session.report_look(false));
        Ok(writeln!(session.out, "{text}")?)
    }
}

/// The schedules under which somebody is said to be stuck.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Under {
    None,
    Some,
    All,
}

/// Reads a prediction: `none`, `some NAME,NAME`, `all NAME,NAME`.
fn prediction(words: &[&str]) -> Result<(Under, BTreeSet<String>), Failure> {
    let words: Vec<&str> = words.iter().flat_map(|it| it.split_whitespace()).collect();
    let (first, names) = words.split_first().unwrap_or((&"", &[]));
    let names = names.iter().flat_map(|word| word.split(','));
    let names: BTreeSet<String> = names
        .map(|name| given(name.trim()))
        .filter(|name| !name.is_empty())
        .collect();
    let under = match *first {
        "none" => Under::None,
        "some" => Under::Some,
        "all" => Under::All,
        _ => {
            return Err(Failure::Usage(
                "the first word is none, some or all".to_owned(),
            ));
        }
    };
    let text = match (under, names.is_empty()) {
        (Under::None, false) => "after none nobody is named",
        (Under::Some | Under::All, true) => "after some and all, name those who are stuck",
        (Under::None, true) | (Under::Some | Under::All, false) => return Ok((under, names)),
    };
    Err(Failure::Usage(text.to_owned()))
}

/// Returns a name as its maker gave it.
fn given(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// Returns why no bad end has exactly these goroutines stuck; `None` if one has.
fn misnamed(
    report: &Report,
    trace: &Trace,
    named: &BTreeSet<String>,
) -> Result<Option<String>, Failure> {
    let there: BTreeSet<String> = trace.goroutines.iter().map(|it| given(&it.name)).collect();
    if let Some(unknown) = named.difference(&there).next() {
        let there: Vec<&str> = there.iter().map(String::as_str).collect();
        let there = there.join(", ");
        let text = format!("there is no goroutine `{unknown}`; these are: {there}");
        return Err(Failure::Usage(text));
    }
    let ends = report.findings.bad.keys().map(|end| {
        let end = end.in_given_names();
        let stuck = end.stuck().into_iter().map(|(name, _)| name.to_owned());
        stuck.collect::<BTreeSet<String>>()
    });
    let ends: Vec<BTreeSet<String>> = ends.collect();
    if ends.contains(named) {
        return Ok(None);
    }
    let never = named
        .iter()
        .find(|it| !ends.iter().any(|end| end.contains(*it)));
    Ok(Some(match never {
        Some(name) => format!("{name} is stuck at no bad end"),
        None if ends.iter().any(|end| end.is_superset(named)) => {
            "these are stuck, and somebody else as well".to_owned()
        }
        None => "there is no bad end at which all of these are stuck".to_owned(),
    }))
}

/// Returns true if at some bad end as many goroutines are stuck as upstream's, in the same kinds of
/// operations. In Go objects and goroutines have other names.
fn same_verbs(report: &Report, upstream: &Target) -> bool {
    let verb = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    let sorted = |mut verbs: Vec<String>| {
        verbs.sort();
        verbs
    };
    let stated = upstream.stuck().iter().map(|(_, text)| verb(text));
    let stated = sorted(stated.collect());
    let mut ends = report.findings.bad.keys();
    ends.any(|end| {
        let found = end.stuck().into_iter().map(|(_, text)| verb(text));
        sorted(found.collect()) == stated
    })
}

/// Returns the settings for Go: leaks are bugs, of main as well.
fn whole() -> TargetArgs {
    TargetArgs {
        test: None,
        passage: Passage::Free,
        leaks: Some(Leaks::Fail),
        tags: None,
        offline: false,
    }
}

fn no_answer(report: &Report) -> Failure {
    let ground = report.ground_of_verdict();
    Failure::NoAnswer(format!(
        "the search has no answer: {}: {ground}",
        report.verdict
    ))
}

fn proved(report: &Report) -> String {
    match report.findings.states {
        Some(states) => format!("proved, {}", count(states as usize, "state")),
        None => format!(
            "proved, {}",
            count(report.findings.executions as usize, "execution")
        ),
    }
}
