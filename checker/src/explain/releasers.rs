//! What a goroutine may still do: the future of where it stands.
//!
//! A lock has a holder, and that is certain. Who would receive from a channel, close it or signal a
//! condition is written nowhere in a state. It is written in the code: a goroutine is an automaton,
//! and what it may still do are the operations that can be reached from its present local state.
//! [`Releasers`] learns these automata from other executions of the same program: breadth first
//! over its states up to a limit, and, where that does not see all, along some ways drawn by a
//! fixed rule. Where all states were looked at, an operation that is in nobody's future is done in
//! no execution.
//!
//! Where no execution passes the place at which a goroutine is stuck, its future was not seen. It
//! is imagined then (`hypothetical`), and marked as what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::explore::breadth_first::{Bounds, walk};
use crate::explore::{Limits, Meter};
use crate::model::primitive::Kind as _;
use crate::model::{
    Atomic, Fault, GoroutineId, Local, Object, ObjectId, Op, Pending, Phase, Program, Site, Step,
    Timer, ValueId, Way, World,
};

/// Something that a goroutine did in some execution, or would do.
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

/// A goroutine, and where it stands.
pub(super) type Node = (GoroutineId, At);

/// Where a goroutine stands that has something to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum At {
    /// Before the operation of this local state.
    Op(Local),
    /// In its midst: it has begun it, and waits to end it, as one does that waits for a signal.
    Begun(Local),
    /// The hidden goroutine of a timer that is armed.
    Timer,
}

/// What a goroutine does next where it stands.
#[derive(Clone, Debug, Default)]
struct Does {
    releases: BTreeSet<Release>,
    /// Where it comes next, and where those begin that it starts.
    next: BTreeSet<Node>,
    /// The lock that it takes.
    lock: Option<ObjectId>,
}

/// What goroutines may still do: see the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Releasers {
    seen: FxHashMap<Node, Does>,
    imagined: FxHashMap<Node, Does>,
    /// What was in each object or was sent to it, at some time: the first few values.
    values: BTreeMap<ObjectId, Vec<ValueId>>,
    /// What was in each atomic at some time: the first few numbers.
    numbers: BTreeMap<ObjectId, Vec<i64>>,
    /// Objects of which there were more.
    truncated: BTreeSet<ObjectId>,
    /// Each object as it was made, and the hidden goroutine of a timer.
    made: BTreeMap<ObjectId, (Object, Option<GoroutineId>)>,
    /// False if something that was to be imagined was left out.
    imagined_all: bool,
    complete: bool,
    states: usize,
}

/// How many values of each object are kept for those that are imagined to meet them.
const VALUES_MAX: usize = 4;

/// How many ways are drawn where the search over states did not see all.
const WALKS: u64 = 64;

/// Steps of such a way.
const WALK_STEPS_MAX: usize = 2000;

/// Steps that are taken or listed, all in all. It is seldom that many: it takes states with very
/// many ways on.
const STEPS_MAX: usize = 2_000_000;

impl Releasers {
    /// How many states [`Checker`](crate::Checker) has looked at before it describes what it has
    /// found.
    pub const STATES_MAX: usize = 10_000;

    /// Of a program of which no other execution was looked at.
    #[must_use]
    pub fn none() -> Self {
        Self {
            imagined_all: true,
            ..Self::default()
        }
    }

