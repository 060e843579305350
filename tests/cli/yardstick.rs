//! `yardstick`.

use crate::support::{gordian, run};

#[test]
fn engines_agree_with_what_is_known() {
    let done = run(
        gordian(),
        &[
            "yardstick",
            "philosophers",
            "3",
            "--engine",
            "optimal,stateful,exhaustive",
            "--json",
        ],
    );
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let lines = done.json();
    let engines: Vec<&str> = lines
        .iter()
        .map(|line| line["engine"].as_str().unwrap())
        .collect();
    assert_eq!(engines, ["optimal", "stateful", "exhaustive"]);
    for line in &lines {
        assert_eq!(line["yardstick"], "philosophers");
        assert_eq!(line["size"][0], 3);
        assert_eq!(line["verdict"], "deadlock");
        assert!(line["steps"].as_u64().is_some_and(|steps| steps > 0));
        assert!(line["time_s"].as_f64().is_some());
    }
    assert_eq!(lines[0]["executions"], 7);
    assert_eq!(lines[0]["discarded"], 0);
    assert_eq!(lines[1]["states"], 87);
}

/// Loom really runs the programs: main starts the others, so it has more steps than the programs
/// that the other engines explore.
#[test]
fn every_family_runs_under_loom() {
    let families = [
        ("philosophers 2", "deadlock"),
        ("philosophers-ordered 3", "proved"),
        ("philosophers-ordered-joined 2", "proved"),
        ("fan-in 2 1 0", "proved"),
        ("fan-out 2 1 1", "proved"),
        ("pipeline 2 1", "proved"),
        ("independent 2", "proved"),
        ("readers 2", "proved"),
        ("lock-increment 2", "proved"),
        ("shared-lock 2", "proved"),
        ("hand-over 2 2", "proved"),
        ("workers 2", "proved"),
        ("workers 2 2", "deadlock"),
        ("rwlock 1 1", "proved"),
        ("ring 2 1", "proved"),
    ];
    for (family, verdict) in families {
        let mut arguments = vec!["yardstick"];
        arguments.extend(family.split(' '));
        arguments.extend(["--engine", "loom,optimal", "--json"]);
        let done = run(gordian(), &arguments);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{family}");
        for line in done.json() {
            assert_eq!(line["verdict"], verdict, "{family}: {line}");
        }
    }
}

#[test]
fn the_table_tells_what_is_known_and_without_a_name_all_families() {
    let done = run(gordian(), &["yardstick", "philosophers", "3"]);
    assert_eq!(done.code, 0);
    done.says(&["7 executions, 1 deadlocks, 87 states", "auto", "deadlock"]);
    let done = run(gordian(), &["yardstick"]);
    assert_eq!(done.code, 0);
    done.says(&["philosophers-ordered", "fan-in", "ring"]);
    assert_eq!(run(gordian(), &["yardstick", "philosophers"]).code, 2);
}

#[test]
fn a_search_counts_the_same_whatever_the_number_of_its_threads() {
    let of = |jobs: &str| {
        let arguments = "yardstick philosophers 6 --engine stateful --json --jobs";
        let mut arguments: Vec<&str> = arguments.split(' ').collect();
        arguments.push(jobs);
        let done = run(gordian(), &arguments);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{jobs}");
        let line = &done.json()[0];
        ["verdict", "states", "steps", "bad_executions"].map(|field| line[field].clone())
    };
    let one = of("1");
    assert_eq!(one[0], "deadlock");
    assert_eq!(of("2"), one);
    assert_eq!(of("5"), one);
    let none = ["yardstick", "philosophers", "3", "--jobs", "0"];
    assert_eq!(run(gordian(), &none).code, 2);
}
