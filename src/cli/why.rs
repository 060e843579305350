//! `why`: why the fix works. The schedule on which the buggy variant fails, played on both.

use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::Subject;
use gordian_checker::catalogue::Form;
use gordian_checker::execution::words;
use gordian_checker::explain::compare::Why;
use gordian_checker::render::compare_text;

use super::args::WhyArgs;
use super::failure::Failure;
use super::judge::is_answer;
use super::progress::Progress;
use super::search::{Plan, STACK_BYTES, named, search};
use super::supervise::supervise;
use super::{Session, exit, pick, signals};

pub(crate) fn why(session: &mut Session<'_>, args: &WhyArgs) -> Result<u8, Failure> {
    let kernel = pick::one(session, &args.kernel)?;
    let plan = Plan::new(&args.search)?;
    let mut progress = Progress::new(!args.json && !session.quiet);
    let mut reports = Vec::new();
    for form in Form::ALL {
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
    let trace = named(trace.clone(), &kernel, Form::Buggy, timers);
    let answered = is_answer(&fixed);
    let built = supervise(
        &Arc::default(),
        plan.stall_max,
        |_| (),
        move || {
            let mut program = Rc::new(kernel.fixed.main).program_with(STACK_BYTES, timers);
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
