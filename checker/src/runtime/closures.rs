//! A kernel's closures as a [`Program`].
//!
//! A goroutine that shares nothing but the objects of [`sync`](crate::sync) is a function of what it has been told: its history of outcomes. So
//! its automaton can be learned. A [`Local`] is a node of a graph that grows with each history that is met for the first time; then, and only
//! then, the closure really runs, on a coroutine. All later executions that pass there walk the graph.
//!
//! A goroutine that has to be brought to a node again, since its coroutine has gone on in the meantime, is run from its start
//! with the outcomes that lead to the node. All it does on the way is compared with what it did the first time: a difference is a
//! [`Fault::Nondeterminism`]. So that a kernel which never has to be run again is looked at, too, some of the histories are run once more at
//! the end of a search.
//!
//! The graph is a tree but for loops that say that they are one ([`forever`](crate::sync::forever)): at the head of such a loop all that a goroutine
//! carries is the loop's state, so a head that was met before with the same state is the same node.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::backend::Body;
use super::edges::Edges;
use super::goroutine::{Counts, Progress, Running, Shared, next_run};
use crate::memory::ROOM_MIN;
use crate::memory::reserve;
use crate::model::{
    Arrival, Fault, GoroutineId, GoroutineInfo, Known, Local, Next, ObjectId, ObjectInfo, Op,
    Outcome, Program, Site, TimerRules, ValueId, World,
};

/// Coroutines that are kept at the node where they stand, in case they are to go on from there.
const PARKED_MAX: usize = 256;

/// Nodes above which [`Program::forget`] is worth its while.
const NODES_CROWDED: usize = 1 << 19;

/// How many histories are run once more at the end of a search.
const RECHECKED_MAX: usize = 64;

/// Loops that are gone round again at the end of a search, at most.
const LOOPS_TURNED_MAX: usize = 64;

/// Turns that each of them goes round.
const TURNS: usize = 16;

/// Operations of all these turns of one loop, at most.
const TURN_STEPS_MAX: usize = 4096;

/// Bytes of stacks that may be lost before a program is given up.
const LOST_BYTES_MAX: usize = 1 << 30;

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
    /// Bodies that a `go` statement has yielded and nobody has begun yet, by the node of the statement.
    bodies: FxHashMap<Local, Body>,
    /// Numbers of loops: by the node and outcome with which the stretch began that entered the loop, and as its how-manieth.
    loops: FxHashMap<(Origin, u32), u32>,
    loops_next: u32,
    /// Nodes that were arrived at from the head of a loop.
    heads: FxHashMap<Head, Local>,
    /// Whether a goroutine has come to a node that it had left.
    came_back: bool,
    /// Nodes that a goroutine has come back to by a loop, and the loop's place.
    turned: BTreeMap<Local, Site>,
    crowded_at: usize,
}

/// With what a stretch of a goroutine's run began.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Origin {
    /// The start of main, or of the goroutine that the `go` statement at this node starts.
    Start(Option<Local>),
    /// This outcome of the operation at this node.
    After(Local, Outcome),
}

/// All that a goroutine knows at the head of a loop.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Head {
    looped: u32,
    state: ValueId,
    /// What it has made in its life: the next thing of a name gets its id by that.
    made: Counts,
}

