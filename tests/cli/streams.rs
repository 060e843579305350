//! Pipes that break, disks that are full, signals.

use std::io::Write;
use std::process::Stdio;

use crate::support::{done, gordian, misbehaving};

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
