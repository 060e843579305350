//! The rows of `check` as JSON, one object per line.

use gordian_checker::explore::Limit;
use gordian_checker::render::fingerprint;
use serde::Serialize;

use super::row::{About, Row};
use super::sheet::RowSink;
use crate::cli::Session;
use crate::cli::expectation::{Judgement, wanted};
use crate::cli::failure::Failure;
use crate::cli::stuck::Stuck;

/// One line for each row.
pub(super) struct Lines;

/// A variant and the findings about it. New fields keep the `version`; a change of a field's
/// meaning increases it.
#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    kernel: &'a str,
    variant: &'a str,
    engine: &'a str,
    verdict: String,
    expected: String,
    as_expected: bool,
    /// The version of Go whose rules the timers followed, if it is not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    timers: Option<&'a str>,
    /// True if everything was explored, so that the absence of a find is a proof.
    complete: bool,
    executions: u64,
    discarded: u64,
    states: Option<u64>,
    /// True if the program may have more states.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reduced: bool,
    steps: u64,
    goroutines: usize,
    steps_max: usize,
    bad_executions: u64,
    first_bad: Option<u64>,
    time_s: f64,
    /// The stuck goroutines in the bad end that is most like the facts; then those of the facts.
    stuck: &'a [Stuck],
    expected_stuck: &'a [Stuck],
    /// True if it is not as expected, and all findings about it are in the baseline.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    known: bool,
    /// The fingerprints of the distinct bad ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fingerprints: Vec<String>,
    /// The schedule of the counterexample that `run` shows.
    schedule: Option<&'a str>,
    /// The part of a combined search that completed; null if none did.
    finished_by: Option<&'a str>,
    /// The limits that were hit.
    limits: Vec<Hit>,
    /// The assumptions, of Go.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    assumptions: &'a [String],
    /// The reason why there is no other verdict, for an unsupported or faulty variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A limit that was hit.
#[derive(Serialize)]
struct Hit {
    limit: &'static str,
    max: Option<f64>,
    text: String,
}

/// A variant with a goroutine that never came back.
#[derive(Serialize)]
struct Stalled<'a> {
    version: u32,
    kernel: &'a str,
    variant: &'a str,
    engine: &'a str,
    verdict: &'a str,
    expected: String,
    as_expected: bool,
    complete: bool,
    schedule: Option<&'a str>,
    reason: &'a str,
}

impl RowSink for Lines {
    fn row(&mut self, session: &mut Session<'_>, row: &Row) -> Result<(), Failure> {
        session.write_json(&line(row))
    }

    fn stalled(
        &mut self,
        session: &mut Session<'_>,
        about: &About,
        reason: &str,
    ) -> Result<(), Failure> {
        let line = Stalled {
            version: 1,
            kernel: &about.name,
            variant: &about.form,
            engine: about.engine.name(),
            verdict: "fault",
            expected: wanted(about.expected).to_string(),
            as_expected: false,
            complete: false,
            schedule: None,
            reason,
        };
        session.write_json(&line)
    }
}

fn line(row: &Row) -> Line<'_> {
    let findings = &row.findings;
    Line {
        version: 1,
        kernel: &row.about.name,
        variant: &row.about.form,
        engine: row.about.engine.name(),
        verdict: row.said(),
        expected: wanted(row.about.expected).to_string(),
        as_expected: row.judgement == Judgement::AsExpected,
        timers: row.timers_to_tell(),
        complete: findings.complete,
        executions: findings.executions,
        discarded: findings.discarded,
        states: findings.states,
        reduced: findings.reduced,
        steps: findings.steps,
        goroutines: findings.goroutines,
        steps_max: findings.steps_max,
        bad_executions: findings.bad_executions,
        first_bad: findings.first_bad,
        time_s: row.time.as_secs_f64(),
        stuck: &row.stuck.found,
        expected_stuck: &row.stuck.stated,
        known: row.judgement == Judgement::Known,
        fingerprints: row.traces.iter().map(fingerprint::of).collect(),
        schedule: row.traces.first().map(|trace| trace.schedule.as_str()),
        finished_by: row
            .finished_by
            .as_deref()
            .or(findings.complete.then(|| row.about.engine.name())),
        limits: findings.limits.iter().map(hit).collect(),
        assumptions: &row.assumptions,
        reason: row.reason(),
    }
}

fn hit(limit: &Limit) -> Hit {
    let (name, max) = match *limit {
        Limit::Steps(max) => ("steps", Some(max as f64)),
        Limit::Executions(max) => ("executions", Some(max as f64)),
        Limit::States(max) => ("states", Some(max as f64)),
        Limit::Goroutines(max) => ("goroutines", Some(max as f64)),
        Limit::Time(max) => ("time_s", Some(max.as_secs_f64())),
        Limit::Ticks => ("ticks", None),
        Limit::Interrupt => ("interrupt", None),
        Limit::Random(count) => ("random", Some(count as f64)),
        Limit::Work(max) => ("work", Some(max as f64)),
        Limit::FoundBad => ("found_bad", None),
        Limit::Preemptions(max) => ("preemptions", Some(f64::from(max))),
        Limit::Memory { max, .. } => ("memory", Some(max as f64)),
        Limit::NoMemory(_) => ("no_memory", None),
        Limit::NoStack(_) => ("no_stack", None),
    };
    Hit {
        limit: name,
        max,
        text: limit.to_string(),
    }
}
