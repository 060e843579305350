//! `check`: checks that every variant does what its kernel says.

mod documents;
mod json;
mod phrases;
mod table;

use std::time::{Duration, Instant};

use gordian_checker::execution::words;
use gordian_checker::render::commands::command;
use gordian_checker::render::commands::shell_word;
use gordian_checker::{Engine, Report, Verdict};

use super::args::{CheckArgs, CheckFormat};
use super::expectation::{Judgement, judge, wanted};
use super::failure::Failure;
use super::look::count;
use super::progress::ProgressLine;
use super::run::who_is_bad;
use super::search::{Plan, search};
use super::stuck::Comparison;
use super::target::{self, Target};
use super::{Session, exit, signals};

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
}

impl Row {
    fn new(task: Task, report: Report) -> Self {
        let stuck = Comparison::new(&task.target, &report);
        let judgement = judge(task.target.expected(), &report, &stuck);
        Self {
            task,
            report,
            stuck,
            judgement,
        }
    }

    /// Returns the limits that were hit, in one line.
    fn limits(&self) -> String {
        let limits = self.report.findings.limits.iter();
        let limits: Vec<String> = limits.map(ToString::to_string).collect();
        limits.join("; ")
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
                true => who_is_bad(trace),
                false => format!("also {}: {}", trace.end, who_is_bad(trace)),
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
        self.report.reason.clone().or(fault)
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
    let variant = args.variant.as_deref();
    let targets = target::several(session, &args.kernels, variant, &args.target)?;
    let plan = Plan::new(&args.search)?;
    let tasks = tasks(&targets, args);
    let format = if args.json {
        CheckFormat::Json
    } else {
        args.format
    };
    let is_human = format == CheckFormat::Human;
    let mut sheet: Box<dyn RowSink> = match format {
        CheckFormat::Human => Box::new(table::Table::new(session.look, &tasks, args.all)),
        CheckFormat::Json | CheckFormat::Ndjson => Box::new(json::Lines),
        CheckFormat::Junit => Box::new(documents::Junit::default()),
        CheckFormat::Sarif => Box::new(documents::Sarif),
        CheckFormat::Github => Box::new(documents::Github::default()),
    };
    let mut progress = ProgressLine::new(is_human && !session.quiet);
    let start = Instant::now();
    let mut rows = Vec::new();
    let mut stalled = None;
    sheet.begin(session)?;
    for (index, task) in tasks.iter().enumerate() {
        let label = format!(
            "{}/{}  {} {}",
            index + 1,
            tasks.len(),
            task.target.name(),
            task.target.form()
        );
        progress.label(label);
        let found = search(&plan, Some(task.engine), &task.target, &mut progress);
        let row = match found {
            Ok(report) => Row::new(task.clone(), report),
            Err(Failure::NoAnswer(reason)) => {
                sheet.stalled(session, task, &reason)?;
                stalled = Some(with_place(&reason, task));
                break;
            }
            Err(failure) => return Err(failure),
        };
        sheet.row(session, &row)?;
        session.out.flush()?;
        rows.push(row);
        if signals::interrupted() {
            break;
        }
    }
    sheet.end(session, &rows, start.elapsed())?;
    session.out.flush()?;
    if let Some(failure) = stalled {
        return Err(failure);
    }
    conclude(session, args, &rows, &tasks)
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

/// Returns the exit code, and reports its reason on stderr.
fn conclude(
    session: &Session<'_>,
    args: &CheckArgs,
    rows: &[Row],
    tasks: &[Task],
) -> Result<u8, Failure> {
    let noun = phrases::noun(tasks.iter());
    let of = |judgement| rows.iter().filter(move |row| row.judgement == judgement);
    let unexpected: Vec<&Row> = of(Judgement::Unexpected).collect();
    if !unexpected.is_empty() {
        let variants = count(unexpected.len(), noun);
        let mut text = match noun {
            "test" => format!("{variants} of {} can go wrong", tasks.len()),
            _ => format!("{variants} did not do what its kernel says it does"),
        };
        for row in unexpected {
            text += &format!("\n{}", contradiction(session, row));
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
    Err(Failure::NoAnswer(why))
}

/// Describes what was expected of a variant, what it did, and how to reproduce it.
fn contradiction(session: &Session<'_>, row: &Row) -> String {
    let task = &row.task;
    let (name, form) = (task.target.name(), task.target.form());
    let expected = wanted(task.target.expected());
    let mut text = match row.stuck_elsewhere() {
        _ if task.target.is_go() => format!("  {name} {form}   {}", row.verdict()),
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
            let room = session.look.width.saturating_sub(4);
            for line in command(&words, room) {
                text += &format!("\n    {line}");
            }
        }
        None => {}
    }
    text
}
