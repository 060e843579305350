//! A Go package as a [`Program`] of the checker.
//!
//! A [`LocalState`] is all that a goroutine is but its id. It has the frames with the registers
//! that are needed, and the operation that is next. It also has the number of things made at each
//! place, and the accesses since the last operation. A goroutine goes on by really running to its
//! next operation.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use gordian_checker::model::{
    Arrival, Classes, Creation, Fault, GoroutineId, Known, Learner, LocalState, Next, Op, Outcome,
    Pause, Program, RegionId, Site, Step, WaitGroupOp, World,
};
use rustc_hash::FxHashMap;

use crate::exchange;
use crate::machine::{Access, Machine, NO_FRAME, Run, Stop, Values};
use crate::memo::{Effects, Memo};
use crate::natives;
use crate::races::Races;
use crate::tidy::{References, Stand};
use crate::told::Told;
use crate::touched::Touched;
use crate::value::{Interner, V};

/// Most goroutines that one program may start.
const GOROUTINES_MAX: usize = 4096;

/// The part of a package that is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Main(u32),
    Test {
        name: String,
        f: u32,
        test_main: Option<u32>,
    },
}

/// A Go package that is run: see [`GoSubject`](crate::GoSubject).
pub struct GoProgram {
    pub(crate) machine: Machine,
    entry: Entry,
    inits: Rc<[u32]>,
    /// The place where the remarks go in the end.
    told: Arc<Mutex<Told>>,
    pub(crate) nodes: Vec<Node>,
    by_key: FxHashMap<Key, LocalState>,
    made: Interner<Rc<[(u64, u32)]>>,
    pub(crate) touched: Touched,
    references: References,
    pub(crate) races: Races,
    memo: Memo,
    /// True if frames may have ids of goroutines in them.
    pub(crate) keeps_ids: bool,
}

/// The parts that make up a local state.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    top: u32,
    made: u32,
    pub(crate) touched: u32,
    /// True if it waits for a wait group and has been woken.
    pub(crate) woken: bool,
    next: Next,
    created: Box<[Creation]>,
}

pub(crate) struct Node {
    top: u32,
    made: u32,
    pub(crate) touched: u32,
    woken: bool,
    arrival: Arrival,
}

impl GoProgram {
    pub(crate) fn new(
        machine: Machine,
        entry: Entry,
        inits: Rc<[u32]>,
        told: Arc<Mutex<Told>>,
    ) -> Self {
        Self {
            keeps_ids: exchange::keeps_ids(&machine),
            machine,
            entry,
            inits,
            told,
            nodes: Vec::new(),
            by_key: FxHashMap::default(),
            made: Interner::default(),
            touched: Touched::default(),
            references: References::default(),
            races: Races::default(),
            memo: Memo::default(),
        }
    }

    /// Keeps what the program writes, and lets a stretch be so many times as long as in a search.
    pub(crate) fn keep_output(&mut self, patience: u64) {
        self.machine.output = Some(String::new());
        self.machine.patience = patience;
    }

    /// Returns the output of the program, in all steps that were taken.
    pub fn output(&self) -> &str {
        self.machine.output.as_deref().unwrap_or("")
    }

    /// Returns true if there was a race, or a wait group that was used again too early.
    pub(crate) fn has_told(&self) -> bool {
        self.races.first.is_some() || !self.machine.reuses.is_empty()
    }

    /// Returns the two sides of the first race.
    pub(crate) fn first_race(&self) -> Option<[(String, String); 2]> {
        self.races.first.clone()
    }

