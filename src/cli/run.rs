//! `run`: checks one variant, and shows the execution in which it fails.

use gordian_checker::execution::escape::visible;
use gordian_checker::execution::escape::visible_lines;
use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::render::states::render as draw_states;
use gordian_checker::render::text::ends_in;
use gordian_checker::render::{Format, sarif};
use gordian_checker::{Report, Verdict};
use serde::Serialize;

use super::args::{RunArgs, threads};
use super::checkpoint::Owner;
use super::draw::draw;
use super::expectation::is_answer;
use super::failure::Failure;
use super::progress::ProgressLine;
use super::search::{Plan, search};
use super::states::states;
use super::stored::Stored;
use super::target::{self, Target};
use super::terminal::{Terminal, Tone, thousands};
use super::{Session, exit, signals};

/// The JSON line of a search without a trace.
#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    kernel: &'a str,
    variant: String,
    end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    timers: Option<&'a str>,
    schedule: Option<&'a str>,
    executions: u64,
    states: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reduced: bool,
    complete: bool,
    limits: Vec<String>,
    /// The assumptions, of Go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumptions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(crate) fn run(session: &mut Session<'_>, args: &RunArgs) -> Result<u8, Failure> {
    let target = target::one(session, &args.kernel, args.variant.as_deref(), &args.target)?;
    let form = match target.is_quiet() {
        true => format!("{} in quiet time", target.form()),
        false => target.form(),
    };
    let owner = Owner::new(target.name(), &form, target.digest());
    let plan = Plan::new(&args.search)?
        .with_checkpoint(args.checkpoint.of(owner))
        .with_threads(threads(args.threads.jobs));
    let mut progress = ProgressLine::new(args.show.is_human() && !session.quiet);
    progress.label(format!("{} {}", target.name(), target.form()));
    let report = search(&plan, args.engine, &target, &mut progress)?;
    let trace = report.traces.first().cloned();
    let trace = trace.map(|trace| target.named(trace, report.timers));
    if args.show.shows_states() {
        let way = trace.as_ref().map(|trace| trace.schedule.clone());
        let graph = states(&plan, &target, report.timers, way)?;
        session.out.write_all(draw_states(&graph).as_bytes())?;
    } else {
        tell(session, args, &target, &report, trace.as_ref())?;
    }
    let assumed = target.assumptions();
    if !assumed.is_empty() && args.show.is_human() {
        session.write_under("assuming", 14, &assumed.join("; "))?;
    }
    session.out.flush()?;
    if let Some(path) = &args.save {
        match &trace {
            Some(trace) => {
                Stored::new(&target, report.timers, trace.schedule.clone()).save(path)?;
            }
            None => session.hint("nothing bad was found: there is no schedule to be stored"),
        }
    }
    if signals::interrupted() {
        return Err(Failure::NoAnswer(
            "interrupted: this is what is known so far".to_owned(),
        ));
    }
    Ok(code(args.expect, report.verdict, is_answer(&report)))
}

/// Draws the execution, or explains why there is none.
fn tell(
    session: &mut Session<'_>,
    args: &RunArgs,
    target: &Target,
    report: &Report,
    trace: Option<&Trace>,
) -> Result<(), Failure> {
    let findings = &report.findings;
    let name = format!("{} ({})", target.name(), target.form());
    match trace {
        Some(trace) => {
            draw(session, trace, target, &args.show, None)?;
            if args.show.is_human() {
                other_ends(session, &report.traces[1..])?;
                let reason = report.reason.as_deref().and_then(|it| beside(trace, it));
                if let Some(reason) = reason {
                    session.write_under("also", 14, &reason)?;
                }
            }
        }
        None if args.show.is_human() => {
            let text = nothing(
                session.terminal,
                &name,
                report,
                &target.said(report.verdict),
            );
            writeln!(session.out, "{text}")?;
            if let (Verdict::Proved, Some(reason)) = (report.verdict, &report.reason) {
                session.write_under("note", 14, reason)?;
            }
        }
        // A reader of SARIF gets a document in any case: one without results.
        None if args.show.form() == Format::Sarif => {
            session.out.write_all(sarif::render(&[]).as_bytes())?;
        }
        None if !matches!(args.show.form(), Format::Json | Format::Ndjson) => {
            let terminal = Terminal {
                colour: false,
                ..session.terminal
            };
            session.hint(&format!(
                "there is nothing to be drawn: {}",
                nothing(terminal, &name, report, &target.said(report.verdict))
            ));
        }
        None => {
            let line = Line {
                version: 1,
                kernel: target.name(),
                variant: target.form(),
                end: target.said(report.verdict),
                timers: report.timers_to_tell(),
                schedule: None,
                executions: findings.executions,
                states: findings.states,
                reduced: findings.reduced,
                complete: findings.complete,
                limits: findings.limits.iter().map(ToString::to_string).collect(),
                assumptions: target.assumptions(),
                reason: report
                    .reason
                    .clone()
                    .or(report.fault.as_ref().map(words::fault)),
            };
            session.write_json(&line)?;
        }
    }
    Ok(())
}

