//! One goroutine that actually runs: a coroutine, and its actions between two of its operations.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::backend::{Backend, Body, NewBody, with_backend};
use super::coroutine::{Abandoned, Coroutine, DestructorPanicked, Resume, suspend};
use super::heartbeat;
use super::interner::Values;
use super::panic_hook;
use super::recovery::OperationPanic;
use super::registry::{Counts, Registry};
use super::site::{Files, StaticSite};
use super::stack_overflow::Overflow;
use super::unwinding::{self, Contents};
use crate::model::{
    Arrival, Creation, Fault, GoroutineId, Next, Object, ObjectId, Op, Outcome, Stall, StallCause,
    ThingKind, TimerRules, ValueId,
};

/// The state that all goroutines of one program share.
pub(super) struct RunState {
    pub(super) run: u32,
    timers: TimerRules,
    pub(super) values: RefCell<Values>,
    pub(super) registry: RefCell<Registry>,
    /// The things that the goroutine that runs now has done since it was resumed.
    segment: RefCell<Segment>,
    /// The things that the running goroutine has made in its life.
    made: RefCell<Made>,
    pub(super) files: RefCell<Files>,
    contents: RefCell<Contents>,
    lost_bytes: Cell<usize>,
    /// The goroutine whose destructor panicked while it unwound: nothing may run any more.
    spoiled_by: RefCell<Option<heartbeat::LocalRun>>,
}

/// The estimated stack use, in bytes, of a goroutine that resists being unwound.
pub(crate) const STAYING_BYTES: usize = 64 << 10;

/// Most bytes of lost stacks before a kernel is given up: 4,096 stacks. Each is two mappings of the
/// process, which may have about 65,000. Without a free mapping no thread can be started.
const LOST_BYTES_MAX: usize = 1 << 28;

/// Returns a fault if this many bytes of lost stacks are too many.
pub(crate) fn too_much_lost(bytes: usize) -> Option<Fault> {
    (bytes > LOST_BYTES_MAX).then_some(Fault::TooMany {
        what: "bytes of stacks whose goroutines catch every panic",
        max: LOST_BYTES_MAX,
    })
}

impl RunState {
    pub(super) fn new(run: u32, timers: TimerRules) -> Self {
        Self {
            run,
            timers,
            values: RefCell::default(),
            registry: RefCell::new(Registry::with_main()),
            segment: RefCell::default(),
            made: RefCell::default(),
            files: RefCell::default(),
            contents: RefCell::default(),
            lost_bytes: Cell::new(0),
            spoiled_by: RefCell::default(),
        }
    }
}

/// A segment of a goroutine's run, from one operation to the next or to the head of a loop.
#[derive(Default)]
struct Segment {
    created: Vec<Creation>,
    stop: Option<Stop>,
}

/// The end of a segment.
enum Stop {
    Op {
        op: Op,
        site: StaticSite,
        body: Option<NewBody>,
    },
    EnterLoop,
    OfValue {
        type_name: &'static str,
        site: StaticSite,
    },
    Head {
        looped: u32,
        state: ValueId,
        site: StaticSite,
    },
}

/// The things that a goroutine has made in its life. They are a function of its history, and so a
/// part of its local state.
#[derive(Clone, Default)]
struct Made {
    goroutine: Option<GoroutineId>,
    counts: Counts,
}

/// A goroutine in the middle of its run.
pub(super) struct Suspended {
    shared: Rc<RunState>,
    /// `None` only while it is being dropped.
    coroutine: Option<Coroutine>,
    made: Made,
    /// Its name, and the operation that it is at.
    local_run: heartbeat::LocalRun,
}

/// The reason why a goroutine stopped.
pub(super) enum Advance {
    /// It has arrived. At a `go` statement, the body is that of the new goroutine.
    Arrived(Arrival, Option<NewBody>),
    /// It enters a loop. The next resume has to pass the loop's number.
    EntersLoop,
    /// A destructor of it panicked while it unwound.
    Spoiled(Fault),
    /// It asks for an operation within the code of a value of this type, and cannot go on.
    OfValue {
        type_name: &'static str,
        site: StaticSite,
    },
    /// It is at the head of a loop, with this state, having made so many things in its life, and
    /// these on the way here.
    AtHead {
        looped: u32,
        state: ValueId,
        made: Counts,
        fresh: bool,
        site: StaticSite,
    },
}

