//! Compares the search that leaves steps out with the one that takes all of them.
//!
//! Both are to come to the same ends with the same values, and to the same panics. The same
//! goroutines are stuck while others run on. Where goroutines share their local states, it is
//! enough that one of all ends that differ in their ids only is met: here all permutations of the
//! ids are tried.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use gordian_checker::Subject as _;
use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Findings, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{End, GoroutineId, Permutation, Program, Step, TimerRules, World};
use gordian_checker::script::{AsClosure, Memory, Script, Start};

use super::endless::{check_cycle, check_way};

/// The sizes of one comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sizes {
    /// States of the program.
    pub(crate) states: u64,
    /// Those that the reduced search visited.
    pub(crate) reduced: u64,
    /// True if somebody gets stuck while others run on.
    pub(crate) starves: bool,
    /// True if something bad was found.
    pub(crate) bad: bool,
}

/// Compares the two on a script. Returns `None` if it has more than `max` states, or too many
/// identical goroutines.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check(
    script: &Script,
    timers: TimerRules,
    max: u64,
) -> Result<Option<Sizes>, String> {
    let all = [Memory::Full, Memory::Forgetful];
    let mut sizes = None;
    for memory in all {
        let mut program = script.interpreter_with(Start::Together, memory, timers);
        sizes = check_program(&mut program, max)?;
    }
    Ok(sizes)
}

/// Compares the two on a program.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check_program(program: &mut dyn Program, max: u64) -> Result<Option<Sizes>, String> {
    check_by(program, max, alike)
}

/// The ends that a search met, and those that are bad.
type Known = (HashSet<World>, BTreeSet<(EndState, bool)>);

/// The ends of both, and those that are bad.
type Ends<'a> = (&'a HashSet<World>, &'a HashSet<World>);
type BadEnds<'a> = (
    &'a BTreeSet<(EndState, bool)>,
    &'a BTreeSet<(EndState, bool)>,
);

/// Compares the two on the closures of a script. There goroutines may be exchanged until they make
/// something.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check_closures(
    script: &Script,
    timers: TimerRules,
    max: u64,
) -> Result<Option<Sizes>, String> {
    let mut program = AsClosure(script.clone()).program_with(STACK, timers);
    let sizes = check_by(program.as_mut(), max, alike_but_for_what_was_made);
    program.learner().expect("it is learned").finish();
    sizes
}

fn check_by(
    program: &mut dyn Program,
    max: u64,
    alike: impl Fn(&mut dyn Program, Ends<'_>, BadEnds<'_>) -> Result<bool, String>,
) -> Result<Option<Sizes>, String> {
    // Both with the same local states, so that their ends can be compared.
    program.share_locals();
    let full = explore(&mut Stateful::new().keeping_executions(), program, max)?;
    let states = full.states.unwrap_or(0);
    // Of too many bad ends each search keeps others.
    if states >= max || full.complete && !full.knows_all_bad_ends() {
        return Ok(None);
    }
    let known = (ends(program, &full)?, bad_ends(&full));
    let mut search = Stubborn::new().keeping_executions();
    let reduced = explore(&mut search, program, max + 1)?;
    let sizes = compare(program, (&full, &known), &reduced, &alike)?;
    let mut search = Stubborn::new().keeping_executions();
    teach(&mut search, program)?;
    let taught = explore(&mut search, program, max + 1)?;
    compare(program, (&full, &known), &taught, &alike)?;
    Ok(sizes)
}

/// Lets a search that has begun learn from a few executions that are drawn, as `auto` does.
fn teach(search: &mut Stubborn, program: &mut dyn Program) -> Result<(), String> {
    let told = |fault| format!("{fault:?}");
    let mut meter = Meter::new(Limits::default(), Arc::<Watch>::default());
    meter.begin_slice(6);
    search.advance(program, &mut meter).map_err(told)?;
    let mut rng = fastrand::Rng::with_seed(1);
    let mut enabled = Vec::new();
    for _ in 0..4 {
        let mut world = World::start(program).map_err(told)?;
        let mut way = Vec::new();
        for _ in 0..30 {
            world.enabled(program, &mut enabled);
            if enabled.is_empty() {
                break;
            }
            let before = world.clone();
            let step = enabled[rng.usize(..enabled.len())];
            let event = world.take(program, step).map_err(told)?;
            way.push(step);
            search.learn(program, [&before, &world], &event, &way);
        }
    }
    Ok(())
}

