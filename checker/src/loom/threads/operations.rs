//! The operations of a goroutine under loom: the [`Backend`] that the handles of
//! [`sync`](crate::sync) call.

use std::cell::RefCell;
use std::panic::resume_unwind;

use super::super::execution::{Attempt, Status, WaitEnd};
use super::super::history::Did;
use super::super::primitives::Primitive;
use super::body::Asked;
use super::turns::unwind;
use super::{Halt, Threads, Unwound, threads};
use crate::explore::Limit;
use crate::model::{
    Action, Fault, GoroutineId, MutexOp, Object, ObjectId, OnceOp, Op, Outcome, Panic, RwLockOp,
    Site, ThingKind, TimerRules, ValueId,
};
use crate::runtime::backend::{Backend, NewBody};
use crate::runtime::coroutine::suspend;
use crate::runtime::heartbeat;
use crate::runtime::interner::Values;
use crate::runtime::recovery::OperationPanic;
use crate::runtime::site::StaticSite;
use crate::runtime::unwinding::is_without_effect;

impl Threads {
    /// Returns true if this operation can be taken for a part of the goroutine's previous
    /// operation. It undoes what the goroutine has done to an object, and is never disabled. Until
    /// it is done nobody else can tell. So nothing lies between the two with which it would not
    /// commute.
    fn needs_no_point(&self, me: GoroutineId, op: &Op) -> bool {
        let shown = match op {
            Op::Mutex(id, MutexOp::TryLock)
            | Op::RwLock(id, RwLockOp::TryRLock)
            | Op::RwLock(id, RwLockOp::TryLock) => Some(*id),
            _ => self.execution.borrow_mut().undoes_of_another(me, op),
        };
        let mut told = self.told_by_others.borrow_mut();
        if let Some(id) = shown
            && told.insert(id)
        {
            self.halt.borrow_mut().get_or_insert(Halt::Restart);
        }
        match op {
            Op::Mutex(id, MutexOp::Unlock(_))
            | Op::RwLock(id, RwLockOp::RUnlock)
            | Op::RwLock(id, RwLockOp::Unlock(_)) => !told.contains(id),
            Op::Once(_, OnceOp::End) => true,
            _ => false,
        }
    }

    /// Returns the id of a thing that the current goroutine makes. What is made while `leaving`
    /// gets one that nothing has yet: it is no part of an execution.
    fn register(&self, kind: ThingKind, name: &str) -> u32 {
        if self.leaving.get() {
            let next = self.registry.borrow().objects.len();
            return u32::try_from(next).expect("more than 2^32 things");
        }
        let me = self.current.get();
        let nth = self.execution.borrow_mut().actor(me).made.next(name, kind);
        let mut registry = self.registry.borrow_mut();
        registry.intern(Some(me), name, kind, nth, Site::NONE)
    }

    /// Makes the first attempt of an operation whose scheduling point was passed.
    fn arrive(&self, me: GoroutineId, op: &Op) -> Attempt {
        let mut choices = self.choices.borrow_mut();
        let mut execution = self.execution.borrow_mut();
        let objects = op.objects();
        let Some(&object) = objects.first() else {
            return execution.attempt(me, op, &mut choices);
        };
        let (timers, waiting) = {
            let groups = RefCell::new(self.groups.borrow_mut());
            let group = groups.borrow_mut().of(object);
            let is_in = |object: ObjectId| groups.borrow_mut().of(object) == group;
            let mut timers = execution.timers.clone();
            timers.retain(|timer| is_in(*timer));
            let is_there = |op: &Op| op.objects().first().is_some_and(|object| is_in(*object));
            (timers, execution.waiting_in(is_there))
        };
        execution.let_timers_go_first(&timers, op, &mut choices);
        let cannot_wait = execution.cannot_wait(op, waiting.first().copied());
        let attempt = execution.attempt(me, op, &mut choices);
        if self.leaves_out && !execution.remains(&waiting, (me, op), cannot_wait, attempt) {
            // Those who were woken by this could not move before it.
            for waiter in waiting {
                execution.actor(waiter).told = None;
            }
            drop((choices, execution));
            self.leave_to_others(me, object);
        }
        attempt
    }

