//! `sync.Pool`. The hidden leaf of a pool is the list of what was put in.

use smallvec::smallvec;

use super::sync::nil;
use super::{Table, nothing, operation};
use crate::machine::{Act, Done, How, Input, NFrame, Run, act_done};
use crate::value::V;
use gordian_checker::model::Op;

pub(super) const TABLE: Table = &[("(*sync.Pool).Get", get), ("(*sync.Pool).Put", put)];

/// Returns what was put in last, or makes a new thing. That a pool may lose what was put in is not
/// modelled.
fn get(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    match (frame.step, input) {
        (0, _) => {
            run.assume("sync.Pool.Get returns what was put in last, if there is anything");
            let object = run.touched_at(cell, off);
            operation(frame, Op::Touch(object, true))
        }
        (1, _) => {
            run.touch(cell, off, 1, How::AtomicWrite);
            let list = run.leaf(cell, off)?;
            if list != V::Nil {
                let mut list = run.m.pool.leaves(list).to_vec();
                let last = list.pop().unwrap_or(V::Nil);
                let rest = match list.is_empty() {
                    true => V::Nil,
                    false => run.m.pool.agg(&list),
                };
                run.set_leaf(cell, off, rest)?;
                return act_done(last);
            }
            let new = run.leaf(cell, off + 1)?;
            if new == V::Nil {
                return act_done(V::Nil);
            }
            frame.step = 2;
            Ok(Act::Call(new, smallvec![]))
        }
        (_, Input::Results(values)) => Ok(Act::Done(values)),
        (_, Input::Unwinds(unwind)) => Ok(Act::Unwind(unwind)),
        _ => nothing(),
    }
}

fn put(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    let v = frame.arg(1);
    if v == V::Nil {
        return nothing();
    }
    if matches!(input, Input::Start) {
        let object = run.touched_at(cell, off);
        return operation(frame, Op::Touch(object, true));
    }
    run.touch(cell, off, 1, How::AtomicWrite);
    let list = run.leaf(cell, off)?;
    let mut list = match list {
        V::Nil => Vec::new(),
        list => run.m.pool.leaves(list).to_vec(),
    };
    list.push(v);
    let list = run.m.pool.agg(&list);
    run.set_leaf(cell, off, list)?;
    nothing()
}
