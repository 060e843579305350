//! The states of a program as a value that can be drawn: the [`StateGraph`].
//!
//! Each state tells where everybody stands, what is in each object, and which steps lead on. It
//! tells nothing of the way to it, since many ways may lead there. Like a [`Trace`](super::Trace)
//! the graph holds only strings and numbers. It has neither reduction nor exchange: up to
//! [`STATES_MAX`](StateGraph::STATES_MAX) states it has every state and every step of the program.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use super::final_state;
use super::hypothetical::imagine;
use super::record::Recorder;
use super::releasers::Releasers;
use super::trace::{Act, Ending, Goroutine, ObjectChange, ObjectKind, Place, Standing};
use super::trace_builder::{blocked, ending, movers, order, stuck, waits};
use super::wait_for_graph::{LookedAt, Waits};
use crate::execution::{replay, schedule};
use crate::explore::optimal::Executions;
use crate::explore::outlook::Explored;
pub use crate::explore::outlook::Outlook;
use crate::explore::{Limits, Meter};
pub use crate::model::Access;
use crate::model::primitive::Kind as _;
use crate::model::{Chan, Fault, GoroutineId, ObjectId, Pending, Program, Step, World};

/// The states of a program, or a part of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateGraph {
    /// All goroutines that are ever started: main first, the hidden ones of timers last.
    pub goroutines: Vec<Goroutine>,
    /// All objects that are ever made.
    pub objects: Vec<Thing>,
    /// The states, in the order of their distance from the first, which is the start.
    pub states: Vec<Node>,
    /// The number of states that were visited. Those of the graph are a part of them, or all.
    pub visited: usize,
    /// True if every state of the program was visited. Then each outlook is known.
    pub complete: bool,
    /// The schedules that were asked for, each as the numbers of the steps from state to state.
    pub ways: Vec<Vec<usize>>,
    /// The executions that the search [`optimal`](crate::explore::optimal) explores, in its order,
    /// each as a way; `None` if there are too many, or the graph is not whole.
    pub executions: Option<Vec<Vec<usize>>>,
    /// The extent of the search for what others could do.
    pub looked_at: LookedAt,
}

/// An object of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// The kind of the object.
    pub kind: ObjectKind,
    /// The number of values that a channel can hold.
    pub cap: Option<u32>,
    /// The place where it is made.
    pub place: Place,
}

/// A state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// The kind of end; [`Ending::Open`] if it goes on.
    pub end: Ending,
    /// The bad ends that can still come.
    pub outlook: Outlook,
    /// The number of steps to the nearest bad end, if one is known.
    pub to_bad: Option<usize>,
    /// The number of steps from the start.
    pub depth: usize,
    /// The position of each goroutine. A lock that it holds has neither a step nor a place.
    pub standings: Vec<Standing>,
    /// The state of each object.
    pub objects: Vec<ObjectChange>,
    /// The wait-for graph.
    pub waits: Waits,
    /// The steps that can be taken.
    pub steps: Vec<Edge>,
}

/// A step from a state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The number of the state to which it leads; `None` if that one is not in the graph.
    pub to: Option<usize>,
    /// The choice, as it is written in a schedule.
    pub choice: String,
    /// The parts of its goroutines; in a rendezvous the sender comes first.
    pub by: Vec<Act>,
    /// The goroutines that it wakes.
    pub wakes: Vec<String>,
    /// The choice with all its cases, by which the step is known in every state.
    pub full_choice: String,
    /// The goroutines in whose order it stands: those that move, are woken or are started.
    pub actors: Vec<String>,
    /// The objects that it touches, with the access. Two neighbouring steps are independent if they
    /// share no actor, and each object that both touch in ways that [commute](Access::commutes).
    pub touches: Vec<(String, Access)>,
}

impl StateGraph {
    /// Most states of a graph that has all.
    pub const STATES_MAX: usize = 2_000;

    /// Most states of a graph that has only a part, besides those on the ways that were asked for.
    pub const PART_MAX: usize = 300;

    /// Most executions that are listed.
    pub const EXECUTIONS_MAX: u64 = 200;

    /// Most steps of an execution that is listed.
    const STEPS_MAX: usize = 1_000;

    /// Most states that are visited to know what can still come.
    pub const VISITED_MAX: usize = 100_000;

