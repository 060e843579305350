//! Who could release a goroutine that is blocked: what goroutines did in other executions.
//!
//! A lock has a holder, and that is certain. Who would receive from a channel, close it or signal a condition is written nowhere in a state. So
//! [`Releasers`] looks at other executions of the same program: breadth first over its states up to a limit, and, where that does not see all,
//! along some ways drawn by a fixed rule. It learns for each **position** (a goroutine at an operation of its code) what the goroutine
//! did there and where it came next. [`Releasers::still`] then says what a goroutine that stands at a position may do from there on; what it
//! did only before does not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashSet;

use super::words;
use crate::model::{
    Case, Fault, GoroutineId, Object, ObjectId, Op, Pending, Phase, Program, Site, Step, World,
};

/// In which way a goroutine can release others that wait for an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Way {
    /// It receives from a channel.
    Recv,
    /// It sends on a channel.
    Send,
    /// It closes a channel.
    Close,
    /// It gives back a lock.
    Unlock,
    /// It signals a condition.
    Signal,
    /// It wakes all who wait for a condition.
    Broadcast,
    /// It lowers the counter of a wait group.
    Done,
    /// It returns from the function that is to be called once.
    OnceEnd,
    /// It cancels the context whose done channel this is.
    Cancel,
    /// As a timer it fires.
    Fire,
}

/// Something that a goroutine did in some execution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Release {
    /// With what.
    pub object: ObjectId,
    /// What.
    pub way: Way,
    /// Who.
    pub goroutine: GoroutineId,
    /// Where.
    pub site: Site,
}

/// A goroutine at an operation of its code.
type Position = (GoroutineId, Site, &'static str);

/// What was seen from a position.
#[derive(Clone, Debug, Default)]
struct Seen {
    does: BTreeSet<Release>,
    next: BTreeSet<Position>,
}

/// What goroutines did in other executions: see the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Releasers {
    positions: BTreeMap<Position, Seen>,
    complete: bool,
    states: usize,
}

/// How many ways are drawn where the search over states did not see all.
const WALKS: u64 = 64;

/// Steps of such a way.
const WALK_STEPS_MAX: usize = 2000;

impl Releasers {
    /// How many states [`Checker`](crate::Checker) has looked at before it describes what it has found.
    pub const STATES_MAX: usize = 10_000;

    /// Of a program of which no other execution was looked at.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Looks at up to `states_max` states of the program, breadth first, and if these are not all, goes some ways further.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn collect(program: &mut dyn Program, states_max: usize) -> Result<Self, Fault> {
        let mut releasers = Self::default();
        let start = World::start(program)?;
        let mut known: FxHashSet<World> = FxHashSet::default();
        known.insert(start.clone());
        let mut queue = VecDeque::from([start.clone()]);
        let mut enabled = Vec::new();
        let mut left_out = false;
        while let Some(world) = queue.pop_front() {
            world.enabled(program, &mut enabled);
            for step in &enabled {
                let next = releasers.take(program, &world, *step)?;
                if known.contains(&next) {
                    continue;
                }
                if known.len() >= states_max {
                    left_out = true;
                    continue;
                }
                known.insert(next.clone());
                queue.push_back(next);
            }
        }
        releasers.states = known.len();
        releasers.complete = !left_out;
        if left_out {
            for walk in 0..WALKS {
                releasers.walk(program, start.clone(), walk)?;
            }
        }
        Ok(releasers)
    }

    /// Goes one way, drawn by a fixed rule.
    fn walk(
        &mut self,
        program: &mut dyn Program,
        mut world: World,
        seed: u64,
    ) -> Result<(), Fault> {
        let mut state = seed;
        let mut enabled = Vec::new();
        for _ in 0..WALK_STEPS_MAX {
            world.enabled(program, &mut enabled);
            if enabled.is_empty() {
                break;
            }
            // The step of Steele, Lea and Flood's SplitMix64: evenly spread, and the same in each run.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let index = (mixed >> 33) as usize % enabled.len();
            world = self.take(program, &world, enabled[index])?;
        }
        Ok(())
    }

    /// Notes a step, and yields the state that it leads to.
    fn take(
        &mut self,
        program: &mut dyn Program,
        world: &World,
        step: Step,
    ) -> Result<World, Fault> {
        let before: Vec<Option<Position>> = step
            .movers()
            .map(|id| position(program, world, id))
            .collect();
        let releases = releases(program, world, step);
        let starts = match world.pending(program, step.actor) {
            Pending::Op(Op::Go(child)) => Some(*child),
            _ => None,
        };
        let mut next = world.clone();
        next.take(program, step)?;
        for (id, before) in step.movers().zip(before) {
            let Some(before) = before else { continue };
            let after = position(program, &next, id);
            let child = starts.and_then(|child| position(program, &next, child));
            let seen = self.positions.entry(before).or_default();
            seen.does
                .extend(releases.iter().filter(|release| release.goroutine == id));
            seen.next.extend(after.into_iter().chain(child));
        }
        Ok(next)
    }

    /// Whether all states of the program were looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many states were looked at.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states
    }

    /// What the goroutine may do with this object from where it stands on, itself or through a goroutine that it starts, as far as
    /// was seen. With `after` only what comes after the operation at which it stands.
    #[must_use]
    pub fn still(
        &self,
        program: &dyn Program,
        world: &World,
        goroutine: GoroutineId,
        object: ObjectId,
        after: bool,
    ) -> Vec<Release> {
        let mut releases = BTreeSet::new();
        let here = position(program, world, goroutine);
        for position in self.ahead(program, world, goroutine) {
            let seen = &self.positions[&position];
            if !(after && Some(position) == here) {
                releases.extend(seen.does.iter().filter(|release| release.object == object));
            }
        }
        releases.into_iter().collect()
    }

    /// Whether the goroutine was seen to pass the operation at which it stands.
    #[must_use]
    pub fn passes(&self, program: &dyn Program, world: &World, goroutine: GoroutineId) -> bool {
        !self.ahead(program, world, goroutine).is_empty()
    }

    /// The positions that were passed from where the goroutine stands on.
    fn ahead(
        &self,
        program: &dyn Program,
        world: &World,
        goroutine: GoroutineId,
    ) -> BTreeSet<Position> {
        let mut ahead = BTreeSet::new();
        let mut todo: Vec<Position> = position(program, world, goroutine).into_iter().collect();
        while let Some(position) = todo.pop() {
            if let Some(seen) = self.positions.get(&position)
                && ahead.insert(position)
            {
                todo.extend(&seen.next);
            }
        }
        ahead
    }

    /// All that anybody did with this object in any execution that was looked at.
    #[must_use]
    pub fn ever(&self, object: ObjectId) -> Vec<Release> {
        let all = self.positions.values().flat_map(|seen| &seen.does);
        let ones: BTreeSet<Release> = all
            .filter(|release| release.object == object)
            .copied()
            .collect();
        ones.into_iter().collect()
    }
}