struct Node {
    goroutine: GoroutineId,
    origin: Origin,
    /// How many operations its goroutine has done, on the way on which it was found.
    depth: u32,
    arrival: Arrival,
    edges: Edges,
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
            crowded_at: NODES_CROWDED,
        }
    }

    fn node(&self, local: Local) -> &Node {
        &self.nodes[local.index()]
    }

    /// Runs a goroutine from `origin` to where it arrives next, and yields that node: a new one, or one that is known.
    fn run(
        &mut self,
        goroutine: GoroutineId,
        origin: Origin,
        mut running: Running,
        outcome: Outcome,
    ) -> Result<Local, Fault> {
        let mut head = None::<(Head, Site)>;
        let (arrival, body) = self.run_on(goroutine, origin, &mut running, outcome, &mut head)?;
        let known = head
            .as_ref()
            .and_then(|(head, _)| self.heads.get(head).copied());
        let local = match (known, head) {
            (Some(local), head) => {
                self.compare(local, &arrival)?;
                self.came_back = true;
                if let Some((_, site)) = head {
                    self.turned.insert(local, site);
                }
                local
            }
            (None, head) => {
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

    /// Runs a goroutine to where it arrives next. `head` becomes the last head of a loop that it passed, if it can be told by that
    /// alone where it is.
    fn run_on(
        &mut self,
        goroutine: GoroutineId,
        origin: Origin,
        running: &mut Running,
        mut outcome: Outcome,
        head: &mut Option<(Head, Site)>,
    ) -> Result<(Arrival, Option<Body>), Fault> {
        let mut entered = 0;
        let mut passed = FxHashSet::default();
        loop {
            match running.resume(outcome) {
                Progress::Arrived(arrival, body) => {
                    if !arrival.created.is_empty() {
                        *head = None;
                    }
                    if let Next::Op(Op::Go(_)) = arrival.next {
                        let count = self.shared.goroutines.borrow().len();
                        if count > GOROUTINES_MAX {
                            return Err(Fault::TooMany {
                                what: "goroutines",
                                max: GOROUTINES_MAX,
                            });
                        }
                    }
                    return Ok((arrival, body));
                }
                Progress::OfValue { type_name, site } => {
                    let goroutine = self.goroutine(goroutine).name;
                    return Err(Fault::OperationOfValue {
                        goroutine,
                        type_name,
                        site,
                    });
                }
                Progress::EntersLoop => {
                    let number = *self
                        .loops
                        .entry((origin, entered))
                        .or_insert(self.loops_next);
                    self.loops_next = self.loops_next.max(number + 1);
                    entered += 1;
                    outcome = Outcome::Sent(number);
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
                    outcome = Outcome::Done;
                }
            }
        }
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

    /// A goroutine that stands at this node: the one that is parked there, or one that is run again up to there.
    fn stand(&mut self, local: Local) -> Result<Running, Fault> {
        match self.parked.remove(&local) {
            Some(running) => Ok(running),
            None => self.run_again(local),
        }
    }

    fn run_again(&mut self, local: Local) -> Result<Running, Fault> {
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
            let outcome = match origin {
                Origin::Start(_) => Outcome::Done,
                Origin::After(_, outcome) => outcome,
            };
            let (arrival, body) =
                self.run_on(goroutine, origin, &mut running, outcome, &mut None)?;
            self.compare(local, &arrival)?;
            self.keep_body(local, body);
        }
        Ok(running)
    }

    /// Keeps the body that a `go` statement has yielded until its goroutine begins.
    fn keep_body(&mut self, local: Local, body: Option<Body>) {
        if let Some(body) = body
            && let Some(unused) = self.bodies.insert(local, body)
        {
            self.shared.dispose(unused);
        }
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

    /// The same with its body. Where memory is scarce the stacks of parked goroutines are given up, the oldest first: these can be run
    /// again.
    fn with_stack(&mut self, goroutine: GoroutineId, mut body: Body) -> Result<Running, Fault> {
        if self.shared.lost_bytes() > LOST_BYTES_MAX {
            self.shared.dispose(body);
            return Err(Fault::TooMany {
                what: "bytes of stacks that overflow, or whose goroutines catch every panic",
                max: LOST_BYTES_MAX,
            });
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
            let Some(oldest) = self.parked_order.pop_front() else {
                self.shared.dispose(body);
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

    /// Goes round a loop again and again from the node where it comes back to, without leaving it,
    /// and compares each turn with the graph, which holds one turn for all.
    ///
    /// Of several outcomes within the loop each turn takes others.
    fn turn(&mut self, head: Local, site: Site) -> Result<(), Fault> {
        let inside = self.leading_to(head);
        let goroutine = self.node(head).goroutine;
        let mut running = self.run_again(head)?;
        let (mut at, mut turns) = (head, 0);
        for step in 0..TURN_STEPS_MAX {
            let mut ways = self.node(at).edges.ways();
            ways.retain(|(_, next)| inside.contains(next));
            if turns == TURNS || ways.is_empty() {
                break;
            }
            let (outcome, next) = ways[(turns + step) % ways.len()];
            let origin = Origin::After(at, outcome);
            let (now, body) = self.run_on(goroutine, origin, &mut running, outcome, &mut None)?;
            self.keep_body(next, body);
            let known = &self.node(next).arrival;
            if *known != now {
                return Err(Fault::HiddenState {
                    goroutine: self.goroutine(goroutine).name,
                    site,
                    turn: turns + 2,
                    first: self.describe(known),
                    now: self.describe(&now),
                });
            }
            at = next;
            turns += usize::from(at == head);
        }
        Ok(())
    }

    /// The nodes from which this one can be come to, itself among them.
    fn leading_to(&self, target: Local) -> FxHashSet<Local> {
        let mut before: FxHashMap<Local, Vec<Local>> = FxHashMap::default();
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.used) {
            for (_, next) in node.edges.ways() {
                before
                    .entry(next)
                    .or_default()
                    .push(Local::from_index(index));
            }
        }
        let (mut found, mut todo) = (FxHashSet::default(), vec![target]);
        while let Some(local) = todo.pop() {
            if found.insert(local) {
                todo.extend(before.get(&local).into_iter().flatten());
            }
        }
        found
    }

    fn describe(&self, arrival: &Arrival) -> String {
        let what = match &arrival.next {
            Next::Op(op) => crate::execution::words::operation(self, op),
            Next::Return => "return".to_owned(),
            Next::Panic(message) => format!("panic: {message}"),
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
        self.parked.clear();
        for (_, body) in self.bodies.drain() {
            self.shared.dispose(body);
        }
        self.shared.clear();
    }
}

impl Program for Closures {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault> {
        if std::thread::panicking() {
            return Err(Fault::Unwinding);
        }
        let root = match self.root {
            Some(root) => root,
            None => {
                let running = self.begin(GoroutineId::MAIN, None)?;
                self.run(
                    GoroutineId::MAIN,
                    Origin::Start(None),
                    running,
                    Outcome::Done,
                )?
            }
        };
        self.root = Some(root);
        Ok(vec![(GoroutineId::MAIN, root)])
    }

    fn arrival(&self, local: Local) -> &Arrival {
        &self.nodes[local.index()].arrival
    }

    fn resume(&mut self, local: Local, outcome: Outcome, _: &mut World) -> Result<Local, Fault> {
        let node = self.node(local);
        if let Some(next) = node.edges.get(outcome) {
            return Ok(next);
        }
        let goroutine = node.goroutine;
        let running = self.stand(local)?;
        let next = self.run(goroutine, Origin::After(local, outcome), running, outcome)?;
        self.nodes[local.index()].edges.insert(outcome, next);
        Ok(next)
    }

    fn child(&mut self, local: Local, _: &mut World) -> Result<Local, Fault> {
        let node = self.node(local);
        if let Some(child) = node.child {
            return Ok(child);
        }
        let Next::Op(Op::Go(id)) = node.arrival.next else {
            panic!("{local:?} is no go statement");
        };
        let running = self.begin(id, Some(local))?;
        let child = self.run(id, Origin::Start(Some(local)), running, Outcome::Done)?;
        self.nodes[local.index()].child = Some(child);
        Ok(child)
    }

    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        let registry = self.shared.goroutines.borrow();
        let thing = registry.get(id.0);
        GoroutineInfo {
            name: registry.name(id.0, None),
            parent: thing.maker().map(GoroutineId),
            site: thing.site,
            timer: thing.kind() == "timer goroutine",
        }
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        let objects = self.shared.objects.borrow();
        let name = objects.name(id.0, Some(&self.shared.goroutines.borrow()));
        ObjectInfo {
            name,
            site: objects.get(id.0).site,
        }
    }

    fn value(&self, id: ValueId) -> String {
        self.shared.values.borrow().text(id).to_owned()
    }

    fn recheck(&mut self) -> Result<(), Fault> {
        let is_last = |local: &Local| {
            let node = self.node(*local);
            node.used && node.edges.is_empty()
        };
        let last: Vec<Local> = (0..self.nodes.len())
            .map(Local::from_index)
            .filter(is_last)
            .collect();
        let every = last.len().div_ceil(RECHECKED_MAX).max(1);
        for local in last.into_iter().step_by(every) {
            self.run_again(local)?;
        }
        let turned: Vec<(Local, Site)> = self.turned.clone().into_iter().collect();
        let every = turned.len().div_ceil(LOOPS_TURNED_MAX).max(1);
        for (local, site) in turned.into_iter().step_by(every) {
            self.turn(local, site)?;
        }
        Ok(())
    }

    fn lost_stack_bytes(&self) -> usize {
        self.shared.lost_bytes()
    }

    fn known(&self) -> Known {
        Known {
            goroutines: self.shared.goroutines.borrow().known(),
            objects: self.shared.objects.borrow().known(),
            may_cycle: self.came_back,
        }
    }

    fn expect(&mut self, known: &Known) {
        assert!(self.nodes.is_empty(), "a program that has started");
        self.shared
            .goroutines
            .borrow_mut()
            .expect(&known.goroutines);
        self.shared.objects.borrow_mut().expect(&known.objects);
        self.came_back = known.may_cycle;
    }

    fn may_cycle(&self) -> bool {
        self.came_back
    }

    fn crowded(&self) -> bool {
        self.nodes.len() - self.free.len() > self.crowded_at
    }

    fn forget(&mut self, live: &mut dyn Iterator<Item = Local>) {
        let mut keep = vec![false; self.nodes.len()];
        let mut to_mark: Vec<Local> = live.chain(self.root).collect();
        while let Some(local) = to_mark.pop() {
            if std::mem::replace(&mut keep[local.index()], true) {
                continue;
            }
            match self.node(local).origin {
                Origin::After(before, _) | Origin::Start(Some(before)) => to_mark.push(before),
                Origin::Start(None) => {}
            }
        }
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if keep[index] {
                node.edges.retain(|next| keep[next.index()]);
                node.child = node.child.filter(|child| keep[child.index()]);
            } else if std::mem::replace(&mut node.used, false) {
                node.edges = Edges::default();
                node.arrival.created = Vec::new();
                node.arrival.next = Next::Return;
                self.free.push(Local::from_index(index));
            }
        }
        self.parked.retain(|local, _| keep[local.index()]);
        self.parked_order.retain(|local| keep[local.index()]);
        for (_, body) in self.bodies.extract_if(|local, _| !keep[local.index()]) {
            self.shared.dispose(body);
        }
        self.heads.retain(|_, local| keep[local.index()]);
        self.turned.retain(|local, _| keep[local.index()]);
        self.loops.retain(|(origin, _), _| match origin {
            Origin::After(local, _) | Origin::Start(Some(local)) => keep[local.index()],
            Origin::Start(None) => true,
        });
        self.crowded_at = NODES_CROWDED.max(2 * (self.nodes.len() - self.free.len()));
    }
}
