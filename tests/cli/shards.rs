//! `check --jobs`, `check --shard` and `merge`: the report is the same however the rows are
//! searched.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Done, gordian, misbehaving, run, run_stalling};

/// All formats of `check` and `merge`.
const FORMATS: [&str; 5] = ["human", "json", "junit", "sarif", "github"];

/// Kernels of which some do what they say, some do not, and some do so elsewhere.
const ROWS: [&str; 10] = [
    "check",
    "facts/nobody",
    "facts/panic-typo",
    "facts/proved",
    "facts/right",
    "facts/two",
    "bad/lies",
    "bad/panics",
    "time/stale-value-of-old",
    "--steps-max=50",
];

/// A folder with the files of shards.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Checks with these arguments, and writes the result to a file of this name.
    fn check(&self, command: Command, args: &[&str], name: &str) -> Done {
        let path = self.path(name);
        run(
            command,
            &[args, &["--out", path.to_str().unwrap()]].concat(),
        )
    }

    /// Checks in shards, and returns the names of their files, the last first.
    fn shards(&self, command: impl Fn() -> Command, args: &[&str], count: usize) -> Vec<String> {
        let shard = |number: usize| {
            let (shard, name) = (format!("{number}/{count}"), format!("{number}.json"));
            let args = [args, &["--shard", &shard]].concat();
            let done = self.check(command(), &args, &name);
            assert!(self.path(&name).exists(), "{}{}", done.out, done.err);
            name
        };
        (1..=count).rev().map(shard).collect()
    }

    /// Merges files of these names, with these flags.
    fn merge(&self, files: &[impl AsRef<std::ffi::OsStr>], flags: &[&str]) -> Done {
        let mut command = misbehaving();
        command.arg("merge").args(files).current_dir(self.0.path());
        run(command, flags)
    }

    fn value(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.path(name)).expect(name);
        serde_json::from_str(&text).expect("it is JSON")
    }

    /// Changes a file.
    fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.value(name);
        change(&mut value);
        fs::write(self.path(name), value.to_string()).expect("it can be written");
    }

    /// Makes all times in a file zero.
    fn stop_the_clock(&self, name: &str) {
        self.change(name, |file| {
            let times = file["times"]["rows"].as_array_mut().expect("times");
            let zero = json!({"secs": 0, "nanos": 0});
            times.iter_mut().for_each(|time| *time = zero.clone());
            file["times"]["all"] = zero;
        });
    }
}

/// Without the clock the files are the same, and all that is told comes from them.
#[test]
fn the_result_is_the_same_whatever_the_number_of_jobs() {
    let folder = Folder::new();
    let of = |jobs: &str| {
        let args = [&ROWS[..], &["--quiet", "--jobs", jobs]].concat();
        let done = folder.check(misbehaving(), &args, jobs);
        folder.stop_the_clock(jobs);
        (folder.value(jobs), done.code, done.err)
    };
    let one = of("1");
    assert_eq!(one.1, 1);
    let rows = one.0["answers"].as_array().map_or(0, Vec::len);
    assert_eq!(rows, 16);
    for jobs in ["2", "7"] {
        assert!(of(jobs) == one, "{jobs} jobs");
    }
}

/// The text of one check is that of its file. Without the clock it is that of its shards as well.
#[test]
fn shards_put_together_are_one_check() {
    let folder = Folder::new();
    let quiet = [&ROWS[..], &["--quiet"]].concat();
    let whole = folder.check(misbehaving(), &quiet, "whole.json");
    let merged = folder.merge(&["whole.json"], &[]);
    assert_eq!(merged.out, whole.out);
    assert_eq!((merged.err, merged.code), (whole.err, whole.code));
    let shards = folder.shards(misbehaving, &ROWS, 3);
    shards.iter().for_each(|name| folder.stop_the_clock(name));
    folder.stop_the_clock("whole.json");
    for format in FORMATS {
        let flags = ["--format", format, "--require-proof"];
        let one = folder.merge(&["whole.json"], &flags);
        let all = folder.merge(&shards, &flags);
        assert_eq!(
            (all.out, all.err, all.code),
            (one.out, one.err, one.code),
            "{format}"
        );
    }
}

#[test]
fn shards_of_the_catalogue_are_the_catalogue() {
    let folder = Folder::new();
    let whole = folder.check(gordian(), &["check"], "whole.json");
    assert_eq!(whole.code, 0, "{}", whole.err);
    let shards = folder.shards(gordian, &["check"], 3);
    shards.iter().for_each(|name| folder.stop_the_clock(name));
    folder.stop_the_clock("whole.json");
    for format in FORMATS {
        let one = folder.merge(&["whole.json"], &["--format", format]);
        let all = folder.merge(&shards, &["--format", format]);
        assert_eq!(
            (all.out, all.err, all.code),
            (one.out, one.err, 0),
            "{format}"
        );
    }
}

#[test]
fn a_shard_that_is_run_again_changes_nothing() {
    let folder = Folder::new();
    let shards = folder.shards(misbehaving, &ROWS, 2);
    shards.iter().for_each(|name| folder.stop_the_clock(name));
    let before = shards.iter().map(|name| folder.value(name));
    let before: Vec<Value> = before.collect();
    folder.shards(misbehaving, &ROWS, 2);
    shards.iter().for_each(|name| folder.stop_the_clock(name));
    for (name, before) in shards.iter().zip(before) {
        assert_eq!(folder.value(name), before);
    }
}

