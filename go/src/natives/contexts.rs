//! Package context: contexts are objects of the rules. The cell of one has its object and parts at
//! these offsets.
//!
//! A context of a type of the program's own is asked by its methods. Often its `Done` is that of a
//! context within it: then that one is its stand-in. Else a goroutine waits for its channel, as in
//! Go.

use gordian_checker::model::{
    Case, Chan, Context, ContextOp, Fault, Object, ObjectId, Op, Outcome, Reason, Timer,
};
use smallvec::smallvec;

use super::deadlines::{deadline, when};
use super::sync::nil;
use super::{Table, nothing, operation, select, watch};
use crate::machine::{Act, Done, GoroutineKey, Input, NFrame, Run, Values, act_done, equal};
use crate::types::Own;
use crate::value::V;

/// The context itself: true if it can be cancelled, false if it is cut off from what is above.
const CONTEXT: u32 = 0;
/// Its done channel.
const DONE: u32 = 1;
/// Its deadline.
const TIMER: u32 = 2;
/// Its parent, as an interface value.
pub(super) const PARENT: u32 = 3;
/// The key and value that it adds.
const KEY: u32 = 4;
const VALUE: u32 = 5;
/// Why it was cancelled.
const CAUSE: u32 = 6;
/// The error of the context of another type above, which has cancelled it.
pub(super) const ERROR: u32 = 7;
/// The deadline, as `WithDeadline` was given it.
pub(super) const WHEN: u32 = 8;
/// Why it ends when its deadline passes.
const EXPIRED: u32 = 9;
/// The cell of the context that cancels it, if that is one of the machine.
const ABOVE: u32 = 10;
const LEAVES: usize = 11;

/// The steps of a native that asks a context of another type: for its channel, or for all.
const ASKED: u32 = 100;
pub(super) const FORWARDED: u32 = 200;

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
    ("context.WithTimeoutCause", |run, frame, input| {
        derive(run, frame, input, true)
    }),
    ("context.WithDeadlineCause", |run, frame, input| {
        derive(run, frame, input, true)
    }),
    ("context.WithValue", with_value),
    ("context.WithoutCancel", without_cancel),
    ("context.Cause", cause),
    ("machine.context.cancel", cancel),
    ("Context.Done", done),
    ("Context.Err", err),
    ("Context.Value", value),
    ("Context.Deadline", deadline),
];

fn make(run: &mut Run<'_>, frame: &NFrame, set: &[(u32, V)]) -> Result<(u32, V), Fault> {
    let place = run.place_of(frame);
    let mut leaves = vec![V::Nil; LEAVES];
    for &(at, v) in set {
        leaves[at as usize] = v;
    }
    let cell = run.make(place, leaves)?;
    Ok((cell, as_context(run, cell)))
}

/// Returns the context in a cell as an interface value.
fn as_context(run: &mut Run<'_>, cell: u32) -> V {
    let t = run.types.own(Own::Context);
    run.m.pool.iface(t, V::Ptr(cell, 0))
}

fn background(run: &mut Run<'_>, _: &mut NFrame, _: Input) -> Done {
    // All are one: they have nothing of their own.
    let t = run.types.own(Own::Context);
    let v = run.m.pool.iface(t, V::Nil);
    act_done(v)
}

/// The nearest context that can be cancelled.
pub(super) enum Nearest {
    /// There is none.
    None,
    /// The one in this cell.
    Own(u32),
    /// One of a type of the program's own.
    Other(V),
}

/// Returns the nearest context from this one upwards that can be cancelled.
pub(super) fn nearest(run: &mut Run<'_>, mut context: V) -> Result<Nearest, Fault> {
    loop {
        let V::Iface(t, inner) = context else {
            return Ok(Nearest::None);
        };
        if run.types.as_own(t) != Some(Own::Context) {
            return Ok(Nearest::Other(context));
        }
        let V::Ptr(cell, _) = run.m.pool.unboxed(inner) else {
            return Ok(Nearest::None);
        };
        context = match run.leaf(cell, CONTEXT)? {
            V::Bool(true) => return Ok(Nearest::Own(cell)),
            V::Bool(false) => return Ok(Nearest::None),
            _ => run.leaf(cell, PARENT)?,
        };
    }
}

