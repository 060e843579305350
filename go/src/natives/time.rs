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
    ("time.Sleep", |run, frame, input| match input {
        Input::Start => {
            let due = run.due_in(Run::number(frame.arg(0)));
            frame.args = match due {
                V::Nil => Vec::new(),
                due => vec![due],
            };
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
    ("time.Now", |run, _, _| {
        look(run);
        let v = now(run);
        act_done(v)
    }),
    ("time.Since", |run, frame, _| {
        passed(run, frame, |since| since)
    }),
    ("time.Until", |run, frame, _| {
        passed(run, frame, i64::saturating_neg)
    }),
    // The local time is that of Greenwich.
    ("time.initLocal", |_, _, _| nothing()),
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
    let period = frame.arg(0);
    let due = run.due_in(Run::number(period));
    let again = match ticks && due != V::Nil {
        true => period,
        false => V::Nil,
    };
    let cell = run.make(place, vec![due, again])?;
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
    let due = run.due_in(Run::number(frame.arg(0)));
    let cell = run.make(place, vec![due, V::Nil])?;
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
    Ok(Act::Op(Op::Chan(channel.channel(), ChanOp::Recv)))
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

/// Stops or starts a timer. Where there is a clock, it is due at another moment after that.
fn control(run: &mut Run<'_>, frame: &mut NFrame, input: Input, op: TimerOp) -> Done {
    let Input::Outcome(outcome) = input else {
        let V::Ptr(cell, off) = frame.arg(0) else {
            return nil();
        };
        let V::Ptr(cell, off) = run.leaf(cell, off)? else {
            return nil();
        };
        let period = frame.arg(1);
        frame.args = match op == TimerOp::Reset && run.clock().is_some() {
            true => vec![V::Ptr(cell, off), period],
            false => vec![],
        };
        let id = run.object_at(cell, off);
        return operation(frame, Op::Timer(id, op));
    };
    if let [V::Ptr(cell, off), period] = frame.args[..] {
        let due = run.due_in(Run::number(period));
        run.set_leaf(cell, off, due)?;
        if run.leaf(cell, off + 1)? != V::Nil {
            run.set_leaf(cell, off + 1, period)?;
        }
    }
    match outcome {
        Outcome::Number(number) => act_done(V::Bool(number == 1)),
        _ => nothing(),
    }
}

/// The assumption about the time.
pub const STANDS_STILL: &str = "the time stands still: time.Now is always the same";

/// The seconds from the year 1 to the moment at which the time stands still, 23:00 on 10 November
/// 2009, as in Go's playground. The zero time would be taken for one that is not set.
const NOW: i64 = 63_393_490_800;

const SECOND: i64 = 1_000_000_000;

/// The moment at which a bubble of `testing/synctest` begins: the year 2000.
const IN_BUBBLE: i64 = 63_082_281_600;

/// Returns the moment at which the clock of this goroutine began, in seconds from the year 1.
fn start(run: &Run<'_>) -> i64 {
    match run.m.bubble_of(run.me) {
        Some(_) => IN_BUBBLE,
        None => NOW,
    }
}

/// Returns that moment as a `time.Time`, or the one that the clock shows: without a monotonic clock
/// and a place.
pub(crate) fn now(run: &mut Run<'_>) -> V {
    moment(run, 0)
}

/// Returns the moment that is so many nanoseconds from now on, like [`now`].
pub(super) fn moment(run: &mut Run<'_>, nanos: i64) -> V {
    let at = run.clock().unwrap_or(0).saturating_add(nanos);
    let (seconds, nanos) = (start(run) + at.div_euclid(SECOND), at.rem_euclid(SECOND));
    run.m.pool.agg(&[V::Int(nanos), V::Int(seconds), V::Nil])
}

/// Returns the moment of a deadline: a duration from now on, or a time. Nothing, if there is no
/// clock.
pub(super) fn due(run: &mut Run<'_>, deadline: V) -> V {
    match deadline {
        V::Int(nanos) => run.due_in(nanos),
        time => match run.clock() {
            Some(now) => {
                let left = since(run, time).saturating_neg();
                V::Int(now.saturating_add(left.max(0)))
            }
            None => V::Nil,
        },
    }
}

/// Returns the nanoseconds since a `time.Time`.
fn since(run: &mut Run<'_>, time: V) -> i64 {
    let leaves = run.m.pool.leaves(time);
    let number = |at: usize| leaves.get(at).map_or(0, |&v| Run::number(v));
    // The lower bits of the first field are the nanoseconds.
    let nanos = number(0) & ((1 << 30) - 1);
    let seconds = start(run).saturating_sub(number(1));
    let passed = run.clock().unwrap_or(0);
    let since = seconds.saturating_mul(SECOND).saturating_sub(nanos);
    since.saturating_add(passed)
}

/// Returns what `of` makes of the duration since a time.
fn passed(run: &mut Run<'_>, frame: &NFrame, of: fn(i64) -> i64) -> Done {
    look(run);
    let since = since(run, frame.arg(0));
    act_done(V::Int(of(since)))
}

/// Notes that the program looks at the time.
pub(super) fn look(run: &mut Run<'_>) {
    if run.m.clock.is_none() {
        run.assume(STANDS_STILL);
    }
}

/// Stands for what is not known of a time.
fn stands_still(run: &mut Run<'_>, frame: &mut NFrame) -> Done {
    look(run);
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