    /// Visits the states of a program, as far as the meter allows, and describes them. If there are
    /// too many to describe, it takes those on the ways of these schedules and beside them.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn collect(
        program: &mut dyn Program,
        schedules: &[&str],
        meter: &Meter,
    ) -> Result<Self, Fault> {
        let explored = Explored::of(program, Self::VISITED_MAX, meter)?;
        let releasers = Releasers::collect(program, Releasers::STATES_MAX)?;
        let mut paths = Vec::new();
        for text in schedules {
            let tokens = schedule::split(text).unwrap_or_default();
            paths.push(replay::play(program, &tokens)?.path);
        }
        let chosen = Chosen::of(program, &explored, &paths)?;
        // Whatever is met or imagined may change the names of others. So nothing is written down
        // before.
        for world in &chosen.worlds {
            futures(program, &releasers, world)?;
        }
        let mut states = Vec::new();
        for number in 0..chosen.worlds.len() {
            states.push(chosen.describe(program, &explored, &releasers, number)?);
        }
        let ways = paths.iter().map(|path| chosen.way(program, path));
        let ways = ways.collect::<Result<_, _>>()?;
        let is_whole = explored.is_complete() && states.len() == explored.len();
        Ok(Self {
            executions: match is_whole && !program.is_quiet() {
                true => chosen.executions(program, meter)?,
                false => None,
            },
            ways,
            goroutines: goroutines(program, &chosen.worlds),
            objects: things(program, &chosen.worlds),
            states,
            visited: explored.len(),
            complete: explored.is_complete(),
            looked_at: LookedAt {
                states: releasers.states(),
                all: releasers.is_complete(),
                imagined_all: releasers.imagined_all(),
            },
        })
    }

    /// Returns true if it has every state of the program.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.complete && self.states.len() == self.visited
    }

    /// Returns the number of steps between its states.
    #[must_use]
    pub fn edges(&self) -> usize {
        let inner = |edge: &&Edge| edge.to.is_some();
        let counts = self.states.iter();
        counts
            .map(|node| node.steps.iter().filter(inner).count())
            .sum()
    }

    /// Returns the files that it mentions, the most frequent first.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for standing in self.states.iter().flat_map(|node| &node.standings) {
            if !standing.place.file.is_empty() {
                *counts.entry(&standing.place.file).or_default() += 1;
            }
        }
        let mut files: Vec<(&str, usize)> = counts.into_iter().collect();
        files.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        files.into_iter().map(|(file, _)| file).collect()
    }

    /// Returns the number of steps of the longest of the shortest ways from the start to a state.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.states.iter().map(|node| node.depth).max().unwrap_or(0)
    }
}

/// The states that are described.
struct Chosen {
    worlds: Vec<World>,
    depths: Vec<usize>,
    steps: Vec<Vec<Step>>,
    numbers: FxHashMap<World, usize>,
}

impl Chosen {
    /// Takes all states, or those on these paths and beside them, in the order of their distance
    /// from the start.
    fn of(
        program: &mut dyn Program,
        explored: &Explored,
        paths: &[Vec<Step>],
    ) -> Result<Self, Fault> {
        let start = World::start(program)?;
        let members = match explored.len() <= StateGraph::STATES_MAX {
            true => None,
            false => Some(part(program, explored, paths)?),
        };
        let is_member = |world: &World| match &members {
            None => explored.find(world).is_some(),
            Some(members) => members.contains_key(world),
        };
        let mut chosen = Self {
            numbers: FxHashMap::from_iter([(start.clone(), 0)]),
            worlds: vec![start],
            depths: vec![0],
            steps: Vec::new(),
        };
        while chosen.steps.len() < chosen.worlds.len() {
            let from = chosen.steps.len();
            let steps = chosen.worlds[from].steps(program);
            for &step in &steps {
                let mut next = chosen.worlds[from].clone();
                next.take(program, step)?;
                if is_member(&next) && !chosen.numbers.contains_key(&next) {
                    chosen.numbers.insert(next.clone(), chosen.worlds.len());
                    chosen.worlds.push(next);
                    chosen.depths.push(chosen.depths[from] + 1);
                }
            }
            chosen.steps.push(steps);
        }
        Ok(chosen)
    }

