//! The future of a goroutine: everything that it may still do from its present position.
//!
//! The holder of a lock is certain. But no state shows who would receive from a channel, close it
//! or signal a condition. The code shows it: a goroutine is an automaton, and it may still do the
//! operations that can be reached from its present local state. [`Releasers`] learns these automata
//! from other executions of the same program. It searches breadth first over the states up to a
//! limit. If that does not visit all of them, it adds some walks drawn by a fixed rule. If all
//! states were visited, an operation that is in nobody's future is done in no execution.
//!
//! If no execution passes the point at which a goroutine is stuck, its future was not observed.
//! Then it is imagined (`hypothetical`), and marked as such.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::explore::breadth_first::{Bounds, walk, weight};
use crate::explore::{Limits, Meter};
use crate::model::primitive::Kind as _;
use crate::model::{
    Atomic, Fault, Goroutine, GoroutineId, LocalState, Object, ObjectId, Op, Pending, Phase,
    Program, Site, Step, Timer, ValueId, Way, World,
};

/// Something that a goroutine did in some execution, or would do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Release {
    /// The object.
    pub object: ObjectId,
    /// The operation.
    pub way: Way,
    /// The goroutine.
    pub goroutine: GoroutineId,
    /// The place.
    pub site: Site,
}

/// A goroutine and its position.
pub(super) type Node = (GoroutineId, At);

/// The position of a goroutine that has something left to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum At {
    /// Before the operation of this local state.
    Op(LocalState),
    /// Within the operation of this local state, which has begun and not ended: a wait for a
    /// signal.
    Begun(LocalState),
    /// The hidden goroutine of an armed timer.
    Timer,
}

/// The actions of a goroutine at one position.
#[derive(Clone, Debug, Default)]
struct Does {
    releases: BTreeSet<Release>,
    /// Its next positions, and the first ones of goroutines that it starts.
    next: BTreeSet<Node>,
    /// The lock that it takes.
    lock: Option<ObjectId>,
}

/// The futures of goroutines: see the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Releasers {
    seen: FxHashMap<Node, Does>,
    imagined: FxHashMap<Node, Does>,
    /// The first few values that were in each object, or were sent to it, at some time.
    values: BTreeMap<ObjectId, Vec<ValueId>>,
    /// The first few numbers that were in each atomic at some time.
    numbers: BTreeMap<ObjectId, Vec<i64>>,
    /// The objects that had more values or numbers than are kept.
    truncated: BTreeSet<ObjectId>,
    /// Each object in its initial state.
    made: BTreeMap<ObjectId, Object>,
    /// The timers, by the hidden goroutines that fire them.
    timers: BTreeMap<GoroutineId, ObjectId>,
    /// False if a part of the hypothetical futures was left out.
    imagined_all: bool,
    complete: bool,
    states: usize,
}

/// Most values of each object that are kept for hypothetical futures.
const VALUES_MAX: usize = 4;

/// Walks that are drawn if the search over states did not visit all.
const WALKS: u64 = 64;

/// Most steps of such a walk.
const WALK_STEPS_MAX: usize = 2000;

/// Most steps that are taken or listed in all. Only many goroutines need so many.
const STEPS_MAX: usize = 2_000_000;

impl Releasers {
    /// Most states that [`Checker`](crate::Checker) visits before it describes a failure.
    pub const STATES_MAX: usize = 10_000;

    /// Returns the releasers of a program of which no other execution was explored.
    #[must_use]
    pub fn none() -> Self {
        Self {
            imagined_all: true,
            ..Self::default()
        }
    }

