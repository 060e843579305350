//! The findings of a search of a Go package: told apart, put in order, and judged.

use gordian_checker::execution::end_state::{EndState, GoroutineStatus};
use gordian_checker::explain::trace::{Ending, Standing, State};
use gordian_checker::explore::{Findings, Limit};
use gordian_checker::model::End;
use gordian_checker::{Report, Verdict};
use gordian_go::Finding;

use super::args::Leaks;
use gordian_checker::render::text::ends_in;

/// The verdicts on findings, the worst first.
const ORDER: [Verdict; 8] = [
    Verdict::Panic,
    Verdict::Misuse,
    Verdict::LateLog,
    Verdict::Deadlock,
    Verdict::Race,
    Verdict::Leak,
    Verdict::Exit,
    Verdict::Fail,
];

/// Returns the verdict on a panic with this message.
fn of_panic(message: &str) -> Verdict {
    match Finding::of(message) {
        None => Verdict::Panic,
        Some(Finding::Fail) => Verdict::Fail,
        Some(Finding::Exit) => Verdict::Exit,
        Some(Finding::Misuse) => Verdict::Misuse,
        Some(Finding::LateLog) => Verdict::LateLog,
    }
}

/// Returns the verdict on a bad end.
fn of_end(end: &EndState) -> Verdict {
    let message = |(_, standing): &(String, GoroutineStatus)| match standing {
        GoroutineStatus::Panicked(message) => Some(of_panic(message)),
        GoroutineStatus::Returned | GoroutineStatus::Blocked(..) => None,
    };
    match end.end {
        End::Deadlock => Verdict::Deadlock,
        End::Leak => Verdict::Leak,
        End::Panic | End::Cut | End::Complete => {
            let found = end.goroutines.iter().find_map(message);
            found.unwrap_or(Verdict::Panic)
        }
    }
}

/// Returns the ending that a panic stands for, where goroutines stand so.
pub(crate) fn ending(end: Ending, last: &[Standing]) -> Ending {
    let panicked = last.iter().find(|it| it.state == State::Panicked);
    match (end, panicked) {
        (Ending::Panic, Some(standing)) => match Finding::of(&standing.reason) {
            None => Ending::Panic,
            Some(Finding::Fail) => Ending::Fail,
            Some(Finding::Exit) => Ending::Exit,
            Some(Finding::Misuse) => Ending::Misuse,
            Some(Finding::LateLog) => Ending::LateLog,
        },
        (end, _) => end,
    }
}

/// Returns the rank of a verdict. The worst has the lowest.
fn rank(name: &str) -> usize {
    let at = ORDER.iter().position(|verdict| verdict.name() == name);
    at.unwrap_or(ORDER.len())
}

/// Makes the worst finding the verdict, and adds the races and the wait groups that are used again
/// too early. The traces are sorted likewise.
pub(crate) fn judge(report: &mut Report, races: &[String], reuses: &[String]) {
    for trace in &mut report.traces {
        trace.end = ending(trace.end, &trace.last);
    }
    report.traces.sort_by_key(|trace| rank(trace.end.name()));
    let is_final = matches!(report.verdict, Verdict::Fault | Verdict::Unsupported);
    let found = report.findings.bad.keys().map(of_end);
    let race = (!races.is_empty()).then_some(Verdict::Race);
    let reuse = (!reuses.is_empty()).then_some(Verdict::Misuse);
    let worst = found.chain(race).chain(reuse);
    let worst = worst.min_by_key(|it| rank(it.name()));
    if let Some(worst) = worst.filter(|_| !is_final) {
        report.verdict = worst;
    }
    let races = races.iter().map(|race| format!("race on {race}"));
    let told = report.reason.take().into_iter();
    let told: Vec<String> = told.chain(reuses.iter().cloned()).chain(races).collect();
    report.reason = (!told.is_empty()).then(|| told.join("; "));
}

/// Notes of a proof that main never returns, so that nothing was said of its end.
pub(crate) fn note_endless(report: &mut Report, returns: bool) {
    if report.verdict == Verdict::Proved && !returns {
        let text = "it never ends: main runs on for ever in every execution";
        report.reason.get_or_insert(text.to_owned());
    }
}

/// Returns true if a test fails in some execution.
pub(crate) fn fails(findings: &Findings) -> bool {
    let mut ends = findings.bad.keys();
    ends.any(|end| of_end(end) == Verdict::Fail)
}

/// Returns true if nothing is bad but that a test fails.
pub(crate) fn only_fails(findings: &Findings) -> bool {
    let mut ends = findings.bad.keys();
    ends.all(|end| of_end(end) == Verdict::Fail)
}

