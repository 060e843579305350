//! The rows of `check` as plain values: they can be told in every format, written to a file, and
//! read again.

use std::time::Duration;

use gordian_checker::catalogue::{Expected, TimerRules};
use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::{Findings, Limit};
use gordian_checker::model::Fault;
use gordian_checker::render::text::ends_in;
use gordian_checker::{Engine, Report, Verdict};
use serde::{Deserialize, Serialize};

use crate::cli::expectation::{Judgement, judge, wanted};
use crate::cli::search::Plan;
use crate::cli::stuck::Comparison;
use crate::cli::target::{self, Target};

/// A search to be done.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) target: Target,
    pub(super) engine: Engine,
}

/// The facts about a task that a report of it needs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) name: String,
    /// The variant; of Go, the test.
    pub(super) form: String,
    pub(super) engine: Engine,
    pub(super) expected: Expected,
    pub(super) subclass: String,
    pub(super) file: String,
    pub(super) is_go: bool,
    pub(super) is_package: bool,
    /// The rules of its timers, unless somebody asks for others.
    pub(super) timers: TimerRules,
}

impl About {
    pub(super) fn new(task: &Task) -> Self {
        let target = &task.target;
        Self {
            name: target.name().to_owned(),
            form: target.form(),
            engine: task.engine,
            expected: target.expected(),
            subclass: target.subclass().to_owned(),
            file: target.file().to_owned(),
            is_go: target.is_go(),
            is_package: target.is_package(),
            timers: target.timers(),
        }
    }
}

/// The result of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) about: About,
    pub(super) verdict: Verdict,
    /// The rules that its timers followed.
    pub(super) timers: TimerRules,
    /// The search that finished, if the engine has several.
    pub(super) finished_by: Option<String>,
    /// The counts and limits. The bad ends are in `traces`.
    pub(super) findings: Findings,
    /// True if there can be no bad ends other than those that were found.
    pub(super) knows_all_bad_ends: bool,
    /// The traces of the distinct bad ends, with the names of this variant.
    pub(super) traces: Vec<Trace>,
    /// The fault that stopped the search, in words.
    pub(super) fault: Option<String>,
    /// The operation that is not modelled, without its place.
    pub(super) unsupported: Option<String>,
    /// The line on which goroutines stood in most of their states, in words.
    pub(super) busiest: Option<String>,
    /// The reason why the engine cannot run it; of Go, the races as well.
    pub(super) told: Option<String>,
    /// The loop that keeps the search from its end, in words.
    pub(super) turns: Option<String>,
    pub(super) assumptions: Vec<String>,
    /// The goroutines that are stuck, and those that are stuck according to the facts.
    pub(super) stuck: Comparison,
    pub(super) judgement: Judgement,
    /// The effect of `--total-time` on it.
    pub(super) total_time: TotalTime,
    /// The time that the search took. It is another one in each run, so files have it elsewhere.
    #[serde(skip)]
    pub(super) time: Duration,
}

/// The effect of the time for all rows on one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum TotalTime {
    /// It had as much as it needed, or as its own limit allows.
    Enough,
    /// It was stopped when the time was over.
    Cut,
    /// The time was over before.
    NotRun,
}

/// The answer to a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Row(Box<Row>),
    /// A goroutine never came back, for this reason.
    Stalled(About, String),
}

