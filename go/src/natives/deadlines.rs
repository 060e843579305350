//! The deadlines of contexts, as values of type `time.Time`. No rule looks at them.

use smallvec::smallvec;

use super::contexts::{FORWARDED, Nearest, PARENT, WHEN, ask, forwarded, nearest, receiver};
use super::time::{look, moment};
use crate::machine::{Act, Done, Input, NFrame, Run};
use crate::value::V;

/// Returns a deadline as a `time.Time`: what `WithDeadline` was given, or so long from now
/// on.
pub(super) fn when(run: &mut Run<'_>, given: V) -> V {
    match given {
        V::Int(nanos) => moment(run, nanos),
        given => given,
    }
}

/// Returns the earliest deadline from this context upwards.
pub(super) fn deadline(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Some(act) = forwarded(frame, &input) {
        return Ok(act);
    }
    look(run);
    let mut found: Option<(i64, i64, V)> = None;
    let mut context = receiver(run, frame);
    loop {
        match nearest(run, context)? {
            Nearest::None => break,
            Nearest::Own(cell) => {
                let at = run.leaf(cell, WHEN)?;
                if let [nanos, seconds, _] = *run.m.pool.leaves(at) {
                    let it = (Run::number(seconds), Run::number(nanos), at);
                    let earlier = |known: &(i64, i64, V)| (known.0, known.1) <= (it.0, it.1);
                    found = found.filter(earlier).or(Some(it));
                }
                context = run.leaf(cell, PARENT)?;
            }
            Nearest::Other(other) if found.is_none() => {
                return ask(run, frame, (other, "Deadline"), &[], FORWARDED);
            }
            Nearest::Other(_) => break,
        }
    }
    let zero = run.m.pool.agg(&[V::Int(0), V::Int(0), V::Nil]);
    let v = found.map_or(zero, |(_, _, v)| v);
    Ok(Act::Done(smallvec![v, V::Bool(found.is_some())]))
}