/// Returns the done channel of a context of the machine.
pub(super) fn channel_of(run: &mut Run<'_>, cell: u32) -> V {
    V::Chan(run.object_at(cell, DONE).0)
}

/// Returns the operation that cancels the context in a cell.
pub(super) fn cancels(run: &mut Run<'_>, cell: u32) -> Op {
    Op::CtxCancel(run.object_at(cell, CONTEXT))
}

/// Calls a method of a context of another type.
pub(super) fn ask(
    run: &mut Run<'_>,
    frame: &mut NFrame,
    (context, method): (V, &str),
    args: &[V],
    step: u32,
) -> Done {
    let V::Iface(t, inner) = context else {
        return nil();
    };
    let Some(f) = run.method_named(t, method) else {
        return Err(run.unsupported(format!("asks a context for {method}, which it has not")));
    };
    frame.step = step;
    let mut values: Values = smallvec![run.m.pool.unboxed(inner)];
    values.extend_from_slice(args);
    Ok(Act::Call(f, values))
}

/// Returns the context of the machine whose done channel this is.
fn whose(run: &mut Run<'_>, channel: V) -> Option<u32> {
    let V::Chan(id) = channel else {
        return None;
    };
    let (cell, off) = run.m.things.address(ObjectId(id));
    if off != DONE {
        return None;
    }
    let context = run.object_at(cell, CONTEXT);
    let mut fresh = run.created.iter().filter(|it| it.id == context);
    let is_fresh = fresh.any(|it| matches!(it.object, Object::Context(_)));
    (is_fresh || matches!(run.look().object(context), Object::Context(_))).then_some(cell)
}

/// The context above a new one.
enum Above {
    /// Nothing that can be cancelled.
    Nothing,
    /// One of the machine.
    Own(u32),
    /// One of another type, with this channel.
    Other(V),
    /// One of another type that has ended with this error.
    Ended(V),
}

fn derive(run: &mut Run<'_>, frame: &mut NFrame, input: Input, timed: bool) -> Done {
    let parent = frame.arg(0);
    let above = match (frame.step, input) {
        (0, _) if parent == V::Nil => {
            let text = run.m.pool.text("cannot create context from nil parent");
            let v = run.plain_string(text);
            return Ok(Act::Panic(v));
        }
        (0, _) => match nearest(run, parent)? {
            Nearest::None => Above::Nothing,
            Nearest::Own(cell) => Above::Own(cell),
            Nearest::Other(other) => return ask(run, frame, (other, "Done"), &[], ASKED),
        },
        (_, Input::Unwinds(unwind)) => return Ok(Act::Unwind(unwind)),
        (ASKED, Input::Results(values)) => match values.first() {
            Some(&channel @ V::Chan(id)) => match whose(run, channel) {
                Some(cell) => Above::Own(cell),
                None => {
                    frame.args.push(channel);
                    return select(frame, [Case::Recv(Some(ObjectId(id)))], true);
                }
            },
            _ => Above::Nothing,
        },
        (_, Input::Outcome(Outcome::Default)) => {
            Above::Other(frame.args.last().copied().unwrap_or(V::Nil))
        }
        (_, Input::Outcome(Outcome::Received(..))) => {
            return ask(run, frame, (parent, "Err"), &[], FORWARDED);
        }
        (_, Input::Results(values)) => Above::Ended(values.first().copied().unwrap_or(V::Nil)),
        _ => return finish(run, frame),
    };
    begin(run, frame, timed, &above)
}

