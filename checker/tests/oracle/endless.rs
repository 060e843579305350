//! Checks that the stateful search is right about programs that need not end.
//!
//! A goroutine is stuck in a state if it has not returned, and moves in no step from any state that
//! can be reached from there. It is reported if an infinite execution begins in that state on which
//! nobody else gets stuck. If all executions end, it is reported at their ends.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::explain::Trace;
use gordian_checker::explain::trace::Ending;
use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::reach::{Ahead, Reach};
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::{
    Bad, Cycle, Findings, Limit, Limits, Meter, Progress, Search, Watch,
};
use gordian_checker::model::{
    Action, Case, ChanOp, End, Goroutine, GoroutineId, Object, Op, Pending, Phase, Program, Step,
    TimerRules, World,
};
use gordian_checker::report::TRACES_MAX;
use gordian_checker::report::traces;
use gordian_checker::script::{Memory, Script, Start};

use super::daemon::only_waits;

/// The steps at which the search in turns cuts an execution. Far fewer lead to every state here.
const AUTO_STEPS_MAX: usize = 1_000;

/// Checks the search. Returns true if the program has an infinite execution, or `None` if it has
/// more than `max` states.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    max: usize,
) -> Result<Option<bool>, String> {
    let interpreter = || script.interpreter_with(Start::Together, Memory::Full, timers);
    let mut program = interpreter();
    let Some(graph) = Graph::of(&mut program, max) else {
        return Ok(None);
    };
    let endless = graph.endless();
    let stuck = graph.stuck(&program, &endless);

    let mut search = Stateful::new();
    let mut ours = interpreter();
    let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
    let mut advance = || search.advance(&mut ours, &mut meter);
    while advance().map_err(|fault| format!("{fault:?}"))? == Progress::Paused {}
    let findings = search.findings();
    let count = Some(graph.worlds.len() as u64);
    if findings.states != count {
        return Err(format!("{:?} states and not {count:?}", findings.states));
    }
    if findings.limits.contains(&Limit::Ticks) != stuck.cut {
        return Err(format!(
            "whether a ticker's limit matters: {}, and the limits that were hit are {:?}",
            stuck.cut, findings.limits
        ));
    }
    if stuck.cut {
        return Ok(Some(endless.contains(&true)));
    }
    // Goroutines that are stuck at an end are not reported again for a cycle.
    let is_stuck = |end: End| matches!(end, End::Leak | End::Deadlock);
    let blocked = findings.bad.iter().filter(|(_, bad)| is_stuck(bad.end));
    let mut said = BTreeSet::new();
    for (key, bad) in blocked {
        said.insert(names(key));
        let is_deadlock = bad.end == End::Deadlock;
        if names(key).contains("main") != is_deadlock || key.end != bad.end {
            return Err(format!("{:?} stuck is called {:?}", names(key), bad.end));
        }
        if bad.cycle > 0 {
            check_way(&mut program, &bad.path, bad.cycle, key)?;
            check_cycle(&mut program, bad, key)?;
            if !stuck.sets.contains(&names(key)) {
                return Err(format!(
                    "{:?} are not stuck while others run on",
                    names(key)
                ));
            }
        }
    }
    check_traces(&mut ours, findings)?;
    check_auto(&mut interpreter(), findings)?;
    graph.check_reach(&mut ours, &stuck)?;
    if let Some(missed) = stuck.sets.difference(&said).next() {
        return Err(format!(
            "{missed:?} are stuck while others run on, which is missed"
        ));
    }
    Ok(Some(endless.contains(&true)))
}

/// Checks that the search in turns finds what the stateful one does.
fn check_auto(program: &mut dyn Program, stateful: &Findings) -> Result<(), String> {
    let mut search = Auto::new();
    let limits = Limits {
        steps_max: AUTO_STEPS_MAX,
        ..Limits::default()
    };
    let mut meter = Meter::new(limits, Arc::<Watch>::default());
    let mut advance = || search.advance(program, &mut meter);
    while advance().map_err(|fault| format!("{fault:?}"))? == Progress::Paused {}
    let findings = search.findings();
    let ends = |findings: &Findings| {
        let ends = findings.bad.iter();
        let ends = ends.map(|(key, bad)| (key.in_given_names(), bad.end, bad.cycle > 0));
        ends.collect::<BTreeSet<_>>()
    };
    if findings.complete != stateful.complete || ends(findings) != ends(stateful) {
        return Err(format!("auto finds {findings:?} and not {stateful:?}"));
    }
    Ok(())
}

