//! `strings.Builder`, as far as it needs `unsafe` in Go.

use super::{Table, nothing, sync::nil};
use crate::machine::{Done, Input, NFrame, Run, act_done};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("(*strings.Builder).copyCheck", |_, _, _| nothing()),
    ("(*strings.Builder).String", text),
];

/// Returns the text so far: the second field is a slice of bytes, the first a pointer.
fn text(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let V::Ptr(cell, off) = frame.arg(0) else {
        return nil();
    };
    let buffer = run.load(cell, off + 1, crate::code::Shape::Scalar)?;
    let bytes = run.bytes_of(buffer)?;
    let v = run.m.pool.fresh_string(bytes);
    act_done(v)
}
