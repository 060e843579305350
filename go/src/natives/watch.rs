//! Goroutines that wait for a context: that of `context.AfterFunc`, and that of a context under one
//! of another type. Like the one of a timer, neither need end.

use super::contexts::{ERROR, Nearest, ask, cancels, channel_of, nearest};
use super::sync::nil;
use super::{Table, nothing, operation, select};
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::value::V;
use gordian_checker::model::{Case, ChanOp, Fault, Mutex, MutexOp, Object, Op, Outcome, ValueId};

/// The goroutine of a context under one of another type.
pub(super) const WATCH: &str = "machine.context.watch.go func";

/// The goroutine of `AfterFunc`.
const AFTER: &str = "machine.context.after.go func";

pub(super) const TABLE: Table = &[
    ("context.AfterFunc", after_func),
    ("machine.context.stop", stop),
    (AFTER, after),
    (WATCH, watch),
];

/// Starts one of these goroutines: with its arguments, and those of the native at last.
pub(super) fn start(
    run: &mut Run<'_>,
    frame: &mut NFrame,
    place: u32,
    name: &str,
    args: &[V],
) -> Done {
    let body = run.named_function(name);
    let V::Func(id) = body else { return nil() };
    let func = run.m.pool.function_of(id).0;
    frame
        .args
        .splice(0..0, [body].into_iter().chain(args.iter().copied()));
    let id = run.new_goroutine(func, place);
    operation(frame, Op::Go(id))
}

/// The one who takes the token first decides: the goroutine that then starts the function, or
/// `stop`.
fn takes(run: &mut Run<'_>, frame: &mut NFrame, token: V) -> Done {
    let V::Ptr(cell, off) = token else {
        return nil();
    };
    let id = run.object_at(cell, off);
    operation(frame, Op::Mutex(id, MutexOp::TryLock))
}

fn after_func(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let channel = match (frame.step, input) {
        (_, Input::Unwinds(unwind)) => return Ok(Act::Unwind(unwind)),
        (0, _) => match (frame.arg(0), nearest(run, frame.arg(0))?) {
            (V::Nil, _) => return nil(),
            (_, Nearest::None) => V::Nil,
            (_, Nearest::Own(cell)) => channel_of(run, cell),
            (_, Nearest::Other(it)) => return ask(run, frame, (it, "Done"), &[], 1),
        },
        (1, Input::Results(values)) => values.first().copied().unwrap_or(V::Nil),
        _ => return stopper(run, frame.arg(1), frame.arg(3)),
    };
    let place = run.place_of(frame);
    let cell = run.make(place, vec![V::Nil])?;
    let token = run.object_at(cell, 0);
    run.create(token, Object::Mutex(Mutex::new(ValueId::UNIT)), None);
    let f = frame.arg(1);
    frame.args = vec![V::Ptr(cell, 0)];
    match channel {
        V::Nil => stopper(run, channel, V::Ptr(cell, 0)),
        channel => start(run, frame, place, AFTER, &[channel, f]),
    }
}

/// Returns the function that `AfterFunc` returns.
fn stopper(run: &mut Run<'_>, channel: V, token: V) -> Done {
    let v = run.own_function("machine.context.stop", &[channel, token]);
    act_done(v)
}

/// Keeps the function from being started, unless the context is done.
fn stop(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match (frame.step, input) {
        (0, _) if frame.arg(0) != V::Nil => {
            let channel = frame.arg(0).channel();
            select(frame, [Case::Recv(channel)], true)
        }
        (0, _) => {
            frame.step = 1;
            takes(run, frame, frame.arg(1))
        }
        (1, Input::Outcome(Outcome::Default)) => takes(run, frame, frame.arg(1)),
        (1, _) => act_done(V::Bool(false)),
        (_, input) => {
            let took = !matches!(input, Input::Outcome(Outcome::Nothing));
            act_done(V::Bool(took))
        }
    }
}

/// Waits for the channel of a context, and starts the function.
fn after(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match frame.step {
        0 => operation(frame, Op::Chan(frame.arg(0).channel(), ChanOp::Recv)),
        1 => takes(run, frame, frame.arg(2)),
        2 if !matches!(input, Input::Outcome(Outcome::Nothing)) => {
            let V::Func(id) = frame.arg(1) else {
                return nil();
            };
            let func = run.m.pool.function_of(id).0;
            let place = run.code.funcs[frame.func as usize].place;
            let call = run.named_function("machine.call");
            frame.args = vec![call, frame.arg(1)];
            let id = run.new_goroutine(func, place);
            operation(frame, Op::Go(id))
        }
        _ => nothing(),
    }
}

/// Waits for the channel of a context of another type, and cancels the one below it.
fn watch(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let Some(&V::Ptr(cell, _)) = frame.args.last() else {
        return nil();
    };
    match (frame.step, input) {
        (0, _) => {
            let own = channel_of(run, cell);
            let both = [frame.arg(0), own].map(|it| Case::Recv(it.channel()));
            select(frame, both, false)
        }
        (_, Input::Unwinds(unwind)) => Ok(Act::Unwind(unwind)),
        (1, Input::Outcome(Outcome::Received(0, _))) => {
            ask(run, frame, (frame.arg(1), "Err"), &[], 2)
        }
        (2, Input::Results(values)) => {
            frame.args = vec![values.first().copied().unwrap_or(V::Nil), V::Ptr(cell, 0)];
            operation(frame, cancels(run, cell))
        }
        (3, _) => note_error(run, cell, frame.arg(0)),
        _ => nothing(),
    }
}

fn note_error(run: &mut Run<'_>, cell: u32, error: V) -> Done {
    let known: Result<V, Fault> = run.leaf(cell, ERROR);
    if known? == V::Nil {
        run.set_leaf(cell, ERROR, error)?;
    }
    nothing()
}
