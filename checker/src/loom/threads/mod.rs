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

mod body;
mod operations;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use corosensei::stack::DefaultStack;
use loom::sync::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};

use self::body::{Asked, Goroutine};
use super::Enough;
use super::choices::Choices;
use super::execution::{Actor, Execution, Status, WaitEnd};
use super::groups::Groups;
use super::history::{Did, Histories, HistoryId};
use super::record::Record;
use crate::explore::{Limit, Meter};
use crate::model::Fault;
use crate::model::GoroutineId;
use crate::model::ObjectId;
use crate::model::Op;
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

fn unwind() -> ! {
    resume_unwind(Box::new(Unwound::Goroutine))
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
    points: RefCell<FxHashMap<usize, Rc<Mutex<()>>>>,
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
        self.drop_bodies();
        let node = self.histories.borrow_mut().start(None);
        self.add_actor(GoroutineId::MAIN, loom::thread::current(), false, node);
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
            self.live(GoroutineId::MAIN, Box::new(move || kernel()));
        });
        self.main_stack.replace(Some(stack));
    }

    fn add_actor(
        &self,
        id: GoroutineId,
        thread: loom::thread::Thread,
        is_timer: bool,
        node: HistoryId,
    ) {
        let is_daemon = self.registry.borrow().is_daemon(id);
        let mut execution = self.execution.borrow_mut();
        execution.runnable += 1;
        if execution.actors.len() <= id.index() {
            execution.actors.resize_with(id.index() + 1, || None);
        }
        execution.actors[id.index()] = Some(Actor {
            thread,
            is_timer,
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
    fn live(&self, me: GoroutineId, body: Body) {
        self.current.set(me);
        let finished = self.run(me, body);
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

    /// Runs the hidden goroutine of a timer.
    fn live_timer(&self, me: GoroutineId, timer: ObjectId) {
        let fires = || {
            loop {
                self.pass(me, &[timer]);
                let mut execution = self.execution.borrow_mut();
                execution.turn_of_timer(timer, &mut self.choices.borrow_mut());
                let ready = execution.timer_is_ready(timer);
                drop(execution);
                self.look_at_length();
                if !ready {
                    self.wait(me, None);
                }
            }
        };
        // It never returns: it unwinds at the end of the execution.
        let unwound: Result<(), Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(fires));
        if let Err(payload) = unwound
            && !payload.is::<Unwound>()
        {
            resume_unwind(payload);
        }
    }

    /// Starts a loom thread.
    fn spawn(
        &self,
        id: GoroutineId,
        is_timer: bool,
        node: HistoryId,
        run: impl FnOnce() + Send + 'static,
    ) {
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
        self.add_actor(id, handle.thread().clone(), is_timer, node);
    }

    /// Passes the scheduling point of these objects, if there are any.
    fn pass(&self, me: GoroutineId, objects: &[ObjectId]) {
        let Some((&first, others)) = objects.split_first() else {
            return;
        };
        for &other in others {
            if self.groups.borrow_mut().join(first, other) {
                self.halt.borrow_mut().get_or_insert(Halt::Restart);
            }
        }
        let group = self.groups.borrow_mut().of(first);
        let point = {
            let mut points = self.points.borrow_mut();
            let point = points.entry(group);
            point.or_insert_with(|| Rc::new(Mutex::new(()))).clone()
        };
        drop(point.lock());
        self.current.set(me);
        if self.execution.borrow().ending {
            unwind();
        }
    }

    /// Waits in this operation and at this line until woken.
    fn wait(&self, me: GoroutineId, waits_in: Option<(Op, u32)>) -> WaitEnd {
        {
            let mut execution = self.execution.borrow_mut();
            execution.actor(me).recovers = self.recovers(me);
            execution.actor(me).status = Status::Waiting(waits_in);
            self.one_less(&mut execution, me);
        }
        loop {
            let (ending, told) = {
                let mut execution = self.execution.borrow_mut();
                (execution.ending, execution.actor(me).told.take())
            };
            if ending {
                unwind();
            }
            if let Some(told) = told {
                return told;
            }
            loom::thread::park();
            self.current.set(me);
        }
    }

    /// Counts one runnable actor less. If it was the last, the execution is over.
    fn one_less(&self, execution: &mut Execution, me: GoroutineId) {
        execution.runnable -= 1;
        if execution.runnable == 0 {
            self.note(execution, None);
            end(execution, me);
        }
    }

    /// Records the end of the execution, or the position where a limit cuts it. Records, too, if a
    /// limit was hit that ends the search.
    fn note(&self, execution: &Execution, cut: Option<Limit>) {
        let mut record = self.record.borrow_mut();
        let values = self.values.borrow();
        record.ended(execution, |id| values.text(id).to_owned(), cut);
        let meter = self.meter.borrow();
        record.last = meter
            .executions(record.executions, execution.steps.len())
            .or_else(|| meter.over_now())
            .or(self.enough.and_then(|enough| enough.of(&record)));
    }

    /// Ends this execution if it has more steps than are allowed.
    fn look_at_length(&self) {
        let too_long = self.execution.borrow().too_long;
        if too_long {
            self.cut(Limit::Steps(self.steps_max));
        }
    }

    /// Ends this execution at a limit that holds for one execution.
    fn cut(&self, limit: Limit) -> ! {
        let mut execution = self.execution.borrow_mut();
        self.note(&execution, Some(limit));
        end(&mut execution, self.current.get());
        drop(execution);
        unwind()
    }

    /// Ends this execution, and with it the whole search. Loom is not repeating an earlier
    /// execution here, since none of them had a reason to end at this point. So it can go on to the
    /// end of the execution.
    fn halt(&self, why: Halt) -> ! {
        self.record.borrow_mut().discarded += 1;
        *self.halt.borrow_mut() = Some(why);
        end(&mut self.execution.borrow_mut(), self.current.get());
        unwind()
    }

    /// Ends the whole search in the middle of an execution whose beginning loom takes for a
    /// repetition of an earlier one.
    fn abandon(&self, fault: Fault) -> ! {
        self.record.borrow_mut().discarded += 1;
        *self.halt.borrow_mut() = Some(Halt::Fault(fault));
        self.abandoned.set(true);
        resume_unwind(Box::new(Unwound::Search))
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
    format!("loom runs at most {THREADS_MAX} threads; this kernel has {count}, timers included")
}

/// Ends an execution: wakes all goroutines that wait, so that they unwind.
fn end(execution: &mut Execution, me: GoroutineId) {
    execution.ending = true;
    for (index, actor) in execution.actors.iter().enumerate() {
        if let Some(actor) = actor
            && index != me.index()
            && matches!(actor.status, Status::Waiting(_))
        {
            actor.thread.unpark();
        }
    }
}

/// Returns the message of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic with no message".to_owned())
}
