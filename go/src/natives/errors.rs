//! Package errors: what needs reflection in Go.

use smallvec::smallvec;

use super::{Table, sync::nil};
use crate::machine::{Act, Done, Input, NFrame, Run, act_done, equal};
use crate::types::{Kind, Own};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("errors.Is", is),
    ("errors.As", r#as),
    ("errors.Unwrap", unwrap),
    ("RuntimeError.Error", text),
    ("RuntimeError.RuntimeError", |_, _, _| super::nothing()),
    ("PlainError.Error", text),
    ("WrapError.Error", wrapped_text),
    ("WrapError.Unwrap", |run, frame, _| {
        let V::Ptr(cell, _) = frame.arg(0) else {
            return nil();
        };
        let v = run.leaf(cell, 1)?;
        act_done(v)
    }),
    ("Canceled.Error", |run, _, _| {
        let v = run.m.pool.text("context canceled");
        act_done(v)
    }),
    ("DeadlineExceeded.Error", |run, _, _| {
        let v = run.m.pool.text("context deadline exceeded");
        act_done(v)
    }),
    ("DeadlineExceeded.Timeout", |_, _, _| {
        act_done(V::Bool(true))
    }),
    ("DeadlineExceeded.Temporary", |_, _, _| {
        act_done(V::Bool(true))
    }),
];

fn text(_: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    act_done(frame.arg(0))
}

fn wrapped_text(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let V::Ptr(cell, _) = frame.arg(0) else {
        return nil();
    };
    let v = run.leaf(cell, 0)?;
    act_done(v)
}

/// Returns the error that this one wraps, or the call that yields it: `Err(None)` if it wraps
/// nothing.
fn below(run: &mut Run<'_>, error: V) -> Result<V, Option<Act>> {
    let V::Iface(t, inner) = error else {
        return Err(None);
    };
    let inner = run.m.pool.unboxed(inner);
    if run.types.as_own(t) == Some(Own::WrapError) {
        let V::Ptr(cell, _) = inner else {
            return Err(None);
        };
        return run.leaf(cell, 1).map_err(|_| None);
    }
    match run.method_named(t, "Unwrap") {
        Some(f) => Err(Some(Act::Call(f, smallvec![inner]))),
        None => Err(None),
    }
}

/// Goes along the chain of an error: `found` says what to do with each; `end` is returned where it
/// ends. The first argument is the error at hand.
fn along(
    run: &mut Run<'_>,
    frame: &mut NFrame,
    input: Input,
    found: fn(&mut Run<'_>, &mut NFrame, V) -> Result<Option<Act>, gordian_checker::model::Fault>,
) -> Done {
    match input {
        Input::Unwinds(unwind) => return Ok(Act::Unwind(unwind)),
        Input::Results(values) => {
            let v = values.first().copied().unwrap_or(V::Nil);
            if matches!(v, V::Slice(_)) {
                // An error that wraps several.
                let all = run.elements(v, 1)?;
                frame.args.truncate(2);
                frame.args.extend(all);
                frame.args[0] = match frame.args.len() {
                    2 => V::Nil,
                    _ => frame.args.remove(2),
                };
            } else {
                frame.args[0] = v;
            }
        }
        _ => {}
    }
    loop {
        let error = frame.arg(0);
        if error == V::Nil {
            if frame.args.len() > 2 {
                frame.args[0] = frame.args.remove(2);
                continue;
            }
            return act_done(V::Bool(false));
        }
        if let Some(act) = found(run, frame, error)? {
            return Ok(act);
        }
        match below(run, error) {
            Ok(v) => frame.args[0] = v,
            Err(Some(call)) => return Ok(call),
            Err(None) => frame.args[0] = V::Nil,
        }
    }
}

fn is(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if frame.arg(0) == V::Nil && matches!(input, Input::Start) {
        return act_done(V::Bool(frame.arg(1) == V::Nil));
    }
    along(run, frame, input, |run, frame, error| {
        let same = equal(&run.m.pool, &run.types, error, frame.arg(1)) == Ok(true);
        Ok(same.then(|| Act::Done(smallvec![V::Bool(true)])))
    })
}

fn r#as(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    along(run, frame, input, |run, frame, error| {
        let (V::Iface(dynamic, inner), V::Iface(pointer, target)) = (error, frame.arg(1)) else {
            return Ok(None);
        };
        let types = run.types.clone();
        let (Kind::Ptr(wanted), V::Ptr(cell, off)) =
            (types.kind(pointer), run.m.pool.unboxed(target))
        else {
            return Ok(None);
        };
        let to_iface = *types.kind(*wanted) == Kind::Iface;
        let v = if to_iface && types.implements(dynamic, *wanted) {
            error
        } else if dynamic == *wanted {
            run.m.pool.unboxed(inner)
        } else {
            return Ok(None);
        };
        let shape = run.shape(*wanted);
        run.store(cell, off, v, shape)?;
        Ok(Some(Act::Done(smallvec![V::Bool(true)])))
    })
}

fn unwrap(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match input {
        Input::Results(values) => Ok(Act::Done(values)),
        Input::Unwinds(unwind) => Ok(Act::Unwind(unwind)),
        _ => match below(run, frame.arg(0)) {
            Ok(v) => act_done(v),
            Err(Some(call)) => Ok(call),
            Err(None) => act_done(V::Nil),
        },
    }
}
