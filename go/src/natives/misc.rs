//! Packages math/rand, runtime and os, as far as they are known.

use gordian_checker::model::{Op, Outcome, Pause};

use super::{Table, nothing, operation};
use crate::finding::OS_EXIT;
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::value::V;

/// A random number below this is any; of more only the first, the second and the last are tried.
const VALUES_MAX: i64 = 64;

pub(super) const TABLE: Table = &[
    ("math/rand.Intn", draw),
    ("math/rand.Int31n", draw),
    ("math/rand.Int63n", draw),
    ("math/rand/v2.IntN", draw),
    ("math/rand/v2.Int32N", draw),
    ("math/rand/v2.Int64N", draw),
    ("math/rand/v2.N*", draw),
    ("(*math/rand.Rand).Intn", draw),
    ("(*math/rand.Rand).Int31n", draw),
    ("(*math/rand.Rand).Int63n", draw),
    ("math/rand.Seed", |_, _, _| nothing()),
    ("math/rand.Int", |run, frame, input| some(run, frame, input)),
    ("math/rand.Int31", |run, frame, input| {
        some(run, frame, input)
    }),
    ("math/rand.Int63", |run, frame, input| {
        some(run, frame, input)
    }),
    ("math/rand.Uint32", |run, frame, input| {
        some(run, frame, input)
    }),
    ("runtime.Gosched", |_, frame, input| match input {
        Input::Start => operation(frame, Op::Pause(Pause::Yield)),
        _ => nothing(),
    }),
    ("runtime.Goexit", |_, _, _| Ok(Act::Goexit)),
    ("runtime.GC", |_, _, _| nothing()),
    ("runtime/debug.Stack", |run, _, _| {
        run.assume("stacks have no text");
        act_done(V::Nil)
    }),
    ("runtime/debug.PrintStack", |_, _, _| nothing()),
    ("runtime/debug.SetGCPercent", |_, _, _| {
        act_done(V::Int(100))
    }),
    ("runtime.KeepAlive", |_, _, _| nothing()),
    ("runtime.SetFinalizer", |_, _, _| nothing()),
    ("runtime.NumCPU", |_, _, _| act_done(V::Int(2))),
    ("runtime.GOMAXPROCS", |_, _, _| act_done(V::Int(2))),
    ("runtime.NumGoroutine", |run, _, _| {
        Err(run.unsupported("calls runtime.NumGoroutine"))
    }),
    ("os.Exit", exit),
    ("os.Getenv", |run, _, _| {
        run.assume("the environment is empty");
        let v = run.m.pool.text("");
        act_done(v)
    }),
];

/// Draws any number below the last argument.
pub(super) fn draw(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let below = frame.args.last().map_or(0, |&v| Run::number(v));
    if let Input::Outcome(Outcome::Number(number)) = input {
        let number = match number {
            2 if below > VALUES_MAX => below - 1,
            number => number,
        };
        return act_done(V::Int(number));
    }
    if below <= 0 {
        let text = run.m.pool.text("invalid argument to Intn");
        let v = run.plain_string(text);
        return Ok(Act::Panic(v));
    }
    if below > VALUES_MAX {
        run.assume(format!(
            "of random numbers below {below} only 0, 1 and the last"
        ));
        return operation(frame, Op::Choose(3, None));
    }
    operation(frame, Op::Choose(below as u32, None))
}

/// Draws some number, of which only two are tried.
fn some(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Input::Outcome(Outcome::Number(number)) = input {
        return act_done(V::Int(number));
    }
    run.assume("of random numbers without a bound only 0 and 1");
    operation(frame, Op::Choose(2, None))
}

fn exit(_: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    match Run::number(frame.arg(0)) {
        0 => Ok(Act::End),
        code => Ok(Act::Fatal(format!("{OS_EXIT}{code})"))),
    }
}
