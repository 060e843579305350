//! Every printed command can be pasted: a shell reads it, at any width, and it does what is
//! expected.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::thread;

use gordian_kernels::CATALOGUE;

use crate::support::{gordian, hostile, misbehaving, own_catalogue, run, run_with};

const WIDTHS: [&str; 8] = ["40", "50", "60", "68", "80", "100", "140", "200"];

/// Returns the commands in a text as printed, with their line ends: from the program's name to the
/// end of the line that does not continue.
fn printed(text: &str, program: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(at) = line.find(&format!("{program} ")) else {
            continue;
        };
        let before = line[..at].trim_end();
        let is_command = ["", "replay", "step", "fix", "lift it:", "="].contains(&before.trim());
        assert!(
            is_command || before.ends_with(['`', ';']),
            "what is this? {line}"
        );
        let mut command = line[at..].to_owned();
        while goes_on(&command) {
            command.push('\n');
            command.push_str(lines.next().expect("it goes on"));
        }
        if is_command {
            commands.push(command);
        }
    }
    commands
}

/// Returns true if a shell would want more: within quotes, or after a backslash.
fn goes_on(command: &str) -> bool {
    let mut chars = command.chars();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' => quoted = !quoted,
            '\\' if !quoted && chars.next().is_none() => return true,
            _ => {}
        }
    }
    quoted
}

/// Returns the words of a command, as a shell reads them.
fn words(command: &str, program: &str) -> Vec<String> {
    let script =
        format!("{program}() {{ for word; do printf '%s\\0' \"$word\"; done; }}\n{command}\n");
    let shell = Command::new("sh")
        .args(["-c", &script])
        .output()
        .expect("there is a shell");
    assert!(
        shell.status.success() && shell.stderr.is_empty(),
        "{command}: {shell:?}"
    );
    let text = String::from_utf8(shell.stdout).expect("text");
    let words = text.split_terminator('\0');
    // A schedule is the same at any line breaks.
    words
        .map(|word| word.split_whitespace().collect())
        .collect()
}

/// Returns the distinct commands that are printed in these texts, as words.
fn distinct(texts: &[String], program: &str) -> BTreeSet<Vec<String>> {
    let mut all = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for command in texts.iter().flat_map(|text| printed(text, program)) {
        if seen.insert(command.clone()) {
            all.insert(words(&command, program));
        }
    }
    all
}

/// Returns the output of `run` for a kernel, at each width and in each layout.
fn shown(program: &dyn Fn() -> Command, kernel: &str) -> Vec<String> {
    let mut texts: Vec<String> = WIDTHS
        .iter()
        .map(|width| run(program(), &["run", kernel, "--width", width]).out)
        .collect();
    let found = run(program(), &["run", kernel, "--json"]).json_whole();
    let schedule = found["schedule"].as_str().expect("a schedule");
    for width in WIDTHS {
        for layout in ["table", "list", "source"] {
            for colour in ["never", "always"] {
                let args = ["replay", kernel, "--schedule", schedule, "--layout", layout];
                let look = ["--width", width, "--color", colour];
                texts.push(without_colour(
                    &run(program(), &[&args[..], &look].concat()).out,
                ));
            }
        }
    }
    texts
}

fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').expect("an escape has an end").1);
    }
    plain
}

/// Runs each distinct command that is printed for a kernel. The replay ends like the finding, the
/// others do as they should.
fn paste(program: &(dyn Fn() -> Command + Sync), name: &str, kernel: &str) {
    let found = run(program(), &["run", kernel, "--json"]).json_whole();
    let commands = distinct(&shown(program, kernel), name);
    let mut subcommands = BTreeMap::new();
    for command in &commands {
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        *subcommands.entry(args[0]).or_insert(0) += 1;
        let done = run_with(program(), &args, "");
        match args[0] {
            "replay" => {
                assert_eq!(done.code, 1, "{args:?}: {}", done.err);
                let again = run(program(), &[&args[..], &["--json"]].concat()).json_whole();
                for field in ["kernel", "variant", "end", "schedule", "last", "waits"] {
                    assert_eq!(again[field], found[field], "{args:?}: {field}");
                }
            }
            "step" | "why" => {
                assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
            }
            other => panic!("`{other}` is printed: {args:?}"),
        }
    }
    // The same three at all widths, none of them cut.
    let expected = BTreeMap::from([("replay", 1), ("step", 1), ("why", 1)]);
    assert_eq!(subcommands, expected, "{kernel}: {commands:?}");
}

