//! Go packages as targets. Exports that were made before need no Go; where there is Go, folders,
//! files and patterns are tried, too.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::report::data;
use crate::schema;
use crate::support::{Done, gordian, run, run_with};

/// The export of a kernel's Go twin.
fn twin(name: &str) -> String {
    let (kernel, form) = name.split_once('.').expect("a kernel, and a form");
    let (project, number) = kernel.split_once('_').expect("a project, and a number");
    let letter = &project[..1];
    format!("kernels/src/{project}/{letter}{number}/{form}.json")
}

/// The export of the small packages with and without races.
const RACES: &str = "go/tests/programs/races/export.json";

#[test]
fn a_bug_is_a_row_and_exits_1() {
    let done = run(gordian(), &["check", &twin("kubernetes_1321.buggy")]);
    assert_eq!(done.code, 1, "{}", done.err);
    done.says(&[
        "1 test of 1 package",
        "deadlock",
        "main at recv done",
        "loop at send w.result",
    ]);
    done.says(&["1 test of 1 can go wrong", "--variant main"]);
    let done = run(gordian(), &["check", &twin("kubernetes_1321.fixed")]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    done.says(&["proved", "1 proved, 0 findings"]);
}

#[test]
fn kernels_and_go_are_checked_together() {
    let done = run(
        gordian(),
        &["check", "kubernetes/1321", &twin("kubernetes_1321.fixed")],
    );
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["3 variants", "1 bug found as expected", "2 proved"]);
}

#[test]
fn the_kernels_in_go_are_rows_of_their_own() {
    let done = run(
        gordian(),
        &[
            "check",
            "--source",
            "go",
            "kubernetes",
            "playground/cancel",
            "--all",
        ],
    );
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.says(&[
        "14 variants of 7 kernels",
        "kubernetes/1321.go",
        "playground/cancel.go",
    ]);
    done.says(&["7 bugs found as expected, 7 proved, 0 unexpected"]);
    let done = run(gordian(), &["run", "kubernetes/1321.go"]);
    assert_eq!(done.code, 1);
    done.says(&["go loop", "send w.result", "replay kubernetes/1321.go"]);
    let done = run(gordian(), &["why", "kubernetes/1321.go"]);
    assert_eq!(done.code, 0, "{}", done.err);
}

/// States forget a goroutine that has returned. The execution knows it.
#[test]
fn a_goroutine_that_has_returned_is_said_to_have_ended() {
    let done = run(gordian(), &["run", "etcd/6857.go"]);
    assert_eq!(done.code, 1, "{}", done.err);
    done.says(&["returned", "(run does at :36 but has ended here)"]);
}

#[test]
fn a_wait_group_that_is_used_again_too_early_is_a_misuse() {
    let verdicts = "go/tests/verdicts/export.json";
    let done = run(gordian(), &["check", verdicts, "--test", "^TestReuse"]);
    assert_eq!(done.code, 1, "{}", done.err);
    done.says(&["misuse", "WaitGroup wg is reused", "1 proved, 1 finding"]);
}

#[test]
fn the_execution_is_drawn_with_lines_fields_and_functions_of_go() {
    let done = run(gordian(), &["run", &twin("kubernetes_1321.buggy")]);
    assert_eq!(done.code, 1);
    done.says(&[
        "go loop",
        ":65",
        "recv done",
        "send w.result",
        "held by loop",
    ]);
    done.says(&["m.lock", "w.result", "replay"]);
    let json = run(
        gordian(),
        &["run", &twin("kubernetes_1321.buggy"), "--json"],
    );
    let trace: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(trace["variant"], "main");
    assert_eq!(trace["goroutines"][1]["name"], "loop");
    assert_eq!(trace["goroutines"][1]["file"], "buggy.go");
}

