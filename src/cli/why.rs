//! `why`: explains why the fix works. The schedule of the bug is played on both variants.

use std::sync::Arc;

use gordian_checker::catalogue::TimerRules;
use gordian_checker::execution::words;
use gordian_checker::explain::Trace;
use gordian_checker::explain::compare::Why;
use gordian_checker::model::Fault;
use gordian_checker::render::compare_text;
use gordian_checker::{Report, STACK_BYTES};

use super::args::WhyArgs;
use super::expectation::is_answer;
use super::failure::Failure;
use super::progress::ProgressLine;
use super::search::{Plan, search};
use super::supervise::supervise;
use super::target::{self, Target};
use super::{Session, exit, signals};

/// Returns the target with the bug, and the one without.
fn targets(session: &Session<'_>, args: &WhyArgs) -> Result<[Target; 2], Failure> {
    let of = |name: &str, form: Option<&str>| target::one(session, name, form, &args.target);
    match &args.fixed {
        Some(fixed) => Ok([of(&args.kernel, None)?, of(fixed, None)?]),
        None if target::is_go(session, &args.kernel) => Err(Failure::Usage(format!(
            "which Go package is without the bug? {} why {} FIXED",
            session.program, args.kernel
        ))),
        None => Ok([
            of(&args.kernel, Some("buggy"))?,
            of(&args.kernel, Some("fixed"))?,
        ]),
    }
}

pub(crate) fn why(session: &mut Session<'_>, args: &WhyArgs) -> Result<u8, Failure> {
    let [buggy_target, fixed_target] = targets(session, args)?;
    let plan = Plan::new(&args.search)?;
    let mut progress = ProgressLine::new(!args.json && !session.quiet);
    let mut reports = Vec::new();
    for target in [&buggy_target, &fixed_target] {
        progress.label(format!("{} {}", target.name(), target.form()));
        reports.push(search(&plan, args.engine, target, &mut progress)?);
        if signals::interrupted() {
            return Err(Failure::NoAnswer("interrupted".to_owned()));
        }
    }
    let fixed = reports.pop().expect("two forms, two reports");
    let buggy = reports.pop().expect("two forms, two reports");
    let Some(trace) = buggy.traces.first() else {
        let which = match buggy_target.is_package() {
            true => buggy_target.form() + " of",
            false => "the buggy variant of".to_owned(),
        };
        let (name, verdict) = (buggy_target.name(), buggy.verdict);
        let text = format!("{which} {name} has not failed: {verdict}");
        return Err(Failure::NoAnswer(text));
    };
    let trace = buggy_target.named(trace.clone(), plan.timers.of(&buggy_target));
    let answered = is_answer(&fixed);
    let why = compare(&plan, (&buggy_target, trace), (&fixed_target, &fixed))?;
    if args.json {
        session.write_json(&why)?;
    } else {
        let text = compare_text::render(&why, &session.report_look(args.all));
        session.out.write_all(text.as_bytes())?;
    }
    Ok(if answered {
        exit::AS_EXPECTED
    } else {
        exit::NO_ANSWER
    })
}

/// Plays the schedule of a bug on the variant without it, under supervision.
pub(crate) fn compare(
    plan: &Plan,
    (buggy, trace): (&Target, Trace),
    (fixed, report): (&Target, &Report),
) -> Result<Why, Failure> {
    let assumed = fixed.assumptions();
    let ground = match assumed.is_empty() {
        true => report.ground(),
        false => format!("{}, assuming: {}", report.ground(), assumed.join("; ")),
    };
    let both = [buggy, fixed].map(|target| (target.clone(), plan.timers.of(target)));
    // This runs code of both variants, which may never come back.
    let built = supervise(
        &Arc::default(),
        plan.stall_max,
        |_| (),
        move || {
            let both = both.each_ref().map(|(target, timers)| (target, *timers));
            build(&trace, both, &ground)
        },
    )?;
    built.map_err(|fault| Failure::NoAnswer(words::fault(&fault)))
}

/// Plays the schedule of a bug on the variant without it. The ground is that of the claim that the
/// second has no bad end.
///
/// # Errors
/// If a variant has a fault.
pub(crate) fn build(
    bug: &Trace,
    variants: [(&Target, TimerRules); 2],
    ground: &str,
) -> Result<Why, Fault> {
    let [mut buggy, mut fixed] =
        variants.map(|(target, timers)| target.subject().program_with(STACK_BYTES, timers));
    let [of_buggy, of_fixed] = variants.map(|(target, _)| target.source());
    let sources = of_buggy.zip(of_fixed);
    Why::build(bug, buggy.as_mut(), fixed.as_mut(), ground, sources)
}
