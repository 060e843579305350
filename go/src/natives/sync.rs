//! Package sync: each method is an operation of the rules.

use gordian_checker::model::{
    Cond, CondOp, Fault, Mutex, MutexOp, Object, ObjectId, Once, OnceOp, Op, Outcome, RwLock,
    RwLockOp, ValueId, WaitGroup,
};
use smallvec::smallvec;

use super::{Table, nothing, operation};
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::types::{Kind, Own, Primitive};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("(*sync.Mutex).Lock", |run, frame, input| {
        plain(run, frame, input, |id| Op::Mutex(id, MutexOp::Lock))
    }),
    ("(*sync.Mutex).Unlock", |run, frame, input| {
        plain(run, frame, input, |id| Op::Mutex(id, MutexOp::Unlock(None)))
    }),
    ("(*sync.Mutex).TryLock", |run, frame, input| {
        tried(run, frame, input, |id| Op::Mutex(id, MutexOp::TryLock))
    }),
    ("(*sync.RWMutex).Lock", |run, frame, input| {
        plain(run, frame, input, |id| Op::RwLock(id, RwLockOp::Lock))
    }),
    ("(*sync.RWMutex).Unlock", |run, frame, input| {
        plain(run, frame, input, |id| {
            Op::RwLock(id, RwLockOp::Unlock(None))
        })
    }),
    ("(*sync.RWMutex).TryLock", |run, frame, input| {
        tried(run, frame, input, |id| Op::RwLock(id, RwLockOp::TryLock))
    }),
    ("(*sync.RWMutex).RLock", |run, frame, input| {
        plain(run, frame, input, |id| Op::RwLock(id, RwLockOp::RLock))
    }),
    ("(*sync.RWMutex).RUnlock", |run, frame, input| {
        plain(run, frame, input, |id| Op::RwLock(id, RwLockOp::RUnlock))
    }),
    ("(*sync.RWMutex).TryRLock", |run, frame, input| {
        tried(run, frame, input, |id| Op::RwLock(id, RwLockOp::TryRLock))
    }),
    ("(*sync.RWMutex).RLocker", r_locker),
    ("RLocker.Lock", |run, frame, input| {
        plain(run, frame, input, |id| Op::RwLock(id, RwLockOp::RLock))
    }),
    ("RLocker.Unlock", |run, frame, input| {
        plain(run, frame, input, |id| Op::RwLock(id, RwLockOp::RUnlock))
    }),
    ("(*sync.Once).Do", once_do),
    ("sync.NewCond", new_cond),
    ("(*sync.Cond).Wait", cond_wait),
    ("(*sync.Cond).Signal", |run, frame, input| {
        cond_wake(run, frame, input, CondOp::Signal)
    }),
    ("(*sync.Cond).Broadcast", |run, frame, input| {
        cond_wake(run, frame, input, CondOp::Broadcast)
    }),
];

/// Returns a primitive as it is at first.
pub(crate) fn fresh(primitive: Primitive) -> Object {
    match primitive {
        Primitive::Mutex => Object::Mutex(Mutex::new(ValueId::UNIT)),
        Primitive::RwMutex => Object::RwLock(RwLock::new(ValueId::UNIT)),
        Primitive::WaitGroup => Object::WaitGroup(WaitGroup { count: 0 }),
        Primitive::Once => Object::Once(Once::Fresh),
        Primitive::Cond => Object::Cond(Cond::default()),
    }
}

/// Returns the object that the receiver points to; `None` if it is nil.
pub(super) fn receiver(run: &mut Run<'_>, frame: &NFrame) -> Option<ObjectId> {
    match frame.arg(0) {
        V::Ptr(cell, off) => Some(run.object_at(cell, off)),
        _ => None,
    }
}

/// Returns the panic of a nil receiver.
pub(super) fn nil() -> Done {
    Ok(Act::Error(
        "invalid memory address or nil pointer dereference".to_owned(),
    ))
}

/// Does an operation on the receiver that tells nothing.
pub(super) fn plain(
    run: &mut Run<'_>,
    frame: &mut NFrame,
    input: Input,
    op: impl Fn(ObjectId) -> Op,
) -> Done {
    if !matches!(input, Input::Start) {
        return nothing();
    }
    let Some(id) = receiver(run, frame) else {
        return nil();
    };
    frame.args.clear();
    operation(frame, op(id))
}

/// Does an operation that may fail.
fn tried(run: &mut Run<'_>, frame: &mut NFrame, input: Input, op: impl Fn(ObjectId) -> Op) -> Done {
    match input {
        Input::Outcome(outcome) => act_done(V::Bool(outcome != Outcome::Nothing)),
        input => plain(run, frame, input, op),
    }
}

fn r_locker(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let t = run.types.own(Own::RLocker);
    let v = run.m.pool.iface(t, frame.arg(0));
    act_done(v)
}

/// Runs the function in the first call; one that panics counts as done.
fn once_do(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match (frame.step, input) {
        (0, _) => match receiver(run, frame) {
            Some(id) => operation(frame, Op::Once(id, OnceOp::Begin)),
            None => nil(),
        },
        (1, Input::Outcome(Outcome::Number(0))) => nothing(),
        (1, _) => {
            frame.step = 2;
            Ok(Act::Call(frame.arg(1), smallvec![]))
        }
        (2, input) => {
            let Some(id) = receiver(run, frame) else {
                return nil();
            };
            if let Input::Unwinds(unwind) = input {
                // Kept until the once has ended.
                let panic = unwind.panic.unwrap_or(V::Dead);
                frame.args = vec![panic, V::Bool(unwind.goexit)];
                frame.step = 3;
            }
            operation(frame, Op::Once(id, OnceOp::End))
        }
        (4, _) => Ok(Act::Unwind(crate::machine::Unwind {
            panic: Some(frame.arg(0)).filter(|&v| v != V::Dead),
            recovered: false,
            goexit: frame.arg(1) == V::Bool(true),
        })),
        _ => nothing(),
    }
}

