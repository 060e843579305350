//! `replay`.

use std::fs;

use crate::support::{gordian, run};

fn replay(args: &[&str]) -> crate::support::Done {
    run(gordian(), &[&["replay", "kubernetes/1321"], args].concat())
}

#[test]
fn the_printed_schedule_leads_to_the_printed_end() {
    let found = run(gordian(), &["run", "kubernetes/1321"]);
    let played = replay(&["--variant", "buggy", "--schedule", "main*2,main+loop,loop"]);
    assert_eq!(played.code, 1);
    let last = |text: &str| -> Vec<String> {
        let stuck = text.lines().filter(|line| line.contains('✗'));
        stuck.map(str::to_owned).collect()
    };
    assert_eq!(last(&found.out), last(&played.out));
    assert!(
        last(&found.out).len() >= 3 || last(&found.out).len() == 1,
        "{}",
        found.out
    );
}

#[test]
fn a_schedule_that_does_not_fit_says_where_and_what_could_move() {
    let done = replay(&["--schedule", "main*2,loop"]);
    assert_eq!(done.code, 2);
    for needed in ["at step 3", "`loop`", "main+loop, watcher", "--continue"] {
        assert!(done.err.contains(needed), "no `{needed}` in {}", done.err);
    }
    assert_eq!(done.out, "");
    let done = replay(&["--schedule", "main*2,main+loop,loop,main"]);
    assert_eq!(done.code, 2);
    done.says(&["at step 5", "nothing can move there"]);
    let done = replay(&["--schedule", "main*,loop"]);
    assert_eq!(done.code, 2);
    done.says(&["cannot be read", "`main*`"]);
}

#[test]
fn going_on_takes_it_to_its_end() {
    let done = replay(&["--schedule", "main*2,loop", "--continue"]);
    assert!(done.err.contains("stops fitting"), "{}", done.err);
    assert!(done.code == 0 || done.code == 1);
    assert!(!done.out.contains("note[open]"), "{}", done.out);
    let done = replay(&[
        "--schedule",
        "main*2,watcher",
        "--continue",
        "--expect",
        "proved",
    ]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

#[test]
fn a_schedule_may_end_early() {
    let done = replay(&["--schedule", "main*2"]);
    assert_eq!(done.code, 0);
    done.says(&["main+loop", "watcher"]);
    assert_eq!(
        replay(&["--schedule", "main*2", "--expect", "deadlock"]).code,
        1
    );
    assert_eq!(
        replay(&[
            "--schedule",
            "main*2,main+loop,loop",
            "--expect",
            "deadlock"
        ])
        .code,
        0
    );
}

#[test]
fn a_file_for_another_source_warns_and_for_another_kernel_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.schedule");
    let at = format!("@{}", path.display());
    let write = |text: &str| fs::write(&path, text).unwrap();

    write(
        "kernel: kubernetes/1321\nvariant: buggy\ngordian: 0.0.9\nsource: 0000000000000000\nschedule: main*2,loop\n",
    );
    let done = replay(&["--schedule", &at]);
    assert_eq!(done.code, 2);
    assert!(
        done.err
            .contains("is not that for which the schedule was stored"),
        "{}",
        done.err
    );
    assert!(done.err.contains("at step 3"), "{}", done.err);
    let done = replay(&["--schedule", &at, "--variant", "fixed"]);
    assert_eq!(done.code, 2);
    done.says(&["stored for the buggy variant"]);

    write("kernel: etcd/1\nschedule: main\n");
    let done = replay(&["--schedule", &at]);
    assert_eq!(done.code, 2);
    done.says(&["stored for etcd/1"]);

    write("main*2,main+loop,loop\n");
    assert_eq!(replay(&["--schedule", &at]).code, 1);
    let done = run(gordian(), &["replay", "--schedule", &at]);
    assert_eq!(done.code, 2);
    done.says(&["which kernel?"]);

    let done = replay(&["--schedule", "@/nowhere/at/all"]);
    assert_eq!(done.code, 2);
    done.says(&["cannot read the schedule in /nowhere/at/all"]);
}
