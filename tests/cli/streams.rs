//! Pipes that break, disks that are full, signals.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Done, done, gordian, misbehaving};

#[test]
fn a_broken_pipe_ends_it_quietly() {
    let mut command = gordian();
    command.args(["step", "kubernetes/1321"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // It may be gone before it has read all.
    let _ = stdin.write_all(&b"look\n".repeat(1000));
    drop(stdin);
    let done = done(child.wait_with_output().unwrap());
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    for args in [
        &["list"][..],
        &["check", "--json"],
        &["check"],
        &["run", "kubernetes/1321"],
        &["man"],
        &["step", "kubernetes/1321"],
        &["why", "kubernetes/1321"],
    ] {
        let mut command = gordian();
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        command.args(args).stdout(full);
        let done = done(command.output().unwrap());
        assert_eq!(done.code, 2, "{args:?}");
        assert!(
            done.err.contains("cannot write the result"),
            "{args:?}: {}",
            done.err
        );
    }
}

/// Each way in which a result is written: the words of the command, and the form.
const FORMS: &[(&[&str], &[&str])] = &[
    (
        &["check", "kubernetes/1321"],
        &["human", "json", "ndjson", "junit", "sarif", "github"],
    ),
    (
        &["run", "kubernetes/1321"],
        &[
            "human", "json", "ndjson", "mermaid", "dot", "go", "github", "sarif",
        ],
    ),
    (
        &[
            "replay",
            "kubernetes/1321",
            "--schedule",
            "main",
            "--continue",
        ],
        &["human", "json", "ndjson", "mermaid", "dot", "go"],
    ),
];

fn every_form() -> Vec<Vec<&'static str>> {
    let mut all = vec![
        vec!["yardstick"],
        vec!["yardstick", "philosophers", "3"],
        vec!["yardstick", "philosophers", "3", "--json"],
        vec!["why", "kubernetes/1321", "--json"],
        vec!["list", "--json"],
        vec!["completions", "bash"],
        vec!["--help"],
        vec!["--version"],
    ];
    for (words, forms) in FORMS {
        for form in *forms {
            all.push([words, &["--format", form][..]].concat());
        }
    }
    all
}

/// A report on kernels that do not do as they should: all have something to write.
fn with_findings(args: &[&'static str]) -> Vec<&'static str> {
    let bad = |word: &&'static str| match *word {
        "kubernetes/1321" => "bad/lies",
        word => word,
    };
    args.iter().map(bad).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_in_every_form() {
    for args in every_form() {
        let mut command = misbehaving();
        let full = std::fs::File::options().write(true).open("/dev/full");
        command.args(with_findings(&args)).stdout(full.unwrap());
        let done = done(command.output().unwrap());
        assert_eq!(done.code, 2, "{args:?}: {}", done.err);
        let silent = args == ["--help"] || args == ["--version"];
        assert!(
            silent || done.err.contains("cannot write the result"),
            "{args:?}: {}",
            done.err
        );
        assert!(!done.err.contains("panicked"), "{args:?}: {}", done.err);
    }
}

#[test]
fn a_broken_pipe_is_no_panic_in_any_form() {
    for args in every_form() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = misbehaving();
        command.args(with_findings(&args)).stdout(writer);
        let done = done(command.output().unwrap());
        assert!([0, 2].contains(&done.code), "{args:?}: {}", done.code);
        assert!(!done.err.contains("panicked"), "{args:?}: {}", done.err);
    }
}

/// With nobody to listen to what is said beside the result, the result is as ever.
#[cfg(target_os = "linux")]
#[test]
fn the_result_is_whole_where_nothing_can_be_said_beside_it() {
    let mut command = misbehaving();
    command.args(["check", "bad/lies", "bad/panics", "--json"]);
    let usual = done(command.output().unwrap());
    let full = std::fs::File::options().write(true).open("/dev/full");
    command.stderr(full.unwrap());
    let deaf = done(command.output().unwrap());
    assert_eq!((usual.code, usual.json().len()), (1, 4));
    assert_eq!((deaf.code, deaf.json().len()), (1, 4));
}

#[cfg(target_os = "linux")]
#[test]
fn a_schedule_that_cannot_be_stored_is_told_and_the_result_is_there() {
    for path in ["/dev/full", "/dev/null/schedule"] {
        let mut command = gordian();
        command.args(["run", "kubernetes/1321", "--json", "--save", path]);
        let done = done(command.output().unwrap());
        assert_eq!(done.code, 2, "{path}: {}", done.err);
        let trace: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(trace["end"], "deadlock");
        assert!(done.err.contains(path), "{}", done.err);
    }
}

/// Sends a signal to each of these, after a while, and waits for what they have to say.
#[cfg(unix)]
fn interrupted(commands: Vec<(String, std::process::Command)>) -> Vec<(String, Done)> {
    use std::process::Command;
    use std::time::{Duration, Instant};
    let begin = |(what, mut command): (String, Command)| {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        (what, command.spawn().unwrap())
    };
    let children: Vec<_> = commands.into_iter().map(begin).collect();
    std::thread::sleep(Duration::from_millis(2500));
    for (index, (_, child)) in children.iter().enumerate() {
        let signal = ["INT", "TERM"][index % 2];
        let pid = child.id().to_string();
        let kill = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(kill.unwrap().success());
    }
    let asked = Instant::now();
    let mut ended = Vec::new();
    for (what, child) in children {
        ended.push((what, done(child.wait_with_output().unwrap())));
    }
    assert!(asked.elapsed() < Duration::from_secs(20), "too slow");
    ended
}

#[cfg(unix)]
#[test]
fn a_signal_ends_every_engine_with_what_it_knows() {
    let mut commands = Vec::new();
    for engine in [
        "auto",
        "optimal",
        "remembering",
        "exhaustive",
        "loom",
        "random",
    ] {
        for _ in ["INT", "TERM"] {
            let mut command = misbehaving();
            command.args(["check", "bad/four", "--variant", "buggy", "--json"]);
            command.args(["--engine", engine, "--time-max", "none"]);
            command.args(["--executions-max", "1000000000", "--states-max", "none"]);
            commands.push((engine.to_owned(), command));
        }
    }
    for (engine, done) in interrupted(commands) {
        assert_eq!(done.code, 3, "{engine}: {}", done.err);
        let row = &done.json()[0];
        assert_eq!(row["limits"][0]["limit"], "interrupt", "{engine}: {row}");
        assert_eq!(row["verdict"], "bounded", "{engine}: {row}");
        let known = |field: &str| row[field].as_u64().unwrap_or(0);
        assert!(known("executions") + known("states") > 0, "{engine}: {row}");
    }
}

/// The rows before it, and the frame of the document.
#[cfg(unix)]
#[test]
fn a_signal_leaves_a_whole_document_in_every_form() {
    let mut commands = Vec::new();
    for form in FORMS[0].1 {
        let mut command = misbehaving();
        command.args(["check", "bad/close-twice", "bad/four", "bad/panics"]);
        command.args(["--format", form, "--variant", "buggy"]);
        command.args(["--engine", "optimal", "--time-max", "none"]);
        commands.push(((*form).to_owned(), command));
    }
    for (form, done) in interrupted(commands) {
        assert_eq!(done.code, 3, "{form}: {}", done.err);
        assert!(done.err.contains("1 variant not looked at"), "{}", done.err);
        let out = done.out.trim_end();
        match form.as_str() {
            "json" | "ndjson" => assert_eq!(done.json().len(), 2),
            "junit" => {
                assert!(
                    out.contains("bad/close-twice") && out.contains("bad/four"),
                    "{out}"
                );
                assert!(out.ends_with("</testsuites>"), "{out}");
            }
            "sarif" => assert!(serde_json::from_str::<serde_json::Value>(out).is_ok()),
            "human" => assert!(out.contains("Summary"), "{out}"),
            _ => assert!(
                out.contains("bad/four buggy::expected proved, found bounded (interrupted)"),
                "{out}"
            ),
        }
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_search_with_what_is_known() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Command;
    use std::time::{Duration, Instant};

    for signal in ["INT", "TERM"] {
        let mut command = misbehaving();
        command.args([
            "check",
            "bad/close-twice",
            "bad/large",
            "bad/panics",
            "--variant",
            "buggy",
            "--json",
            "--engine",
            "optimal",
        ]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        // The first row has been written, so the search that takes for ever has begun, or will soon.
        std::thread::sleep(Duration::from_millis(300));
        let kill = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let asked = Instant::now();
        let status = child.wait().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(20), "{signal}");
        assert_eq!(status.code(), Some(3), "{signal}");
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        let row: serde_json::Value = serde_json::from_str(rest.trim()).unwrap();
        assert_eq!(row["kernel"], "bad/large");
        assert_eq!(row["verdict"], "bounded");
        assert_eq!(row["limits"][0]["limit"], "interrupt");
        assert!(
            row["executions"]
                .as_u64()
                .is_some_and(|executions| executions > 0),
            "{row}"
        );
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert!(
            said.contains("interrupted; 1 variant not looked at"),
            "{said}"
        );
    }
}
