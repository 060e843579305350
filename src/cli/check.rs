//! `check`: checks that every variant does what its kernel says.

mod baseline;
mod documents;
mod json;
mod needs;
mod phrases;
mod table;

use std::time::{Duration, Instant};

use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explore::{Findings, Limit};
use gordian_checker::render::commands::command;
use gordian_checker::render::commands::shell_word;
use gordian_checker::render::text::ends_in;
use gordian_checker::{Engine, Report, Verdict};

use self::baseline::Baseline;

use super::args::{CheckArgs, CheckFormat, Language};
use super::expectation::{Judgement, judge, wanted};
use super::failure::Failure;
use super::progress::ProgressLine;
use super::search::{Plan, search};
use super::stuck::Comparison;
use super::target::{self, TWIN, Target};
use super::terminal::count;
use super::{Session, exit, select_kernels, signals};

/// A search to be done.
#[derive(Clone, Debug)]
struct Task {
    target: Target,
    engine: Engine,
}

/// The result of a task.
#[derive(Clone, Debug)]
struct Row {
    task: Task,
    report: Report,
    /// The goroutines that are stuck, and those that are stuck according to the facts.
    stuck: Comparison,
    judgement: Judgement,
    /// The effect of `--total-time` on it.
    total_time: TotalTime,
}

/// The effect of the time for all rows on one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TotalTime {
    /// It had as much as it needed, or as its own limit allows.
    Enough,
    /// It was stopped when the time was over.
    Cut,
    /// The time was over before.
    NotRun,
}

impl Row {
    fn new(task: Task, report: Report, left: Option<Duration>) -> Self {
        let stuck = Comparison::new(&task.target, &report);
        let judgement = judge(task.target.expected(), &report, &stuck);
        let mut limits = report.findings.limits.iter();
        let is_cut = left.is_some_and(|left| limits.any(|limit| *limit == Limit::Time(left)));
        Self {
            task,
            report,
            stuck,
            judgement,
            total_time: if is_cut {
                TotalTime::Cut
            } else {
                TotalTime::Enough
            },
        }
    }

    /// Returns the row of a task for which no time was left.
    fn not_run(task: Task, plan: &Plan, total: Duration) -> Self {
        let mut findings = Findings::default();
        findings.record_limit(Limit::Time(total));
        let report = Report {
            engine: task.engine,
            finished_by: None,
            timers: plan.timers.of(&task.target),
            verdict: Verdict::of(&findings, false),
            findings,
            traces: Vec::new(),
            fault: None,
            reason: None,
            graph: None,
            turns: None,
            time: Duration::ZERO,
            lost_stack_bytes: 0,
        };
        Self {
            total_time: TotalTime::NotRun,
            ..Self::new(task, report, None)
        }
    }

    /// Makes an unexpected result a known one, if all findings about it are in the baseline.
    fn compare_with(&mut self, baseline: &Baseline) {
        let all = baseline::findings(self);
        if !all.is_empty() && all.iter().all(|it| baseline.knows(&it.fingerprint)) {
            self.judgement = Judgement::Known;
        }
    }

    /// Returns the traces of the distinct bad ends, with the names of this variant.
    fn traces(&self) -> Vec<Trace> {
        let target = &self.task.target;
        let of = |trace: &Trace| target.named(trace.clone(), self.report.timers);
        self.report.traces.iter().map(of).collect()
    }

    /// Returns the limits that were hit, in one line.
    fn limits(&self) -> String {
        let limits = self.report.findings.limits.iter();
        let limits: Vec<String> = limits.map(ToString::to_string).collect();
        let limits = limits.join("; ");
        match self.total_time {
            TotalTime::Enough => limits,
            TotalTime::Cut => format!("{limits}, which was left of --total-time"),
            TotalTime::NotRun => "not run, since --total-time was over".to_owned(),
        }
    }

    fn verdict(&self) -> Verdict {
        self.report.verdict
    }

    /// Returns a comparison of the stuck goroutines with the facts, if the verdict is the expected
    /// one and the goroutines differ.
    fn stuck_elsewhere(&self) -> Option<String> {
        let expected = wanted(self.task.target.expected());
        (self.verdict() == expected && !self.stuck.agrees()).then(|| self.stuck.text())
    }

    /// Returns the stuck goroutines of the first bad end of each kind, or the one that panics. The
    /// first is that of the verdict, and the others have their kinds before them.
    fn bad_ends(&self) -> impl Iterator<Item = String> {
        let traces = &self.report.traces;
        let firsts = traces.iter().enumerate().filter(|(index, trace)| {
            traces[..*index]
                .iter()
                .all(|before| before.end != trace.end)
        });
        firsts.map(
            |(_, trace)| match trace.end.name() == self.verdict().name() {
                true => ends_in(trace),
                false => format!("also {}: {}", trace.end, ends_in(trace)),
            },
        )
    }

    /// Returns true if nothing bad was found, but not everything was explored.
    fn is_bounded(&self) -> bool {
        matches!(self.verdict(), Verdict::Bounded | Verdict::Within)
    }

    /// Returns the verdict as it is said.
    fn said(&self) -> String {
        self.task.target.said(self.verdict())
    }

