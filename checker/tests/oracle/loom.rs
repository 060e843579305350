//! Checks that a script has the same ends under loom as by the rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use gordian_checker::Subject;
use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::{Limits, Meter, Search};
use gordian_checker::loom::Loom;
use gordian_checker::model::TimerRules;
use gordian_checker::script::{AsClosure, Script};

/// Executions after which a script is given up; the ends found until then must be right.
const EXECUTIONS_MAX: u64 = 300;

/// Compares the ends. Returns the number of executions, or `None` if the script has more than `max`
/// states or loom does not support it.
///
/// # Errors
/// A description of the difference.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    max: usize,
) -> Result<Option<usize>, String> {
    let subject = AsClosure(script.clone());
    let Some(states) = super::states(subject.program_with(1 << 17, timers).as_mut(), max) else {
        return Ok(None);
    };
    let mut search = Loom::of(&subject, 1 << 17).timers(timers);
    let limits = Limits {
        executions_max: Some(EXECUTIONS_MAX),
        ..Limits::default()
    };
    let mut meter = Meter::new(limits, Arc::default());
    let searched = search.advance(subject.program_with(1 << 17, timers).as_mut(), &mut meter);
    if search.unsupported().is_some() {
        return Ok(None);
    }
    searched.map_err(|fault| format!("{fault:?}"))?;
    // The two may have met objects and goroutines in another order.
    let given = |ends: &BTreeSet<EndState>| -> BTreeSet<EndState> {
        ends.iter().map(EndState::in_given_names).collect()
    };
    let (ours, rules) = (given(search.end_states()), given(&states.ends));
    let whole = search.findings().complete;
    if ours == rules || !whole && ours.is_subset(&rules) {
        let executions = search.findings().executions;
        return Ok(Some(usize::try_from(executions).expect("few")));
    }
    Err(format!(
        "loom misses {:?} and invents {:?}",
        rules.difference(&ours).collect::<Vec<_>>(),
        ours.difference(&rules).collect::<Vec<_>>(),
    ))
}