/// Makes a context.
fn begin(run: &mut Run<'_>, frame: &mut NFrame, timed: bool, above: &Above) -> Done {
    let parent = frame.arg(0);
    let (when, expired) = match timed {
        true => (when(run, frame.arg(1)), frame.arg(2)),
        false => (V::Nil, V::Nil),
    };
    let (error, own) = match *above {
        Above::Ended(error) => (error, V::Nil),
        Above::Own(cell) => (V::Nil, V::Ptr(cell, 0)),
        Above::Nothing | Above::Other(_) => (V::Nil, V::Nil),
    };
    let due = match timed {
        true => super::time::due(run, frame.arg(1)),
        false => V::Nil,
    };
    let set = [
        (CONTEXT, V::Bool(true)),
        (TIMER, due),
        (PARENT, parent),
        (WHEN, when),
        (EXPIRED, expired),
        (ERROR, error),
        (ABOVE, own),
    ];
    let (cell, _) = make(run, frame, &set)?;
    let (context, done) = (run.object_at(cell, CONTEXT), run.object_at(cell, DONE));
    let mut state = Context::new(done, None);
    let mut channel = Chan::new(0);
    if let Above::Ended(_) = above {
        (state.ended, channel.closed) = (Some(Reason::Canceled), true);
    } else if timed {
        let id = run.object_at(cell, TIMER);
        let code = run.code.clone();
        let fires = run.m.things.goroutine(GoroutineKey::Timer { cell }, &code);
        let deadline = Timer::deadline(context, matches!(above, Above::Own(_)));
        run.create(id, Object::Timer(deadline), Some(fires));
        state.timer = Some(id);
    }
    run.create(done, Object::Chan(channel), None);
    run.create(context, Object::Context(state), None);
    let place = run.place_of(frame);
    frame.args = vec![V::Ptr(cell, 0)];
    // To join the context above is an operation, since others know that one. A root joins none.
    match *above {
        Above::Own(above) => {
            let above = run.object_at(above, CONTEXT);
            operation(frame, Op::CtxDerive(above, context))
        }
        Above::Nothing | Above::Ended(_) => finish(run, frame),
        Above::Other(channel) => watch::start(run, frame, place, watch::WATCH, &[channel, parent]),
    }
}

/// Returns the new context, which is the last argument, and what cancels it.
fn finish(run: &mut Run<'_>, frame: &mut NFrame) -> Done {
    let Some(&ptr @ V::Ptr(cell, _)) = frame.args.last() else {
        return nil();
    };
    let cancel = run.own_function("machine.context.cancel", &[ptr]);
    let v = as_context(run, cell);
    Ok(Act::Done(smallvec![v, cancel]))
}

/// Stands for the function that `WithCancel` returns; of `WithCancelCause` it has the cause as an
/// argument.
fn cancel(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if !matches!(input, Input::Start) {
        // Who cancels first says why.
        if let [cause, V::Ptr(cell, _)] = frame.args[..]
            && run.leaf(cell, CAUSE)? == V::Nil
        {
            run.set_leaf(cell, CAUSE, cause)?;
        }
        return nothing();
    }
    let Some(V::Ptr(cell, _)) = frame.args.last().copied() else {
        return nil();
    };
    if frame.args.len() == 1 {
        frame.args.clear();
    }
    operation(frame, cancels(run, cell))
}

/// Returns the receiver as an interface value.
pub(super) fn receiver(run: &mut Run<'_>, frame: &NFrame) -> V {
    match frame.arg(0) {
        V::Ptr(cell, _) => as_context(run, cell),
        _ => V::Nil,
    }
}

/// Returns what the context of another type has answered, if it was asked for all.
pub(super) fn forwarded(frame: &NFrame, input: &Input) -> Option<Act> {
    match input {
        Input::Unwinds(unwind) => Some(Act::Unwind(*unwind)),
        Input::Results(values) if frame.step == FORWARDED => Some(Act::Done(values.clone())),
        _ => None,
    }
}

fn done(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Some(act) = forwarded(frame, &input) {
        return Ok(act);
    }
    let context = receiver(run, frame);
    match nearest(run, context)? {
        Nearest::None => act_done(V::Nil),
        Nearest::Own(cell) => act_done(channel_of(run, cell)),
        Nearest::Other(other) => ask(run, frame, (other, "Done"), &[], FORWARDED),
    }
}

/// Returns the value of a leaf in this context, or in the nearest above that has one.
fn inherited(run: &mut Run<'_>, mut cell: u32, leaf: u32) -> Result<V, Fault> {
    loop {
        let v = run.leaf(cell, leaf)?;
        if v != V::Nil {
            return Ok(v);
        }
        match run.leaf(cell, ABOVE)? {
            V::Ptr(above, _) => cell = above,
            _ => return Ok(V::Nil),
        }
    }
}

