//! `run`: check one variant, and show the execution in which it fails.

use gordian_checker::Verdict;
use gordian_checker::execution::escape::visible;
use gordian_checker::execution::escape::visible_lines;
use gordian_checker::execution::words;
use gordian_checker::render::sarif;
use serde::Serialize;

use super::args::{RunArgs, TraceFormat};
use super::checkpoint::Owner;
use super::draw::draw;
use super::failure::Failure;
use super::judge::is_answer;
use super::look::{Look, Tone, thousands};
use super::progress::Progress;
use super::search::{Plan, search};
use super::stored::{Stored, digest};
use super::{Session, exit, pick, signals};

/// What a search says that has found nothing to be shown.
#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    kernel: &'a str,
    variant: String,
    end: String,
    schedule: Option<&'a str>,
    executions: u64,
    states: Option<u64>,
    complete: bool,
    limits: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(crate) fn run(session: &mut Session<'_>, args: &RunArgs) -> Result<u8, Failure> {
    let kernel = pick::one(session, &args.kernel)?;
    let form = args.variant;
    let source = digest(kernel.variant(form).source);
    let owner = Owner::new(kernel.name, &form.to_string(), source);
    let plan = Plan::new(&args.search)?.with_checkpoint(args.checkpoint.of(owner));
    let mut progress = Progress::new(args.show.is_human() && !session.quiet);
    progress.label(format!("{} {form}", kernel.name));
    let report = search(&plan, args.engine, kernel.variant(form), &mut progress)?;
    let trace = report.traces.first().cloned();
    let trace = trace.map(|trace| trace.named(kernel.name, &form.to_string()));
    let findings = &report.findings;
    match &trace {
        Some(trace) => draw(session, trace, kernel.variant(form), &args.show)?,
        None if args.show.is_human() => {
            let name = format!("{} ({form})", kernel.name);
            let text = nothing(session.look, &name, &report);
            writeln!(session.out, "{text}")?;
        }
        None if args.show.form() == TraceFormat::Sarif => {
            session.out.write_all(sarif::render(&[]).as_bytes())?;
        }
        None if !matches!(args.show.form(), TraceFormat::Json | TraceFormat::Ndjson) => {
            let name = format!("{} ({form})", kernel.name);
            let look = Look {
                colour: false,
                ..session.look
            };
            session.hint(&format!(
                "there is nothing to be drawn: {}",
                nothing(look, &name, &report)
            ));
        }
        None => {
            let line = Line {
                version: 1,
                kernel: kernel.name,
                variant: form.to_string(),
                end: report.verdict.to_string(),
                schedule: None,
                executions: findings.executions,
                states: findings.states,
                complete: findings.complete,
                limits: findings.limits.iter().map(ToString::to_string).collect(),
                reason: report
                    .reason
                    .clone()
                    .or(report.fault.as_ref().map(words::fault)),
            };
            session.write_json(&line)?;
        }
    }
    session.out.flush()?;
    if let Some(path) = &args.save {
        match &trace {
            Some(trace) => Stored::new(&kernel, form, trace.schedule.clone()).save(path)?,
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

/// The exit code of a verdict, which may be no answer.
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

/// What is said where there is no execution to be shown.
fn nothing(look: Look, name: &str, report: &gordian_checker::Report) -> String {
    let name = visible(name);
    let findings = &report.findings;
    let looked_at = match findings.states {
        Some(states) => format!("{} states", thousands(states)),
        None => format!("{} executions", thousands(findings.executions)),
    };
    let by = report.finished_by.unwrap_or(report.engine.name());
    let limits: Vec<String> = findings.limits.iter().map(ToString::to_string).collect();
    let verdict = report.verdict;
    match (verdict, &report.fault) {
        (Verdict::Proved, _) => {
            let proved = look.paint(Tone::Good, "proved");
            format!("{proved}: {name}: nothing bad in {looked_at}, and these are all ({by})")
        }
        (Verdict::Bounded | Verdict::Within, _) => {
            let sign = look.paint(Tone::Doubtful, &verdict.to_string());
            let limits = limits.join("; ");
            format!(
                "{sign}: {name}: nothing bad in {looked_at} ({by}), but this is NOT a proof: {limits}"
            )
        }
        (_, Some(fault)) => {
            let error = look.paint(Tone::Bad, &format!("error[{verdict}]"));
            let text = visible_lines(&words::fault(fault));
            format!("{error}: {name}: {text}")
        }
        (_, None) => {
            let reason = visible_lines(report.reason.as_deref().unwrap_or_default());
            format!("{verdict}: {name}: {reason}")
        }
    }
}
