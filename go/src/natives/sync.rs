//! Package sync: each method is an operation of the rules.

use gordian_checker::model::{
    Cond, CondOp, Mutex, MutexOp, Object, ObjectId, Once, OnceOp, Op, Outcome, RwLock, RwLockOp,
    ValueId, WaitGroup,
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
        plain(run, frame, input, |id| Op::Cond(id, CondOp::Signal))
    }),
    ("(*sync.Cond).Broadcast", |run, frame, input| {
        plain(run, frame, input, |id| Op::Cond(id, CondOp::Broadcast))
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
    let off = locker_offset(run, t);
    run.set_leaf(cell, off, frame.arg(0))?;
    act_done(V::Ptr(cell, 0))
}

/// Returns the offset of the field L of a `sync.Cond`.
fn locker_offset(run: &Run<'_>, t: u32) -> u32 {
    let fields = &run.types.get(t).fields;
    fields
        .iter()
        .find(|field| field.name == "L")
        .map_or(1, |field| field.off)
}

/// Unlocks and waits in one step; the lock of a condition must be a mutex.
fn cond_wait(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if !matches!(input, Input::Start) {
        return nothing();
    }
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    let cond = run.object_at(cell, off);
    let locker = run.leaf(cell, off + 1)?;
    let V::Iface(t, inner) = locker else {
        return nil();
    };
    let V::Ptr(cell, off) = run.m.pool.unboxed(inner) else {
        return nil();
    };
    let Some(within) = mutex_within(run, t) else {
        return Err(run.unsupported("waits for a condition whose lock is no sync.Mutex"));
    };
    let mutex = run.object_at(cell, off + within);
    frame.args.clear();
    operation(
        frame,
        Op::CondWait {
            cond,
            mutex,
            content: None,
        },
    )
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
