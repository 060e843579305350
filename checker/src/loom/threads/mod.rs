//! Goroutines as loom threads.
//!
//! An [operation](operations) passes the scheduling point of its objects' [group](super::groups),
//! the one place where loom may let another thread go first. Then it acts on [plain
//! state](super::execution) without interruption. A scheduling point is a loom `Mutex` that is
//! locked and released at once. Nobody else ever sees it locked. All that matters is that loom
//! takes two passes of one point for dependent. If the operation cannot be done the goroutine
//! queues itself and parks until it gets the outcome. An operation without objects (go, sleep,
//! choose) commutes with all others and passes no point.
//!
//! When the last goroutine that could run parks or ends, the execution is over: nobody is left to
//! wake another. That goroutine records the position of all, and lets the threads of those that
//! wait unwind. Each unwinds with a private payload, which is caught where it has let its
//! [goroutine](body) run. So loom never sees a deadlock, and nothing aborts. The end of a search is
//! a panic of the same kind at the start of the next execution, when no other thread exists.
//!
//! An execution that is [left](turns) before its end unwinds in the same way. On its way out each
//! goroutine that could have moved where it was left passes the scheduling point that was passed
//! there. Loom takes that for a race, and so lets it move there in a later execution.

mod body;
mod operations;
mod turns;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use corosensei::stack::DefaultStack;
use rustc_hash::{FxHashMap, FxHashSet};

use self::body::{Asked, Goroutine};
use self::turns::Point;
use super::Enough;
use super::choices::Choices;
use super::execution::{Actor, Execution, Status};
use super::groups::Groups;
use super::history::{Did, Histories, HistoryId};
use super::record::Record;
use super::sleep_sets::SleepSets;
use crate::explore::{Limit, Meter};
use crate::model::Fault;
use crate::model::GoroutineId;
use crate::model::ObjectId;
use crate::model::Panic;
use crate::model::TimerRules;
use crate::runtime::backend::{Body, with_backend};
use crate::runtime::coroutine::Finished;
use crate::runtime::goroutine::next_run;
use crate::runtime::heartbeat;
use crate::runtime::interner::Values;
use crate::runtime::panic_hook;
use crate::runtime::recovery::OperationPanic;
use crate::runtime::registry::{Counts, Registry};
use crate::runtime::site::StaticSite;
use crate::runtime::stack_overflow::Overflow;
use crate::runtime::unwinding::Contents;

/// Most threads that loom can run, main included.
pub(super) const THREADS_MAX: usize = loom::MAX_THREADS;

/// Most steps of an execution: loom counts the operations of a thread in 16 bits.
const STEPS_MAX: usize = 20_000;

/// The stack of a loom thread. The kernel's code runs on other stacks.
const STACK_BYTES: usize = 1 << 20;

/// Most entries of loom's path for one step: a scheduling point, another for a second half, a park,
/// and one to spare.
const BRANCHES_A_STEP: usize = 4;

/// The reason why the search stops.
pub(super) enum Halt {
    /// The kernel has a fault.
    Fault(Fault),
    /// Loom cannot run the kernel.
    Unsupported(String),
    /// A limit that holds for the whole search was hit.
    Limit(Limit),
    /// Something was learned about the objects. So far the search used too fine a dependence.
    Restart,
}

/// The payload with which a goroutine unwinds that has nothing more to do.
enum Unwound {
    /// Unwinds to the wrapper of its body. Loom goes on.
    Goroutine,
    /// Unwinds out of loom. The other threads are forgotten, each with its frames.
    Search,
}

thread_local! {
    /// The kernel that runs on this thread. Loom's closures must be `Send`, so they reach it
    /// through this.
    static THREADS: RefCell<Option<Rc<Threads>>> = const { RefCell::new(None) };
}

fn threads() -> Rc<Threads> {
    THREADS.with_borrow(|threads| threads.clone().expect("a loom thread of a kernel"))
}

/// A kernel, and what all its executions have in common.
pub(super) struct Threads {
    run: u32,
    kernel: Rc<dyn Fn()>,
    stack_bytes: usize,
    timers: TimerRules,
    /// The stack of main's thread, since loom's own is small. It is here between executions.
    main_stack: RefCell<Option<DefaultStack>>,
    steps_max: usize,
    meter: RefCell<Meter>,
    enough: Option<Enough>,
    leaves_out: bool,

