//! Builds a [`Trace`] by really playing a path of steps.

use std::collections::BTreeSet;

use super::final_state;
use super::hypothetical::imagine;
use super::record::{Recorder, place};
use super::releasers::Releasers;
use super::trace::{Ending, Goroutine, SearchFacts, State, Trace, VERSION};
use super::wait_edges;
use super::wait_for_graph::{LookedAt, Waits};
use crate::execution::schedule;
use crate::explore::chance::Chance;
use crate::explore::{Cycle, Findings};
use crate::model::{End, Event, Fault, GoroutineId, Pending, Phase, Program, Step, World};

/// Steps above which the order of independent steps is left as it was found: looking for a better
/// one takes time that grows with the square.
const REORDER_MAX: usize = 2000;

impl Trace {
    /// The trace of what a search has found: a path with this end, with the cycle at it in which
    /// others run on for ever.
    ///
    /// Of a panic only what happens before it is kept, in the sense of happens-before. Of another
    /// end all is kept, but independent steps are put into an order in which the goroutine that
    /// moves changes less often.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn build(
        program: &mut dyn Program,
        end: End,
        path: &[Step],
        cycle: &Cycle,
        releasers: &Releasers,
    ) -> Result<Self, Fault> {
        let path = if end == End::Panic {
            cut_to_panic(program, path)?
        } else if cycle.steps == 0 {
            with_fewer_switches(program, path)?
        } else {
            path.to_vec()
        };
        Self::play(program, &path, cycle, releasers)
    }

    /// The trace of a path that somebody plays, with nothing known of the program: who could
    /// release whom, and whether its end is that of a run that goes on for ever, is looked for
    /// first.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn replay(program: &mut dyn Program, path: &[Step]) -> Result<Self, Fault> {
        let releasers = Releasers::collect(program, Releasers::STATES_MAX)?;
        let cycle = Cycle::at_end(program, path, Releasers::STATES_MAX)?;
        Self::play(program, path, &cycle, &releasers)
    }

    /// The trace of a path as it is. A path that does not fit the program is played as far as it
    /// fits.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn play(
        program: &mut dyn Program,
        path: &[Step],
        cycle: &Cycle,
        releasers: &Releasers,
    ) -> Result<Self, Fault> {
        let (world, mut movable) = walk(program, path)?;
        let mut enabled = Vec::new();
        world.enabled(program, &mut enabled);
        let cycle = Cycle {
            steps: cycle.steps.min(movable.len()),
            stuck: cycle.stuck.clone(),
        };
        let moving: BTreeSet<GoroutineId> = if cycle.steps == 0 {
            enabled.iter().flat_map(Step::movers).collect()
        } else {
            let turns = movable.split_off(movable.len() - cycle.steps);
            turns.into_iter().flatten().collect()
        };
        // Before anything is written down: a goroutine that is only imagined has a name, and may
        // take a short one away from another.
        let mut releasers = releasers.clone();
        for index in 0..world.goroutines().len() {
            let id = GoroutineId::from_index(index);
            if !moving.contains(&id) {
                imagine(&mut releasers, program, &world, id)?;
            }
        }
        let mut recorder = Recorder::new(program)?;
        for step in path {
            if !recorder.take(*step)? {
                break;
            }
        }
        recorder.mark_quiet();
        Ok(finish(recorder, &enabled, &moving, &cycle, &releasers))
    }

    /// With what the search has to say that found it.
    #[must_use]
    pub fn found_by(mut self, findings: &Findings, chance: Option<Chance>) -> Self {
        self.search = Some(SearchFacts {
            executions: findings.executions,
            bad: findings.bad_executions,
            states: findings.states,
            complete: findings.complete && findings.limits.is_empty(),
            distinct: findings.bad.len(),
            chance,
        });
        self
    }
}

/// Plays steps as far as they fit: the state that they lead to, and who could move before each.
fn walk(
    program: &mut dyn Program,
    path: &[Step],
) -> Result<(World, Vec<BTreeSet<GoroutineId>>), Fault> {
    let mut world = World::start(program)?;
    let mut movable: Vec<BTreeSet<GoroutineId>> = Vec::new();
    let mut enabled = Vec::new();
    for step in path {
        world.enabled(program, &mut enabled);
        if !enabled.contains(step) {
            break;
        }
        movable.push(enabled.iter().flat_map(Step::movers).collect());
        world.take(program, *step)?;
    }
    Ok((world, movable))
}

