//! The result of a search: a [`Verdict`], counts, and traces of what was found.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Engine;
use crate::execution::end_state::EndState;
use crate::execution::{escape, words};
use crate::explain::{Releasers, StateGraph, Trace, trace_builder};
use crate::explore::chance::Chance;
use crate::explore::{Bad, Cycle, Findings, Meter};
use crate::model::{End, Fault, Place, Program, TimerRules};
use crate::render::text::ends_in;
use crate::render::{Look, list};
use crate::verdict::Verdict;

/// The result of a search.
#[derive(Clone, Debug)]
pub struct Report {
    /// The engine that was selected.
    pub engine: Engine,
    /// The search that finished, if the engine has several.
    pub finished_by: Option<&'static str>,
    /// The rules that timers followed.
    pub timers: TimerRules,
    /// The answer.
    pub verdict: Verdict,
    /// The findings of the search.
    pub findings: Findings,
    /// Traces of the findings, ready to be drawn: at most [`TRACES_MAX`], the worst first. See
    /// [`traces`].
    pub traces: Vec<Trace>,
    /// The fault that stopped the search, if one did.
    pub fault: Option<Fault>,
    /// The reason why the engine cannot run this kernel, if it cannot.
    pub reason: Option<String>,
    /// The loop that keeps the search from coming to its end, if it looks like that.
    pub turns: Option<Turns>,
    /// The time that the search took.
    pub time: Duration,
    /// The states, if a failed assertion is to write a page: see
    /// [`assert_verdict`](Report::assert_verdict).
    pub graph: Option<Arc<StateGraph>>,
    /// Bytes of stacks that stay in use until the process ends. They belong to goroutines that
    /// catch the panic with which they are unwound, or whose destructors panic meanwhile.
    pub lost_stack_bytes: usize,
}

impl Report {
    /// Returns the version of Go whose rules timers followed, if these are not the default.
    #[must_use]
    pub fn timers_to_tell(&self) -> Option<&'static str> {
        (self.timers != TimerRules::default()).then(|| self.timers.name())
    }

    /// Returns the grounds on which the kernel is said to be free of a bug, in words, or the reason
    /// why it is not.
    #[must_use]
    pub fn ground(&self) -> String {
        let counts = self.counts();
        match self.verdict {
            Verdict::Proved if self.findings.reduced => format!(
                "{counts} of the fixed variant were stored, and the others lead to no other \
                 end: nothing bad, no bound"
            ),
            Verdict::Proved => {
                format!("all {counts} of the fixed variant were explored: nothing bad, no bound")
            }
            Verdict::Bounded | Verdict::Within => {
                format!(
                    "NOT proved: nothing bad in {counts} of the fixed variant, and there are more"
                )
            }
            Verdict::Deadlock
            | Verdict::Leak
            | Verdict::Panic
            | Verdict::Race
            | Verdict::Fail
            | Verdict::Exit
            | Verdict::Misuse
            | Verdict::LateLog => {
                format!("NOT so: the fixed variant itself ends in {}", self.verdict)
            }
            Verdict::Unsupported | Verdict::Fault => {
                "NOT known: the search of the fixed variant came to no answer".to_owned()
            }
        }
    }

    /// Returns the ground of the verdict on any variant, in a few words.
    #[must_use]
    pub fn ground_of_verdict(&self) -> String {
        let (findings, counts) = (&self.findings, self.counts());
        let limits: Vec<String> = findings.limits.iter().map(ToString::to_string).collect();
        match (self.verdict, &self.fault, &self.reason) {
            (Verdict::Fault | Verdict::Unsupported, Some(fault), _) => words::fault(fault),
            (Verdict::Fault | Verdict::Unsupported, None, reason) => {
                reason.clone().unwrap_or_default()
            }
            (Verdict::Bounded | Verdict::Within, ..) => {
                format!("{counts}, which is NOT a proof: {}", limits.join("; "))
            }
            _ if findings.complete && findings.reduced => {
                format!("{counts} were stored, and the others lead to no other end")
            }
            _ if findings.complete => format!("all {counts} were explored"),
            _ => format!("{counts} were explored, and not all"),
        }
    }

    fn counts(&self) -> String {
        match self.findings.states {
            Some(states) => format!("{states} states"),
            None => format!("{} executions", self.findings.executions),
        }
    }

    /// Returns the trace of the worst finding, in the fewest steps.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        self.traces.first()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = &self.findings;
        let counts = self.counts();
        match (self.verdict, self.trace()) {
            (Verdict::Proved, _) if findings.reduced => writeln!(
                f,
                "proved: no bad execution; {counts} stored, the others lead to no other end"
            )?,
            (Verdict::Proved, _) => writeln!(f, "proved: no bad execution; all {counts} explored")?,
            (Verdict::Bounded, _) => {
                writeln!(f, "bounded: nothing bad in {counts}; this is NOT a proof")?;
            }
            (Verdict::Fault, _) => {}
            (Verdict::Unsupported, _) => {
                let reason = self.reason.as_deref().unwrap_or("it does not say why");
                let reason = escape::visible_lines(reason);
                writeln!(f, "unsupported: the engine cannot run this: {reason}")?;
            }
            (_, Some(trace)) => {
                f.write_str(&list::render(trace, &Look::default()))?;
                for other in &self.traces[1..] {
                    let ends = escape::visible_lines(&ends_in(other));
                    writeln!(f, "another end: {}: {ends}", other.end)?;
                }
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
                "note: {bytes} bytes of stack are lost: goroutines that are abandoned catch the \
                 panic that unwinds them, or panic meanwhile"
            )?;
        }
        for limit in &findings.limits {
            writeln!(f, "limit: {limit}")?;
        }
        if let Some(turns) = &self.turns {
            writeln!(f, "note: {turns}")?;
        }
        if let Some(version) = self.timers_to_tell() {
            writeln!(f, "timers: as in Go {version}")?;
        }
        Ok(())
    }
}

