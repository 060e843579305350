//! Package context: contexts are objects of the rules. The cell of one has its object and parts at
//! these offsets.

use gordian_checker::model::{Chan, Context, ContextOp, Object, Op, Outcome, Timer};
use smallvec::smallvec;

use super::sync::nil;
use super::{Table, nothing, operation, zeros};
use crate::machine::{Act, Done, GoroutineKey, Input, NFrame, Run, act_done, equal};
use crate::types::Own;
use crate::value::V;

/// The context itself, unless it is one that is never cancelled.
const CONTEXT: u32 = 0;
/// Its done channel.
const DONE: u32 = 1;
/// Its deadline.
const TIMER: u32 = 2;
/// Its parent, as an interface value.
const PARENT: u32 = 3;
/// The key and value that it adds.
const KEY: u32 = 4;
const VALUE: u32 = 5;
/// Why it was cancelled.
const CAUSE: u32 = 6;

pub(super) const TABLE: Table = &[
    ("context.Background", background),
    ("context.TODO", background),
    ("context.WithCancel", |run, frame, input| {
        derive(run, frame, input, false)
    }),
    ("context.WithCancelCause", |run, frame, input| {
        derive(run, frame, input, false)
    }),
    ("context.WithTimeout", |run, frame, input| {
        derive(run, frame, input, true)
    }),
    ("context.WithDeadline", |run, frame, input| {
        derive(run, frame, input, true)
    }),
    ("context.WithValue", with_value),
    ("context.WithoutCancel", without_cancel),
    ("context.Cause", cause),
    ("machine.context.cancel", cancel),
    ("Context.Done", done),
    ("Context.Err", err),
    ("Context.Value", value),
    ("Context.Deadline", |run, frame, _| {
        zeros_of_deadline(run, frame)
    }),
];

fn make(
    run: &mut Run<'_>,
    frame: &NFrame,
    leaves: [V; 7],
) -> Result<(u32, V), gordian_checker::model::Fault> {
    let place = run.place_of(frame);
    let cell = run.make(place, leaves.to_vec())?;
    let t = run.types.own(Own::Context);
    let v = run.m.pool.iface(t, V::Ptr(cell, 0));
    Ok((cell, v))
}

fn background(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    // All are one: they have nothing of their own.
    let t = run.types.own(Own::Context);
    let _ = frame;
    let v = run.m.pool.iface(t, V::Nil);
    act_done(v)
}

/// Returns the nearest context above, itself included, that can be cancelled; `Err` if one is not
/// the package's own.
fn cancellable(
    run: &mut Run<'_>,
    mut context: V,
) -> Result<Option<u32>, gordian_checker::model::Fault> {
    loop {
        let V::Iface(t, inner) = context else {
            return Ok(None);
        };
        if run.types.as_own(t) != Some(Own::Context) {
            return Err(run.unsupported("derives a context from one of a type of its own"));
        }
        let V::Ptr(cell, _) = run.m.pool.unboxed(inner) else {
            return Ok(None);
        };
        if run.leaf(cell, CONTEXT)? == V::Bool(true) {
            return Ok(Some(cell));
        }
        context = run.leaf(cell, PARENT)?;
    }
}

fn derive(run: &mut Run<'_>, frame: &mut NFrame, input: Input, deadline: bool) -> Done {
    if let Input::Outcome(_) = input {
        return finish(run, frame);
    }
    let parent = frame.arg(0);
    if parent == V::Nil {
        let text = run.m.pool.text("cannot create context from nil parent");
        let v = run.plain_string(text);
        return Ok(Act::Panic(v));
    }
    let above = cancellable(run, parent)?;
    let due = match deadline {
        true => super::time::due(run, frame.arg(1)),
        false => V::Nil,
    };
    let leaves = [V::Bool(true), V::Nil, due, parent, V::Nil, V::Nil, V::Nil];
    let (cell, v) = make(run, frame, leaves)?;
    let (context, done) = (run.object_at(cell, CONTEXT), run.object_at(cell, DONE));
    let mut timer = None;
    if deadline {
        let id = run.object_at(cell, TIMER);
        let code = run.code.clone();
        let fires = run.m.things.goroutine(GoroutineKey::Timer { cell }, &code);
        run.create(
            id,
            Object::Timer(Timer::deadline(context, above.is_some())),
            Some(fires),
        );
        timer = Some(id);
    }
    run.create(done, Object::Chan(Chan::new(0)), None);
    run.create(context, Object::Context(Context::new(done, timer)), None);
    frame.args = vec![v];
    // To join the context above is an operation, since others know that one. A root joins none.
    match above {
        Some(above) => {
            let above = run.object_at(above, CONTEXT);
            operation(frame, Op::CtxDerive(above, context))
        }
        None => finish(run, frame),
    }
}

