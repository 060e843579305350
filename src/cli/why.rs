//! `why`: explains why the fix works. The schedule of the bug is played on both variants.

use std::sync::Arc;

use gordian_checker::Subject;
use gordian_checker::catalogue::VariantKind;
use gordian_checker::execution::words;
use gordian_checker::explain::compare::Why;
use gordian_checker::render::compare_text;

use super::args::WhyArgs;
use super::expectation::is_answer;
use super::failure::Failure;
use super::progress::ProgressLine;
use super::search::{Plan, named, search};
use super::supervise::supervise;
use super::{Session, exit, select_kernels, signals};

pub(crate) fn why(session: &mut Session<'_>, args: &WhyArgs) -> Result<u8, Failure> {
    let kernel = select_kernels::one(session, &args.kernel)?;
    let plan = Plan::new(&args.search)?;
    let mut progress = ProgressLine::new(!args.json && !session.quiet);
    let mut reports = Vec::new();
    for form in VariantKind::ALL {
        progress.label(format!("{} {form}", kernel.name));
        reports.push(search(&plan, args.engine, (&kernel, form), &mut progress)?);
        if signals::interrupted() {
            return Err(Failure::NoAnswer("interrupted".to_owned()));
        }
    }
    let fixed = reports.pop().expect("two forms, two reports");
    let buggy = reports.pop().expect("two forms, two reports");
    let Some(trace) = buggy.traces.first() else {
        let text = format!(
            "the buggy variant of {} has not failed: {}",
            kernel.name, buggy.verdict
        );
        return Err(Failure::NoAnswer(text));
    };
    let timers = plan.timers.of(&kernel);
    let trace = named(trace.clone(), &kernel, VariantKind::Buggy, timers);
    let answered = is_answer(&fixed);
    let built = supervise(
        &Arc::default(),
        plan.stall_max,
        |_| (),
        move || {
            let mut program = kernel
                .fixed
                .subject()
                .program_with(gordian_checker::STACK_BYTES, timers);
            let sources = (kernel.buggy.source, kernel.fixed.source);
            Why::build(&trace, program.as_mut(), &fixed.ground(), Some(sources))
        },
    )?;
    let why = built.map_err(|fault| Failure::NoAnswer(words::fault(&fault)))?;
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
