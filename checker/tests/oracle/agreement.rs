//! Compares the searches with the oracle, and so with one another.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use gordian_checker::execution::end_state::EndState;
use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::{Findings, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{End, Event, Program, Step, TimerRules, World};
use gordian_checker::script::{Memory, Script, Start};

use super::{Canonical, canonical};

/// The largest size of a program: prefixes of executions up to equivalence, and states.
pub(crate) const SIZE_MAX: usize = 4_000;

/// Most interleavings that the plain search explores; programs with more are left out.
const INTERLEAVINGS_MAX: u64 = 5_000;

/// The extent of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Compared {
    /// Inequivalent executions.
    pub(crate) executions: usize,
    /// True if the plain search took part.
    pub(crate) exhaustively: bool,
    /// The kinds of ends.
    pub(crate) ends: Ends,
}

/// The kinds of ends that occur.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) complete: bool,
    pub(crate) leak: bool,
    pub(crate) deadlock: bool,
    pub(crate) panic: bool,
    pub(crate) cut: bool,
}

impl Ends {
    pub(crate) const ALL: Self = Self {
        complete: true,
        leak: true,
        deadlock: true,
        panic: true,
        cut: true,
    };

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            complete: self.complete | other.complete,
            leak: self.leak | other.leak,
            deadlock: self.deadlock | other.deadlock,
            panic: self.panic | other.panic,
            cut: self.cut | other.cut,
        }
    }
}

/// Compares the searches on a script. Returns `None` if it is too large.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check(script: &Script) -> Result<Option<Compared>, String> {
    check_with(script, TimerRules::default())
}

/// Compares them under these rules of timers.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check_with(script: &Script, timers: TimerRules) -> Result<Option<Compared>, String> {
    check_program(&mut || Box::new(script.interpreter_with(Start::Together, Memory::Full, timers)))
}

/// Compares the searches on a program, each on a fresh copy of it.
///
/// # Errors
/// A description of the disagreement.
pub(crate) fn check_program(
    program: &mut dyn FnMut() -> Box<dyn Program>,
) -> Result<Option<Compared>, String> {
    let mut one = program();
    let one = one.as_mut();
    let Some(states) = super::states(one, SIZE_MAX) else {
        return Ok(None);
    };
    let Some(traces) = super::traces(one, SIZE_MAX) else {
        return Ok(None);
    };
    // What is first met in another order is to have the same names and numbers all the same.
    let ids = one.learner().map(|learner| learner.ids());
    let program = &mut || {
        let mut fresh = program();
        if let (Some(learner), Some(ids)) = (fresh.learner(), &ids) {
            learner.adopt_ids(ids);
        }
        fresh
    };
    same(
        "the oracle's final states",
        &states.finals,
        &traces.finals(),
    )?;

    let optimal = explore(&mut Optimal::new().keeping_executions(), program, None)?;
    let explored = executions(&optimal, one)?;
    let forms: BTreeSet<Canonical> = explored.iter().map(|it| it.form.clone()).collect();
    let truth: BTreeSet<Canonical> = traces.maximal.keys().cloned().collect();
    if let Some(lost) = truth.difference(&forms).next() {
        return Err(format!(
            "optimal explores {} of {} executions and not this one: {}",
            forms.len(),
            truth.len(),
            written(one, lost)
        ));
    }
    same(
        "optimal's executions, distinct",
        &forms.len(),
        &explored.len(),
    )?;
    same("optimal's executions", &forms, &truth)?;
    same(
        "optimal's count",
        &optimal.executions,
        &(truth.len() as u64),
    )?;
    same("optimal's discarded executions", &optimal.discarded, &0)?;
    compare("optimal", &optimal, &states.finals, one)?;

    let stateful = explore(&mut Stateful::new().keeping_executions(), program, None)?;
    let count = Some(states.all.len() as u64);
    same("stateful's states", &stateful.states, &count)?;
    compare("stateful", &stateful, &states.finals, one)?;
    same("what is bad", &keys(&optimal), &keys(&stateful))?;

    let auto = explore(&mut Auto::new(), program, None)?;
    same("auto's bad ends", &keys(&auto), &keys(&stateful))?;
    same(
        "whether auto is complete",
        &auto.complete,
        &stateful.complete,
    )?;
    if let Some(visited) = auto.states {
        let (is, may_be) = (visited as usize, states.all.len());
        if is > may_be || (is < may_be && auto.complete && !auto.reduced) {
            return Err(format!("auto visits {is} states of {may_be}"));
        }
    }
    check_ways("auto", &auto, one)?;

    let max = Some(INTERLEAVINGS_MAX);
    let exhaustive = explore(&mut Exhaustive::new().keeping_executions(), program, max)?;
    let exhaustively = exhaustive.executions < INTERLEAVINGS_MAX;
    if exhaustively {
        compare("exhaustive", &exhaustive, &states.finals, one)?;
        same("what is bad", &keys(&exhaustive), &keys(&optimal))?;
    }
    Ok(Some(Compared {
        executions: truth.len(),
        exhaustively,
        ends: ends(one, &states.finals),
    }))
}

