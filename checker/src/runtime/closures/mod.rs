//! A kernel's closures as a [`Program`].
//!
//! A goroutine that shares nothing but the objects of [`sync`](crate::sync) is a function of its
//! history of outcomes. So its automaton can be learned. A [`LocalState`] is a node of a graph that
//! grows with each new history. Only for a new history does the closure actually run, on a
//! coroutine. All later executions with that history walk the graph.
//!
//! A goroutine may have to be brought back to a node after its coroutine has gone on. Then it is
//! run from its start with the outcomes that lead to the node. Its actions on the way are compared
//! with those of the first time: a difference is a [`Fault::Nondeterminism`]. To check kernels that
//! never have to be run again, too, some histories are run once more at the end of a search.
//!
//! The graph is a tree except for explicit loops ([`forever`](crate::sync::forever)). At the head
//! of such a loop a goroutine carries only the loop's state and the counts of what it has made. A
//! head that was met before with the same state and counts is the same node.

mod compare;
mod program;
mod turns;
mod twins;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::execution::automaton::Automaton;
use crate::memory::ROOM_MIN;
use crate::model::{
    Arrival, Fault, GoroutineId, Learner, LocalState, Names, Next, Op, Outcome, Program,
    TimerRules, ValueId,
};
use crate::runtime::backend::{Body, NewBody};
use crate::runtime::coroutine::Resume;
use crate::runtime::goroutine::{Advance, RunState, Suspended, next_run, too_much_lost};
use crate::runtime::registry::Counts;
use crate::runtime::site::StaticSite;
use twins::Twins;

/// Most coroutines that are kept at their nodes, so that they can go on from there.
const PARKED_MAX: usize = 256;

/// Nodes above which [`Learner::forget`] is worth its while.
const NODES_CROWDED: usize = 1 << 19;

/// Histories that are run once more at the end of a search.
const RECHECKED_MAX: usize = 64;

/// Most goroutines that one program may start.
const GOROUTINES_MAX: usize = 4096;

/// A kernel, and what is known of its goroutines.
pub(crate) struct Closures {
    kernel: Rc<dyn Fn()>,
    shared: Rc<RunState>,
    stack_bytes: usize,
    automaton: Automaton<HistoryNode>,
    /// The first node of main.
    root: Option<LocalState>,
    /// Goroutines that are suspended at a node.
    parked: FxHashMap<LocalState, Suspended>,
    parked_order: VecDeque<LocalState>,
    /// Bodies from `go` statements that have not begun, by the node of the statement.
    bodies: FxHashMap<LocalState, Body>,
    /// Numbers of loops. The key is the origin of the segment that entered the loop, and the loop's
    /// position among those of the segment.
    loops: FxHashMap<(Origin, u32), u32>,
    loops_next: u32,
    /// Nodes that were reached from the head of a loop.
    heads: FxHashMap<Head, LocalState>,
    /// True if a goroutine has returned to a node that it had left.
    came_back: bool,
    /// The nodes that goroutines with one body share.
    twins: Twins,
    /// Nodes that a goroutine has come back to by a loop, and the loop's place.
    pub(super) turned: BTreeMap<LocalState, StaticSite>,
    /// Goroutines that were run again.
    rechecked: VecDeque<Suspended>,
    crowded_at: usize,
}

/// The beginning of a segment of a goroutine's run.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// The start of main, or of the goroutine that the `go` statement at this node starts.
    Start(Option<LocalState>),
    /// The operation at this node, with this outcome.
    After(LocalState, Outcome),
}

/// Everything that a goroutine knows at the head of a loop.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Head {
    /// The goroutine; `None` where it shares its nodes with others.
    goroutine: Option<GoroutineId>,
    looped: u32,
    state: ValueId,
    /// The things that it has made in its life: they determine the ids of the next ones.
    made: Counts,
}

impl Head {
    /// Returns the head of a goroutine that shares its nodes.
    fn new(looped: u32, state: ValueId, made: Counts) -> Self {
        Self {
            goroutine: None,
            looped,
            state,
            made,
        }
    }
}

/// The facts that are known of a node besides its automaton's edges.
pub(super) struct HistoryNode {
    /// Its goroutine, or the first that has come here of those that share the node.
    pub(super) goroutine: GoroutineId,
    /// The `go` statement that starts the first of the goroutines that share the node.
    group: Option<LocalState>,
    /// The number of the goroutine that starts here: see [`NewBody::twin`].
    twin: Option<u32>,
    origin: Origin,
    /// The number of operations that its goroutine had done when the node was first met.
    depth: u32,
    /// True if the goroutine recovers from a panic of its operation.
    recovers: bool,
}

