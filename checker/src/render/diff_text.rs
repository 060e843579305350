//! The difference of two sources as text, side by side.

use super::text::{Line, Look, Role, base_name, fit, width};
use crate::explain::compare::Why;
use crate::explain::source_diff::DiffRow;
use crate::explain::trace::Trace;

/// Most rows of the source difference that are shown by default.
const DIFF_MAX: usize = 80;

/// Returns the difference of the sources, side by side.
pub(super) fn diff_lines(why: &Why, look: &Look) -> Vec<Line> {
    if why.diff.is_empty() {
        return Vec::new();
    }
    let half = (look.columns() - 2) / 2;
    let name = |trace: &Trace| {
        trace
            .files()
            .first()
            .map_or(String::new(), |f| base_name(f).to_owned())
    };
    let mut head = Line::of(
        Role::Strong,
        fit(&format!("- {}", name(&why.buggy)), half - 1, look),
    );
    head.pad(half);
    head.push(
        Role::Strong,
        fit(&format!("+ {}", name(&why.fixed)), half, look),
    );
    let mut lines = vec![head];
    let max = if look.all { usize::MAX } else { DIFF_MAX };
    for row in hunks(why).into_iter().flatten().take(max) {
        lines.push(diff_row(row, half, look));
    }
    if why.diff.len() > max {
        let text = format!("  .. {} more lines (--all)", why.diff.len() - max);
        lines.push(Line::of(Role::Dim, text));
    }
    lines
}

/// Returns the hunks of the difference. First are those with a line at which a goroutine stands at
/// the end of the bug, or where the two part. Each but the first begins with the row that stands
/// for omitted lines.
fn hunks(why: &Why) -> Vec<Vec<&DiffRow>> {
    let is_gap = |row: &&DiffRow| row.buggy.is_none() && row.fixed.is_none();
    let rows: Vec<&DiffRow> = why.diff.iter().collect();
    let all: Vec<Vec<&DiffRow>> = rows.split(is_gap).map(<[&DiffRow]>::to_vec).collect();
    let (buggy, fixed) = (places(&why.buggy), places(&why.now));
    let parted = why
        .parted
        .as_ref()
        .map(|parted| &why.buggy.steps[parted.step - 1]);
    let parted: Vec<u32> = parted
        .iter()
        .flat_map(|step| &step.by)
        .map(|act| act.place.line)
        .collect();
    let on = |lines: &[u32], side: &Option<(usize, String)>| {
        let line = side.as_ref().map(|(line, _)| *line);
        lines.iter().any(|at| usize::try_from(*at).ok() == line)
    };
    let matters = |hunk: &[&DiffRow]| {
        let changed = hunk.iter().filter(|row| !row.same);
        let mut changed = changed
            .map(|row| on(&buggy, &row.buggy) || on(&parted, &row.buggy) || on(&fixed, &row.fixed));
        changed.any(|it| it)
    };
    let (first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|hunk| matters(hunk));
    let gap = rows.iter().copied().find(is_gap);
    let ordered = first.into_iter().chain(rest).enumerate();
    ordered
        .map(|(index, hunk)| gap.filter(|_| index > 0).into_iter().chain(hunk).collect())
        .collect()
}

/// Returns the lines at which goroutines stand, and took the locks that they hold.
fn places(trace: &Trace) -> Vec<u32> {
    let last = trace.last.iter();
    last.flat_map(|at| at.holds.iter().map(|held| &held.place).chain([&at.place]))
        .map(|place| place.line)
        .collect()
}

fn diff_row(row: &DiffRow, half: usize, look: &Look) -> Line {
    if row.buggy.is_none() && row.fixed.is_none() {
        return Line::of(Role::Dim, "  ..");
    }
    let side = |side: &Option<(usize, String)>, mark: &str, role: Role| match side {
        None => Line::new(),
        Some((number, text)) => {
            let mark = if row.same { " " } else { mark };
            let text = format!("{mark} {number:>3}  {text}");
            Line::of(
                if row.same { Role::Dim } else { role },
                cut_end(&text, half - 1, look),
            )
        }
    };
    let mut line = side(&row.buggy, "-", Role::Stuck);
    line.pad(half);
    line.append(side(&row.fixed, "+", Role::Held));
    line
}

/// Returns a line of source cut at its end to this width, since the beginning of code matters more.
fn cut_end(text: &str, max: usize, look: &Look) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out) >= max {
            out.pop();
            break;
        }
    }
    format!("{out}{}", look.glyph("…", "~"))
}
