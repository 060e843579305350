//! Builds a [`Trace`] by playing a path of steps.

use std::collections::BTreeSet;

use super::final_state;
use super::hypothetical::imagine;
use super::record::Recorder;
use super::releasers::Releasers;
use super::trace::{Ending, Goroutine, SearchFacts, State, Trace, VERSION};
use super::wait_edges;
use super::wait_for_graph::{LookedAt, Waits};
use crate::execution::schedule;
use crate::explore::chance::Chance;
use crate::explore::{Cycle, Findings};
use crate::model::{End, Event, Fault, GoroutineId, Pending, Program, Step, World};

/// Most steps of a path that is reordered: the time that it takes grows with their square.
const REORDER_MAX: usize = 2000;

impl Trace {
    /// Returns the trace of a search's finding: a path with this end, and the cycle at its end in
    /// which others run on for ever.
    ///
    /// For a panic only the steps that happen before it are kept. For any other end all steps are
    /// kept, but independent steps are reordered so that the moving goroutine changes less often.
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

    /// Returns the trace of a path that somebody plays. First it searches the program for what each
    /// goroutine could do, and checks if the path ends in a cycle that runs for ever.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn replay(program: &mut dyn Program, path: &[Step]) -> Result<Self, Fault> {
        let releasers = Releasers::collect(program, Releasers::STATES_MAX)?;
        let cycle = Cycle::at_end(program, path, Releasers::STATES_MAX)?;
        Self::play(program, path, &cycle, &releasers)
    }

    /// Returns the trace of a path, unchanged. A path that does not fit the program is played as
    /// far as it fits.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn play(
        program: &mut dyn Program,
        path: &[Step],
        cycle: &Cycle,
        releasers: &Releasers,
    ) -> Result<Self, Fault> {
        let mut movable: Vec<BTreeSet<GoroutineId>> = Vec::new();
        let (events, end) = events(program, path, |program, world| {
            movable.push(movers(&world.steps(program)));
            true
        })?;
        let taken = events.len();
        let cycle = Cycle {
            steps: cycle.steps.min(taken),
            stuck: cycle.stuck.clone(),
        };
        let moving: BTreeSet<GoroutineId> = if cycle.steps == 0 {
            movers(&end.steps(program))
        } else {
            let turns = &movable[taken - cycle.steps..taken];
            turns.iter().flatten().copied().collect()
        };
        let mut releasers = releasers.clone();
        for id in end.ids() {
            if !moving.contains(&id) {
                imagine(&mut releasers, program, &end, id)?;
            }
        }
        // What is imagined may be named as something in the trace is, and both have longer names
        // then. So nothing is written down before.
        let mut recorder = Recorder::new(program)?;
        for step in &path[..taken] {
            recorder.take(*step)?;
        }
        recorder.mark_quiet();
        Ok(finish(recorder, &moving, &cycle, &releasers))
    }

    /// Adds the facts of the search that found it.
    #[must_use]
    pub fn found_by(mut self, findings: &Findings, chance: Option<Chance>) -> Self {
        self.search = Some(SearchFacts {
            executions: findings.executions,
            bad: findings.bad_executions,
            states: findings.states,
            reduced: findings.reduced,
            complete: findings.complete && findings.limits.is_empty(),
            distinct: findings.bad.len(),
            chance,
        });
        self
    }
}

