//! The report of `check` and `merge`: takes the answers in their order, tells them in the format
//! that was asked for, and judges.

use std::time::Duration;

use gordian_checker::render::commands::{command, shell_word};

use super::baseline::{self, Baseline};
use super::row::{About, Answer, Row};
use super::{documents, json, phrases, table};
use crate::cli::args::{CheckFormat, SheetArgs};
use crate::cli::expectation::{Judgement, wanted};
use crate::cli::failure::Failure;
use crate::cli::terminal::count;
use crate::cli::{Session, exit, signals};

/// A receiver of rows.
pub(super) trait RowSink {
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
        _about: &About,
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

/// A report that is being written.
pub(super) struct Sheet<'a> {
    args: &'a SheetArgs,
    /// The tasks, those without an answer included.
    tasks: Vec<About>,
    baseline: Option<Baseline>,
    sink: Box<dyn RowSink>,
    rows: Vec<Row>,
    stalled: Option<Failure>,
}

impl SheetArgs {
    pub(super) fn format(&self) -> CheckFormat {
        match self.json {
            true => CheckFormat::Json,
            false => self.format,
        }
    }
}

impl<'a> Sheet<'a> {
    /// Begins the report about these tasks.
    pub(super) fn begin(
        session: &mut Session<'_>,
        args: &'a SheetArgs,
        tasks: Vec<About>,
    ) -> Result<Self, Failure> {
        let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
        let mut sink: Box<dyn RowSink> = match args.format() {
            CheckFormat::Human => Box::new(table::Table::new(session.terminal, &tasks, args.all)),
            CheckFormat::Json | CheckFormat::Ndjson => Box::new(json::Lines),
            CheckFormat::Junit => {
                let several = has_several_engines(&tasks);
                Box::new(documents::Junit::new(args.require_proof, several))
            }
            CheckFormat::Sarif => Box::new(documents::Sarif::new(baseline.clone())),
            CheckFormat::Github => Box::new(documents::Github::default()),
        };
        sink.begin(session)?;
        Ok(Self {
            args,
            tasks,
            baseline,
            sink,
            rows: Vec::new(),
            stalled: None,
        })
    }

    /// Takes the next answer. Returns true if more answers are wanted.
    pub(super) fn take(
        &mut self,
        session: &mut Session<'_>,
        answer: Answer,
    ) -> Result<bool, Failure> {
        let goes_on = match answer {
            Answer::Row(mut row) => {
                if let Some(baseline) = &self.baseline {
                    row.compare_with(baseline);
                }
                self.sink.row(session, &row)?;
                self.rows.push(*row);
                true
            }
            Answer::Stalled(about, reason) => {
                self.sink.stalled(session, &about, &reason)?;
                let place = format!("{} {}: {reason}", about.name, about.form);
                self.stalled = Some(Failure::NoAnswer(place));
                false
            }
        };
        session.out.flush()?;
        Ok(goes_on)
    }

    /// Ends the report, and returns the exit code. `time` is that of all rows.
    pub(super) fn end(mut self, session: &mut Session<'_>, time: Duration) -> Result<u8, Failure> {
        self.sink.end(session, &self.rows, time)?;
        session.out.flush()?;
        if let Some(failure) = self.stalled.take() {
            return Err(failure);
        }
        if let Some(baseline) = &self.baseline {
            tell_gone(session, baseline, &self.rows);
        }
        let code = self.conclude(session)?;
        // Without an answer for each task the command has failed above, and writes no baseline.
        if let Some(path) = &self.args.write_baseline {
            let found = Baseline::of(&self.rows);
            found.write(path)?;
            let (findings, path) = (count(found.len(), "finding"), path.display());
            session.hint(&format!("{findings} written to {path}"));
        }
        Ok(code)
    }

    /// Returns the exit code, and reports its reason on stderr. What is written to a new baseline
    /// counts as known.
    fn conclude(&self, session: &Session<'_>) -> Result<u8, Failure> {
        let Self {
            args, rows, tasks, ..
        } = self;
        let noun = phrases::noun(tasks.iter());
        let of = |judgement| rows.iter().filter(move |row| row.judgement == judgement);
        let unexpected: Vec<&Row> = of(Judgement::Unexpected).collect();
        // A contradiction counts, whatever answers are missing.
        if !unexpected.is_empty() && args.write_baseline.is_none() {
            self.report_unexpected(session, &unexpected);
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

    fn report_unexpected(&self, session: &Session<'_>, unexpected: &[&Row]) {
        let noun = phrases::noun(self.tasks.iter());
        let variants = count(unexpected.len(), noun);
        let mut text = match noun {
            "test" => format!("{variants} of {} can go wrong", self.tasks.len()),
            _ => format!("{variants} did not do what its kernel says it does"),
        };
        for row in unexpected {
            text += &format!("\n{}", contradiction(session, row));
            if let Some(baseline) = &self.baseline {
                let all = baseline::findings(row).into_iter();
                for finding in all.filter(|it| !baseline.knows(&it.fingerprint)) {
                    text += &format!("\n    not in the baseline: {}", finding.line());
                }
            }
        }
        session.report_error(&text);
    }
}

/// Returns true if there are several searches of one target.
fn has_several_engines(tasks: &[About]) -> bool {
    tasks.windows(2).any(|pair| {
        let target = |of: &About| (of.name.clone(), of.form.clone());
        target(&pair[0]) == target(&pair[1])
    })
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

/// Describes what was expected of a variant, what it did, and how to reproduce it.
fn contradiction(session: &Session<'_>, row: &Row) -> String {
    let About { name, form, .. } = &row.about;
    let expected = wanted(row.about.expected);
    let mut text = match row.stuck_elsewhere() {
        _ if row.about.is_package => format!("  {name} {form}   {}", row.verdict),
        Some(stuck) => format!("  {name} {form}   {stuck}"),
        None => format!(
            "  {name} {form}   expected {expected}, found {}",
            row.verdict
        ),
    };
    match &row.fault {
        Some(fault) => text += &format!("\n    {}", fault.replace('\n', "\n    ")),
        None if !row.traces.is_empty() => {
            let mut words = vec![
                shell_word(&session.program),
                "run".to_owned(),
                shell_word(name),
                format!("--variant {form}"),
            ];
            if row.timers != row.about.timers {
                words.push(format!("--timers {}", row.timers.name()));
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
