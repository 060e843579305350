//! The walk from a stored state to the next one.
//!
//! Where one step is all that is to be taken of a state, one way leads on from it. So the state
//! need not be stored: the walk passes over it (Behrmann, Larsen and Pelánek, "To store or not to
//! store", 2003). Three goroutines add one under a lock here. The states are named by how far each
//! has come. Who has locked goes on alone until it has unlocked, and what is between is not stored:
//!
//! ```text
//! 000 ─lock, read, write, unlock─▶ 400 ─lock, read, write, unlock─▶ 440 ─▶ ...
//! ```
//!
//! Who comes to such a state again takes the steps behind it again, up to the next one that is
//! stored. So a walk has [`STEPS_MAX`] steps at most, and fewer if many walks meet.
//!
//! # Invariant
//!
//! The invariant of the [search](super) holds of each state that was passed over, too: its one step
//! is that of a stubborn set. For this set, goroutines are asked what they may still do since the
//! walk began, or since those could who have started them on it. That is as much or more. What is
//! learned later can make the set grow only if it makes a future grow that belongs to the state in
//! which the walk began. Then all walks from there are taken again, each by the sets as they are
//! then.
//!
//! Nothing that is to be told is passed over: no end, no new panic, and no state that a limit cuts.
//! Once a race is met, all states are stored. The way to a state need not be short. So if one is
//! too deep, the search begins again and passes over none.
//!
//! A cycle has a stored state, since each walk ends. And who gets stuck in a state that is passed
//! over is stuck in the stored one behind it, to which each run from there comes. If somebody does
//! while others run on, all states are stored: what is told is the nearest in which they are stuck.

use super::super::findings::new_panics;
use super::super::ways::Move;
use super::futures::may_move;
use super::sets::{Dependences, Goroutines};
use super::{Node, Stubborn};
use crate::explore::Meter;
use crate::memory::reserve;
use crate::model::{Event, Fault, Fork, GoroutineId, LocalState, Program, Step, World};

/// The local states of goroutines when a walk began, by their present ids.
pub(super) type Since = Vec<Option<LocalState>>;

/// Lists the local states of goroutines in a state.
pub(super) fn list_locals(world: &World, since: &mut Since) {
    since.clear();
    since.extend(world.ids().map(|id| world.goroutine(id).map(|it| it.local)));
}

/// Notes a goroutine that a step has started, maybe with the id of one that has ended. What it may
/// still do, the one that started it could do since the walk began.
pub(super) fn note_started(since: &mut Since, by: GoroutineId, [before, after]: [&World; 2]) {
    let may_move = |world: &World, id| world.goroutine(id).is_some_and(may_move);
    for id in after.ids() {
        if may_move(after, id) && !may_move(before, id) {
            since.resize(since.len().max(id.index() + 1), None);
            since[id.index()] = since.get(by.index()).copied().flatten();
        }
    }
}

/// Most steps of a walk.
pub(super) const STEPS_MAX: usize = 64;

/// Most steps of a walk if many walks come to states that were met. The steps to these may have
/// been taken before.
const STEPS_MAX_OF_MANY: usize = 8;

/// The walks of a search so far, and what they need.
#[derive(Debug, Default)]
pub(super) struct Walks {
    /// True if no state is to be passed over.
    pub(super) off: bool,
    /// True if a state was passed over.
    pub(super) pass: bool,
    /// True if a step was left out of one.
    pub(super) leave_out: bool,
    /// Steps that were enabled in states that were passed over, each time.
    pub(super) enabled_count: u64,
    /// Number of times that a state was passed over.
    pub(super) taken_count: u64,
    /// Number of walks, and of those that came to a state that was met.
    pub(super) count: u64,
    pub(super) to_met: u64,
    /// The moves of the present walk.
    way: Vec<Move>,
    /// The local states at which goroutines stood when it began; `None` for those who were not
    /// there.
    since: Since,
    /// The state before the last step.
    before: Before,
}

/// The state before the last step of a walk. The one after it is that of a [`Fork`] of the state in
/// which the walk began.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The number of steps, without the last one.
    steps: usize,
    /// The state, unless it is the one in which the walk began.
    world: World,
}

impl Before {
    /// Begins a walk.
    pub(super) fn begin(&mut self, fork: &mut Fork) {
        fork.go_back();
        self.steps = 0;
    }

    /// Goes on from the state to which the last step led.
    pub(super) fn go_on(&mut self, fork: &Fork) {
        match self.steps {
            0 => self.world.clone_from(fork.after()),
            _ => self.world.catch_up_with(fork.after()),
        }
        self.steps += 1;
    }

    /// Returns the state before the last step, and the one after it.
    pub(super) fn and_after<'a>(&'a self, fork: &'a mut Fork) -> (&'a World, &'a mut World) {
        let (began, after) = fork.both();
        let before = match self.steps {
            0 => began,
            _ => &self.world,
        };
        (before, after)
    }
}

impl Walks {
    /// Returns the most steps of a walk.
    fn steps_max(&self) -> usize {
        match 4 * self.to_met > self.count {
            true => STEPS_MAX_OF_MANY,
            false => STEPS_MAX,
        }
    }
}