impl Suspended {
    /// Makes a goroutine at its start.
    ///
    /// # Errors
    /// If there is no memory for its stack and another `more_bytes`: the body, unchanged.
    pub(super) fn new(
        shared: &Rc<RunState>,
        goroutine: GoroutineId,
        body: Body,
        stack_bytes: usize,
        more_bytes: u64,
    ) -> Result<Self, Body> {
        let coroutine = Coroutine::new(body, stack_bytes, more_bytes)?;
        Ok(Self {
            shared: shared.clone(),
            coroutine: Some(coroutine),
            made: Made {
                goroutine: Some(goroutine),
                ..Made::default()
            },
            local_run: heartbeat::LocalRun {
                goroutine: shared.name_of(goroutine),
                from: StaticSite::NONE,
            },
        })
    }

    /// Lets it go on as another goroutine that would have done the same up to here. It has made
    /// nothing.
    pub(super) fn becomes(&mut self, goroutine: GoroutineId) {
        if self.made.goroutine != Some(goroutine) {
            self.made.goroutine = Some(goroutine);
            self.local_run.goroutine = self.shared.name_of(goroutine);
        }
    }

    /// Returns true if it recovers from a panic of its operation.
    pub(super) fn recovers(&self) -> bool {
        self.coroutine.as_ref().is_some_and(Coroutine::recovers)
    }

    /// Runs it to the next place of interest.
    pub(super) fn resume(&mut self, resume: Resume) -> Advance {
        let shared = &self.shared;
        let coroutine = self.coroutine.as_mut().expect("it is not being dropped");
        // What it makes is counted by itself, and not by the goroutine that runs it.
        let outer_made = shared.made.replace(std::mem::take(&mut self.made));
        let backend: Rc<dyn Backend> = shared.clone();
        let finished = with_backend(backend, || {
            let run = || panic_hook::capture_panics(|| coroutine.resume(resume));
            heartbeat::beating(self.local_run.clone(), run)
        });
        self.made = shared.made.replace(outer_made);
        let stop = shared.segment.borrow_mut().stop.take();
        match (finished, stop) {
            (None, Some(Stop::EnterLoop)) => Advance::EntersLoop,
            (None, Some(Stop::OfValue { type_name, site })) => Advance::OfValue { type_name, site },
            (
                None,
                Some(Stop::Head {
                    looped,
                    state,
                    site,
                }),
            ) => {
                let fresh = shared.segment.borrow().created.is_empty();
                Advance::AtHead {
                    looped,
                    state,
                    made: self.made.counts.clone(),
                    fresh,
                    site,
                }
            }
            (None, Some(Stop::Op { op, site, body })) => {
                self.local_run.from = site;
                let created = std::mem::take(&mut shared.segment.borrow_mut().created);
                Advance::Arrived(
                    Arrival {
                        created,
                        next: Next::Op(op),
                        site: shared.files.borrow_mut().site(site),
                    },
                    body,
                )
            }
            (Some(finished), _) => {
                let created = std::mem::take(&mut shared.segment.borrow_mut().created);
                if let Err(payload) = &finished
                    && payload.is::<DestructorPanicked>()
                {
                    return Advance::Spoiled(shared.spoil(&self.local_run));
                }
                let (next, site) = self.ending(finished);
                Advance::Arrived(
                    Arrival {
                        created,
                        next,
                        site: shared.files.borrow_mut().site(site),
                    },
                    None,
                )
            }
            (None, None) => unreachable!("a goroutine suspends only through its backend"),
        }
    }