    /// Returns the local state that a goroutine has reached.
    fn arrive(
        nodes: &mut Vec<Node>,
        by_key: &mut FxHashMap<Key, LocalState>,
        made: &mut Interner<Rc<[(u64, u32)]>>,
        touched: &mut Touched,
        mut run: Run<'_>,
        stop: Stop,
    ) -> Result<LocalState, Fault> {
        let site = match stop {
            Stop::Return => Site::NONE,
            _ => run.site(),
        };
        let (top, next) = match stop {
            Stop::Op(op) => (run.pack()?, Next::Op(op)),
            Stop::Return => (NO_FRAME, Next::Return),
            Stop::Panic(message) => (NO_FRAME, Next::Panic(message)),
        };
        run.touched.sort_unstable();
        run.touched.dedup();
        // A goroutine that has returned makes nothing more, so its counts make no difference.
        if next == Next::Return {
            run.made.clear();
            run.m.returns |= run.me == GoroutineId::MAIN;
        }
        let key = Key {
            top,
            made: made.intern(&run.made[..], || run.made[..].into()),
            touched: touched.intern(&run.touched, &mut run.m.things),
            woken: false,
            next,
            created: std::mem::take(&mut run.created).into(),
        };
        let known = by_key.get(&key).copied();
        let local = known.unwrap_or(LocalState::from_index(nodes.len()));
        if let Next::Op(Op::WaitGroup(id, WaitGroupOp::Wait)) = key.next {
            let me = run.me;
            run.m.rounds.note_wait((me, local), (id, site));
        }
        if known.is_some() {
            return Ok(local);
        }
        if key.next == Next::Op(Op::Pause(Pause::Settle)) {
            run.m.settles.insert(local);
        }
        nodes.push(Node {
            top,
            made: key.made,
            touched: key.touched,
            woken: key.woken,
            arrival: Arrival {
                created: key.created.to_vec(),
                next: key.next.clone(),
                site,
            },
        });
        by_key.insert(key, local);
        Ok(local)
    }

    /// Runs a goroutine from a place to its next operation.
    fn run(
        &mut self,
        world: &mut World,
        (me, top, made): (GoroutineId, u32, Vec<(u64, u32)>),
        created: Vec<Creation>,
        go: impl FnOnce(&mut Run<'_>) -> Result<Stop, Fault>,
    ) -> Result<(LocalState, Option<Effects>), Fault> {
        let mut run = Run::new(&mut self.machine, world, me, top, made);
        run.created = created;
        let stop = go(&mut run)?;
        let stop = run.within_its_bubble(stop);
        if run.m.things.count_goroutines() > GOROUTINES_MAX {
            return Err(Fault::TooMany {
                what: "goroutines",
                max: GOROUTINES_MAX,
            });
        }
        let effects = run.put_back()?;
        let local = Self::arrive(
            &mut self.nodes,
            &mut self.by_key,
            &mut self.made,
            &mut self.touched,
            run,
            stop,
        )?;
        Ok((local, effects))
    }

    /// Returns the same position, at which nothing was touched since the last operation.
    pub(crate) fn untouched(&mut self, local: LocalState) -> LocalState {
        let nothing = self.touched.intern(&[], &mut self.machine.things);
        self.position(local, |key| key.touched = nothing)
    }

    /// Returns what a goroutine has touched last that stands here.
    pub(crate) fn touched_at(&self, local: LocalState) -> &[Access] {
        self.touched.get(self.nodes[local.index()].touched)
    }

    /// Returns the same position after a change.
    pub(crate) fn position(
        &mut self,
        local: LocalState,
        change: impl FnOnce(&mut Key),
    ) -> LocalState {
        let node = &self.nodes[local.index()];
        let arrival = node.arrival.clone();
        let mut key = Key {
            top: node.top,
            made: node.made,
            touched: node.touched,
            woken: node.woken,
            next: arrival.next.clone(),
            created: arrival.created.clone().into(),
        };
        change(&mut key);
        let (top, made, touched, woken) = (key.top, key.made, key.touched, key.woken);
        let free = LocalState::from_index(self.nodes.len());
        let local = *self.by_key.entry(key).or_insert(free);
        if local == free {
            self.nodes.push(Node {
                top,
                made,
                touched,
                woken,
                arrival,
            });
        }
        local
    }

    /// Returns the topmost frame of a goroutine at a local state, and what it does next.
    pub(crate) fn stands_at(&self, local: LocalState) -> (u32, &Next) {
        let node = &self.nodes[local.index()];
        (node.top, &node.arrival.next)
    }

    /// Returns the places at which goroutines stand, one for each of their states.
    pub(crate) fn sites(&self) -> impl Iterator<Item = Site> {
        self.nodes.iter().map(|node| node.arrival.site)
    }

    /// Returns the variables of the package as they are at first.
    fn globals(&mut self, world: &mut World) -> Result<Vec<Creation>, Fault> {
        let code = self.machine.code.clone();
        let types = self.machine.types.clone();
        let empty = self.machine.pool.string(b"");
        let mut run = Run::new(
            &mut self.machine,
            world,
            GoroutineId::MAIN,
            NO_FRAME,
            Vec::new(),
        );
        for (cell, global) in (0..).zip(&code.globals) {
            let mut leaves = Vec::new();
            types.zero(global.t, &mut leaves, empty);
            run.make_primitives(cell, 0, global.t);
            if global.foreign {
                run.foreign(&global.full, global.t, &mut leaves)?;
            }
            run.set_variable(cell, &leaves);
        }
        run.put_back()?;
        Ok(run.created)
    }
}

impl Program for GoProgram {
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        let created = self.globals(world)?;
        let pool = &mut self.machine.pool;
        let inits: Vec<V> = self.inits.iter().map(|&f| pool.function(f, &[])).collect();
        let (f, name, test_main) = match &self.entry {
            Entry::Main(f) => (pool.function(*f, &[]), V::Nil, V::Nil),
            Entry::Test { name, f, test_main } => {
                let test_main = test_main.map_or(V::Nil, |f| pool.function(f, &[]));
                (pool.function(*f, &[]), pool.text(name), test_main)
            }
        };
        let args: Values = natives::main_arguments(f, name, test_main, &inits);
        let from = (GoroutineId::MAIN, NO_FRAME, Vec::new());
        let (local, _) = self.run(world, from, created, |run| {
            let main = run.named_function(natives::MAIN);
            run.begin(main, &args)
        })?;
        Ok(vec![(GoroutineId::MAIN, local)])
    }

