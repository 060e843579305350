//! Pipes that break, disks that are full, signals.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Done, done, ended, gordian, misbehaving};

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

/// The times that a program runs before it gets a signal: a longer one where the machine is so slow
/// that it has not come far enough.
#[cfg(unix)]
const PAUSES_MS: [u64; 4] = [300, 2_500, 20_000, 120_000];

/// Sends a signal to a program after each of these times, until it is `far` enough by then, and
/// returns what it has to say.
#[cfg(unix)]
pub(crate) fn interrupted(
    signal: &str,
    command: impl Fn() -> std::process::Command,
    far: impl Fn(&Done) -> bool,
) -> Done {
    for pause in PAUSES_MS {
        let mut command = command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        kill(signal, &child);
        let output = ended(child);
        // One that is killed by the signal has not come to where it asks for it.
        if output.status.code().is_none() {
            continue;
        }
        let done = done(output);
        if far(&done) || pause == PAUSES_MS[3] {
            return done;
        }
    }
    panic!("the signal ends it without a word");
}

#[cfg(unix)]
fn kill(signal: &str, child: &std::process::Child) {
    let pid = child.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-s", signal, &pid])
        .status();
    assert!(kill.unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_every_engine_with_what_it_knows() {
    for engine in [
        "auto",
        "optimal",
        "remembering",
        "exhaustive",
        "loom",
        "random",
    ] {
        for signal in ["INT", "TERM"] {
            let command = || {
                let mut command = misbehaving();
                command.args(["check", "bad/four", "--variant", "buggy", "--json"]);
                command.args(["--engine", engine, "--time-max", "none"]);
                command.args(["--executions-max", "1000000000", "--states-max", "none"]);
                command
            };
            let done = interrupted(signal, command, |done| known(done) > 0);
            assert_eq!(done.code, 3, "{engine}: {}", done.err);
            let row = &done.json()[0];
            assert_eq!(row["limits"][0]["limit"], "interrupt", "{engine}: {row}");
            assert_eq!(row["verdict"], "bounded", "{engine}: {row}");
            assert!(known(&done) > 0, "{engine}: {row}");
        }
    }
}

/// Counts the executions and states that the first row tells of.
#[cfg(unix)]
fn known(done: &Done) -> u64 {
    let rows = done.json();
    let count = |field: &str| rows.first().and_then(|row| row[field].as_u64());
    count("executions").unwrap_or(0) + count("states").unwrap_or(0)
}

/// The rows before it, and the frame of the document.
#[cfg(unix)]
#[test]
fn a_signal_leaves_a_whole_document_in_every_form() {
    for form in FORMS[0].1 {
        let command = || {
            let mut command = misbehaving();
            command.args(["check", "bad/close-twice", "bad/four", "bad/panics"]);
            command.args(["--format", form, "--variant", "buggy"]);
            command.args(["--engine", "optimal", "--time-max", "none"]);
            command
        };
        let far = |done: &Done| done.err.contains("1 variant not looked at");
        let done = interrupted("INT", command, far);
        assert_eq!(done.code, 3, "{form}: {}", done.err);
        assert!(done.err.contains("1 variant not looked at"), "{}", done.err);
        let out = done.out.trim_end();
        match *form {
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
    for signal in ["INT", "TERM"] {
        let command = || {
            let mut command = misbehaving();
            command.args(["check", "bad/close-twice", "bad/large", "bad/panics"]);
            command.args(["--variant", "buggy", "--json", "--engine", "optimal"]);
            command
        };
        // The first row is written before the search has begun that takes for ever.
        let (done, first) = PAUSES_MS
            .into_iter()
            .map(|pause| interrupted_after_a_line(signal, command(), pause))
            .find(|(done, _)| known(done) > 0)
            .expect("it comes to something in one of these times");
        assert_eq!(done.code, 3, "{signal}");
        assert!(first.contains("bad/close-twice"), "{first}");
        assert_eq!(done.json().len(), 1, "{signal}: {}", done.out);
        let row = &done.json()[0];
        assert_eq!(row["kernel"], "bad/large");
        assert_eq!(row["verdict"], "bounded");
        assert_eq!(row["limits"][0]["limit"], "interrupt");
        assert!(
            done.err.contains("interrupted; 1 variant not looked at"),
            "{}",
            done.err
        );
    }
}

/// Sends a signal to a program so long after it has written its first line. Returns what it has to
/// say after that, and the line.
#[cfg(unix)]
fn interrupted_after_a_line(
    signal: &str,
    mut command: std::process::Command,
    pause_ms: u64,
) -> (Done, String) {
    use std::io::{BufRead, BufReader, Read};
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(pause_ms));
    kill(signal, &child);
    let mut done = done(ended(child));
    out.read_to_string(&mut done.out).unwrap();
    (done, first)
}