    /// Says how it ended, and where.
    fn ending(&self, finished: std::thread::Result<()>) -> (Next, StaticSite) {
        match finished {
            Ok(()) => (Next::Return, StaticSite::NONE),
            Err(payload) => {
                if let Some(overflow) = payload.downcast_ref::<Overflow>() {
                    (Next::Panic(overflow.message()), self.local_run.from)
                } else if let Some(thrown) = payload.downcast_ref::<OperationPanic>() {
                    (Next::Unrecovered(thrown.panic), thrown.site)
                } else {
                    let (message, site) = panic_hook::panic_message(payload);
                    (Next::Panic(message), site)
                }
            }
        }
    }
}

/// A goroutine that is dropped where it blocks unwinds, so that it frees its resources.
impl Drop for Suspended {
    fn drop(&mut self) {
        let Some(coroutine) = self.coroutine.take() else {
            return;
        };
        let abandon = || coroutine.abandon();
        let abandoned = self.shared.without_effect(self.local_run.clone(), abandon);
        if abandoned != Abandoned::Ended {
            self.shared.lose(STAYING_BYTES);
        }
        if abandoned == Abandoned::DestructorPanicked {
            self.shared.spoil(&self.local_run);
        }
    }
}

impl RunState {
    /// Runs `f`, which runs code of the kernel that is no part of the search: destructors.
    ///
    /// They may use the handles. Their changes to the tables of the run are undone.
    fn without_effect<R>(
        self: &Rc<Self>,
        local_run: heartbeat::LocalRun,
        f: impl FnOnce() -> R,
    ) -> R {
        let outer = (self.segment.take(), self.made.take());
        let beating = || heartbeat::beating(local_run.clone(), || panic_hook::capture_panics(f));
        let result = with_backend(self.clone(), beating);
        let left = self.segment.replace(outer.0);
        self.made.replace(outer.1);
        // A goroutine that resisted being unwound may have called `go`.
        if left.stop.is_some() {
            self.dispose(local_run.goroutine, left);
        }
        result
    }

    /// Drops something that this goroutine made and nobody needs any more.
    pub(super) fn dispose<T>(self: &Rc<Self>, goroutine: Arc<str>, value: T) {
        let from = StaticSite::NONE;
        let local_run = heartbeat::LocalRun { goroutine, from };
        self.without_effect(local_run, || panic_hook::dispose(value));
    }

    /// Returns the name of a goroutine without its maker.
    pub(super) fn name_of(&self, id: GoroutineId) -> Arc<str> {
        self.registry.borrow().goroutines.base(id.0).into()
    }

    /// Records that a destructor panicked while this goroutine unwound.
    fn spoil(&self, local_run: &heartbeat::LocalRun) -> Fault {
        self.spoiled_by
            .borrow_mut()
            .get_or_insert_with(|| local_run.clone());
        destructor_panicked(local_run)
    }

    /// Returns the fault because of which nothing may run any more, if there is one.
    pub(super) fn spoiled(&self) -> Option<Fault> {
        self.spoiled_by.borrow().as_ref().map(destructor_panicked)
    }

    /// Records the loss of a stack of which this many bytes are in use.
    fn lose(&self, bytes: usize) {
        self.lost_bytes.set(self.lost_bytes.get() + bytes);
    }

    /// Returns the bytes of lost stacks, whose goroutines could not be unwound.
    pub(super) fn lost_bytes(&self) -> usize {
        self.lost_bytes.get()
    }

    /// Empties the tables, once no goroutine will run any more.
    pub(super) fn clear(self: &Rc<Self>) {
        let mut values = self.values.take();
        let local_run = heartbeat::LocalRun {
            goroutine: "main".into(),
            from: StaticSite::NONE,
        };
        self.without_effect(local_run, || values.dispose());
        self.registry.take();
        self.contents.take();
    }

    fn stop(&self, stop: Stop) -> Resume {
        self.segment.borrow_mut().stop = Some(stop);
        suspend()
    }

