//! A script as a kernel: a closure that does its statements through the handles of [`sync`](crate::sync).

use std::rc::Rc;

use super::{AtomicOp, Case, Interpreter, Kind, Memory, Object, Operand, Script, Start, Statement};
use crate::check::Subject;
use crate::model::{Program, Reason};
use crate::sync::{self, Chan, ControlFlow};

impl Subject for Script {
    fn program(&self, _stack_bytes: usize) -> Box<dyn Program> {
        Box::new(self.interpreter(Start::Together, Memory::Forgetful))
    }

    fn body(&self) -> Option<Rc<dyn Fn()>> {
        Some(self.closure())
    }

    /// The closure, learned: an interpreter has other places in source.
    fn program_of_body(&self, stack_bytes: usize) -> Box<dyn Program> {
        AsClosure(self.clone()).program(stack_bytes)
    }
}

/// A script that is checked as the closure that it stands for, not by its interpreter.
#[derive(Clone, Debug)]
pub struct AsClosure(pub Script);

impl Subject for AsClosure {
    fn program(&self, stack_bytes: usize) -> Box<dyn Program> {
        Rc::new({
            let body = self.0.closure();
            move || body()
        })
        .program(stack_bytes)
    }

    fn body(&self) -> Option<Rc<dyn Fn()>> {
        Some(self.0.closure())
    }
}

impl Script {
    /// A kernel that does what this script says. Main starts the other goroutines: see [`Start::ByMain`].
    #[must_use]
    pub fn closure(&self) -> Rc<dyn Fn()> {
        let script = Rc::new(self.clone());
        Rc::new(move || run(&script))
    }

    /// An interpreter of which [`Script::closure`] is the exact counterpart, state by state.
    #[must_use]
    pub fn counterpart(&self) -> Interpreter {
        self.interpreter(Start::ByMain, Memory::Remembering)
    }
}

/// The handle of a declared object.
#[derive(Clone, Copy)]
enum Handle {
    Mutex(sync::Mutex<i64>),
    RwLock(sync::RwLock<i64>),
    Chan(Chan<i64>),
    WaitGroup(sync::WaitGroup),
    Once(sync::Once),
    Cond(sync::Cond),
    Timer(sync::Timer),
    Context(sync::Context),
    Atomic(sync::Atomic),
    Cell(sync::Shared<i64>),
}

/// A channel of either type of values.
#[derive(Clone, Copy)]
enum Channel {
    Integers(Chan<i64>),
    Signals(Chan<()>),
}

impl Channel {
    fn recv(self) -> Option<i64> {
        match self {
            Self::Integers(channel) => channel.recv(),
            Self::Signals(channel) => channel.recv().map(|()| 0),
        }
    }
}

/// A receive that is a case of a select.
enum RecvCase {
    Integers(sync::RecvCase<i64>),
    Signals(sync::RecvCase<()>),
}

/// What all goroutines know.
struct Shared {
    script: Rc<Script>,
    handles: Vec<Handle>,
}

/// A goroutine that runs.
struct Runner {
    shared: Rc<Shared>,
}

/// How a list of statements ended.
enum Flow {
    Next,
    Break,
    Return,
}

fn run(script: &Rc<Script>) {
    let shared = Rc::new(Shared {
        script: script.clone(),
        handles: make(script),
    });
    let started = script.started_by_statement();
    for (place, _) in started.iter().enumerate().filter(|(_, by)| !**by).skip(1) {
        start(&shared, place);
    }
    Runner::run(&shared, 0);
}

fn start(shared: &Rc<Shared>, place: usize) {
    let child = shared.clone();
    sync::go(&shared.script.goroutines[place].name, move || {
        Runner::run(&child, place);
    });
}

