//! A running goroutine of a script: it runs its statements through the handles of [`sync`].

use std::cell::RefCell;
use std::rc::Rc;

use super::handles::{Came, Channel, Handle, RecvCase, make, make_all};
use super::held::{Held, Scope};
use crate::model::Reason;
use crate::script::{AtomicOp, Case, Goroutine, Object, Operand, Script, Statement, Var};
use crate::script::{of_control, of_locks, of_variables};
use crate::sync::{self, ControlFlow};

/// A running goroutine.
pub(super) struct Runner {
    script: Rc<Script>,
    /// The handles to which the declarations are bound here.
    handles: RefCell<Vec<Handle>>,
    /// The contents of its variables.
    pub(super) held: RefCell<Vec<(Var, Held)>>,
}

/// The way in which a list of statements ended.
pub(super) enum Flow {
    Next,
    Break,
    Return,
}

/// Returns the handle of an object, which must be of this kind.
macro_rules! handle {
    ($runner:expr, $object:expr, $kind:ident) => {
        match $runner.handle(*$object) {
            Handle::$kind(handle) => handle,
            _ => panic!("{} is of another kind", $runner.name(*$object)),
        }
    };
}

/// The goroutines that main starts one after the other, as far as they are alike.
#[derive(Default)]
struct Twins<'a> {
    last: Option<(&'a Goroutine, u32)>,
}

impl<'a> Twins<'a> {
    /// Returns the number of the next goroutine among those with the same body.
    fn next(&mut self, next: &'a Goroutine) -> Option<u32> {
        let is_twin = |last: &Goroutine| (last.daemon, &last.body) == (next.daemon, &next.body);
        let number = match self.last {
            Some((last, number)) if is_twin(last) => number + 1,
            _ => 0,
        };
        // What it takes along it takes away from the next.
        self.last = next.takes.is_empty().then_some((next, number));
        self.last.map(|_| number)
    }
}

impl Runner {
    /// Runs a script as its main goroutine.
    pub(super) fn run_script(script: &Rc<Script>) {
        let main = Self {
            script: script.clone(),
            handles: RefCell::new(make_all(script)),
            held: RefCell::default(),
        };
        let started = script.started_by_statement();
        let by_main = started.iter().enumerate().filter(|(_, by)| !**by);
        let mut twins = Twins::default();
        for (place, _) in by_main.skip(1) {
            main.start(place, twins.next(&script.goroutines[place]));
        }
        main.run(0);
    }

    fn run(&self, place: usize) {
        let goroutine = &self.script.goroutines[place];
        // The elements are dropped from the first to the last.
        let takes = goroutine.takes.iter().rev();
        let _scopes: Vec<Scope> = takes.map(|var| Scope(self, *var)).collect();
        self.body(&goroutine.body, &mut 0);
    }

    /// Starts a goroutine with the variables that it takes along. `twin` is its number among those
    /// with the same body.
    fn start(&self, place: usize, twin: Option<u32>) {
        let goroutine = &self.script.goroutines[place];
        let takes = goroutine.takes.iter();
        let taken = takes.filter_map(|&var| Some((var, self.take(var)?)));
        let child = Self {
            held: RefCell::new(taken.collect()),
            ..self.copy()
        };
        let run = move || child.run(place);
        sync::start(&goroutine.name, goroutine.kind(), run, twin);
    }

    /// Returns a runner with the same handles and no variables.
    pub(super) fn copy(&self) -> Self {
        Self {
            script: self.script.clone(),
            handles: self.handles.clone(),
            held: RefCell::default(),
        }
    }

    /// Returns the handle of an object.
    pub(super) fn handle(&self, object: Object) -> Handle {
        self.handles.borrow()[object.0]
    }

    pub(super) fn name(&self, object: Object) -> &str {
        self.script.name(object)
    }