    /// Returns true if it was proved only under assumptions.
    fn is_conditional(&self) -> bool {
        self.verdict() == Verdict::Proved && !self.task.target.assumptions().is_empty()
    }

    /// Returns the reason why there is no other verdict.
    fn reason(&self) -> Option<String> {
        let fault = self.report.fault.as_ref().map(words::fault);
        let not_run = (self.total_time == TotalTime::NotRun).then(|| self.limits());
        self.report.reason.clone().or(fault).or(not_run)
    }
}

/// A receiver of rows.
trait RowSink {
    /// Begins the output, before the first row.
    fn begin(&mut self, _session: &mut Session<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Takes each row as soon as it is known.
    fn row(&mut self, _session: &mut Session<'_>, _row: &Row) -> Result<(), Failure> {
        Ok(())
    }

    /// Is told, instead of a row, that a goroutine never came back.
    fn stalled(
        &mut self,
        _session: &mut Session<'_>,
        _task: &Task,
        _reason: &str,
    ) -> Result<(), Failure> {
        Ok(())
    }

    /// Ends the output, after the last row.
    fn end(
        &mut self,
        _session: &mut Session<'_>,
        _rows: &[Row],
        _time: Duration,
    ) -> Result<(), Failure> {
        Ok(())
    }
}

pub(crate) fn check(session: &mut Session<'_>, args: &CheckArgs) -> Result<u8, Failure> {
    let variant = args.variant.as_deref();
    let names = match args.source {
        Language::Rust => args.kernels.clone(),
        Language::Go => select_kernels::several(session, &args.kernels)?
            .iter()
            .map(|kernel| format!("{}{TWIN}", kernel.name))
            .collect(),
    };
    let targets = target::several(session, &names, variant, &args.target)?;
    let plan = Plan::new(&args.search)?;
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let tasks = tasks(&targets, args);
    let several = args.engine.len() > 1;
    let mut sheet: Box<dyn RowSink> = match format(args) {
        CheckFormat::Human => Box::new(table::Table::new(session.terminal, &tasks, args.all)),
        CheckFormat::Json | CheckFormat::Ndjson => Box::new(json::Lines),
        CheckFormat::Junit => Box::new(documents::Junit::new(args.require_proof, several)),
        CheckFormat::Sarif => Box::new(documents::Sarif::new(baseline.clone())),
        CheckFormat::Github => Box::new(documents::Github::default()),
    };
    let start = Instant::now();
    sheet.begin(session)?;
    let (rows, stalled) = search_all(
        session,
        args,
        &plan,
        &tasks,
        baseline.as_ref(),
        sheet.as_mut(),
    )?;
    sheet.end(session, &rows, start.elapsed())?;
    session.out.flush()?;
    if let Some(failure) = stalled {
        return Err(failure);
    }
    if let Some(baseline) = &baseline {
        tell_gone(session, baseline, &rows);
    }
    let code = conclude(session, args, &rows, &tasks, baseline.as_ref())?;
    // Without an answer for each task the command has failed above, and writes no baseline.
    if let Some(path) = &args.write_baseline {
        let found = Baseline::of(&rows);
        found.write(path)?;
        let (findings, path) = (count(found.len(), "finding"), path.display());
        session.hint(&format!("{findings} written to {path}"));
    }
    Ok(code)
}

fn format(args: &CheckArgs) -> CheckFormat {
    if args.json {
        CheckFormat::Json
    } else {
        args.format
    }
}

/// The time that a row gets under loom unless a flag says otherwise. Loom cannot say how far it is
/// from its end, and may be far.
const LOOM_SHARE: Duration = Duration::from_secs(2);

/// Does one task after another, until a goroutine never comes back or a signal arrives. Returns the
/// rows, and the failure to come back.
fn search_all(
    session: &mut Session<'_>,
    args: &CheckArgs,
    plan: &Plan,
    tasks: &[Task],
    baseline: Option<&Baseline>,
    sheet: &mut dyn RowSink,
) -> Result<(Vec<Row>, Option<Failure>), Failure> {
    let mut progress = ProgressLine::new(format(args) == CheckFormat::Human && !session.quiet);
    let start = Instant::now();
    let mut rows = Vec::new();
    for (index, task) in tasks.iter().enumerate() {
        let (number, of) = (index + 1, tasks.len());
        let (name, form) = (task.target.name(), task.target.form());
        progress.label(format!("{number}/{of}  {name} {form}"));
        let share = (task.engine == Engine::Loom && args.search.time_max.is_none())
            .then(|| plan.within(LOOM_SHARE));
        let plan = share.as_ref().unwrap_or(plan);
        let total = args.total_time.0;
        let left = total.map(|total| total.saturating_sub(start.elapsed()));
        let mut row = match (left, total) {
            (Some(Duration::ZERO), Some(total)) => Row::not_run(task.clone(), plan, total),
            _ => {
                let plan = left.map_or_else(|| plan.clone(), |left| plan.within(left));
                match search(&plan, Some(task.engine), &task.target, &mut progress) {
                    Ok(report) => Row::new(task.clone(), report, left),
                    // A stalled goroutine keeps its thread until the process ends: no more tasks.
                    Err(Failure::NoAnswer(reason)) => {
                        sheet.stalled(session, task, &reason)?;
                        return Ok((rows, Some(with_place(&reason, task))));
                    }
                    Err(failure) => return Err(failure),
                }
            }
        };
        if let Some(baseline) = baseline {
            row.compare_with(baseline);
        }
        sheet.row(session, &row)?;
        session.out.flush()?;
        rows.push(row);
        if signals::interrupted() {
            break;
        }
    }
    Ok((rows, None))
}

/// Reports the known findings that are gone.
fn tell_gone(session: &Session<'_>, baseline: &Baseline, rows: &[Row]) {
    let gone = baseline.gone(rows, session.catalogue);
    if gone.is_empty() {
        return;
    }
    let findings = count(gone.len(), "finding");
    let mut text =
        format!("{findings} of the baseline no longer there (--write-baseline writes it anew)");
    for finding in gone {
        text += &format!("\n  {}", finding.line());
    }
    session.warn(&text);
}

fn tasks(targets: &[Target], args: &CheckArgs) -> Vec<Task> {
    let task = |target: &Target, engine| Task {
        target: target.clone(),
        engine,
    };
    let of = |target: &Target| {
        let engines = match args.engine[..] {
            [] => vec![target.engine()],
            ref asked => asked.to_vec(),
        };
        let tasks = engines.into_iter().map(|engine| task(target, engine));
        tasks.collect::<Vec<_>>()
    };
    targets.iter().flat_map(of).collect()
}

/// Returns the failure that a goroutine never came back, with its variant.
fn with_place(reason: &str, task: &Task) -> Failure {
    Failure::NoAnswer(format!(
        "{} {}: {reason}",
        task.target.name(),
        task.target.form()
    ))
}

/// Returns the exit code, and reports its reason on stderr. What is written to a new baseline
/// counts as known.
fn conclude(
    session: &Session<'_>,
    args: &CheckArgs,
    rows: &[Row],
    tasks: &[Task],
    baseline: Option<&Baseline>,
) -> Result<u8, Failure> {
    let noun = phrases::noun(tasks.iter());
    let of = |judgement| rows.iter().filter(move |row| row.judgement == judgement);
    let unexpected: Vec<&Row> = of(Judgement::Unexpected).collect();
    // A contradiction counts, whatever answers are missing.
    if !unexpected.is_empty() && args.write_baseline.is_none() {
        let variants = count(unexpected.len(), noun);
        let mut text = match noun {
            "test" => format!("{variants} of {} can go wrong", tasks.len()),
            _ => format!("{variants} did not do what its kernel says it does"),
        };
        for row in unexpected {
            text += &format!("\n{}", contradiction(session, row));
            if let Some(baseline) = baseline {
                let all = baseline::findings(row).into_iter();
                for finding in all.filter(|it| !baseline.knows(&it.fingerprint)) {
                    text += &format!("\n    not in the baseline: {}", finding.line());
                }
            }
        }
        session.report_error(&text);
        return Ok(exit::UNEXPECTED);
    }
    let unanswered = of(Judgement::NoAnswer).count();
    let bounded = rows
        .iter()
        .filter(|row| row.is_bounded() || row.is_conditional())
        .count();
    let why = if signals::interrupted() {
        let left = count(tasks.len() - rows.len(), noun);
        format!("interrupted; {left} not looked at")
    } else if unanswered > 0 {
        format!("no answer for {}", count(unanswered, noun))
    } else if args.require_proof && bounded > 0 {
        format!("no proof for {}", count(bounded, noun))
    } else {
        return Ok(exit::AS_EXPECTED);
    };
    let unwritten = match args.write_baseline {
        Some(_) => "; no baseline is written",
        None => "",
    };
    Err(Failure::NoAnswer(format!("{why}{unwritten}")))
}

/// Describes what was expected of a variant, what it did, and how to reproduce it.
fn contradiction(session: &Session<'_>, row: &Row) -> String {
    let task = &row.task;
    let (name, form) = (task.target.name(), task.target.form());
    let expected = wanted(task.target.expected());
    let mut text = match row.stuck_elsewhere() {
        _ if task.target.is_package() => format!("  {name} {form}   {}", row.verdict()),
        Some(stuck) => format!("  {name} {form}   {stuck}"),
        None => format!(
            "  {name} {form}   expected {expected}, found {}",
            row.verdict()
        ),
    };
    match &row.report.fault {
        Some(fault) => text += &format!("\n    {}", words::fault(fault).replace('\n', "\n    ")),
        None if !row.report.traces.is_empty() => {
            let mut words = vec![
                shell_word(&session.program),
                "run".to_owned(),
                shell_word(name),
                format!("--variant {form}"),
            ];
            if row.report.timers != task.target.timers() {
                words.push(format!("--timers {}", row.report.timers.name()));
            }
            let room = session.terminal.width.saturating_sub(4);
            for line in command(&words, room) {
                text += &format!("\n    {line}");
            }
        }
        None => {}
    }
    text
}