/// Describes the state that the recorder has come to. `moving` are those who can move there, or
/// somewhere in the cycle.
fn finish(
    recorder: Recorder<'_>,
    enabled: &[Step],
    moving: &BTreeSet<GoroutineId>,
    cycle: &Cycle,
    releasers: &Releasers,
) -> Trace {
    let blocked: BTreeSet<GoroutineId> = (0..recorder.world.goroutines().len())
        .map(GoroutineId::from_index)
        .filter(|id| {
            let pending = recorder.world.pending(recorder.program, *id);
            !moving.contains(id) && matches!(pending, Pending::Op(_))
        })
        .collect();
    let in_cycle = |id: &GoroutineId| cycle.stuck.contains(&recorder.name(*id));
    let beside: BTreeSet<GoroutineId> = blocked.iter().copied().filter(in_cycle).collect();
    let end = ending(&recorder, enabled, &beside);
    let stuck = match end {
        Ending::Deadlock | Ending::Leak if beside.is_empty() => blocked.clone(),
        Ending::Deadlock | Ending::Leak => beside,
        Ending::Panic | Ending::Complete | Ending::Bounded | Ending::Open => BTreeSet::new(),
    };
    let order = order(&recorder);
    let goroutines = order
        .iter()
        .filter(|&&id| !recorder.program.goroutine(id).timer);
    let last = goroutines.map(|&id| {
        let mut standing = final_state::standing(&recorder, id, enabled, &stuck);
        if standing.state == State::Waiting && moving.contains(&id) {
            standing.state = State::Ready;
            standing.reason = "runs on".to_owned();
        }
        standing
    });
    let shown = schedule::shown(enabled);
    let choices = recorder.steps.iter().map(|step| step.choice.clone());
    Trace {
        version: VERSION,
        end,
        kernel: None,
        variant: None,
        facts: None,
        search: None,
        timers: final_state::timers(&recorder).map(|rules| rules.name().to_owned()),
        goroutines: order.iter().map(|&id| goroutine(&recorder, id)).collect(),
        objects: final_state::objects(&recorder),
        cycle: cycle.steps,
        last: last.collect(),
        enabled: schedule::tokens(recorder.program, &shown),
        waits: waits(&recorder, releasers, &order, &blocked, &stuck, moving),
        schedule: schedule::join(&choices.collect::<Vec<_>>()),
        steps: recorder.steps,
    }
}

/// The wait-for graph of those who are blocked, and the reasons of those who are stuck for ever.
fn waits(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    order: &[GoroutineId],
    blocked: &BTreeSet<GoroutineId>,
    stuck: &BTreeSet<GoroutineId>,
    moving: &BTreeSet<GoroutineId>,
) -> Waits {
    // Those who run on for ever in a cycle of states are known never to release who is stuck.
    let targets: BTreeSet<GoroutineId> = if stuck.is_empty() {
        blocked.union(moving).copied().collect()
    } else {
        stuck.clone()
    };
    let mut waits = Waits {
        looked_at: LookedAt {
            states: releasers.states(),
            all: releasers.is_complete(),
            imagined_all: releasers.imagined_all(),
        },
        ..Waits::default()
    };
    let mut alone = Vec::new();
    for &id in order.iter().filter(|id| blocked.contains(id)) {
        let edges = wait_edges::edges(recorder, releasers, id, &targets);
        if edges.is_empty() && stuck.contains(&id) {
            alone.push(wait_edges::alone(recorder, releasers, id, &targets));
        }
        waits.edges.extend(edges);
    }
    let stuck: Vec<String> = order
        .iter()
        .filter(|id| stuck.contains(id))
        .map(|&id| recorder.name(id))
        .collect();
    waits.explain(&stuck, alone);
    waits
}

/// The end of an execution. `beside` are those who can never move again while others run on.
fn ending(recorder: &Recorder<'_>, enabled: &[Step], beside: &BTreeSet<GoroutineId>) -> Ending {
    let end = recorder.world.end(recorder.program);
    if end == End::Panic {
        Ending::Panic
    } else if !beside.is_empty() {
        End::of_blocked(beside.iter().copied()).into()
    } else if !enabled.is_empty() {
        Ending::Open
    } else {
        end.into()
    }
}

