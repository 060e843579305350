//! One goroutine that really runs: a coroutine, and what it does between two of its operations.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::backend::{Backend, Body, with_backend};
use super::coroutine::{Abandoned, Coroutine, DestructorPanicked, Resume, suspend};
use super::heartbeat;
use super::overflow::Overflow;
use super::quiet;
use super::registry::Registry;
use super::unwinding::{self, Contents};
use super::values::Values;
use crate::model::{
    Arrival, Creation, Fault, GoroutineId, Next, Object, ObjectId, Op, Outcome, Site, Stall,
    StallCause, TimerRules, ValueId,
};

/// What all goroutines of one program share.
pub(super) struct Shared {
    pub(super) run: u32,
    timers: TimerRules,
    pub(super) values: RefCell<Values>,
    pub(super) goroutines: RefCell<Registry>,
    pub(super) objects: RefCell<Registry>,
    /// What the goroutine that runs now has done since it was resumed.
    stretch: RefCell<Stretch>,
    /// What the goroutine that runs now has made in its life.
    made: RefCell<Made>,
    contents: RefCell<Contents>,
    lost_bytes: Cell<usize>,
    /// The goroutine of which a destructor has panicked while it unwound: nothing may run any more.
    spoiled_by: RefCell<Option<heartbeat::Stretch>>,
}

/// The bytes of its stack that a goroutine is taken to use that does not let itself be unwound.
pub(crate) const STAYING_BYTES: usize = 64 << 10;

/// Bytes of stacks that may be lost before a kernel is given up: 4,096 stacks. Each is two mappings
/// of the process, which may have some 65,000, and without any no thread can be started.
const LOST_BYTES_MAX: usize = 1 << 28;

/// That a kernel is given up, if so many bytes of stacks that are lost are too many.
pub(crate) fn too_much_lost(bytes: usize) -> Option<Fault> {
    (bytes > LOST_BYTES_MAX).then_some(Fault::TooMany {
        what: "bytes of stacks whose goroutines catch every panic",
        max: LOST_BYTES_MAX,
    })
}

impl Shared {
    pub(super) fn new(run: u32, timers: TimerRules) -> Self {
        Self {
            run,
            timers,
            values: RefCell::default(),
            goroutines: RefCell::default(),
            objects: RefCell::default(),
            stretch: RefCell::default(),
            made: RefCell::default(),
            contents: RefCell::default(),
            lost_bytes: Cell::new(0),
            spoiled_by: RefCell::default(),
        }
    }
}

/// A stretch of a goroutine's run, from one operation to the next or to the head of a loop.
#[derive(Default)]
struct Stretch {
    created: Vec<Creation>,
    stop: Option<Stop>,
}

/// Where a stretch ended.
enum Stop {
    Op {
        op: Op,
        site: Site,
        body: Option<Body>,
    },
    EnterLoop,
    OfValue {
        type_name: &'static str,
        site: Site,
    },
    Head {
        looped: u32,
        state: ValueId,
        site: Site,
    },
}

/// What a goroutine has made in its life. A function of its history, and so a part of its local
/// state.
#[derive(Clone, Default)]
struct Made {
    goroutine: Option<GoroutineId>,
    counts: Counts,
}

