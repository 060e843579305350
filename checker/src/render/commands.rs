//! What to type next: the commands, or the call, that play a trace again and tell more of it.
//!
//! All of it can be pasted as it is printed. So it is never cut: a command is broken at its
//! arguments, a schedule after its commas, and a word that is too long runs over.

use super::text::width;
use crate::execution::escape::visible;
use crate::explain::trace::Trace;

/// The columns by which the later lines of a command stand further to the right.
const INDENT: usize = 4;

/// What to type to play the trace again and to learn more with the program of this name, as label
/// and lines.
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

/// A command in lines of at most `max` columns, as far as its words allow. Each word is one
/// argument or several that belong together, as a shell reads them.
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

/// A text as one word of a shell: quoted, if the shell would read it as something else. What is not
/// seen in it is written so that it is.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let text = visible(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", quoted(&text))
}

/// A text as it stands between single quotes of a shell.
fn quoted(text: &str) -> String {
    text.replace('\'', r"'\''")
}

/// A command with its last argument, the schedule, which its reader allows to be broken after
/// commas.
fn with_schedule(mut words: Vec<String>, schedule: &str, max: usize) -> Vec<String> {
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

/// The call for a kernel that is in no catalogue: `KERNEL` stands for it.
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

/// A schedule in lines that begin further to the right, broken after commas, with this end.
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
