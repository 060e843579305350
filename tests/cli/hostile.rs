//! Names, values, messages and arguments reach no terminal unescaped.

use std::fs;

use crate::support::{Done, hostile, run, run_with};

/// Returns true for characters that set a title, ring, go back, colour, reverse the text, or are
/// invisible. The line end, which is everywhere, is left out.
fn reaches_terminals(c: char) -> bool {
    matches!(c,
        '\0'..='\t' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A stranger's argument.
const ARGUMENT: &str = "\u{1b}]0;title\u{7}\u{9b}31m\u{202e}\u{200b}\u{2028}\r";

#[track_caller]
fn assert_clean(args: &[&str], done: &Done) {
    for text in [&done.out, &done.err] {
        let mut text = without_colours(text);
        if args.contains(&"go") {
            // Go's own format begins its places with a tab.
            text = text.replace("\n\t", "\n");
        }
        let found = text.find(reaches_terminals);
        let around = found.map(|at| text[at..].chars().take(20).collect::<String>());
        assert_eq!(around, None, "{args:?}: {text:?}");
    }
    assert!(!done.err.contains("panicked at"), "{args:?}: {}", done.err);
}

/// Returns the text without the escapes by which the program itself colours.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (colour, rest) = part.split_once('m').unwrap_or(("?", part));
        let is_colour = colour.chars().all(|c| c.is_ascii_digit() || c == ';');
        plain.push_str(if is_colour { "" } else { "\u{1b}" });
        plain.push_str(rest);
    }
    plain
}

/// Returns the first of the hostile characters, escaped as in this format.
fn escape_of(form: &str) -> &'static str {
    match form {
        "json" | "ndjson" | "sarif" => r"\u001b",
        _ => r"\u{1b}",
    }
}

#[track_caller]
fn clean(args: &[&str]) -> Done {
    let done = run(hostile(), args);
    assert_clean(args, &done);
    done
}

fn kernels() -> Vec<String> {
    let list = clean(&["list", "--json"]).json();
    let names = list.iter().filter_map(|entry| entry["kernel"].as_str());
    names.map(str::to_owned).collect()
}

/// Returns the name that contains this text.
fn named(text: &str) -> String {
    let all = kernels();
    all.into_iter()
        .find(|name| name.contains(text))
        .expect("it is there")
}

#[test]
fn the_catalogue_is_hostile() {
    let kernels = kernels();
    assert_eq!(kernels.len(), 8);
    assert!(kernels.iter().all(|name| name.contains(reaches_terminals)));
}

#[test]
fn list_and_check_are_clean_in_every_form() {
    for width in ["40", "100", "200"] {
        for colour in ["never", "always"] {
            let look = ["--width", width, "--color", colour];
            let done = clean(&[&["list"], &look[..]].concat());
            assert!(
                done.out.contains(r"\u{1b}]0;crossed\u{7}\r\t\n\u{9b}31m"),
                "{}",
                done.out
            );
            for form in ["human", "json", "ndjson", "junit", "sarif", "github"] {
                let limits = [
                    "--stall-max",
                    "300ms",
                    "--steps-max",
                    "100",
                    "--format",
                    form,
                ];
                let done = clean(&[&["check", "--all"], &limits[..], &look].concat());
                assert!(done.out.contains(escape_of(form)), "{form}: {}", done.out);
            }
        }
    }
}

/// Covers each kernel, so that each kind of report occurs: a bug, a fault, a limit, and a goroutine
/// that never comes back.
#[test]
fn check_of_one_kernel_is_clean_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("summary");
    for kernel in kernels() {
        for form in ["human", "json", "junit", "sarif", "github"] {
            let mut command = hostile();
            command.env("GITHUB_STEP_SUMMARY", &summary);
            let limits = ["--stall-max", "300ms", "--steps-max", "100"];
            let args = [&["check", &kernel, "--format", form], &limits[..]].concat();
            assert_clean(&args, &run(command, &args));
        }
    }
    let summary = fs::read_to_string(summary).expect("it is written");
    assert!(summary.lines().count() > 8 && !summary.contains(reaches_terminals));
}

#[test]
fn run_is_clean_in_every_form() {
    let forms = [
        "human", "json", "ndjson", "mermaid", "dot", "go", "github", "sarif",
    ];
    let limits = ["--stall-max", "300ms", "--steps-max", "100"];
    for kernel in kernels() {
        for form in forms {
            for variant in ["buggy", "fixed"] {
                let command = ["run", &kernel, "--variant", variant, "--format", form];
                let done = clean(&[&command, &limits[..]].concat());
                let has_trace = done.code == 1 && !kernel.contains("changes");
                assert!(
                    !has_trace || done.out.contains(escape_of(form)),
                    "{}",
                    done.out
                );
            }
        }
        for layout in ["table", "list", "source"] {
            for colour in ["never", "always"] {
                for width in ["40", "100", "200"] {
                    let look = ["--layout", layout, "--color", colour, "--width", width];
                    let done = clean(&[&["run", &kernel], &look[..], &limits].concat());
                    let is_shown = done.out.contains(escape_of(layout)) || done.code == 3;
                    assert!(is_shown, "{kernel:?}: {}", done.out);
                }
            }
        }
    }
}

