//! `learn`: what is right, what is wrong, and what is refused.

use std::fs;
use std::path::Path;

use crate::support::{Done, gordian, learner, run};

/// Hands in an answer, with a file of progress in this folder.
fn hand_in(folder: &Path, arguments: &[&str]) -> Done {
    let progress = folder.join("progress.txt");
    let progress = progress.to_str().unwrap();
    run(
        learner(),
        &[&["learn", "--progress", progress], arguments].concat(),
    )
}

#[track_caller]
fn is_right(folder: &Path, arguments: &[&str], needed: &[&str]) {
    let done = hand_in(folder, arguments);
    assert_eq!(done.code, 0, "{arguments:?}: {}\n{}", done.out, done.err);
    done.says(&["right"]);
    done.says(needed);
}

#[track_caller]
fn is_wrong(folder: &Path, arguments: &[&str], why: &str) {
    let done = hand_in(folder, arguments);
    assert_eq!(done.code, 1, "{arguments:?}: {}\n{}", done.out, done.err);
    let text = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains(&format!("not yet: {why}")),
        "{arguments:?}: {}",
        done.out
    );
}

#[test]
fn predictions_are_judged_by_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let never = "there is a schedule under which it ends badly";
    is_wrong(folder, &["1", "none"], never);
    is_wrong(
        folder,
        &["1", "some", "main"],
        "these are stuck, and somebody else as well",
    );
    let all = "that is who is stuck, but some schedules end well";
    is_wrong(folder, &["1", "all", "main,processLoop"], all);
    let right = ["1", "some", "processLoop", "main"];
    is_right(folder, &right, &["cycle", "the fix", "learn 2"]);
    let none = "that is who is stuck, but no schedule avoids it";
    let who = "main,n.run,proposals,serveChannels";
    is_wrong(folder, &["11", "some", who], none);
    is_right(folder, &["11", "all", who], &["HardState"]);
    // What is proved is not told before it is said.
    let no_end = "there is no bad end at which these are stuck";
    is_wrong(folder, &["12", "all", "main"], no_end);
    is_right(folder, &["1", "some main,processLoop"], &[]);
    let done = hand_in(folder, &["1", "all"]);
    assert_eq!(done.code, 2);
    done.says(&["after some and all, name those who are stuck"]);
    let done = hand_in(folder, &["1", "some", "nobody"]);
    assert_eq!(done.code, 2);
    done.says(&["there is no goroutine `nobody`; these are: main, processLoop"]);
    for words in [["1", "perhaps", "main"], ["1", "none", "main"]] {
        assert_eq!(hand_in(folder, &words).code, 2);
    }
}

#[test]
fn a_schedule_is_judged_by_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let open = "after 2 moves it goes on; what can move: main+loop, watcher";
    is_wrong(folder, &["3", "main*2"], open);
    is_wrong(
        folder,
        &["3", "loop"],
        "the schedule stops fitting kubernetes/1321 buggy at step 1",
    );
    let best = ["3", "main*2,main+loop,loop"];
    is_right(folder, &best, &["4 moves, and nobody can do it in fewer"]);
    let note = fs::read_to_string(folder.join("progress.txt")).unwrap();
    assert!(
        note.ends_with("\n3 4 moves, and nobody can do it in fewer\n"),
        "{note}"
    );
}

/// A fix that leaves work out is proved, and refused all the same.
#[test]
fn a_fix_is_proved_and_does_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    is_right(
        folder,
        &["2", "right/cancel"],
        &["proved", "why the fix works"],
    );
    is_right(folder, &["4", "right/6632"], &["proved"]);
    is_right(folder, &["8", "right/7015"], &["proved"]);
    is_wrong(
        folder,
        &["4", "unchanged/6632"],
        "it can still end badly: deadlock",
    );
    let lazy = "it is proved, but no longer does the work:";
    let none = format!("{lazy} no execution has `send resetChan`");
    is_wrong(folder, &["4", "empty/6632"], &none);
    let few = format!("{lazy} `send resetChan` happens 2 times at most, not 3");
    is_wrong(folder, &["4", "few/6632"], &few);
    let roomy = format!("{lazy} `resetChan` has room for 3 now, and is as full a little later");
    is_wrong(folder, &["4", "roomy/6632"], &roomy);
    let dropping = format!("{lazy} `send resetChan` is skipped by a default");
    is_wrong(folder, &["4", "dropping/6632"], &dropping);
    let deaf = format!("{lazy} no execution has `recv Done`");
    is_wrong(folder, &["8", "deaf/7015"], &deaf);
    let alone = format!("{lazy} nobody comes to `recv rchan`");
    is_wrong(folder, &["2", "empty/cancel"], &alone);
    is_wrong(
        folder,
        &["8", "empty/7015"],
        &format!("{lazy} no execution has `send errc`"),
    );
    let done = hand_in(folder, &["4", "kubernetes/6632"]);
    assert_eq!(done.code, 2);
    done.says(&["that is upstream's own; hand in yours"]);
}