    /// Compares the action of a goroutine with that of the first time.
    pub(super) fn compare(&self, me: GoroutineId, now: &Did) {
        let node = self.execution.borrow_mut().actor(me).node;
        let differs = match self.histories.borrow_mut().does(node, now) {
            Ok(()) => return,
            Err(differs) => differs,
        };
        self.abandon(Fault::Nondeterminism {
            goroutine: self.goroutine_name(me),
            operation: differs.operation,
            first: self.describe(&differs.first),
            now: self.describe(now),
        })
    }

    fn told(&self, me: GoroutineId, outcome: Outcome) {
        let mut execution = self.execution.borrow_mut();
        let actor = execution.actor(me);
        actor.node = self.histories.borrow_mut().told(actor.node, outcome);
    }

    /// Checks what must hold before a goroutine does anything: it is not over, and it does what it
    /// did the first time.
    fn begin(&self, me: GoroutineId, op: &Op, site: StaticSite) {
        if self.abandoned.get() {
            resume_unwind(Box::new(Unwound::Search));
        }
        let (over, ending) = {
            let mut execution = self.execution.borrow_mut();
            let actor = execution.actor(me);
            actor.heads.clear();
            (
                matches!(actor.status, Status::Panicked(..)),
                execution.ending,
            )
        };
        if ending && !over {
            // A limit has cut the execution before this goroutine came to its first operation. Loom
            // must know of the operation: it could have come earlier.
            self.pass(me, &op.objects());
        }
        if ending || over {
            unwind();
        }
        self.compare(me, &Did::Op(op.clone(), site));
        if let Op::Choose(below, _) = op
            && !(1..=Op::CHOICES_MAX).contains(below)
        {
            self.halt(Halt::Fault(Fault::Choice {
                goroutine: self.goroutine_name(me),
                below: *below,
                site: site.place(),
            }));
        }
        let made = |id: &ObjectId| {
            let execution = self.execution.borrow();
            execution
                .objects
                .get(id.index())
                .is_some_and(Option::is_some)
        };
        if let Some(stale) = op.objects().into_iter().find(|id| !made(id)) {
            self.halt(Halt::Fault(Fault::StaleObject {
                goroutine: self.goroutine_name(me),
                object: self.name(stale),
                site: site.place(),
            }));
        }
    }

    /// Does an operation for a goroutine.
    pub(super) fn operate(&self, me: GoroutineId, op: &Op, site: StaticSite) -> Outcome {
        self.begin(me, op, site);
        let mut act = if self.needs_no_point(me, op) {
            let mut choices = self.choices.borrow_mut();
            self.execution.borrow_mut().attempt(me, op, &mut choices)
        } else {
            self.pass(me, &op.objects());
            self.arrive(me, op)
        };
        let outcome = loop {
            self.look_at_length();
            let told = match act {
                Attempt::Done(outcome) => break outcome,
                Attempt::Panics(panic) => WaitEnd::Panic(panic),
                Attempt::Waits => self.wait(me, Some((op.clone(), site.line))),
            };
            match told {
                WaitEnd::Outcome(outcome) => break outcome,
                WaitEnd::Panic(panic) => break self.panics(me, panic),
                WaitEnd::Again => {
                    self.pass(me, &op.objects());
                    act = self.execution.borrow_mut().attempt_again(me, op);
                }
            }
        };
        self.told(me, outcome);
        heartbeat::beat(|| self.local_run(me, site));
        outcome
    }

    /// Starts a goroutine, whose body is there.
    pub(super) fn start(&self, me: GoroutineId, child: GoroutineId, site: StaticSite) -> Outcome {
        let op = Op::Go(child);
        self.begin(me, &op, site);
        let max = self.meter.borrow().limits.goroutines_max;
        if self.execution.borrow().count_goroutines() >= max {
            self.cut(Limit::Goroutines(max));
        }
        let node = {
            let statement = self.execution.borrow_mut().actor(me).node;
            self.histories.borrow_mut().start(Some(statement))
        };
        self.spawn(child, node, move || {
            let threads = threads();
            let body = || threads.bodies.borrow_mut().remove(&child);
            threads.live(child, || body().expect("a goroutine begins once"));
        });
        {
            let mut choices = self.choices.borrow_mut();
            self.execution.borrow_mut().attempt(me, &op, &mut choices);
        }
        self.look_at_length();
        self.told(me, Outcome::Done);
        Outcome::Done
    }