/// Makes all objects, sets the counters, and derives the contexts.
fn make(script: &Script) -> Vec<Handle> {
    let mut handles: Vec<Option<Handle>> = vec![None; script.objects.len()];
    let is_derived = |kind: Kind| {
        matches!(
            kind,
            Kind::Context {
                parent: Some(_),
                ..
            }
        )
    };
    for (place, declaration) in script.objects.iter().enumerate() {
        if !is_derived(declaration.kind) {
            handles[place] = Some(make_one(&declaration.name, declaration.kind, &handles));
        }
    }
    for (handle, declaration) in handles.iter().zip(&script.objects) {
        if let (Some(Handle::WaitGroup(group)), Kind::WaitGroup { count }) =
            (handle, declaration.kind)
            && count > 0
        {
            group.add(i64::from(count));
        }
    }
    for (place, declaration) in script.objects.iter().enumerate() {
        if is_derived(declaration.kind) {
            handles[place] = Some(make_one(&declaration.name, declaration.kind, &handles));
        }
    }
    handles
        .into_iter()
        .map(|handle| handle.expect("all were made"))
        .collect()
}

fn make_one(name: &str, kind: Kind, made: &[Option<Handle>]) -> Handle {
    match kind {
        Kind::Mutex => Handle::Mutex(sync::mutex(name, 0)),
        Kind::RwLock => Handle::RwLock(sync::rwlock(name, 0)),
        Kind::Chan { capacity } => Handle::Chan(sync::chan(name, capacity)),
        Kind::NilChan => Handle::Chan(Chan::nil()),
        Kind::WaitGroup { .. } => Handle::WaitGroup(sync::waitgroup(name)),
        Kind::Once => Handle::Once(sync::once(name)),
        Kind::Cond => Handle::Cond(sync::cond(name)),
        Kind::Timer => Handle::Timer(sync::timer(name)),
        Kind::Ticker { ticks_max } => Handle::Timer(sync::ticker(name, ticks_max)),
        Kind::Context { parent, deadline } => {
            let parent = match parent.map(|parent| made[parent.0]) {
                None => sync::background(),
                Some(Some(Handle::Context(parent))) => parent,
                Some(_) => panic!("the parent of {name} is no context that is declared before it"),
            };
            Handle::Context(if deadline {
                parent.with_timeout(name)
            } else {
                parent.with_cancel(name)
            })
        }
        Kind::Atomic { value } => Handle::Atomic(sync::atomic(name, value)),
        Kind::Cell { value } => Handle::Cell(sync::shared(name, value)),
    }
}

/// The handle of an object of the kind that is needed.
macro_rules! handle {
    ($runner:expr, $object:expr, $kind:ident) => {
        match $runner.shared.handles[$object.0] {
            Handle::$kind(handle) => handle,
            _ => panic!(
                "{} is of another kind",
                $runner.shared.script.name(*$object)
            ),
        }
    };
}

impl Runner {
    fn run(shared: &Rc<Shared>, place: usize) {
        let runner = Self {
            shared: shared.clone(),
        };
        runner.body(&shared.script.goroutines[place].body, &mut 0);
    }

