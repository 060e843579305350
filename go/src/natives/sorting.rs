//! `sort.Slice` and its like, which need reflection in Go: an insertion sort, which is what Go does
//! for up to twelve elements.

use smallvec::smallvec;

use super::{Table, nothing};
use crate::machine::{Act, Done, How, Input, NFrame, Run};
use crate::types::Kind;
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("sort.Slice", sort),
    ("sort.SliceStable", sort),
    ("sort.SliceIsSorted", is_sorted),
];

/// Sorts a slice. Its arguments are the slice, the comparison, and then how far it is: element i
/// goes down, and is at j.
fn sort(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let (mut i, mut j) = match frame.args.len() {
        0..4 => (1, 1),
        _ => (Run::number(frame.arg(2)), Run::number(frame.arg(3))),
    };
    let V::Iface(t, inner) = frame.arg(0) else {
        return nothing();
    };
    let v = run.m.pool.unboxed(inner);
    let (Kind::Slice(e), Some(slice)) = (run.types.kind(t).clone(), run.m.pool.slice_of(v)) else {
        return nothing();
    };
    let size = run.types.size(e);
    // Insertion sort: between two calls of the comparison, `i` and `j` are all its state.
    match input {
        Input::Unwinds(unwind) => return Ok(Act::Unwind(unwind)),
        Input::Results(values) => {
            let less = values.first() == Some(&V::Bool(true));
            if less {
                let at = |n: i64| slice.off + n as u32 * size;
                for leaf in 0..size {
                    let (a, b) = (at(j) + leaf, at(j - 1) + leaf);
                    let (x, y) = (run.leaf(slice.cell, a)?, run.leaf(slice.cell, b)?);
                    run.set_leaf(slice.cell, a, y)?;
                    run.set_leaf(slice.cell, b, x)?;
                }
                run.touch(slice.cell, at(j - 1), 2 * size, How::Write);
                j -= 1;
            }
            if !less || j == 0 {
                i += 1;
                j = i;
            }
        }
        _ => {}
    }
    if i >= i64::from(slice.len) {
        return nothing();
    }
    frame.args.truncate(2);
    frame.args.extend([V::Int(i), V::Int(j)]);
    Ok(Act::Call(frame.arg(1), smallvec![V::Int(j), V::Int(j - 1)]))
}

fn is_sorted(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let V::Iface(_, inner) = frame.arg(0) else {
        return nothing();
    };
    let v = run.m.pool.unboxed(inner);
    let len = run
        .m
        .pool
        .slice_of(v)
        .map_or(0, |slice| i64::from(slice.len));
    let at = match input {
        Input::Unwinds(unwind) => return Ok(Act::Unwind(unwind)),
        Input::Results(values) if values.first() == Some(&V::Bool(true)) => {
            return Ok(Act::Done(smallvec![V::Bool(false)]));
        }
        Input::Results(_) => Run::number(frame.arg(2)) - 1,
        _ => len - 1,
    };
    if at <= 0 {
        return Ok(Act::Done(smallvec![V::Bool(true)]));
    }
    frame.args.truncate(2);
    frame.args.push(V::Int(at));
    Ok(Act::Call(
        frame.arg(1),
        smallvec![V::Int(at), V::Int(at - 1)],
    ))
}
