//! `twin`: explains why a schedule was not explored.

use std::sync::Arc;

use gordian_checker::explain::twin::{NoTwin, Twin};
use gordian_checker::explore::Watch;
use gordian_checker::render::twin_text::{Of, render};
use gordian_checker::replay::twin_of_subject;
use serde::Serialize;

use super::args::{SearchArgs, TargetArgs};
use super::failure::Failure;
use super::play::{How, play};
use super::progress::ProgressLine;
use super::replay::{self, Asked};
use super::search::Plan;
use super::stored::Stored;
use super::supervise::supervise;
use super::values::variant;
use super::{Session, exit, signals};

/// The arguments of `twin`.
#[derive(clap::Args, Debug)]
pub(crate) struct TwinArgs {
    /// The kernel: its name, or a unique beginning or end of it; or a Go package, folder or file
    /// [default: the one named in the schedule's file]
    #[arg(value_name = "KERNEL")]
    pub(crate) kernel: Option<String>,
    /// The variant [default: the one named in the schedule's file, else buggy]; of a Go package,
    /// the test
    #[arg(long, value_name = "VARIANT", value_parser = variant())]
    pub(crate) variant: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The choices of a whole execution, as in `main*2,main+loop,loop`, or a file with them:
    /// `@FILE`
    #[arg(long, value_name = "SCHEDULE")]
    pub(crate) schedule: String,
    /// Go on with the first goroutine that can move when the schedule ends
    #[arg(long = "continue")]
    pub(crate) go_on: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
}

/// The answer as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    kernel: &'a str,
    variant: &'a str,
    #[serde(flatten)]
    twin: &'a Twin,
}

pub(crate) fn twin(session: &mut Session<'_>, args: &TwinArgs) -> Result<u8, Failure> {
    let stored = Stored::of_flag(&args.schedule)?;
    let asked = Asked {
        kernel: args.kernel.as_deref(),
        variant: args.variant.as_deref(),
        args: &args.target,
    };
    let target = replay::target(session, asked, &stored)?;
    let plan = Plan::new(&args.search)?;
    let timers = replay::timers(&target, plan.timers, &stored)?;
    let how = How {
        go_on: true,
        steps_max: args.search.steps_max,
        stall_max: plan.stall_max,
        timers,
    };
    let text = match args.go_on {
        true => play(&target, &stored.schedule, how)?.trace.schedule,
        false => stored.schedule,
    };
    let mut progress = ProgressLine::new(!args.json && !session.quiet);
    progress.label(format!("{} {}", target.name(), target.form()));
    let watch: Arc<Watch> = Arc::default();
    let _interruptible = signals::Guard::new(&watch);
    let (looked, meter, of_search) = (watch.clone(), plan.meter(&watch), target.clone());
    let found = supervise(
        &watch,
        plan.stall_max,
        |elapsed| progress.show(&looked, elapsed),
        move || twin_of_subject(of_search.subject().as_ref(), &text, timers, meter),
    );
    progress.clear();
    let twin = found?.map_err(|why| failure(&why))?;
    let (kernel, variant) = (target.name(), &target.form());
    if args.json {
        session.write_json(&Answer {
            version: 1,
            kind: "twin",
            kernel,
            variant,
            twin: &twin,
        })?;
    } else {
        let text = render(&twin, Of { kernel, variant }, &session.report_look(false));
        session.out.write_all(text.as_bytes())?;
    }
    Ok(exit::AS_EXPECTED)
}

fn failure(why: &NoTwin) -> Failure {
    match why {
        NoTwin::Unreadable(_) | NoTwin::Misfit(_) | NoTwin::QuietTime => {
            Failure::Usage(why.to_string())
        }
        NoTwin::Prefix { .. } => Failure::Usage(format!(
            "{why}\n  --continue goes on from there with the first that can move"
        )),
        NoTwin::Stopped { .. } | NoTwin::None { .. } | NoTwin::Fault(_) => {
            Failure::NoAnswer(why.to_string())
        }
    }
}
