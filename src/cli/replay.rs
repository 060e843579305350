//! `replay`: plays a schedule, and shows where it leads.

use gordian_checker::catalogue::TimerRules;
use gordian_checker::execution::escape::visible;
use gordian_checker::execution::replay::{Divergence, GivenUp};
use gordian_checker::explain::trace::Ending;

use super::args::{ReplayArgs, TargetArgs, TimersArgs};
use super::draw::draw;
use super::failure::Failure;
use super::play::{How, play};
use super::search::Plan;
use super::states::states;
use super::stored::Stored;
use super::target::{self, Target};
use super::{Session, exit};

pub(crate) fn replay(session: &mut Session<'_>, args: &ReplayArgs) -> Result<u8, Failure> {
    let stored = Stored::of_flag(&args.schedule)?;
    let asked = Asked {
        kernel: args.kernel.as_deref(),
        variant: args.variant.as_deref(),
        args: &args.target,
    };
    let target = target(session, asked, &stored)?;
    let plan = Plan::new(&args.search)?;
    let timers = timers(&target, plan.timers, &stored)?;
    let how = How {
        go_on: args.go_on,
        steps_max: args.search.steps_max,
        stall_max: plan.stall_max,
        timers,
    };
    let played = play(&target, &stored.schedule, how)?;
    if let Some(divergence) = played.divergence.as_ref().filter(|_| !args.go_on) {
        return Err(Failure::Usage(describe(&target, divergence)));
    }
    if let Some(divergence) = &played.divergence {
        session.warn(&format!(
            "{}; gone on from there",
            does_not_fit(&target, divergence)
        ));
    }
    match played.given_up {
        Some(GivenUp::Steps) => session.warn(&format!(
            "given up after {} steps (--steps-max)",
            how.steps_max
        )),
        Some(GivenUp::Round) => session.warn("given up: from here on it goes round for ever"),
        None => {}
    }
    let trace = target.named(played.trace, timers);
    let code = code(args.expect, trace.end, played.given_up.as_ref());
    let graph = match args.show.shows_states() {
        true => Some(states(
            &plan,
            &target,
            timers,
            Some(trace.schedule.clone()),
        )?),
        false => None,
    };
    draw(session, &trace, &target, &args.show, graph)?;
    Ok(code)
}

/// Returns the exit code of an ending.
fn code(expected: Option<Ending>, end: Ending, given_up: Option<&GivenUp>) -> u8 {
    let is_unknown = end == Ending::Bounded || given_up == Some(&GivenUp::Steps);
    match expected {
        Some(expected) if expected == end => exit::AS_EXPECTED,
        _ if is_unknown => exit::NO_ANSWER,
        None if !end.is_bad() => exit::AS_EXPECTED,
        _ => exit::UNEXPECTED,
    }
}

/// The target that the command line names beside a schedule.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) kernel: Option<&'a str>,
    pub(crate) variant: Option<&'a str>,
    pub(crate) args: &'a TargetArgs,
}

/// Returns the target of a schedule: what is asked for, otherwise what its file names. The two must
/// not contradict each other. Warns if the target has changed since the file was written.
pub(crate) fn target(
    session: &Session<'_>,
    asked: Asked<'_>,
    stored: &Stored,
) -> Result<Target, Failure> {
    let form = match (asked.variant, stored.variant.as_deref()) {
        (Some(asked), Some(of_file)) if asked != of_file => {
            return Err(Failure::Usage(format!(
                "the schedule was stored for the {of_file} variant, not for the {asked} one"
            )));
        }
        (asked, of_file) => asked.or(of_file),
    };
    let one = |name: &str| target::one(session, name, form, asked.args);
    let target = match (asked.kernel, &stored.kernel) {
        (None, None) => Err(Failure::Usage(
            "which kernel? Neither the command line nor the schedule names one".to_owned(),
        )),
        (None, Some(of_file)) => one(of_file),
        (Some(asked), of_file) => {
            let target = one(asked)?;
            match of_file {
                Some(of_file) if *of_file != visible(target.name()) => {
                    Err(Failure::Usage(format!(
                        "the schedule was stored for {of_file}, not for {}",
                        target.name()
                    )))
                }
                _ => Ok(target),
            }
        }
    }?;
    if let Some(stale) = stored.stale(&target) {
        session.warn(&stale);
    }
    Ok(target)
}

/// Returns the rules of timers: those of the schedule's file, otherwise those of the flag,
/// otherwise the target's. The flag must not contradict the file.
pub(crate) fn timers(
    target: &Target,
    asked: TimersArgs,
    stored: &Stored,
) -> Result<TimerRules, Failure> {
    match (asked.asked, stored.timers) {
        (Some(asked), Some(then)) if asked != then => Err(Failure::Usage(format!(
            "the schedule was stored with timers as in Go {}, not as in Go {}",
            then.name(),
            asked.name()
        ))),
        (_, Some(then)) => Ok(then),
        (_, None) => Ok(asked.of(target)),
    }
}

/// Describes the point where a schedule stopped fitting.
fn does_not_fit(target: &Target, divergence: &Divergence) -> String {
    let Divergence { step, token, .. } = divergence;
    let what = if divergence.ambiguous {
        "is not clear"
    } else {
        "does not fit"
    };
    format!(
        "the schedule stops fitting {} {} at step {step}: `{token}` {what} there",
        target.name(),
        target.form()
    )
}

/// Describes the point where a schedule stopped fitting, and what can move there.
pub(crate) fn describe(target: &Target, divergence: &Divergence) -> String {
    let text = does_not_fit(target, divergence);
    if divergence.enabled.is_empty() {
        return format!("{text}\n  nothing can move there: the execution has come to its end");
    }
    let can_move = divergence.enabled.join(", ");
    format!(
        "{text}\n  what can move there: {can_move}\n\
         \x20 --continue goes on from there with the first that can move"
    )
}