fn position(program: &dyn Program, world: &World, id: GoroutineId) -> Option<Position> {
    match world.pending(program, id) {
        Pending::Nothing => None,
        Pending::Fire(_) => Some((id, Site::NONE, "fire")),
        Pending::Op(op) => {
            let local = world.goroutine(id)?.local;
            Some((id, program.arrival(local).site, words::verb(op)))
        }
    }
}

/// What those who move in this step do that could release others.
fn releases(program: &dyn Program, world: &World, step: Step) -> Vec<Release> {
    let mut found = Vec::new();
    let mut note = |goroutine: GoroutineId, object: ObjectId, way: Way| {
        let site = match world.goroutine(goroutine) {
            Some(state) if !matches!(state.phase, Phase::Timer(_)) => {
                program.arrival(state.local).site
            }
            _ => program.goroutine(goroutine).site,
        };
        found.push(Release {
            object,
            way,
            goroutine,
            site,
        });
    };
    let actor = step.actor;
    let touched_channels = || {
        let touches = world.touches(program, step);
        let is_channel = |object: &ObjectId| matches!(world.object(*object), Object::Chan(_));
        touches
            .into_iter()
            .map(|(object, _)| object)
            .filter(is_channel)
    };
    let open = |channel: ObjectId| !matches!(world.object(channel), Object::Chan(c) if c.closed);
    match world.pending(program, actor) {
        Pending::Nothing => {}
        Pending::Fire(_) => touched_channels().for_each(|channel| note(actor, channel, Way::Fire)),
        Pending::Op(op) => match op {
            Op::Send(Some(channel), _) if open(*channel) => note(actor, *channel, Way::Send),
            Op::Recv(Some(channel)) => note(actor, *channel, Way::Recv),
            Op::Select { cases, .. } => match cases.get(step.case as usize) {
                Some(Case::Send(Some(channel), _)) if open(*channel) => {
                    note(actor, *channel, Way::Send);
                }
                Some(Case::Recv(Some(channel))) => note(actor, *channel, Way::Recv),
                _ => {}
            },
            Op::Close(Some(channel)) => note(actor, *channel, Way::Close),
            Op::Unlock(lock, _) | Op::RUnlock(lock) | Op::WUnlock(lock, _) => {
                note(actor, *lock, Way::Unlock);
            }
            Op::CondWait { mutex, .. } => note(actor, *mutex, Way::Unlock),
            Op::CondSignal(cond) => note(actor, *cond, Way::Signal),
            Op::CondBroadcast(cond) => note(actor, *cond, Way::Broadcast),
            Op::WgAdd(group, delta) if *delta < 0 => note(actor, *group, Way::Done),
            Op::OnceEnd(once) => note(actor, *once, Way::OnceEnd),
            Op::CtxCancel(_) | Op::CtxDerive(..) => {
                touched_channels().for_each(|channel| note(actor, channel, Way::Cancel));
            }
            _ => {}
        },
    }
    if let Some((partner, _)) = step.partner
        && let Some(channel) = rendezvous_channel(program, world, step)
    {
        note(partner, channel, Way::Recv);
    }
    found
}

/// The channel of a rendezvous.
fn rendezvous_channel(program: &dyn Program, world: &World, step: Step) -> Option<ObjectId> {
    match world.pending(program, step.actor) {
        Pending::Op(Op::Send(channel, _)) => *channel,
        Pending::Op(Op::Select { cases, .. }) => cases.get(step.case as usize)?.channel(),
        _ => None,
    }
}
