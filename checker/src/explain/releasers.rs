//! Who could release a goroutine that is blocked: what goroutines did in other executions.
//!
//! A lock has a holder, and that is certain. Who would receive from a channel, close it or signal a condition is written nowhere in a state. So
//! [`Releasers`] looks at other executions of the same program: breadth first over its states up to a limit, and, where that does not see all,
//! along some ways drawn by a fixed rule. It learns for each **position** (a goroutine at an operation of its code) what the goroutine
//! did there and where it came next. [`Releasers::still`] then says what a goroutine that stands at a position may do from there on; what it
//! did only before does not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashSet;

use crate::execution::words;
use crate::model::{
    Case, Fault, GoroutineId, Object, ObjectId, Op, Pending, Phase, Program, Site, Step, ValueId,
    World,
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
pub(super) type Position = (GoroutineId, Site, &'static str);

/// What was seen from a position.
#[derive(Clone, Debug, Default)]
struct Seen {
    does: BTreeSet<Release>,
    next: BTreeSet<Position>,
    /// The locks that are taken there.
    locks: BTreeSet<ObjectId>,
}

/// What goroutines did in other executions: see the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Releasers {
    positions: BTreeMap<Position, Seen>,
    /// What goroutines would do at positions that none was seen to pass: see [`imagine`](super::hypothetical).
    imagined: BTreeMap<Position, Seen>,
    /// A value that was sent to each channel, for want of which nobody can imagine a receive.
    sent: BTreeMap<ObjectId, ValueId>,
    complete: bool,
    states: usize,
}

/// How many ways are drawn where the search over states did not see all.
const WALKS: u64 = 64;

/// Steps of such a way.
const WALK_STEPS_MAX: usize = 2000;

/// Steps that are taken or listed, all in all. It is seldom that many: it takes states with very many ways on.
const STEPS_MAX: usize = 2_000_000;

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
        let mut left = STEPS_MAX;
        while let Some(world) = queue.pop_front() {
            world.enabled(program, &mut enabled);
            if left < enabled.len() {
                left_out = true;
                break;
            }
            left -= enabled.len();
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
            let mut left = STEPS_MAX;
            for walk in 0..WALKS {
                releasers.walk(program, start.clone(), walk, &mut left)?;
            }
        }
        Ok(releasers)
    }

    /// Goes one way, drawn by a fixed rule, with so many steps left for all of them.
    fn walk(
        &mut self,
        program: &mut dyn Program,
        mut world: World,
        seed: u64,
        left: &mut usize,
    ) -> Result<(), Fault> {
        let mut state = seed;
        let mut enabled = Vec::new();
        for _ in 0..WALK_STEPS_MAX {
            world.enabled(program, &mut enabled);
            if enabled.is_empty() || *left < enabled.len() {
                break;
            }
            *left -= enabled.len();
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
        let locks = match world.pending(program, step.actor) {
            Pending::Op(op) => taken(op),
            _ => None,
        };
        if let Some((channel, value)) = sending(program, world, step) {
            self.sent.entry(channel).or_insert(value);
        }
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
            seen.locks.extend(locks);
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

    /// What the goroutine may do with this object from where it stands on, itself or through a goroutine that it starts, as far as was
    /// seen, or else imagined; which of the two, it says. With `after` only what comes after the operation at which it stands.
    #[must_use]
    pub fn still(
        &self,
        program: &dyn Program,
        world: &World,
        goroutine: GoroutineId,
        object: ObjectId,
        after: bool,
    ) -> Vec<(Release, bool)> {
        let here = position(program, world, goroutine);
        let mut releases = BTreeMap::new();
        for position in self.ahead(here, None) {
            for (seen, is_seen) in self.at(position) {
                for release in seen.does.iter().filter(|release| release.object == object) {
                    if !(after && Some(position) == here) {
                        *releases.entry(*release).or_default() |= is_seen;
                    }
                }
            }
        }
        releases.into_iter().collect()
    }

    /// Where the goroutine may give back this lock, from where it stands on and without taking it once more.
    #[must_use]
    pub fn unlocks(
        &self,
        program: &dyn Program,
        world: &World,
        goroutine: GoroutineId,
        lock: ObjectId,
    ) -> Vec<Release> {
        let here = position(program, world, goroutine);
        let mut releases = BTreeSet::new();
        for position in self.ahead(here, Some(lock)) {
            for (seen, _) in self.at(position) {
                let unlocks =
                    |release: &&Release| release.object == lock && release.way == Way::Unlock;
                releases.extend(seen.does.iter().filter(unlocks).copied());
            }
        }
        releases.into_iter().collect()
    }

    /// Whether it is known what the goroutine does at the operation at which it stands.
    #[must_use]
    pub fn passes(&self, program: &dyn Program, world: &World, goroutine: GoroutineId) -> bool {
        position(program, world, goroutine).is_some_and(|here| self.at(here).next().is_some())
    }

    /// What is known of a position, and whether it was seen.
    fn at(&self, position: Position) -> impl Iterator<Item = (&Seen, bool)> {
        let seen = self.positions.get(&position).map(|seen| (seen, true));
        let imagined = self.imagined.get(&position).map(|seen| (seen, false));
        seen.into_iter().chain(imagined)
    }

    /// The positions that a goroutine at `here` may still pass, `here` included; with `lock` those before it takes that lock.
    fn ahead(&self, here: Option<Position>, lock: Option<ObjectId>) -> BTreeSet<Position> {
        let mut ahead = BTreeSet::new();
        let mut todo: Vec<Position> = here.into_iter().collect();
        while let Some(position) = todo.pop() {
            if !ahead.insert(position) {
                continue;
            }
            for (seen, _) in self.at(position) {
                if !lock.is_some_and(|lock| seen.locks.contains(&lock)) {
                    todo.extend(&seen.next);
                }
            }
        }
        ahead
    }

    /// Whether somebody was seen to pass this position.
    pub(super) fn was_passed(&self, position: Position) -> bool {
        self.positions.contains_key(&position)
    }

    /// A value that was sent to this channel.
    pub(super) fn value_of(&self, channel: ObjectId) -> Option<ValueId> {
        self.sent.get(&channel).copied()
    }

    /// Notes what a goroutine would do at a position that nobody was seen to pass, and where it would come next.
    pub(super) fn note_imagined(
        &mut self,
        position: Position,
        ways: &[(ObjectId, Way)],
        op: &Op,
        next: impl Iterator<Item = Position>,
    ) {
        let seen = self.imagined.entry(position).or_default();
        seen.does.extend(ways.iter().map(|&(object, way)| Release {
            object,
            way,
            goroutine: position.0,
            site: position.1,
        }));
        seen.locks.extend(taken(op));
        seen.next.extend(next);
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

/// The lock that an operation takes.
fn taken(op: &Op) -> Option<ObjectId> {
    match op {
        Op::Lock(lock)
        | Op::TryLock(lock)
        | Op::RLock(lock)
        | Op::TryRLock(lock)
        | Op::WLock(lock)
        | Op::TryWLock(lock)
        | Op::CondWait { mutex: lock, .. } => Some(*lock),
        _ => None,
    }
}

/// In which ways an operation can release others, if it takes its case `case`. `object` yields the state of an object.
pub(super) fn ways<'a>(
    op: &Op,
    case: u32,
    object: impl Fn(ObjectId) -> &'a Object,
) -> Vec<(ObjectId, Way)> {
    let open = |channel: ObjectId| !matches!(object(channel), Object::Chan(c) if c.closed);
    let communication = |case: Case| match case {
        Case::Send(Some(channel), _) if open(channel) => vec![(channel, Way::Send)],
        Case::Recv(Some(channel)) => vec![(channel, Way::Recv)],
        _ => Vec::new(),
    };
    match op {
        Op::Send(channel, value) => communication(Case::Send(*channel, *value)),
        Op::Recv(channel) => communication(Case::Recv(*channel)),
        Op::Select { cases, .. } => cases
            .get(case as usize)
            .map_or_else(Vec::new, |&case| communication(case)),
        Op::Close(Some(channel)) => vec![(*channel, Way::Close)],
        Op::Unlock(lock, _) | Op::RUnlock(lock) | Op::WUnlock(lock, _) => {
            vec![(*lock, Way::Unlock)]
        }
        Op::CondWait { mutex, .. } => vec![(*mutex, Way::Unlock)],
        Op::CondSignal(cond) => vec![(*cond, Way::Signal)],
        Op::CondBroadcast(cond) => vec![(*cond, Way::Broadcast)],
        Op::WgAdd(group, delta) if *delta < 0 => vec![(*group, Way::Done)],
        Op::OnceEnd(once) => vec![(*once, Way::OnceEnd)],
        Op::CtxCancel(context) => match object(*context) {
            Object::Context(context) => vec![(context.done, Way::Cancel)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
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
    let is_channel = |object: &ObjectId| matches!(world.object(*object), Object::Chan(_));
    let (way, all) = match world.pending(program, step.actor) {
        Pending::Nothing => return found,
        Pending::Fire(_) => (Way::Fire, true),
        // The done channels of all contexts below it are closed with it.
        Pending::Op(Op::CtxCancel(_) | Op::CtxDerive(..)) => (Way::Cancel, true),
        Pending::Op(op) => {
            for (object, way) in ways(op, step.case, |id| world.object(id)) {
                note(step.actor, object, way);
            }
            (Way::Recv, false)
        }
    };
    if all {
        let touched = world.touches(program, step).into_iter().map(|(id, _)| id);
        touched
            .filter(is_channel)
            .for_each(|channel| note(step.actor, channel, way));
    }
    if let Some((partner, _)) = step.partner
        && let Some((channel, _)) = sending(program, world, step)
    {
        note(partner, channel, Way::Recv);
    }
    found
}

/// To which channel a step sends, and what.
fn sending(program: &dyn Program, world: &World, step: Step) -> Option<(ObjectId, ValueId)> {
    match world.pending(program, step.actor) {
        Pending::Fire(timer) => match world.object(timer) {
            Object::Timer(timer) => Some((timer.meets_at()?, ValueId::UNIT)),
            _ => None,
        },
        Pending::Op(Op::Send(channel, value)) => Some(((*channel)?, *value)),
        Pending::Op(Op::Select { cases, .. }) => match cases.get(step.case as usize)? {
            Case::Send(channel, value) => Some(((*channel)?, *value)),
            Case::Recv(_) => None,
        },
        _ => None,
    }
}