    /// Visits up to `states_max` states of the program breadth first. If these are not all, it adds
    /// some walks.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn collect(program: &mut dyn Program, states_max: usize) -> Result<Self, Fault> {
        let mut releasers = Self::none();
        let start = World::start(program)?;
        for id in start.ids() {
            releasers.note_made(program, &start, id);
        }
        let bounds = Bounds {
            states_max,
            steps_max: STEPS_MAX,
        };
        let meter = Meter::new(Limits::default(), Arc::default());
        let reached = walk(program, &start, bounds, &meter, |program, taken| {
            releasers.note(program, taken.before, taken.step, taken.after);
            Ok(())
        })?;
        releasers.states = reached.states.len();
        releasers.complete = reached.complete;
        if !reached.complete {
            let mut left = STEPS_MAX;
            for walk in 0..WALKS {
                releasers.draw_a_way(program, start.clone(), walk, &mut left)?;
            }
        }
        Ok(releasers)
    }

    /// Takes one walk drawn by a fixed rule. All walks share `left`, the number of steps left.
    fn draw_a_way(
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
            let cost = enabled.len() + weight(&world);
            if enabled.is_empty() || *left < cost {
                break;
            }
            *left -= cost;
            // The step of Steele, Lea and Flood's SplitMix64: evenly distributed, and the same in
            // each run.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let index = (mixed >> 33) as usize % enabled.len();
            let mut next = world.clone();
            next.take(program, enabled[index])?;
            self.note(program, &world, enabled[index], &next);
            world = next;
        }
        Ok(())
    }

    /// Records a step between two states.
    fn note(&mut self, program: &dyn Program, world: &World, step: Step, next: &World) {
        let mut releases = releases(program, world, step);
        // Who panics at an operation has released nobody by it.
        releases.retain(|release| next.panicked().all(|id| id != release.goroutine));
        let lock = match world.pending(program, step.actor) {
            Pending::Op(op) => op.lock(),
            Pending::Nothing | Pending::Fire(_) => None,
        };
        if let Some((channel, value)) = world.sends(program, step) {
            self.note_value(channel, value);
        }
        for (object, _) in world.footprint(program, step) {
            self.note_content(object, next.object(object));
        }
        // A goroutine that is started, or a timer that is armed.
        let begins: Vec<Node> = next
            .ids()
            .filter(|&id| !step.moves(id) && node(program, world, id).is_none())
            .filter_map(|id| node(program, next, id))
            .collect();
        let moved = step.movers().chain(begins.iter().map(|&(id, _)| id));
        moved.for_each(|id| self.note_made(program, next, id));
        for id in step.movers() {
            let Some(before) = node(program, world, id) else {
                continue;
            };
            let does = self.seen.entry(before).or_default();
            let own = releases.iter().filter(|release| release.goroutine == id);
            does.releases.extend(own);
            does.next.extend(node(program, next, id));
            does.next.extend(&begins);
            does.lock = does.lock.or(lock);
        }
    }

    /// Records the objects that a goroutine made on its way to its position.
    fn note_made(&mut self, program: &dyn Program, world: &World, id: GoroutineId) {
        let own = |state: &&Goroutine| !matches!(state.phase, Phase::Timer(_));
        let state = world.goroutine(id).filter(own);
        for made in state.map_or(&[][..], |state| &program.arrival(state.local).created) {
            self.note_content(made.id, &made.object);
            self.made
                .entry(made.id)
                .or_insert_with(|| made.object.clone());
            self.note_timer(made.timer, made.id);
        }
    }

    fn note_value(&mut self, object: ObjectId, value: ValueId) {
        if !keep(self.values.entry(object).or_default(), value) {
            self.truncated.insert(object);
        }
    }

    fn note_content(&mut self, id: ObjectId, object: &Object) {
        if let Some(content) = object.content() {
            self.note_value(id, content);
        }
        if let Some(atomic) = Atomic::of(object)
            && !keep(self.numbers.entry(id).or_default(), atomic.value)
        {
            self.truncated.insert(id);
        }
    }

    /// Returns true if all states of the program were visited.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Returns true if the hypothetical futures are complete.
    #[must_use]
    pub fn imagined_all(&self) -> bool {
        self.imagined_all
    }

    /// Returns the number of states that were visited.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states
    }

    /// Returns what the goroutine may do with this object from its present position on, itself or
    /// through a goroutine that it starts. The `bool` is true if this was observed, and false if it
    /// is imagined. With `after`, operations at the present position are left out.
    #[must_use]
    pub fn still(
        &self,
        program: &dyn Program,
        world: &World,
        goroutine: GoroutineId,
        object: ObjectId,
        after: bool,
    ) -> Vec<(Release, bool)> {
        let Some(here) = node(program, world, goroutine) else {
            return Vec::new();
        };
        let mut releases = BTreeMap::new();
        // Whatever the observed part reaches alone was observed; the rest is imagined.
        for imagines in [true, false] {
            for at in self.ahead(here, None, imagines) {
                let found = self.at(at, imagines).flat_map(|does| &does.releases);
                for release in found.filter(|release| release.object == object) {
                    if !(after && at == here) {
                        releases.insert(*release, !imagines);
                    }
                }
            }
        }
        releases.into_iter().collect()
    }

    /// Returns the places where the goroutine may release this lock, from its present position on
    /// and without taking it again.
    #[must_use]
    pub fn unlocks(
        &self,
        program: &dyn Program,
        world: &World,
        goroutine: GoroutineId,
        lock: ObjectId,
    ) -> Vec<Release> {
        let Some(here) = node(program, world, goroutine) else {
            return Vec::new();
        };
        let mut releases = BTreeSet::new();
        for at in self.ahead(here, Some(lock), true) {
            for does in self.at(at, true) {
                let unlocks =
                    |release: &&Release| release.object == lock && release.way.gives_back();
                releases.extend(does.releases.iter().filter(unlocks).copied());
            }
        }
        releases.into_iter().collect()
    }

    /// Returns true if the goroutine's action at its present position is known.
    #[must_use]
    pub fn passes(&self, program: &dyn Program, world: &World, goroutine: GoroutineId) -> bool {
        let here = node(program, world, goroutine);
        here.is_some_and(|here| self.at(here, true).next().is_some())
    }

    /// Returns what is known of a goroutine at this node.
    fn at(&self, node: Node, imagines: bool) -> impl Iterator<Item = &Does> {
        let imagined = self.imagined.get(&node).filter(|_| imagines);
        self.seen.get(&node).into_iter().chain(imagined)
    }

    /// Returns the nodes that can be reached from `here`, including `here` and the goroutines that
    /// are started. With `lock`, it stops where that lock is taken.
    fn ahead(&self, here: Node, lock: Option<ObjectId>, imagines: bool) -> Vec<Node> {
        let mut ahead = vec![here];
        let mut known = BTreeSet::from([here]);
        let mut at = 0;
        while let Some(&node) = ahead.get(at) {
            at += 1;
            for does in self.at(node, imagines) {
                if lock.is_none() || does.lock != lock {
                    ahead.extend(does.next.iter().filter(|next| known.insert(**next)));
                }
            }
        }
        ahead
    }

    /// Returns true if a goroutine was seen to pass this node.
    pub(super) fn was_passed(&self, node: Node) -> bool {
        self.seen.contains_key(&node)
    }

    /// Returns the nodes that observed executions reach from this one and do not pass.
    pub(super) fn ends_of_what_was_seen(&self, node: Node) -> impl Iterator<Item = Node> {
        let ahead = self.ahead(node, None, false).into_iter();
        ahead.filter(|node| !self.was_passed(*node))
    }

    /// Returns an object in its initial state in some execution.
    pub(super) fn made(&self, object: ObjectId) -> Option<&Object> {
        self.made.get(&object)
    }

    /// Records the hidden goroutine of a timer; an object that is no timer has none.
    pub(super) fn note_timer(&mut self, hidden: Option<GoroutineId>, timer: ObjectId) {
        self.timers.extend(hidden.map(|id| (id, timer)));
    }

    /// Returns the timer that this hidden goroutine fires.
    pub(super) fn timer_of(&self, hidden: GoroutineId) -> Option<ObjectId> {
        self.timers.get(&hidden).copied()
    }

    /// Returns the hidden goroutine that fires this timer.
    pub(super) fn hidden_of(&self, timer: ObjectId) -> Option<GoroutineId> {
        let fires = |it: &(&GoroutineId, &ObjectId)| *it.1 == timer;
        self.timers.iter().find(fires).map(|(&id, _)| id)
    }

    /// Returns values that were in this object, or were sent to it.
    pub(super) fn values_of(&self, object: ObjectId) -> &[ValueId] {
        self.values.get(&object).map_or(&[], Vec::as_slice)
    }

    /// Returns numbers that were in this atomic.
    pub(super) fn numbers_of(&self, object: ObjectId) -> &[i64] {
        self.numbers.get(&object).map_or(&[], Vec::as_slice)
    }

    /// Returns true if one of these objects had more values or numbers than are kept.
    pub(super) fn is_truncated(&self, objects: &[ObjectId]) -> bool {
        objects.iter().any(|id| self.truncated.contains(id))
    }

    /// Records what a goroutine would do at a node that none was seen to pass. That is its
    /// releases, the lock that it would take, and its next positions.
    pub(super) fn note_imagined(
        &mut self,
        (node, site): (Node, Site),
        releases: &[(ObjectId, Way)],
        lock: Option<ObjectId>,
        next: &[Node],
    ) {
        let does = self.imagined.entry(node).or_default();
        let release = |&(object, way): &(ObjectId, Way)| Release {
            object,
            way,
            goroutine: node.0,
            site,
        };
        does.releases.extend(releases.iter().map(release));
        does.lock = lock;
        does.next.extend(next);
    }

    /// Records that a part of the hypothetical futures was left out.
    pub(super) fn gave_up_imagining(&mut self) {
        self.imagined_all = false;
    }

    /// Returns everything that any goroutine did with this object in an explored execution.
    #[must_use]
    pub fn ever(&self, object: ObjectId) -> Vec<Release> {
        let all = self.seen.values().flat_map(|does| &does.releases);
        let ones: BTreeSet<Release> = all
            .filter(|release| release.object == object)
            .copied()
            .collect();
        ones.into_iter().collect()
    }
}

