//! The truth about a program, found by brute force.
//!
//! Three accounts, each as simple as possible: [`states`] visits every state once,
//! [`interleavings`] every path, and [`traces`] every prefix of an execution up to equivalence
//! once. A search that agrees with all three is right on that program.

#![expect(
    dead_code,
    reason = "each test target that includes this uses a part of it"
)]

pub(crate) mod agreement;
pub(crate) mod counterpart;
pub(crate) mod daemon;
pub(crate) mod endless;
pub(crate) mod explanations;
pub(crate) mod independence;
pub(crate) mod levels;
#[cfg(feature = "loom")]
pub(crate) mod loom;
pub(crate) mod parts;
pub(crate) mod reduction;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use gordian_checker::execution::end_state::EndState;
use gordian_checker::execution::words;
use gordian_checker::model::{Event, Pending, Program, Step, World};

/// The result of [`states`].
#[derive(Debug)]
pub(crate) struct States {
    /// All of them.
    pub(crate) all: HashSet<World>,
    /// The states in which no step is enabled.
    pub(crate) finals: HashSet<World>,
    /// The same ends, in names.
    pub(crate) ends: BTreeSet<EndState>,
}

/// Returns every state, or `None` if there are more than `max`.
pub(crate) fn states(program: &mut dyn Program, max: usize) -> Option<States> {
    let start = World::start(program).expect("it starts");
    let mut seen = HashSet::from([start.clone()]);
    let mut to_visit = vec![start];
    let mut finals = HashSet::new();
    let mut steps = Vec::new();
    while let Some(world) = to_visit.pop() {
        world.enabled(program, &mut steps);
        for &step in &steps {
            let mut next = world.clone();
            next.take(program, step).expect("it goes on");
            if seen.insert(next.clone()) {
                if seen.len() > max {
                    return None;
                }
                to_visit.push(next);
            }
        }
        if steps.is_empty() {
            finals.insert(world);
        }
    }
    Some(States {
        all: seen,
        ends: finals
            .iter()
            .map(|world| EndState::of(program, world))
            .collect(),
        finals,
    })
}

/// The result of [`interleavings`].
#[derive(Debug, Default)]
pub(crate) struct Interleavings {
    /// The number of maximal paths.
    pub(crate) count: u64,
    /// The states in which they end.
    pub(crate) finals: HashSet<World>,
    steps: u64,
}

/// Follows every maximal path. Returns `None` if that takes more than `steps_max` steps.
pub(crate) fn interleavings(program: &mut dyn Program, steps_max: u64) -> Option<Interleavings> {
    fn visit(
        program: &mut dyn Program,
        world: World,
        steps_max: u64,
        found: &mut Interleavings,
    ) -> bool {
        let steps = world.steps(program);
        for &step in &steps {
            found.steps += 1;
            let mut next = world.clone();
            next.take(program, step).expect("it goes on");
            if found.steps > steps_max || !visit(program, next, steps_max, found) {
                return false;
            }
        }
        if steps.is_empty() {
            found.count += 1;
            found.finals.insert(world);
        }
        true
    }
    let start = World::start(program).expect("it starts");
    let mut found = Interleavings::default();
    visit(program, start, steps_max, &mut found).then_some(found)
}

/// The canonical form of an execution: Foata's. Each step has a level, one above the highest of the
/// steps before it on which it depends; executions are equivalent if and only if they have the same
/// steps on the same levels.
pub(crate) type Canonical = Vec<(u32, Step)>;

/// Returns the canonical form of a sequence of events.
pub(crate) fn canonical(events: &[Event]) -> Canonical {
    let mut levels: Vec<u32> = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        levels.push(level(&events[..index], &levels, event));
    }
    let mut form: Canonical = levels
        .into_iter()
        .zip(events.iter().map(|event| event.step))
        .collect();
    form.sort_unstable();
    form
}

fn level(events: &[Event], levels: &[u32], event: &Event) -> u32 {
    let before = events.iter().zip(levels);
    let above = before
        .filter(|(earlier, _)| event.depends_on(earlier))
        .map(|(_, level)| level + 1);
    above.max().unwrap_or(0)
}

/// The result of [`traces`].
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// The canonical forms of all maximal executions, with the state in which each ends.
    pub(crate) maximal: BTreeMap<Canonical, World>,
}

impl Traces {
    /// Returns the states in which they end.
    pub(crate) fn finals(&self) -> HashSet<World> {
        self.maximal.values().cloned().collect()
    }
}

/// Steps of an execution beyond which [`traces`] gives up.
const LENGTH_MAX: usize = 200;

/// Returns every maximal execution up to equivalence, or `None` if there are more than `max`
/// prefixes up to equivalence, or very long ones.
pub(crate) fn traces(program: &mut dyn Program, max: usize) -> Option<Traces> {
    struct Prefix {
        world: World,
        events: Vec<Event>,
        levels: Vec<u32>,
        form: Canonical,
    }
    let mut seen: HashSet<Canonical> = HashSet::from([Canonical::new()]);
    let mut to_visit = vec![Prefix {
        world: World::start(program).expect("it starts"),
        events: Vec::new(),
        levels: Vec::new(),
        form: Canonical::new(),
    }];
    let mut found = Traces::default();
    let mut steps = Vec::new();
    while let Some(prefix) = to_visit.pop() {
        prefix.world.enabled(program, &mut steps);
        if steps.is_empty() {
            found.maximal.insert(prefix.form, prefix.world);
            continue;
        }
        for &step in &steps {
            let mut world = prefix.world.clone();
            let event = world.take(program, step).expect("it goes on");
            let level = level(&prefix.events, &prefix.levels, &event);
            let mut form = prefix.form.clone();
            form.insert(
                form.partition_point(|it| *it < (level, step)),
                (level, step),
            );
            if !seen.insert(form.clone()) {
                continue;
            }
            if seen.len() > max || form.len() > LENGTH_MAX {
                return None;
            }
            let mut events = prefix.events.clone();
            events.push(event);
            let mut levels = prefix.levels.clone();
            levels.push(level);
            to_visit.push(Prefix {
                world,
                events,
                levels,
                form,
            });
        }
    }
    Some(found)
}

/// Describes a step in words, in the state in which it is taken.
pub(crate) fn describe(program: &dyn Program, world: &World, step: Step) -> String {
    let parts = step.movers().map(|id| {
        let what = match world.pending(program, id) {
            Pending::Op(op) => words::operation(program, op),
            Pending::Fire(timer) => format!("fire {}", program.object(timer).name),
            Pending::Nothing => "nothing".to_owned(),
        };
        format!("{}: {what}", program.goroutine(id).name)
    });
    parts.collect::<Vec<_>>().join(" with ")
}
