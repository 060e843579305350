//! `step`, from a file.

use crate::support::{Done, gordian, run, run_with};

fn step(lines: &str) -> Done {
    run_with(gordian(), &["step", "kubernetes/1321"], lines)
}

#[test]
fn names_numbers_and_choices_move_and_the_deadlock_comes() {
    let done = step("main\n1\nmain+loop\n2\n");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.says(&[
        "in 4 more steps",
        "in 1 more step\n",
        "the end: deadlock",
        "held by loop",
        "HOLDS m.lock",
    ]);
}

#[test]
fn it_says_when_no_bad_end_can_be_reached_any_more() {
    let done = step("main\nmain\nhint\nwatcher\n");
    assert_eq!(done.code, 0);
    let (before, after) = done.out.split_once("> watcher").unwrap();
    assert!(
        before.contains("main+loop            a deadlock can still be reached, in 1 more step"),
        "{before}"
    );
    assert!(
        before.contains("watcher              no bad end can be reached any more"),
        "{before}"
    );
    assert!(
        after.contains("no bad end can be reached from here"),
        "{after}"
    );
    assert!(!after.contains("can still be reached"), "{after}");
}

#[test]
fn with_too_few_states_it_does_not_claim_to_know() {
    let done = run_with(
        gordian(),
        &[
            "step",
            "kubernetes/1321",
            "--variant",
            "fixed",
            "--reach-max",
            "3",
        ],
        "",
    );
    assert_eq!(done.code, 0);
    done.says(&["no bad end is known from here, but only 3 states were looked at"]);
    let done = run_with(
        gordian(),
        &["step", "kubernetes/1321", "--variant", "fixed"],
        "",
    );
    done.says(&["no bad end can be reached from here"]);
}

#[test]
fn back_and_forth_and_the_way_to_the_deadlock() {
    let done =
        step("main\nmain\nwatcher\nundo\njump 0\njump 3\njump 2\nshow\nschedule\nquit\nnot read\n");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    done.says(&[
        "after step 2 of 3",
        "after step 0 of 3",
        "the end: deadlock",
        "  main*2,main+loop,loop\n",
    ]);
    assert!(!done.out.contains("not read"), "{}", done.out);
}

#[test]
fn what_makes_no_sense_is_told_and_exits_2_where_nobody_types() {
    let done = step("nobody\njump 9\nundo\njump\nmain\n");
    assert_eq!(done.code, 2);
    done.says(&[
        "`nobody` cannot move now; what can: main",
        "there is no step 9",
        "this is the start",
        "after step 1",
    ]);
}

#[test]
fn what_is_saved_replays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.schedule");
    let path = path.to_str().unwrap();
    let done = step(&format!("show\nsave {path}\n"));
    assert_eq!(done.code, 0, "{}", done.out);
    let done = run(
        gordian(),
        &[
            "replay",
            "--schedule",
            &format!("@{path}"),
            "--expect",
            "deadlock",
        ],
    );
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}
