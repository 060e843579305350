//! The rows of `check` in the formats that continuous integration reads: JUnit, SARIF, and GitHub's
//! commands.
//!
//! An expected bug of a variant is no failure. JUnit keeps its execution as the output of a case
//! that passed. SARIF reports only unexpected results, and GitHub's commands those and missing
//! answers.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use gordian_checker::execution::escape::visible;
use gordian_checker::explain::Trace;
use gordian_checker::render::Look;
use gordian_checker::render::github;
use gordian_checker::render::junit;
use gordian_checker::render::junit::Outcome;
use gordian_checker::render::junit::Suite;
use gordian_checker::render::junit::TestCase;
use gordian_checker::render::list;
use gordian_checker::render::sarif;

use super::baseline::Baseline;
use super::row::{About, Row};
use super::sheet::RowSink;
use crate::cli::Session;
use crate::cli::expectation::{Judgement, wanted};
use crate::cli::failure::Failure;
use crate::cli::terminal::short_time;

impl Row {
    fn trace(&self) -> Option<&Trace> {
        self.traces.first()
    }

    /// Returns the findings beside the expectation, in one line.
    fn message(&self) -> String {
        if let Some(stuck) = self.stuck_elsewhere() {
            return stuck;
        }
        let expected = wanted(self.about.expected);
        let limits = match self.limits() {
            none if none.is_empty() => none,
            limits => format!(" ({limits})"),
        };
        format!("expected {expected}, found {}{limits}", self.said())
    }

    /// Returns the execution as text, or the reason why there is none.
    fn text(&self, session: &Session<'_>) -> String {
        let look = Look {
            program: session.program.clone(),
            ..Look::default()
        };
        let drawn = self.trace().map(|trace| list::render(trace, &look));
        drawn
            .or_else(|| self.reason())
            .unwrap_or_else(|| self.message())
    }
}

/// JUnit: a suite for each kernel, a case for each variant.
pub(super) struct Junit {
    suites: Vec<Suite>,
    /// True if a search without an answer or a proof is a failure.
    require_proof: bool,
    /// True if there are several engines, which the names of the cases tell apart.
    several: bool,
}

impl Junit {
    pub(super) fn new(require_proof: bool, several: bool) -> Self {
        Self {
            suites: Vec::new(),
            require_proof,
            several,
        }
    }

    fn add(&mut self, task: &About, time: Duration, outcome: Outcome, output: String) {
        let name = &task.name;
        if self.suites.last().is_none_or(|suite| suite.name != *name) {
            self.suites.push(Suite {
                name: name.to_owned(),
                cases: Vec::new(),
            });
        }
        let suite = self.suites.last_mut().expect("just added");
        suite.cases.push(TestCase {
            name: match self.several {
                true => format!("{} ({})", task.form, task.engine.name()),
                false => task.form.clone(),
            },
            time,
            outcome,
            output,
        });
    }
}

impl RowSink for Junit {
    fn row(&mut self, session: &mut Session<'_>, row: &Row) -> Result<(), Failure> {
        let unproved = row.is_bounded() || row.judgement == Judgement::NoAnswer;
        let (outcome, output) = match row.judgement {
            Judgement::AsExpected | Judgement::NoAnswer if self.require_proof && unproved => {
                let failed = Outcome::Failed {
                    kind: row.verdict.to_string(),
                    message: format!("no proof: {}", row.message()),
                    text: row.text(session),
                };
                (failed, String::new())
            }
            Judgement::Known => {
                let text = format!("in the baseline: {}", row.message());
                (Outcome::Skipped(text), row.text(session))
            }
            Judgement::AsExpected => (Outcome::Passed, row.text(session)),
            Judgement::NoAnswer => (Outcome::Skipped(row.message()), String::new()),
            Judgement::Unexpected => {
                let failed = Outcome::Failed {
                    kind: row.verdict.to_string(),
                    message: row.message(),
                    text: row.text(session),
                };
                (failed, String::new())
            }
        };
        self.add(&row.about, row.time, outcome, output);
        Ok(())
    }

