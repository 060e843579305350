//! The commands, or the call, that replay a trace and tell more about it.
//!
//! All of them can be pasted as printed, so none is cut. A command is broken between its arguments,
//! a schedule after its commas, and a word that is too long exceeds the width.

use super::text::width;
use crate::execution::escape::visible;
use crate::explain::trace::Trace;

/// The indentation of a command's later lines.
const INDENT: usize = 4;

/// Returns the commands that replay the trace with the program of this name and tell more about it,
/// as labels and lines.
pub(super) fn commands(
    trace: &Trace,
    program: &str,
    max: usize,
) -> Vec<(&'static str, Vec<String>)> {
    let Some(kernel) = &trace.kernel else {
        return vec![("replay", call(trace, max))];
    };
    let words = |subcommand: &str, variant: Option<&String>| {
        let mut words = vec![shell_word(program), subcommand.to_owned()];
        words.push(shell_word(kernel));
        words.extend(variant.map(|variant| format!("--variant {}", shell_word(variant))));
        let timers = trace.timers.as_ref();
        words.extend(timers.map(|version| format!("--timers {version}")));
        words
    };
    let variant = trace.variant.as_ref();
    let mut commands = vec![
        (
            "replay",
            with_schedule(words("replay", variant), &trace.schedule, max),
        ),
        ("step", command(&words("step", variant), max)),
    ];
    // A kernel has two variants; another program has none to be compared with.
    let has_fix = variant.is_none_or(|it| ["buggy", "fixed"].contains(&it.as_str()));
    if trace.end.is_bad() && has_fix {
        commands.push(("fix", command(&words("why", None), max)));
    }
    commands
}

/// Returns a command in lines of at most `max` columns, as far as its words allow. Each word is one
/// argument, or several that belong together, as a shell reads them.
#[must_use]
pub fn command(words: &[String], max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let end = if index + 1 < words.len() { 2 } else { 0 };
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) + end <= max => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) => {
                line.push_str(" \\");
                lines.push(format!("{:INDENT$}{word}", ""));
            }
            None => lines.push(word.clone()),
        }
    }
    lines
}

/// Returns a text as one word of a shell, quoted if necessary. Invisible characters in it are made
/// visible.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let text = visible(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", quoted(&text))
}

/// Returns a text in the form that it has between single quotes of a shell.
fn quoted(text: &str) -> String {
    text.replace('\'', r"'\''")
}

/// Returns a command with the schedule as its last argument. The reader of a schedule allows line
/// breaks after its commas.
pub(super) fn with_schedule(mut words: Vec<String>, schedule: &str, max: usize) -> Vec<String> {
    let schedule = quoted(schedule);
    let option = format!("--schedule '{schedule}'");
    if width(&option) + INDENT <= max {
        words.push(option);
        return command(&words, max);
    }
    words.push("--schedule '".to_owned());
    let mut lines = command(&words, max);
    lines.extend(tokens(&schedule, max, "'"));
    lines
}

/// Returns the call for a kernel outside any catalogue: `KERNEL` stands for it.
fn call(trace: &Trace, max: usize) -> Vec<String> {
    let (start, end) = match &trace.timers {
        None => ("gordian::replay(KERNEL, \"", "\")".to_owned()),
        Some(version) => {
            let rules = format!("gordian::TimerRules::Go{}", version.replace('.', "_"));
            ("gordian::replay_with(KERNEL, \"", format!("\", {rules})"))
        }
    };
    let call = format!("{start}{}{end}", trace.schedule);
    if width(&call) <= max {
        return vec![call];
    }
    let mut lines = vec![start.to_owned()];
    lines.extend(tokens(&trace.schedule, max, &end));
    lines
}

/// Returns a schedule in indented lines, broken after commas, followed by `end`.
fn tokens(schedule: &str, max: usize, end: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for token in schedule.split_inclusive(',') {
        match lines.last_mut() {
            Some(line) if width(line) + width(token) + width(end) <= max => line.push_str(token),
            _ => lines.push(format!("{:INDENT$}{token}", "")),
        }
    }
    if let Some(last) = lines.last_mut() {
        last.push_str(end);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_it_otherwise() {
        for plain in ["kubernetes/1321", "--variant", "main*2"] {
            assert_eq!(shell_word(plain).trim_matches('\''), plain);
        }
        assert_eq!(shell_word("kubernetes/1321"), "kubernetes/1321");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell_word("a\u{1b}"), r"'a\u{1b}'");
    }

    #[test]
    fn a_command_is_broken_at_its_arguments_and_a_long_word_runs_over() {
        let words = ["gordian", "replay", "a/rather-long-name", "--variant buggy"];
        let words = words.map(str::to_owned);
        assert_eq!(command(&words, 100), [words.join(" ")]);
        assert_eq!(
            command(&words, 17),
            [
                "gordian replay \\",
                "    a/rather-long-name \\",
                "    --variant buggy"
            ]
        );
    }
}