    /// Returns the id of a thing that the running goroutine makes. A destructor may make a thing of
    /// which no search knows. It gets an id that nothing has yet: it is no part of the run, and
    /// must not change the names of those that are.
    fn register(&self, kind: ThingKind, name: &str, site: StaticSite) -> u32 {
        let mut made = self.made.borrow_mut();
        let mut registry = self.registry.borrow_mut();
        let Some(maker) = made.goroutine else {
            let index = registry.table(kind).len() + self.segment.borrow().created.len();
            return u32::try_from(index).expect("more than 2^32 things");
        };
        let nth = made.counts.next(name, kind);
        let site = self.files.borrow_mut().site(site);
        registry.intern(Some(maker), name, kind, nth, site)
    }
}

impl Backend for RunState {
    fn perform(&self, op: Op, site: StaticSite) -> Outcome {
        if unwinding::is_without_effect() {
            return self.contents.borrow().outcome(&op);
        }
        let stop = Stop::Op {
            op,
            site,
            body: None,
        };
        match self.stop(stop) {
            Resume::Told(Outcome::Panics(panic)) => OperationPanic::throw(panic, site),
            Resume::Told(outcome) => outcome,
            Resume::GoOn | Resume::Entered(_) => unreachable!("an operation has an outcome"),
        }
    }

    fn go(&self, name: &str, kind: ThingKind, body: NewBody, site: StaticSite) {
        if unwinding::is_without_effect() {
            return;
        }
        let child = GoroutineId(self.register(kind, name, site));
        self.stop(Stop::Op {
            op: Op::Go(child),
            site,
            body: Some(body),
        });
    }

    fn exited(&self, site: StaticSite) {
        if self.made.borrow().goroutine == Some(GoroutineId::MAIN) {
            self.perform(Op::Exited, site);
        }
    }

    fn create(&self, object: Object, name: &str, site: StaticSite) -> ObjectId {
        let id = ObjectId(self.register(ThingKind::of(&object), name, site));
        let timer = matches!(object, Object::Timer(_))
            .then(|| GoroutineId(self.register(ThingKind::TimerGoroutine, name, site)));
        self.contents.borrow_mut().note(id, &object);
        self.segment
            .borrow_mut()
            .created
            .push(Creation { id, object, timer });
        id
    }

    fn amend(&self, id: ObjectId, object: Object) {
        self.contents.borrow_mut().note(id, &object);
        let mut local_run = self.segment.borrow_mut();
        let creation = local_run
            .created
            .iter_mut()
            .find(|creation| creation.id == id);
        creation
            .expect("an object is amended in the local_run in which it is made")
            .object = object;
    }

    fn operation_of_value(&self, type_name: &'static str, site: StaticSite) -> ! {
        self.stop(Stop::OfValue { type_name, site });
        unreachable!("a goroutine that cannot go on is not resumed")
    }

    fn timers(&self) -> TimerRules {
        self.timers
    }

    fn values(&self) -> &RefCell<Values> {
        &self.values
    }

    fn run(&self) -> u32 {
        self.run
    }

    fn name(&self, id: ObjectId) -> String {
        self.registry.borrow().object(id).name
    }

    fn enter_loop(&self, _site: StaticSite) -> u32 {
        if unwinding::is_without_effect() {
            return 0;
        }
        match self.stop(Stop::EnterLoop) {
            Resume::Entered(number) => number,
            Resume::GoOn | Resume::Told(_) => unreachable!("a loop has a number"),
        }
    }

    fn loop_head(&self, looped: u32, state: ValueId, site: StaticSite) {
        if unwinding::is_without_effect() {
            return;
        }
        self.stop(Stop::Head {
            looped,
            state,
            site,
        });
    }
}

/// Returns the fault of a destructor that panicked while a goroutine unwound.
pub(crate) fn destructor_panicked(local_run: &heartbeat::LocalRun) -> Fault {
    Fault::Stalled(Stall {
        goroutine: local_run.goroutine.to_string(),
        from: local_run.from.place(),
        time: Duration::ZERO,
        cause: StallCause::DestructorPanics,
    })
}

/// Returns a new number for a run in this process.
pub(crate) fn next_run() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
