//! One goroutine that really runs: a coroutine, and what it does between two of its operations.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::backend::{Backend, Body, with_backend};
use super::coroutine::{Coroutine, suspend};
use super::heartbeat;
use super::overflow::Overflow;
use super::quiet;
use super::registry::Registry;
use super::unwinding::{self, Contents};
use super::values::Values;
use crate::model::{
    Arrival, Creation, GoroutineId, Next, Object, ObjectId, Op, Outcome, Site, TimerRules, ValueId,
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
}

/// The bytes of its stack that a goroutine is taken to use that does not let itself be unwound.
const SWALLOWED_BYTES: usize = 64 << 10;

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

/// What a goroutine has made in its life. A function of its history, and so a part of its local state.
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
    /// It asks for an operation within the code of a value of this type, and cannot go on.
    OfValue { type_name: &'static str, site: Site },
    /// It is at the head of a loop, with this state, having made so many things in its life, and these on the way here.
    AtHead {
        looped: u32,
        state: ValueId,
        made: Counts,
        fresh: bool,
        site: Site,
    },
}

impl Running {
    /// A goroutine at its start; the body as it was, if there is no memory for its stack and so much more.
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
                goroutine: shared.goroutines.borrow().get(goroutine.0).base().into(),
                from: Site::NONE,
            },
        })
    }

    /// Lets it run on to the next place of interest.
    pub(super) fn resume(&mut self, outcome: Outcome) -> Progress {
        let shared = &self.shared;
        let coroutine = self.coroutine.as_mut().expect("it is not being dropped");
        let outer_made = shared.made.replace(std::mem::take(&mut self.made));
        let backend: Rc<dyn Backend> = shared.clone();
        let finished = with_backend(backend, || {
            let run = || quiet::quietly(|| coroutine.resume(outcome));
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
                let (next, site) = match finished {
                    Ok(()) => (Next::Return, Site::NONE),
                    Err(payload) => match payload.downcast_ref::<Overflow>() {
                        Some(overflow) => {
                            shared.lose(overflow.stack_bytes);
                            (Next::Panic(overflow.message()), self.stretch.from)
                        }
                        None => {
                            let (message, site) = quiet::told(payload);
                            (Next::Panic(message), site)
                        }
                    },
                };
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
}

/// A goroutine that is left where it blocks unwinds, so that it gives back what it owns.
impl Drop for Running {
    fn drop(&mut self) {
        let Some(coroutine) = self.coroutine.take() else {
            return;
        };
        let abandon = || heartbeat::beating(self.stretch.clone(), || coroutine.abandon());
        if !self.shared.without_effect(abandon) {
            self.shared.lose(SWALLOWED_BYTES);
        }
    }
}

impl Shared {
    /// Runs `f`, in which code of the kernel runs that no search knows of: destructors.
    ///
    /// They may use the handles. What they do to the tables is undone.
    pub(super) fn without_effect<R>(self: &Rc<Self>, f: impl FnOnce() -> R) -> R {
        let outer = (self.stretch.take(), self.made.take());
        let result = with_backend(self.clone(), || quiet::quietly(f));
        let left = self.stretch.replace(outer.0);
        self.made.replace(outer.1);
        // A goroutine that did not let itself be unwound may have asked for a new one.
        if left.stop.is_some() {
            self.dispose(left);
        }
        result
    }

    /// Drops something of the kernel's that nobody needs any more.
    pub(super) fn dispose<T>(self: &Rc<Self>, value: T) {
        self.without_effect(|| quiet::dispose(value));
    }

    /// A stack of which so many bytes are in use is lost.
    fn lose(&self, bytes: usize) {
        self.lost_bytes.set(self.lost_bytes.get() + bytes);
    }

    /// The bytes of stacks that are lost: their goroutines overflowed, or could not be unwound.
    pub(super) fn lost_bytes(&self) -> usize {
        self.lost_bytes.get()
    }

    /// Empties the tables, once no goroutine is to run any more.
    pub(super) fn clear(self: &Rc<Self>) {
        let mut values = self.values.take();
        self.without_effect(|| values.dispose());
        self.goroutines.take();
        self.objects.take();
        self.contents.take();
    }

    fn stop(&self, stop: Stop) -> Outcome {
        self.stretch.borrow_mut().stop = Some(stop);
        suspend()
    }

    fn register(&self, kind: &'static str, name: &str, site: Site) -> u32 {
        let mut made = self.made.borrow_mut();
        let nth = made.nth(name, kind);
        let registry = if matches!(kind, "goroutine" | "timer goroutine") {
            &self.goroutines
        } else {
            &self.objects
        };
        registry
            .borrow_mut()
            .intern(made.goroutine.map(|id| id.0), name, kind, nth, site)
    }
}

impl Backend for Shared {
    fn perform(&self, op: Op, site: Site) -> Outcome {
        if unwinding::is_without_effect() {
            return self.contents.borrow().outcome(&op);
        }
        self.stop(Stop::Op {
            op,
            site,
            body: None,
        })
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
            Outcome::Sent(number) => number,
            outcome => unreachable!("a loop is numbered by {outcome:?}"),
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

/// A number for each run in this process.
pub(crate) fn next_run() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