    fn arrival(&self, local: LocalState) -> &Arrival {
        &self.nodes[local.index()].arrival
    }

    fn resume(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        self.machine.settled = None;
        self.machine.rounds.emptied = None;
        if self.machine.knows_stretches()
            && let Some(to) = self.memo.recall((id, local, outcome), world)
        {
            return Ok(to);
        }
        let node = &self.nodes[local.index()];
        let from = (id, node.top, self.made.get(node.made).to_vec());
        let (to, effects) = self.run(world, from, Vec::new(), |run| run.resume(outcome))?;
        if let Some(effects) = effects {
            self.memo.keep((id, local, outcome), effects, to);
        }
        Ok(to)
    }

    fn child(
        &mut self,
        parent: GoroutineId,
        local: LocalState,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        let node = &self.nodes[local.index()];
        let Next::Op(Op::Go(id)) = node.arrival.next else {
            panic!("{local:?} is no go statement")
        };
        let mut run = Run::new(&mut self.machine, world, parent, node.top, Vec::new());
        let Some((f, args)) = run.started() else {
            return Err(run.unsupported("starts a goroutine with what cannot be called"));
        };
        let from = (id, NO_FRAME, Vec::new());
        let (local, _) = self.run(world, from, Vec::new(), |run| run.begin(f, &args))?;
        Ok(local)
    }

    fn forgets_returned(&self) -> bool {
        true
    }

