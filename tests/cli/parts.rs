//! `split`, `part` and `merge` of a folder: one search in parts.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Done, gordian, misbehaving, run};

/// A search in parts.
struct Search {
    all: TempDir,
}

impl Search {
    /// Splits the search of a kernel.
    fn split(kernel: &str, variant: &str, parts: &str) -> Self {
        let search = Self {
            all: tempfile::tempdir().expect("a folder"),
        };
        let folder = search.folder();
        let flags = ["--variant", variant, "--parts", parts, "--out", &folder];
        let flags = [&flags[..], &["--executions-max", "20"]].concat();
        let done = run(gordian(), &[&["split", kernel], &flags[..]].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        search
    }

    fn folder(&self) -> String {
        let folder = self.all.path().join("parts");
        folder.to_str().expect("a plain path").to_owned()
    }

    /// Returns the files of this kind, in order.
    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder()).expect("it is there");
        let files = files.map(|file| file.expect("a file").path());
        let mut files: Vec<PathBuf> = files
            .filter(|file| file.extension().is_some_and(|its| its == ending))
            .collect();
        files.sort();
        files
    }

    fn part(&self, file: &Path) -> Done {
        run(gordian(), &["part", file.to_str().expect("a plain path")])
    }

    fn merge(&self, flags: &[&str]) -> Done {
        run(gordian(), &[&["merge", &self.folder()], flags].concat())
    }

    /// Explores all rounds. Returns their number, and the report.
    fn finish(&self) -> (usize, Done) {
        for round in 1.. {
            for file in self.files("part") {
                let done = self.part(&file);
                assert_eq!(done.code, 0, "{}", done.err);
            }
            let done = self.merge(&["--json"]);
            if self.files("part").is_empty() {
                return (round, done);
            }
            assert_eq!(done.code, 3, "{}{}", done.out, done.err);
        }
        unreachable!("a search without an end")
    }
}

/// Returns a row without its times.
fn row(done: &Done) -> Value {
    let mut row: Value = serde_json::from_str(done.out.trim()).expect("one row");
    let fields = row.as_object_mut().expect("an object");
    fields.retain(|name, _| !name.starts_with("time") && !name.contains("per_s"));
    row
}

#[test]
fn the_report_of_all_rounds_is_that_of_one_search() {
    let mut later = false;
    for (kernel, variant) in [
        ("kubernetes/6632", "buggy"),
        ("kubernetes/6632", "fixed"),
        ("etcd/7492", "fixed"),
        ("kubernetes/58107", "buggy"),
    ] {
        let (rounds, parted) = Search::split(kernel, variant, "4").finish();
        later |= rounds > 1;
        let flags = ["--variant", variant, "--engine", "optimal", "--json"];
        let one = run(gordian(), &[&["check", kernel], &flags[..]].concat());
        assert_eq!(parted.code, one.code, "{kernel} {variant}: {}", parted.err);
        let (mut parted, mut one) = (row(&parted), row(&one));
        // Which of them is met first differs. The steps that lead to a part are not counted again.
        for row in [&mut parted, &mut one] {
            for field in ["first_bad", "steps"] {
                row.as_object_mut().expect("an object").remove(field);
            }
        }
        assert_eq!(parted, one, "{kernel} {variant}");
    }
    assert!(later, "some search has two rounds");
}

#[test]
fn a_part_that_was_killed_is_explored_again_and_its_file_is_the_same() {
    let search = Search::split("kubernetes/6632", "fixed", "4");
    let parts = search.files("part");
    let (last, others) = parts.split_last().expect("there are parts");
    for file in others {
        search.part(file);
    }
    let result = others[0].with_extension("done");
    let first = fs::read(&result).expect("a result");
    search.part(&others[0]);
    assert!(fs::read(&result).expect("a result") == first);
    // Even the part itself is written again.
    fs::remove_file(last).expect("it is there");
    let done = search.merge(&[]);
    assert_eq!(done.code, 3);
    let missing = format!(
        "of {} parts of round 1, 1 are not explored yet",
        parts.len()
    );
    assert!(done.err.contains(&missing), "{}", done.err);
    assert_eq!(search.files("part"), parts);
    assert_eq!(search.finish().1.code, 0);
    // And the result can be told again.
    assert_eq!(search.merge(&["--require-proof"]).code, 0);
}

#[test]
fn a_file_of_another_search_is_refused() {
    let search = Search::split("kubernetes/6632", "fixed", "4");
    let part = &search.files("part")[0];
    let content = fs::read(part).expect("a part");
    let changed = |from: &str, to: &str| {
        let line = content
            .iter()
            .position(|byte| *byte == b'\n')
            .expect("a line");
        let header = String::from_utf8(content[..line].to_vec()).expect("text");
        assert!(header.contains(from), "{header}");
        let header = header.replacen(from, to, 1);
        fs::write(part, [header.as_bytes(), &content[line..]].concat()).expect("it is written");
        search.part(part)
    };
    let version = format!("\"gordian\":\"{}\"", env!("CARGO_PKG_VERSION"));
    for (from, to, told) in [
        (&version[..], "\"gordian\":\"0.0.1\"", "version of gordian"),
        ("\"format\":", "\"format\":9", "has format"),
        ("\"source\":\"", "\"source\":\"0", "digest of the source"),
        (
            "\"kind\":\"part\"",
            "\"kind\":\"tree\"",
            "it is no part of a search",
        ),
        ("\"round\":1", "\"round\":2", "checksum"),
    ] {
        let done = changed(from, to);
        assert_eq!(done.code, 2, "{to}: {}{}", done.out, done.err);
        assert!(done.err.contains(told), "{to}: {}", done.err);
    }
    // One that lacks its end, and a result of another part.
    fs::write(part, &content[..content.len() - 9]).expect("it is written");
    let done = search.part(part);
    assert!(done.err.contains("checksum"), "{}", done.err);
    fs::write(part, &content).expect("it is written");
    for file in search.files("part") {
        search.part(&file);
    }
    let results = search.files("done");
    fs::copy(&results[0], &results[1]).expect("it is copied");
    let done = search.merge(&[]);
    assert_eq!(done.code, 3, "{}", done.out);
    assert!(
        done.err.contains("is not one that was given"),
        "{}",
        done.err
    );
}

#[test]
fn what_cannot_be_split_is_refused() {
    let all = tempfile::tempdir().expect("a folder");
    let there = all.path().to_str().expect("a plain path");
    let done = run(gordian(), &["split", "kubernetes/6632", "--out", there]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("cannot make the folder"), "{}", done.err);
    let new = all.path().join("new");
    let new = new.to_str().expect("a plain path");
    let done = run(gordian(), &["split", "./pkg", "--out", new]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("only kernels in Rust"), "{}", done.err);
    let done = run(misbehaving(), &["split", "bad/panics", "--out", new]);
    assert_eq!(done.code, 0, "{}", done.err);
    let done = run(gordian(), &["merge", there]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("tree"), "{}", done.err);
}