/// The goroutines in the order in which they are shown: main, the others as they were started, and
/// the timers that fired.
fn order(recorder: &Recorder<'_>) -> Vec<GoroutineId> {
    let mut order = vec![GoroutineId::MAIN];
    let mut timers = Vec::new();
    for event in &recorder.events {
        for &id in &event.actors {
            if order.contains(&id) || timers.contains(&id) {
                continue;
            }
            if recorder.program.goroutine(id).timer {
                if event.step.actor == id {
                    timers.push(id);
                }
            } else {
                order.push(id);
            }
        }
    }
    // A program may begin with goroutines that nobody starts, and that may never move.
    let all = (0..recorder.world.goroutines().len()).map(GoroutineId::from_index);
    let unseen = all.filter(|id| {
        let is_there = recorder.world.goroutine(*id).is_some();
        is_there && !order.contains(id) && !recorder.program.goroutine(*id).timer
    });
    let unseen: Vec<GoroutineId> = unseen.collect();
    order.extend(unseen);
    order.extend(timers);
    order
}

fn goroutine(recorder: &Recorder<'_>, id: GoroutineId) -> Goroutine {
    let info = recorder.program.goroutine(id);
    Goroutine {
        name: info.name,
        parent: info.parent.map(|parent| recorder.name(parent)),
        place: place(info.site),
        timer: info.timer,
    }
}

/// Plays steps as far as they fit: their events, and the state that they lead to.
fn events(program: &mut dyn Program, path: &[Step]) -> Result<(Vec<Event>, World), Fault> {
    let mut world = World::start(program)?;
    let mut events = Vec::new();
    for step in path {
        if !world.is_enabled(program, *step) {
            break;
        }
        events.push(world.take(program, *step)?);
    }
    Ok((events, world))
}

fn panicked(world: &World) -> Option<GoroutineId> {
    let panicked = |id: &GoroutineId| {
        let state = world.goroutine(*id);
        state.is_some_and(|state| matches!(state.phase, Phase::Panicked(_)))
    };
    (0..world.goroutines().len())
        .map(GoroutineId::from_index)
        .find(panicked)
}

/// The steps up to the first panic that happen before it: the causal past of the step that panics.
fn cut_to_panic(program: &mut dyn Program, path: &[Step]) -> Result<Vec<Step>, Fault> {
    let mut world = World::start(program)?;
    let mut events: Vec<Event> = Vec::new();
    while panicked(&world).is_none() && events.len() < path.len() {
        let step = path[events.len()];
        if !world.is_enabled(program, step) {
            break;
        }
        events.push(world.take(program, step)?);
    }
    let mut past: Vec<&Event> = Vec::new();
    for (index, event) in events.iter().enumerate().rev() {
        if index + 1 == events.len() || past.iter().any(|later| later.depends_on(event)) {
            past.push(event);
        }
    }
    past.reverse();
    let steps: Vec<Step> = past.iter().map(|event| event.step).collect();
    let (played, end) = self::events(program, &steps)?;
    // Whether it panics the same way is not left to the rules about which steps commute.
    if played.len() == steps.len() && panicked(&end) == panicked(&world) {
        return Ok(steps);
    }
    Ok(path[..events.len()].to_vec())
}

/// The same steps in an order, equivalent to this one, in which the goroutine that moves changes
/// less often, if one is found: whoever moved last goes on while it can do so without overtaking a
/// step on which it depends.
fn with_fewer_switches(program: &mut dyn Program, path: &[Step]) -> Result<Vec<Step>, Fault> {
    if path.len() > REORDER_MAX {
        return Ok(path.to_vec());
    }
    let (events, end) = events(program, path)?;
    let mut left: Vec<usize> = (0..events.len()).collect();
    let mut steps: Vec<Step> = Vec::new();
    while !left.is_empty() {
        let ready = |&at: &usize| {
            let index = left[at];
            let mut earlier = left[..at].iter();
            !earlier.any(|&other| events[index].depends_on(&events[other]))
        };
        let goes_on = |&at: &usize| {
            let last = steps.last();
            last.is_some_and(|last| last.movers().any(|id| events[left[at]].step.moves(id)))
        };
        let next = (0..left.len())
            .filter(goes_on)
            .find(ready)
            .unwrap_or_default();
        steps.push(events[left.remove(next)].step);
    }
    if switches(&steps) >= switches(path) {
        return Ok(path.to_vec());
    }
    let (played, reached) = self::events(program, &steps)?;
    if played.len() == path.len() && reached == end {
        return Ok(steps);
    }
    Ok(path.to_vec())
}

/// How often the goroutine that moves changes. A rendezvous goes on with either of its two.
pub(crate) fn switches(path: &[Step]) -> usize {
    path.windows(2)
        .filter(|pair| !pair[0].movers().any(|id| pair[1].moves(id)))
        .count()
}