    pub(super) values: RefCell<Values>,
    pub(super) registry: RefCell<Registry>,
    groups: RefCell<Groups>,
    /// Locks whose state others can observe: a goroutine tries them, or unlocks what another has
    /// locked.
    told_by_others: RefCell<FxHashSet<ObjectId>>,
    histories: RefCell<Histories>,
    pub(super) choices: RefCell<Choices>,
    pub(super) record: RefCell<Record>,
    halt: RefCell<Option<Halt>>,
    /// True if every goroutine is to unwind out of loom.
    abandoned: Cell<bool>,

    /// The current execution.
    execution: RefCell<Execution>,
    /// The scheduling points that were passed in it, by group.
    points: RefCell<FxHashMap<usize, Point>>,
    sleep_sets: RefCell<SleepSets>,
    /// True if this execution was left, since it is equivalent to one that was run.
    left_out: Cell<bool>,
    /// The point at which it was left, if others must get their turn there.
    turns: RefCell<Option<Point>>,
    /// Bodies of goroutines that have not begun.
    bodies: RefCell<FxHashMap<GoroutineId, Body>>,
    /// The goroutine whose thread is running.
    current: Cell<GoroutineId>,
    /// The request of the goroutine that was just running.
    asked: RefCell<Option<Asked>>,
    /// Goroutines whose threads are handling their requests.
    standing: RefCell<FxHashMap<GoroutineId, Goroutine>>,
    /// Goroutines that were left where they stood.
    left: RefCell<VecDeque<Goroutine>>,
    /// True while destructors of goroutines that were left are running. They are not part of an
    /// execution.
    leaving: Cell<bool>,
    contents: RefCell<Contents>,
    lost_bytes: Cell<usize>,
    /// The fault of a destructor that has panicked while its goroutine was unwound. Nothing may run
    /// any more then.
    spoiled: RefCell<Option<Fault>>,
}

impl Threads {
    pub(super) fn new(
        kernel: Rc<dyn Fn()>,
        stack_bytes: usize,
        timers: TimerRules,
        meter: Meter,
        enough: Option<Enough>,
        leaves_out: bool,
    ) -> Self {
        Self {
            run: next_run(),
            kernel,
            stack_bytes,
            timers,
            main_stack: RefCell::default(),
            steps_max: meter.limits.steps_max.min(STEPS_MAX),
            meter: RefCell::new(meter),
            enough,
            leaves_out,
            values: RefCell::default(),
            registry: RefCell::new(Registry::with_main()),
            groups: RefCell::default(),
            told_by_others: RefCell::default(),
            histories: RefCell::default(),
            choices: RefCell::default(),
            record: RefCell::default(),
            halt: RefCell::default(),
            abandoned: Cell::new(false),
            execution: RefCell::default(),
            points: RefCell::default(),
            sleep_sets: RefCell::default(),
            left_out: Cell::new(false),
            turns: RefCell::default(),
            bodies: RefCell::default(),
            current: Cell::new(GoroutineId::MAIN),
            asked: RefCell::default(),
            standing: RefCell::default(),
            left: RefCell::default(),
            leaving: Cell::new(false),
            contents: RefCell::default(),
            lost_bytes: Cell::new(0),
            spoiled: RefCell::default(),
        }
    }

    /// Lets loom explore every schedule under the decisions of this run. Returns `None` if it came
    /// to its end.
    pub(super) fn explore(self: &Rc<Self>) -> Option<Halt> {
        let mut builder = loom::model::Builder::new();
        builder.max_threads = THREADS_MAX;
        builder.max_branches = BRANCHES_A_STEP * self.steps_max + 1_000;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.preemption_bound = None;
        builder.checkpoint_file = None;
        builder.checkpoint_interval = usize::MAX;
        builder.location = false;
        builder.log = false;
        self.sleep_sets.borrow_mut().clear();
        let outer = THREADS.replace(Some(self.clone()));
        let check = || catch_unwind(AssertUnwindSafe(|| builder.check(|| threads().execute())));
        let start = self.local_run(GoroutineId::MAIN, StaticSite::NONE);
        let quiet = || panic_hook::capture_panics(check);
        let result = with_backend(self.clone(), || heartbeat::beating(start, quiet));
        THREADS.set(outer);
        match result {
            Err(payload) if !payload.is::<Unwound>() => {
                let message = message(payload.as_ref());
                Some(Halt::Unsupported(format!("loom gave up: {message}")))
            }
            Ok(()) | Err(_) => self.halt.take(),
        }
    }

