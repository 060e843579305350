//! Channels by package reflect: each is the operation that a statement of Go would be.

use gordian_checker::model::{Case, ChanOp, ObjectId, Op, Outcome};
use smallvec::smallvec;

use super::reflect::{held, interface};
use super::{Table, nothing, operation};
use crate::machine::{Act, Done, Input, NFrame, Run};
use crate::types::Kind;
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("reflect.Select", select),
    ("(reflect.Value).Recv", recv),
    ("(reflect.Value).Send", send),
    ("(reflect.Value).Close", |run, frame, input| match input {
        Input::Start => {
            let (id, _) = channel(run, frame.arg(0));
            frame.args.clear();
            operation(frame, Op::Chan(id, ChanOp::Close))
        }
        _ => nothing(),
    }),
];

/// The directions of cases, as package reflect numbers them.
const SEND: i64 = 1;
const DEFAULT: i64 = 3;

/// Returns the channel that a `reflect.Value` holds, and the type of its elements. The zero one
/// stands for a channel that is nil.
fn channel(run: &Run<'_>, v: V) -> (Option<ObjectId>, u32) {
    match held(run, v) {
        Some((t, v)) => match *run.types.kind(t) {
            Kind::Chan(e) => (v.channel(), e),
            _ => (None, 0),
        },
        None => (None, 0),
    }
}

/// Returns what a `reflect.Value` holds as an element of this type.
fn element(run: &mut Run<'_>, e: u32, v: V) -> V {
    match held(run, v) {
        Some((t, v)) if *run.types.kind(e) == Kind::Iface => interface(run, t, v),
        Some((_, v)) => v,
        None => V::Nil,
    }
}

/// Returns what was received as a `reflect.Value`, and that it was: the zero one, if the channel is
/// closed.
fn received(run: &mut Run<'_>, e: u32, v: Option<V>) -> [V; 2] {
    let is = v.is_some();
    let v = v.unwrap_or_else(|| run.zero_of(e));
    let leaf = run.m.pool.iface(e, v);
    [run.m.pool.agg(&[leaf]), V::Bool(is)]
}

fn recv(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Input::Outcome(outcome) = input {
        let e = u32::try_from(Run::number(frame.arg(0))).unwrap_or(0);
        let v = match outcome {
            Outcome::Value(v) => Some(run.value_of(v)),
            _ => None,
        };
        return Ok(Act::Done(received(run, e, v).into_iter().collect()));
    }
    let (id, e) = channel(run, frame.arg(0));
    frame.args = vec![V::Int(i64::from(e))];
    operation(frame, Op::Chan(id, ChanOp::Recv))
}

fn send(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if !matches!(input, Input::Start) {
        return nothing();
    }
    let (id, e) = channel(run, frame.arg(0));
    let v = element(run, e, frame.arg(1));
    let value = run.value_id(v);
    frame.args.clear();
    operation(frame, Op::Chan(id, ChanOp::Send(value)))
}

/// Does a select. While it waits, its first argument is the number of the default, or -1. Two
/// follow for each other case: its number, and the type of its elements.
fn select(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    if let Input::Outcome(outcome) = input {
        let of = |frame: &NFrame, case: u32| {
            let at = 1 + 2 * case as usize;
            let e = u32::try_from(Run::number(frame.arg(at + 1))).unwrap_or(0);
            (frame.arg(at), e)
        };
        let none = run.m.pool.agg(&[V::Nil]);
        return Ok(Act::Done(match outcome {
            Outcome::Sent(case) => {
                let (number, _) = of(frame, case);
                smallvec![number, none, V::Bool(false)]
            }
            Outcome::Received(case, value) => {
                let (number, e) = of(frame, case);
                let v = value.map(|value| run.value_of(value));
                let [v, is] = received(run, e, v);
                smallvec![number, v, is]
            }
            _ => smallvec![frame.arg(0), none, V::Bool(false)],
        }));
    }
    // A case is three leaves: its direction, its channel, and what is sent.
    let leaves = run.elements(frame.arg(0), 3)?;
    let (mut default, mut kept, mut cases) = (-1, Vec::new(), Vec::new());
    for (number, case) in (0..).zip(leaves.chunks_exact(3)) {
        let direction = Run::number(case[0]);
        if direction == DEFAULT {
            default = number;
            continue;
        }
        let (id, e) = channel(run, case[1]);
        cases.push(match direction {
            SEND => {
                let v = element(run, e, case[2]);
                Case::Send(id, run.value_id(v))
            }
            _ => Case::Recv(id),
        });
        kept.extend([V::Int(number), V::Int(i64::from(e))]);
    }
    frame.args = vec![V::Int(default)];
    frame.args.extend(kept);
    super::select(frame, cases, default >= 0)
}