/// Returns the error of a context that has ended for the reason of this number.
fn error_of(run: &mut Run<'_>, cell: u32, number: i64) -> Result<V, Fault> {
    let (name, own) = match number {
        1 => ("context.Canceled", Own::Canceled),
        2 => ("context.DeadlineExceeded", Own::DeadlineExceeded),
        _ => return Ok(V::Nil),
    };
    let others = inherited(run, cell, ERROR)?;
    if number == 1 && others != V::Nil {
        return Ok(others);
    }
    let mut globals = run.code.globals.iter();
    let global = globals.position(|global| global.full == name);
    if let Some(cell) = global.and_then(|at| u32::try_from(at).ok())
        && let Ok(v) = run.leaf(cell, 0)
        && v != V::Nil
    {
        return Ok(v);
    }
    let t = run.types.own(own);
    Ok(run.m.pool.iface(t, V::Nil))
}

fn err(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Some(act) = forwarded(frame, &input) {
        return Ok(act);
    }
    let context = receiver(run, frame);
    match nearest(run, context)? {
        Nearest::None => act_done(V::Nil),
        Nearest::Own(cell) => match input {
            Input::Outcome(Outcome::Number(number)) => {
                let v = error_of(run, cell, number)?;
                act_done(v)
            }
            _ => looks(run, frame, cell),
        },
        Nearest::Other(other) => ask(run, frame, (other, "Err"), &[], FORWARDED),
    }
}

/// Asks if a context has ended, and why.
fn looks(run: &mut Run<'_>, frame: &mut NFrame, cell: u32) -> Done {
    let id = run.object_at(cell, CONTEXT);
    operation(frame, Op::Context(id, ContextOp::Err))
}

fn cause(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Some(act) = forwarded(frame, &input) {
        return Ok(act);
    }
    if let Input::Outcome(Outcome::Number(number)) = input {
        let V::Ptr(cell, _) = frame.arg(0) else {
            return nil();
        };
        let cause = match number {
            1 => inherited(run, cell, CAUSE)?,
            2 => inherited(run, cell, EXPIRED)?,
            _ => V::Nil,
        };
        return act_done(match cause {
            V::Nil => error_of(run, cell, number)?,
            cause => cause,
        });
    }
    let context = frame.arg(0);
    let own = match (nearest(run, context)?, input) {
        (Nearest::None, _) => return act_done(V::Nil),
        (Nearest::Own(cell), _) => Some(cell),
        (Nearest::Other(_), Input::Results(values)) => {
            let channel = values.first().copied().unwrap_or(V::Nil);
            whose(run, channel)
        }
        (Nearest::Other(other), _) => return ask(run, frame, (other, "Done"), &[], ASKED),
    };
    match own {
        Some(cell) => {
            frame.args = vec![V::Ptr(cell, 0)];
            looks(run, frame, cell)
        }
        None => ask(run, frame, (context, "Err"), &[], FORWARDED),
    }
}

fn with_value(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let [parent, key, value] = [0, 1, 2].map(|at| frame.arg(at));
    let set = [(PARENT, parent), (KEY, key), (VALUE, value)];
    let (_, v) = make(run, frame, &set)?;
    act_done(v)
}

/// Makes a context with the values of its parent that is never cancelled.
fn without_cancel(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let set = [(CONTEXT, V::Bool(false)), (PARENT, frame.arg(0))];
    let (_, v) = make(run, frame, &set)?;
    act_done(v)
}

fn value(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Some(act) = forwarded(frame, &input) {
        return Ok(act);
    }
    let key = frame.arg(1);
    let mut cell = frame.arg(0);
    while let V::Ptr(at, _) = cell {
        let known = run.leaf(at, KEY)?;
        if known != V::Nil && equal(&run.m.pool, &run.types, known, key) == Ok(true) {
            let v = run.leaf(at, VALUE)?;
            return act_done(v);
        }
        cell = match run.leaf(at, PARENT)? {
            V::Iface(t, inner) if run.types.as_own(t) == Some(Own::Context) => {
                run.m.pool.unboxed(inner)
            }
            V::Nil => V::Nil,
            other => return ask(run, frame, (other, "Value"), &[key], FORWARDED),
        };
    }
    act_done(V::Nil)
}

impl Run<'_> {
    /// Returns a string as an interface value.
    pub(crate) fn plain_string(&mut self, text: V) -> V {
        let t = self.types.string_type();
        self.m.pool.iface(t, text)
    }
}