/// Describes the state that the recorder has come to. `moving` are those who can move there, or
/// somewhere in the cycle.
fn finish(
    recorder: Recorder<'_>,
    moving: &BTreeSet<GoroutineId>,
    cycle: &Cycle,
    releasers: &Releasers,
) -> Trace {
    let enabled = &recorder.enabled;
    let blocked = blocked(&recorder, moving);
    let in_cycle = |id: &GoroutineId| cycle.stuck.contains(&recorder.name(*id));
    // Where others run on in a cycle, only those are stuck that it leaves behind.
    let beside: BTreeSet<GoroutineId> = blocked.iter().copied().filter(in_cycle).collect();
    let end = ending(&recorder, enabled, &beside);
    let stuck = stuck(&recorder, end, &blocked, beside);
    let order = order(&recorder);
    let goroutines = order
        .iter()
        .filter(|&&id| !recorder.program.goroutine(id).timer);
    let last = goroutines.map(|&id| {
        let mut standing = final_state::standing(&recorder, id, enabled, &stuck);
        if standing.state == State::Waiting && moving.contains(&id) {
            standing.state = State::Ready;
            standing.reason = in_cycle_as(&recorder, cycle, id).to_owned();
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
        start: recorder.start,
        steps: recorder.steps,
    }
}

/// Tells how a goroutine is in the cycle in which it can move.
fn in_cycle_as(recorder: &Recorder<'_>, cycle: &Cycle, id: GoroutineId) -> &'static str {
    let steps = &recorder.path[recorder.path.len() - cycle.steps..];
    match steps.iter().any(|step| step.moves(id)) {
        true => "runs on",
        false => "can move in the cycle",
    }
}

/// Returns the goroutines that have an operation to do and are not among those who move.
pub(super) fn blocked(
    recorder: &Recorder<'_>,
    moving: &BTreeSet<GoroutineId>,
) -> BTreeSet<GoroutineId> {
    let is_blocked = |id: &GoroutineId| {
        let pending = recorder.world.pending(recorder.program, *id);
        !moving.contains(id) && matches!(pending, Pending::Op(_))
    };
    recorder.world.ids().filter(is_blocked).collect()
}

/// Returns the goroutines that can never move again at this end. `beside` are those that others
/// leave behind, who run on for ever.
pub(super) fn stuck(
    recorder: &Recorder<'_>,
    end: Ending,
    blocked: &BTreeSet<GoroutineId>,
    beside: BTreeSet<GoroutineId>,
) -> BTreeSet<GoroutineId> {
    match end {
        Ending::Deadlock | Ending::Leak if beside.is_empty() => {
            let is_stuck = |id: &GoroutineId| !recorder.world.may_wait(recorder.program, *id);
            blocked.iter().copied().filter(is_stuck).collect()
        }
        Ending::Deadlock | Ending::Leak => beside,
        Ending::Panic
        | Ending::Fail
        | Ending::Exit
        | Ending::Misuse
        | Ending::LateLog
        | Ending::Race
        | Ending::Complete
        | Ending::Bounded
        | Ending::Open => BTreeSet::new(),
    }
}

/// Returns the wait-for graph of the blocked goroutines, with the reasons of those stuck for ever.
pub(super) fn waits(
    recorder: &Recorder<'_>,
    releasers: &Releasers,
    order: &[GoroutineId],
    blocked: &BTreeSet<GoroutineId>,
    stuck: &BTreeSet<GoroutineId>,
    moving: &BTreeSet<GoroutineId>,
) -> Waits {
    // The goroutines that run in a cycle of states are known never to release the stuck ones.
    let targets: BTreeSet<GoroutineId> = if stuck.is_empty() {
        blocked.union(moving).copied().collect()
    } else {
        let may_wait = |id: &&GoroutineId| recorder.world.may_wait(recorder.program, **id);
        let daemons = blocked.iter().filter(may_wait);
        stuck.iter().chain(daemons).copied().collect()
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
    let names = |of: &BTreeSet<GoroutineId>| -> Vec<String> {
        let members = order.iter().filter(|id| of.contains(id));
        members.map(|&id| recorder.name(id)).collect()
    };
    waits.explain(&names(stuck), &names(&targets), alone);
    for &id in order.iter().filter(|id| stuck.contains(id)) {
        let name = recorder.name(id);
        let mut cycles = waits.reasons.iter().filter(|it| it.sentence.is_none());
        // If every way out is a panic the edge says that nobody is a partner.
        let is_said = waits.of(&name).any(|edge| edge.missing.is_some());
        if !is_said && cycles.any(|reason| reason.members.contains(&name)) {
            let cases = wait_edges::unanswered(recorder, releasers, id, &targets);
            waits.unanswered.extend(cases);
        }
    }
    waits
}

/// Returns the end of an execution. `beside` are the goroutines that can never move again while
/// others run on.
pub(super) fn ending(
    recorder: &Recorder<'_>,
    enabled: &[Step],
    beside: &BTreeSet<GoroutineId>,
) -> Ending {
    let end = recorder.world.end(recorder.program);
    if end == End::Panic {
        Ending::Panic
    } else if !beside.is_empty() {
        recorder
            .world
            .end_of_blocked(recorder.program, beside.iter().copied())
            .into()
    } else if !enabled.is_empty() {
        Ending::Open
    } else {
        end.into()
    }
}

/// Returns the goroutines in display order: main, the others in the order in which they started,
/// and the timers that fired.
pub(super) fn order(recorder: &Recorder<'_>) -> Vec<GoroutineId> {
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
    let all = recorder.world.ids();
    let unseen = all.filter(|id| {
        let is_there = recorder.world.goroutine(*id).is_some();
        is_there && !order.contains(id) && !recorder.program.goroutine(*id).timer
    });
    let unseen: Vec<GoroutineId> = unseen.collect();
    order.extend(unseen);
    order.extend(timers);
    order
}

pub(super) fn goroutine(recorder: &Recorder<'_>, id: GoroutineId) -> Goroutine {
    let info = recorder.program.goroutine(id);
    Goroutine {
        name: info.name,
        parent: info.parent.map(|parent| recorder.name(parent)),
        place: recorder.program.place(info.site),
        timer: info.timer,
    }
}

/// Plays steps as far as they fit and `goes_on` says so of the state before each. Returns their
/// events, and the state that they lead to.
fn events(
    program: &mut dyn Program,
    path: &[Step],
    mut goes_on: impl FnMut(&dyn Program, &World) -> bool,
) -> Result<(Vec<Event>, World), Fault> {
    let mut world = World::start(program)?;
    let mut events = Vec::new();
    for step in path {
        if !goes_on(program, &world) || !world.is_enabled(program, *step) {
            break;
        }
        events.push(world.take(program, *step)?);
    }
    Ok((events, world))
}

pub(super) fn movers(steps: &[Step]) -> BTreeSet<GoroutineId> {
    steps.iter().flat_map(Step::movers).collect()
}

/// Returns the causal past of the first panicking step, and that step.
fn cut_to_panic(program: &mut dyn Program, path: &[Step]) -> Result<Vec<Step>, Fault> {
    let panicked = |world: &World| world.panicked().next();
    let (events, world) = events(program, path, |_, world| panicked(world).is_none())?;
    let mut past: Vec<&Event> = Vec::new();
    for (index, event) in events.iter().enumerate().rev() {
        if index + 1 == events.len() || past.iter().any(|later| later.depends_on(event)) {
            past.push(event);
        }
    }
    past.reverse();
    let steps: Vec<Step> = past.iter().map(|event| event.step).collect();
    let (played, end) = self::events(program, &steps, |_, _| true)?;
    // Play the steps to make sure of the same panic, without relying on the rules of independence.
    if played.len() == steps.len() && panicked(&end) == panicked(&world) {
        return Ok(steps);
    }
    Ok(path[..events.len()].to_vec())
}

/// Returns an equivalent order of the steps in which the moving goroutine changes less often, if
/// one is found. The goroutine that moved last goes on while it overtakes no step on which it
/// depends.
fn with_fewer_switches(program: &mut dyn Program, path: &[Step]) -> Result<Vec<Step>, Fault> {
    if path.len() > REORDER_MAX {
        return Ok(path.to_vec());
    }
    let (events, end) = events(program, path, |_, _| true)?;
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
    let (played, reached) = self::events(program, &steps, |_, _| true)?;
    if played.len() == path.len() && reached == end {
        return Ok(steps);
    }
    Ok(path.to_vec())
}

/// Returns the number of context switches. After a rendezvous either goroutine may go on.
pub(crate) fn switches(path: &[Step]) -> usize {
    path.windows(2)
        .filter(|pair| !pair[0].movers().any(|id| pair[1].moves(id)))
        .count()
}
