//! The states of a target, for a picture or a page.

use std::sync::Arc;

use gordian_checker::STACK_BYTES;
use gordian_checker::catalogue::TimerRules;
use gordian_checker::execution::words;
use gordian_checker::explain::StateGraph;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::Watch;

use super::failure::Failure;
use super::search::Plan;
use super::signals;
use super::supervise::supervise;
use super::target::Target;

/// Visits the states of a target, with those on the way of a schedule.
///
/// # Errors
/// If the target has a fault, or a goroutine never comes back.
pub(crate) fn states(
    plan: &Plan,
    target: &Target,
    timers: TimerRules,
    way: Option<String>,
) -> Result<StateGraph, Failure> {
    let watch: Arc<Watch> = Arc::default();
    let _interruptible = signals::Guard::new(&watch);
    let (of_target, meter) = (target.clone(), plan.meter(&watch));
    let collected = supervise(
        &watch,
        plan.stall_max,
        |_| (),
        move || {
            let mut program = of_target.subject().program_with(STACK_BYTES, timers);
            let ways: Vec<&str> = way.iter().map(String::as_str).collect();
            StateGraph::collect(program.as_mut(), &ways, &meter)
        },
    )?;
    let mut graph = collected.map_err(|fault| Failure::NoAnswer(words::fault(&fault)))?;
    // A panic of Go may stand for something else.
    for node in &mut graph.states {
        if node.end == Ending::Panic {
            node.end = target.ending(node.end, &node.standings);
        }
    }
    Ok(graph)
}
