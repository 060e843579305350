//! The difference of two sources, side by side.

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

/// Lines that do not differ around those that do.
const CONTEXT_LINES: usize = 2;

/// A row of the difference of the sources.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DiffRow {
    /// Whether both sides are the same.
    pub same: bool,
    /// The number of the line in the buggy source, and the line.
    pub buggy: Option<(usize, String)>,
    /// The number of the line in the fixed source, and the line.
    pub fixed: Option<(usize, String)>,
}

/// The difference of two texts, side by side, with a few equal lines around what differs. An empty
/// row, without either side, stands for lines left out.
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
                        // Beside the first line of this change that has nothing on its right.
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