    pub(super) fn body(&self, body: &[Statement], last: &mut i64) -> Flow {
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
            of_locks!() | Statement::CondWait(..) => return self.lock_statement(statement, last),
            of_control!() | Statement::Once(..) | Statement::Range(..) => {
                return self.control(statement, last);
            }
            Statement::Select { arms, default } => {
                return self.select(arms, default.as_deref(), last);
            }
            of_variables!() => return self.variable(statement, last),
            Statement::Send(o, operand) => match self.handle(*o) {
                Handle::Handles(channel) => channel.send(self.handle(self.of(*o))),
                _ => handle!(self, o, Chan).send(operand.value(*last)),
            },
            Statement::Recv(o) => *last = self.received(*o, self.channel(*o).recv()),
            Statement::Close(o) => match self.handle(*o) {
                Handle::Handles(channel) => channel.close(),
                _ => handle!(self, o, Chan).close(),
            },
            Statement::Len(o) => {
                *last = i64::try_from(self.channel(*o).len()).unwrap_or(i64::MAX);
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
            Statement::SemAcquire(o, permits) => handle!(self, o, Semaphore).acquire(*permits),
            Statement::SemTryAcquire(o, permits, body) => {
                let could = handle!(self, o, Semaphore).try_acquire(*permits);
                *last = i64::from(could);
                if could {
                    return self.body(body, last);
                }
            }
            Statement::SemRelease(o, permits) => handle!(self, o, Semaphore).release(*permits),
            Statement::Sleep => sync::sleep(),
            Statement::Yield => sync::gosched(),
            Statement::Go(child) => self.start(*child, None),
            Statement::New(o) => {
                let handle = make(&self.script, *o, |parent| self.handle(parent));
                handle.count(self.script.kind(*o));
                self.handles.borrow_mut()[o.0] = handle;
            }
            Statement::Panic(message) => panic!("{message}"),
        }
        Flow::Next
    }

    fn lock_statement(&self, statement: &Statement, last: &mut i64) -> Flow {
        match statement {
            Statement::Lock(o) => {
                let guard = handle!(self, o, Mutex).lock();
                *last = *guard;
                // A statement unlocks it, and not the end of this scope.
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
        match self.handle(object) {
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
                let came = self.channel(*o).recv();
                *last = self.received(*o, came);
                if came.is_none() {
                    break;
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
                // Each turn has a `last` of its own: what it carried over would be hidden state.
                *last = 0;
                return sync::forever(|| match self.body(body, &mut 0) {
                    Flow::Next => ControlFlow::Continue(()),
                    Flow::Break => ControlFlow::Break(Flow::Next),
                    Flow::Return => ControlFlow::Break(Flow::Return),
                });
            }
            Statement::Break => return Flow::Break,
            Statement::Return => return Flow::Return,
            Statement::Recover(body) => {
                return sync::recover(|| self.body(body, last)).unwrap_or(Flow::Next);
            }
            Statement::Goexit => sync::goexit(),
            _ => unreachable!("{statement:?} does not steer"),
        }
        Flow::Next
    }

    fn channel(&self, object: Object) -> Channel {
        match self.handle(object) {
            Handle::Chan(channel) => Channel::Integers(channel),
            Handle::Handles(channel) => Channel::Handles(channel),
            Handle::Timer(timer) => Channel::Signals(timer.c),
            Handle::Context(context) => Channel::Signals(context.done()),
            _ => panic!("{} stands for no channel", self.name(object)),
        }
    }

    /// Returns the object whose handles a channel carries.
    fn of(&self, channel: Object) -> Object {
        let of = self.script.kind(channel).handles_of();
        of.unwrap_or_else(|| panic!("{} has no handles", self.name(channel)))
    }

    /// Returns the integer for a received value. A received handle is bound to its object.
    fn received(&self, channel: Object, came: Option<Came>) -> i64 {
        match came {
            None => 0,
            Some(Came::Integer(integer)) => integer,
            Some(Came::Handle(handle)) => {
                self.handles.borrow_mut()[self.of(channel).0] = handle;
                0
            }
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
                    match self.handle(*o) {
                        Handle::Handles(channel) => {
                            select.send(channel, self.handle(self.of(*o)));
                        }
                        _ => {
                            select.send(handle!(self, o, Chan), operand.value(*last));
                        }
                    }
                    None
                }
                Case::Recv(o) => Some((*o, RecvCase::add(&mut select, self.channel(*o)))),
            });
        }
        let done = match default {
            None => Some(select.wait()),
            Some(_) => select.wait_or_default(),
        };
        let Some(case) = done else {
            return self.body(default.unwrap_or_default(), last);
        };
        if let Some((channel, receive)) = receives.swap_remove(case) {
            *last = self.received(channel, receive.received(&mut select));
        }
        self.body(&arms[case].1, last)
    }
}

impl Operand {
    pub(in crate::script) fn value(self, last: i64) -> i64 {
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
        AtomicOp::And(mask) => *last = atomic.and(mask),
        AtomicOp::Or(mask) => *last = atomic.or(mask),
        AtomicOp::Max(value) => *last = atomic.max(value),
    }
}
