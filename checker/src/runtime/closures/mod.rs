//! A kernel's closures as a [`Program`].
//!
//! A goroutine that shares nothing but the objects of [`sync`](crate::sync) is a function of what
//! it has been told: its history of outcomes. So its automaton can be learned. A [`Local`] is a
//! node of a graph that grows with each history that is met for the first time; then, and only
//! then, the closure really runs, on a coroutine. All later executions that pass there walk the
//! graph.
//!
//! A goroutine that has to be brought to a node again, since its coroutine has gone on in the
//! meantime, is run from its start with the outcomes that lead to the node. All it does on the way
//! is compared with what it did the first time: a difference is a [`Fault::Nondeterminism`]. So
//! that a kernel which never has to be run again is looked at, too, some of the histories are run
//! once more at the end of a search.
//!
//! The graph is a tree but for loops that say that they are one
//! ([`forever`](crate::sync::forever)): at the head of such a loop all that a goroutine carries is
//! the loop's state, so a head that was met before with the same state is the same node.

mod program;
mod turns;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::memory::ROOM_MIN;
use crate::memory::reserve;
use crate::model::{
    Arrival, Fault, GoroutineId, Local, Next, Op, Outcome, Program, Site, TimerRules, ValueId,
};
use crate::runtime::backend::Body;
use crate::runtime::coroutine::Resume;
use crate::runtime::edges::Edges;
use crate::runtime::goroutine::{Counts, Progress, Running, Shared, next_run, too_much_lost};

/// Coroutines that are kept at the node where they stand, in case they are to go on from there.
const PARKED_MAX: usize = 256;

/// Nodes above which [`Program::forget`] is worth its while.
const NODES_CROWDED: usize = 1 << 19;

/// How many histories are run once more at the end of a search.
const RECHECKED_MAX: usize = 64;

/// How many goroutines one program may start.
const GOROUTINES_MAX: usize = 4096;

/// A kernel, and what is known of its goroutines.
pub(crate) struct Closures {
    kernel: Rc<dyn Fn()>,
    shared: Rc<Shared>,
    stack_bytes: usize,
    nodes: Vec<Node>,
    free: Vec<Local>,
    /// The first node of main.
    root: Option<Local>,
    /// Goroutines that stand at a node, ready to go on.
    parked: FxHashMap<Local, Running>,
    parked_order: VecDeque<Local>,
    /// Bodies that a `go` statement has yielded and nobody has begun yet, by the node of the
    /// statement.
    bodies: FxHashMap<Local, Body>,
    /// Numbers of loops: by the node and outcome with which the stretch began that entered the
    /// loop, and by their place among the loops of that stretch.
    loops: FxHashMap<(Origin, u32), u32>,
    loops_next: u32,
    /// Nodes that were arrived at from the head of a loop.
    heads: FxHashMap<Head, Local>,
    /// Whether a goroutine has come to a node that it had left.
    came_back: bool,
    /// Nodes that a goroutine has come back to by a loop, and the loop's place.
    pub(super) turned: BTreeMap<Local, Site>,
    /// Goroutines that were run again.
    rechecked: VecDeque<Running>,
    crowded_at: usize,
}

/// With what a stretch of a goroutine's run began.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// The start of main, or of the goroutine that the `go` statement at this node starts.
    Start(Option<Local>),
    /// This outcome of the operation at this node.
    After(Local, Outcome),
}

/// All that a goroutine knows at the head of a loop.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Head {
    looped: u32,
    state: ValueId,
    /// What it has made in its life: the next thing of a name gets its id by that.
    made: Counts,
}

pub(super) struct Node {
    pub(super) goroutine: GoroutineId,
    origin: Origin,
    /// How many operations its goroutine has done, on the way on which it was found.
    depth: u32,
    arrival: Arrival,
    pub(super) edges: Edges,
    /// Of a `go` statement: where the new goroutine begins.
    child: Option<Local>,
    used: bool,
}

