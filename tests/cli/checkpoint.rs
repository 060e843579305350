//! `--checkpoint`: a search that is killed again and again ends with what an undisturbed one finds.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::{gordian, run};

/// The counts of a search.
fn counts(line: &Value) -> Vec<Value> {
    [
        "engine",
        "verdict",
        "complete",
        "executions",
        "bad_executions",
        "discarded",
        "states",
        "steps",
        "steps_max",
        "finished_by",
        "limits",
    ]
    .map(|key| line[key].clone())
    .to_vec()
}

/// Runs a yardstick, with SIGKILL after a while, later each time, until it comes to its end. Returns its counts, and how often it went on.
fn killed(search: &[&str], file: &Path) -> (Vec<Value>, u32) {
    let mut went_on = 0;
    for attempt in 0..200_u64 {
        let mut child = gordian();
        child
            .args(["yardstick", "--json"])
            .args(search)
            .args(["--checkpoint-every", "1ms", "--resume", "--checkpoint"])
            .arg(file)
            .stdout(Stdio::piped());
        let was_there = file.exists();
        let mut child = child.spawn().expect("it starts");
        // Any moment will do; these are spread over the time between two checkpoints, and later each time, so that a slow machine gets on.
        thread::sleep(Duration::from_millis(40 * attempt + attempt * 7919 % 97));
        let over = child.try_wait().expect("it can be asked").is_some();
        if !over {
            child.kill().expect("it can be killed");
        }
        let output = child.wait_with_output().expect("it ends");
        went_on += u32::from(was_there);
        // It may have come to its end just before.
        if output.status.code().is_some() {
            let text = String::from_utf8(output.stdout).expect("text");
            assert!(!file.exists(), "the file is removed at the end");
            return (counts(&serde_json::from_str(&text).expect("JSON")), went_on);
        }
    }
    panic!("never comes to its end");
}

#[test]
fn killed_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut went_on = 0;
    for (index, search) in [
        &[
            "fan-in",
            "4",
            "3",
            "0",
            "--engine",
            "optimal",
            "--executions-max",
            "60000",
        ][..],
        &["philosophers-ordered", "8", "--engine", "remembering"],
        &["fan-in", "3", "2", "0", "--engine", "exhaustive"],
        &["philosophers-ordered", "10", "--engine", "auto"],
    ]
    .into_iter()
    .enumerate()
    {
        let undisturbed = run(gordian(), &[&["yardstick", "--json"], search].concat());
        let undisturbed = counts(&undisturbed.json()[0]);
        let (disturbed, times) = killed(search, &folder.path().join(format!("{index}.search")));
        assert_eq!(disturbed, undisturbed, "{search:?}");
        went_on += times;
    }
    assert!(went_on > 3, "it went on {went_on} times only");
}

/// Runs a search that is cut short by its limit on time, so that its file stays.
fn leave(kernel: &str, variant: &str, file: &Path) {
    let file = file.to_str().expect("text");
    let done = run(
        gordian(),
        &[
            "yardstick",
            kernel,
            variant,
            "3",
            "0",
            "--engine",
            "optimal",
            "--time-max",
            "3s",
            "--checkpoint-every",
            "1ms",
            "--checkpoint",
            file,
        ],
    );
    assert_eq!(done.code, 3, "{}", done.err);
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    leave("fan-in", "5", &file);
    let name = file.to_str().expect("text");
    let refused = |arguments: &[&str]| {
        let done = run(gordian(), &[arguments, &["--checkpoint", name]].concat());
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.out);
        done.err
    };
    let optimal = ["--engine", "optimal"];
    let same = [&["yardstick", "fan-in", "5", "3", "0"], &optimal[..]].concat();
    assert!(refused(&same).contains("is there already"));
    let other = [
        &["yardstick", "fan-in", "5", "2", "0", "--resume"],
        &optimal[..],
    ]
    .concat();
    assert!(refused(&other).contains("kernel"));
    let other = ["run", "kubernetes/1321", "--resume"];
    assert!(refused(&other).contains("kernel"));
    let other = ["yardstick", "fan-in", "5", "3", "0", "--resume"];
    assert!(refused(&other).contains("engine"));
    let other = [&same[..], &["--resume", "--steps-max", "77"]].concat();
    assert!(refused(&other).contains("77 steps"));

    let text = fs::read(&file).expect("it is there");
    let resume = [&same[..], &["--resume"]].concat();
    let refused_as = |bytes: &[u8], why: &str| {
        fs::write(&file, bytes).expect("it can be written");
        let told = refused(&resume);
        assert!(told.contains(why), "{told}");
    };
    refused_as(&text[..text.len() - 9], "checksum");
    refused_as(b"no such thing", "no checkpoint");
    let line = text.iter().position(|byte| *byte == b'\n').expect("a line");
    refused_as(&text[..line + 4], "cut short");
    let header = String::from_utf8(text[..line].to_vec()).expect("text");
    let version = format!("\"gordian\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let older = header.replace(&version, "\"gordian\":\"0.0.1\"");
    assert_ne!(older, header);
    refused_as(&[older.as_bytes(), &text[line..]].concat(), "version");
    let other = header.replace("\"source\":\"\"", "\"source\":\"0123\"");
    assert_ne!(other, header);
    refused_as(&[other.as_bytes(), &text[line..]].concat(), "digest");
}

#[test]
fn a_disk_that_is_full_does_not_end_the_search() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    // No file can be made in a directory that is none.
    let done = run(
        gordian(),
        &[
            "yardstick",
            "fan-in",
            "5",
            "3",
            "0",
            "--engine",
            "exhaustive",
            "--executions-max",
            "400000",
            "--json",
            "--checkpoint-every",
            "1ms",
            "--checkpoint",
            "/dev/full/search",
        ],
    );
    assert!(done.err.contains("the search goes on"), "{}", done.err);
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    assert_eq!(done.json().len(), 1);
}
