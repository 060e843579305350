//! `run`: check one variant, and show the execution in which it fails.

use gordian_checker::catalogue::{Form, Kernel};
use gordian_checker::{Report, Verdict};
use serde::Serialize;

use super::args::{RunArgs, ShowArgs, TraceFormat};
use super::failure::Failure;
use super::look::{Tone, thousands};
use super::play::{How, Played, play};
use super::progress::Progress;
use super::search::{Plan, search};
use super::stored::Stored;
use super::{Session, exit, pick, signals};

pub(crate) fn run(session: &mut Session<'_>, args: &RunArgs) -> Result<u8, Failure> {
    let kernel = pick::one(session.catalogue, &args.kernel)?;
    let form = args.variant;
    let plan = Plan::new(&args.search)?;
    let mut progress = Progress::new(is_human(&args.show) && !session.quiet);
    progress.label(format!("{} {form}", kernel.name));
    let found = search(&plan, args.engine, kernel.variant(form), &mut progress)?;
    let report = &found.report;
    let played = match &found.schedule {
        None => None,
        Some(schedule) => {
            let how = How {
                go_on: false,
                steps_max: args.search.steps_max,
                stall_max: plan.stall_max,
            };
            Some(play(kernel.variant(form), schedule, how)?)
        }
    };
    if let Some(path) = &args.save {
        match &played {
            Some(played) => Stored::new(&kernel, form, played.schedule.clone()).save(path)?,
            None => session.hint("nothing bad was found: there is no schedule to be stored"),
        }
    }
    if is_human(&args.show) {
        headline(session, &kernel, form, report)?;
        if let Some(played) = &played {
            show(session, &kernel, form, played)?;
        }
    } else {
        json(session, &kernel, form, report.verdict, played.as_ref())?;
    }
    session.out.flush()?;
    if signals::interrupted() {
        return Err(Failure::NoAnswer(
            "interrupted: this is what is known so far".to_owned(),
        ));
    }
    Ok(code(args.expect, report.verdict))
}

/// Whether people are to read it.
pub(crate) fn is_human(show: &ShowArgs) -> bool {
    show.format == TraceFormat::Human && !show.json
}

/// The exit code of a verdict.
pub(crate) fn code(expect: Option<Verdict>, verdict: Verdict) -> u8 {
    match expect {
        Some(expected) if expected == verdict => exit::AS_EXPECTED,
        _ if matches!(verdict, Verdict::Bounded | Verdict::Unsupported) => exit::NO_ANSWER,
        None if verdict == Verdict::Proved => exit::AS_EXPECTED,
        _ => exit::UNEXPECTED,
    }
}

/// What the search has to say, in a line or two.
fn headline(
    session: &mut Session<'_>,
    kernel: &Kernel,
    form: Form,
    report: &Report,
) -> Result<(), Failure> {
    let look = session.look;
    let findings = &report.findings;
    let name = format!("{} ({form})", kernel.name);
    let states = findings.states.map_or(String::new(), |states| {
        format!(", {} states", thousands(states))
    });
    let searched = format!(
        "{} executions{states}, {}",
        thousands(findings.executions),
        report.engine.name()
    );
    let limits: Vec<String> = findings.limits.iter().map(ToString::to_string).collect();
    let limits = limits.join("; ");
    match report.verdict {
        Verdict::Proved => {
            let proved = look.paint(Tone::Good, "proved");
            writeln!(
                session.out,
                "{proved}: {name}: no execution is bad, and all were explored ({searched})"
            )?;
        }
        Verdict::Bounded => {
            let bounded = look.paint(Tone::Doubtful, "bounded");
            writeln!(
                session.out,
                "{bounded}: {name}: nothing bad was found, but this is NOT a proof: {limits} ({searched})"
            )?;
        }
        verdict => {
            let error = look.paint(Tone::Bad, &format!("error[{verdict}]"));
            let share = match findings.complete {
                true => format!("{} of {}", thousands(findings.bad_executions), searched),
                false => format!(
                    "{} so far of {}",
                    thousands(findings.bad_executions),
                    searched
                ),
            };
            writeln!(session.out, "{error}: {name}: {share}")?;
        }
    }
    if let Some(fault) = &report.fault {
        writeln!(session.out, "{fault}")?;
    }
    Ok(())
}

/// An execution for people, and how to see it again.
pub(crate) fn show(
    session: &mut Session<'_>,
    kernel: &Kernel,
    form: Form,
    played: &Played,
) -> Result<(), Failure> {
    writeln!(session.out, "\n  {}\n", kernel.variant(form).file)?;
    for line in played.list() {
        writeln!(session.out, "{line}")?;
    }
    let (program, name) = (&session.program, kernel.name);
    writeln!(
        session.out,
        "\n  replay    {program} replay {name} --variant {form} --schedule {}",
        quoted(&played.schedule)
    )?;
    writeln!(
        session.out,
        "  step      {program} step   {name} --variant {form}"
    )?;
    if form == Form::Buggy {
        writeln!(session.out, "  fix       {program} why    {name}")?;
    }
    Ok(())
}

/// A schedule as a word of a shell.
fn quoted(schedule: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || ",+:*._-/=@%".contains(c);
    if !schedule.is_empty() && schedule.chars().all(plain) {
        return schedule.to_owned();
    }
    format!("'{}'", schedule.replace('\'', "'\\''"))
}

#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    kernel: &'a str,
    variant: String,
    verdict: String,
    schedule: Option<&'a str>,
}

/// An execution as JSON.
pub(crate) fn json(
    session: &mut Session<'_>,
    kernel: &Kernel,
    form: Form,
    verdict: Verdict,
    played: Option<&Played>,
) -> Result<(), Failure> {
    let line = Line {
        version: 1,
        kernel: kernel.name,
        variant: form.to_string(),
        verdict: verdict.to_string(),
        schedule: played.map(|played| played.schedule.as_str()),
    };
    let text = serde_json::to_string(&line).map_err(std::io::Error::from)?;
    writeln!(session.out, "{text}")?;
    Ok(())
}
