//! The operations of the code, filled in with the goroutine's present objects and values, and the
//! effects of their outcomes on its variables.

use super::{Interpreter, Value, Values};
use crate::model::{
    Case, CellOp, ChanOp, MutexOp, ObjectId, OnceOp, Op, Outcome, RwLockOp, ValueId,
};
use crate::script::code::{Communication, Operation};
use crate::script::frame::{Frame, Held};
use crate::script::ids::{self, Ids};
use crate::script::{Grip, Kind, Object, Operand, Script, Var};

/// The data that operations are filled in with.
pub(super) struct Filling<'a> {
    pub(super) script: &'a Script,
    pub(super) ids: &'a mut Ids,
    pub(super) values: &'a mut Values,
    pub(super) frame: &'a Frame,
    /// The last integer that the goroutine got.
    pub(super) last: i64,
}

impl Filling<'_> {
    pub(super) fn op(&mut self, act: &Operation) -> Op {
        match act {
            Operation::Fixed(op) => {
                let mut op = op.clone();
                self.resolve(&mut op);
                op
            }
            Operation::Send(channel, operand) => Op::Chan(
                self.channel(*channel),
                ChanOp::Send(self.sent(*channel, *operand)),
            ),
            Operation::Set(cell, operand) => {
                Op::Cell(self.object(*cell), CellOp::Set(self.value(*operand)))
            }
            Operation::Unlock(lock, operand) => Op::Mutex(
                self.object(*lock),
                MutexOp::Unlock(Some(self.value(*operand))),
            ),
            Operation::WUnlock(lock, operand) => Op::RwLock(
                self.object(*lock),
                RwLockOp::Unlock(Some(self.value(*operand))),
            ),
            Operation::Select(communications, default) => Op::Select {
                cases: communications.iter().map(|it| self.case(it)).collect(),
                default: *default,
                nils: Box::default(),
            },
            Operation::Go(place) => {
                let (frame, sort) = (self.frame, &self.script.goroutines[*place]);
                let nth = frame.starts(*place);
                Op::Go(self.ids.goroutine(Some(frame.goroutine), sort, nth))
            }
            Operation::OnceEnd => {
                let innermost = self.frame.onces.last();
                Op::Once(*innermost.expect("its function was begun"), OnceOp::End)
            }
            Operation::Hold(_, grip, lock) => {
                let lock = self.object(*lock);
                match grip {
                    Grip::Lock => Op::Mutex(lock, MutexOp::Lock),
                    Grip::TryLock => Op::Mutex(lock, MutexOp::TryLock),
                    Grip::RLock => Op::RwLock(lock, RwLockOp::RLock),
                    Grip::TryRLock => Op::RwLock(lock, RwLockOp::TryRLock),
                    Grip::WLock => Op::RwLock(lock, RwLockOp::Lock),
                    Grip::TryWLock => Op::RwLock(lock, RwLockOp::TryLock),
                }
            }
            Operation::Release(var) => {
                let (grip, lock, content) = self.guard(*var);
                match grip {
                    Grip::Lock | Grip::TryLock => Op::Mutex(lock, MutexOp::Unlock(Some(content))),
                    Grip::RLock | Grip::TryRLock => Op::RwLock(lock, RwLockOp::RUnlock),
                    Grip::WLock | Grip::TryWLock => {
                        Op::RwLock(lock, RwLockOp::Unlock(Some(content)))
                    }
                }
            }
            Operation::Wait(cond, var) => {
                let (_, mutex, content) = self.guard(*var);
                Op::CondWait {
                    cond: self.object(*cond),
                    mutex,
                    content: Some(content),
                }
            }
            Operation::Quiet(act) => self.op(act),
        }
    }

    fn guard(&mut self, var: Var) -> (Grip, ObjectId, ValueId) {
        match self.frame.held(var) {
            Some(Held::Guard {
                grip,
                lock,
                content,
            }) => (*grip, *lock, self.values.of_integer(*content)),
            _ => unreachable!("{var:?} holds no guard"),
        }
    }

    fn case(&mut self, communication: &Communication) -> Case {
        match communication {
            Communication::Send(o, operand) => {
                Case::Send(self.channel(*o), self.sent(*o, *operand))
            }
            Communication::Recv(o) => Case::Recv(self.channel(*o)),
        }
    }

    fn value(&mut self, operand: Operand) -> ValueId {
        self.values.of_integer(operand.value(self.last))
    }

    /// Returns the value that is sent to a channel.
    fn sent(&mut self, channel: Object, operand: Operand) -> ValueId {
        match self.script.kind(channel).handles_of() {
            Some(of) => {
                let handle = Value::Handle(self.object(of));
                self.values.id(handle)
            }
            None => self.value(operand),
        }
    }

    /// Returns the object to which a declaration is bound.
    fn object(&self, object: Object) -> ObjectId {
        let id = self.frame.binding(object);
        id.or(self.ids.first(object))
            .expect("a nil channel has no such operation")
    }

    /// Returns the channel of an object.
    fn channel(&self, object: Object) -> Option<ObjectId> {
        match self.script.kind(object) {
            Kind::NilChan => None,
            kind => Some(ids::channel(kind, self.object(object))),
        }
    }

    /// Replaces positions of the script by the actual objects in an operation.
    fn resolve(&self, op: &mut Op) {
        let named = |id: ObjectId| Object(id.index());
        match op {
            Op::Go(_) | Op::Select { .. } | Op::Choose(..) | Op::Pause(_) | Op::Exited => {}
            Op::Chan(channel, _) => *channel = channel.and_then(|o| self.channel(named(o))),
            Op::CondWait { cond, mutex, .. } => {
                *cond = self.object(named(*cond));
                *mutex = self.object(named(*mutex));
            }
            Op::CtxDerive(parent, child) => {
                *parent = self.object(named(*parent));
                *child = self.object(named(*child));
            }
            Op::Mutex(o, _)
            | Op::RwLock(o, _)
            | Op::WaitGroup(o, _)
            | Op::Once(o, _)
            | Op::Cond(o, _)
            | Op::CtxCancel(o)
            | Op::Touch(o, _)
            | Op::Context(o, _)
            | Op::Timer(o, _)
            | Op::Atomic(o, _)
            | Op::Cell(o, _)
            | Op::Semaphore(o, _) => *o = self.object(named(*o)),
        }
    }
}