#[test]
fn every_command_of_every_kernel_can_be_pasted() {
    thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for kernel in CATALOGUE.iter().skip(half).step_by(2) {
                    paste(&gordian, "gordian", kernel.name);
                }
            });
        }
    });
}

#[test]
fn the_commands_of_another_program_have_its_name() {
    paste(&own_catalogue, "own_catalogue", "mine/two-locks");
    let junit = run(own_catalogue(), &["check", "--format", "junit"]).out;
    let text = junit.replace("&gt;", ">");
    let commands = distinct(&[text], "own_catalogue");
    let subcommands: Vec<&str> = commands.iter().map(|words| words[0].as_str()).collect();
    assert_eq!(subcommands, ["replay", "step", "why"]);
    assert!(!junit.contains("gordian replay"), "{junit}");
    let done = run(own_catalogue(), &["run", "zzzzzz"]);
    done.says(&["`own_catalogue list` names all kernels"]);
    let done = run(own_catalogue(), &["yardstick", "zzzzzz"]);
    done.says(&["`own_catalogue yardstick` names them all"]);
}

/// Text that a shell, a terminal or a schedule would misread is quoted and escaped, and understood
/// again.
#[test]
fn names_that_play_tricks_can_be_pasted() {
    let list = run(hostile(), &["list", "--json"]).json();
    let name = |text: &str| {
        let mut names = list.iter().filter_map(|entry| entry["kernel"].as_str());
        names
            .find(|name| name.contains(text))
            .expect("it is there")
            .to_owned()
    };
    for kernel in ["crossed", "leaks", "panics", "endless"] {
        paste(&hostile, "hostile", &name(kernel));
    }
}

/// `check` says how to look at an unexpected bug, and how to raise a limit.
#[test]
fn what_check_prints_can_be_pasted() {
    for width in WIDTHS {
        let lies = run(misbehaving(), &["check", "bad/lies", "--width", width]);
        let commands = distinct(&[lies.out, lies.err], "misbehaving");
        let expected = ["run", "bad/lies", "--variant", "buggy"].map(str::to_owned);
        assert_eq!(commands, BTreeSet::from([expected.to_vec()]));
        let args = [
            "check",
            "kubernetes/1321",
            "--variant",
            "fixed",
            "--engine",
            "exhaustive",
            "--executions-max",
            "5",
            "--width",
            width,
        ];
        let bounded = run(gordian(), &args);
        assert_eq!(bounded.code, 3);
        let commands = distinct(&[bounded.out, bounded.err], "gordian");
        let expected = "check kubernetes/1321 --engine exhaustive --executions-max none";
        let expected = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(commands, BTreeSet::from([expected]));
    }
    let done = run(misbehaving(), &["run", "bad/lies", "--variant", "buggy"]);
    assert_eq!(done.code, 1);
    let done = run(
        gordian(),
        &["check", "kubernetes/1321", "--executions-max", "none"],
    );
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

/// The command that `step` prints after it has stored a schedule plays it.
#[test]
fn what_step_prints_can_be_pasted() {
    let folder = tempfile::tempdir().expect("a folder");
    for width in ["40", "100"] {
        let path = folder.path().join(format!("it's mine {width}"));
        let save = format!("show\nsave {}\n", path.display());
        let done = run_with(
            gordian(),
            &["step", "kubernetes/1321", "--width", width],
            &save,
        );
        assert_eq!(done.code, 0, "{}", done.out);
        let [command] = &printed(&done.out, "gordian")[..] else {
            panic!("{}", done.out)
        };
        let bin = env!("CARGO_BIN_EXE_gordian");
        let folder = std::path::Path::new(bin).parent().expect("a folder");
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let shell = Command::new("sh")
            .args(["-c", command])
            .env("PATH", path)
            .output();
        let shell = shell.expect("there is a shell");
        assert_eq!(shell.status.code(), Some(1), "{command}");
        let text = String::from_utf8(shell.stdout).expect("text");
        assert!(text.contains("deadlock"), "{text}");
    }
}

/// The explanation of a fix has no commands so far; any that are printed can be pasted.
#[test]
fn why_prints_nothing_that_cannot_be_pasted() {
    for width in WIDTHS {
        let text = run(gordian(), &["why", "kubernetes/1321", "--width", width]).out;
        for command in printed(&text, "gordian") {
            words(&command, "gordian");
        }
    }
}