/// Five files that are not to be merged, each with what is wrong.
#[test]
fn files_that_do_not_belong_together_are_refused() {
    let folder = Folder::new();
    let args = ["check", "facts/right", "facts/two", "bad/panics"];
    folder.shards(misbehaving, &args, 3);
    let refused = |files: &[&str], told: &[&str]| {
        let done = folder.merge(files, &[]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{files:?}");
        done.says(told);
    };
    refused(
        &["1.json", "3.json"],
        &["missing: shard 2/3", "--shard 2/3"],
    );
    refused(&["1.json"], &["missing: shard 2/3, 3/3"]);
    fs::copy(folder.path("1.json"), folder.path("copy.json")).unwrap();
    let twice = ["1.json", "2.json", "3.json", "copy.json"];
    refused(&twice, &["1.json and copy.json are both shard 1/3"]);
    let with = |flags: &[&str], shard: &str| {
        let args = [&args[..], flags, &["--shard", shard]].concat();
        folder.check(misbehaving(), &args, "other.json");
    };
    let files = ["1.json", "2.json", "other.json"];
    with(&["--steps-max", "77"], "3/3");
    refused(
        &files,
        &[
            "other.json are not of one check: --steps-max is 1",
            "and 77 in",
        ],
    );
    with(&["--time-max", "0.1234ms"], "3/3");
    refused(
        &files,
        &["--time-max is default in one, and 123.4µs in the other"],
    );
    with(&["bad/lies"], "3/3");
    refused(&files, &["their kernels or tests differ"]);
    with(&[], "3/4");
    refused(&files, &["one is shard 1/3, and the other 3/4"]);
    folder.change("3.json", |file| file["gordian"] = json!("0.0.9"));
    let files = ["1.json", "2.json", "3.json"];
    refused(
        &files,
        &["3.json: this is a result of gordian 0.0.9, and this program is"],
    );
    folder.change("3.json", |file| file["format"] = json!(9));
    refused(&files, &["3.json: this is a result in format 9"]);
    let text = fs::read_to_string(folder.path("2.json")).unwrap();
    fs::write(folder.path("2.json"), &text[..text.len() / 2]).unwrap();
    refused(&files, &["2.json: this is no result of a shard: EOF"]);
    refused(
        &["none.json"],
        &["cannot read the result of a shard in none.json"],
    );
    folder.change("1.json", |file| {
        file["answers"].as_array_mut().expect("rows").pop();
    });
    refused(&["1.json"], &["1.json: it is damaged: shard 1/3 has"]);
}

#[test]
fn a_shard_that_does_not_exist_is_refused_and_one_without_rows_is_not() {
    for (shard, told) in [
        ("4/3", "the last is 3/3"),
        ("1", "write 1/3"),
        ("0/2", "write 1/3"),
    ] {
        let done = run(gordian(), &["check", "1321", "--shard", shard]);
        assert_eq!(done.code, 2, "{shard}");
        done.says(&[told]);
    }
    let done = run(
        gordian(),
        &[
            "check",
            "1321",
            "--shard",
            "1/1",
            "--out",
            "/no/such/folder",
        ],
    );
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    done.says(&["cannot write the result of the shard to /no/such/folder"]);
    let folder = Folder::new();
    let files = folder.shards(gordian, &["check", "kubernetes/1321"], 4);
    assert_eq!(folder.value("4.json")["answers"], json!([]));
    let done = folder.merge(&files, &["--json"]);
    assert_eq!((done.code, done.json().len()), (0, 2));
}

/// A check ends at a goroutine that never comes back, and so does what is merged.
#[test]
fn a_shard_with_a_goroutine_that_is_lost_ends_what_is_merged() {
    let folder = Folder::new();
    let args = ["check", "bad/close-twice", "bad/spins", "facts/right"];
    let told = |done: &Done| done.out.contains("goroutine `main` has run for");
    let path = folder.path("whole.json");
    let args = [&args[..], &["--out", path.to_str().unwrap()]].concat();
    let whole = run_stalling(misbehaving, &args, told);
    assert_eq!(whole.code, 3);
    let merged = folder.merge(&["whole.json"], &[]);
    assert_eq!((&merged.out, merged.code), (&whole.out, 3));
    assert!(whole.err.ends_with(&merged.err), "{}", merged.err);
    merged.says(&["bad/spins buggy", "stalled", "6 variants of 3 kernels"]);
    assert_eq!(folder.value("whole.json")["unanswered"][0]["form"], "fixed");
}

/// The file is there as a whole or not at all.
#[cfg(unix)]
#[test]
fn a_shard_that_is_interrupted_leaves_no_file() {
    let folder = Folder::new();
    let path = folder.path("shard.json");
    let command = || {
        let mut command = misbehaving();
        command.args(["check", "bad/close-twice", "bad/four", "--time-max", "none"]);
        command.args(["--engine", "optimal", "--shard", "2/2", "--out"]);
        command.arg(&path);
        command
    };
    let far = |done: &Done| done.err.contains("interrupted");
    let done = crate::streams::interrupted("INT", command, far);
    assert_eq!(done.code, 3);
    done.says(&["shard.json is not written: run shard 2/2 again"]);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 0);
}
