//! `run`.

use crate::support::{gordian, misbehaving, run};

#[test]
fn a_bug_is_shown_and_exits_1() {
    let done = run(gordian(), &["run", "kubernetes/1321"]);
    assert_eq!(done.code, 1);
    done.says(&[
        "deadlock",
        "3 of 3 goroutines",
        "w.result",
        "held by loop",
        "main*2,main+loop,loop",
    ]);
    assert_eq!(done.err, "");
}

#[test]
fn what_is_expected_exits_0_and_what_is_not_1() {
    for (variant, expected, code) in [
        ("buggy", "deadlock", 0),
        ("buggy", "leak", 1),
        ("buggy", "proved", 1),
        ("fixed", "proved", 0),
        ("fixed", "deadlock", 1),
    ] {
        let done = run(
            gordian(),
            &[
                "run",
                "kubernetes/1321",
                "--variant",
                variant,
                "--expect",
                expected,
            ],
        );
        assert_eq!(done.code, code, "{variant} {expected}");
    }
}

#[test]
fn a_proof_says_so_and_a_bound_does_not() {
    let done = run(gordian(), &["run", "kubernetes/1321", "--variant", "fixed"]);
    assert_eq!(done.code, 0);
    done.says(&["proved", "the others lead to no other end (stubborn)"]);
    let whole = [
        "run",
        "kubernetes/1321",
        "--variant",
        "fixed",
        "--engine",
        "stateful",
    ];
    run(gordian(), &whole).says(&["44 states, and these are all (stateful)"]);
    let args = [
        "run",
        "bad/large",
        "--executions-max",
        "10",
        "--engine",
        "optimal",
    ];
    let done = run(misbehaving(), &args);
    assert_eq!(done.code, 3);
    done.says(&["bounded", "NOT a proof"]);
    assert!(!done.out.contains("proved"), "{}", done.out);
    assert_eq!(
        run(
            misbehaving(),
            &[&args[..], &["--expect", "bounded"]].concat()
        )
        .code,
        0
    );
}

#[test]
fn json_is_one_object() {
    let done = run(gordian(), &["run", "kubernetes/1321", "--json"]);
    assert_eq!(done.code, 1);
    let whole = |text: &str| -> serde_json::Value {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    let found = whole(&done.out);
    assert_eq!(found["version"], 1);
    assert_eq!(found["end"], "deadlock");
    assert_eq!(found["schedule"], "main*2,main+loop,loop");
    let done = run(
        gordian(),
        &["run", "kubernetes/1321", "--variant", "fixed", "--json"],
    );
    assert_eq!(whole(&done.out)["end"], "proved");
}

#[test]
fn the_stored_schedule_replays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.schedule");
    let path = path.to_str().unwrap();
    assert_eq!(
        run(gordian(), &["run", "kubernetes/1321", "--save", path]).code,
        1
    );
    let done = run(gordian(), &["replay", "--schedule", &format!("@{path}")]);
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    done.says(&["deadlock", "3 of 3 goroutines"]);
    let done = run(
        gordian(),
        &["run", "kubernetes/1321", "--save", "/nowhere/at/all"],
    );
    assert_eq!(done.code, 2);
    done.says(&["cannot store the schedule in /nowhere/at/all"]);
}

#[test]
fn every_form_draws_the_execution_in_its_way() {
    for (form, needed) in [
        ("ndjson", "\"type\":\"end\""),
        ("mermaid", "sequenceDiagram"),
        ("dot", "digraph"),
        ("go", "all goroutines are asleep - deadlock!"),
        ("github", "::error file="),
        ("sarif", "threadFlows"),
    ] {
        let done = run(gordian(), &["run", "kubernetes/1321", "--format", form]);
        assert_eq!((done.code, done.err.as_str()), (1, ""), "{form}");
        assert!(done.out.contains(needed), "{form}: {}", done.out);
        let done = run(
            gordian(),
            &[
                "run",
                "kubernetes/1321",
                "--variant",
                "fixed",
                "--format",
                form,
            ],
        );
        assert_eq!(done.code, 0, "{form}");
        assert!(!done.out.contains("deadlock!"), "{form}: {}", done.out);
    }
    for (layout, needed) in [("table", "══╪══"), ("list", "  > loop"), ("source", "^^^^")]
    {
        let done = run(gordian(), &["run", "kubernetes/1321", "--layout", layout]);
        assert!(done.out.contains(needed), "{layout}: {}", done.out);
    }
    let narrow = run(gordian(), &["run", "kubernetes/1321", "--width", "70"]);
    assert!(!narrow.out.contains("══╪══"), "{}", narrow.out);
}

#[test]
fn why_plays_the_schedule_on_both() {
    let done = run(gordian(), &["why", "kubernetes/1321"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.says(&[
        "why the fix works",
        "BUGGY",
        "FIXED",
        "what it breaks",
        "w.stopped",
    ]);
    let done = run(gordian(), &["why", "kubernetes/1321", "--json"]);
    assert!(
        done.json()[0]["breaks"]
            .as_array()
            .is_some_and(|breaks| !breaks.is_empty())
    );
    let limits = [
        "why",
        "bad/secret-of-luck",
        "--states-max",
        "50",
        "--executions-max",
        "50",
    ];
    let done = run(misbehaving(), &limits);
    assert_eq!(done.code, 3);
    done.says(&["has not failed: bounded"]);
}

/// Two bad ends may differ in nothing but a line.
#[test]
fn the_other_bad_ends_have_their_lines() {
    let done = run(gordian(), &["run", "kubernetes/62464"]);
    let other = done.out.lines().find(|line| line.contains("other ends"));
    let other = other.expect("there are two");
    assert!(
        other.contains("deadlock: main at lock s (:42), reconcileState at rlock s (:"),
        "{other}"
    );
    done.says(&["2 distinct bad ends"]);
}

/// The reader holds the lock of `:33`, and stands before another read lock, at `:23` or `:28`. Only
/// what it holds keeps main out.
#[test]
fn the_place_of_an_unlock_is_that_of_the_hold() {
    let done = run(gordian(), &["run", "kubernetes/62464"]);
    done.says(&["waits for reconcileState to unlock s (:33)"]);
}