/// The names in the JSON are the original ones.
#[test]
fn json_has_the_names_as_they_are() {
    let name = named("crossed");
    let trace = clean(&["run", &name, "--json"]).json_whole();
    assert_eq!(trace["kernel"], name.as_str());
    let other = name.replace("crossed", "other");
    let names = trace["goroutines"].as_array().expect("a list").iter();
    let names: Vec<&str> = names.filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["main", other.as_str()]);
    let row = clean(&["check", &name, "--variant", "buggy", "--json"]);
    assert_eq!(
        (row.code, &row.json()[0]["kernel"]),
        (0, &name.as_str().into())
    );
}

#[test]
fn why_replay_and_step_are_clean() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("schedule");
    let path = path.to_str().expect("text");
    for text in ["crossed", "leaks", "panics", "endless"] {
        let kernel = named(text);
        for look in [
            &[][..],
            &["--json"],
            &["--color", "always", "--width", "40"],
        ] {
            clean(&[&["why", &kernel], look].concat());
            clean(&[&["twin", &kernel, "--schedule", "main", "--continue"], look].concat());
        }
        clean(&["run", &kernel, "--save", path]);
        let stored = fs::read_to_string(path).expect("it is stored");
        assert!(!stored.contains(reaches_terminals), "{stored:?}");
        let at = format!("@{path}");
        let done = clean(&["replay", "--schedule", &at]);
        assert_eq!(done.code, 1, "{}", done.err);
        clean(&["replay", &kernel, "--schedule", "main", "--continue"]);
        let lines = format!(
            "hint\n1\nlook\n2\nundo\nhint\nshow\nschedule\nmove {ARGUMENT}\n{ARGUMENT}\nhelp\n\
             save {path}{ARGUMENT}\n"
        );
        for width in ["40", "100"] {
            let args = ["step", &kernel, "--width", width, "--color", "always"];
            assert_clean(&args, &run_with(hostile(), &args, &lines));
        }
    }
}

#[test]
fn errors_that_repeat_an_argument_are_clean() {
    let kernel = named("crossed");
    let at = format!("@{ARGUMENT}");
    for args in [
        &["check", ARGUMENT][..],
        &["list", ARGUMENT],
        &["run", ARGUMENT],
        &["why", ARGUMENT],
        &["step", ARGUMENT],
        &["twin", &kernel, "--schedule", ARGUMENT],
        &[ARGUMENT],
        &["run", &kernel, "--engine", ARGUMENT],
        &["run", &kernel, "--expect", ARGUMENT],
        &["run", &kernel, "--time-max", ARGUMENT],
        &["run", &kernel, ARGUMENT],
        &["run", &kernel, "--save", ARGUMENT, "--save", ARGUMENT],
        &["run", &kernel, "--checkpoint", ARGUMENT, "--engine", "loom"],
        &[
            "run",
            &kernel,
            "--checkpoint",
            "/dev/null",
            "--resume",
            ARGUMENT,
        ],
        &["yardstick", ARGUMENT],
        &[
            "yardstick",
            "philosophers",
            "3",
            "--checkpoint",
            at.as_str(),
            "--engine",
            "auto,loom",
        ],
        &["man", ARGUMENT],
        &["completions", ARGUMENT],
        &["replay", &kernel, "--schedule", &at],
        &["replay", &kernel, "--schedule", ARGUMENT],
        &["replay", &kernel, "--schedule", ARGUMENT, "--continue"],
        &["replay", &kernel, "--schedule", "main*\u{1b}"],
        &["replay", ARGUMENT, "--schedule", "main"],
        &[
            "replay",
            &kernel,
            "--schedule",
            "main",
            "--expect",
            ARGUMENT,
        ],
    ] {
        let done = clean(args);
        let codes = if args.contains(&"--continue") {
            [0, 1]
        } else {
            [2, 4]
        };
        assert!(codes.contains(&done.code), "{args:?}: {}", done.code);
        assert!(!done.err.is_empty(), "{args:?}");
    }
    let mut command = hostile();
    command.env("GORDIAN_ENGINE", ARGUMENT);
    assert_clean(&[], &run(command, &["run", &kernel]));
}

#[test]
fn a_stranger_s_schedule_file_is_clean() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("schedule");
    let at = format!("@{}", path.display());
    let kernel = named("crossed");
    for content in [
        format!("kernel: {ARGUMENT}\nschedule: main\n"),
        format!("variant: {ARGUMENT}\nschedule: main\n"),
        format!("{ARGUMENT}: main\n"),
        format!("gordian: {ARGUMENT}\nsource: {ARGUMENT}\nschedule: main\n"),
        format!("gordian: {ARGUMENT}\nsource: {ARGUMENT}\nschedule: {ARGUMENT}\n"),
        format!("schedule: main*{ARGUMENT}\n"),
        ARGUMENT.to_owned(),
    ] {
        fs::write(&path, &content).expect("it can be written");
        for args in [
            &["replay", "--schedule", &at][..],
            &["replay", &kernel, "--schedule", &at],
        ] {
            let done = clean(args);
            assert!(!done.err.is_empty(), "{content:?}");
        }
    }
}