    /// Panics the goroutine within an operation: yields the panic if the goroutine recovers.
    fn panics(&self, me: GoroutineId, panic: Panic) -> Outcome {
        let recovers = !panic.is_fatal() && self.recovers(me);
        self.execution.borrow_mut().actor(me).status = if recovers {
            Status::Running
        } else {
            Status::Panicked(panic, None)
        };
        if !recovers {
            unwind();
        }
        Outcome::Panics(panic)
    }
}

impl Backend for Threads {
    fn perform(&self, op: Op, site: StaticSite) -> Outcome {
        if is_without_effect() {
            return self.contents.borrow().outcome(&op);
        }
        match self.ask(Asked::Op(op, site)) {
            Outcome::Panics(panic) => OperationPanic::throw(panic, site),
            outcome => outcome,
        }
    }

    fn exited(&self, site: StaticSite) {
        if self.current.get() == GoroutineId::MAIN {
            self.perform(Op::Exited, site);
        }
    }

    fn go(&self, name: &str, kind: ThingKind, body: NewBody, site: StaticSite) {
        if is_without_effect() {
            return;
        }
        let child = GoroutineId(self.register(kind, name));
        self.ask(Asked::Go(child, body.body, site));
    }

    fn create(&self, object: Object, name: &str, _site: StaticSite) -> ObjectId {
        let id = ObjectId(self.register(ThingKind::of(&object), name));
        self.contents.borrow_mut().note(id, &object);
        if self.leaving.get() {
            return id;
        }
        let timer = matches!(object, Object::Timer(_))
            .then(|| GoroutineId(self.register(ThingKind::TimerGoroutine, name)));
        {
            let mut execution = self.execution.borrow_mut();
            if execution.objects.len() <= id.index() {
                execution.objects.resize_with(id.index() + 1, || None);
            }
            execution.objects[id.index()] = Some(Primitive::new(&object, timer));
            if timer.is_some() {
                execution.timers.push(id);
            }
        }
        // Nobody has used any of these yet, so nothing must be explored again.
        let mut groups = self.groups.borrow_mut();
        match &object {
            Object::Timer(timer) => {
                let (Action::Send(other) | Action::Cancel(other)) = timer.action;
                groups.join(id, other);
            }
            Object::Context(context) => {
                groups.join(id, context.done);
            }
            _ => {}
        }
        drop(groups);
        id
    }

    fn amend(&self, id: ObjectId, object: Object) {
        if self.leaving.get() {
            return;
        }
        self.execution.borrow_mut().objects[id.index()] = Some(Primitive::new(&object, None));
    }

    fn operation_of_value(&self, type_name: &'static str, site: StaticSite) -> ! {
        self.ask(Asked::Fault(Fault::OperationOfValue {
            goroutine: self.goroutine_name(self.current.get()),
            type_name,
            site: site.place(),
        }));
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
        if is_without_effect() || self.leaving.get() {
            return 0;
        }
        let mut execution = self.execution.borrow_mut();
        let loops = &mut execution.actor(self.current.get()).loops;
        *loops += 1;
        *loops
    }

    fn loop_head(&self, looped: u32, state: ValueId, site: StaticSite) {
        if is_without_effect() {
            return;
        }
        if self.leaving.get() {
            // It has caught the panic that is to end it. The panic comes again.
            suspend();
            return;
        }
        let me = self.current.get();
        let head = (looped, state);
        let mut execution = self.execution.borrow_mut();
        let heads = &mut execution.actor(me).heads;
        if !heads.contains(&head) {
            heads.push(head);
            return;
        }
        drop(execution);
        self.ask(Asked::Fault(Fault::EmptyLoop {
            goroutine: self.goroutine_name(me),
            site: site.place(),
        }));
    }
}