    /// Describes the state of this number.
    fn describe(
        &self,
        program: &mut dyn Program,
        explored: &Explored,
        releasers: &Releasers,
        number: usize,
    ) -> Result<Node, Fault> {
        let world = &self.worlds[number];
        let known = explored.find(world);
        let mut steps = Vec::new();
        for &step in &self.steps[number] {
            steps.push(self.edge(program, world, step)?);
        }
        let with_futures = futures(program, releasers, world)?;
        let releasers = with_futures.as_ref().unwrap_or(releasers);
        let recorder = Recorder::at(program, world.clone());
        let moving = movers(&recorder.enabled);
        let blocked = blocked(&recorder, &moving);
        let beside = known.map_or(&[][..], |state| explored.stuck(state));
        let beside: BTreeSet<GoroutineId> = beside.iter().copied().collect();
        let end = ending(&recorder, &recorder.enabled, &beside);
        let stuck = stuck(&recorder, end, &blocked, beside);
        let order = order(&recorder);
        let shown = order
            .iter()
            .filter(|&&id| !recorder.program.goroutine(id).timer);
        let standing = |&id| final_state::standing(&recorder, id, &recorder.enabled, &stuck);
        let standings = shown.map(standing).collect();
        Ok(Node {
            end,
            outlook: known.map_or(Outlook::Unknown, |state| explored.outlook(state)),
            to_bad: known
                .and_then(|state| explored.route(state))
                .map(|route| route.steps),
            depth: self.depths[number],
            standings,
            waits: waits(&recorder, releasers, &order, &blocked, &stuck, &moving),
            objects: recorder.start,
            steps,
        })
    }

    /// Describes a step from a state.
    fn edge(&self, program: &mut dyn Program, world: &World, step: Step) -> Result<Edge, Fault> {
        let full_choice = schedule::with_cases(program, step);
        let mut recorder = Recorder::at(program, world.clone());
        recorder.take(step)?;
        let to = self.numbers.get(&recorder.world).copied();
        let taken = recorder.steps.pop().expect("the step is enabled");
        let event = recorder.events.pop().expect("it was taken");
        let touched =
            |(id, access): &(ObjectId, Access)| (recorder.program.object(*id).name, *access);
        Ok(Edge {
            to,
            choice: taken.choice,
            by: taken.by,
            wakes: taken.wakes,
            full_choice,
            actors: event.actors.iter().map(|&id| recorder.name(id)).collect(),
            touches: event.footprint.iter().map(touched).collect(),
        })
    }

    /// Returns the executions that the search explores, as ways; `None` if there are too many.
    fn executions(
        &self,
        program: &mut dyn Program,
        meter: &Meter,
    ) -> Result<Option<Vec<Vec<usize>>>, Fault> {
        let limits = Limits {
            steps_max: StateGraph::STEPS_MAX,
            executions_max: Some(StateGraph::EXECUTIONS_MAX),
            ..meter.limits.clone()
        };
        let mut executions = Executions::new(Meter::new(limits, meter.watch.clone()));
        let mut ways = Vec::new();
        // Once a limit has cut one short there is no whole list.
        while executions.limits().is_empty()
            && let Some(path) = executions.next_renumbered(program)?
        {
            ways.push(self.way(program, &path)?);
        }
        Ok(executions.is_complete().then_some(ways))
    }

    /// Returns a path as the numbers of its steps, as far as it stays within the states.
    fn way(&self, program: &mut dyn Program, path: &[Step]) -> Result<Vec<usize>, Fault> {
        let mut way = Vec::new();
        let mut at = World::start(program)?;
        for &step in path {
            let number = self.numbers.get(&at).copied();
            let steps = number.map_or(&[][..], |number| &self.steps[number]);
            let Some(index) = steps.iter().position(|it| *it == step) else {
                break;
            };
            at.take(program, step)?;
            if !self.numbers.contains_key(&at) {
                break;
            }
            way.push(index);
        }
        Ok(way)
    }
}