/// A loop of the kernel's code that one execution went round often. If it has no end, the search
/// has none either, unless it is told that it is a loop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turns {
    /// The goroutine.
    pub goroutine: String,
    /// The first place of the loop.
    pub from: Place,
    /// The last line of the loop, in the same file.
    pub to: u32,
    /// The number of times that the goroutine came to the same place.
    pub times: usize,
}

impl Turns {
    /// Fewest times that a goroutine comes to a place in a loop that is told about.
    const TIMES_MIN: usize = 16;

    /// Returns the place to which the longest history that a program knows comes most often.
    #[must_use]
    pub fn of(program: &mut dyn Program) -> Option<Self> {
        let (goroutine, way) = program.learner()?.longest_history()?;
        let mut places: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for (index, place) in way.iter().enumerate().filter(|(_, place)| place.line > 0) {
            places.entry(place.clone()).or_default().push(index);
        }
        let (place, at) = places.into_iter().max_by_key(|(_, at)| at.len())?;
        let turn = &way[*at.first()?..=*at.last()?];
        let turn = turn.iter().filter(|it| it.file == place.file);
        let from = turn.clone().min_by_key(|it| it.line)?.clone();
        let to = turn.map(|it| it.line).max()?;
        let times = at.len();
        (times >= Self::TIMES_MIN).then_some(Self {
            goroutine,
            from,
            to,
            times,
        })
    }
}

impl fmt::Display for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, .. } = &self.from;
        let lines = match self.to {
            to if to == *line => format!("line {line}"),
            to => format!("lines {line} to {to}"),
        };
        let who = escape::visible_lines(&self.goroutine);
        write!(
            f,
            "in one execution {who} goes round {lines} of {file} {} times; if that is a loop \
             without an end, write it with `repeat` or `forever`, so that the search knows when a \
             turn is like an earlier one",
            self.times
        )
    }
}

/// Most traces of a report.
pub const TRACES_MAX: usize = 16;

/// Returns the traces of the findings. The worst come first, then those with the fewest steps, then
/// those with the fewest context switches. Once the meter ends the search, no trace follows the
/// first.
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
    let chance = Chance::of(program, meter)?;
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
        traces.push((rank(bad.end), trace.found_by(findings, chance)));
    }
    traces.sort_by_key(|(rank, trace)| (*rank, trace.steps.len(), trace.switches()));
    Ok(traces.into_iter().map(|(_, trace)| trace).collect())
}

/// Returns the rank of an end. The worst has the lowest.
fn rank(end: End) -> u8 {
    match end {
        End::Panic => 0,
        End::Deadlock => 1,
        End::Leak => 2,
        End::Cut | End::Complete => 3,
    }
}
