//! What is told of a search: a [`Verdict`], counts, and traces of what was found.

use crate::execution::end_state::EndState;
use crate::execution::escape;
use crate::execution::words;
use crate::explain::Releasers;
use crate::explain::Trace;
use crate::explain::trace_builder;
use std::fmt;
use std::time::Duration;

use crate::check::Engine;
use crate::explore::Bad;
use crate::explore::Cycle;
use crate::explore::Findings;
use crate::explore::Limit;
use crate::explore::Meter;
use crate::model::{End, Fault, Program};
use crate::render::{Look, list, snippet};

/// The answer of a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The search was complete and nothing bad was found.
    Proved,
    /// In some execution main is blocked for ever.
    Deadlock,
    /// In some execution main returns, or runs on for ever, and another goroutine is blocked for ever.
    Leak,
    /// In some execution a goroutine panics.
    Panic,
    /// Nothing bad was found in any execution with at most so many preemptions, and all of those were explored. This is no proof.
    Within,
    /// A limit was hit, and nothing bad was found up to there. This is no proof.
    Bounded,
    /// The engine cannot run this kernel.
    Unsupported,
    /// The kernel has a fault that is no behaviour of it.
    Fault,
}

impl Verdict {
    /// The verdict on what was found: the worst of it.
    #[must_use]
    pub fn of(findings: &Findings, faulty: bool) -> Self {
        let worst = |end| findings.bad.values().any(|bad| bad.end == end);
        if faulty {
            Self::Fault
        } else if worst(End::Panic) {
            Self::Panic
        } else if worst(End::Deadlock) {
            Self::Deadlock
        } else if worst(End::Leak) {
            Self::Leak
        } else if findings.complete && findings.limits.is_empty() {
            Self::Proved
        } else if let [Limit::Preemptions(_)] = findings.limits[..] {
            Self::Within
        } else {
            Self::Bounded
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Proved => "proved",
            Self::Deadlock => "deadlock",
            Self::Leak => "leak",
            Self::Panic => "panic",
            Self::Within => "within",
            Self::Bounded => "bounded",
            Self::Unsupported => "unsupported",
            Self::Fault => "fault",
        })
    }
}

/// What a search has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// The engine that was asked for.
    pub engine: Engine,
    /// Which of its searches came to an end, if it has several.
    pub finished_by: Option<&'static str>,
    /// The answer.
    pub verdict: Verdict,
    /// All that was found.
    pub findings: Findings,
    /// What was found, ready to be drawn: at most [`TRACES_MAX`], the worst first. See [`traces`].
    pub traces: Vec<Trace>,
    /// Why the search could not go on, if it could not.
    pub fault: Option<Fault>,
    /// Why the engine cannot run this kernel, if it cannot.
    pub reason: Option<String>,
    /// How long it took.
    pub time: Duration,
    /// Bytes of stacks that stay in use until the process ends: of goroutines that overflowed, or
    /// that catch the panic with which an abandoned goroutine is unwound.
    pub lost_stack_bytes: usize,
}

impl Report {
    /// Asserts that the search was complete and found nothing bad.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report, with the trace of what was found.
    #[track_caller]
    pub fn assert_proved(&self) {
        self.assert_verdict(Verdict::Proved);
    }

    /// Asserts that in some execution main is blocked for ever, and that nothing worse was found.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report.
    #[track_caller]
    pub fn assert_deadlock(&self) {
        self.assert_verdict(Verdict::Deadlock);
    }

    /// Asserts that in some execution main returns while another goroutine is blocked for ever, and that nothing worse was found.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report.
    #[track_caller]
    pub fn assert_leak(&self) {
        self.assert_verdict(Verdict::Leak);
    }

    /// Asserts that in some execution a goroutine panics.
    ///
    /// # Panics
    /// If the verdict is another; the message is the report.
    #[track_caller]
    pub fn assert_panic(&self) {
        self.assert_verdict(Verdict::Panic);
    }