/// Checks that each trace is drawn with the end that was found, and with the same stuck goroutines.
fn check_traces(program: &mut dyn Program, findings: &Findings) -> Result<(), String> {
    if findings.bad.len() > TRACES_MAX {
        return Ok(());
    }
    let meter = Meter::new(Limits::default(), Arc::default());
    let drawn = traces(program, findings, &meter).map_err(|fault| format!("{fault:?}"))?;
    let of_trace = |trace: &Trace| {
        let stuck = trace.stuck().map(|standing| standing.goroutine.clone());
        (trace.end, stuck.collect::<BTreeSet<String>>())
    };
    let of_bad = |(key, bad): (&EndState, &Bad)| match bad.end {
        End::Panic => (Ending::Panic, BTreeSet::new()),
        end => (Ending::from(end), names(key)),
    };
    let mut drawn: Vec<_> = drawn.iter().map(of_trace).collect();
    let mut found: Vec<_> = findings.bad.iter().map(of_bad).collect();
    drawn.sort();
    found.sort();
    if drawn == found {
        Ok(())
    } else {
        Err(format!("found {found:?}, drawn {drawn:?}"))
    }
}

fn names(key: &EndState) -> BTreeSet<String> {
    key.goroutines
        .iter()
        .map(|(name, _)| name.clone())
        .collect()
}

/// Checks that a replay of the path, without knowledge of the search, comes to the same end.
pub(super) fn check_cycle(
    program: &mut dyn Program,
    bad: &Bad,
    key: &EndState,
) -> Result<(), String> {
    let cycle = Cycle::at_end(program, &bad.path, usize::MAX).expect("no fault");
    let stuck: BTreeSet<String> = cycle.stuck.iter().cloned().collect();
    if (cycle.steps, &stuck) == (bad.cycle, &names(key)) {
        return Ok(());
    }
    Err(format!(
        "{cycle:?} where {:?} are stuck beside the last {} steps",
        names(key),
        bad.cycle
    ))
}

/// Checks that the last steps of a path return to where they began, and that no stuck goroutine
/// moves in them.
pub(super) fn check_way(
    program: &mut dyn Program,
    path: &[Step],
    cycle: usize,
    key: &EndState,
) -> Result<(), String> {
    let mut world = World::start(program).expect("it starts");
    let mut begins = None;
    for (index, &step) in path.iter().enumerate() {
        if index == path.len() - cycle {
            begins = Some(world.clone());
        }
        let moves_stuck = |id: GoroutineId| names(key).contains(&program.goroutine(id).name);
        if begins.is_some() && step.movers().any(moves_stuck) {
            return Err(format!("a stuck goroutine moves in the cycle: {step:?}"));
        }
        if !world.is_enabled(program, step) {
            return Err(format!("a way takes {step:?} where it is not enabled"));
        }
        world.take(program, step).expect("it goes on");
    }
    if begins.as_ref() == Some(&world) {
        Ok(())
    } else {
        Err("a cycle does not come back to where it began".to_owned())
    }
}

/// The goroutines that are stuck while others run on for ever.
#[derive(Default)]
struct Stuck {
    /// The sets of goroutines that are stuck together.
    sets: BTreeSet<BTreeSet<String>>,
    /// The states in which somebody is stuck.
    states: BTreeSet<usize>,
    /// True if the limit of a ticker decides about any of them.
    cut: bool,
}

struct Graph {
    worlds: Vec<World>,
    edges: Vec<Vec<(Step, usize)>>,
}

impl Graph {
    fn of(program: &mut dyn Program, max: usize) -> Option<Self> {
        let start = World::start(program).expect("it starts");
        let mut graph = Self {
            worlds: vec![start.clone()],
            edges: Vec::new(),
        };
        let mut known = HashMap::from([(start, 0)]);
        let mut steps = Vec::new();
        while graph.edges.len() < graph.worlds.len() {
            let world = graph.worlds[graph.edges.len()].clone();
            world.enabled(program, &mut steps);
            let mut edges = Vec::new();
            for &step in &steps {
                let mut next = world.clone();
                next.take(program, step).expect("it goes on");
                let index = *known.entry(next).or_insert_with_key(|next| {
                    graph.worlds.push(next.clone());
                    graph.worlds.len() - 1
                });
                edges.push((step, index));
            }
            graph.edges.push(edges);
            if graph.worlds.len() > max {
                return None;
            }
        }
        Some(graph)
    }