/// Returns the states on these paths, on a shortest way to a bad end, on a way from there to a good
/// one, and beside them; then those that are nearest to these, up to the limit.
fn part(
    program: &mut dyn Program,
    explored: &Explored,
    paths: &[Vec<Step>],
) -> Result<FxHashMap<World, ()>, Fault> {
    let mut members = FxHashMap::default();
    let mut todo = VecDeque::new();
    let mut paths = paths.to_vec();
    let bad = shortest(explored);
    paths.push(escape(explored, &bad));
    paths.push(bad);
    for path in paths {
        let mut world = World::start(program)?;
        for step in path.iter().copied().map(Some).chain([None]) {
            if members.insert(world.clone(), ()).is_none() {
                todo.push_back(world.clone());
            }
            if let Some(step) = step {
                world.take(program, step)?;
            }
        }
    }
    let max = members.len() + StateGraph::PART_MAX;
    while let Some(world) = todo.pop_front() {
        for step in world.steps(program) {
            if members.len() >= max {
                return Ok(members);
            }
            let mut next = world.clone();
            next.take(program, step)?;
            if members.insert(next.clone(), ()).is_none() {
                todo.push_back(next);
            }
        }
    }
    Ok(members)
}

/// Returns a shortest way from the start to a bad end; no step if none is known.
fn shortest(explored: &Explored) -> Vec<Step> {
    let (mut path, mut at) = (Vec::new(), 0);
    while let Some(step) = explored.route(at).and_then(|route| route.first) {
        let to = explored.steps(at).iter().find(|(it, _)| *it == step);
        let Some(next) = to.and_then(|(_, to)| *to) else {
            break;
        };
        path.push(step);
        at = next;
    }
    path
}

/// Returns the steps of a path as long as not every way ends badly, and from there on a shortest
/// way to a good end; no step if none is known.
fn escape(explored: &Explored, path: &[Step]) -> Vec<Step> {
    let mut numbers = vec![0];
    for step in path {
        let steps = explored.steps(numbers[numbers.len() - 1]).iter();
        let next = steps.clone().find(|(it, _)| it == step);
        let Some(next) = next.and_then(|(_, to)| *to) else {
            break;
        };
        numbers.push(next);
    }
    let is_open = |&at: &usize| explored.outlook(at) != Outlook::Doomed;
    let taken = numbers.iter().rposition(is_open).unwrap_or(0);
    let way = explored.to_good_end(numbers[taken]);
    way.map_or_else(Vec::new, |way| {
        path[..taken].iter().copied().chain(way).collect()
    })
}

/// Returns the releasers with the hypothetical futures of those who are blocked in a state; `None`
/// if nobody is.
fn futures(
    program: &mut dyn Program,
    releasers: &Releasers,
    world: &World,
) -> Result<Option<Releasers>, Fault> {
    let moving = movers(&world.steps(program));
    let is_blocked = |id: &GoroutineId| {
        let is_about = !matches!(world.pending(program, *id), Pending::Nothing);
        is_about && !moving.contains(id)
    };
    let blocked: Vec<GoroutineId> = world.ids().filter(is_blocked).collect();
    if blocked.is_empty() {
        return Ok(None);
    }
    let mut releasers = releasers.clone();
    for id in blocked {
        imagine(&mut releasers, program, world, id)?;
    }
    Ok(Some(releasers))
}

/// Returns all goroutines of these states.
fn goroutines(program: &dyn Program, worlds: &[World]) -> Vec<Goroutine> {
    let count = worlds.iter().map(|world| world.goroutines().len()).max();
    let ids = (0..count.unwrap_or(0)).map(GoroutineId::from_index);
    let there = ids.filter(|&id| worlds.iter().any(|world| world.goroutine(id).is_some()));
    let mut goroutines: Vec<Goroutine> = there
        .map(|id| {
            let info = program.goroutine(id);
            Goroutine {
                parent: info.parent.map(|parent| program.goroutine(parent).name),
                name: info.name,
                place: program.place(info.site),
                timer: info.timer,
            }
        })
        .collect();
    goroutines.sort_by_key(|goroutine| goroutine.timer);
    goroutines
}

/// Returns all objects of these states.
fn things(program: &dyn Program, worlds: &[World]) -> Vec<Thing> {
    let count = worlds.iter().map(|world| world.objects().len()).max();
    let ids = (0..count.unwrap_or(0)).map(ObjectId::from_index);
    let thing = |id| {
        let mut made = worlds.iter().map(|world| world.object(id));
        let object = made.find(|object| object.kind().is_some())?;
        let info = program.object(id);
        Some(Thing {
            name: info.name,
            kind: object.kind()?,
            cap: Chan::of(object).map(|chan| chan.capacity),
            place: program.place(info.site),
        })
    };
    ids.filter_map(thing).collect()
}