#[test]
fn a_schedule_is_stored_and_played_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("schedule");
    let file = file.to_str().expect("a plain name");
    run(
        gordian(),
        &[
            "run",
            &twin("etcd_6857.buggy"),
            "--leaks",
            "fail",
            "--save",
            file,
        ],
    );
    let done = run(gordian(), &["replay", "--schedule", &format!("@{file}")]);
    assert_eq!(done.code, 1, "{}", done.err);
    done.says(&["leak", "send node.status"]);
    let done = run(
        gordian(),
        &["replay", &twin("etcd_6857.buggy"), "--schedule", "main*9"],
    );
    assert_eq!(done.code, 2);
    done.says(&["stops fitting", "what can move there"]);
}

#[test]
fn the_fix_is_explained_between_two_packages() {
    let (before, after) = (twin("kubernetes_1321.buggy"), twin("kubernetes_1321.fixed"));
    let done = run(gordian(), &["why", &before, &after]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["the fixed variant"]);
    let done = run(gordian(), &["why", &before]);
    assert_eq!(done.code, 2);
    done.says(&["without the bug"]);
}

#[test]
fn the_reader_is_the_scheduler_of_go_too() {
    let done = run_with(
        gordian(),
        &["step", &twin("kubernetes_1321.buggy")],
        "main\nquit\n",
    );
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["go loop"]);
}

#[test]
fn tests_are_picked_as_by_go_test() {
    let done = run(gordian(), &["check", RACES, "--test", "ByMutex|ByOnce"]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["2 tests of 1 package", "TestFreeByMutex", "TestFreeByOnce"]);
    let done = run(gordian(), &["run", RACES, "--test", "TestFreeByMutex"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let done = run(gordian(), &["run", RACES, "--test", "Free"]);
    assert_eq!(done.code, 2);
    done.says(&["one is wanted", "--test TestFreeByCond"]);
    let done = run(gordian(), &["check", RACES, "--test", "Nothing"]);
    assert_eq!(done.code, 2);
    done.says(&["no test is called `Nothing`"]);
    let done = run(gordian(), &["check", RACES, "--test", "A("]);
    assert_eq!(done.code, 2);
    done.says(&["go test -run", "unclosed group"]);
}

#[test]
fn a_race_is_a_verdict() {
    let done = run(gordian(), &["check", RACES, "--test", "OnCaptured"]);
    assert_eq!(done.code, 1);
    done.says(&["✗ race", "n: main reads it at races/races_test.go:17"]);
    // Once, though the row has an execution that shows it.
    assert_eq!(
        done.out.matches("races/races_test.go:17").count(),
        1,
        "{}",
        done.out
    );
    let asked = [
        "run",
        RACES,
        "--variant",
        "TestRaceOnCaptured",
        "--expect",
        "race",
    ];
    assert_eq!(run(gordian(), &asked).code, 0);
    let done = run(gordian(), &["run", RACES, "--test", "OnCaptured"]);
    assert!(!done.out.contains("race on"), "{}", done.out);
    // In quiet time there is an execution that shows it, too.
    let quiet = ["run", RACES, "--test", "OnCaptured", "--time", "quiet"];
    let done = run(gordian(), &quiet);
    done.says(&["error[race]", "races: reads n"]);
    // What depends on the race is found, and is worse.
    let done = run(gordian(), &["run", RACES, "--test", "ThenDeadlock"]);
    assert_eq!(done.code, 1);
    done.says(&["error[deadlock]", "race on"]);
}

/// The export of tests of the library.
const LIBRARY: &str = "go/tests/programs/library/export.json";

#[test]
fn a_row_without_a_proof_says_where_its_states_are() {
    let asked = ["check", LIBRARY, "--test", "Pipe", "--states-max", "3"];
    let done = run(gordian(), &asked);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    done.says(&[
        "2 goroutines; most at",
        "1 bounded test, by what stopped the search",
        "--states-max",
    ]);
}

/// The export of tests that go wrong, each in another way.
const FINDINGS: &str = "go/tests/findings/export.json";

#[test]
fn each_way_of_going_wrong_has_a_verdict() {
    for (test, verdict, who) in [
        ("TestFails", "fail", "main: the test fails: no good"),
        ("TestExits", "exit", "main: os.Exit(3)"),
        ("TestLogsAndExits", "exit", "main: log.Fatal: bye"),
        ("TestLogsLate", "late-log", "panics: Log in goroutine after"),
        (
            "TestMisuses",
            "misuse",
            "main panics: sync: negative WaitGroup counter",
        ),
        ("TestPanics", "panic", "main panics: panic: the test fails"),
    ] {
        let done = run(gordian(), &["check", FINDINGS, "--variant", test]);
        assert_eq!(done.code, 1, "{}", done.out);
        done.says(&[&format!("✗ {verdict} "), who, "1 finding"]);
        let asked = ["run", FINDINGS, "--variant", test, "--expect", verdict];
        let done = run(gordian(), &asked);
        assert_eq!(done.code, 0, "{}", done.out);
        done.says(&[&format!("error[{verdict}]")]);
        let done = run(gordian(), &["check", FINDINGS, "--variant", test, "--json"]);
        let line: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
        schema::assert_is(&line, "row");
        assert_eq!(line["verdict"], verdict);
        let done = run(gordian(), &["run", FINDINGS, "--variant", test, "--json"]);
        let trace: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
        schema::assert_is(&trace, "trace");
        assert_eq!(trace["end"], verdict);
        let sarif = [&asked[..4], &["--format", "sarif"]].concat();
        let sarif: serde_json::Value =
            serde_json::from_str(&run(gordian(), &sarif).out).expect("JSON");
        assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], verdict);
        let schedule = trace["schedule"].as_str().expect("a schedule");
        let played = ["--schedule", schedule, "--expect", verdict];
        let asked = ["replay", FINDINGS, "--variant", test];
        let done = run(gordian(), &[asked, played].concat());
        assert_eq!(done.code, 0, "{}", done.out);
    }
}