impl Closures {
    /// The program of this kernel; each goroutine gets a stack of this size.
    pub(crate) fn new(kernel: Rc<dyn Fn()>, stack_bytes: usize, timers: TimerRules) -> Self {
        let shared = Rc::new(Shared::new(next_run(), timers));
        let main = shared
            .goroutines
            .borrow_mut()
            .intern(None, "main", "goroutine", 0, Site::NONE);
        assert_eq!(main, GoroutineId::MAIN.0);
        Self {
            kernel,
            shared,
            stack_bytes,
            nodes: Vec::new(),
            free: Vec::new(),
            root: None,
            parked: FxHashMap::default(),
            parked_order: VecDeque::new(),
            bodies: FxHashMap::default(),
            loops: FxHashMap::default(),
            loops_next: 0,
            heads: FxHashMap::default(),
            came_back: false,
            turned: BTreeMap::new(),
            rechecked: VecDeque::new(),
            crowded_at: NODES_CROWDED,
        }
    }

    pub(super) fn node(&self, local: Local) -> &Node {
        &self.nodes[local.index()]
    }

    /// Runs a goroutine from `origin` to where it arrives next, and yields that node: a new one, or
    /// one that is known.
    fn run(
        &mut self,
        goroutine: GoroutineId,
        origin: Origin,
        mut running: Running,
        resume: Resume,
    ) -> Result<Local, Fault> {
        let mut head = None::<(Head, Site)>;
        let (arrival, body) = self.run_on(goroutine, origin, &mut running, resume, &mut head)?;
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
                let local = self.add(goroutine, origin, arrival)?;
                if let Some((head, _)) = head {
                    self.heads.insert(head, local);
                }
                local
            }
        };
        self.park(local, running, body);
        Ok(local)
    }

    /// Runs a goroutine to where it arrives next. `head` becomes the last head of a loop that it
    /// passed, if it can be told by that alone where it is.
    pub(super) fn run_on(
        &mut self,
        goroutine: GoroutineId,
        origin: Origin,
        running: &mut Running,
        mut resume: Resume,
        head: &mut Option<(Head, Site)>,
    ) -> Result<(Arrival, Option<Body>), Fault> {
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
                Progress::Arrived(arrival, body) => {
                    if !arrival.created.is_empty() {
                        *head = None;
                    }
                    if let Next::Op(Op::Go(_)) = arrival.next
                        && self.shared.goroutines.borrow().len() > GOROUTINES_MAX
                    {
                        return Err(Fault::TooMany {
                            what: "goroutines",
                            max: GOROUTINES_MAX,
                        });
                    }
                    return Ok((arrival, body));
                }
                Progress::Spoiled(fault) => return Err(fault),
                Progress::OfValue { type_name, site } => {
                    let goroutine = self.goroutine(goroutine).name;
                    return Err(Fault::OperationOfValue {
                        goroutine,
                        type_name,
                        site,
                    });
                }
                Progress::EntersLoop => {
                    resume = Resume::Entered(self.number_of_loop(origin, entered));
                    entered += 1;
                }
                Progress::AtHead {
                    looped,
                    state,
                    made,
                    fresh,
                    site,
                } => {
                    let here = Head {
                        looped,
                        state,
                        made,
                    };
                    if !passed.insert(here.clone()) {
                        let goroutine = self.goroutine(goroutine).name;
                        return Err(Fault::EmptyLoop { goroutine, site });
                    }
                    *head = fresh.then_some((here, site));
                    resume = Resume::GoOn;
                }
            }
        }
    }

    /// The number of the loop that is entered after so many others on this way.
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
        goroutine: GoroutineId,
        origin: Origin,
        arrival: Arrival,
    ) -> Result<Local, Fault> {
        let depth = match origin {
            Origin::Start(_) => 0,
            Origin::After(local, _) => self.node(local).depth + 1,
        };
        let node = Node {
            goroutine,
            origin,
            depth,
            arrival,
            edges: Edges::default(),
            child: None,
            used: true,
        };
        if let Some(local) = self.free.pop() {
            self.nodes[local.index()] = node;
            return Ok(local);
        }
        reserve(&mut self.nodes, 1)?;
        self.nodes.push(node);
        Ok(Local::from_index(self.nodes.len() - 1))
    }

    /// Keeps a goroutine where it stands.
    fn park(&mut self, local: Local, running: Running, body: Option<Body>) {
        self.keep_body(local, body);
        if !matches!(self.node(local).arrival.next, Next::Op(_)) {
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

    /// A goroutine that stands at this node: the one that is parked there, or one that is run again
    /// up to there.
    fn stand(&mut self, local: Local) -> Result<Running, Fault> {
        match self.parked.remove(&local) {
            Some(running) => Ok(running),
            None => self.run_again(local),
        }
    }

    pub(super) fn run_again(&mut self, local: Local) -> Result<Running, Fault> {
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
            self.keep_body(local, body);
        }
        Ok(running)
    }

    /// Keeps the body that a `go` statement has yielded until its goroutine begins.
    pub(super) fn keep_body(&mut self, local: Local, body: Option<Body>) {
        if let Some(body) = body
            && let Some(unused) = self.bodies.insert(local, body)
        {
            self.dispose_body(local, unused);
        }
    }

    /// Drops the body that the `go` statement at this node has yielded.
    fn dispose_body(&self, statement: Local, body: Body) {
        let name = match self.node(statement).arrival.next {
            Next::Op(Op::Go(id)) => self.shared.name_of(id),
            Next::Op(_) | Next::Return | Next::Panic(_) | Next::Unrecovered(_) => "main".into(),
        };
        self.shared.dispose(name, body);
    }

    /// A goroutine at its start: main, or the one that the `go` statement at this node starts.
    fn begin(
        &mut self,
        goroutine: GoroutineId,
        statement: Option<Local>,
    ) -> Result<Running, Fault> {
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

    /// The same with its body. Where memory is scarce the stacks of parked goroutines are given up,
    /// the oldest first: these can be run again.
    fn with_stack(&mut self, goroutine: GoroutineId, mut body: Body) -> Result<Running, Fault> {
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
            body = match Running::new(shared, goroutine, body, size, more) {
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

    /// A goroutine that is run again does what it did the first time.
    fn compare(&self, local: Local, now: &Arrival) -> Result<(), Fault> {
        let node = self.node(local);
        if node.arrival == *now {
            return Ok(());
        }
        Err(Fault::Nondeterminism {
            goroutine: self.goroutine(node.goroutine).name,
            operation: node.depth as usize + 1,
            first: self.describe(&node.arrival),
            now: self.describe(now),
        })
    }

    /// A turn of a loop does what another turn did that looks the same.
    pub(super) fn compare_turn(
        &self,
        local: Local,
        now: &Arrival,
        site: Site,
        turn: usize,
    ) -> Result<(), Fault> {
        let node = self.node(local);
        if node.arrival == *now {
            return Ok(());
        }
        Err(Fault::HiddenState {
            goroutine: self.goroutine(node.goroutine).name,
            site,
            turn,
            first: self.describe(&node.arrival),
            now: self.describe(now),
        })
    }

    /// The nodes that are in use.
    pub(super) fn used_nodes(&self) -> impl Iterator<Item = (Local, &Node)> {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.used)
            .map(|(index, node)| (Local::from_index(index), node))
    }

    /// Keeps a goroutine that has been run again. It is unwound when all that is to be said of the
    /// kernel has been said, since a destructor that panics meanwhile costs the thread.
    pub(super) fn keep_to_the_end(&mut self, running: Running) {
        if self.rechecked.len() == RECHECKED_MAX {
            self.rechecked.pop_front();
        }
        self.rechecked.push_back(running);
    }

    fn describe(&self, arrival: &Arrival) -> String {
        let what = match &arrival.next {
            Next::Op(op) => crate::execution::words::operation(self, op),
            Next::Return => "return".to_owned(),
            Next::Panic(message) => format!("panic: {message}"),
            Next::Unrecovered(panic) => format!("panic: {}", panic.message().unwrap_or_default()),
        };
        let made = match arrival.created.len() {
            0 => String::new(),
            n => format!(", having made {n} objects"),
        };
        format!(
            "{what} at {}:{}{made}",
            arrival.site.file, arrival.site.line
        )
    }
}

impl Drop for Closures {
    /// A goroutine that does not let itself be unwound never gives back its share of the tables, so
    /// these are emptied here. Values and bodies have destructors of the kernel's, which run one by
    /// one.
    fn drop(&mut self) {
        self.finish();
        self.shared.clear();
    }
}