    /// Runs one execution, on loom's first thread.
    fn execute(self: &Rc<Self>) {
        if let Some(limit) = self.record.borrow_mut().last.take() {
            self.halt.borrow_mut().get_or_insert(Halt::Limit(limit));
        }
        if self.halt.borrow().is_some() {
            resume_unwind(Box::new(Unwound::Search));
        }
        *self.execution.borrow_mut() = Execution {
            steps_max: self.steps_max,
            threads: 1,
            ..Execution::default()
        };
        self.points.borrow_mut().clear();
        self.sleep_sets.borrow_mut().begin();
        self.left_out.set(false);
        self.turns.take();
        self.drop_bodies();
        let node = self.histories.borrow_mut().start(None);
        self.add_actor(GoroutineId::MAIN, loom::thread::current(), node);
        let kernel = self.kernel.clone();
        let mut stack = self.main_stack.take();
        if stack.is_none() {
            stack = DefaultStack::new(STACK_BYTES).ok();
        }
        let Some(mut stack) = stack else {
            let limit = Limit::NoStack(STACK_BYTES as u64);
            self.halt.replace(Some(Halt::Limit(limit)));
            resume_unwind(Box::new(Unwound::Search));
        };
        corosensei::on_stack(&mut stack, || {
            self.live(GoroutineId::MAIN, || Box::new(move || kernel()));
        });
        self.main_stack.replace(Some(stack));
    }

    fn add_actor(&self, id: GoroutineId, thread: loom::thread::Thread, node: HistoryId) {
        let is_daemon = self.registry.borrow().is_daemon(id);
        let mut execution = self.execution.borrow_mut();
        execution.runnable += 1;
        if execution.actors.len() <= id.index() {
            execution.actors.resize_with(id.index() + 1, || None);
        }
        execution.actors[id.index()] = Some(Actor {
            thread,
            is_daemon,
            recovers: false,
            status: Status::Running,
            told: None,
            made: Counts::default(),
            choices: 0,
            loops: 0,
            heads: Vec::new(),
            node,
        });
    }

    /// Runs the body of a goroutine to its end.
    fn live(&self, me: GoroutineId, body: impl FnOnce() -> Body) {
        self.current.set(me);
        if self.left_out.get() {
            return self.ask_for_a_turn(me);
        }
        let begins = || self.runs_on(me);
        if catch_unwind(AssertUnwindSafe(begins)).is_err() {
            return;
        }
        let finished = self.run(me, body());
        if self.abandoned.get() {
            resume_unwind(Box::new(Unwound::Search));
        }
        if self.execution.borrow().ending {
            return;
        }
        // Otherwise it has panicked in an operation, and its status says so.
        if let Some(finished) = finished {
            let status = status_of(finished);
            let did = match &status {
                Status::Panicked(panic, message) => {
                    let message = message.as_deref().or(panic.message());
                    Did::Panic(message.unwrap_or_default().to_owned())
                }
                Status::Running | Status::Waiting(_) | Status::Returned => Did::Return,
            };
            self.compare(me, &did);
            self.execution.borrow_mut().actor(me).status = status;
        }
        self.one_less(&mut self.execution.borrow_mut(), me);
    }

    /// Starts a loom thread.
    fn spawn(&self, id: GoroutineId, node: HistoryId, run: impl FnOnce() + Send + 'static) {
        let threads = {
            let mut execution = self.execution.borrow_mut();
            execution.threads += 1;
            execution.threads
        };
        if threads > THREADS_MAX {
            self.halt(Halt::Unsupported(too_many(&format!("at least {threads}"))));
        }
        let words = STACK_BYTES / size_of::<usize>();
        let builder = loom::thread::Builder::new().stack_size(words);
        let handle = builder.spawn(run).expect("loom always starts a thread");
        self.add_actor(id, handle.thread().clone(), node);
    }
}

/// Returns the status of a goroutine that has come to its end.
fn status_of(finished: Finished) -> Status {
    let Err(payload) = finished else {
        return Status::Returned;
    };
    if let Some(overflow) = payload.downcast_ref::<Overflow>() {
        return Status::Panicked(Panic::Own, Some(overflow.message()));
    }
    match payload.downcast_ref::<OperationPanic>() {
        Some(thrown) => Status::Panicked(thrown.panic, None),
        None => Status::Panicked(Panic::Own, Some(panic_hook::panic_message(payload).0)),
    }
}

/// Returns the message for a kernel that needs this many threads.
pub(super) fn too_many(count: &str) -> String {
    format!("loom runs at most {THREADS_MAX} threads; this kernel has {count}")
}

/// Returns the message of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic with no message".to_owned())
}