/// How many things of each name and kind.
pub(super) type Counts = BTreeMap<(String, &'static str), u32>;

impl Made {
    fn nth(&mut self, name: &str, kind: &'static str) -> u32 {
        let count = self.counts.entry((name.to_owned(), kind)).or_default();
        *count += 1;
        *count - 1
    }
}

/// A goroutine in the middle of its run.
pub(super) struct Running {
    shared: Rc<Shared>,
    /// `None` only while it is dropped.
    coroutine: Option<Coroutine>,
    made: Made,
    /// Its name, and the operation that it stands at.
    stretch: heartbeat::Stretch,
}

/// How far a goroutine has come.
pub(super) enum Progress {
    /// It has arrived; of a `go` statement, with the body of the new goroutine.
    Arrived(Arrival, Option<Body>),
    /// It enters a loop and has to be given a number for it with the next resume.
    EntersLoop,
    /// A destructor of it has panicked while it unwound.
    Spoiled(Fault),
    /// It asks for an operation within the code of a value of this type, and cannot go on.
    OfValue { type_name: &'static str, site: Site },
    /// It is at the head of a loop, with this state, having made so many things in its life, and
    /// these on the way here.
    AtHead {
        looped: u32,
        state: ValueId,
        made: Counts,
        fresh: bool,
        site: Site,
    },
}

impl Running {
    /// A goroutine at its start; the body as it was, if there is no memory for its stack and so
    /// much more.
    pub(super) fn new(
        shared: &Rc<Shared>,
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
            stretch: heartbeat::Stretch {
                goroutine: shared.name_of(goroutine),
                from: Site::NONE,
            },
        })
    }

    /// Lets it run on to the next place of interest.
    pub(super) fn resume(&mut self, resume: Resume) -> Progress {
        let shared = &self.shared;
        let coroutine = self.coroutine.as_mut().expect("it is not being dropped");
        let outer_made = shared.made.replace(std::mem::take(&mut self.made));
        let backend: Rc<dyn Backend> = shared.clone();
        let finished = with_backend(backend, || {
            let run = || quiet::quietly(|| coroutine.resume(resume));
            heartbeat::beating(self.stretch.clone(), run)
        });
        self.made = shared.made.replace(outer_made);
        let stop = shared.stretch.borrow_mut().stop.take();
        match (finished, stop) {
            (None, Some(Stop::EnterLoop)) => Progress::EntersLoop,
            (None, Some(Stop::OfValue { type_name, site })) => {
                Progress::OfValue { type_name, site }
            }
            (
                None,
                Some(Stop::Head {
                    looped,
                    state,
                    site,
                }),
            ) => {
                let fresh = shared.stretch.borrow().created.is_empty();
                Progress::AtHead {
                    looped,
                    state,
                    made: self.made.counts.clone(),
                    fresh,
                    site,
                }
            }
            (None, Some(Stop::Op { op, site, body })) => {
                self.stretch.from = site;
                let created = std::mem::take(&mut shared.stretch.borrow_mut().created);
                Progress::Arrived(
                    Arrival {
                        created,
                        next: Next::Op(op),
                        site,
                    },
                    body,
                )
            }
            (Some(finished), _) => {
                let created = std::mem::take(&mut shared.stretch.borrow_mut().created);
                if let Err(payload) = &finished
                    && payload.is::<DestructorPanicked>()
                {
                    return Progress::Spoiled(shared.spoil(&self.stretch));
                }
                let (next, site) = self.ending(finished);
                Progress::Arrived(
                    Arrival {
                        created,
                        next,
                        site,
                    },
                    None,
                )
            }
            (None, None) => unreachable!("a goroutine suspends only through its backend"),
        }
    }

    /// Says how it ended, and where.
    fn ending(&self, finished: std::thread::Result<()>) -> (Next, Site) {
        match finished {
            Ok(()) => (Next::Return, Site::NONE),
            Err(payload) => match payload.downcast_ref::<Overflow>() {
                Some(overflow) => (Next::Panic(overflow.message()), self.stretch.from),
                None => {
                    let (message, site) = quiet::told(payload);
                    (Next::Panic(message), site)
                }
            },
        }
    }
}

/// A goroutine that is left where it blocks unwinds, so that it gives back what it owns.
impl Drop for Running {
    fn drop(&mut self) {
        let Some(coroutine) = self.coroutine.take() else {
            return;
        };
        let abandon = || coroutine.abandon();
        let abandoned = self.shared.without_effect(self.stretch.clone(), abandon);
        if abandoned != Abandoned::Ended {
            self.shared.lose(STAYING_BYTES);
        }
        if abandoned == Abandoned::DestructorPanicked {
            self.shared.spoil(&self.stretch);
        }
    }
}

impl Shared {
    /// Runs `f`, in which code of the kernel runs that no search knows of: destructors.
    ///
    /// They may use the handles. What they do to the tables is undone.
    fn without_effect<R>(self: &Rc<Self>, stretch: heartbeat::Stretch, f: impl FnOnce() -> R) -> R {
        let outer = (self.stretch.take(), self.made.take());
        let beating = || heartbeat::beating(stretch.clone(), || quiet::quietly(f));
        let result = with_backend(self.clone(), beating);
        let left = self.stretch.replace(outer.0);
        self.made.replace(outer.1);
        // A goroutine that did not let itself be unwound may have asked for a new one.
        if left.stop.is_some() {
            self.dispose(stretch.goroutine, left);
        }
        result
    }

    /// Drops something of this goroutine's that nobody needs any more.
    pub(super) fn dispose<T>(self: &Rc<Self>, goroutine: Arc<str>, value: T) {
        let from = Site::NONE;
        let stretch = heartbeat::Stretch { goroutine, from };
        self.without_effect(stretch, || quiet::dispose(value));
    }

    /// The name of a goroutine without its maker.
    pub(super) fn name_of(&self, id: GoroutineId) -> Arc<str> {
        self.goroutines.borrow().get(id.0).base().into()
    }