impl Closures {
    /// Makes the program of this kernel. Each goroutine gets a stack of `stack_bytes`.
    pub(crate) fn new(kernel: Rc<dyn Fn()>, stack_bytes: usize, timers: TimerRules) -> Self {
        let shared = Rc::new(RunState::new(next_run(), timers));
        Self {
            kernel,
            shared,
            stack_bytes,
            automaton: Automaton::default(),
            root: None,
            parked: FxHashMap::default(),
            parked_order: VecDeque::new(),
            bodies: FxHashMap::default(),
            loops: FxHashMap::default(),
            loops_next: 0,
            heads: FxHashMap::default(),
            came_back: false,
            twins: Twins::default(),
            turned: BTreeMap::new(),
            rechecked: VecDeque::new(),
            crowded_at: NODES_CROWDED,
        }
    }

    pub(super) fn node(&self, local: LocalState) -> &HistoryNode {
        &self.automaton.node(local).data
    }

    /// Runs a goroutine from `origin` to its next arrival. Returns that node, which is new or
    /// known.
    fn run(
        &mut self,
        goroutine: GoroutineId,
        origin: Origin,
        mut running: Suspended,
        resume: Resume,
    ) -> Result<LocalState, Fault> {
        let mut head = None::<(Head, StaticSite)>;
        let (arrival, body) = self.run_on(goroutine, origin, &mut running, resume, &mut head)?;
        let twin = body.as_ref().and_then(|body| body.twin);
        let body = body.map(|body| body.body);
        let group = self.group_after(origin, &arrival);
        if let Some((head, _)) = &mut head {
            head.goroutine = group.is_none().then_some(goroutine);
        }
        let known = head
            .as_ref()
            .and_then(|(head, _)| self.heads.get(head).copied());
        let local = match (known, head) {
            (Some(local), Some((_, site))) => {
                self.compare_turn(local, &arrival, site, 2)?;
                self.came_back = true;
                self.turned.insert(local, site);
                local
            }
            (_, head) => {
                let recovers = running.recovers();
                let local = self.add((goroutine, group, twin), origin, arrival, recovers)?;
                if let Some((head, _)) = head {
                    self.heads.insert(head, local);
                }
                local
            }
        };
        self.park(local, running, body);
        Ok(local)
    }

    /// Runs a goroutine to its next arrival. Sets `head` to the last loop head that it passed, or
    /// to `None` if that head alone does not determine its position.
    pub(super) fn run_on(
        &mut self,
        goroutine: GoroutineId,
        origin: Origin,
        running: &mut Suspended,
        mut resume: Resume,
        head: &mut Option<(Head, StaticSite)>,
    ) -> Result<(Arrival, Option<NewBody>), Fault> {
        if let Some(fault) = self.shared.spoiled() {
            return Err(fault);
        }
        if std::thread::panicking() {
            return Err(Fault::Unwinding);
        }
        let mut entered = 0;
        let mut passed = FxHashSet::default();
        loop {
            match running.resume(resume) {
                Advance::Arrived(arrival, body) => {
                    // The position also depends on what was made since the head.
                    if !arrival.created.is_empty() {
                        *head = None;
                    }
                    if let Next::Op(Op::Go(_)) = arrival.next
                        && self.shared.registry.borrow().goroutines.len() > GOROUTINES_MAX
                    {
                        return Err(Fault::TooMany {
                            what: "goroutines",
                            max: GOROUTINES_MAX,
                        });
                    }
                    return Ok((arrival, body));
                }
                Advance::Spoiled(fault) => return Err(fault),
                Advance::OfValue { type_name, site } => {
                    let goroutine = self.goroutine(goroutine).name;
                    return Err(Fault::OperationOfValue {
                        goroutine,
                        type_name,
                        site: site.place(),
                    });
                }
                Advance::EntersLoop => {
                    resume = Resume::Entered(self.number_of_loop(origin, entered));
                    entered += 1;
                }
                Advance::AtHead {
                    looped,
                    state,
                    made,
                    fresh,
                    site,
                } => {
                    let here = Head::new(looped, state, made);
                    // It came back without an operation and with nothing changed: it never ends.
                    if !passed.insert(here.clone()) {
                        let goroutine = self.goroutine(goroutine).name;
                        let site = site.place();
                        return Err(Fault::EmptyLoop { goroutine, site });
                    }
                    *head = fresh.then_some((here, site));
                    resume = Resume::GoOn;
                }
            }
        }
    }

    /// Returns the number of the loop that is the `entered`-th, from 0, of this segment.
    fn number_of_loop(&mut self, origin: Origin, entered: u32) -> u32 {
        let number = *self
            .loops
            .entry((origin, entered))
            .or_insert(self.loops_next);
        self.loops_next = self.loops_next.max(number + 1);
        number
    }

    fn add(
        &mut self,
        (goroutine, group, twin): (GoroutineId, Option<LocalState>, Option<u32>),
        origin: Origin,
        arrival: Arrival,
        recovers: bool,
    ) -> Result<LocalState, Fault> {
        let depth = match origin {
            Origin::Start(_) => 0,
            Origin::After(local, _) => self.node(local).depth + 1,
        };
        self.twins.are_there |= group.is_some();
        let node = HistoryNode {
            goroutine,
            group,
            twin,
            origin,
            depth,
            recovers,
        };
        self.automaton.add(node, arrival)
    }

