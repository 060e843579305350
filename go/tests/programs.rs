//! Small Go tests, each of a feature of the language or of the library: in the machine they write
//! what real Go has them write.
//!
//! A folder of `programs/` is a package; beside its source lie its export, and what its tests wrote
//! under real Go. With Go 1.19 and Debian's x/tools here, both are made anew and compared;
//! `UPDATE_EXPORTS=1 cargo test -p gordian-go --test programs` keeps them.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gordian_checker::{Checker, Engine, Verdict};
use gordian_go::export::export;
use gordian_go::{GoSubject, Package, load, run_once};

/// A package whose export is too large to be kept: it has the tables of Unicode.
const LARGE: &str = "strs";

/// A package that is run where time passes as durations say.
const TIMED: &str = "clock";

/// A test that fails by design, but under real Go, which it asks for.
const SPARED: &str = "TestHangs";

/// Functions of package `after`, with those of newer Go for which they stand.
const STANDS_FOR: [(&str, &str); 5] = [
    ("afterFunc", "context.AfterFunc"),
    ("withoutCancel", "context.WithoutCancel"),
    ("withCancelCause", "context.WithCancelCause"),
    ("withTimeoutCause", "context.WithTimeoutCause"),
    ("cause", "context.Cause"),
];

/// Loads an export, in which these functions are those for which they stand.
fn loaded(json: &str) -> Package {
    let name = |name: &str| format!("\"n\":\"{name}\"");
    let json = STANDS_FOR
        .iter()
        .fold(json.to_owned(), |json, (own, other)| {
            json.replace(&name(&format!("programs/after.{own}")), &name(other))
        });
    load(&json).expect("an export")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")
}

fn areas() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the folder is there");
    let entries = entries.map(|entry| entry.expect("an entry"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn read(area: &str, file: &str) -> String {
    let path = folder().join(area).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The output of each test of a package: its name behind `== `, and then its lines.
fn expected(area: &str) -> Vec<(String, String)> {
    let text = read(area, "expected.txt");
    let tests = text.split("== ").skip(1);
    let test = |text: &str| {
        let (name, output) = text.split_once('\n').expect("a name, a line");
        (name.to_owned(), output.to_owned())
    };
    tests.map(test).collect()
}

fn subject(package: &Package, test: &str) -> GoSubject {
    package
        .test(test)
        .unwrap_or_else(|| panic!("there is no test {test}"))
}

#[test]
fn the_machine_writes_what_go_writes() {
    let (mut tests, mut wrong) = (0, Vec::new());
    for area in areas().into_iter().filter(|area| area != LARGE) {
        let expected = expected(&area);
        tests += expected.len();
        wrong.extend(differences(&area, &read(&area, "export.json"), &expected));
    }
    assert!(
        wrong.is_empty(),
        "{} of {tests}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tests >= 140, "{tests} tests are few");
}

/// The tests of an export that write something else in the machine.
fn differences(area: &str, json: &str, expected: &[(String, String)]) -> Vec<String> {
    let package = loaded(json);
    let difference = |(name, output): &(String, String)| {
        let subject = subject(&package, name);
        let subject = match area {
            TIMED => subject.by_the_clock(),
            _ => subject.in_quiet_time(),
        };
        let found = match run_once(&subject) {
            Ok(once) => once.output + once.panic.as_deref().unwrap_or(""),
            Err(fault) => fault,
        };
        (&found != output).then(|| format!("{area} {name}:\n{found}instead of\n{output}"))
    };
    let compared = expected.iter().filter(|(name, _)| name != SPARED);
    compared.filter_map(difference).collect()
}

#[test]
fn a_function_after_a_context_runs_or_is_stopped() {
    let package = loaded(&read("after", "export.json"));
    for engine in [Engine::Stateful, Engine::Optimal] {
        let subject = subject(&package, "TestAfterFuncOrStop");
        let report = Checker::new().engine(engine).check_subject(&subject);
        assert_eq!(report.verdict, Verdict::Proved, "{report}");
        assert!(subject.races().is_empty());
    }
}

/// Returns the output of tests under real Go: of each that matches, in their order.
fn written_by_go(area: &str, run: &str) -> Vec<(String, String)> {
    let package = format!("./{area}");
    let output = Command::new("go")
        .args(["test", "-count=1", "-v", "-run", run, &package])
        .env("REAL_GO", "1")
        .current_dir(folder())
        .output()
        .expect("go runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let of_go = ["=== ", "--- ", "PASS", "ok ", "FAIL"];
    let mut tests: Vec<(String, String)> = Vec::new();
    let mut before = String::new();
    for line in text.lines() {
        match line.strip_prefix("=== RUN   ") {
            Some(name) if !name.contains('/') => {
                tests.push((name.to_owned(), std::mem::take(&mut before)));
            }
            _ if of_go
                .iter()
                .any(|start| line.trim_start().starts_with(start)) => {}
            _ => {
                let output = tests.last_mut().map_or(&mut before, |(_, output)| output);
                *output += &format!("{line}\n");
            }
        }
    }
    tests
}

/// Returns the output of each test of a package under real Go. `TestMain` writes for each of them.
fn all_written_by_go(area: &str, package: &Package) -> Vec<(String, String)> {
    if !read(area, &format!("{area}_test.go")).contains("func TestMain(") {
        return written_by_go(area, ".");
    }
    let one = |test| written_by_go(area, &format!("^{test}$"));
    package.tests().flat_map(one).collect()
}

#[test]
fn the_fixtures_are_what_go_and_the_exporter_write() {
    let Some(settings) = support::settings("programs") else {
        return;
    };
    let mut wrong = Vec::new();
    let update = std::env::var_os("UPDATE_EXPORTS").is_some();
    for area in areas() {
        let exports = export(&settings, &folder(), &[format!("./{area}")], &mut |_| ());
        let exports = exports.unwrap_or_else(|problem| panic!("{problem}"));
        assert!(exports.problems.is_empty(), "{:?}", exports.problems);
        let json = &exports.packages[0].json;
        let package = load(json).expect("an export");
        let outputs = all_written_by_go(&area, &package).into_iter();
        let outputs: String = outputs
            .map(|(test, it)| format!("== {test}\n{it}"))
            .collect();
        for (file, text) in [("export.json", json), ("expected.txt", &outputs)] {
            if area == LARGE && file == "export.json" {
                continue;
            }
            if update {
                fs::write(folder().join(&area).join(file), text).expect("it can be written");
            }
            assert!(
                &read(&area, file) == text,
                "{area}: {file} is not as it was kept"
            );
        }
        wrong.extend(differences(&area, json, &expected(&area)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