    fn stalled(
        &mut self,
        _session: &mut Session<'_>,
        task: &About,
        reason: &str,
    ) -> Result<(), Failure> {
        let outcome = Outcome::Failed {
            kind: "stalled".to_owned(),
            message: reason.lines().next().unwrap_or_default().to_owned(),
            text: reason.to_owned(),
        };
        self.add(task, Duration::ZERO, outcome, String::new());
        Ok(())
    }

    fn end(
        &mut self,
        session: &mut Session<'_>,
        _rows: &[Row],
        _time: Duration,
    ) -> Result<(), Failure> {
        session
            .out
            .write_all(junit::render(&self.suites).as_bytes())?;
        Ok(())
    }
}

/// SARIF: the bad ends of the variants that do not do what their kernels say.
pub(super) struct Sarif {
    baseline: Option<Baseline>,
}

impl Sarif {
    pub(super) fn new(baseline: Option<Baseline>) -> Self {
        Self { baseline }
    }
}

impl RowSink for Sarif {
    fn end(
        &mut self,
        session: &mut Session<'_>,
        rows: &[Row],
        _time: Duration,
    ) -> Result<(), Failure> {
        let unexpected = rows
            .iter()
            .filter(|row| matches!(row.judgement, Judgement::Unexpected | Judgement::Known));
        let traces: Vec<Trace> = unexpected.flat_map(|row| row.traces.clone()).collect();
        let text = match &self.baseline {
            None => sarif::render(&traces),
            Some(baseline) => sarif::render_compared(&traces, |it| baseline.knows(it)),
        };
        session.out.write_all(text.as_bytes())?;
        Ok(())
    }
}

/// GitHub: an error for each variant that does not do what its kernel says or has no answer. All
/// rows go into the summary of the job.
#[derive(Default)]
pub(super) struct Github {
    summary: String,
}

impl Github {
    fn error(session: &mut Session<'_>, task: &About, message: &str) -> Result<(), Failure> {
        let title = format!("{} {}", task.name, task.form);
        let text = github::error(&task.file, &title, message);
        session.out.write_all(text.as_bytes())?;
        Ok(())
    }
}

impl RowSink for Github {
    fn row(&mut self, session: &mut Session<'_>, row: &Row) -> Result<(), Failure> {
        let About { name, form, .. } = &row.about;
        let verdict = row.said();
        let said = match row.judgement {
            Judgement::AsExpected => "as expected",
            Judgement::NoAnswer => "no answer",
            Judgement::Unexpected => "**unexpected**",
            Judgement::Known => "known",
        };
        let executions = row.findings.executions;
        let time = short_time(row.time);
        let name = visible(name).replace('|', "\\|");
        self.summary +=
            &format!("| {name} | {form} | {verdict} | {said} | {executions} | {time} |\n");
        match (row.judgement, row.trace()) {
            (Judgement::Unexpected, Some(trace)) if row.stuck.agrees() => {
                let text = github::render(trace);
                writeln!(session.out, "{}", text.trim_end())?;
            }
            (Judgement::Unexpected | Judgement::NoAnswer, _) => {
                Self::error(session, &row.about, &row.message())?;
            }
            (Judgement::AsExpected | Judgement::Known, _) => {}
        }
        Ok(())
    }

    fn stalled(
        &mut self,
        session: &mut Session<'_>,
        task: &About,
        reason: &str,
    ) -> Result<(), Failure> {
        Self::error(session, task, reason)
    }

    fn end(
        &mut self,
        _session: &mut Session<'_>,
        _rows: &[Row],
        _time: Duration,
    ) -> Result<(), Failure> {
        let Some(path) = env::var_os("GITHUB_STEP_SUMMARY") else {
            return Ok(());
        };
        let head =
            "| kernel | variant | verdict | | executions | time |\n|---|---|---|---|---|---|\n";
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(format!("{head}{}\n", self.summary).as_bytes())?;
        Ok(())
    }
}