    /// Asserts that the verdict is this one.
    ///
    /// # Panics
    /// If it is another; the message is the report.
    #[track_caller]
    pub fn assert_verdict(&self, verdict: Verdict) {
        if self.verdict == verdict {
            return;
        }
        let found = self.verdict;
        let sources = self.trace().map(crate::sources::find).unwrap_or_default();
        match self.trace() {
            Some(trace) if !sources.is_empty() => {
                let text = snippet::render(trace, &sources, &Look::default());
                panic!("expected {verdict}, found {found}\n{text}");
            }
            _ => panic!("expected {verdict}, found {found}\n{self}"),
        }
    }

    /// The trace of what is worst, in the fewest steps.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        self.traces.first()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = &self.findings;
        let counts = match findings.states {
            Some(states) => format!("{states} states"),
            None => format!("{} executions", findings.executions),
        };
        match (self.verdict, self.trace()) {
            (Verdict::Proved, _) => writeln!(f, "proved: nothing bad in {counts}, which are all")?,
            (Verdict::Bounded, _) => {
                writeln!(f, "bounded: nothing bad in {counts}; this is NOT a proof")?;
            }
            (Verdict::Fault, _) => {}
            (Verdict::Unsupported, _) => writeln!(f, "unsupported: the engine cannot run this")?,
            (_, Some(trace)) => {
                f.write_str(&list::render(trace, &Look::default()))?;
            }
            (verdict, None) => writeln!(f, "{verdict}: in {counts}")?,
        }
        if let Some(fault) = &self.fault {
            let text = escape::visible_lines(&words::fault(fault));
            writeln!(f, "error: {text}")?;
        }
        if self.lost_stack_bytes > 0 {
            let bytes = self.lost_stack_bytes;
            writeln!(
                f,
                "note: {bytes} bytes of stack are lost: goroutines overflow it, or catch every panic"
            )?;
        }
        for limit in &findings.limits {
            writeln!(f, "limit: {limit}")?;
        }
        Ok(())
    }
}

/// How many traces a report has at most.
pub const TRACES_MAX: usize = 16;

/// The traces of what was found, the worst first, then those of the fewest steps, then those in which the goroutine that moves changes least often. Once the
/// meter says that the search is over there is no second one.
///
/// # Errors
/// If the program has a fault.
pub fn traces(
    program: &mut dyn Program,
    findings: &Findings,
    meter: &Meter,
) -> Result<Vec<Trace>, Fault> {
    if findings.bad.is_empty() {
        return Ok(Vec::new());
    }
    let releasers = Releasers::collect(program, Releasers::STATES_MAX)?;
    let mut bad: Vec<(&EndState, &Bad)> = findings.bad.iter().collect();
    let switches = |bad: &Bad| trace_builder::switches(&bad.path);
    bad.sort_by_key(|(_, bad)| (rank(bad.end), bad.path.len(), switches(bad)));
    let mut traces = Vec::new();
    for (key, bad) in bad.into_iter().take(TRACES_MAX) {
        if !traces.is_empty() && meter.over_now().is_some() {
            break;
        }
        let mut cycle = Cycle::default();
        if bad.cycle > 0 {
            cycle.steps = bad.cycle;
            cycle.stuck = key
                .goroutines
                .iter()
                .map(|(name, _)| name.clone())
                .collect();
        }
        let trace = Trace::build(program, bad.end, &bad.path, &cycle, &releasers)?;
        traces.push((rank(bad.end), trace.found_by(findings)));
    }
    traces.sort_by_key(|(rank, trace)| (*rank, trace.steps.len(), trace.switches()));
    Ok(traces.into_iter().map(|(_, trace)| trace).collect())
}

/// The worst first.
fn rank(end: End) -> u8 {
    match end {
        End::Panic => 0,
        End::Deadlock => 1,
        End::Leak => 2,
        End::Cut | End::Complete => 3,
    }
}