fn ends(program: &dyn Program, finals: &HashSet<World>) -> Ends {
    let mut ends = Ends::default();
    for world in finals {
        match world.end(program) {
            End::Complete => ends.complete = true,
            End::Leak => ends.leak = true,
            End::Deadlock => ends.deadlock = true,
            End::Panic => ends.panic = true,
            End::Cut => ends.cut = true,
        }
    }
    ends
}

fn keys(findings: &Findings) -> Vec<&EndState> {
    findings.bad.keys().collect()
}

/// An execution that was replayed.
struct Played {
    form: Canonical,
    last: World,
}

fn explore(
    search: &mut dyn Search,
    program: &mut dyn FnMut() -> Box<dyn Program>,
    executions_max: Option<u64>,
) -> Result<Findings, String> {
    let mut program = program();
    let limits = Limits {
        executions_max,
        ..Limits::default()
    };
    let mut meter = Meter::new(limits, Arc::<Watch>::default());
    let mut advance = || search.advance(program.as_mut(), &mut meter);
    while advance().map_err(|fault| format!("{fault:?}"))? == Progress::Paused {}
    Ok(search.findings().clone())
}

/// Replays the executions that a search kept.
fn executions(findings: &Findings, program: &mut dyn Program) -> Result<Vec<Played>, String> {
    let kept = findings.kept.as_ref().expect("they were to be kept");
    kept.iter().map(|path| play(program, path)).collect()
}

/// Compares the ends of a search's executions with the true ones. Each bad end must be classified
/// correctly and have a path to it.
fn compare(
    name: &str,
    findings: &Findings,
    finals: &HashSet<World>,
    program: &mut dyn Program,
) -> Result<(), String> {
    let executions = executions(findings, program)?;
    let its: HashSet<World> = executions.into_iter().map(|it| it.last).collect();
    if its != *finals {
        let missed = finals.difference(&its).next();
        let invented = its.difference(finals).next();
        let text = |world: Option<&World>| world.map(|it| EndState::of(program, it));
        return Err(format!(
            "{name} comes to other final states: missed {:?}, invented {:?}",
            text(missed),
            text(invented)
        ));
    }
    let stuck = |end: End| matches!(end, End::Leak | End::Deadlock);
    let true_stuck: BTreeMap<EndState, End> = finals
        .iter()
        .map(|world| (world, world.end(program)))
        .filter(|(_, end)| stuck(*end))
        .map(|(world, end)| (EndState::of_bad(program, world, end), end))
        .collect();
    let bad = findings.bad.iter();
    let its_stuck: BTreeMap<EndState, End> = bad
        .filter(|(_, it)| stuck(it.end))
        .map(|(key, it)| (key.clone(), it.end))
        .collect();
    same(
        &format!("{name}'s deadlocks and leaks"),
        &its_stuck,
        &true_stuck,
    )?;
    let some = |wanted: End| finals.iter().any(|it| it.end(program) == wanted);
    let its_panic = findings.bad.values().any(|it| it.end == End::Panic);
    same(
        &format!("whether {name} sees a panic"),
        &its_panic,
        &some(End::Panic),
    )?;
    same(
        &format!("whether {name} is complete"),
        &findings.complete,
        &!some(End::Cut),
    )?;
    check_ways(name, findings, program)
}

/// Checks that the ways to bad ends lead there.
fn check_ways(name: &str, findings: &Findings, program: &mut dyn Program) -> Result<(), String> {
    for (key, bad) in &findings.bad {
        let last = play(program, &bad.path)?.last;
        if bad.end != End::Panic {
            let reached = EndState::of_bad(program, &last, last.end(program));
            same(
                &format!("where {name}'s way to a bad end leads"),
                &reached,
                key,
            )?;
        }
    }
    Ok(())
}

/// Plays a path from the start.
fn play(program: &mut dyn Program, path: &[Step]) -> Result<Played, String> {
    let mut world = World::start(program).map_err(|fault| format!("{fault:?}"))?;
    let mut events: Vec<Event> = Vec::new();
    for &step in path {
        if !world.is_enabled(program, step) {
            return Err(format!("a way takes {step:?} where it is not enabled"));
        }
        let event = world.take(program, step);
        events.push(event.map_err(|fault| format!("{fault:?}"))?);
    }
    Ok(Played {
        form: canonical(&events),
        last: world,
    })
}

/// Describes an execution in words.
fn written(program: &mut dyn Program, form: &Canonical) -> String {
    let mut text = String::new();
    let mut world = World::start(program).expect("it starts");
    for (_, step) in form {
        text.push_str("\n  ");
        text.push_str(&super::describe(program, &world, *step));
        world.take(program, *step).expect("it goes on");
    }
    text
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, its: &T, truth: &T) -> Result<(), String> {
    if its == truth {
        return Ok(());
    }
    Err(format!("{what}: {its:?} and not {truth:?}"))
}
