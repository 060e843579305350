//! `--checkpoint`: a search that is killed again and again ends with the findings of an undisturbed
//! one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

#[cfg(unix)]
use crate::streams::interrupted;
use crate::support::{Done, PATIENCE, gordian, misbehaving, run};

/// Returns the number of times that a search is killed, unless it ends before: 5, or what
/// `GORDIAN_KILLS` says.
fn kills() -> u32 {
    let told = std::env::var("GORDIAN_KILLS");
    told.map_or(5, |told| told.parse().expect("a number of kills"))
}

/// Returns the output of a search, without its cost.
fn told(text: &str) -> Value {
    let mut told: Value = serde_json::from_str(text).expect("JSON");
    for measured in ["time_s", "steps_per_s", "memory_peak_bytes"] {
        if let Some(fields) = told.as_object_mut() {
            fields.remove(measured);
        }
    }
    told
}

/// Returns the time and length of the file's last version, if it exists.
fn version(file: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Waits until the file has changed. Returns false if the process ended before.
fn is_saved(child: &mut Child, file: &Path, was: Option<(SystemTime, u64)>) -> bool {
    let start = Instant::now();
    while child.try_wait().expect("it can be asked").is_none() {
        if version(file).is_some_and(|now| Some(now) != was) {
            return true;
        }
        assert!(start.elapsed() < PATIENCE, "neither saved nor over");
        thread::sleep(Duration::from_millis(1));
    }
    false
}

/// Runs a search that is killed by SIGKILL this often, each time at some moment after a new save,
/// and then ends. Returns its output, and the number of kills, which is lower on a machine too busy
/// to kill it in time.
fn killed(command: impl Fn() -> Command, search: &[&str], file: &Path) -> (Value, u32) {
    // A search removes its file at its end, and may be killed right after that. That is rare.
    let (mut is_over, mut overs) = (true, 0);
    for attempt in 0.. {
        let mut child = command();
        child
            .args(search)
            .args(["--checkpoint-every", "1ms", "--resume", "--checkpoint"])
            .arg(file)
            .stdout(Stdio::piped());
        let was = version(file);
        assert_eq!(was.is_some(), !is_over, "a file is there after a kill");
        let mut child = child.spawn().expect("it starts");
        if attempt < kills() && is_saved(&mut child, file, was) {
            // At any moment between two saves, or in the middle of one.
            thread::sleep(Duration::from_millis(u64::from(attempt) * 7919 % 23));
            child.kill().expect("it can be killed");
        }
        let output = child.wait_with_output().expect("it ends");
        // It may have ended just before the kill.
        if output.status.code().is_some() {
            assert!(!file.exists(), "the file is removed at the end");
            let text = String::from_utf8(output.stdout).expect("text");
            return (told(&text), attempt);
        }
        is_over = !file.exists();
        overs += u32::from(is_over);
        assert!(
            overs < 4,
            "the file is gone after {overs} kills of {attempt}"
        );
    }
    unreachable!("it is killed so often only")
}

/// Kills and resumes a search, and compares the output with an undisturbed one's. Returns that
/// output.
fn goes_on(command: impl Fn() -> Command, search: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let undisturbed = told(&run(command(), search).out);
    let start = Instant::now();
    loop {
        let file = folder.path().join("search");
        let (disturbed, kills) = killed(&command, search, &file);
        assert_eq!(disturbed, undisturbed, "{search:?}");
        if kills > 0 {
            return undisturbed;
        }
        assert!(start.elapsed() < PATIENCE, "{search:?} is never caught");
    }
}

#[test]
fn scripts_go_on_after_each_kill() {
    for search in [
        "fan-in 4 3 0 --engine optimal --executions-max 20000",
        "philosophers-ordered 8 --engine stateful",
        "philosophers 16 --engine stubborn",
        "lock-increment 9 --engine exhaustive --executions-max 100000",
        "philosophers-ordered 13 --engine auto",
        "lock-increment 8 --engine random --executions-max 40000",
        "philosophers-ordered 6 --preemptions 4",
    ] {
        let words: Vec<&str> = search.split(' ').collect();
        let told = goes_on(gordian, &[&["yardstick", "--json"], &words[..]].concat());
        assert!(told["steps"].as_u64().is_some_and(|steps| steps > 0));
    }
}

/// Kernels written as closures, with a bug to find: its schedule is the same, too.
#[test]
fn kernels_go_on_after_each_kill() {
    for search in [
        "--engine optimal",
        "--engine stateful",
        "--engine stubborn",
        "--engine exhaustive --executions-max 60000",
        "--engine auto",
        "--engine random --executions-max 30000",
    ] {
        let words: Vec<&str> = search.split(' ').collect();
        let kernel = ["run", "bad/late", "--json", "--keep-going"];
        let told = goes_on(misbehaving, &[&kernel, &words[..]].concat());
        assert_eq!(told["end"], "leak", "{search}");
        assert!(told["schedule"].is_string(), "{search}: {told}");
    }
}

#[test]
fn loom_says_that_it_cannot_be_written_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    let name = file.to_str().expect("text");
    for search in [
        &["run", "kubernetes/1321"][..],
        &["yardstick", "fan-in", "2", "2", "--json"],
    ] {
        let flags = ["--engine", "loom", "--checkpoint", name];
        let done = run(gordian(), &[search, &flags].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
        assert!(done.err.contains("loom cannot be paused"), "{}", done.err);
    }
}

/// Starts a search of a second that is saved at each opportunity to this file.
fn often_saved(file: &Path) -> Child {
    let mut command = gordian();
    command.args(["yardstick", "philosophers-ordered", "9", "--json"]);
    command.args(["--engine", "stateful", "--resume"]);
    command.args(["--checkpoint-every", "1ms", "--checkpoint"]);
    command.arg(file).stdout(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Returns the file that is written before it replaces the other.
fn beside(file: &Path) -> PathBuf {
    file.with_file_name("search.new")
}

/// A reader of the file always finds the old version or the new one, whole.
#[test]
fn the_file_is_whole_at_any_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    let (mut versions, mut last) = (0, Vec::new());
    let start = Instant::now();
    // Repeated until enough versions were seen: a search may be over before the file is read.
    while versions < 8 {
        let mut child = often_saved(&file);
        is_saved(&mut child, &file, None);
        while versions < 8 && child.try_wait().expect("it can be asked").is_none() {
            assert!(start.elapsed() < PATIENCE, "it hangs");
            // At its end the search removes it.
            let Ok(bytes) = fs::read(&file) else { break };
            let (body, sum) = bytes.split_last_chunk::<8>().expect("it is never empty");
            assert_eq!(fnv(body).to_le_bytes(), *sum, "not whole");
            versions += u32::from(bytes != last);
            last = bytes;
        }
        let _ = child.kill();
        child.wait().expect("it ends");
        let _ = fs::remove_file(&file);
    }
}

/// 64-bit FNV-1a, by its definition.
fn fnv(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// The leftovers of a kill in the middle of a save are in nobody's way, and are gone at the end.
#[test]
fn half_a_file_beside_it_does_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("search");
    let start = Instant::now();
    // It may be over before it is killed; then its file is gone.
    while !file.exists() {
        assert!(start.elapsed() < PATIENCE, "it is never caught");
        let mut child = often_saved(&file);
        is_saved(&mut child, &file, None);
        let _ = child.kill();
        child.wait().expect("it ends");
    }
    fs::write(beside(&file), "half a").expect("it can be written");
    let output = often_saved(&file).wait_with_output().expect("it ends");
    let told = told(&String::from_utf8(output.stdout).expect("text"));
    let undisturbed = run(
        gordian(),
        &[
            "yardstick",
            "philosophers-ordered",
            "9",
            "--engine",
            "stateful",
            "--json",
        ],
    );
    assert_eq!(told["states"], undisturbed.json()[0]["states"]);
    assert_eq!(told["verdict"], "proved");
    assert!(!file.exists() && !beside(&file).exists());
}

/// Even if the next save is far away, a signal loses no results.
#[cfg(unix)]
#[test]
fn a_search_that_is_interrupted_is_saved_before_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    for engine in ["auto", "optimal", "stateful", "exhaustive", "random"] {
        let file = folder.path().join(engine);
        let name = file.to_str().expect("text");
        // More states and more executions than anybody waits for. With so many goroutines no step
        // is left out.
        let command = || {
            let _ = fs::remove_file(&file);
            let mut command = gordian();
            command.args(["yardstick", "philosophers-ordered", "70"]);
            command.args(["--engine", engine]);
            command.args(["--executions-max", "100000000", "--states-max", "none"]);
            command.args(["--json", "--checkpoint-every", "10m", "--checkpoint", name]);
            command
        };
        let steps = |done: &Done| done.json().first().and_then(|row| row["steps"].as_u64());
        let begun = |done: &Done| steps(done) > Some(1_000);
        let done = interrupted("INT", command, begun);
        assert_eq!(done.code, 3, "{engine}");
        let told = told(&done.out);
        assert_eq!(told["limits"][0], "interrupted", "{engine}");
        // The search goes on from there: an expired time limit makes it report its progress.
        let again = run(
            gordian(),
            &[
                "yardstick",
                "philosophers-ordered",
                "70",
                "--engine",
                engine,
                "--executions-max",
                "100000000",
                "--states-max",
                "none",
                "--json",
                "--time-max",
                "1ms",
                "--resume",
                "--checkpoint",
                name,
            ],
        );
        let again = &again.json()[0];
        let far = |line: &Value| line["steps"].as_u64().expect("a number");
        assert!(
            far(again) > 0 && far(again) + 1000 > far(&told),
            "{engine}: {again} after {told}"
        );
    }
}

/// The package that writes checkpoints would bring them, if its default features were on.
#[test]
fn no_package_comes_with_it_that_nobody_looks_after() {
    let lock = include_str!("../../Cargo.lock");
    assert!(lock.contains("name = \"postcard\""));
    for package in ["atomic-polyfill", "heapless"] {
        assert!(!lock.contains(&format!("name = \"{package}\"")));
    }
}
