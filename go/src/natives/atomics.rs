//! Package sync/atomic: an access to memory that is a step of its own. The goroutine touches the
//! place first, and when it goes on it does what it is to do.

use gordian_checker::model::{Fault, Op};

use super::sync::nil;
use super::{Table, nothing};
use crate::code::Number;
use crate::machine::{Act, Done, How, Input, NFrame, Run, act_done, wrap};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("sync/atomic.Load*", load),
    ("sync/atomic.Store*", store),
    ("sync/atomic.Add*", add),
    ("sync/atomic.Swap*", swap),
    ("sync/atomic.CompareAndSwap*", compare_and_swap),
    ("sync/atomic.And*", |run, frame, input| {
        change(run, frame, input, |_, old, args| and(old, args))
    }),
    ("sync/atomic.Or*", |run, frame, input| {
        change(run, frame, input, |_, old, args| or(old, args))
    }),
    ("(*sync/atomic.*", method),
];

/// Does a method of one of the types.
fn method(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let code = run.code.clone();
    let name = &code.funcs[frame.func as usize].name;
    if name.contains("atomic.Value)")
        && !matches!(input, Input::Start)
        && let Some(panic) = refused(run, frame)?
    {
        return Ok(panic);
    }
    match name.rsplit('.').next().unwrap_or("") {
        "Load" => load(run, frame, input),
        "Store" => store(run, frame, input),
        "Add" => add(run, frame, input),
        "Swap" => swap(run, frame, input),
        "CompareAndSwap" => compare_and_swap(run, frame, input),
        "And" => change(run, frame, input, |_, old, args| and(old, args)),
        "Or" => change(run, frame, input, |_, old, args| or(old, args)),
        _ => Err(run.unsupported(format!("calls {name}"))),
    }
}

/// Returns the panic of a `Value` into which nil, or a value of another type, is put.
fn refused(run: &mut Run<'_>, frame: &NFrame) -> Result<Option<Act>, Fault> {
    let (Some(&new), V::Ptr(cell, off)) = (frame.args[1..].last(), frame.arg(0)) else {
        return Ok(None);
    };
    let message = match (new, run.leaf(cell, off)?) {
        (V::Iface(t, _), V::Iface(u, _)) if t != u => {
            "sync/atomic: store of inconsistently typed value into Value"
        }
        (V::Iface(..), _) => return Ok(None),
        _ => "sync/atomic: store of nil value into Value",
    };
    let text = run.m.pool.text(message);
    Ok(Some(Act::Panic(run.plain_string(text))))
}

fn and(old: V, args: &[V]) -> (V, V) {
    (V::Int(Run::number(old) & Run::number(args[1])), old)
}

fn or(old: V, args: &[V]) -> (V, V) {
    (V::Int(Run::number(old) | Run::number(args[1])), old)
}

/// Returns the content of the hidden leaf of a type of the package. Zero is that of the result's
/// type.
fn content(run: &mut Run<'_>, frame: &NFrame, leaf: V) -> V {
    if leaf != V::Nil {
        return leaf;
    }
    let code = run.code.clone();
    let name = &code.funcs[frame.func as usize].name;
    let number = ["Int", "Uint"].iter().any(|it| name.contains(it));
    if number {
        V::Int(0)
    } else if name.contains("atomic.Bool)") {
        V::Bool(false)
    } else {
        V::Nil
    }
}

fn number_of(run: &Run<'_>, frame: &NFrame) -> Number {
    let name = &run.code.funcs[frame.func as usize].name;
    let bits = if name.contains("32") { 32 } else { 64 };
    let signed = !name.contains("Uint") && !name.contains("uint");
    Number::Int { bits, signed }
}

fn load(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    if matches!(input, Input::Start) {
        frame.step = 1;
        let object = run.touched_at(cell, off);
        return Ok(Act::Op(Op::Touch(object, false)));
    }
    run.touch(cell, off, 1, How::AtomicRead);
    let leaf = run.leaf(cell, off)?;
    let v = content(run, frame, leaf);
    act_done(v)
}

/// Changes the place to the first of what `f` says, and returns the second.
fn change(
    run: &mut Run<'_>,
    frame: &mut NFrame,
    input: Input,
    f: impl Fn(&mut Run<'_>, V, &[V]) -> (V, V),
) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    if matches!(input, Input::Start) {
        frame.step = 1;
        let object = run.touched_at(cell, off);
        return Ok(Act::Op(Op::Touch(object, true)));
    }
    run.touch(cell, off, 1, How::AtomicWrite);
    let leaf = run.leaf(cell, off)?;
    let old = content(run, frame, leaf);
    let args = std::mem::take(&mut frame.args);
    let (new, result) = f(run, old, &args);
    run.set_leaf(cell, off, new)?;
    if result == V::Dead {
        return nothing();
    }
    act_done(result)
}

fn store(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    change(run, frame, input, |_, _, args| (args[1], V::Dead))
}

fn swap(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    change(run, frame, input, |_, old, args| (args[1], old))
}

fn add(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let on = number_of(run, frame);
    change(run, frame, input, |_, old, args| {
        let sum = Run::number(old).wrapping_add(Run::number(args[1]));
        let sum = V::Int(wrap(on, sum));
        (sum, sum)
    })
}

fn compare_and_swap(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    change(run, frame, input, |run, old, args| {
        let same = crate::machine::equal(&run.m.pool, &run.types, old, args[1]) == Ok(true);
        (if same { args[2] } else { old }, V::Bool(same))
    })
}
