//! Package time: timers are objects of the rules; the time itself stands still.

use gordian_checker::model::{
    Action, Chan, ChanOp, Object, Op, Outcome, Pause, Timer, TimerOp, TimerRules,
};
use smallvec::smallvec;

use super::sync::nil;
use super::{Table, nothing, operation};
use crate::machine::{Act, Done, GoroutineKey, Input, NFrame, Run, act_done};
use crate::types::Kind;
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("time.Sleep", |_, frame, input| match input {
        Input::Start => {
            frame.args.clear();
            operation(frame, Op::Pause(Pause::Sleep))
        }
        _ => nothing(),
    }),
    ("time.After", |run, frame, _| {
        timer(run, frame, false, false)
    }),
    ("time.AfterFunc", after_func),
    (GO_FUNC, go_func),
    ("machine.call", call),
    ("time.Tick", |run, frame, _| timer(run, frame, true, false)),
    ("time.NewTimer", |run, frame, _| {
        timer(run, frame, false, true)
    }),
    ("time.NewTicker", |run, frame, _| {
        timer(run, frame, true, true)
    }),
    ("(*time.Timer).Stop", |run, frame, input| {
        control(run, frame, input, TimerOp::Stop)
    }),
    ("(*time.Timer).Reset", |run, frame, input| {
        control(run, frame, input, TimerOp::Reset)
    }),
    ("(*time.Ticker).Stop", |run, frame, input| {
        control(run, frame, input, TimerOp::Stop)
    }),
    ("(*time.Ticker).Reset", |run, frame, input| {
        control(run, frame, input, TimerOp::Reset)
    }),
    ("time.Now", |run, frame, _| stands_still(run, frame)),
    ("time.Since", |run, frame, _| stands_still(run, frame)),
    ("time.Until", |run, frame, _| stands_still(run, frame)),
    ("(time.Time).*", |run, frame, _| stands_still(run, frame)),
    ("(time.Duration).Seconds", |_, frame, _| {
        act_done(V::Float((Run::number(frame.arg(0)) as f64 / 1e9).to_bits()))
    }),
    ("(time.Duration).Milliseconds", |_, frame, _| {
        act_done(V::Int(Run::number(frame.arg(0)) / 1_000_000))
    }),
    ("(time.Duration).Microseconds", |_, frame, _| {
        act_done(V::Int(Run::number(frame.arg(0)) / 1000))
    }),
    ("(time.Duration).Nanoseconds", |_, frame, _| {
        act_done(frame.arg(0))
    }),
    ("(time.Duration).Minutes", |_, frame, _| {
        act_done(V::Float(
            (Run::number(frame.arg(0)) as f64 / 6e10).to_bits(),
        ))
    }),
    ("(time.Duration).Hours", |_, frame, _| {
        act_done(V::Float(
            (Run::number(frame.arg(0)) as f64 / 3.6e12).to_bits(),
        ))
    }),
    ("(time.Duration).String", |run, frame, _| {
        let text = duration(Run::number(frame.arg(0)));
        let v = run.m.pool.text(&text);
        act_done(v)
    }),
];

/// Makes a timer or ticker: a channel, or a pointer to a struct that has it.
fn timer(run: &mut Run<'_>, frame: &mut NFrame, ticks: bool, with_struct: bool) -> Done {
    let code = run.code.clone();
    let func = &code.funcs[frame.func as usize];
    // The timer is at offset 0, its channel at 1.
    let place = run.place_of(frame);
    let cell = run.make(place, vec![V::Nil, V::Nil])?;
    let (id, channel) = (run.object_at(cell, 0), run.object_at(cell, 1));
    let rules = run.m.timers;
    run.create(channel, Object::Chan(Chan::new(rules.capacity())), None);
    let state = if ticks {
        Timer::ticker(channel, Timer::FOR_EVER, rules)
    } else {
        Timer::once(Action::Send(channel), rules)
    };
    let code = run.code.clone();
    let fires = run.m.things.goroutine(GoroutineKey::Timer { cell }, &code);
    run.create(id, Object::Timer(state), Some(fires));
    if !with_struct {
        return act_done(V::Chan(channel.0));
    }
    let Some(Kind::Ptr(t)) = func.results.first().map(|&t| run.types.kind(t).clone()) else {
        return nil();
    };
    let made = run.make_zero(func.place, t, 1)?;
    run.set_leaf(made, 0, V::Ptr(cell, 0))?;
    let field = run
        .types
        .get(t)
        .fields
        .iter()
        .find(|field| field.name == "C");
    let off = field.map_or(1, |field| field.off);
    run.set_leaf(made, off, V::Chan(channel.0))?;
    act_done(V::Ptr(made, 0))
}

/// The goroutine that waits for a timer of `AfterFunc`. It need not end. No function of a program
/// has its short name.
const GO_FUNC: &str = "machine.time.go func";

/// The short name of that goroutine.
pub(crate) const GO_FUNC_NAME: &str = "go func";