#[test]
fn a_leak_of_main_is_a_warning_and_one_of_a_test_a_finding() {
    let main = twin("etcd_6857.buggy");
    let check = |args: &[&str]| run(gordian(), &[&["check"], args].concat());
    let warning = "a leak, which --leaks fail makes a finding: ";
    let done = check(&[&main]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["✓ proved", warning]);
    let done = check(&[&main, "--leaks", "ignore"]);
    assert!(
        done.code == 0 && !done.out.contains(warning),
        "{}",
        done.out
    );
    let done = check(&[&main, "--leaks", "fail"]);
    assert_eq!(done.code, 1, "{}", done.out);
    done.says(&["✗ leak "]);
    // The other finding of this test stays.
    let test = [FINDINGS, "--test", "FailsOrLeaks"];
    check(&test).says(&["✗ leak ", "also fail: "]);
    let done = check(&[&test[..], &["--leaks", "warn"]].concat());
    assert_eq!(done.code, 1, "{}", done.out);
    done.says(&["✗ fail ", warning]);
}

#[test]
fn of_several_findings_the_worst_is_the_verdict_and_all_are_told() {
    let done = run(gordian(), &["check", FINDINGS, "--test", "FailsOrLeaks"]);
    assert_eq!(done.code, 1, "{}", done.out);
    done.says(&[
        "✗ leak ",
        "send second",
        "also fail: main: the test fails: it was early",
    ]);
    let done = run(gordian(), &["run", FINDINGS, "--test", "FailsOrLeaks"]);
    done.says(&["error[leak]", "other ends", "fail: main: the test fails"]);
}