/// Lists the other distinct bad ends, one per line.
fn other_ends(session: &mut Session<'_>, traces: &[Trace]) -> Result<(), Failure> {
    for (index, trace) in traces.iter().enumerate() {
        let name = if index == 0 { "other ends" } else { "" };
        let text = format!("{}: {}", trace.end, ends_in(trace));
        session.write_under(name, 14, &text)?;
    }
    Ok(())
}

/// Returns the exit code of a verdict, which may be no answer.
fn code(expect: Option<Verdict>, verdict: Verdict, is_answer: bool) -> u8 {
    let nothing_bad = matches!(
        verdict,
        Verdict::Proved | Verdict::Within | Verdict::Bounded
    );
    match expect {
        Some(expected) if expected == verdict => exit::AS_EXPECTED,
        _ if !is_answer => exit::NO_ANSWER,
        None if nothing_bad => exit::AS_EXPECTED,
        _ => exit::UNEXPECTED,
    }
}

/// Returns the text that replaces an execution if there is none.
fn nothing(terminal: Terminal, name: &str, report: &Report, said: &str) -> String {
    let name = visible(name);
    let findings = &report.findings;
    let timers = report.timers_to_tell();
    let timers = timers.map_or_else(String::new, |version| {
        format!(", timers as in Go {version}")
    });
    let looked_at = match findings.states {
        Some(states) => format!("{} states", thousands(states)),
        None => format!("{} executions", thousands(findings.executions)),
    };
    let by = report.finished_by.unwrap_or(report.engine.name());
    // What was excused is told beside.
    let nothing = match report.reason {
        Some(_) => "no finding",
        None => "nothing bad",
    };
    let limits: Vec<String> = findings.limits.iter().map(ToString::to_string).collect();
    let verdict = report.verdict;
    match (verdict, &report.fault) {
        (Verdict::Proved, _) => {
            let proved = terminal.paint(Tone::Good, said);
            let rest = match findings.reduced {
                true => "the others lead to no other end",
                false => "these are all",
            };
            format!("{proved}: {name}: {nothing} in {looked_at}, and {rest} ({by}{timers})")
        }
        (Verdict::Bounded | Verdict::Within, _) => {
            let sign = terminal.paint(Tone::Doubtful, &verdict.to_string());
            let limits = limits.join("; ");
            let turns = report.turns.as_ref();
            let turns = turns.map_or_else(String::new, |turns| format!("\n  note: {turns}"));
            format!(
                "{sign}: {name}: {nothing} in {looked_at} ({by}{timers}), but this is NOT a \
                 proof: {limits}{turns}"
            )
        }
        (_, Some(fault)) => {
            let error = terminal.paint(Tone::Bad, &format!("error[{verdict}]"));
            let text = visible_lines(&words::fault(fault));
            format!("{error}: {name}: {text}")
        }
        (_, None) => {
            let reason = visible_lines(report.reason.as_deref().unwrap_or_default());
            format!("{verdict}: {name}: {reason}")
        }
    }
}

/// Returns the remarks about a report without the race that an execution shows.
fn beside(trace: &Trace, reason: &str) -> Option<String> {
    let sides = trace.last.iter().filter_map(|it| {
        let (_, place) = it.races()?.rsplit_once(" at ")?;
        Some((format!("{} ", it.goroutine), format!("it at {place}")))
    });
    let sides: Vec<(String, String)> = sides.collect();
    let is_shown = |told: &&str| {
        let mut sides = sides.iter();
        sides.len() > 0 && sides.all(|(who, place)| told.contains(who) && told.contains(place))
    };
    let others: Vec<&str> = reason.split("; ").filter(|it| !is_shown(it)).collect();
    (!others.is_empty()).then(|| others.join("; "))
}