    /// Looks at up to `states_max` states of the program, breadth first, and if these are not all,
    /// goes some ways further.
    ///
    /// # Errors
    /// If the program has a fault.
    pub fn collect(program: &mut dyn Program, states_max: usize) -> Result<Self, Fault> {
        let mut releasers = Self::none();
        let start = World::start(program)?;
        releasers.note_made(program, &start, GoroutineId::MAIN);
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

    /// Goes one way, drawn by a fixed rule, with so many steps left for all of them.
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
            if enabled.is_empty() || *left < enabled.len() {
                break;
            }
            *left -= enabled.len();
            // The step of Steele, Lea and Flood's SplitMix64: evenly spread, and the same in each
            // run.
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

    /// Notes a step between two states.
    fn note(&mut self, program: &dyn Program, world: &World, step: Step, next: &World) {
        let releases = releases(program, world, step);
        let lock = match world.pending(program, step.actor) {
            Pending::Op(op) => op.lock(),
            Pending::Nothing | Pending::Fire(_) => None,
        };
        if let Some((channel, value)) = world.sends(program, step) {
            self.note_value(channel, value);
        }
        for (object, _) in world.touches(program, step) {
            self.note_content(object, next.object(object));
        }
        // A goroutine that is started, a timer that is armed.
        let begins: Vec<Node> = (0..next.goroutines().len())
            .map(GoroutineId::from_index)
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

    /// Notes what a goroutine made on its way to where it stands.
    fn note_made(&mut self, program: &dyn Program, world: &World, id: GoroutineId) {
        let Some(state) = world.goroutine(id) else {
            return;
        };
        if matches!(state.phase, Phase::Timer(_)) {
            return;
        }
        for made in &program.arrival(state.local).created {
            self.note_content(made.id, &made.object);
            self.made
                .entry(made.id)
                .or_insert_with(|| (made.object.clone(), made.timer));
        }
    }

    fn note_value(&mut self, object: ObjectId, value: ValueId) {
        let values = self.values.entry(object).or_default();
        if values.contains(&value) {
            return;
        }
        if values.len() < VALUES_MAX {
            values.push(value);
        } else {
            self.truncated.insert(object);
        }
    }

    fn note_content(&mut self, id: ObjectId, object: &Object) {
        if let Some(content) = object.content() {
            self.note_value(id, content);
        }
        if let Some(atomic) = Atomic::of(object) {
            let numbers = self.numbers.entry(id).or_default();
            if numbers.contains(&atomic.value) {
                return;
            }
            if numbers.len() < VALUES_MAX {
                numbers.push(atomic.value);
            } else {
                self.truncated.insert(id);
            }
        }
    }

    /// Returns true if all states of the program were looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Returns true if all that was to be imagined was.
    #[must_use]
    pub fn imagined_all(&self) -> bool {
        self.imagined_all
    }

    /// How many states were looked at.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states
    }

    /// What the goroutine may do with this object from where it stands on, itself or through a
    /// goroutine that it starts; with each whether this was seen, or else imagined. With `after`
    /// only what comes after the operation at which it stands.
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
        // What is reached by what was seen alone was seen; the rest is imagined.
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

    /// Where the goroutine may give back this lock, from where it stands on and without taking it
    /// once more.
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

    /// Returns true if it is known what the goroutine does where it stands.
    #[must_use]
    pub fn passes(&self, program: &dyn Program, world: &World, goroutine: GoroutineId) -> bool {
        let here = node(program, world, goroutine);
        here.is_some_and(|here| self.at(here, true).next().is_some())
    }

    /// What is known of a goroutine that stands there.
    fn at(&self, node: Node, imagines: bool) -> impl Iterator<Item = &Does> {
        let imagined = self.imagined.get(&node).filter(|_| imagines);
        self.seen.get(&node).into_iter().chain(imagined)
    }

    /// Where a goroutine that stands here may come, and those that it starts, `here` included; with
    /// `lock` up to where it takes that lock.
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

    /// Returns true if somebody was seen to pass here.
    pub(super) fn was_passed(&self, node: Node) -> bool {
        self.seen.contains_key(&node)
    }

    /// Where somebody who stands here comes in some execution, or somebody that it starts, and
    /// nobody was seen to go on.
    pub(super) fn ends_of_what_was_seen(&self, node: Node) -> impl Iterator<Item = Node> {
        let ahead = self.ahead(node, None, false).into_iter();
        ahead.filter(|node| !self.was_passed(*node))
    }

    /// An object as it was made in some execution, and the hidden goroutine of a timer.
    pub(super) fn made(&self, object: ObjectId) -> Option<&(Object, Option<GoroutineId>)> {
        self.made.get(&object)
    }

    /// The timer that this hidden goroutine fires.
    pub(super) fn timer_of(&self, goroutine: GoroutineId) -> Option<ObjectId> {
        let fires = |made: &(&ObjectId, &(Object, _))| made.1.1 == Some(goroutine);
        self.made.iter().find(fires).map(|(&timer, _)| timer)
    }

    /// Values that were in this object, or were sent to it.
    pub(super) fn values_of(&self, object: ObjectId) -> &[ValueId] {
        self.values.get(&object).map_or(&[], Vec::as_slice)
    }

    /// Numbers that were in this atomic.
    pub(super) fn numbers_of(&self, object: ObjectId) -> &[i64] {
        self.numbers.get(&object).map_or(&[], Vec::as_slice)
    }

    /// Returns true if there was more at one of these objects than is known.
    pub(super) fn is_truncated(&self, objects: &[ObjectId]) -> bool {
        objects.iter().any(|id| self.truncated.contains(id))
    }

    /// Notes what a goroutine would do where nobody was seen to pass, the lock that it would take,
    /// and where it would come next.
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

    /// Notes that something was left out that was to be imagined.
    pub(super) fn gave_up_imagining(&mut self) {
        self.imagined_all = false;
    }

    /// All that anybody did with this object in any execution that was looked at.
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

/// Where a goroutine stands that has something to do.
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

/// What those who move in this step do that could release others.
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
        // The done channels of all contexts below it are closed with it.
        Pending::Op(Op::CtxCancel(_) | Op::CtxDerive(..)) => (Way::Cancel, true),
        Pending::Op(op) => {
            // Who has begun a wait has given the lock back already.
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
        let touched = world.touches(program, step).into_iter().map(|(id, _)| id);
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