#[test]
fn a_proof_under_assumptions_says_so() {
    let asked = ["check", RACES, "--test", "FreeByClose"];
    assert_eq!(
        run(gordian(), &[&asked[..], &["--require-proof"]].concat()).code,
        0
    );
    let asked = ["check", &twin("etcd_7015.fixed")];
    let done = run(gordian(), &asked);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["✓ proved, assuming ", "assuming: "]);
    done.says(&["0 proved, 1 proved under assumptions, 0 findings"]);
    let done = run(gordian(), &[&asked[..], &["--require-proof"]].concat());
    assert_eq!(done.code, 3, "{}", done.out);
    let row = &run(gordian(), &[&asked[..], &["--json"]].concat()).json()[0];
    schema::assert_is(row, "row");
    assert_eq!(row["verdict"], "proved, assuming");
    assert_ne!(row["assumptions"].as_array().map_or(0, Vec::len), 0);
    let asked = ["run", &twin("etcd_7015.fixed")];
    run(gordian(), &asked).says(&["proved, assuming: ", "nothing bad"]);
    let nothing = &run(gordian(), &[&asked[..], &["--json"]].concat()).json()[0];
    schema::assert_is(nothing, "nothing");
    assert_eq!(nothing["end"], "proved, assuming");
}

#[test]
fn what_is_no_export_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.json");
    fs::write(&file, "{}").expect("a file");
    let done = run(gordian(), &["check", file.to_str().expect("a plain name")]);
    assert_eq!(done.code, 2);
    done.says(&["cannot be read", "exporter of this version"]);
    let done = run(gordian(), &["check", "no/such.json"]);
    assert_eq!(done.code, 2);
    done.says(&["cannot read no/such.json"]);
}

/// A module with two packages: one with a test that leaks and a right one, one with a main.
fn module() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    };
    write("go.mod", "module example.com/m\n\ngo 1.19\n");
    let tests = r#"package pkg

import "testing"

func TestLeaks(t *testing.T) {
	ch := make(chan int)
	go func() { ch <- 1 }()
}

func TestRight(t *testing.T) {
	ch := make(chan int)
	go func() { ch <- 1 }()
	<-ch
}
"#;
    write("pkg/pkg_test.go", tests);
    write(
        "cmd/main.go",
        "package main\n\nfunc main() { println(1) }\n",
    );
    write("bad/bad.go", "package main\n\nfunc main() { return 1 }\n");
    folder
}

fn has_go() -> bool {
    let is_there = Command::new("go").arg("version").output().is_ok()
        && Path::new("/usr/share/gocode/src/golang.org/x/tools").is_dir();
    if !is_there {
        eprintln!("skipped: it takes go, and golang.org/x/tools in /usr/share/gocode");
    }
    is_there
}

/// Runs the program in a folder, with the Go that is here.
fn in_folder(folder: &Path, args: &[&str]) -> Done {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-cache");
    let mut command = gordian();
    command.current_dir(folder);
    command.envs(std::env::var_os("HOME").map(|home| ("HOME", home)));
    command
        .env("GORDIAN_GOPATH", "/usr/share/gocode")
        .env("GORDIAN_CACHE", cache);
    run(command, args)
}

#[test]
fn folders_files_and_patterns_are_targets() {
    if !has_go() {
        return;
    }
    let folder = module();
    let done = in_folder(folder.path(), &["check", "./pkg", "--offline"]);
    assert_eq!(done.code, 1, "{}", done.err);
    done.says(&[
        "2 tests of 1 package",
        "./pkg",
        "TestLeaks",
        "leak",
        "TestRight",
        "proved",
    ]);
    done.says(&["gordian run ./pkg --variant TestLeaks"]);
    let done = in_folder(folder.path(), &["check", "cmd/main.go"]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["cmd/main.go", "main", "proved"]);
    let done = in_folder(folder.path(), &["run", "./pkg", "--test", "TestLeaks"]);
    assert_eq!(done.code, 1);
    done.says(&[
        "pkg/pkg_test.go",
        ":7",
        "send ch",
        "gordian replay ./pkg --variant TestLeaks",
    ]);
    fs::remove_dir_all(folder.path().join("bad")).expect("it was there");
    let done = in_folder(folder.path(), &["check", "./...", "--test", "Right|main"]);
    assert_eq!(done.code, 0, "{}", done.err);
    done.says(&["2 tests of 2 packages", "./cmd", "./pkg"]);
}

