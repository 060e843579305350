//! The judge of the comparison of two variants. Each claim about what a fix changes, and what it
//! does to the reasons of the bug, is checked against all states of both programs.

use std::collections::BTreeSet;

use gordian_checker::execution::{schedule, words};
use gordian_checker::explain::Releasers;
use gordian_checker::explain::compare::{Change, Effect, NeverWaits, Now, Pair, Position, Why};
use gordian_checker::explain::trace::{Act, Ending, Step as TraceStep, Trace};
use gordian_checker::explore::Cycle;
use gordian_checker::model::{
    GoroutineId, MutexOp, Next, Object, ObjectId, Op, Pending, Phase, Program, RwLockOp,
    SemaphoreOp, World,
};

use super::known::{Known, Node, chan_of, node, wanted};
use super::{GIVES_BACK, holders};

/// Judges the comparisons of the bad ends of one program with another one. Returns the number of
/// claims, or `None` if one has more than `max` states.
///
/// # Errors
/// The first claim that is untrue, in words.
pub(crate) fn judge_why(
    buggy: &mut dyn Program,
    fixed: &mut dyn Program,
    max: usize,
) -> Result<Option<usize>, String> {
    let known = Known::of(buggy, max).zip(Known::of(fixed, max));
    let Some((of_buggy, of_fixed)) = known else {
        return Ok(None);
    };
    let fault = |it| format!("{it:?}");
    let releasers = Releasers::collect(buggy, Releasers::STATES_MAX).map_err(fault)?;
    let mut claims = 0;
    for end in of_buggy.bad_ends(buggy) {
        let path = of_buggy.path(end);
        let trace = Trace::play(buggy, &path, &Cycle::default(), &releasers).map_err(fault)?;
        let why = Why::build(&trace, buggy, fixed, "judged", None).map_err(fault)?;
        let now = replay(fixed, &why.now.steps)?;
        let mut judge = JudgeOfWhy {
            why: &why,
            buggy: Variant {
                program: buggy,
                known: &of_buggy,
                world: &of_buggy.worlds[end],
            },
            fixed: Variant {
                program: fixed,
                known: &of_fixed,
                world: &now,
            },
            claims: 0,
        };
        judge.all().map_err(|claim| {
            let steps = &why.now.schedule;
            format!("untrue: {claim}\n{}\nfixed: {steps}", trace.schedule)
        })?;
        claims += judge.claims;
    }
    Ok(Some(claims))
}

/// Plays the choices of a trace.
fn replay(program: &mut dyn Program, steps: &[TraceStep]) -> Result<World, String> {
    let mut world = World::start(program).expect("it starts");
    for step in steps {
        let enabled = world.steps(program);
        let mut fits = schedule::matching(program, &step.choice, &enabled);
        let step = fits.pop().ok_or_else(|| format!("step {} fits", step.n))?;
        world.take(program, step).expect("it goes on");
    }
    Ok(world)
}

/// One of the two, in the state that is compared.
struct Variant<'a> {
    program: &'a dyn Program,
    known: &'a Known,
    world: &'a World,
}

