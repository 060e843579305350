//! go.uber.org/goleak: it waits until all other goroutines have ended. Where they never do, that is
//! a leak, whatever would release them later.

use gordian_checker::model::{GoroutineId, Op, Pause, Phase};
use smallvec::smallvec;

use super::Table;
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::types::Own;
use crate::value::{Pool, V};

pub(super) const TABLE: Table = &[
    ("go.uber.org/goleak.VerifyNone", |run, frame, input| {
        verify(run, frame, input, 1)
    }),
    ("go.uber.org/goleak.Find", |run, frame, input| {
        verify(run, frame, input, 0)
    }),
    ("go.uber.org/goleak.VerifyTestMain", verify_all),
    ("go.uber.org/goleak.IgnoreCurrent", ignore_current),
    ("go.uber.org/goleak.IgnoreTopFunction", |run, frame, _| {
        ignore_function(run, frame, false)
    }),
    ("go.uber.org/goleak.IgnoreAnyFunction", |run, frame, _| {
        ignore_function(run, frame, true)
    }),
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
            _ => run.assume("of goleak's options only those that ignore make a difference"),
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

/// Returns an option that spares the goroutines which stand in this function, or with `any` also
/// in one that it has called.
fn ignore_function(run: &mut Run<'_>, frame: &mut NFrame, any: bool) -> Done {
    let name = run.m.pool.lossy(frame.arg(0));
    // The goroutines that stand in these stand in Go's own functions, which call them.
    let inner = ["runtime.", "sync.runtime_", "internal/"];
    if inner.iter().any(|start| name.starts_with(start)) {
        run.assume(format!(
            "no goroutine stands in {name}, which goleak ignores"
        ));
    }
    let rule = run.m.pool.agg(&[frame.arg(0), V::Bool(any)]);
    act_done(option(run, &[rule]))
}

/// Returns an option that spares these: goroutines by their ids, or rules with functions.
fn option(run: &mut Run<'_>, spared: &[V]) -> V {
    let spared = run.m.pool.agg(spared);
    let t = run.types.own(Own::Unknown);
    run.m.pool.iface(t, spared)
}

/// Returns true if one of the options' rules spares the goroutine with these functions on its
/// stack, of which the first is the innermost.
pub(crate) fn is_spared(pool: &Pool, spared: &[V], id: GoroutineId, functions: &[String]) -> bool {
    spared.iter().any(|&it| match it {
        V::Agg(rule) => match pool.leaves_of(rule)[..] {
            [name, V::Bool(any)] => {
                let reach = if any { functions.len() } else { 1 };
                let mut functions = functions.iter().take(reach);
                functions.any(|function| function.as_bytes() == pool.bytes(name))
            }
            _ => false,
        },
        it => it == V::Int(id.0.into()),
    })
}

/// Returns an option with the goroutines that there are.
fn ignore_current(run: &mut Run<'_>, _: &mut NFrame, _: Input) -> Done {
    let there = run.look().goroutines().iter().zip(0..);
    let there =
        there.filter(|(goroutine, _)| !matches!(goroutine.phase, Phase::Absent | Phase::Returned));
    let ids: Vec<V> = there.map(|(_, id): (_, i64)| V::Int(id)).collect();
    act_done(option(run, &ids))
}