    /// Grows or shrinks a set of states until nothing changes.
    fn fixpoint(&self, mut set: Vec<bool>, is_in: impl Fn(usize, &[bool]) -> bool) -> Vec<bool> {
        loop {
            let next: Vec<bool> = (0..set.len()).map(|state| is_in(state, &set)).collect();
            if next == set {
                return set;
            }
            set = next;
        }
    }

    /// Returns the steps from a state, none if it is a panic, which ends the program.
    fn on(&self, state: usize) -> &[(Step, usize)] {
        let has_panicked = |it: &Goroutine| matches!(it.phase, Phase::Panicked(_));
        match self.worlds[state].goroutines().iter().any(has_panicked) {
            true => &[],
            false => &self.edges[state],
        }
    }

    /// Returns the states in which an infinite execution begins.
    fn endless(&self) -> Vec<bool> {
        self.fixpoint(vec![true; self.worlds.len()], |state, set| {
            self.on(state).iter().any(|(_, next)| set[*next])
        })
    }

    /// Returns the states from which a step of this goroutine can be reached.
    fn can_move(&self, id: GoroutineId) -> Vec<bool> {
        self.fixpoint(vec![false; self.worlds.len()], |state, set| {
            let mut edges = self.on(state).iter();
            edges.any(|(step, next)| step.moves(id) || set[*next])
        })
    }

    /// Returns the goroutines that are stuck while others run on for ever.
    fn stuck(&self, program: &dyn Program, endless: &[bool]) -> Stuck {
        let count = self.worlds.iter().map(|it| it.goroutines().len()).max();
        let ids: Vec<GoroutineId> = (0..count.unwrap_or(0))
            .map(GoroutineId::from_index)
            .collect();
        let can_move: Vec<Vec<bool>> = ids.iter().map(|&id| self.can_move(id)).collect();
        let mut found = Stuck::default();
        let mut sets: Vec<BTreeSet<String>> = vec![BTreeSet::new(); self.worlds.len()];
        for (state, world) in self.worlds.iter().enumerate() {
            if self.edges[state].is_empty() {
                found.cut |= world.end(program) == End::Cut;
            }
            if !endless[state] {
                continue;
            }
            for &id in &ids {
                // A main that has called Goexit waits for nothing while others run.
                let waits = match world.pending(program, id) {
                    Pending::Op(op) => *op != Op::Exited,
                    _ => false,
                };
                if waits && !can_move[id.index()][state] && !only_waits(program, world, id) {
                    found.cut |= waits_for_cut_ticker(program, world, id);
                    sets[state].insert(program.goroutine(id).name);
                }
            }
        }
        // An infinite execution reaches states from which nobody else gets stuck.
        let stays = self.fixpoint(endless.to_vec(), |state, set| {
            let mut on = self.on(state).iter();
            on.any(|(_, next)| set[*next] && sets[*next] == sets[state])
        });
        for (state, set) in sets.into_iter().enumerate() {
            if stays[state] && !set.is_empty() {
                found.states.insert(state);
                found.sets.insert(set);
            }
        }
        found
    }

    /// Checks that `Reach`, which informs people who make the choices by hand, calls a state a bad
    /// end exactly if it is one.
    fn check_reach(&self, program: &mut dyn Program, stuck: &Stuck) -> Result<(), String> {
        let meter = Meter::new(Limits::default(), Arc::default());
        let reach = Reach::explore(program, self.worlds.len(), &meter).expect("no fault");
        if !reach.is_complete() {
            return Err("not all states are met again".to_owned());
        }
        for (state, world) in self.worlds.iter().enumerate() {
            let is_bad = match world.end(program) {
                End::Panic => true,
                End::Leak | End::Deadlock if self.edges[state].is_empty() => true,
                _ => stuck.states.contains(&state),
            };
            let ahead = reach.ahead(world);
            let is_said = matches!(ahead, Ahead::Bad(way) if way.steps == 0);
            if is_said != is_bad {
                return Err(format!("{ahead:?} in a state that is bad: {is_bad}"));
            }
        }
        Ok(())
    }
}

fn waits_for_cut_ticker(program: &dyn Program, world: &World, id: GoroutineId) -> bool {
    let Pending::Op(op) = world.pending(program, id) else {
        return false;
    };
    world.objects().iter().any(|object| match object {
        Object::Timer(timer) if timer.is_cut() => match (timer.action, op) {
            (Action::Send(channel), Op::Chan(from, ChanOp::Recv)) => *from == Some(channel),
            (Action::Send(channel), Op::Select { cases, .. }) => {
                cases.contains(&Case::Recv(Some(channel)))
            }
            _ => false,
        },
        _ => false,
    })
}