impl Variant<'_> {
    fn goroutine(&self, name: &str) -> Option<GoroutineId> {
        let ids = (0..self.world.goroutines().len()).map(GoroutineId::from_index);
        let mut ids = ids.filter(|&id| self.world.goroutine(id).is_some());
        ids.find(|&id| self.program.goroutine(id).name == name)
    }

    fn op(&self, name: &str) -> Option<&Op> {
        match self.world.pending(self.program, self.goroutine(name)?) {
            Pending::Op(op) => Some(op),
            Pending::Nothing | Pending::Fire(_) => None,
        }
    }

    /// Returns true if it stands before this operation at this line.
    fn is_at(&self, name: &str, text: &str, line: u32) -> bool {
        let is_it = self
            .op(name)
            .is_some_and(|op| text_of(self.program, op) == plain(text));
        let state = self.goroutine(name).and_then(|id| self.world.goroutine(id));
        let here = state.map(|state| self.program.arrival(state.local).site.line);
        is_it && here == Some(line)
    }

    fn phase(&self, name: &str) -> Option<Phase> {
        let id = self.goroutine(name)?;
        self.world.goroutine(id).map(|state| state.phase)
    }

    fn can_move(&self, name: &str) -> bool {
        let steps = self.world.steps(self.program);
        let id = self.goroutine(name);
        id.is_some_and(|id| steps.iter().any(|step| step.moves(id)))
    }

    /// Returns the objects of all states, by the names that their makers gave them.
    fn objects(&self) -> Vec<(String, &Object)> {
        let mut ids = BTreeSet::new();
        let mut objects = Vec::new();
        for world in &self.known.worlds {
            for (index, object) in world.objects().iter().enumerate() {
                if *object != Object::Absent && ids.insert(index) {
                    let name = self.program.object(ObjectId::from_index(index)).name;
                    objects.push((words::given(&name), object));
                }
            }
        }
        objects
    }

    fn has_object(&self, name: &str) -> bool {
        self.objects().iter().any(|(known, _)| known == name)
    }

    /// Returns the kinds of the objects of this name.
    fn kinds(&self, name: &str) -> BTreeSet<String> {
        let named = self
            .objects()
            .into_iter()
            .filter(|(known, _)| known == name);
        let kinds = named.filter_map(|(_, object)| object.kind());
        kinds.map(|kind| kind.to_string()).collect()
    }

    /// Returns the capacities of the channels of this name.
    fn rooms(&self, name: &str) -> BTreeSet<u32> {
        let named = self
            .objects()
            .into_iter()
            .filter(|(known, _)| known == name);
        let chans = named.filter_map(|(_, object)| chan_of(object));
        chans.map(|chan| chan.capacity).collect()
    }

    /// Returns true if some state has a goroutine of this name.
    fn has_goroutine(&self, name: &str) -> bool {
        self.known.worlds.iter().any(|world| {
            let ids = (0..world.goroutines().len()).map(GoroutineId::from_index);
            let mut ids = ids.filter(|&id| world.goroutine(id).is_some());
            ids.any(|id| words::given(&self.program.goroutine(id).name) == name)
        })
    }

    /// Returns the goroutines that are about to do one of these operations in some state, each with
    /// the locks that it holds there.
    fn about_to(&self, texts: &BTreeSet<String>) -> Vec<BTreeSet<String>> {
        let mut found = Vec::new();
        for world in &self.known.worlds {
            for id in (0..world.goroutines().len()).map(GoroutineId::from_index) {
                let Pending::Op(op) = world.pending(self.program, id) else {
                    continue;
                };
                let mut ops = words::cases(self.program, op);
                if ops.is_empty() {
                    ops.push(words::operation(self.program, op));
                }
                if !ops.iter().any(|op| texts.contains(&words::given(op))) {
                    continue;
                }
                let locks = (0..world.objects().len()).map(ObjectId::from_index);
                let held = locks.filter(|lock| holders(world, *lock).contains(&id));
                let names = held.map(|lock| words::given(&self.program.object(lock).name));
                found.push(names.collect());
            }
        }
        found
    }
}

/// Returns an operation in words, without the lines of nil channels.
fn text_of(program: &dyn Program, op: &Op) -> String {
    match op {
        Op::Choose(_, None) => "choose".to_owned(),
        op => words::operation(program, op),
    }
}

fn plain(text: &str) -> String {
    words::without_nil_lines(text)
}

struct JudgeOfWhy<'a> {
    why: &'a Why,
    buggy: Variant<'a>,
    fixed: Variant<'a>,
    claims: usize,
}

