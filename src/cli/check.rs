//! `check`: checks that every variant does what its kernel says.

mod baseline;
mod documents;
mod json;
mod phrases;
mod table;

use std::time::{Duration, Instant};

use gordian_checker::catalogue::{Kernel, Variant, VariantKind};
use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explore::{Findings, Limit};
use gordian_checker::render::commands::command;
use gordian_checker::render::commands::shell_word;
use gordian_checker::{Checker, Engine, Report, Verdict};

use self::baseline::Baseline;

use super::args::{CheckArgs, CheckFormat};
use super::expectation::{Judgement, judge, wanted};
use super::failure::Failure;
use super::look::count;
use super::progress::ProgressLine;
use super::search::{Plan, named, search};
use super::stuck::Comparison;
use super::{Session, exit, select_kernels, signals};

/// A search to be done.
#[derive(Clone, Copy, Debug)]
struct Task {
    kernel: Kernel,
    form: VariantKind,
    engine: Engine,
}

impl Task {
    fn variant(&self) -> &Variant {
        self.kernel.variant(self.form)
    }
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
        let stuck = Comparison::new(task.variant(), &report);
        let judgement = judge(task.variant().expected, &report, &stuck);
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
            timers: plan.timers.of(&task.kernel),
            verdict: Verdict::of(&findings, false),
            findings,
            traces: Vec::new(),
            fault: None,
            reason: None,
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
        let task = &self.task;
        let of = |trace: &Trace| named(trace.clone(), &task.kernel, task.form, self.report.timers);
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
        let expected = wanted(self.task.variant().expected);
        (self.verdict() == expected && !self.stuck.agrees()).then(|| self.stuck.text())
    }

    /// Returns true if nothing bad was found, but not everything was explored.
    fn is_bounded(&self) -> bool {
        matches!(self.verdict(), Verdict::Bounded | Verdict::Within)
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
    /// Called before the first row.
    fn begin(&mut self, _session: &mut Session<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Called with each row as soon as it is known.
    fn row(&mut self, _session: &mut Session<'_>, _row: &Row) -> Result<(), Failure> {
        Ok(())
    }

    /// Called instead of a row if a goroutine never came back.
    fn stalled(
        &mut self,
        _session: &mut Session<'_>,
        _task: &Task,
        _reason: &str,
    ) -> Result<(), Failure> {
        Ok(())
    }

    /// Called after the last row.
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
    let kernels = select_kernels::several(session, &args.kernels)?;
    let plan = Plan::new(&args.search)?;
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let tasks = tasks(&kernels, args);
    let several = args.engine.len() > 1;
    let mut sheet: Box<dyn RowSink> = match format(args) {
        CheckFormat::Human => Box::new(table::Table::new(
            session.look,
            &tasks,
            kernels.len(),
            args.all,
        )),
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
    let code = conclude(session, args, &rows, tasks.len(), baseline.as_ref())?;
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
        let (name, form) = (task.kernel.name, task.form);
        progress.label(format!("{number}/{of}  {name} {form}"));
        let total = args.total_time.0;
        let left = total.map(|total| total.saturating_sub(start.elapsed()));
        let mut row = match (left, total) {
            (Some(Duration::ZERO), Some(total)) => Row::not_run(*task, plan, total),
            _ => {
                let plan = left.map_or_else(|| plan.clone(), |left| plan.within(left));
                let subject = (&task.kernel, task.form);
                match search(&plan, Some(task.engine), subject, &mut progress) {
                    Ok(report) => Row::new(*task, report, left),
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

fn tasks(kernels: &[Kernel], args: &CheckArgs) -> Vec<Task> {
    let engines = match args.engine[..] {
        [] => vec![Checker::new().selected_engine()],
        ref asked => asked.to_vec(),
    };
    let forms = VariantKind::ALL
        .into_iter()
        .filter(|form| args.variant.is_none_or(|only| only == *form));
    let forms: Vec<VariantKind> = forms.collect();
    let mut tasks = Vec::new();
    for &kernel in kernels {
        for &form in &forms {
            tasks.extend(engines.iter().map(|&engine| Task {
                kernel,
                form,
                engine,
            }));
        }
    }
    tasks
}

/// Returns the failure that a goroutine never came back, with its variant.
fn with_place(reason: &str, task: &Task) -> Failure {
    Failure::NoAnswer(format!("{} {}: {reason}", task.kernel.name, task.form))
}

/// Returns the exit code, and reports its reason on stderr. What is written to a new baseline
/// counts as known.
fn conclude(
    session: &Session<'_>,
    args: &CheckArgs,
    rows: &[Row],
    tasks: usize,
    baseline: Option<&Baseline>,
) -> Result<u8, Failure> {
    let of = |judgement| rows.iter().filter(move |row| row.judgement == judgement);
    let unexpected: Vec<&Row> = of(Judgement::Unexpected).collect();
    if !unexpected.is_empty() && args.write_baseline.is_none() {
        let variants = count(unexpected.len(), "variant");
        let mut text = format!("{variants} did not do what its kernel says it does");
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
    let bounded = rows.iter().filter(|row| row.is_bounded()).count();
    let why = if signals::interrupted() {
        let left = count(tasks - rows.len(), "variant");
        format!("interrupted; {left} not looked at")
    } else if unanswered > 0 {
        format!("no answer for {}", count(unanswered, "variant"))
    } else if args.require_proof && bounded > 0 {
        format!("no proof for {}", count(bounded, "variant"))
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
    let task = row.task;
    let (name, form) = (task.kernel.name, task.form);
    let expected = wanted(task.variant().expected);
    let mut text = match row.stuck_elsewhere() {
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
            if row.report.timers != task.kernel.timers {
                words.push(format!("--timers {}", row.report.timers.name()));
            }
            let room = session.look.width.saturating_sub(4);
            for line in command(&words, room) {
                text += &format!("\n    {line}");
            }
        }
        None => {}
    }
    text
}