impl Row {
    /// Makes the row of a report. `left` is the time that was left for it.
    pub(super) fn new(task: &Task, report: Report, left: Option<Duration>) -> Self {
        let target = &task.target;
        let stuck = Comparison::new(target, &report);
        let judgement = judge(target.expected(), &report, &stuck);
        let mut limits = report.findings.limits.iter();
        let is_cut = left.is_some_and(|left| limits.any(|limit| *limit == Limit::Time(left)));
        let knows_all_bad_ends = report.findings.knows_all_bad_ends();
        let traces = report.traces.into_iter();
        let bad = std::collections::BTreeMap::new();
        Self {
            about: About::new(task),
            verdict: report.verdict,
            timers: report.timers,
            finished_by: report.finished_by.map(str::to_owned),
            findings: Findings {
                bad,
                ..report.findings
            },
            knows_all_bad_ends,
            traces: traces
                .map(|trace| target.named(trace, report.timers))
                .collect(),
            fault: report.fault.as_ref().map(words::fault),
            unsupported: match &report.fault {
                Some(Fault::Unsupported { what, .. }) => Some(what.clone()),
                _ => None,
            },
            busiest: target.busiest(),
            told: report.reason,
            turns: report.turns.as_ref().map(ToString::to_string),
            assumptions: target.assumptions(),
            stuck,
            judgement,
            total_time: match is_cut {
                true => TotalTime::Cut,
                false => TotalTime::Enough,
            },
            time: report.time,
        }
    }

    /// Returns the row of a task for which no time was left.
    pub(super) fn not_run(task: &Task, plan: &Plan, total: Duration) -> Self {
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

    /// Returns the limits that were hit, in one line.
    pub(super) fn limits(&self) -> String {
        let limits = self.findings.limits.iter();
        let limits: Vec<String> = limits.map(ToString::to_string).collect();
        let limits = limits.join("; ");
        match self.total_time {
            TotalTime::Enough => limits,
            TotalTime::Cut => format!("{limits}, which was left of --total-time"),
            TotalTime::NotRun => "not run, since --total-time was over".to_owned(),
        }
    }

    /// Returns true if a lack of memory stopped the search. The memory is that of the process, so
    /// it may be that of other searches.
    pub(super) fn is_out_of_memory(&self) -> bool {
        let of_memory = |limit: &Limit| {
            matches!(
                limit,
                Limit::Memory { .. } | Limit::NoMemory(_) | Limit::NoStack(_)
            )
        };
        self.findings.limits.iter().any(of_memory)
    }

    /// Returns the version of Go whose rules timers followed, if these are not the default.
    pub(super) fn timers_to_tell(&self) -> Option<&'static str> {
        (self.timers != TimerRules::default()).then(|| self.timers.name())
    }

    /// Returns a comparison of the stuck goroutines with the facts, if the verdict is the expected
    /// one and the goroutines differ.
    pub(super) fn stuck_elsewhere(&self) -> Option<String> {
        let expected = wanted(self.about.expected);
        (self.verdict == expected && !self.stuck.agrees()).then(|| self.stuck.text())
    }

    /// Returns the stuck goroutines of the first bad end of each kind, or the one that panics. The
    /// first is that of the verdict, and the others have their kinds before them. Races are told
    /// elsewhere.
    pub(super) fn bad_ends(&self) -> impl Iterator<Item = String> {
        let traces = &self.traces;
        let firsts = traces.iter().enumerate().filter(|(index, trace)| {
            let mut before = traces[..*index].iter();
            trace.end != Ending::Race && before.all(|before| before.end != trace.end)
        });
        firsts.map(|(_, trace)| match trace.end.name() == self.verdict.name() {
            true => ends_in(trace),
            false => format!("also {}: {}", trace.end, ends_in(trace)),
        })
    }

    /// Returns true if nothing bad was found, but not everything was explored.
    pub(super) fn is_bounded(&self) -> bool {
        matches!(self.verdict, Verdict::Bounded | Verdict::Within)
    }

    /// Returns the verdict as it is said.
    pub(super) fn said(&self) -> String {
        target::said(self.verdict, &self.assumptions)
    }

    /// Returns true if it was proved only under assumptions.
    pub(super) fn is_conditional(&self) -> bool {
        self.verdict == Verdict::Proved && !self.assumptions.is_empty()
    }

    /// Returns the reason why there is no other verdict.
    pub(super) fn reason(&self) -> Option<String> {
        let not_run = (self.total_time == TotalTime::NotRun).then(|| self.limits());
        let reason = self.told.clone().or_else(|| self.fault.clone());
        reason.or(not_run)
    }
}