impl JudgeOfWhy<'_> {
    fn claim(&mut self, is_true: bool, what: &dyn std::fmt::Display) -> Result<(), String> {
        self.claims += 1;
        if is_true {
            Ok(())
        } else {
            Err(what.to_string())
        }
    }

    fn all(&mut self) -> Result<(), String> {
        let why = self.why;
        self.common()?;
        for change in &why.changed {
            let is_true = self.is_changed(change);
            self.claim(is_true, change)?;
        }
        for effect in &why.breaks {
            let is_true = self.has_effect(effect);
            self.claim(is_true, effect)?;
        }
        for (visited, variant) in [
            (why.visited_buggy, &self.buggy),
            (why.visited_fixed, &self.fixed),
        ] {
            let states = variant.known.worlds.len();
            let (part, whole) = (visited.states < states, visited.states == states);
            let is_true = if visited.all { whole } else { part };
            self.claims += 1;
            if !is_true {
                return Err(format!("{visited:?} of {states}"));
            }
        }
        Ok(())
    }

    /// The steps in common are the same in both, and all those before the two part.
    fn common(&mut self) -> Result<(), String> {
        let why = self.why;
        let acts = |step: &TraceStep| {
            // A name may be longer in one of them, depending on what else was met.
            let act = |act: &Act| {
                let object = act.object.as_deref().map(words::given);
                (words::given(&act.goroutine), act.op, object)
            };
            step.by.iter().map(act).collect::<BTreeSet<_>>()
        };
        let same = |pair: &Pair| {
            let buggy = pair.buggy.map(|number| acts(&why.buggy.steps[number - 1]));
            buggy.is_none_or(|buggy| buggy == acts(&why.now.steps[pair.fixed - 1]))
        };
        let wrong = why.pairs.iter().find(|pair| !same(pair));
        self.claim(wrong.is_none(), &format!("{wrong:?}"))?;
        let common: Vec<usize> = why.pairs.iter().filter_map(|pair| pair.buggy).collect();
        let steps = match &why.parted {
            Some(parted) => parted.step - 1,
            None => why.buggy.steps.len(),
        };
        let in_order = common == (1..=steps).collect::<Vec<_>>();
        self.claim(in_order, &format!("{common:?} of {steps}"))?;
        let taken = why.now.steps.len();
        self.claim(why.pairs.len() == taken, &format!("{taken} steps"))
    }

    fn is_position(&self, name: &str, position: &Position, variant: &Variant<'_>) -> bool {
        let phase = variant.phase(name);
        match position {
            Position::At { op, line } => variant.is_at(name, op, *line),
            Position::Ended => matches!(phase, Some(Phase::Returned | Phase::Panicked(_))),
            Position::Spent => matches!(phase, Some(Phase::Timer(_))) && !variant.can_move(name),
            Position::NotStarted => phase.is_none(),
        }
    }

    fn is_changed(&self, change: &Change) -> bool {
        let (buggy, fixed) = (&self.buggy, &self.fixed);
        match change {
            Change::ObjectAdded { kind, object, .. } => {
                !buggy.has_object(object) && fixed.kinds(object).contains(&kind.to_string())
            }
            Change::ObjectRemoved { kind, object } => {
                !fixed.has_object(object) && buggy.kinds(object).contains(&kind.to_string())
            }
            Change::Room {
                object,
                before,
                now,
            } => {
                before != now
                    && buggy.rooms(object) == [*before].into()
                    && fixed.rooms(object) == [*now].into()
            }
            Change::Kind {
                object,
                before,
                now,
            } => {
                before != now
                    && buggy.kinds(object) == [before.to_string()].into()
                    && fixed.kinds(object) == [now.to_string()].into()
            }
            Change::GoroutineAdded { goroutine, .. } => {
                fixed.has_goroutine(goroutine) && !buggy.has_goroutine(goroutine)
            }
            Change::GoroutineRemoved { goroutine } => {
                buggy.has_goroutine(goroutine) && !fixed.has_goroutine(goroutine)
            }
            Change::Parted {
                goroutine,
                step,
                line,
                now,
                ..
            } => {
                let step = &self.why.buggy.steps[step - 1];
                let mut by = step.by.iter();
                let act = by.find(|act| act.goroutine == *goroutine && act.place.line == *line);
                let stays = act.is_some_and(|act| self.stands_at(act));
                act.is_some() && !stays && self.is_position(goroutine, now, fixed)
            }
            Change::NotEnabled { step } => {
                let mut by = self.why.buggy.steps[step - 1].by.iter();
                by.all(|act| self.stands_at(act)) && !self.can_be_taken(*step)
            }
            Change::Moved {
                goroutine,
                before,
                now,
            } => {
                before != now
                    && self.is_position(goroutine, before, buggy)
                    && self.is_position(goroutine, now, fixed)
            }
            Change::Nothing => self.why.changed.len() == 1,
        }
    }

    /// Returns true if the goroutine of an act is about to do the same in the fixed variant.
    fn stands_at(&self, act: &Act) -> bool {
        let Some(op) = self.fixed.op(&act.goroutine) else {
            // A timer that can fire is about to.
            return self.fixed.can_move(&act.goroutine);
        };
        let subject = act.object.as_ref().or(act.label.as_ref());
        let text = match subject {
            Some(subject) => format!("{} {subject}", act.op),
            None if act.note.as_deref() == Some("default") => "default".to_owned(),
            None => act.op.to_string(),
        };
        let program = self.fixed.program;
        text_of(program, op) == text || words::cases(program, op).contains(&text)
    }

    /// Returns true if this step of the buggy schedule can be taken in the fixed variant.
    fn can_be_taken(&self, step: usize) -> bool {
        let (program, world) = (self.fixed.program, self.fixed.world);
        let wanted = self.why.buggy.steps[step - 1].by.iter();
        let wanted: BTreeSet<_> = wanted
            .map(|act| {
                let chosen = act.note.clone().filter(|note| note.starts_with("= "));
                (act.goroutine.clone(), act.op, act.object.clone().or(chosen))
            })
            .collect();
        let steps = world.steps(program);
        let mut acts = steps.iter().map(|step| words::acts(program, world, *step));
        acts.any(|acts| acts.into_iter().collect::<BTreeSet<_>>() == wanted)
    }

    fn has_effect(&self, effect: &Effect) -> bool {
        let (buggy, fixed) = (&self.buggy, &self.fixed);
        match effect {
            Effect::NotTaken { step, end, .. } => {
                *end == self.why.buggy.end && !self.can_be_taken(*step)
            }
            Effect::Wait {
                goroutine,
                edges,
                now,
            } => {
                let all = &self.why.buggy.waits.edges;
                let is_there = |(object, to): &(String, String)| {
                    let mut all = all.iter();
                    all.any(|it| it.from == *goroutine && it.object == *object && it.to == *to)
                };
                edges.iter().all(is_there) && self.does(goroutine, now)
            }
            Effect::CycleGone { members } => {
                let next = members.iter().cycle().skip(1);
                members
                    .iter()
                    .zip(next)
                    .any(|(from, to)| !self.waits(from, to))
            }
            Effect::CanMove {
                goroutine,
                was_stuck,
                op,
                line,
            } => {
                let before = match was_stuck {
                    true => buggy.op(goroutine).is_some(),
                    false => buggy.phase(goroutine) == Some(Phase::Returned),
                };
                before && fixed.can_move(goroutine) && fixed.is_at(goroutine, op, *line)
            }
            Effect::NoPanic => {
                let all = fixed.world.goroutines().iter();
                let panics = all.filter(|state| matches!(state.phase, Phase::Panicked(_)));
                self.why.buggy.end == Ending::Panic && panics.count() == 0
            }
            Effect::GoesOn { enabled } => {
                !enabled.is_empty() && fixed.world.steps(fixed.program).len() == enabled.len()
            }
            Effect::Nothing => fixed.world.steps(fixed.program).is_empty(),
            Effect::NeverWaits(never) => self.never_waits(never),
        }
    }

    fn does(&self, name: &str, now: &Now) -> bool {
        let fixed = &self.fixed;
        let before = self
            .buggy
            .op(name)
            .map(|op| text_of(self.buggy.program, op));
        let cases = |variant: &Variant<'_>| match variant.op(name) {
            Some(op) => words::cases(variant.program, op),
            None => Vec::new(),
        };
        match now {
            Now::HasReturned => fixed.phase(name) == Some(Phase::Returned),
            Now::HasPanicked => matches!(fixed.phase(name), Some(Phase::Panicked(_))),
            Now::HasWayOut {
                cases: others,
                can_move,
                ..
            } => {
                let (was, is) = (cases(&self.buggy), cases(fixed));
                let was = |case: &String| was.contains(case) || before.as_ref() == Some(case);
                let is_new =
                    |case: &String| is.contains(case) && !was(case) && !case.ends_with("nil");
                let as_before = fixed.op(name).is_some() && is.iter().any(was);
                as_before && others.iter().all(is_new) && *can_move == fixed.can_move(name)
            }
            Now::CanMove { op, line } => fixed.can_move(name) && fixed.is_at(name, op, *line),
            Now::WaitsElsewhere { op, line } => {
                let moved = before.as_deref() != Some(&plain(op));
                moved && !fixed.can_move(name) && fixed.is_at(name, op, *line)
            }
        }
    }

    /// Returns true if one goroutine waits for another in the fixed variant: it cannot move, and
    /// the other one holds what it waits for, or does what releases it in some execution.
    fn waits(&self, from: &str, to: &str) -> bool {
        let (program, world) = (self.fixed.program, self.fixed.world);
        let (Some(one), Some(other)) = (self.fixed.goroutine(from), self.fixed.goroutine(to))
        else {
            return false;
        };
        if self.fixed.can_move(from) {
            return false;
        }
        let wanted = wanted(program, world, one);
        let holds = wanted
            .iter()
            .any(|(id, ..)| holders(world, *id).contains(&other));
        let does = node(program, world, other).is_some_and(|here| {
            wanted
                .iter()
                .any(|(id, what, _)| self.comes_to(here, (*id, what)))
        });
        holds || does
    }

    /// Returns true if some execution leads from there to this deed. What gives something back
    /// counts only if that is not taken before.
    fn comes_to(&self, here: Node, (object, what): (ObjectId, &str)) -> bool {
        let takes = |node: &Node| {
            let local = node.1.filter(|_| GIVES_BACK.contains(&what));
            let next = local.map(|local| &self.fixed.program.arrival(local).next);
            let Some(Next::Op(op)) = next else {
                return false;
            };
            matches!(op, Op::Mutex(id, MutexOp::Lock)
                | Op::RwLock(id, RwLockOp::RLock | RwLockOp::Lock)
                | Op::Semaphore(id, SemaphoreOp::Acquire(_)) if *id == object)
        };
        let (mut todo, mut known) = (vec![here], BTreeSet::from([here]));
        while let Some(node) = todo.pop() {
            let Some(does) = self.fixed.known.does.get(&node).filter(|_| !takes(&node)) else {
                continue;
            };
            if does
                .deeds
                .iter()
                .any(|deed| deed.0 == object && deed.1 == what)
            {
                return true;
            }
            todo.extend(does.next.iter().filter(|next| known.insert(**next)));
        }
        false
    }

    fn never_waits(&self, claim: &NeverWaits) -> bool {
        let Some(op) = self.buggy.op(&claim.goroutine) else {
            return false;
        };
        let mut texts = words::cases(self.buggy.program, op);
        if texts.is_empty() {
            texts.push(words::operation(self.buggy.program, op));
        }
        let texts = texts.iter().map(|text| words::given(text)).collect();
        let about_to = self.fixed.about_to(&texts);
        // Of a part of the states nothing is judged.
        if !claim.visited.all {
            return true;
        }
        let holds = |lock: &String| {
            about_to
                .iter()
                .any(|locks| locks.contains(&words::given(lock)))
        };
        claim.visited == self.why.visited_fixed
            && (about_to.is_empty() || !claim.never.is_empty())
            && claim
                .never
                .iter()
                .all(|lock| claim.holds.contains(lock) && !holds(lock))
            && self.buggy.is_at(&claim.goroutine, &claim.op, claim.line)
    }
}