fn new_cond(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let code = run.code.clone();
    let func = &code.funcs[frame.func as usize];
    let Some(&result) = func.results.first() else {
        return nil();
    };
    let Kind::Ptr(t) = *run.types.kind(result) else {
        return nil();
    };
    let place = run.place_of(frame);
    let cell = run.make_zero(place, t, 1)?;
    let locker = frame.arg(0);
    run.set_leaf(cell, LOCKER, locker)?;
    if !matches!(locker, V::Iface(t, _) if mutex_within(run, t).is_some()) {
        let guard = run.object_at(cell, LOCKER);
        run.create(guard, Object::Mutex(Mutex::new(ValueId::UNIT)), None);
    }
    act_done(V::Ptr(cell, 0))
}

/// The offset of the field L of a `sync.Cond`. Here, too, is the mutex of its own that it has over
/// another lock than a `sync.Mutex`.
const LOCKER: u32 = 1;

/// The steps of an operation of a condition with a mutex of its own.
const GUARDED: u32 = 10;

/// Returns the mutex of its own of a condition. The rules unlock a mutex in the step in which a
/// goroutine begins to wait. For another lock this is that mutex: it is held from before the lock
/// is given up, and by who signals. So no signal is lost in between.
fn guard(run: &mut Run<'_>, cell: u32, off: u32) -> Result<Option<ObjectId>, Fault> {
    match run.leaf(cell, off + LOCKER)? {
        V::Iface(t, _) if mutex_within(run, t).is_none() => {}
        _ => return Ok(None),
    }
    let id = run.object_at(cell, off + LOCKER);
    let is_made =
        run.created.iter().any(|it| it.id == id) || *run.look().object(id) != Object::Absent;
    if !is_made {
        let what = "uses a sync.Cond over another lock than a sync.Mutex that sync.NewCond has not \
                    made";
        return Err(run.unsupported(what));
    }
    Ok(Some(id))
}

/// Unlocks and waits in one step.
fn cond_wait(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Input::Unwinds(unwind) = input {
        return Ok(Act::Unwind(unwind));
    }
    let step = frame.step;
    if step > 0 && step < GUARDED {
        return nothing();
    }
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    let (cond, guard) = (run.object_at(cell, off), guard(run, cell, off)?);
    let V::Iface(t, inner) = run.leaf(cell, off + LOCKER)? else {
        return nil();
    };
    let wait = |mutex| Op::CondWait {
        cond,
        mutex,
        content: None,
    };
    let Some(mutex) = guard else {
        let V::Ptr(cell, off) = run.m.pool.unboxed(inner) else {
            return nil();
        };
        let mutex = run.object_at(cell, off + mutex_within(run, t).unwrap_or(0));
        frame.args.clear();
        return operation(frame, wait(mutex));
    };
    frame.step = step.max(GUARDED);
    match frame.step - GUARDED {
        0 => operation(frame, Op::Mutex(mutex, MutexOp::Lock)),
        1 => of_locker(run, frame, (t, inner), "Unlock"),
        2 => operation(frame, wait(mutex)),
        3 => operation(frame, Op::Mutex(mutex, MutexOp::Unlock(None))),
        4 => of_locker(run, frame, (t, inner), "Lock"),
        _ => nothing(),
    }
}

/// Calls a method of the lock of a condition.
fn of_locker(run: &mut Run<'_>, frame: &mut NFrame, (t, inner): (u32, u32), name: &str) -> Done {
    frame.step += 1;
    let receiver = run.m.pool.unboxed(inner);
    match run.method_named(t, name) {
        Some(f) => Ok(Act::Call(f, smallvec![receiver])),
        None => Err(run.unsupported(format!("uses a lock without {name}"))),
    }
}

/// Wakes one waiter, or all.
fn cond_wake(run: &mut Run<'_>, frame: &mut NFrame, input: Input, op: CondOp) -> Done {
    let step = frame.step;
    if step > 0 && step < GUARDED {
        return nothing();
    }
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    let Some(guard) = guard(run, cell, off)? else {
        return plain(run, frame, input, |id| Op::Cond(id, op));
    };
    let cond = run.object_at(cell, off);
    frame.step = step.max(GUARDED);
    match frame.step - GUARDED {
        0 => operation(frame, Op::Mutex(guard, MutexOp::Lock)),
        1 => operation(frame, Op::Cond(cond, op)),
        2 => operation(frame, Op::Mutex(guard, MutexOp::Unlock(None))),
        _ => nothing(),
    }
}

/// Returns the offset of the mutex in what such a pointer points to, if that is one, or has its
/// methods from one that is embedded.
fn mutex_within(run: &Run<'_>, pointer: u32) -> Option<u32> {
    let types = &run.types;
    let Kind::Ptr(of) = *types.kind(pointer) else {
        return None;
    };
    let of = types.get(of);
    let locks = types.get(pointer).table.iter();
    let mut locks = locks.filter(|(method, _)| types.method_names[**method as usize] == "Lock");
    let is_promoted = locks
        .next()
        .is_some_and(|(_, func)| func.is_some_and(|func| run.code.funcs[func as usize].synthetic));
    let is_mutex = of.opaque.as_deref() == Some("sync.Mutex");
    match of.primitives[..] {
        [(off, Primitive::Mutex)] if is_mutex || is_promoted => Some(off),
        _ => None,
    }
}
