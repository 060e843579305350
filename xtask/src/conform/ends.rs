//! The ends of a random program in the machine for Go, in the words of the predictions.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use gordian_checker::model::{Fault, GoroutineId, Names as _, Op, Pending, Phase, Program, World};
use gordian_checker::script::{Kind, Script};
use gordian_go::{GoProgram, Tree};

use super::outcome::Outcome;
use super::predict;

/// The variables of the harness for the machine.
const ROOT: &str = "conform/harness.Root";
const LEFT: &str = "conform/harness.Left";

/// One end of a program, without the goroutine of each blocked statement, which is in only one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Ending {
    /// Nobody can move any more.
    End {
        /// The last integer that each goroutine got.
        lasts: BTreeMap<String, String>,
        /// The statements in which goroutines are blocked.
        blocked: Vec<String>,
        /// The contents of the objects.
        objects: BTreeMap<String, String>,
    },
    /// A goroutine panics with this message.
    Panic(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(message) => write!(f, "panic: {message}"),
            Self::End {
                lasts,
                blocked,
                objects,
            } => write!(f, "last {lasts:?} | blocked {blocked:?} | {objects:?}"),
        }
    }
}

impl Ending {
    /// Returns the ending that a prediction is.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let (goroutines, objects) = match outcome {
            Outcome::End {
                goroutines,
                objects,
            } => (goroutines, objects.clone()),
            Outcome::Panic { message, .. } => return Self::Panic(message.clone()),
            Outcome::Unsettled => unreachable!("a prediction is settled"),
        };
        let mut lasts = BTreeMap::new();
        let mut blocked = Vec::new();
        for (name, standing) in goroutines {
            let (standing, last) = standing.split_once(", last ").expect("the last integer");
            lasts.insert(name.clone(), last.to_owned());
            blocked.extend(standing.split_once('#').map(|(_, it)| it.to_owned()));
        }
        blocked.sort();
        Self::End {
            lasts,
            blocked,
            objects,
        }
    }

    /// Returns the same without integers: only who is blocked where.
    pub(super) fn without_integers(&self) -> Self {
        match self {
            Self::Panic(message) => Self::Panic(message.clone()),
            Self::End { blocked, .. } => Self::End {
                lasts: BTreeMap::new(),
                blocked: blocked.clone(),
                objects: BTreeMap::new(),
            },
        }
    }
}

/// The result of exploring a program in the machine.
pub(super) struct Ends {
    pub(super) all: BTreeSet<Ending>,
    pub(super) states: usize,
}

/// Explores a program. Returns `None` if it has more states than this.
///
/// # Errors
/// Returns the reason if the machine cannot run it, or shows a state that is not understood.
pub(super) fn explore(
    program: &mut GoProgram,
    script: &Script,
    source: &[&str],
    states_max: usize,
) -> Result<Option<Ends>, String> {
    let words = |fault: Fault| gordian_checker::execution::words::fault(&fault);
    let first = World::start(program).map_err(words)?;
    let mut all = BTreeSet::new();
    let mut seen = HashSet::from([first.clone()]);
    let mut todo = vec![first];
    let mut enabled = Vec::new();
    while let Some(world) = todo.pop() {
        let panics = predict::panics(program, &world);
        world.enabled(program, &mut enabled);
        if enabled.is_empty() && panics.is_empty() {
            all.insert(end(program, script, source, &world)?);
        }
        all.extend(
            panics
                .into_iter()
                .map(|(_, message)| Ending::Panic(message)),
        );
        for &step in &enabled {
            let mut next = world.clone();
            next.take(program, step).map_err(words)?;
            if seen.insert(next.clone()) {
                todo.push(next);
            }
        }
        if seen.len() > states_max {
            return Ok(None);
        }
    }
    Ok(Some(Ends {
        all,
        states: seen.len(),
    }))
}

/// Returns the goroutines that have neither returned nor ended by a `Goexit`.
pub(super) fn left_standing(program: &GoProgram, world: &World) -> Vec<GoroutineId> {
    let is_left = |id: &GoroutineId| {
        let phase = world.goroutines()[id.index()].phase;
        let is_gone = matches!(phase, Phase::Absent | Phase::Timer(_) | Phase::Returned);
        !is_gone && !matches!(world.pending(program, *id), Pending::Op(Op::Exited))
    };
    world.ids().filter(is_left).collect()
}

