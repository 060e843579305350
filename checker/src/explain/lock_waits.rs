//! The locks that goroutines hold while they are about to do something, over the states of a
//! program. A fix often ends a wait that was done under a lock.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::releasers::Releasers;
use super::trace::{Standing, Trace};
use crate::execution::words;
use crate::explore::breadth_first::{Bounds, walk};
use crate::explore::{Limits, Meter};
use crate::model::{Fault, GoroutineId, LocalState, ObjectId, Pending, Program, World};

/// Most steps that are taken.
const STEPS_MAX: usize = 2_000_000;

/// The operations of a position, each case of a select as one, and the locks held there. Names are
/// as their makers gave them.
type Wait = (BTreeSet<String>, BTreeSet<String>);

/// All positions that were met, with the locks that are held there.
pub(super) struct LockWaits {
    waits: BTreeSet<Wait>,
    states: usize,
    complete: bool,
}

impl LockWaits {
    /// Visits the states of a program breadth first, up to a limit.
    ///
    /// # Errors
    /// If the program has a fault.
    pub(super) fn collect(program: &mut dyn Program) -> Result<Self, Fault> {
        let start = World::start(program)?;
        let mut met: BTreeSet<(LocalState, Vec<ObjectId>)> = BTreeSet::new();
        note(program, &start, &mut met);
        let bounds = Bounds {
            states_max: Releasers::STATES_MAX,
            steps_max: STEPS_MAX,
        };
        let meter = Meter::new(Limits::default(), Arc::default());
        let reached = walk(program, &start, bounds, &meter, |program, taken| {
            note(program, taken.after, &mut met);
            Ok(())
        })?;
        let waits = met.iter().filter_map(|(local, locks)| {
            let op = match &program.arrival(*local).next {
                crate::model::Next::Op(op) => op,
                crate::model::Next::Return
                | crate::model::Next::Panic(_)
                | crate::model::Next::Unrecovered(_) => return None,
            };
            let cases = words::cases(program, op);
            let ops = match cases.is_empty() {
                true => vec![words::operation(program, op)],
                false => cases,
            };
            let locks = locks.iter().map(|lock| program.object(*lock).name);
            Some((given(ops), given(locks)))
        });
        Ok(Self {
            waits: waits.collect(),
            states: reached.states.len(),
            complete: reached.complete,
        })
    }

    /// Tells how the waits that are the reasons of a bug are gone from this program. It does them
    /// under no such lock, or not at all.
    pub(super) fn gone(&self, bug: &Trace) -> Vec<String> {
        let members = bug.waits.reasons.iter().flat_map(|reason| &reason.members);
        let mut names: Vec<&String> = Vec::new();
        for name in members {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let standings = names.into_iter().filter_map(|name| bug.standing(name));
        standings.filter_map(|standing| self.of(standing)).collect()
    }

    fn of(&self, standing: &Standing) -> Option<String> {
        let op = standing.op.as_ref()?;
        let ops = match op.cases.is_empty() {
            true => given([op.text()]),
            false => given(op.cases.iter().map(|it| words::without_nil_lines(it))),
        };
        let alike = self
            .waits
            .iter()
            .filter(|(others, _)| !ops.is_disjoint(others));
        let alike: Vec<&BTreeSet<String>> = alike.map(|(_, locks)| locks).collect();
        let (who, text, line) = (&standing.goroutine, op.text(), standing.place.line);
        // Nothing is claimed of states that were not looked at.
        let looked_at = match self.complete {
            true => "",
            false => " that were looked at",
        };
        let states = self.states;
        let ground = format!("in none of the {states} states of the fixed variant{looked_at}");
        if alike.is_empty() {
            return Some(format!(
                "{who} waits at {text} (:{line}); {ground} is a goroutine about to do so"
            ));
        }
        let held = standing.holds.iter().map(|held| held.lock.clone());
        let held: Vec<String> = held.collect();
        let never = held.iter().filter(|lock| {
            let lock = words::given(lock);
            !alike.iter().any(|locks| locks.contains(&lock))
        });
        let never: Vec<&str> = never.map(String::as_str).collect();
        (!never.is_empty()).then(|| {
            format!(
                "{who} waits at {text} (:{line}) and holds {}; {ground} is a goroutine that holds \
                 {} about to do so",
                held.join(", "),
                never.join(" or ")
            )
        })
    }
}

fn given(names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    names.into_iter().map(|name| words::given(&name)).collect()
}

/// Notes where each goroutine stands in a state, and the locks that it holds.
fn note(program: &dyn Program, world: &World, met: &mut BTreeSet<(LocalState, Vec<ObjectId>)>) {
    let mut holds: Vec<(GoroutineId, ObjectId)> = Vec::new();
    for index in 0..world.objects().len() {
        let id = ObjectId::from_index(index);
        let holders = world.object(id).holders();
        holds.extend(holders.iter().map(|(goroutine, _)| (*goroutine, id)));
    }
    for id in world.ids() {
        let Some(state) = world.goroutine(id) else {
            continue;
        };
        if let Pending::Op(_) = world.pending(program, id) {
            let own = holds.iter().filter(|(holder, _)| *holder == id);
            met.insert((state.local, own.map(|(_, lock)| *lock).collect()));
        }
    }
}