fn compare(
    program: &mut dyn Program,
    (full, (ends, bad)): (&Findings, &Known),
    reduced: &Findings,
    alike: impl Fn(&mut dyn Program, Ends<'_>, BadEnds<'_>) -> Result<bool, String>,
) -> Result<Option<Sizes>, String> {
    let states = full.states.unwrap_or(0);
    let its_states = reduced.states.unwrap_or(0);
    if its_states > states {
        return Err(format!("{its_states} states of {states}"));
    }
    let (its_ends, its_bad) = (self::ends(program, reduced)?, bad_ends(reduced));
    let invented = its_ends.difference(ends).next();
    if let Some(invented) = invented.map(|it| EndState::of(program, it)) {
        return Err(format!("an end that is none: {invented:?}"));
    }
    if let Some(invented) = its_bad.difference(bad).next() {
        return Err(format!("a bad end that is none: {invented:?}"));
    }
    if !alike(program, (ends, &its_ends), (bad, &its_bad))? {
        return Ok(None);
    }
    for (key, bad) in &reduced.bad {
        if bad.cycle > 0 {
            check_way(program, &bad.path, bad.cycle, key)?;
            check_cycle(program, bad, key)?;
        } else if !leads_to(program, &bad.path, key)? {
            return Err(format!("a way that does not lead to {key:?}"));
        }
    }
    if !reduced.reduced && its_states != states {
        return Err(format!("all {its_states} states of {states}"));
    }
    if full.bad.is_empty() && full.complete != reduced.complete {
        return Err(format!("{:?} and not {:?}", reduced.limits, full.limits));
    }
    Ok(Some(Sizes {
        states,
        reduced: its_states,
        bad: !full.bad.is_empty(),
        starves: full.bad.values().any(|bad| bad.cycle > 0),
    }))
}

/// Returns true if both came to the same ends, but for the ids of goroutines that were exchanged;
/// false if there are too many to tell.
fn alike(
    program: &mut dyn Program,
    (ends, its_ends): Ends<'_>,
    (bad, its_bad): BadEnds<'_>,
) -> Result<bool, String> {
    let groups = groups(program, ends.iter().chain(its_ends));
    let Some(exchanges) = exchanges(&groups) else {
        return Ok(false);
    };
    let least = |all: &HashSet<World>| all.iter().map(|it| least(it, &exchanges)).collect();
    let (some, its): (HashSet<Vec<u8>>, HashSet<Vec<u8>>) = (least(ends), least(its_ends));
    if some != its {
        let missed = ends.difference(its_ends).next();
        let missed = missed.map(|it| EndState::of(program, it));
        return Err(format!("other ends: missed {missed:?}"));
    }
    let exchanged = |all: &BTreeSet<(EndState, bool)>| -> BTreeSet<(EndState, bool)> {
        let least = |key| least_end(program, key, (&groups, &exchanges));
        all.iter()
            .map(|(key, cycle)| (least(key), *cycle))
            .collect()
    };
    if exchanged(bad) != exchanged(its_bad) {
        return Err(format!("other bad ends: {its_bad:?} and not {bad:?}"));
    }
    Ok(true)
}

/// Does the same where goroutines were exchanged until they made something. Where nothing is bad
/// the contents of what main made at first are compared, and where main stands.
fn alike_but_for_what_was_made(
    program: &mut dyn Program,
    (ends, its_ends): Ends<'_>,
    (bad, its_bad): BadEnds<'_>,
) -> Result<bool, String> {
    if !bad.is_empty() {
        // Then nobody was exchanged in the end.
        return match (ends, bad) == (its_ends, its_bad) {
            true => Ok(true),
            false => Err(format!("other ends: {its_bad:?} and not {bad:?}")),
        };
    }
    let start = World::start(program).map_err(|fault| format!("{fault:?}"))?;
    let at_first = start.goroutines()[0].local;
    let made = program.arrival(at_first).created.iter();
    let made: BTreeSet<String> = made.map(|made| program.object(made.id).name).collect();
    let seen = |all: &HashSet<World>| -> BTreeSet<_> {
        let of = |world: &World| {
            let mut end = EndState::of(program, world);
            end.objects.retain(|(name, _)| made.contains(name));
            (world.goroutines()[0].local, end.end, end.objects)
        };
        all.iter().map(of).collect()
    };
    match seen(ends) == seen(its_ends) {
        true => Ok(true),
        false => Err(format!(
            "other ends: {:?}, not {:?}",
            seen(its_ends),
            seen(ends)
        )),
    }
}

/// The stack of a goroutine.
const STACK: usize = 256 << 10;

/// The most ways to exchange ids.
const EXCHANGES_MAX: u64 = 5040;

/// Goroutines that share their local states, by the number of the group.
type Groups = BTreeMap<u32, BTreeSet<GoroutineId>>;

fn groups<'a>(program: &dyn Program, worlds: impl Iterator<Item = &'a World>) -> Groups {
    let mut groups = Groups::new();
    for world in worlds {
        let mut listed = Vec::new();
        program.exchange_groups(world, &mut listed);
        for (group, id) in listed {
            groups.entry(group).or_default().insert(id);
        }
    }
    groups
}