#[test]
fn a_kernel_gets_stuck_as_upstream_and_its_fix_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    is_right(
        folder,
        &["5", "right/62464"],
        &["stuck as upstream; proved"],
    );
    is_right(folder, &["9", "right/6857"], &["stuck as upstream; proved"]);
    let nothing = "with the bug it is proved, and upstream's is deadlock";
    is_wrong(folder, &["5", "empty/62464"], nothing);
    is_wrong(
        folder,
        &["5", "other/62464"],
        "it gets stuck, and not as upstream did: stuck: main",
    );
    let half = "the bug is there; of the fix: it is proved, but no longer does the work: no \
                execution has `rlock`";
    is_wrong(folder, &["5", "half/62464"], half);
    let tame = "the bug is there; the program with the fix is another one: it has fewer \
                goroutines than 2";
    is_wrong(folder, &["5", "tame/62464"], tame);
}

#[test]
fn progress_is_kept_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    hand_in(folder, &[]).says(&["exercise 1 of 12: predict  two locks"]);
    is_right(folder, &["1", "some", "main,processLoop"], &[]);
    hand_in(folder, &[]).says(&["exercise 2 of 12: fix"]);
    let list = hand_in(folder, &["--list"]);
    assert_eq!(list.out.lines().count(), 12);
    assert_eq!(list.out.matches("done").count(), 1, "{}", list.out);
    assert_eq!(hand_in(folder, &["--reset", "1"]).code, 0);
    hand_in(folder, &[]).says(&["exercise 1 of 12"]);
    hand_in(folder, &["3", "--hint"]).says(&["hint", "Who could hold it"]);
    fs::write(folder.join("progress.txt"), "thirteen\n").unwrap();
    let done = hand_in(folder, &["--list"]);
    assert_eq!(done.code, 2);
    done.says(&["line 1: `thirteen` begins with no exercise"]);
}

/// The comment at the start of a source tells which variant it is.
#[test]
fn no_exercise_tells_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=12 {
        let done = hand_in(folder.path(), &[&number.to_string()]);
        assert_eq!(done.code, 0);
        for told in ["before the fix", "after the fix", "mechanism", "the fix"] {
            assert!(
                !done.out.contains(told),
                "{number} says `{told}`: {}",
                done.out
            );
        }
    }
    for number in ["0", "13", "x"] {
        assert_eq!(run(gordian(), &["learn", number]).code, 2);
    }
}

/// The Go files of an exercise are written once. A learner's changes are never overwritten.
#[test]
fn the_go_files_are_written_and_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    let start = ["4", "--start", mine.to_str().unwrap()];
    let done = hand_in(folder.path(), &start);
    assert_eq!(
        (done.code, done.out.lines().count()),
        (0, 2),
        "{}",
        done.err
    );
    fs::write(mine.join("main.go"), "package mine").unwrap();
    let done = hand_in(folder.path(), &start);
    assert_eq!((done.code, done.out.as_str()), (0, ""));
    done.says(&["main.go is there already, and left alone"]);
    assert_eq!(
        fs::read_to_string(mine.join("main.go")).unwrap(),
        "package mine"
    );
    let done = hand_in(folder.path(), &["1", "--start", mine.to_str().unwrap()]);
    assert_eq!(done.code, 2);
    done.says(&["exercise 1 has no files"]);
}