/// Adds one that is not there yet. Returns false if there is no room for it.
fn keep<T: PartialEq>(kept: &mut Vec<T>, one: T) -> bool {
    let is_known = kept.contains(&one);
    let has_room = kept.len() < VALUES_MAX;
    if !is_known && has_room {
        kept.push(one);
    }
    is_known || has_room
}

/// Returns the position of a goroutine that has something left to do.
pub(super) fn node(program: &dyn Program, world: &World, id: GoroutineId) -> Option<Node> {
    match world.pending(program, id) {
        Pending::Nothing => None,
        Pending::Fire(timer) => {
            let fires = |timer: &&Timer| timer.is_pending() || timer.sending > 0;
            let timer = Timer::of(world.object(timer)).filter(fires);
            timer.map(|_| (id, At::Timer))
        }
        Pending::Op(_) => {
            let state = world.goroutine(id)?;
            let at = match state.phase.is_within() {
                true => At::Begun(state.local),
                false => At::Op(state.local),
            };
            Some((id, at))
        }
    }
}

/// Returns the actions of this step that could release other goroutines.
fn releases(program: &dyn Program, world: &World, step: Step) -> Vec<Release> {
    let mut found = Vec::new();
    let mut note = |goroutine: GoroutineId, object: ObjectId, way: Way| {
        let site = match world.goroutine(goroutine) {
            Some(state) if !matches!(state.phase, Phase::Timer(_)) => {
                program.arrival(state.local).site
            }
            Some(_) | None => program.goroutine(goroutine).site,
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
        // The done channels of all descendant contexts are closed with it.
        Pending::Op(Op::CtxCancel(_) | Op::CtxDerive(..)) => (Way::Cancel, true),
        Pending::Op(op) => {
            // A wait that has begun has already unlocked the mutex.
            let begun = matches!(node(program, world, step.actor), Some((_, At::Begun(_))));
            if let Some((object, way)) = op.releases(step.choice, |id| world.object(id))
                && !begun
            {
                note(step.actor, object, way);
            }
            (Way::Recv, false)
        }
    };
    if all {
        let touched = world.footprint(program, step).into_iter().map(|(id, _)| id);
        touched
            .filter(is_channel)
            .for_each(|channel| note(step.actor, channel, way));
    }
    if let Some((partner, _)) = step.partner
        && let Some((channel, _)) = world.sends(program, step)
    {
        note(partner, channel, Way::Recv);
    }
    found
}