/// Returns the names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn an_export_has_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join("page.html");
    let path = html.to_str().expect("a plain path");
    let export = twin("kubernetes_1321.buggy");
    let done = run(gordian(), &["report", &export, "--html", path]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let page = fs::read_to_string(&html).expect("a page");
    let data = data(&page);
    assert_eq!(data["variants"][0]["name"], "main");
    assert_eq!(data["variants"][0]["verdict"], "deadlock");
    let command = format!("{export} --variant main");
    assert_eq!(data["variants"][0]["command"], command.as_str());
    assert!(page.contains("send w.result"), "{page}");
    // Of each test of a package there is a page.
    let pages = folder.path().join("pages");
    let path = pages.to_str().expect("a plain path");
    let args = ["report", RACES, "--test", "ByMutex|OnCaptured"];
    let done = run(gordian(), &[&args[..], &["--html", path]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    let names = files(&pages);
    assert_eq!(names.len(), 3, "{names:?}");
    let index = fs::read_to_string(pages.join("index.html")).expect("an index");
    for part in ["TestFreeByMutex", "TestRaceOnCaptured", "race", "proved"] {
        assert!(index.contains(part), "{part}");
    }
    let args = ["report", RACES, "--test", "Nothing", "--html", path];
    let done = run(gordian(), &args);
    assert_eq!(done.code, 2);
    done.says(&["no test is called `Nothing`"]);
}

#[test]
fn a_test_of_a_folder_has_a_page_with_its_source() {
    if !has_go() {
        return;
    }
    let folder = module();
    let args = ["report", "./pkg", "--test", "TestLeaks", "--html", "pages"];
    let done = in_folder(folder.path(), &args);
    // The first to need the exporter says that it is built.
    let builds = |line: &str| line.starts_with("building the exporter");
    assert!(
        done.code == 0 && done.err.lines().all(builds),
        "{}",
        done.err
    );
    let pages = folder.path().join("pages");
    assert_eq!(files(&pages), ["index.html", "pkg-TestLeaks.html"]);
    let page = fs::read_to_string(pages.join("pkg-TestLeaks.html")).expect("a page");
    let data = data(&page);
    let variant = &data["variants"][0];
    assert_eq!(variant["command"], "./pkg --variant TestLeaks");
    assert_eq!(
        (&variant["name"], &variant["verdict"]),
        (&"TestLeaks".into(), &"leak".into())
    );
    assert!(page.contains("go func() { ch &lt;- 1 }()"), "the source");
    let lines = variant["files"]["pkg/pkg_test.go"][0].as_str();
    assert!(
        lines.is_some_and(|id| page.contains(&format!("id=\"{id}\""))),
        "{variant}"
    );
    let index = fs::read_to_string(pages.join("index.html")).expect("an index");
    assert!(index.contains("pkg-TestLeaks.html#v=TestLeaks"), "{index}");
    // All of a module, with a page for each test and main.
    fs::remove_dir_all(folder.path().join("bad")).expect("it was there");
    let done = in_folder(folder.path(), &["report", "./...", "--html", "all"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let all = files(&folder.path().join("all"));
    assert_eq!(all.len(), 4, "{all:?}");
}

#[test]
fn what_cannot_be_exported_is_one_clear_error() {
    if !has_go() {
        return;
    }
    let folder = module();
    let done = in_folder(folder.path(), &["check", "./bad"]);
    assert_eq!(done.code, 2, "{}", done.out);
    done.says(&["does not compile", "bad.go:3", "next: "]);
    let done = in_folder(folder.path(), &["check", "./nowhere"]);
    assert_eq!(done.code, 2, "{}", done.out);
    let mut command = gordian();
    command
        .current_dir(folder.path())
        .env("GORDIAN_GO", "/no/such/go")
        .env("GORDIAN_CACHE", folder.path());
    let done = run(command, &["check", "./pkg"]);
    assert_eq!(done.code, 2, "{}", done.out);
    done.says(&["there is no Go here", "https://go.dev/dl"]);
}