    /// Notes that a destructor has panicked while this goroutine unwound.
    fn spoil(&self, stretch: &heartbeat::Stretch) -> Fault {
        self.spoiled_by
            .borrow_mut()
            .get_or_insert_with(|| stretch.clone());
        destructor_panicked(stretch)
    }

    /// That nothing may run any more, if it is so.
    pub(super) fn spoiled(&self) -> Option<Fault> {
        self.spoiled_by.borrow().as_ref().map(destructor_panicked)
    }

    /// A stack of which so many bytes are in use is lost.
    fn lose(&self, bytes: usize) {
        self.lost_bytes.set(self.lost_bytes.get() + bytes);
    }

    /// The bytes of stacks that are lost: their goroutines could not be unwound.
    pub(super) fn lost_bytes(&self) -> usize {
        self.lost_bytes.get()
    }

    /// Empties the tables, once no goroutine is to run any more.
    pub(super) fn clear(self: &Rc<Self>) {
        let mut values = self.values.take();
        let stretch = heartbeat::Stretch {
            goroutine: "main".into(),
            from: Site::NONE,
        };
        self.without_effect(stretch, || values.dispose());
        self.goroutines.take();
        self.objects.take();
        self.contents.take();
    }

    fn stop(&self, stop: Stop) -> Resume {
        self.stretch.borrow_mut().stop = Some(stop);
        suspend()
    }

    /// The id of a thing that the goroutine that runs makes. What a destructor makes of which no
    /// search knows gets one that nothing has yet: it is no part of the run, and must not change
    /// the names of what is.
    fn register(&self, kind: &'static str, name: &str, site: Site) -> u32 {
        let mut made = self.made.borrow_mut();
        let registry = if matches!(kind, "goroutine" | "timer goroutine") {
            &self.goroutines
        } else {
            &self.objects
        };
        let Some(maker) = made.goroutine else {
            let index = registry.borrow().len() + self.stretch.borrow().created.len();
            return u32::try_from(index).expect("more than 2^32 things");
        };
        let nth = made.nth(name, kind);
        registry
            .borrow_mut()
            .intern(Some(maker.0), name, kind, nth, site)
    }
}

impl Backend for Shared {
    fn perform(&self, op: Op, site: Site) -> Outcome {
        if unwinding::is_without_effect() {
            return self.contents.borrow().outcome(&op);
        }
        let stop = Stop::Op {
            op,
            site,
            body: None,
        };
        match self.stop(stop) {
            Resume::Told(outcome) => outcome,
            Resume::GoOn | Resume::Entered(_) => unreachable!("an operation has an outcome"),
        }
    }

    fn go(&self, name: &str, body: Body, site: Site) {
        if unwinding::is_without_effect() {
            return;
        }
        let child = GoroutineId(self.register("goroutine", name, site));
        self.stop(Stop::Op {
            op: Op::Go(child),
            site,
            body: Some(body),
        });
    }

    fn create(&self, object: Object, name: &str, site: Site) -> ObjectId {
        let id = ObjectId(self.register(object.kind(), name, site));
        let timer = matches!(object, Object::Timer(_))
            .then(|| GoroutineId(self.register("timer goroutine", name, site)));
        self.contents.borrow_mut().note(id, &object);
        self.stretch
            .borrow_mut()
            .created
            .push(Creation { id, object, timer });
        id
    }

    fn amend(&self, id: ObjectId, object: Object) {
        self.contents.borrow_mut().note(id, &object);
        let mut stretch = self.stretch.borrow_mut();
        let creation = stretch
            .created
            .iter_mut()
            .find(|creation| creation.id == id);
        creation
            .expect("an object is amended in the stretch in which it is made")
            .object = object;
    }

    fn operation_of_value(&self, type_name: &'static str, site: Site) -> ! {
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
        if id.index() >= self.objects.borrow().len() {
            return format!("{id:?}");
        }
        self.objects
            .borrow()
            .name(id.0, Some(&self.goroutines.borrow()))
    }

    fn enter_loop(&self, _site: Site) -> u32 {
        if unwinding::is_without_effect() {
            return 0;
        }
        match self.stop(Stop::EnterLoop) {
            Resume::Entered(number) => number,
            Resume::GoOn | Resume::Told(_) => unreachable!("a loop has a number"),
        }
    }

    fn loop_head(&self, looped: u32, state: ValueId, site: Site) {
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

/// That a destructor has panicked while a goroutine unwound.
pub(crate) fn destructor_panicked(stretch: &heartbeat::Stretch) -> Fault {
    Fault::Stalled(Stall {
        goroutine: stretch.goroutine.to_string(),
        from: stretch.from,
        time: Duration::ZERO,
        cause: StallCause::DestructorPanics,
    })
}

/// A number for each run in this process.
pub(crate) fn next_run() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