    fn tidy(&mut self, world: &mut World) {
        if let Some((bubble, waited)) = self.machine.settled.take() {
            self.order_before(world, bubble, waited);
        }
        if let Some(group) = self.machine.rounds.emptied.take() {
            self.wake(world, group);
        }
        self.note_returned(world);
        let (nodes, touched) = (&self.nodes, &self.touched);
        let of = |local: LocalState| {
            let node = &nodes[local.index()];
            (node.touched, &node.arrival.next)
        };
        self.races.look(&self.machine, world, of, touched);
        if self.machine.by_count {
            return;
        }
        let stands = |local: LocalState| {
            let node = &nodes[local.index()];
            Stand {
                top: node.top,
                touched: touched.get(node.touched),
                next: &node.arrival.next,
            }
        };
        self.references.tidy(&self.machine, world, stands);
        self.forget_dead_accesses(world);
    }

    fn shares_memory(&self) -> bool {
        true
    }

    fn has_touched(&self, local: LocalState) -> bool {
        !self.touched_at(local).is_empty()
    }

    fn visit_touched(&self, local: LocalState, tell: &mut dyn FnMut(RegionId, Classes)) {
        self.touched.visit(self.nodes[local.index()].touched, tell);
    }

    fn visit_returned(&self, tell: &mut dyn FnMut(GoroutineId, RegionId, Classes)) {
        self.touched.visit_returned(tell);
    }

    fn visit_conflicts(&self, local: LocalState, tell: &mut dyn FnMut(RegionId, Classes)) {
        let touched = self.nodes[local.index()].touched;
        self.touched
            .visit_conflicts(touched, &self.machine.things, tell);
    }

    fn has_raced(&self) -> bool {
        // What has raced in an earlier search is an operation in this one, and no race any more.
        !self.machine.visible.is_empty()
            || self.has_told()
            || self.machine.rounds.are_mixed
            || self.machine.shares_test
            || self.keeps_ids
    }

    fn meet(&mut self, one: (GoroutineId, LocalState), other: (GoroutineId, LocalState)) {
        let (nodes, touched) = (&self.nodes, &self.touched);
        let of = |(id, local): (GoroutineId, LocalState)| (id, nodes[local.index()].touched);
        self.races.meet(&self.machine, of(one), of(other), touched);
    }

    fn share_locals(&mut self) -> bool {
        !self.keeps_ids
    }

    fn exchange_groups(&self, world: &World, groups: &mut Vec<(u32, GoroutineId)>) {
        self.alike(world, groups);
    }

    fn withhold(&mut self, withholds: bool) {
        self.keep_back(withholds);
    }

    fn withheld(&mut self) -> bool {
        std::mem::take(&mut self.races.withheld)
    }

    fn excuses(&self, local: LocalState) -> bool {
        let next = &self.nodes[local.index()].arrival.next;
        self.machine.excuses_failures
            && matches!(next, Next::Panic(why) if why.starts_with(natives::TEST_FAILS))
    }

    fn is_quiet(&self) -> bool {
        self.machine.quiet
    }

    fn may_go_on(&self, world: &World, id: GoroutineId) -> bool {
        self.lets_go_on(world, id)
    }

    fn due(&self, world: &World, step: Step) -> Option<i64> {
        self.order_of(world, step)
    }

    fn elapse(&mut self, world: &mut World, step: Step) {
        self.pass_time(world, step);
    }

    fn number_by_count(&mut self, by_count: bool) -> bool {
        self.machine.by_count = by_count;
        self.machine.has_counted |= by_count;
        true
    }

    fn learner(&mut self) -> Option<&mut dyn Learner> {
        Some(self)
    }
}

impl Learner for GoProgram {
    fn finish(&mut self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.note(&self.machine, &self.races);
        let all = [told.busiest.take(), self.busiest()];
        told.busiest = all.into_iter().flatten().max_by_key(|it| it.of);
    }

    fn ids(&self) -> Known {
        self.machine.things.ids()
    }

    fn adopt_ids(&mut self, known: &Known) {
        let code = self.machine.code.clone();
        self.machine.things.adopt_ids(known, &code);
    }
}
