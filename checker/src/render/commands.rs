//! What to type next: the command, or the call, that plays a trace again.

use super::text::width;
use crate::explain::trace::Trace;

/// What to type to play the trace again and to learn more with the program of this name, as label and text. A schedule that is too long for a line is broken between its
/// choices, which its reader allows.
pub(super) fn commands(
    trace: &Trace,
    program: &str,
    max: usize,
) -> Vec<(&'static str, Vec<String>)> {
    let mut commands = Vec::new();
    let Some(kernel) = &trace.kernel else {
        let call = format!("replay(kernel, \"{}\")", trace.schedule);
        let lines = if width(&call) <= max {
            vec![call]
        } else {
            let mut lines = vec!["replay(kernel, \"".to_owned()];
            lines.extend(break_schedule(
                &trace.schedule,
                max.saturating_sub(4),
                "\")",
            ));
            lines
        };
        return vec![("replay", lines)];
    };
    let variant = match &trace.variant {
        Some(variant) => format!(" --variant {variant}"),
        None => String::new(),
    };
    let start = format!("{program} replay {kernel}{variant}");
    let schedule = trace.schedule.replace('\'', QUOTE);
    let option = format!("--schedule '{schedule}'");
    let lines = if width(&start) + 1 + width(&option) <= max {
        vec![format!("{start} {option}")]
    } else if width(&option) + 4 <= max {
        vec![format!("{start} \\"), format!("    {option}")]
    } else {
        let mut lines = vec![format!("{start} --schedule '")];
        lines.extend(break_schedule(&schedule, max.saturating_sub(4), "'"));
        lines
    };
    commands.push(("replay", lines));
    commands.push(("step", vec![format!("{program} step {kernel}{variant}")]));
    if trace.end.is_bad() {
        commands.push(("fix", vec![format!("{program} why {kernel}")]));
    }
    commands
}

/// A single quote within single quotes, as a shell wants it: it must not be broken.
const QUOTE: &str = r"'\''";

/// A schedule in lines of at most `max` columns, further to the right by four: broken after commas, and where a choice alone is too long, at a
/// backslash.
fn break_schedule(schedule: &str, max: usize, end: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for token in schedule.split_inclusive(',') {
        let line = lines.last_mut().expect("there is one from the start");
        if !line.is_empty() && width(line) + width(token) + width(end) + 1 > max {
            lines.push(String::new());
        }
        let mut rest = token;
        while !rest.is_empty() {
            let len = match rest.strip_prefix(QUOTE) {
                Some(_) => QUOTE.len(),
                None => rest.chars().next().map_or(0, char::len_utf8),
            };
            let (unit, after) = rest.split_at(len);
            rest = after;
            let line = lines.last_mut().expect("there is one from the start");
            if width(line) + width(unit) + width(end) + 1 > max && unit != "," {
                line.push('\\');
                lines.push(String::new());
            }
            lines.last_mut().expect("as before").push_str(unit);
        }
    }
    let mut lines: Vec<String> = lines
        .into_iter()
        .map(|line| format!("    {line}"))
        .collect();
    if let Some(last) = lines.last_mut() {
        last.push_str(end);
    }
    lines
}