fn finish(run: &mut Run<'_>, frame: &mut NFrame) -> Done {
    let v = frame.arg(0);
    let V::Iface(_, inner) = v else {
        return nil();
    };
    let cell = run.m.pool.unboxed(inner);
    let V::Func(id) = run.named_function("machine.context.cancel") else {
        return nil();
    };
    let func = run.m.pool.function_of(id).0;
    let cancel = run.m.pool.function(func, &[cell]);
    Ok(Act::Done(smallvec![v, cancel]))
}

/// Stands for the function that `WithCancel` returns; of `WithCancelCause` it has the cause as an
/// argument.
fn cancel(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if !matches!(input, Input::Start) {
        return nothing();
    }
    let Some(V::Ptr(cell, _)) = frame.args.last().copied() else {
        return nil();
    };
    if frame.args.len() > 1 && run.leaf(cell, CAUSE)? == V::Nil {
        run.set_leaf(cell, CAUSE, frame.arg(0))?;
    }
    let context = run.object_at(cell, CONTEXT);
    frame.args.clear();
    operation(frame, Op::CtxCancel(context))
}

fn cell_of(frame: &NFrame) -> Option<u32> {
    match frame.arg(0) {
        V::Ptr(cell, _) => Some(cell),
        _ => None,
    }
}

/// Returns the nearest cancellable context of the receiver.
fn own(run: &mut Run<'_>, frame: &NFrame) -> Result<Option<u32>, gordian_checker::model::Fault> {
    let Some(cell) = cell_of(frame) else {
        return Ok(None);
    };
    let t = run.types.own(Own::Context);
    let v = run.m.pool.iface(t, V::Ptr(cell, 0));
    cancellable(run, v)
}

fn done(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    match own(run, frame)? {
        Some(cell) => {
            let id = run.object_at(cell, DONE);
            act_done(V::Chan(id.0))
        }
        None => act_done(V::Nil),
    }
}

fn error_of(run: &mut Run<'_>, number: i64) -> V {
    let (name, own) = match number {
        1 => ("context.Canceled", Own::Canceled),
        2 => ("context.DeadlineExceeded", Own::DeadlineExceeded),
        _ => return V::Nil,
    };
    let global = run
        .code
        .globals
        .iter()
        .position(|global| global.full == name);
    if let Some(cell) = global.and_then(|at| u32::try_from(at).ok())
        && let Ok(v) = run.leaf(cell, 0)
        && v != V::Nil
    {
        return v;
    }
    let t = run.types.own(own);
    run.m.pool.iface(t, V::Nil)
}

fn err(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Input::Outcome(Outcome::Number(number)) = input {
        let v = error_of(run, number);
        return act_done(v);
    }
    match own(run, frame)? {
        Some(cell) => {
            let id = run.object_at(cell, CONTEXT);
            operation(frame, Op::Context(id, ContextOp::Err))
        }
        None => act_done(V::Nil),
    }
}

fn cause(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let context = frame.arg(0);
    let Some(cell) = cancellable(run, context)? else {
        return act_done(V::Nil);
    };
    if let Input::Outcome(Outcome::Number(number)) = input {
        let cause = run.leaf(cell, CAUSE)?;
        let v = if number > 0 && cause != V::Nil {
            cause
        } else {
            error_of(run, number)
        };
        return act_done(v);
    }
    let id = run.object_at(cell, CONTEXT);
    operation(frame, Op::Context(id, ContextOp::Err))
}

fn with_value(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let leaves = [
        V::Nil,
        V::Nil,
        V::Nil,
        frame.arg(0),
        frame.arg(1),
        frame.arg(2),
        V::Nil,
    ];
    let (_, v) = make(run, frame, leaves)?;
    act_done(v)
}

/// Refuses to make a context with the values of its parent, which is never cancelled.
fn without_cancel(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let _ = frame;
    Err(run.unsupported("calls context.WithoutCancel"))
}

fn value(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let key = frame.arg(1);
    let mut cell = cell_of(frame);
    while let Some(at) = cell {
        let known = run.leaf(at, KEY)?;
        if known != V::Nil && equal(&run.m.pool, &run.types, known, key) == Ok(true) {
            let v = run.leaf(at, VALUE)?;
            return act_done(v);
        }
        cell = match run.leaf(at, PARENT)? {
            V::Iface(t, inner) if run.types.as_own(t) == Some(Own::Context) => {
                match run.m.pool.unboxed(inner) {
                    V::Ptr(cell, _) => Some(cell),
                    _ => None,
                }
            }
            V::Nil => None,
            _ => return Err(run.unsupported("derives a context from one of a type of its own")),
        };
    }
    act_done(V::Nil)
}

fn zeros_of_deadline(run: &mut Run<'_>, frame: &mut NFrame) -> Done {
    let _ = zeros;
    let _ = frame;
    Err(run.unsupported("calls context.Context.Deadline"))
}

impl Run<'_> {
    /// Returns a string as an interface value.
    pub(crate) fn plain_string(&mut self, text: V) -> V {
        let t = self.types.string_type();
        self.m.pool.iface(t, text)
    }
}
