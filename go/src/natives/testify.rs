//! github.com/stretchr/testify, as far as its words of a failure need the stack or a file: all
//! else of it is interpreted.

use super::{Table, nothing};
use crate::machine::{Done, Input, NFrame, Run, act_done};
use crate::value::V;

pub(super) const TABLE: Table = &[
    // It looks into package reflect, for the words of a difference.
    ("github.com/davecgh/go-spew/spew.init#1", |_, _, _| {
        nothing()
    }),
    (
        "(*github.com/davecgh/go-spew/spew.ConfigState).Sdump",
        |run, _, _| {
            let v = run.m.pool.text("");
            act_done(v)
        },
    ),
    (
        "github.com/stretchr/testify/assert.CallerInfo",
        |_, _, _| act_done(V::Nil),
    ),
    ("github.com/stretchr/testify/assert.diff", |run, _, _| {
        let v = run.m.pool.text("");
        act_done(v)
    }),
    ("github.com/stretchr/testify/assert.labeledOutput", labelled),
];

/// Joins the parts of a failure's words, each a label and a text, on one line.
fn labelled(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let parts = run.elements(frame.arg(0), 2)?;
    let mut words = Vec::new();
    for part in parts.chunks_exact(2) {
        let (label, text) = (run.m.pool.lossy(part[0]), run.m.pool.lossy(part[1]));
        if matches!(label.as_str(), "Error" | "Messages") {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
    }
    let v = run.m.pool.text(&words.join(" "));
    act_done(v)
}