/// A walk so far.
pub(super) struct SoFar<'a> {
    /// The number of steps on the way to the state in which it began.
    pub(super) depth: usize,
    /// The number of its own steps, and the most that it may have.
    pub(super) steps: usize,
    pub(super) steps_max: usize,
    /// The goroutine that has moved last.
    pub(super) last: GoroutineId,
    /// The local states of goroutines when it began.
    pub(super) since: &'a [Option<LocalState>],
}

impl Stubborn {
    /// Takes one step of a state, and goes on to the next state that is stored.
    pub(super) fn walk(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        (state, fork): (usize, &mut Fork),
        step: Step,
    ) -> Result<(), Fault> {
        let from = u32::try_from(state).expect("an index of a state");
        let depth = self.nodes[state].depth;
        let mut before = std::mem::take(&mut self.walks.before);
        before.begin(fork);
        self.walks.way.clear();
        list_locals(fork.before(), &mut self.walks.since);
        self.places.begin_walk();
        let mut step = step;
        let index = loop {
            let (earlier, after) = before.and_after(fork);
            let event = self.take(program, meter, (earlier, &mut *after), step)?;
            note_started(&mut self.walks.since, step.actor, [earlier, after]);
            let order = self.exchange.sort(program, after);
            self.exchange.permute(order, &mut self.walks.since);
            self.walks.way.push(Move {
                step: event.step,
                order,
            });
            if !self.off || self.exchange.on {
                self.places.note(after, from, &self.walks.way);
            }
            let sought = self.store.seek(|bytes| fork.encode_after(bytes));
            if let Some(index) = sought.index {
                self.walks.to_met += 1;
                break index;
            }
            let (earlier, after) = before.and_after(fork);
            let panics = new_panics(earlier, after).next().is_some();
            let last = self.exchange.new_id(order, event.step.actor);
            if !panics && let Some(next) = self.passes_by(program, meter, (depth, last), after) {
                before.go_on(fork);
                step = next;
                continue;
            }
            let index = self.store.add_sought(&sought, from, &self.walks.way)?;
            self.add_node(depth + self.walks.way.len() as u32)?;
            if panics {
                self.note_panics(program, earlier, (index, after))?;
            }
            break index;
        };
        self.nodes[state].passes |= self.walks.way.len() > 1;
        self.walks.count += 1;
        let reached = self.nodes[index].depth;
        self.may_cycle |= reached <= depth;
        self.findings.steps_max = self.findings.steps_max.max(reached as usize);
        self.walks.before = before;
        Ok(())
    }

    /// Takes one step, and learns from it.
    fn take(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        (before, after): (&World, &mut World),
        step: Step,
    ) -> Result<Event, Fault> {
        // What the order of ids decides on is not the same for those who exchange them.
        self.withheld |= self.exchange.on && before.is_decided_by_ids(program, step);
        let event = self.withholding(program, |program| after.take(program, step))?;
        if !self.off {
            self.futures.learn(program, before, after, &event);
        }
        self.note_race(program);
        self.findings.steps += 1;
        meter.spend_many(2);
        Ok(event)
    }

    /// Returns the only step that is to be taken of a new state, if the present walk passes over
    /// it. `depth` is that of the state from which the walk began, and `last` has moved last.
    fn passes_by(
        &mut self,
        program: &dyn Program,
        meter: &Meter,
        (depth, last): (u32, GoroutineId),
        world: &World,
    ) -> Option<Step> {
        let so_far = SoFar {
            depth: depth as usize,
            steps: self.walks.way.len(),
            steps_max: self.walks.steps_max(),
            last,
            since: &self.walks.since,
        };
        let (only, enabled) = self.only_step(program, meter, so_far, world)?;
        self.findings.count_goroutines(world);
        self.walks.pass = true;
        self.walks.leave_out |= enabled > 1;
        self.walks.enabled_count += enabled as u64;
        self.walks.taken_count += 1;
        Some(only)
    }

    /// Returns the only step that is to be taken of a state that is not stored, if a walk passes
    /// over it, and the number of those that are enabled.
    pub(super) fn only_step(
        &self,
        program: &dyn Program,
        meter: &Meter,
        walk: SoFar<'_>,
        world: &World,
    ) -> Option<(Step, usize)> {
        let depth = walk.depth + walk.steps;
        let is_stored = self.walks.off || walk.steps >= walk.steps_max;
        if is_stored || meter.limits.cut(world, depth).is_some() {
            return None;
        }
        let mut enabled = Vec::new();
        world.enabled(program, &mut enabled);
        if let [only] = enabled[..] {
            return Some((only, 1));
        }
        if self.takes_all(program, world, &enabled) {
            return None;
        }
        let dependences = Dependences::new(program, world, &enabled, &self.futures);
        let set = dependences
            .since(walk.since)
            .smallest_after(Some(walk.last));
        let mut of_set = enabled.iter().filter(|step| set.moves_in(step));
        match (of_set.next(), of_set.next()) {
            (Some(only), None) => Some((*only, enabled.len())),
            (None, _) | (_, Some(_)) => None,
        }
    }

    pub(super) fn add_node(&mut self, depth: u32) -> Result<(), Fault> {
        reserve(&mut self.nodes, 1)?;
        self.nodes.push(Node {
            set: Goroutines::ALL,
            version: 0,
            depth,
            passes: false,
        });
        Ok(())
    }
}