    /// Keeps a goroutine at its node.
    fn park(&mut self, local: LocalState, running: Suspended, body: Option<Body>) {
        self.keep_body(local, body);
        if !matches!(self.arrival(local).next, Next::Op(_)) {
            return;
        }
        if self.parked.insert(local, running).is_none() {
            self.parked_order.push_back(local);
        }
        if self.parked_order.len() > 4 * PARKED_MAX {
            self.parked_order
                .retain(|local| self.parked.contains_key(local));
        }
        while self.parked.len() > PARKED_MAX {
            if let Some(oldest) = self.parked_order.pop_front() {
                self.parked.remove(&oldest);
            }
        }
    }

    /// Returns a goroutine at this node: the parked one, or one that is run again up to there.
    fn stand(&mut self, goroutine: GoroutineId, local: LocalState) -> Result<Suspended, Fault> {
        let mut running = match self.parked.remove(&local) {
            Some(running) => running,
            None => self.run_again(local)?,
        };
        running.becomes(goroutine);
        Ok(running)
    }

    pub(super) fn run_again(&mut self, local: LocalState) -> Result<Suspended, Fault> {
        let mut way = vec![local];
        let start = loop {
            match self.node(way[way.len() - 1]).origin {
                Origin::After(before, _) => way.push(before),
                Origin::Start(statement) => break statement,
            }
        };
        let goroutine = self.node(local).goroutine;
        let mut running = self.begin(goroutine, start)?;
        while let Some(local) = way.pop() {
            let origin = self.node(local).origin;
            let resume = match origin {
                Origin::Start(_) => Resume::GoOn,
                Origin::After(_, outcome) => Resume::Told(outcome),
            };
            let (arrival, body) =
                self.run_on(goroutine, origin, &mut running, resume, &mut None)?;
            self.compare(local, &arrival)?;
            self.keep_body(local, body.map(|body| body.body));
        }
        Ok(running)
    }

    /// Keeps the body from a `go` statement until its goroutine begins.
    pub(super) fn keep_body(&mut self, local: LocalState, body: Option<Body>) {
        if let Some(body) = body
            && let Some(unused) = self.bodies.insert(local, body)
        {
            self.dispose_body(local, unused);
        }
    }

    /// Drops the body from the `go` statement at this node.
    fn dispose_body(&self, statement: LocalState, body: Body) {
        let name = match self.arrival(statement).next {
            Next::Op(Op::Go(id)) => self.shared.name_of(id),
            Next::Op(_) | Next::Return | Next::Panic(_) | Next::Unrecovered(_) => "main".into(),
        };
        self.shared.dispose(name, body);
    }

    /// Makes a goroutine at its start: main, or the one that the `go` statement at this node
    /// starts.
    fn begin(
        &mut self,
        goroutine: GoroutineId,
        statement: Option<LocalState>,
    ) -> Result<Suspended, Fault> {
        let body: Body = match statement {
            None => {
                let kernel = self.kernel.clone();
                Box::new(move || kernel())
            }
            Some(statement) => match self.bodies.remove(&statement) {
                Some(body) => body,
                None => {
                    let running = self.run_again(statement)?;
                    self.park(statement, running, None);
                    self.bodies
                        .remove(&statement)
                        .expect("a go statement yields a body")
                }
            },
        };
        self.with_stack(goroutine, body)
    }

    /// Makes a goroutine with this body. If memory is scarce it gives up the stacks of parked
    /// goroutines, the oldest first: these can be run again.
    fn with_stack(&mut self, goroutine: GoroutineId, mut body: Body) -> Result<Suspended, Fault> {
        if let Some(fault) = too_much_lost(self.shared.lost_bytes()) {
            self.shared.dispose(self.shared.name_of(goroutine), body);
            return Err(fault);
        }
        loop {
            let (shared, size) = (&self.shared, self.stack_bytes);
            let more = if self.parked.is_empty() {
                0
            } else {
                2 * ROOM_MIN
            };
            body = match Suspended::new(shared, goroutine, body, size, more) {
                Ok(running) => return Ok(running),
                Err(body) => body,
            };
            if self.rechecked.pop_front().is_some() {
                continue;
            }
            let Some(oldest) = self.parked_order.pop_front() else {
                self.shared.dispose(self.shared.name_of(goroutine), body);
                return Err(Fault::NoStack { bytes: size as u64 });
            };
            self.parked.remove(&oldest);
        }
    }

    /// Keeps a goroutine that has been run again. It is unwound when all that is to be said of the
    /// kernel has been said, since a destructor that panics meanwhile costs the thread.
    pub(super) fn keep_to_the_end(&mut self, running: Suspended) {
        if self.rechecked.len() == RECHECKED_MAX {
            self.rechecked.pop_front();
        }
        self.rechecked.push_back(running);
    }
}

impl Drop for Closures {
    /// Empties the tables, since a goroutine that resists being unwound never gives up its share of
    /// them. Values and bodies have destructors of the kernel's, which run one by one.
    fn drop(&mut self) {
        self.finish();
        self.shared.clear();
    }
}
