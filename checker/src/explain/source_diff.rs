//! The difference of two sources, side by side.

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

/// Equal lines that are shown around a difference.
const CONTEXT_LINES: usize = 2;

/// A row of the difference of the sources.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DiffRow {
    /// True if both sides are equal.
    pub same: bool,
    /// The line of the buggy source and its number.
    pub buggy: Option<(usize, String)>,
    /// The line of the fixed source and its number.
    pub fixed: Option<(usize, String)>,
}

/// Returns the difference of two texts, side by side, with a few equal lines around it. A row
/// without either side stands for omitted lines.
pub(super) fn diff(old: &str, new: &str) -> Vec<DiffRow> {
    let diff = TextDiff::from_lines(old, new);
    let mut rows: Vec<DiffRow> = Vec::new();
    for (at, group) in diff.grouped_ops(CONTEXT_LINES).iter().enumerate() {
        if at > 0 {
            rows.push(DiffRow {
                same: true,
                buggy: None,
                fixed: None,
            });
        }
        for op in group {
            let first = rows.len();
            for change in diff.iter_changes(op) {
                let text = change.value().trim_end().to_owned();
                let old = change.old_index().map(|index| (index + 1, text.clone()));
                let new = change.new_index().map(|index| (index + 1, text));
                match change.tag() {
                    ChangeTag::Insert => {
                        // It goes beside the first line of this change whose right side is free.
                        let free = rows[first..].iter_mut().find(|row| row.fixed.is_none());
                        match free {
                            Some(row) => row.fixed = new,
                            None => rows.push(DiffRow {
                                same: false,
                                buggy: None,
                                fixed: new,
                            }),
                        }
                    }
                    tag @ (ChangeTag::Equal | ChangeTag::Delete) => rows.push(DiffRow {
                        same: tag == ChangeTag::Equal,
                        buggy: old,
                        fixed: new,
                    }),
                }
            }
        }
    }
    rows
}
