//! `replay`.

use std::fs;

use crate::support::{gordian, misbehaving, run};

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
        "complete",
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
        "kernel: kubernetes/1321\nvariant: buggy\ngordian: 0.0.9\nsource: 0000000000000000\n\
         schedule: main*2,loop\n",
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

/// One execution that ends well proves nothing: these variants are all buggy.
#[test]
fn a_replay_has_an_ending_and_no_verdict() {
    let schedule = ["--schedule", "main", "--continue"];
    for (kernel, end) in [
        ("etcd/6857", "complete"),
        ("etcd/6873", "complete"),
        ("etcd/7443", "complete"),
        ("etcd/7492", "complete"),
        ("kubernetes/30872", "complete"),
        ("kubernetes/58107", "complete"),
        ("kubernetes/62464", "complete"),
        ("kubernetes/6632", "complete"),
        ("kubernetes/35672", "leak"),
    ] {
        let replay = |args: &[&str]| {
            let command = ["replay", kernel, "--variant", "buggy"];
            run(gordian(), &[&command, &schedule[..], args].concat())
        };
        for verdict in ["proved", "within", "unsupported", "fault"] {
            let done = replay(&["--expect", verdict]);
            assert_eq!((done.code, done.out.as_str()), (2, ""), "{kernel}");
            done.says(&[
                "that is a verdict of a search",
                "`complete`",
                "run --expect",
            ]);
        }
        let done = replay(&["--expect", end]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{kernel}");
        for other in ["deadlock", "panic", "open"] {
            assert_eq!(replay(&["--expect", other]).code, 1, "{kernel}: {other}");
        }
        assert_eq!(replay(&["--json"]).json_whole()["end"], end);
        let events = replay(&["--format", "ndjson"]).json();
        let last = events.last().expect("there is an end");
        assert_eq!((&last["type"], &last["end"]), (&"end".into(), &end.into()));
        assert_eq!(last.get("verdict"), None, "{last}");
        assert!(!replay(&[]).out.contains("proved"), "{kernel}");
    }
}

#[test]
fn help_lists_the_endings() {
    let done = run(gordian(), &["replay", "--help"]);
    for (ending, about) in [
        ("deadlock", "Main is blocked for ever"),
        ("leak", "Another goroutine is blocked for ever"),
        ("panic", "A goroutine panics"),
        ("complete", "All goroutines return"),
        ("bounded", "beyond the kernel's limit"),
        ("open", "It is not over"),
    ] {
        let line = done
            .out
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("- {ending}:")));
        let line = line.unwrap_or_else(|| panic!("no {ending} in {}", done.out));
        assert!(line.contains(about), "{line}");
    }
    assert!(!done.out.contains("- proved:"), "{}", done.out);
}

/// Whoever goes on and comes to a limit does not know the ending; whoever goes round knows it, if
/// somebody is stuck beside.
#[test]
fn going_on_without_an_end_is_given_up() {
    let replay = |args: &[&str]| {
        let command = ["replay", "--schedule", "main", "--continue"];
        run(misbehaving(), &[&command, args].concat())
    };
    let done = replay(&["bad/never-ends", "--steps-max", "50"]);
    assert_eq!(done.code, 3);
    done.says(&["given up after 50 steps", "not over after 50 steps"]);
    let limits = ["bad/never-ends", "--steps-max", "50", "--expect"];
    assert_eq!(replay(&[&limits[..], &["complete"]].concat()).code, 3);
    assert_eq!(replay(&[&limits[..], &["open"]].concat()).code, 0);
    let done = replay(&["bad/endless-alone"]);
    assert_eq!(done.code, 0);
    done.says(&["goes round for ever", "not over after"]);
    let done = replay(&["bad/endless-beside", "--expect", "deadlock"]);
    assert_eq!(done.code, 0, "{}", done.out);
    done.says(&["1 of 2 goroutines is blocked for ever while others run"]);
}

/// What was found beside an endless loop is found again by its schedule.
#[test]
fn the_schedule_of_a_deadlock_beside_an_endless_loop_leads_there() {
    let found = run(misbehaving(), &["run", "bad/endless-beside", "--json"]);
    let found = (found.code, found.json_whole());
    assert_eq!((found.0, &found.1["end"]), (1, &"deadlock".into()));
    let schedule = found.1["schedule"].as_str().expect("it has one");
    let args = [
        "replay",
        "bad/endless-beside",
        "--json",
        "--schedule",
        schedule,
    ];
    let done = run(misbehaving(), &args);
    let again = done.json_whole();
    assert_eq!(done.code, 1);
    for field in ["end", "cycle", "last", "waits", "schedule"] {
        assert_eq!(again[field], found.1[field], "{field}");
    }
}
