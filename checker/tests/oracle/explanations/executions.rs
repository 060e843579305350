//! The executions of which explanations tell, by brute force: those that never end, the state to
//! which a path leads, and all that may come after it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::{Bad, Cycle, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{GoroutineId, Pending, Program, Step, World};

use super::known::{Deed, ENDS_MAX, deeds};

/// Returns the paths of a search to goroutines that never move again while others run on.
pub(super) fn endless(program: &mut dyn Program) -> Result<Vec<(Vec<Step>, Cycle)>, String> {
    let mut search = Stateful::new();
    let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
    let mut advance = || search.advance(program, &mut meter);
    while advance().map_err(|fault| format!("{fault:?}"))? == Progress::Paused {}
    let bad = search
        .findings()
        .bad
        .iter()
        .filter(|(_, bad)| bad.cycle > 0);
    let path = |(key, bad): (&EndState, &Bad)| {
        let stuck = key.goroutines.iter().map(|(name, _)| name.clone());
        let cycle = Cycle {
            steps: bad.cycle,
            stuck: stuck.collect(),
        };
        (bad.path.clone(), cycle)
    };
    Ok(bad.take(ENDS_MAX).map(path).collect())
}

/// The goroutines in the cycle at the end of a path.
#[derive(Default)]
pub(super) struct InCycle {
    /// Those that move in it.
    pub(super) movers: BTreeSet<GoroutineId>,
    /// Those that can move in some state of it.
    pub(super) enabled: BTreeSet<GoroutineId>,
}

/// Returns the state to which a path leads, and the goroutines in the cycle of its last steps.
pub(super) fn come_to(program: &mut dyn Program, path: &[Step], cycle: usize) -> (World, InCycle) {
    let mut world = World::start(program).expect("it starts");
    let mut in_cycle = InCycle::default();
    for (index, step) in path.iter().enumerate() {
        if index >= path.len() - cycle {
            in_cycle.movers.extend(step.movers());
            let enabled = world.steps(program);
            in_cycle
                .enabled
                .extend(enabled.iter().flat_map(Step::movers));
        }
        world.take(program, *step).expect("it goes on");
    }
    (world, in_cycle)
}

/// The account of all executions from a state on.
pub(super) struct Ahead {
    /// The goroutines that are about to do something in the state, and never move again.
    pub(super) blocked: BTreeSet<GoroutineId>,
    /// All that is done.
    pub(super) deeds: BTreeSet<Deed>,
}

impl Ahead {
    pub(super) fn of(program: &mut dyn Program, world: &World) -> Self {
        let ids = (0..world.goroutines().len()).map(GoroutineId::from_index);
        let is_at_op = |id: &GoroutineId| matches!(world.pending(program, *id), Pending::Op(_));
        let mut ahead = Self {
            blocked: ids.filter(is_at_op).collect(),
            deeds: BTreeSet::new(),
        };
        let (mut todo, mut known) = (vec![world.clone()], HashSet::from([world.clone()]));
        while let Some(world) = todo.pop() {
            // A panic ends the program.
            let ended = world.panicked().next().is_some();
            let steps = world.steps(program).into_iter();
            for step in steps.filter(|_| !ended) {
                ahead.blocked.retain(|id| !step.moves(*id));
                let mut next = world.clone();
                next.take(program, step).expect("it goes on");
                for id in step.movers() {
                    ahead.deeds.extend(deeds(program, &world, &next, step, id));
                }
                if known.insert(next.clone()) {
                    todo.push(next);
                }
            }
        }
        ahead
    }
}