/// Returns true if a test fails in no execution in quiet time. Where it fails in another, a timer
/// fires before the others have done all they can: the test is right.
pub(crate) fn excuses(in_quiet: &Report) -> bool {
    !fails(&in_quiet.findings) && in_quiet.findings.complete
}

/// Takes the failures of the test out of a report if quiet time [excuses] them.
pub(crate) fn excuse_early_timers(report: &mut Report, in_quiet: &Report) {
    if !excuses(in_quiet) {
        return;
    }
    excuse(report, Verdict::Fail);
    report
        .reason
        .get_or_insert("the test fails only if a timer is early".to_owned());
}

/// Takes the failures of the test out of a report if there are none where time passes as durations
/// say. Without another finding the answer is the one of that time, since an execution ends where
/// the test fails. Returns true if it is.
pub(crate) fn take_the_clock(report: &mut Report, by_clock: Report) -> bool {
    if fails(&by_clock.findings) || by_clock.fault.is_some() {
        return false;
    }
    excuse(report, Verdict::Fail);
    if !report.findings.bad.is_empty() {
        return false;
    }
    *report = by_clock;
    true
}

/// Takes the failures of the test out of a report, if they are the worst that was found. The test
/// looks at a time that stands still, and may pass in real time. So there is no verdict.
pub(crate) fn doubt_failures(report: &mut Report) {
    if report.verdict != Verdict::Fail {
        return;
    }
    let text = report.traces.first().map(ends_in).unwrap_or_default();
    excuse(report, Verdict::Fail);
    report.verdict = Verdict::Unsupported;
    let why = "it looks at the time (time.Now), which stands still here, and so it fails";
    report.reason = Some(format!("{why}: {text}"));
}

/// Takes the leaks out of a report, unless they are findings.
pub(crate) fn excuse_leaks(report: &mut Report, leaks: Leaks) {
    let mut traces = report.traces.iter();
    let first = traces.find(|trace| trace.end == Ending::Leak);
    let Some(text) = first.map(ends_in).filter(|_| leaks != Leaks::Fail) else {
        return;
    };
    excuse(report, Verdict::Leak);
    if leaks == Leaks::Warn {
        let text = format!("a leak, which --leaks fail makes a finding: {text}");
        report.reason.get_or_insert(text);
    }
}

/// Takes the findings of this verdict out of a report.
fn excuse(report: &mut Report, verdict: Verdict) {
    let findings = &mut report.findings;
    let excused = findings.bad.iter();
    let excused = excused.filter(|(end, _)| of_end(end) == verdict);
    let count: u64 = excused.map(|(_, bad)| bad.count).sum();
    findings.bad_executions = findings.bad_executions.saturating_sub(count);
    // Of that many ends, others may not have been kept.
    if findings.complete && !findings.knows_all_bad_ends() {
        findings.complete = false;
        findings.record_limit(Limit::FoundBad);
    }
    findings.bad.retain(|end, _| of_end(end) != verdict);
    if findings.bad.is_empty() {
        findings.first_bad = None;
    }
    for trace in &mut report.traces {
        trace.end = ending(trace.end, &trace.last);
    }
    report
        .traces
        .retain(|trace| trace.end.name() != verdict.name());
    if !matches!(report.verdict, Verdict::Fault | Verdict::Unsupported) {
        report.verdict = Verdict::of(findings, report.fault.is_some());
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use gordian_checker::Checker;
    use gordian_checker::explore::Bad;

    use super::*;

    /// Only so many bad ends are kept, and others may lie beyond them.
    #[test]
    fn nothing_is_proved_by_excusing_as_many_ends_as_are_kept() {
        let excused = |ends: u32| {
            let mut report = Checker::new().check_subject(&Rc::new(|| ()));
            report.findings.bad = (0..ends).map(failure).collect();
            excuse(&mut report, Verdict::Fail);
            assert!(report.findings.bad.is_empty());
            report.verdict
        };
        assert_eq!(excused(999), Verdict::Proved);
        assert_eq!(excused(1000), Verdict::Bounded);
    }

    fn failure(nth: u32) -> (EndState, Bad) {
        let status = GoroutineStatus::Panicked(format!("the test fails: {nth}"));
        let end = EndState {
            end: End::Panic,
            goroutines: vec![("main".to_owned(), status)],
            objects: Vec::new(),
        };
        let bad = Bad {
            end: End::Panic,
            path: Vec::new(),
            cycle: 0,
            count: 1,
        };
        (end, bad)
    }
}