/// Returns all ways to exchange the ids of goroutines that share their local states; `None` if
/// there are too many.
fn exchanges(groups: &Groups) -> Option<Vec<Permutation>> {
    let ways = groups.values().flat_map(|members| 1..=members.len() as u64);
    if ways.fold(1_u64, u64::saturating_mul) > EXCHANGES_MAX {
        return None;
    }
    let mut all = vec![Permutation::default()];
    for members in groups.values() {
        let mut orders = vec![Vec::new()];
        for member in members {
            let with = |order: &Vec<GoroutineId>, at: usize| {
                let mut order = order.clone();
                order.insert(at, *member);
                order
            };
            let longer = |order: &Vec<_>| (0..=order.len()).map(|at| with(order, at)).collect();
            orders = orders
                .iter()
                .flat_map(|order| -> Vec<_> { longer(order) })
                .collect();
        }
        let ways: Vec<_> = orders
            .iter()
            .map(|order| Permutation::sorted(order))
            .collect();
        let both = |one: &Permutation| ways.iter().map(|way| one.then(way)).collect::<Vec<_>>();
        all = all.iter().flat_map(both).collect();
    }
    Some(all)
}

/// Returns the least encoding of all states that differ from this one in the ids of identical
/// goroutines only.
fn least(world: &World, exchanges: &[Permutation]) -> Vec<u8> {
    let of = |permutation: &Permutation| {
        let (mut world, mut bytes) = (world.clone(), Vec::new());
        world.permute(permutation);
        world.encode(&mut bytes);
        bytes
    };
    // Only those who were started are exchanged.
    let ids = || (0..64).map(GoroutineId::from_index);
    let stays = |permutation: &&Permutation| {
        ids().all(|id| world.goroutine(id).is_some() || permutation.of(id) == id)
    };
    let exchanges = exchanges.iter().filter(stays);
    exchanges.map(of).min().expect("one changes nothing")
}

/// Returns the least of all ends that differ from this one in the names of identical goroutines
/// only.
fn least_end(
    program: &dyn Program,
    key: &EndState,
    (groups, exchanges): (&Groups, &[Permutation]),
) -> EndState {
    let given = |id: GoroutineId| {
        let name = program.goroutine(id).name;
        name.rsplit('/').next().map_or(String::new(), str::to_owned)
    };
    let shared = groups.values().flatten();
    let names: Vec<(String, GoroutineId)> = shared.map(|id| (given(*id), *id)).collect();
    let of = |permutation: &Permutation| {
        let mut key = key.clone();
        for (name, _) in &mut key.goroutines {
            if let Some((_, id)) = names.iter().find(|(of, _)| of == name) {
                *name = given(permutation.of(*id));
            }
        }
        key.goroutines.sort();
        key
    };
    exchanges.iter().map(of).min().expect("one changes nothing")
}

/// Returns the bad ends, each with true if others run on. What is met later can change a name that
/// was unique until then, so these are the names that the goroutines were given.
fn bad_ends(findings: &Findings) -> BTreeSet<(EndState, bool)> {
    let bad = findings.bad.iter();
    bad.map(|(key, bad)| (key.in_given_names(), bad.cycle > 0))
        .collect()
}

fn explore(
    search: &mut dyn Search,
    program: &mut dyn Program,
    max: u64,
) -> Result<Findings, String> {
    let limits = Limits {
        states_max: Some(max),
        ..Limits::default()
    };
    let mut meter = Meter::new(limits, Arc::<Watch>::default());
    let mut advance = || search.advance(program, &mut meter);
    while advance().map_err(|fault| format!("{fault:?}"))? == Progress::Paused {}
    Ok(search.findings().clone())
}

/// Returns the states in which the executions end that a search kept.
fn ends(program: &mut dyn Program, findings: &Findings) -> Result<HashSet<World>, String> {
    let kept = findings.kept.as_ref().expect("they were to be kept");
    kept.iter().map(|path| at_end(program, path)).collect()
}

/// Returns the state to which a way leads.
fn at_end(program: &mut dyn Program, path: &[Step]) -> Result<World, String> {
    let mut world = World::start(program).map_err(|fault| format!("{fault:?}"))?;
    for &step in path {
        if !world.is_enabled(program, step) {
            return Err(format!("a way takes {step:?} where it is not enabled"));
        }
        world
            .take(program, step)
            .map_err(|fault| format!("{fault:?}"))?;
    }
    Ok(world)
}

/// Returns true if the way leads to this bad end.
fn leads_to(program: &mut dyn Program, path: &[Step], key: &EndState) -> Result<bool, String> {
    let world = at_end(program, path)?;
    let is_it = |end: EndState| end.in_given_names() == key.in_given_names();
    Ok(if key.end == End::Panic {
        let mut panicked = world.panicked();
        panicked.any(|id| is_it(EndState::of_panic(program, &world, id)))
    } else {
        world.steps(program).is_empty()
            && is_it(EndState::of_bad(program, &world, world.end(program)))
    })
}