    fn body(&self, body: &[Statement], last: &mut i64) -> Flow {
        for statement in body {
            match self.statement(statement, last) {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    fn statement(&self, statement: &Statement, last: &mut i64) -> Flow {
        match statement {
            Statement::Lock(_)
            | Statement::TryLock(..)
            | Statement::Unlock(_)
            | Statement::Increment(..)
            | Statement::RLock(_)
            | Statement::TryRLock(..)
            | Statement::RUnlock(_)
            | Statement::WLock(_)
            | Statement::TryWLock(..)
            | Statement::WUnlock(_)
            | Statement::CondWait(..) => return self.lock_statement(statement, last),
            Statement::Choose(_)
            | Statement::Once(..)
            | Statement::Range(..)
            | Statement::Repeat(..)
            | Statement::Forever(_)
            | Statement::Break
            | Statement::Return => return self.control(statement, last),
            Statement::Select { arms, default } => {
                return self.select(arms, default.as_deref(), last);
            }
            Statement::Send(o, operand) => handle!(self, o, Chan).send(operand.value(*last)),
            Statement::Recv(o) => *last = self.channel(*o).recv().unwrap_or(0),
            Statement::Close(o) => handle!(self, o, Chan).close(),
            Statement::Len(o) => {
                *last = i64::try_from(handle!(self, o, Chan).len()).unwrap_or(i64::MAX);
            }
            Statement::WgAdd(o, delta) => handle!(self, o, WaitGroup).add(*delta),
            Statement::WgWait(o) => handle!(self, o, WaitGroup).wait(),
            Statement::CondSignal(o) => handle!(self, o, Cond).signal(),
            Statement::CondBroadcast(o) => handle!(self, o, Cond).broadcast(),
            Statement::TimerStop(o) => *last = i64::from(handle!(self, o, Timer).stop()),
            Statement::TimerReset(o) => *last = i64::from(handle!(self, o, Timer).reset()),
            Statement::CtxCancel(o) => handle!(self, o, Context).cancel(),
            Statement::CtxErr(o) => {
                *last = match handle!(self, o, Context).err() {
                    None => 0,
                    Some(Reason::Canceled) => 1,
                    Some(Reason::DeadlineExceeded) => 2,
                };
            }
            Statement::Atomic(o, op) => atomic(handle!(self, o, Atomic), *op, last),
            Statement::Get(o) => *last = handle!(self, o, Cell).get(),
            Statement::Set(o, operand) => handle!(self, o, Cell).set(operand.value(*last)),
            Statement::Sleep => sync::sleep(),
            Statement::Yield => sync::gosched(),
            Statement::Go(child) => start(&self.shared, *child),
            Statement::Panic(message) => panic!("{message}"),
        }
        Flow::Next
    }

    fn lock_statement(&self, statement: &Statement, last: &mut i64) -> Flow {
        match statement {
            Statement::Lock(o) => {
                let guard = handle!(self, o, Mutex).lock();
                *last = *guard;
                guard.leave_locked();
            }
            Statement::TryLock(o, body) => match handle!(self, o, Mutex).try_lock() {
                Some(guard) => {
                    *last = *guard;
                    guard.leave_locked();
                    return self.body(body, last);
                }
                None => *last = 0,
            },
            Statement::Unlock(o) => handle!(self, o, Mutex).unlock(),
            Statement::Increment(o, delta) => *last = self.increment(*o, *delta),
            Statement::RLock(o) => {
                let guard = handle!(self, o, RwLock).rlock();
                *last = *guard;
                guard.leave_locked();
            }
            Statement::TryRLock(o, body) => match handle!(self, o, RwLock).try_rlock() {
                Some(guard) => {
                    *last = *guard;
                    guard.leave_locked();
                    return self.body(body, last);
                }
                None => *last = 0,
            },
            Statement::RUnlock(o) => handle!(self, o, RwLock).runlock(),
            Statement::WLock(o) => {
                let guard = handle!(self, o, RwLock).lock();
                *last = *guard;
                guard.leave_locked();
            }
            Statement::TryWLock(o, body) => match handle!(self, o, RwLock).try_lock() {
                Some(guard) => {
                    *last = *guard;
                    guard.leave_locked();
                    return self.body(body, last);
                }
                None => *last = 0,
            },
            Statement::WUnlock(o) => handle!(self, o, RwLock).unlock(),
            Statement::CondWait(cond, mutex) => {
                let mutex = handle!(self, mutex, Mutex);
                *last = handle!(self, cond, Cond).wait_unguarded(mutex);
            }
            _ => unreachable!("{statement:?} has to do with no lock"),
        }
        Flow::Next
    }

    fn increment(&self, object: Object, delta: i64) -> i64 {
        match self.shared.handles[object.0] {
            Handle::RwLock(lock) => {
                let mut guard = lock.lock();
                let found = *guard;
                *guard = found.wrapping_add(delta);
                guard.unlock();
                found
            }
            _ => {
                let mut guard = handle!(self, &object, Mutex).lock();
                let found = *guard;
                *guard = found.wrapping_add(delta);
                guard.unlock();
                found
            }
        }
    }

    fn control(&self, statement: &Statement, last: &mut i64) -> Flow {
        match statement {
            Statement::Choose(bodies) => {
                let below = u32::try_from(bodies.len()).expect("more than 2^32 choices");
                let chosen = sync::choose(below);
                *last = i64::from(chosen);
                return self.body(&bodies[chosen as usize], last);
            }
            Statement::Once(o, body) => {
                let mut flow = Flow::Next;
                handle!(self, o, Once).do_once(|| flow = self.body(body, last));
                return flow;
            }
            Statement::Range(o, body) => loop {
                match self.channel(*o).recv() {
                    Some(value) => *last = value,
                    None => {
                        *last = 0;
                        break;
                    }
                }
                match self.body(body, last) {
                    Flow::Next => {}
                    Flow::Break => break,
                    Flow::Return => return Flow::Return,
                }
            },
            Statement::Repeat(times, body) => {
                for _ in 0..*times {
                    match self.body(body, last) {
                        Flow::Next => {}
                        Flow::Break => break,
                        Flow::Return => return Flow::Return,
                    }
                }
            }
            Statement::Forever(body) => {
                *last = 0;
                return sync::forever(|| match self.body(body, &mut 0) {
                    Flow::Next => ControlFlow::Continue(()),
                    Flow::Break => ControlFlow::Break(Flow::Next),
                    Flow::Return => ControlFlow::Break(Flow::Return),
                });
            }
            Statement::Break => return Flow::Break,
            Statement::Return => return Flow::Return,
            _ => unreachable!("{statement:?} does not steer"),
        }
        Flow::Next
    }

    fn channel(&self, object: Object) -> Channel {
        match self.shared.handles[object.0] {
            Handle::Chan(channel) => Channel::Integers(channel),
            Handle::Timer(timer) => Channel::Signals(timer.c),
            Handle::Context(context) => Channel::Signals(context.done()),
            _ => panic!("{} stands for no channel", self.shared.script.name(object)),
        }
    }

    fn select(
        &self,
        arms: &[(Case, Vec<Statement>)],
        default: Option<&[Statement]>,
        last: &mut i64,
    ) -> Flow {
        let mut select = sync::Select::new();
        let mut receives = Vec::new();
        for (case, _) in arms {
            receives.push(match case {
                Case::Send(o, operand) => {
                    select.send(handle!(self, o, Chan), operand.value(*last));
                    None
                }
                Case::Recv(o) => Some(match self.channel(*o) {
                    Channel::Integers(channel) => RecvCase::Integers(select.recv(channel)),
                    Channel::Signals(channel) => RecvCase::Signals(select.recv(channel)),
                }),
            });
        }
        let done = match default {
            None => Some(select.wait()),
            Some(_) => select.wait_or_default(),
        };
        let Some(case) = done else {
            return self.body(default.unwrap_or_default(), last);
        };
        match receives[case] {
            None => {}
            Some(RecvCase::Integers(receive)) => *last = select.received(receive).unwrap_or(0),
            Some(RecvCase::Signals(receive)) => {
                let _: Option<()> = select.received(receive);
                *last = 0;
            }
        }
        self.body(&arms[case].1, last)
    }
}

impl Operand {
    fn value(self, last: i64) -> i64 {
        match self {
            Self::Constant(integer) => integer,
            Self::Last(delta) => last.wrapping_add(delta),
        }
    }
}

fn atomic(atomic: sync::Atomic, op: AtomicOp, last: &mut i64) {
    match op {
        AtomicOp::Load => *last = atomic.load(),
        AtomicOp::Store(value) => atomic.store(value),
        AtomicOp::Add(delta) => *last = atomic.add(delta),
        AtomicOp::Swap(value) => *last = atomic.swap(value),
        AtomicOp::CompareAndSwap(old, new) => {
            *last = i64::from(atomic.compare_and_swap(old, new));
        }
    }
}