fn end(
    program: &mut GoProgram,
    script: &Script,
    source: &[&str],
    world: &World,
) -> Result<Ending, String> {
    let mut blocked = Vec::new();
    for id in left_standing(program, world) {
        let local = world.goroutines()[id.index()].local;
        let place = program.place(program.arrival(local).site);
        let line = (place.line as usize).checked_sub(1);
        let line = line.and_then(|line| source.get(line)).copied();
        let number = line.and_then(|line| line.rsplit_once("// #"));
        let number = number.map(|(_, number)| number.trim().to_owned());
        blocked.push(number.ok_or_else(|| format!("blocked at {place:?}: {line:?}"))?);
    }
    blocked.sort();
    let odd = |what: &str| format!("{what} is not understood");
    let root = program.variable(world, ROOT).ok_or_else(|| odd(ROOT))?;
    let left = program.variable(world, LEFT).ok_or_else(|| odd(LEFT))?;
    let (mut lasts, mut objects) = (BTreeMap::new(), BTreeMap::new());
    made(&left, script, &mut objects).ok_or_else(|| format!("{left:?}"))?;
    goroutine(&root, script, &mut lasts, &mut objects).ok_or_else(|| format!("{root:?}"))?;
    Ok(Ending::End {
        lasts,
        blocked,
        objects,
    })
}

/// Adds a goroutine and those that it has started: `Last`, `Name`, `Started`, `Made`.
fn goroutine(
    tree: &Tree,
    script: &Script,
    lasts: &mut BTreeMap<String, String>,
    objects: &mut BTreeMap<String, String>,
) -> Option<()> {
    let [Tree::Leaf(last), name, started, its, ..] = parts(tree) else {
        return None;
    };
    lasts.insert(text(name)?, last.clone());
    made(its, script, objects)?;
    for each in parts(started) {
        goroutine(each, script, lasts, objects)?;
    }
    Some(())
}

/// Adds objects: names and what they name, in turns.
fn made(tree: &Tree, script: &Script, objects: &mut BTreeMap<String, String>) -> Option<()> {
    for pair in parts(tree).chunks(2) {
        let [name, object] = pair else { return None };
        let name = text(name)?;
        let base = name.rsplit('/').next().unwrap_or(&name);
        let base = base.split('#').next().unwrap_or(base);
        let declared = script.objects.iter().find(|it| it.name == base)?;
        if let Some(text) = content(object, declared.kind)? {
            objects.insert(name, text);
        }
    }
    Some(())
}

/// Returns the content of an object, in the words of the predictions; of some kinds they have none.
fn content(tree: &Tree, kind: Kind) -> Option<Option<String>> {
    Some(Some(match (kind, tree) {
        (Kind::WaitGroup { .. } | Kind::Once | Kind::Cond, _) => return Some(None),
        (Kind::Mutex | Kind::RwLock, Tree::Parts(parts)) => match &parts[..] {
            [Tree::Leaf(state), Tree::Parts(value)] => match &value[..] {
                [Tree::Leaf(value)] => format!("{state} {value}"),
                _ => return None,
            },
            _ => return None,
        },
        (Kind::Chan { .. } | Kind::Handles { .. }, Tree::Chan { values, closed }) => {
            let value = |it: &Tree| match (kind, it) {
                (Kind::Chan { .. }, Tree::Leaf(value)) => value.clone(),
                _ => "a handle".to_owned(),
            };
            let values: Vec<String> = values.iter().map(value).collect();
            let closed = if *closed { " closed" } else { "" };
            format!("[{}]{closed}", values.join(" "))
        }
        (Kind::Timer, Tree::Parts(fields)) => match &fields[..] {
            [Tree::Chan { values, .. }] => values.len().to_string(),
            _ => return None,
        },
        (Kind::Context { .. } | Kind::Cell { .. }, Tree::Parts(parts)) => match parts.first()? {
            Tree::Leaf(text) => text.clone(),
            _ => return None,
        },
        (Kind::Atomic { .. }, Tree::Leaf(text)) if text == "nil" => "0".to_owned(),
        (Kind::Atomic { .. }, Tree::Leaf(text)) => text.clone(),
        _ => return None,
    }))
}

fn parts(tree: &Tree) -> &[Tree] {
    match tree {
        Tree::Parts(parts) => parts,
        Tree::Leaf(_) | Tree::Chan { .. } => &[],
    }
}

/// Returns a string without its quotes.
fn text(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Leaf(text) => Some(text.trim_matches('"').to_owned()),
        Tree::Parts(_) | Tree::Chan { .. } => None,
    }
}