impl Interpreter {
    /// Records the effects of an outcome on the goroutine's variables.
    pub(super) fn note(&self, act: &Operation, outcome: Outcome, frame: &mut Frame) {
        match (act, outcome) {
            (Operation::Hold(var, grip, lock), Outcome::Value(content)) => {
                let held = Held::Guard {
                    grip: *grip,
                    lock: self.stands_for(*lock, frame),
                    // It cannot be seen again.
                    content: match grip.reads() {
                        true => 0,
                        false => self.values.integer(content),
                    },
                };
                frame.hold(*var, held);
            }
            (Operation::Fixed(Op::Once(once, OnceOp::Begin)), Outcome::Number(1)) => {
                let once = self.stands_for(Object(once.index()), frame);
                frame.onces.push(once);
            }
            (Operation::OnceEnd, _) => drop(frame.onces.pop()),
            (Operation::Release(var), _) => drop(frame.release(*var)),
            (Operation::Wait(_, var), Outcome::Value(told)) => {
                if let Some(Held::Guard { content, .. }) = frame.held_mut(*var) {
                    *content = self.values.integer(told);
                }
            }
            (Operation::Go(place), _) => {
                frame.started(*place, &self.script.goroutines[*place].takes)
            }
            (Operation::Fixed(Op::Chan(Some(channel), ChanOp::Recv)), Outcome::Value(value)) => {
                self.receive(Object(channel.index()), value, frame);
            }
            (Operation::Select(cases, _), Outcome::Received(case, Some(value))) => {
                if let Communication::Recv(channel) = cases[case as usize] {
                    self.receive(channel, value, frame);
                }
            }
            _ => {}
        }
    }

    /// Returns the object of an operation that was just done.
    fn stands_for(&self, object: Object, frame: &Frame) -> ObjectId {
        let id = frame.binding(object).or(self.ids.first(object));
        id.expect("an operation was about it")
    }

    /// Binds the object of a channel of handles to a handle that was received from the channel.
    fn receive(&self, channel: Object, value: ValueId, frame: &mut Frame) {
        if let (Some(of), Value::Handle(id)) = (
            self.script.kind(channel).handles_of(),
            self.values.get(value),
        ) {
            frame.bind(of, id, self.ids.first(of));
        }
    }
}