/// Makes a timer without a channel of its own. Firing meets a goroutine, which then starts the
/// function in another one.
fn after_func(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if !matches!(input, Input::Start) {
        return act_done(frame.arg(3));
    }
    let code = run.code.clone();
    let func = &code.funcs[frame.func as usize];
    let place = run.place_of(frame);
    let cell = run.make(place, vec![V::Nil, V::Nil])?;
    let (id, channel) = (run.object_at(cell, 0), run.object_at(cell, 1));
    run.create(channel, Object::Chan(Chan::new(0)), None);
    // No version of Go has a channel here, so the rules for its buffer do not matter.
    let timer = Timer::once(Action::Send(channel), TimerRules::Go1_23);
    let fires = run.m.things.goroutine(GoroutineKey::Timer { cell }, &code);
    run.create(id, Object::Timer(timer), Some(fires));
    let Some(Kind::Ptr(t)) = func.results.first().map(|&t| run.types.kind(t).clone()) else {
        return nil();
    };
    let made = run.make_zero(func.place, t, 1)?;
    run.set_leaf(made, 0, V::Ptr(cell, 0))?;
    let body = run.named_function(GO_FUNC);
    frame.args = vec![body, V::Chan(channel.0), frame.arg(1), V::Ptr(made, 0)];
    let V::Func(body) = body else { return nil() };
    let body = run.m.pool.function_of(body).0;
    let id = run.new_goroutine(body, place);
    operation(frame, Op::Go(id))
}

/// Waits for the timer, and starts the function, again and again: a timer may be reset.
fn go_func(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    const FIRED: u32 = 1;
    // Behind the function that the `go` statement calls stand its argument and the channel.
    let channel = frame.arg(if frame.step > FIRED { 2 } else { 0 });
    let f = frame.arg(1);
    if frame.step == FIRED {
        let V::Func(id) = f else { return nil() };
        let func = run.m.pool.function_of(id).0;
        let place = run.code.funcs[frame.func as usize].place;
        let call = run.named_function("machine.call");
        frame.args = vec![call, f, channel];
        let id = run.new_goroutine(func, place);
        return operation(frame, Op::Go(id));
    }
    frame.args = vec![channel, f];
    frame.step = FIRED;
    let channel = match channel {
        V::Chan(id) => Some(gordian_checker::model::ObjectId(id)),
        _ => None,
    };
    Ok(Act::Op(Op::Chan(channel, ChanOp::Recv)))
}

/// Calls its first argument.
fn call(_: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    match input {
        Input::Unwinds(unwind) => Ok(Act::Unwind(unwind)),
        _ if frame.step == 0 => {
            frame.step = 1;
            let f = frame.arg(0);
            frame.args.clear();
            Ok(Act::Call(f, smallvec![]))
        }
        _ => nothing(),
    }
}

/// Stops or starts a timer.
fn control(run: &mut Run<'_>, frame: &mut NFrame, input: Input, op: TimerOp) -> Done {
    match input {
        Input::Outcome(Outcome::Number(number)) => act_done(V::Bool(number == 1)),
        Input::Outcome(_) => nothing(),
        _ => {
            let V::Ptr(cell, off) = frame.arg(0) else {
                return nil();
            };
            match run.leaf(cell, off)? {
                V::Ptr(cell, off) => {
                    let id = run.object_at(cell, off);
                    frame.args.clear();
                    operation(frame, Op::Timer(id, op))
                }
                _ => nil(),
            }
        }
    }
}

/// The assumption about the time.
pub(super) const STANDS_STILL: &str =
    "the time stands still: time.Now is always the same, time.Since is 0";

/// Returns the zero time, since time does not pass.
fn stands_still(run: &mut Run<'_>, frame: &mut NFrame) -> Done {
    run.assume(STANDS_STILL);
    super::zeros(run, frame.func)
}

/// Returns a duration as Go writes it.
pub(super) fn duration(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let fraction = |whole: u64, rest: u64, digits: usize, unit: &str| {
        let rest = format!("{rest:0digits$}");
        let rest = rest.trim_end_matches('0');
        match rest {
            "" => format!("{sign}{whole}{unit}"),
            rest => format!("{sign}{whole}.{rest}{unit}"),
        }
    };
    match nanos {
        0..1000 => format!("{sign}{nanos}ns"),
        1000..1_000_000 => fraction(nanos / 1000, nanos % 1000, 3, "µs"),
        1_000_000..1_000_000_000 => fraction(nanos / 1_000_000, nanos % 1_000_000, 6, "ms"),
        _ => {
            let seconds = nanos / 1_000_000_000;
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            let tail = fraction(seconds % 60, nanos % 1_000_000_000, 9, "s");
            let tail = tail.trim_start_matches('-');
            match (hours, minutes) {
                (0, 0) => format!("{sign}{tail}"),
                (0, minutes) => format!("{sign}{minutes}m{tail}"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{tail}"),
            }
        }
    }
}
