//! Package testing/synctest: the rules are in [`bubbles`](crate::bubbles).

use gordian_checker::model::{GoroutineId, Op, Pause, Phase};

use super::{Table, nothing, operation};
use crate::machine::{Act, Done, Input, NFrame, Run};
use crate::value::V;

/// The functions that begin a bubble. A test that can come to one is searched in their time.
pub(crate) const BEGIN: [&str; 2] = ["testing/synctest.Test", "testing/synctest.Run"];

pub(super) const TABLE: Table = &[
    (BEGIN[0], |run, frame, input| begin(run, frame, input, true)),
    (BEGIN[1], |run, frame, input| {
        begin(run, frame, input, false)
    }),
    ("testing/synctest.Wait", wait),
];

/// Panics with a text of Go's.
pub(super) fn panics(run: &mut Run<'_>, text: &str) -> Done {
    let v = run.m.pool.text(text);
    let v = run.plain_string(v);
    Ok(Act::Panic(v))
}

/// Runs a function in a bubble, as a test or not, and waits until all in it have ended.
fn begin(run: &mut Run<'_>, frame: &mut NFrame, _: Input, tests: bool) -> Done {
    match frame.step {
        0 => {
            if run.m.bubble_of(run.me).is_some() {
                return panics(run, "synctest.Run called from within a synctest bubble");
            }
            if run.m.clock.is_none() {
                return Err(run.unsupported("calls testing/synctest through a value"));
            }
            let f = frame.arg(u32::from(tests) as usize);
            let V::Func(function) = f else {
                return super::sync::nil();
            };
            let func = run.m.pool.function_of(function).0;
            let place = run.place_of(frame);
            let id = run.new_goroutine(func, place);
            run.begin_bubble(id)?;
            // Behind what the goroutine begins with stands its number, for the next step.
            let number = V::Int(id.0.into());
            frame.args = match tests {
                true => {
                    let test = super::testing::in_bubble(run, frame)?;
                    vec![run.named_function("machine.test.run"), test, f, number]
                }
                false => vec![run.named_function("machine.call"), f, number],
            };
            operation(frame, Op::Go(id))
        }
        1 => {
            frame.args = frame.args.pop().into_iter().collect();
            operation(frame, Op::Pause(Pause::Settle))
        }
        _ => {
            let root = u32::try_from(Run::number(frame.arg(0))).unwrap_or(0);
            run.note_rest(GoroutineId(root));
            nothing()
        }
    }
}

/// Waits until all others of the bubble are durably blocked.
fn wait(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let Some(bubble) = run.m.bubble_of(run.me) else {
        return panics(run, "goroutine is not in a bubble");
    };
    if !matches!(input, Input::Start) {
        run.note_rest(bubble);
        return nothing();
    }
    let others = run.look().goroutines().iter().zip(0..);
    let mut waiting = others.filter(|(goroutine, id)| {
        let waits = run.m.settles.contains(&goroutine.local);
        waits && goroutine.phase == Phase::Ready && *id != run.me.0
    });
    if waiting.any(|(_, id)| run.m.bubble_of(GoroutineId(id)) == Some(bubble)) {
        return panics(run, "wait already in progress");
    }
    frame.args.clear();
    operation(frame, Op::Pause(Pause::Settle))
}
