//! go.uber.org/goleak: it waits until all other goroutines have ended. Where they never do, that is
//! a leak, whatever would release them later.

use gordian_checker::model::{Op, Pause, Phase};
use smallvec::smallvec;

use super::Table;
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::types::Own;
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("go.uber.org/goleak.VerifyNone", |run, frame, input| {
        verify(run, frame, input, 1)
    }),
    ("go.uber.org/goleak.Find", |run, frame, input| {
        verify(run, frame, input, 0)
    }),
    ("go.uber.org/goleak.VerifyTestMain", verify_all),
    ("go.uber.org/goleak.IgnoreCurrent", ignore_current),
];

/// The step at which the others have ended.
const ENDED: u32 = 100;

/// Waits until all others have ended, but those that the options spare.
fn verify(run: &mut Run<'_>, frame: &mut NFrame, input: Input, options: usize) -> Done {
    if frame.step >= ENDED {
        return super::zeros(run, frame.func);
    }
    if let Input::Unwinds(unwind) = input {
        return Ok(Act::Unwind(unwind));
    }
    if run.m.by_count {
        let text = "calls go.uber.org/goleak, which takes the engines stateful, exhaustive, random";
        return Err(run.unsupported(text));
    }
    let mut spared = Vec::new();
    for option in run.elements(frame.arg(options), 1)? {
        match option {
            V::Iface(t, inner) if t == run.types.own(Own::Unknown) => {
                let V::Agg(ids) = run.m.pool.unboxed(inner) else {
                    continue;
                };
                spared.extend(run.m.pool.leaves_of(ids).iter().copied());
            }
            _ => run.assume("of goleak's options only IgnoreCurrent makes a difference"),
        }
    }
    frame.args = vec![run.m.pool.agg(&spared)];
    frame.step = ENDED;
    Ok(Act::Op(Op::Pause(Pause::Verify)))
}

/// Runs the test, and then looks.
fn verify_all(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if frame.step > 0 {
        return verify(run, frame, input, 1);
    }
    let V::Iface(_, inner) = frame.arg(0) else {
        return super::sync::nil();
    };
    frame.step = 1;
    let tests = run.m.pool.unboxed(inner);
    let all = run.named_function("machine.test.all");
    Ok(Act::Call(all, smallvec![tests]))
}

/// Returns an option with the goroutines that there are.
fn ignore_current(run: &mut Run<'_>, _: &mut NFrame, _: Input) -> Done {
    let there = run.look().goroutines().iter().zip(0..);
    let there =
        there.filter(|(goroutine, _)| !matches!(goroutine.phase, Phase::Absent | Phase::Returned));
    let ids: Vec<V> = there.map(|(_, id): (_, i64)| V::Int(id)).collect();
    let ids = run.m.pool.agg(&ids);
    let t = run.types.own(Own::Unknown);
    let v = run.m.pool.iface(t, ids);
    act_done(v)
}
